/* SPDX-License-Identifier: Apache-2.0 */
/* patch_value.h - what the parts of a patch of an Event share. Only for src/event. */
#pragma once

#include <stdbool.h>

#include "base/err.h"
#include "base/str.h"
#include "event/members.h"
#include "wire/json.h"

/* A patch at work. */
struct tt_patcher {
	bool strategic; /* else a merge patch */
	struct tt_arena *arena;
	struct tt_err *err;

	/* Patches the object `base`, described by `m`, with the JSON object `text`: objects hold
	 * lists, which hold objects. */
	int (*object)(
		struct tt_patcher *p, const struct tt_message *m, void *base, struct tt_str text);
};

/* Reads `json` as the value of `member` of `base`, as a decoder does. TT_EUNFIT if it cannot be. */
int tt_patch_read(
	struct tt_patcher *p, const struct tt_member *member, void *base, struct tt_str json);

/* The type of a JSON value. */
enum tt_json_type tt_patch_type_of(struct tt_str json);
