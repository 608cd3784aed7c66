/* SPDX-License-Identifier: Apache-2.0 */
#include "store/writer.h"

#include <stdio.h>

#include "base/assert.h"
#include "base/clock.h"
#include "base/hash.h"
#include "base/log.h"
#include "base/rand.h"
#include "base/vec.h"
#include "store/db.h"
#include "store/dict.h"
#include "store/reader.h"
#include "store/schema.h"
#include "store/tail.h"

enum { IDENTITY_SLOTS = 1 << 18, MESSAGE_SLOTS = 1 << 17, TAIL_MESSAGE_SLOTS = 1 << 13 };

static const char add_to_epoch[] =
	"INSERT INTO epochs VALUES(?1,1,?2,?3,?4,?5,?6,?7,?8,?9,?10)"
	" ON CONFLICT DO UPDATE SET blocks=blocks+1, last_seq=?3, t_min=min(t_min,?4),"
	" t_max=max(t_max,?5), recorded_max=?8, bytes=bytes+?9, clusters=?10";
static const char oldest_epoch[] =
	"SELECT id, first_block, last_seq, recorded_max FROM epochs ORDER BY id LIMIT 1";

static const char *const statements[TT_WRITER_STATEMENTS] = {
	[TT_SQL_BEGIN] = "BEGIN IMMEDIATE",
	[TT_SQL_COMMIT] = "COMMIT",
	[TT_SQL_ROLLBACK] = "ROLLBACK",
	[TT_SQL_TAIL] = "INSERT INTO tail VALUES(?,?,?,?)",
	[TT_SQL_TAIL_DROP] = "DELETE FROM tail WHERE id + n - 1 <= ?",
	[TT_SQL_POSITION] = "INSERT OR REPLACE INTO positions VALUES(?,?,?,?,?,?,?,?,?,?)",
	[TT_SQL_GAP] = "INSERT INTO gaps VALUES(?,?,?,?,?,?)",
	[TT_SQL_CLUSTER] = "UPDATE clusters SET events=?2, gaps=?3, last_event=?4 WHERE id=?1",
	[TT_SQL_CURSOR] = "INSERT OR REPLACE INTO cursors VALUES(?,?)",
	[TT_SQL_META] = "INSERT OR REPLACE INTO meta VALUES(?,?)",
	[TT_SQL_BLOCK] = "INSERT INTO blocks VALUES(?,?,?,?,?,?,?,?,?)",
	[TT_SQL_COLUMNS] = "INSERT INTO columns VALUES(?,?)",
	[TT_SQL_CHUNK] = "INSERT INTO chunks VALUES(?,?)",
	[TT_SQL_OUTLINE] = "INSERT INTO outlines VALUES(?,?,?)",
	[TT_SQL_LINK] = "INSERT OR REPLACE INTO links VALUES(?,?,?)",
	[TT_SQL_EPOCH] = add_to_epoch,
	[TT_SQL_EPOCH_CLUSTERS] = "SELECT clusters FROM epochs WHERE id=?",
	[TT_SQL_BLOCK_OF] = "SELECT id, n FROM blocks WHERE id<=? ORDER BY id DESC LIMIT 1",
	[TT_SQL_OLDEST_EPOCH] = oldest_epoch,
	[TT_SQL_SMALL_TAIL] = "SELECT id, n, data, recorded FROM tail WHERE n < ? ORDER BY id",
	[TT_SQL_TAIL_DROP_RANGE] = "DELETE FROM tail WHERE id BETWEEN ? AND ?",
};

static int prepare_all(struct tt_writer *w, struct tt_err *err)
{
	int rc = 0;

	for (int i = 0; rc == 0 && i < TT_WRITER_STATEMENTS; i++)
		rc = tt_db_prepare(w->db, &w->sql[i], statements[i], err);
	return rc;
}

int tt_writer_begin(struct tt_writer *w, struct tt_err *err)
{
	return tt_db_run(w->sql[TT_SQL_BEGIN], err);
}

void tt_writer_rollback(struct tt_writer *w)
{
	for (int i = 0; i < TT_WRITER_STATEMENTS; i++)
		(void)sqlite3_reset(w->sql[i]);
	if (!sqlite3_get_autocommit(w->db))
		(void)tt_db_run(w->sql[TT_SQL_ROLLBACK], NULL);
}

int tt_writer_commit(struct tt_writer *w, struct tt_err *err)
{
	int rc = tt_db_run(w->sql[TT_SQL_COMMIT], err);

	if (rc != 0)
		tt_writer_rollback(w);
	return rc;
}

struct tt_writer_cluster *tt_writer_cluster(struct tt_writer *w, struct tt_str name)
{
	tt_vec_each (c, &w->clusters)
		if (tt_str_eq(c->entry->name, name))
			return c;
	return NULL;
}

