/* SPDX-License-Identifier: Apache-2.0 */
#include "store/reader.h"

#include "base/assert.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/vec.h"
#include "store/db.h"
#include "store/grams.h"
#include "store/read.h"

enum { READER_MAGIC = 0x72656164 };

#define EPOCH "SELECT id,first_block,last_seq,t_min,t_max,t_max_before,recorded_max FROM epochs"
#define BLOCK                                                                                      \
	"SELECT id,epoch,n,t_min,t_max,t_max_before,recorded_min,recorded_max,info FROM blocks"

static const char epoch_of[] = EPOCH
	" WHERE id=(SELECT epoch FROM blocks WHERE id<=? ORDER BY id DESC LIMIT 1)";
static const char epoch_before[] = EPOCH " WHERE id<? ORDER BY id DESC LIMIT 1";
static const char epoch_after[] = EPOCH " WHERE id>? AND t_max>=? AND t_min<=? ORDER BY id LIMIT 1";
static const char blocks_between[] = BLOCK " WHERE id BETWEEN ? AND ? ORDER BY id";
static const char filters_between[] =
	"SELECT block, filter FROM outlines WHERE block BETWEEN ? AND ? ORDER BY block";
static const char block_times[] =
	"SELECT id, n, t_min, t_max FROM blocks WHERE id<=? ORDER BY id DESC LIMIT 1";
static const char gaps_between[] = "SELECT seq, cluster, recorded, body FROM gaps"
				   " WHERE to_us>=? AND from_us<=? ORDER BY seq";

static const char *const statements[TT_READER_STATEMENTS] = {
	[TT_READ_BEGIN] = "BEGIN",
	[TT_READ_END] = "COMMIT",
	[TT_READ_LAST_BLOCK] = "SELECT id, n FROM blocks ORDER BY id DESC LIMIT 1",
	[TT_READ_FIRST_BLOCK] = "SELECT id FROM blocks ORDER BY id LIMIT 1",
	[TT_READ_HEAD] = "SELECT value FROM meta WHERE key='head'",
	[TT_READ_TAIL] = "SELECT id, n FROM tail ORDER BY id",
	[TT_READ_TAIL_DATA] = "SELECT data FROM tail WHERE id=?",
	[TT_READ_EPOCH_OF] = epoch_of,
	[TT_READ_EPOCH_BEFORE] = epoch_before,
	[TT_READ_EPOCH_AFTER] = epoch_after,
	[TT_READ_BLOCKS] = blocks_between,
	[TT_READ_NEXT_BLOCK] = "SELECT id FROM blocks WHERE id>? ORDER BY id LIMIT 1",
	[TT_READ_COLUMNS] = "SELECT data FROM columns WHERE id=?",
	[TT_READ_CHUNK] = "SELECT data FROM chunks WHERE id=?",
	[TT_READ_FILTERS] = filters_between,
	[TT_READ_LINKS] = "SELECT source, data FROM links WHERE target=? ORDER BY source",
	[TT_READ_BLOCK_TIMES] = block_times,
	[TT_READ_GAPS] = gaps_between,
};

int tt_reader_open(struct tt_reader **ret, struct tt_store *store, struct tt_err *err)
{
	struct tt_reader *r = tt_calloc(1, sizeof(*r));

	tt_assert(store->magic == TT_STORE_MAGIC);
	r->magic = READER_MAGIC;
	r->store = store;
	r->decompressor = tt_decompressor_new();
	int rc = tt_store_connect(store, &r->db, err);

	for (int i = 0; rc == 0 && i < TT_READER_STATEMENTS; i++)
		rc = tt_db_prepare(r->db, &r->sql[i], statements[i], err);
	if (rc != 0) {
		tt_reader_close(r);
		return rc;
	}
	*ret = r;
	return 0;
}

void tt_reader_close(struct tt_reader *r)
{
	if (r == NULL)
		return;
	tt_assert(r->magic == READER_MAGIC);
	tt_reader_drop_state(r);
	tt_vec_release(&r->tail);
	tt_vec_release(&r->blocks);
	tt_dict_release(&r->dict);
	for (int i = 0; i < TT_READER_STATEMENTS; i++)
		sqlite3_finalize(r->sql[i]);
	sqlite3_close(r->db);
	tt_decompressor_free(r->decompressor);
	tt_free(r);
}

struct tt_store *tt_reader_store(const struct tt_reader *r)
{
	return r->store;
}

/* --- the state --- */

