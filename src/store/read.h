/* SPDX-License-Identifier: Apache-2.0 */
/* read.h - the inside of a reader: its connection, the state of the log it took, and the blocks it
 * goes through.
 *
 * A reader never keeps a read transaction open: it takes what the tail holds and which block is
 * the last in one short transaction, and then reads blocks, which never change, one by one. */
#pragma once

#include "store/dict.h"
#include "store/filter.h"
#include "store/inside.h"
#include "store/match.h"
#include "store/reader.h"
#include "store/tail.h"

enum tt_reader_statement {
	TT_READ_BEGIN,
	TT_READ_END,
	TT_READ_LAST_BLOCK,
	TT_READ_FIRST_BLOCK,
	TT_READ_HEAD,
	TT_READ_TAIL,
	TT_READ_TAIL_DATA,
	TT_READ_EPOCH_OF,
	TT_READ_EPOCH_BEFORE,
	TT_READ_EPOCH_AFTER,
	TT_READ_BLOCKS,
	TT_READ_NEXT_BLOCK,
	TT_READ_COLUMNS,
	TT_READ_CHUNK,
	TT_READ_FILTERS,
	TT_READ_LINKS,
	TT_READ_BLOCK_TIMES,
	TT_READ_GAPS,
	TT_READER_STATEMENTS,
};

/* A blob of the tail. */
struct tt_reader_tail {
	uint64_t first_seq;
	uint32_t n;
	struct tt_cached *item; /* NULL: damaged */
	struct tt_tail *tail;
};

/* A row of the table of epochs. */
struct tt_epoch_info {
	uint64_t id, first_block, last_seq;
	int64_t t_min, t_max, t_max_before, recorded_max;
};

struct tt_reader {
	uint32_t magic;
	struct tt_store *store;
	sqlite3 *db;
	sqlite3_stmt *sql[TT_READER_STATEMENTS];
	struct tt_decompressor *decompressor;

	/* the state taken last */
	uint64_t head, first_seq, last_block, sealed_end; /* first_seq: the oldest kept; 0: none */
	struct {
		struct tt_reader_tail *items;
		size_t n, cap;
	} tail;

	/* the epoch at hand */
	struct tt_epoch_info epoch; /* id 0: none */
	struct {
		struct tt_block_info *items;
		size_t n, cap;
	} blocks;
	struct tt_dict dict;
};

/* Takes the present state: head, blocks, tail. */
int tt_reader_take_state(struct tt_reader *r, struct tt_err *err);

/* Gives back what the tail of the state holds of the cache. */
void tt_reader_drop_state(struct tt_reader *r);

/* Makes the epoch of the newest block with id <= `block`, or the newest one before epoch `id`,
 * the epoch at hand, with its blocks and dictionary. 1 if there is one, else 0. */
int tt_reader_epoch_of(struct tt_reader *r, uint64_t block, struct tt_err *err);
int tt_reader_epoch_before(struct tt_reader *r, uint64_t id, struct tt_err *err);

/* The same of the oldest epoch behind `id` that may hold a t of since..until. */
int tt_reader_epoch_after(
	struct tt_reader *r, uint64_t id, int64_t since_us, int64_t until_us, struct tt_err *err);

/* Block `info` of the epoch at hand with the columns of the bit set readable, as an item to be
 * given back with tt_reader_done(). 1; 0 if it is damaged or gone; negative if reading failed. */
int tt_reader_block(struct tt_reader *r, const struct tt_block_info *info, uint32_t columns,
	struct tt_cached **ret, struct tt_err *err);

/* More columns of a block that is held; the same answers. */
int tt_reader_columns(struct tt_reader *r, const struct tt_block_info *info, struct tt_block *block,
	uint32_t columns, struct tt_err *err);
void tt_reader_done(struct tt_reader *r, struct tt_cached *block);

/* As tt_reader_newest(), inside `range`: 1 with a batch, 0 if there is none, negative. No
 * observation of it has a t below `not_before_us`, as the caller knows; INT64_MIN: he does not. */
int tt_reader_find_newest(struct tt_reader *r, const struct tt_identity_name *identity,
	const struct tt_range *range, int64_t not_before_us, struct tt_batch **ret,
	struct tt_err *err);

/* All columns, as bits. */
#define TT_ALL_COLUMNS ((1u << TT_COLUMNS) - 1)

/* Fills `maybe` (one per block at hand) with whether its filter may hold any of the keys. */
int tt_reader_filters(struct tt_reader *r, const uint64_t *keys, unsigned n_keys, bool *maybe,
	struct tt_err *err);

/* Marks in `superseded` (one per record of block `info`) those whose successor is in a later block
 * and inside seq <= `max_seq`, t <= `until_us`. */
int tt_reader_mark_links(struct tt_reader *r, const struct tt_block_info *info, uint64_t max_seq,
	int64_t until_us, bool *superseded, struct tt_err *err);

/* Exchanges `*place`, a record in a block, for the next observation of its identity in a block, of
 * which the seq is 0 if there is none. 1; 0 if a block on the way is lost; negative. */
int tt_reader_successor(struct tt_reader *r, struct tt_location *place, struct tt_err *err);

/* The same of the last observation in a block of the epoch at hand. */
int tt_reader_successor_behind(struct tt_reader *r, struct tt_location *place, struct tt_err *err);

/* Whether block `id` is still kept, with its links: they are dropped in one transaction. */
bool tt_reader_has_block(struct tt_reader *r, uint64_t id);

/* Notes that a block is damaged, unless it has been dropped meanwhile: once in the process's own
 * log, and for tt_reader_gaps(). */
void tt_reader_note_damage(struct tt_reader *r, const struct tt_block_info *info);

/* Appends a gap that the reader makes, for records [first, last] of `clusters` (zone bits), and
 * notes damage. `filter` says which cluster is asked for. */
void tt_reader_add_damage(struct tt_reader *r, struct tt_batch *to, const struct tt_damage *d,
	const struct tt_filter *filter, const char *what);

/* Appends to `places->gaps`, if there is one, what keeps events at `places` out of `found`, which
 * is in the same order. What it says of retention replaces what was said before. Takes the state.
 */
int tt_reader_add_missing(struct tt_reader *r, const struct tt_locations *places,
	const struct tt_batch *found, struct tt_err *err);
