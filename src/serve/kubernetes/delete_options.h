/* SPDX-License-Identifier: Apache-2.0 */
/* delete.h - reading the DeleteOptions of a request. Private to this folder. */
#pragma once

#include <stdbool.h>

#include "base/err.h"
#include "base/str.h"
#include "event/codec.h"

struct tt_arena;

/* What matters of them for an event. */
struct tt_delete_options {
	struct tt_str uid, resource_version; /* preconditions */
	bool dry_run;
};

/* Reads a body in JSON or protobuf, where the empty one asks for nothing; texts borrow from it or
 * from `arena`. */
int tt_delete_options_parse(struct tt_delete_options *ret, enum tt_format format,
	struct tt_str body, struct tt_arena *arena, struct tt_err *err);