static void free_tail(void *data)
{
	tt_tail_free(data);
}

void tt_reader_drop_state(struct tt_reader *r)
{
	tt_vec_each (t, &r->tail)
		if (t->item != NULL)
			tt_cache_done(r->store->cache, t->item, t->tail->bytes);
	r->tail.n = 0;
}

/* Steps a statement that gives one number; `otherwise` without a row. */
static int number(sqlite3_stmt *stmt, uint64_t otherwise, uint64_t *ret, struct tt_err *err)
{
	int rc = tt_db_step(stmt, err);

	*ret = rc > 0 ? (uint64_t)sqlite3_column_int64(stmt, 0) : otherwise;
	(void)sqlite3_reset(stmt);
	return rc < 0 ? rc : 0;
}

static void note_damaged_tail(struct tt_reader *r, const struct tt_reader_tail *t)
{
	struct tt_damage d = {t->first_seq, t->first_seq + t->n - 1, TT_TIME_ZERO,
		tt_clock_wall_us(r->store->clock), UINT64_MAX};

	if (tt_store_note_damage(r->store, &d))
		tt_log_error(r->store->log, "records of the tail are damaged",
			TT_FI("first", d.first_seq), TT_FI("last", d.last_seq));
}

static int read_tail_blob(struct tt_reader *r, struct tt_reader_tail *t, struct tt_err *err)
{
	uint64_t key = t->first_seq << 14 | (t->n & 0x3fff);

	t->item = tt_cache_get(r->store->cache, TT_CACHE_TAIL, key);
	if (t->item == NULL) {
		sqlite3_stmt *stmt = r->sql[TT_READ_TAIL_DATA];

		(void)sqlite3_bind_int64(stmt, 1, (int64_t)t->first_seq);
		int rc = tt_db_step(stmt, err);
		struct tt_tail *tail = rc > 0 ? tt_tail_unpack(
							tt_db_column(stmt, 0), t->first_seq, t->n)
					      : NULL;

		(void)sqlite3_reset(stmt);
		if (rc < 0 && rc != TT_ECORRUPT)
			return rc;
		if (tail == NULL) {
			note_damaged_tail(r, t);
			return 0;
		}
		t->item = tt_cache_put(
			r->store->cache, TT_CACHE_TAIL, key, tail, tail->bytes, free_tail);
	}
	t->tail = t->item->data;
	return 0;
}

/* What is in no block yet. */
static int take_tail(struct tt_reader *r, struct tt_err *err)
{
	sqlite3_stmt *stmt = r->sql[TT_READ_TAIL];
	int rc;

	while ((rc = tt_db_step(stmt, err)) > 0) {
		uint64_t first = (uint64_t)sqlite3_column_int64(stmt, 0);
		uint64_t n = (uint64_t)sqlite3_column_int64(stmt, 1);

		if (n == 0 || n > TT_BLOCK_RECORDS || first + n - 1 <= r->sealed_end)
			continue;
		*tt_vec_push(&r->tail) = (struct tt_reader_tail){
			.first_seq = first, .n = (uint32_t)n};
	}
	(void)sqlite3_reset(stmt);
	for (size_t i = 0; rc == 0 && i < r->tail.n; i++)
		rc = read_tail_blob(r, &r->tail.items[i], err);
	return rc;
}

static int take_state(struct tt_reader *r, struct tt_err *err)
{
	sqlite3_stmt *last = r->sql[TT_READ_LAST_BLOCK];
	int rc = tt_db_step(last, err);

	r->last_block = r->sealed_end = 0;
	if (rc > 0) {
		r->last_block = (uint64_t)sqlite3_column_int64(last, 0);
		r->sealed_end = r->last_block + (uint64_t)sqlite3_column_int64(last, 1) - 1;
	}
	(void)sqlite3_reset(last);
	if (rc >= 0)
		rc = number(r->sql[TT_READ_HEAD], 0, &r->head, err);
	if (rc == 0)
		rc = number(r->sql[TT_READ_FIRST_BLOCK], 0, &r->first_seq, err);
	if (rc == 0)
		rc = take_tail(r, err);
	if (r->head < r->sealed_end)
		r->head = r->sealed_end;
	if (r->tail.n > 0) {
		const struct tt_reader_tail *t = &r->tail.items[r->tail.n - 1];

		r->head = t->first_seq + t->n - 1;
		if (r->first_seq == 0)
			r->first_seq = r->tail.items[0].first_seq;
	}
	return rc;
}