struct tt_writer_cluster *tt_writer_cluster_by_id(struct tt_writer *w, uint32_t id)
{
	tt_vec_each (c, &w->clusters)
		if (c->entry->id == id)
			return c;
	return NULL;
}

static int load_clusters(struct tt_writer *w, struct tt_err *err)
{
	sqlite3_stmt *stmt = NULL;
	int rc = tt_db_prepare(
		w->db, &stmt, "SELECT id, events, gaps, last_event FROM clusters ORDER BY id", err);

	while (rc == 0 && (rc = tt_db_step(stmt, err)) > 0) {
		bool has_last = sqlite3_column_type(stmt, 3) != SQLITE_NULL;
		uint32_t id = (uint32_t)sqlite3_column_int64(stmt, 0);
		const struct tt_cluster_entry *entry = tt_store_cluster_by_id(w->store, id);

		rc = 0;
		if (entry == NULL) {
			rc = tt_fail(err, TT_EIO, "the name of cluster %u cannot be read", id);
			break;
		}
		*tt_vec_push(&w->clusters) = (struct tt_writer_cluster){
			.entry = entry,
			.events = (uint64_t)sqlite3_column_int64(stmt, 1),
			.gaps = (uint64_t)sqlite3_column_int64(stmt, 2),
			.last_event_us = has_last ? sqlite3_column_int64(stmt, 3) : TT_TIME_ZERO,
		};
	}
	sqlite3_finalize(stmt);
	return rc;
}

/* The log's uuid: random, version 4. */
static int name_log(struct tt_writer *w, struct tt_err *err)
{
	struct tt_rand rand;
	uint8_t uuid[16];
	char text[36];

	tt_rand_init(&rand, tt_rand_seed());
	for (int i = 0; i < 16; i++)
		uuid[i] = (uint8_t)tt_rand_u64(&rand);
	uuid[6] = (uint8_t)(0x40 | (uuid[6] & 0x0f));
	uuid[8] = (uint8_t)(0x80 | (uuid[8] & 0x3f));
	tt_uuid_format(uuid, text);
	tt_db_bind_text(w->sql[TT_SQL_META], 1, TT_STR("log"));
	tt_db_bind_text(w->sql[TT_SQL_META], 2, (struct tt_str){text, sizeof(text)});
	return tt_db_run(w->sql[TT_SQL_META], err);
}

static int load_numbers(struct tt_writer *w, struct tt_err *err)
{
	int64_t named, block_end, epoch, t_max, recorded, head;
	int rc = tt_db_number(w->db, "SELECT count(*) FROM meta WHERE key='log'", 0, &named, err);

	if (rc == 0 && named == 0)
		rc = name_log(w, err);
	if (rc == 0)
		rc = tt_db_number(w->db, "SELECT id+n-1 FROM blocks ORDER BY id DESC LIMIT 1", 0,
			&block_end, err);
	if (rc == 0)
		rc = tt_db_number(w->db, "SELECT max(id) FROM epochs", 0, &epoch, err);
	if (rc == 0)
		rc = tt_db_number(w->db,
			"SELECT max(t_max,t_max_before) FROM blocks ORDER BY id DESC LIMIT 1",
			INT64_MIN, &t_max, err);
	if (rc == 0)
		rc = tt_db_number(w->db,
			"SELECT max("
			"(SELECT coalesce(max(recorded),-9223372036854775808) FROM tail),"
			" coalesce((SELECT recorded_max FROM blocks ORDER BY id DESC LIMIT 1),"
			" -9223372036854775808), coalesce((SELECT value FROM meta WHERE"
			" key='recorded'),-9223372036854775808))",
			INT64_MIN, &recorded, err);
	if (rc == 0)
		rc = tt_db_number(w->db, "SELECT value FROM meta WHERE key='head'", 0, &head, err);
	if (rc != 0)
		return rc;
	w->head = w->sealed_end = (uint64_t)(head > block_end ? head : block_end);
	if (block_end > 0 || head > 0)
		w->sealed_end = (uint64_t)block_end;
	w->epoch.id = (uint64_t)epoch;
	w->t_max = t_max;
	w->last_recorded_us = recorded;
	return 0;
}

/* Takes the records of one tail blob that are in no block. */
static void take_tail(struct tt_writer *w, const struct tt_tail *tail)
{
	struct tt_batch *batch = tt_batch_new(TT_STR(""));
	struct tt_store *store = w->store;

	tt_tail_records(tail, store, batch);
	w->n_staged = 0;
	w->extras.len = 0;
	for (size_t i = 0; i < batch->n; i++) {
		const struct tt_record *r = &batch->records[i];
		uint32_t row = (uint32_t)(r->seq - tail->block->first_seq);

		if (r->seq <= w->sealed_end)
			continue;
		tt_writer_stage(w, r, tail->block->cluster[row]);
		struct tt_staged *s = &w->staged[w->n_staged - 1];

		tt_writer_link(w, s, false);
		s->row.pred = tail->block->pred[row];
	}
	tt_identities_commit(&w->identities, tail->block->recorded[0]);
	for (size_t i = 0; i < w->n_staged; i++)
		tt_writer_take(w, &w->staged[i], w->extras.data);
	tt_batch_unref(batch);
}

