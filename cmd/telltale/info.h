/* SPDX-License-Identifier: Apache-2.0 */
/* info.h - what a log holds, as /v1/status says it. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"

struct tt_arena;
struct tt_source_info;
struct tt_store_status;

/* Reads the JSON of /v1/status; keys that are not known are passed over. Texts borrow from `json`
 * and from the arena. */
int tt_info_parse(
	struct tt_source_info *ret, struct tt_str json, struct tt_arena *arena, struct tt_err *err);

/* The same from the store itself; `ret->json` is written too, with state null, because no daemon
 * was asked. Every watch counts as connected, see tt_info_mark_open_gaps(). */
void tt_info_from_store(
	struct tt_source_info *ret, const struct tt_store_status *status, struct tt_arena *arena);

/* Marks the watches of collected clusters that are open gaps as far as the log itself shows it:
 * all if nobody writes it (`is_held` is false), else those whose last proof is so old at `now_us`
 * that a connected one would have a newer one. */
void tt_info_mark_open_gaps(struct tt_source_info *info, bool is_held, int64_t now_us);