int tt_reader_take_state(struct tt_reader *r, struct tt_err *err)
{
	tt_reader_drop_state(r);
	int rc = tt_db_run(r->sql[TT_READ_BEGIN], err);

	if (rc != 0)
		return rc;
	rc = take_state(r, err);
	if (rc == 0)
		tt_store_forget_damage(r->store, r->first_seq > 0 ? r->first_seq : r->head + 1);
	int end = tt_db_run(r->sql[TT_READ_END], rc == 0 ? err : NULL);

	return rc != 0 ? rc : end;
}

/* --- epochs --- */

static void free_chunk(void *data)
{
	tt_chunk_free(data);
}

/* Notes that texts of block `block` are lost, unless it has been dropped meanwhile: later blocks of
 * the epoch may refer to them too. */
static void note_lost_texts(struct tt_reader *r, uint64_t block)
{
	const struct tt_epoch_info *e = &r->epoch;
	struct tt_damage d = {block, e->last_seq, e->t_min, e->t_max, UINT64_MAX, .in_part = true};

	if (tt_reader_has_block(r, block) && tt_store_note_damage(r->store, &d))
		tt_log_error(r->store->log, "texts of a block are lost", TT_FI("block", block),
			TT_FI("last", d.last_seq));
}

static struct tt_cached *fetch_chunk(void *arg, uint64_t block, enum tt_chunk_kind kind)
{
	struct tt_reader *r = arg;
	sqlite3_stmt *stmt = r->sql[TT_READ_CHUNK];
	unsigned cache_kind = TT_CACHE_CHUNK + (unsigned)kind;
	struct tt_cached *item = tt_cache_get(r->store->cache, cache_kind, block);

	if (item != NULL)
		return item;
	(void)sqlite3_bind_int64(stmt, 1, (int64_t)(block * 4 + (unsigned)kind));
	struct tt_chunk *chunk = tt_db_step(stmt, NULL) > 0
					 ? tt_chunk_from_container(
						   kind, tt_db_column(stmt, 0), r->decompressor)
					 : NULL;

	(void)sqlite3_reset(stmt);
	if (chunk == NULL) {
		note_lost_texts(r, block);
		return NULL;
	}
	return tt_cache_put(r->store->cache, cache_kind, block, chunk, chunk->bytes, free_chunk);
}

/* What the grams of a block say of a text. */
static bool may_hold(void *arg, uint64_t block, struct tt_str text)
{
	struct tt_reader *r = arg;
	sqlite3_stmt *stmt = r->sql[TT_READ_CHUNK];

	(void)sqlite3_bind_int64(stmt, 1, (int64_t)(block * 4 + TT_CHUNK_KINDS));
	bool may = tt_db_step(stmt, NULL) <= 0 || tt_grams_may_have(tt_db_column(stmt, 0), text);

	(void)sqlite3_reset(stmt);
	return may;
}

/* A block whose header is damaged has no entries that could be found, since neither their numbers
 * nor those of another such block behind it are known. */
static void add_to_dict(struct tt_dict *d, const struct tt_block_info *b)
{
	static const struct tt_dict_chunk none = {
		.first_string = 1, .first_sig = 1, .first_object = 1, .first_message = 1};
	const struct tt_dict_chunk *last = d->n > 0 ? &d->chunks[d->n - 1] : &none;
	struct tt_dict_chunk c = {
		.block = b->id,
		.first_string = last->first_string + last->n_strings,
		.first_sig = last->first_sig + last->n_sigs,
		.first_object = last->first_object + last->n_objects,
		.first_message = last->first_message + last->n_messages,
	};

	d->incomplete |= b->damaged;
	if (!b->damaged) {
		c.first_string = b->first_string;
		c.n_strings = b->n_strings;
		c.first_sig = b->first_sig;
		c.n_sigs = b->n_sigs;
		c.first_object = b->first_object;
		c.n_objects = b->n_objects;
		c.first_message = b->first_message;
		c.n_messages = b->n_messages;
	}
	d->chunks = tt_vec_grow(d->chunks, d->n, &d->cap, sizeof(*d->chunks));
	d->chunks[d->n++] = c;
}

