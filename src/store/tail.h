/* SPDX-License-Identifier: Apache-2.0 */
/* tail.h - the blob of one commit in the tail: a small block with a dictionary of its own, not
 * compressed, so that it can be read without anything else. */
#pragma once

#include "store/block.h"
#include "store/chunk.h"
#include "store/dictionary.h"

struct tt_known;

/* Appends the blob of the encoded rows in `e`, whose texts were numbered in `d`. */
void tt_tail_pack(
	struct tt_packer *to, const struct tt_block_encoder *e, const struct tt_dictionary *d);

/* A blob read back: a block with all columns, and the chunks of its dictionary. */
struct tt_tail {
	struct tt_block *block;
	struct tt_chunk *chunks[TT_CHUNK_KINDS];
	struct tt_known *known; /* of each record; NULL until asked for; under the block's mutex */
	size_t bytes;           /* with `known` */
};

/* NULL if it is damaged. */
struct tt_tail *tt_tail_unpack(struct tt_str stored, uint64_t first_seq, uint32_t n);
void tt_tail_free(struct tt_tail *t);
