/* SPDX-License-Identifier: Apache-2.0 */
/* dict.h - dictionary numbers back to texts, for the records of one epoch or one tail blob, and
 * records made from rows.
 *
 * A dict belongs to one thread. The chunks of an epoch are fetched from the cache, or the file,
 * when one of their entries is first wanted; at most TT_DICT_PINS chunks of objects and of
 * messages are held at a time. Texts it gives live until the next call. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "store/block.h"
#include "store/cache.h"
#include "store/chunk.h"
#include "store/record.h"

struct tt_store;
struct tt_tail;

enum { TT_DICT_PINS = 8, TT_COPIES = 512 };

/* The numbers of the entries in the chunks of one block. */
struct tt_dict_chunk {
	uint64_t block;
	uint32_t first_string, n_strings, first_sig, n_sigs, first_object, n_objects, first_message,
		n_messages;
	struct tt_chunk *chunks[TT_CHUNK_KINDS]; /* NULL until fetched */
	struct tt_cached *items[TT_CHUNK_KINDS]; /* NULL if not the cache's */
	bool damaged[TT_CHUNK_KINDS];
};

struct tt_dict {
	struct tt_dict_chunk *chunks;
	size_t n, cap;
	bool incomplete; /* some texts are lost */
	struct tt_cache *cache;
	/* Fetches a chunk: an item with a reference, or NULL if it is damaged or gone. */
	struct tt_cached *(*fetch)(void *arg, uint64_t block, enum tt_chunk_kind kind);
	/* Whether the messages of a block may hold a text; NULL: not known without a look. */
	bool (*may_hold)(void *arg, uint64_t block, struct tt_str text);
	void *arg;
	struct tt_dict_chunk *pinned[TT_CHUNK_KINDS][TT_DICT_PINS];
	unsigned next_pin[TT_CHUNK_KINDS];
};

/* Gives back all chunks and frees the list. The dict is then empty. */
void tt_dict_release(struct tt_dict *d);

/* A dict of the entries of one tail blob, which must outlive it. */
void tt_dict_of_tail(struct tt_dict *d, const struct tt_tail *tail);

/* The entry with number `id`; false if its chunk is lost. 0 is the empty entry. */
bool tt_dict_string(struct tt_dict *d, uint32_t id, struct tt_str *ret);
bool tt_dict_sig(struct tt_dict *d, uint32_t id, struct tt_sig *ret);
bool tt_dict_object(struct tt_dict *d, uint32_t id, struct tt_object *ret);
bool tt_dict_message(struct tt_dict *d, uint32_t id, struct tt_str *ret);

/* The chunk of `c`, fetched if need be; NULL if it is lost. */
const struct tt_chunk *tt_dict_chunk(
	struct tt_dict *d, struct tt_dict_chunk *c, enum tt_chunk_kind kind);

/* Copies texts into an arena, and the same text but once as far as it remembers. */
struct tt_copier {
	struct tt_arena *arena;
	struct {
		const char *from;
		struct tt_str copy;
	} slots[TT_COPIES];
};

/* A copier into `arena` that remembers nothing yet. */
void tt_copier_init(struct tt_copier *c, struct tt_arena *arena);
/* The copy of `text`. */
struct tt_str tt_copier_copy(struct tt_copier *c, struct tt_str text);

/* Row `i` of `b`, which has all columns, as a record with texts of its own. False if something
 * it refers to is lost. */
bool tt_dict_record(struct tt_dict *d, struct tt_store *store, const struct tt_block *b, uint32_t i,
	struct tt_record *record, struct tt_copier *copier);

/* The name of the event in row `i`, in `to`, for its identity; false if it is lost. Wants the
 * columns for shapes, objects, suffixes and extras. */
bool tt_dict_event_name(struct tt_dict *d, const struct tt_block *b, uint32_t i,
	struct tt_arena *arena, struct tt_str *ret);

/* Appends all records of a tail blob to `batch`. */
void tt_tail_records(const struct tt_tail *tail, struct tt_store *store, struct tt_batch *batch);