static struct tt_block_info info_of(sqlite3_stmt *stmt)
{
	struct tt_block_info b = {
		.id = (uint64_t)sqlite3_column_int64(stmt, 0),
		.epoch = (uint64_t)sqlite3_column_int64(stmt, 1),
		.n = (uint32_t)sqlite3_column_int64(stmt, 2),
		.t_min = sqlite3_column_int64(stmt, 3),
		.t_max = sqlite3_column_int64(stmt, 4),
		.t_max_before = sqlite3_column_int64(stmt, 5),
		.recorded_min = sqlite3_column_int64(stmt, 6),
		.recorded_max = sqlite3_column_int64(stmt, 7),
	};

	b.damaged = !tt_block_info_unpack(&b, tt_db_column(stmt, 8));
	if (b.damaged) /* nothing rules it out, and its texts are lost */
		memset(&b.zone, 0xff, sizeof(b.zone));
	return b;
}

static int load_blocks(struct tt_reader *r, struct tt_err *err)
{
	sqlite3_stmt *stmt = r->sql[TT_READ_BLOCKS];
	int rc;

	r->blocks.n = 0;
	tt_dict_release(&r->dict);
	r->dict = (struct tt_dict){
		.cache = r->store->cache, .fetch = fetch_chunk, .may_hold = may_hold, .arg = r};
	(void)sqlite3_bind_int64(stmt, 1, (int64_t)r->epoch.first_block);
	(void)sqlite3_bind_int64(stmt, 2, (int64_t)r->epoch.last_seq);
	while ((rc = tt_db_step(stmt, err)) > 0) {
		struct tt_block_info b = info_of(stmt);

		*tt_vec_push(&r->blocks) = b;
		add_to_dict(&r->dict, &b);
		if (b.damaged)
			note_lost_texts(r, b.id);
	}
	(void)sqlite3_reset(stmt);
	return rc;
}

static int take_epoch(struct tt_reader *r, sqlite3_stmt *stmt, struct tt_err *err)
{
	int rc = tt_db_step(stmt, err);

	if (rc <= 0) {
		(void)sqlite3_reset(stmt);
		r->epoch.id = 0;
		return rc;
	}
	struct tt_epoch_info e = {
		.id = (uint64_t)sqlite3_column_int64(stmt, 0),
		.first_block = (uint64_t)sqlite3_column_int64(stmt, 1),
		.last_seq = (uint64_t)sqlite3_column_int64(stmt, 2),
		.t_min = sqlite3_column_int64(stmt, 3),
		.t_max = sqlite3_column_int64(stmt, 4),
		.t_max_before = sqlite3_column_int64(stmt, 5),
		.recorded_max = sqlite3_column_int64(stmt, 6),
	};

	(void)sqlite3_reset(stmt);
	if (r->epoch.id == e.id && r->epoch.last_seq == e.last_seq)
		return 1;
	r->epoch = e;
	rc = load_blocks(r, err);
	if (rc != 0)
		r->epoch.id = 0;
	return rc == 0 ? 1 : rc;
}

int tt_reader_epoch_of(struct tt_reader *r, uint64_t block, struct tt_err *err)
{
	(void)sqlite3_bind_int64(r->sql[TT_READ_EPOCH_OF], 1, (int64_t)block);
	return take_epoch(r, r->sql[TT_READ_EPOCH_OF], err);
}

int tt_reader_epoch_before(struct tt_reader *r, uint64_t id, struct tt_err *err)
{
	(void)sqlite3_bind_int64(r->sql[TT_READ_EPOCH_BEFORE], 1, (int64_t)id);
	return take_epoch(r, r->sql[TT_READ_EPOCH_BEFORE], err);
}

int tt_reader_epoch_after(
	struct tt_reader *r, uint64_t id, int64_t since_us, int64_t until_us, struct tt_err *err)
{
	sqlite3_stmt *stmt = r->sql[TT_READ_EPOCH_AFTER];

	(void)sqlite3_bind_int64(stmt, 1, (int64_t)id);
	(void)sqlite3_bind_int64(stmt, 2, since_us);
	(void)sqlite3_bind_int64(stmt, 3, until_us);
	return take_epoch(r, stmt, err);
}

/* --- blocks --- */

static void free_block(void *data)
{
	tt_block_free(data);
}

/* Reads a part of a block from the file. 1, 0 if it is damaged or gone, negative. */
static int read_part(
	struct tt_reader *r, uint64_t id, struct tt_block *b, enum tt_part part, struct tt_err *err)
{
	sqlite3_stmt *stmt = r->sql[TT_READ_COLUMNS];

