/* SPDX-License-Identifier: Apache-2.0 */
/* cache.h - decoded blocks, tail blobs and dictionary chunks, shared by the readers of a log.
 *
 * Any thread may use it. Items are counted; those that nobody uses are freed, the least recently
 * used first, while all together take more memory than the limit. */
#pragma once

#include <stddef.h>
#include <stdint.h>

enum tt_cache_kind {
	TT_CACHE_BLOCK,
	TT_CACHE_TAIL,
	TT_CACHE_CHUNK,     /* + enum tt_chunk_kind */
	TT_CACHE_KNOWN = 5, /* after these */
	TT_CACHE_EXCERPT,
};

struct tt_cache;

struct tt_cached {
	uint64_t key;
	void *data;
	void (*release)(void *data);
	size_t bytes;
	unsigned refs;
	struct tt_cached *next_in_slot, *newer, *older;
};

/* An empty cache that holds up to `max_bytes` beside what is in use. */
struct tt_cache *tt_cache_new(size_t max_bytes);

/* Nothing may be in use any more. NULL is allowed. */
void tt_cache_free(struct tt_cache *c);

/* The item of `kind` numbered `id` with one more reference, or NULL. */
struct tt_cached *tt_cache_get(struct tt_cache *c, unsigned kind, uint64_t id);

/* Takes `data` as the item; if another thread was faster, `data` is released and the other's
 * item is returned. With one reference. */
struct tt_cached *tt_cache_put(struct tt_cache *c, unsigned kind, uint64_t id, void *data,
	size_t bytes, void (*release)(void *data));

/* One reference less of an item that has grown to `bytes` of memory, or to what it took before if
 * that is more (0: it has not grown). NULL is allowed. */
void tt_cache_done(struct tt_cache *c, struct tt_cached *item, size_t bytes);

/* Memory in use by all items. */
size_t tt_cache_bytes(struct tt_cache *c);