/* Reads the tail back: its records are the open block's. A damaged blob leaves a hole. */
static int load_tail(struct tt_writer *w, struct tt_err *err)
{
	sqlite3_stmt *stmt = NULL;
	int rc = tt_db_prepare(
		w->db, &stmt, "SELECT id, n, data, recorded FROM tail ORDER BY id", err);

	while (rc == 0 && (rc = tt_db_step(stmt, err)) > 0) {
		uint64_t first = (uint64_t)sqlite3_column_int64(stmt, 0);
		uint64_t n = (uint64_t)sqlite3_column_int64(stmt, 1);

		rc = 0;
		w->tail_blobs++;
		if (n == 0 || n > TT_BLOCK_MAX_RECORDS)
			continue;
		if (first + n - 1 > w->head)
			w->head = first + n - 1;
		if (first + n - 1 <= w->sealed_end)
			continue;
		struct tt_tail *tail = tt_tail_unpack(tt_db_column(stmt, 2), first, (uint32_t)n);

		if (tail == NULL) {
			tt_log_error(w->store->log, "records of the tail are damaged",
				TT_FI("first", first), TT_FI("last", first + n - 1));
			continue;
		}
		if (w->identities.complete_since_us == INT64_MAX)
			w->identities.complete_since_us = w->identities.young.since_us =
				tail->block->recorded[0] + 1;
		take_tail(w, tail);
		tt_tail_free(tail);
	}
	sqlite3_finalize(stmt);
	return rc;
}

static int load(struct tt_writer *w, struct tt_err *err)
{
	int rc = prepare_all(w, err);

	if (rc == 0)
		rc = load_numbers(w, err);
	if (rc == 0)
		rc = load_clusters(w, err);
	if (rc != 0)
		return rc;
	bool empty = w->head == 0;

	tt_identities_init(&w->identities, IDENTITY_SLOTS, empty ? INT64_MIN : INT64_MAX);
	w->extended_to = w->sealed_end + 1;
	rc = load_tail(w, err);
	if (w->identities.complete_since_us == INT64_MAX)
		w->identities.complete_since_us = w->identities.young
							  .since_us = w->last_recorded_us + 1;
	__atomic_store_n(&w->store->head, w->head, __ATOMIC_RELEASE);
	return rc;
}

static struct tt_writer *writer_new(struct tt_store *store)
{
	struct tt_writer *w = tt_calloc(1, sizeof(*w));
	uint64_t seed = tt_rand_seed();

	w->store = store;
	w->compressor = tt_compressor_new();
	w->encoder = tt_block_encoder_new();
	tt_dictionary_init(&w->dictionary, MESSAGE_SLOTS, seed);
	tt_dictionary_init(&w->tail_dictionary, TAIL_MESSAGE_SLOTS, seed);
	w->open.summary = tt_calloc(1, sizeof(*w->open.summary));
	w->sealed_last = &w->sealed;
	return w;
}

int tt_writer_open(struct tt_store *store, struct tt_err *err)
{
	struct tt_writer *w = writer_new(store);

	store->writer = w;
	int rc = tt_db_open(&w->db, store->path, TT_DB_WRITE, store->vfs, err);

	if (rc == 0)
		rc = tt_schema_prepare(w->db, err);
	if (rc == 0) {
		tt_writer_watch_wal(w);
		rc = load(w, err);
	}
	return rc != 0 ? tt_err_wrap(err, "%s", store->path) : 0;
}

void tt_writer_close(struct tt_writer *w)
{
	if (w == NULL)
		return;
	tt_reader_close(w->reader);
	while (w->sealed != NULL)
		tt_writer_sealed_done(w);
	for (int i = 0; i < TT_WRITER_STATEMENTS; i++)
		sqlite3_finalize(w->sql[i]);
	sqlite3_close(w->db);
	tt_compressor_free(w->compressor);
	tt_block_encoder_free(w->encoder);
	tt_dictionary_release(&w->dictionary);
	tt_dictionary_release(&w->tail_dictionary);
	tt_identities_release(&w->identities);
	tt_summary_release(w->open.summary);
	tt_free(w->open.summary);
	tt_free(w->open.rows);
	tt_packer_release(&w->open.extras);
	tt_packer_release(&w->open.keys);
	tt_packer_release(&w->open.seen_namespaces);
	tt_packer_release(&w->open.seen_sigs);
	tt_vec_release(&w->clusters);
	tt_free(w->staged);
	tt_packer_release(&w->extras);
	tt_packer_release(&w->blob);
	tt_free(w->rows);
	tt_free(w);
}