	if (tt_block_has_part(b, part))
		return 1;
	(void)sqlite3_bind_int64(stmt, 1, (int64_t)(id * 2 + (unsigned)part));
	int rc = tt_db_step(stmt, err);
	bool ok = rc > 0 && tt_block_set_part(b, part, tt_db_column(stmt, 0));

	(void)sqlite3_reset(stmt);
	if (rc == TT_ECORRUPT)
		return 0;
	return rc < 0 ? rc : ok;
}

int tt_reader_columns(struct tt_reader *r, const struct tt_block_info *info, struct tt_block *b,
	uint32_t columns, struct tt_err *err)
{
	for (int c = 0; c < TT_COLUMNS; c++) {
		if ((columns >> c & 1) == 0 || __atomic_load_n(&b->have[c], __ATOMIC_ACQUIRE))
			continue;
		int rc = read_part(r, info->id, b, TT_PART_SCAN, err);

		if (rc > 0 && tt_column_part((enum tt_column)c) == TT_PART_REST)
			rc = read_part(r, info->id, b, TT_PART_REST, err);
		if (rc <= 0)
			return rc;
		if (!tt_block_need(b, (enum tt_column)c, r->decompressor))
			return 0;
	}
	return 1;
}

int tt_reader_block(struct tt_reader *r, const struct tt_block_info *info, uint32_t columns,
	struct tt_cached **ret, struct tt_err *err)
{
	if (info->n == 0 || info->n > TT_BLOCK_MAX_RECORDS)
		return 0;
	struct tt_cached *item = tt_cache_get(r->store->cache, TT_CACHE_BLOCK, info->id);

	if (item == NULL) {
		struct tt_block *b = tt_block_new(info->id, info->n);

		item = tt_cache_put(
			r->store->cache, TT_CACHE_BLOCK, info->id, b, b->bytes, free_block);
	}
	int rc = tt_reader_columns(r, info, item->data, columns, err);

	if (rc <= 0)
		tt_reader_done(r, item);
	else
		*ret = item;
	return rc;
}

void tt_reader_done(struct tt_reader *r, struct tt_cached *item)
{
	if (item == NULL)
		return;
	struct tt_block *b = item->data;

	(void)pthread_mutex_lock(&b->mutex);
	size_t bytes = b->bytes;

	(void)pthread_mutex_unlock(&b->mutex);
	tt_cache_done(r->store->cache, item, bytes);
}

int tt_reader_filters(
	struct tt_reader *r, const uint64_t *keys, unsigned n_keys, bool *maybe, struct tt_err *err)
{
	sqlite3_stmt *stmt = r->sql[TT_READ_FILTERS];
	size_t at = 0;
	int rc;

	for (size_t i = 0; i < r->blocks.n; i++)
		maybe[i] = true;
	(void)sqlite3_bind_int64(stmt, 1, (int64_t)r->epoch.first_block);
	(void)sqlite3_bind_int64(stmt, 2, (int64_t)r->epoch.last_seq);
	while ((rc = tt_db_step(stmt, err)) > 0) {
		uint64_t id = (uint64_t)sqlite3_column_int64(stmt, 0);
		struct tt_str filter = tt_db_column(stmt, 1);

		while (at < r->blocks.n && r->blocks.items[at].id < id)
			at++;
		if (at >= r->blocks.n || r->blocks.items[at].id != id)
			continue;
		maybe[at] = false;
		for (unsigned i = 0; i < n_keys; i++)
			maybe[at] |= tt_filter_may_have(filter, keys[i]);
	}
	(void)sqlite3_reset(stmt);
	return rc;
}

bool tt_reader_has_block(struct tt_reader *r, uint64_t id)
{
	sqlite3_stmt *stmt = r->sql[TT_READ_BLOCK_TIMES];

	(void)sqlite3_bind_int64(stmt, 1, (int64_t)id);
	int rc = tt_db_step(stmt, NULL);
	bool has = rc < 0 || (rc > 0 && (uint64_t)sqlite3_column_int64(stmt, 0) == id);

	(void)sqlite3_reset(stmt);
	return has;
}

void tt_reader_note_damage(struct tt_reader *r, const struct tt_block_info *info)
{
	struct tt_damage d = {
		info->id, info->id + info->n - 1, info->t_min, info->t_max, info->zone.clusters};

	if (tt_reader_has_block(r, info->id) && tt_store_note_damage(r->store, &d))
		tt_log_error(r->store->log, "a block is damaged", TT_FI("first", d.first_seq),
			TT_FI("last", d.last_seq));
}
