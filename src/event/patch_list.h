/* SPDX-License-Identifier: Apache-2.0 */
/* patch_list.h - how a strategic patch merges the lists of an Event. Only for src/event. */
#pragma once

#include <stdbool.h>

#include "base/err.h"
#include "base/str.h"
#include "event/members.h"
#include "event/patch.h"
#include "wire/json.h"

struct tt_patcher {
	enum tt_patch_type type;
	struct tt_arena *arena;
	struct tt_err *err;
};

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

/* Patches the object `base`, described by `m`, with the JSON object `text`. */
int tt_patch_object(
	struct tt_patcher *p, const struct tt_message *m, void *base, struct tt_str text);

/* Reads `json` as the value of `member` of `base`, as a decoder does. TT_EUNFIT if it cannot be. */
int tt_patch_read(
	struct tt_patcher *p, const struct tt_member *member, void *base, struct tt_str json);

/* The type of a JSON value. */
enum tt_json_type tt_patch_type_of(struct tt_str json);
