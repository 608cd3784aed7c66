/* SPDX-License-Identifier: Apache-2.0 */
/* known.h - of which identity records are, by its hash: what a search for identities that are
 * known by name goes through. Private to this folder. */
#pragma once

#include <stdint.h>

struct tt_block;
struct tt_dict;
struct tt_tail;

/* The identity of a record, 0 if it has none or is lost, and its resourceVersion. */
struct tt_known {
	uint64_t hash, rv;
};

/* Those of the rows of `b`, which has all columns and the dictionary `dict`, in new memory
 * (tt_free()). `seed` is that of the store's identities. */
struct tt_known *tt_known_new(struct tt_dict *dict, const struct tt_block *b, uint64_t seed);

/* Those of a blob of the tail, which keeps them from the first call on. Any thread. */
const struct tt_known *tt_known_of_tail(struct tt_tail *t, uint64_t seed);
