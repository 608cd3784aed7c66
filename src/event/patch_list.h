/* SPDX-License-Identifier: Apache-2.0 */
/* patch_list.h - how a strategic patch merges the lists of an Event. Only for src/event. */
#pragma once

#include <stdbool.h>

#include "base/str.h"
#include "event/patch_value.h"

/* What a patch says of one member, as JSON; data is NULL where it says nothing. */
struct tt_patch_says {
	struct tt_str value;
	struct tt_str order; /* $setElementOrder of a list */
	struct tt_str drop;  /* $deleteFromPrimitiveList of a list */
};

/* Whether a member is a list, which these directives are for. */
bool tt_patch_is_list(const struct tt_member *member);

/* Merges what is said, which is no null, into the list `member` of `base`. */
int tt_patch_list(struct tt_patcher *p, const struct tt_member *member, void *base,
	const struct tt_patch_says *says);
