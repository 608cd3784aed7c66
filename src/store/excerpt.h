/* SPDX-License-Identifier: Apache-2.0 */
/* excerpt.h - a few rows of a block, kept instead of all of it.
 *
 * Who asks for the history of one object wants two or three rows of each of a hundred blocks, which
 * together would push each other out of the cache. An excerpt holds these rows as a block of
 * their own, and takes some hundred times less memory. */
#pragma once

#include "store/read.h"

/* Which rows of a block. */
struct tt_choice {
	uint64_t hash;    /* tells this choice from all others; blocks have one excerpt for each */
	uint32_t columns; /* that `choose` looks at, as bits */
	/* Writes the places of the chosen rows of `b` in order; returns their number. */
	uint32_t (*choose)(void *arg, const struct tt_block *b, uint32_t *rows);
	void *arg;
};

/* The rows of block `info` of the epoch at hand, with all columns: 1 with an item to be given back
 * with tt_cache_done(), whose rows are `*ret_rows`, NULL if none was chosen; 0 if the block is
 * damaged or gone; negative. */
int tt_reader_excerpt(struct tt_reader *r, const struct tt_block_info *info,
	const struct tt_choice *choice, struct tt_cached **ret, const struct tt_block **ret_rows,
	struct tt_err *err);
