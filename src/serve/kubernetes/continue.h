/* SPDX-License-Identifier: Apache-2.0 */
/* continue.h - the token with which a list goes on: base64url of what its first page saw and where
 * the page before has ended. Private to this folder.
 *
 * It gives no rights: what a request may see is decided by its URL, with every page. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/str.h"
#include "store/reader.h"

struct tt_arena;

struct tt_continue {
	uint64_t seq;             /* S of the first page */
	int64_t at_us;            /* T of it */
	uint64_t oldest;          /* the oldest record that was kept then */
	struct tt_location after; /* the last event of the page before */
	uint64_t check;           /* hash of the cluster, window and selectors it belongs to */
};

/* Appends the token. */
void tt_continue_put(struct tt_buf *to, const struct tt_continue *c);

/* Reads a token; false if it is none. */
bool tt_continue_parse(struct tt_continue *ret, struct tt_str text);

/* What is wrong with a text that is no token, as an API server says it of its own. */
const char *tt_continue_problem(struct tt_arena *arena, struct tt_str text);
