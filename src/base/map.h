/* SPDX-License-Identifier: Apache-2.0 */
/* map.h - a hash table from 64-bit keys to 64-bit values, open addressing.
 *
 * Text is looked up by its tt_hash(): with 64 bits a collision among a million texts has a
 * chance of 3e-8; where that is not good enough the value leads to the text, which the caller
 * compares. A map belongs to one thread. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct tt_map_slot {
	uint64_t key, value;
};

struct tt_map {
	struct tt_map_slot *slots;
	size_t n, cap; /* used and allocated slots; cap is 0 or a power of two */
	bool has_zero; /* the key 0 is kept aside */
	uint64_t zero_value;
};

/* An empty map without memory. All zero is the same. */
void tt_map_init(struct tt_map *m);

/* Frees the memory; the map is then as after init. */
void tt_map_release(struct tt_map *m);

/* Empties the map and keeps its memory. */
void tt_map_clear(struct tt_map *m);

/* The value of `key`, or NULL. Borrowed until the next write. */
uint64_t *tt_map_get(struct tt_map *m, uint64_t key);

/* Begins to fetch what a tt_map_get() or tt_map_put() of `key` will look at. */
void tt_map_prefetch(const struct tt_map *m, uint64_t key);

/* The place of the value of `key`, made with value 0 if absent; `*ret_new` (may be NULL) says
 * which. Borrowed until the next write. */
uint64_t *tt_map_put(struct tt_map *m, uint64_t key, bool *ret_new);
