/* SPDX-License-Identifier: Apache-2.0 */
/* A log that receives few records at a time has a tail of many small blobs, each with a dictionary
 * of its own. They are made into fewer, now and then. */
#include "base/vec.h"
#include "store/db.h"
#include "store/dict.h"
#include "store/tail.h"
#include "store/writer.h"

enum { TOO_MANY = 64, MERGED_RECORDS = 1024 };

struct small {
	uint64_t first;
	uint32_t n;
	int64_t recorded;
	struct tt_tail *tail;
};

struct run {
	struct small *items;
	size_t n, cap;
	uint32_t records;
};

static void run_release(struct run *run)
{
	for (size_t i = 0; i < run->n; i++)
		tt_tail_free(run->items[i].tail);
	tt_vec_release(run);
}

/* The first run of consecutive small blobs, up to MERGED_RECORDS records. */
static int read_run(struct tt_writer *w, struct run *run, struct tt_err *err)
{
	sqlite3_stmt *stmt = w->sql[TT_SQL_SMALL_TAIL];
	int rc;

	(void)sqlite3_bind_int64(stmt, 1, MERGED_RECORDS);
	while ((rc = tt_db_step(stmt, err)) > 0) {
		struct small s = {.first = (uint64_t)sqlite3_column_int64(stmt, 0),
			.n = (uint32_t)sqlite3_column_int64(stmt, 1),
			.recorded = sqlite3_column_int64(stmt, 3)};
		const struct small *last = run->n > 0 ? &run->items[run->n - 1] : NULL;
		bool follows = last == NULL || s.first == last->first + last->n;

		if (!follows || run->records + s.n > MERGED_RECORDS) {
			if (run->n > 1)
				break;
			run_release(run);
			run->records = 0;
		}
		s.tail = s.n > 0 ? tt_tail_unpack(tt_db_column(stmt, 2), s.first, s.n) : NULL;
		if (s.tail == NULL)
			continue; /* damaged: left as it is */
		*tt_vec_push(run) = s;
		run->records += s.n;
	}
	(void)sqlite3_reset(stmt);
	return rc < 0 ? rc : 0;
}

/* The records of the run as rows, numbered in the tail's dictionary, and their blob. */
static void pack_run(struct tt_writer *w, const struct run *run)
{
	struct tt_batch *batch = tt_batch_new(TT_STR(""));
	struct tt_row *rows = tt_malloc(run->records * sizeof(*rows));
	struct tt_packer extras = {0};
	uint32_t n = 0;

	tt_dictionary_reset(&w->tail_dictionary);
	for (size_t i = 0; i < run->n; i++) {
		const struct tt_block *b = run->items[i].tail->block;
		size_t from = batch->n;

		tt_tail_records(run->items[i].tail, w->store, batch);
		for (uint32_t j = 0; from + j < batch->n; j++, n++) {
			const struct tt_record *r = &batch->records[from + j];
			struct tt_row_hashes hashes;

			tt_row_from_record(&rows[n], r, &extras);
			rows[n].cluster = b->cluster[j];
			rows[n].pred = b->pred[j];
			tt_row_hash(&hashes, r, w->tail_dictionary.seed);
			tt_dictionary_number(&w->tail_dictionary, &rows[n], r, &hashes);
		}
	}
	w->blob.len = 0;
	if (n == run->records) {
		tt_block_encode(w->encoder, &(struct tt_block_source){.rows = rows,
						    .n = n,
						    .first_seq = run->items[0].first,
						    .extras = extras.data,
						    .first_object = 1,
						    .first_message = 1});
		tt_tail_pack(&w->blob, w->encoder, &w->tail_dictionary);
	}
	tt_batch_unref(batch);
	tt_packer_release(&extras);
	tt_free(rows);
}

static int replace_run(struct tt_writer *w, const struct run *run, struct tt_err *err)
{
	const struct small *first = &run->items[0], *last = &run->items[run->n - 1];
	sqlite3_stmt *put = w->sql[TT_SQL_TAIL], *drop = w->sql[TT_SQL_TAIL_DROP_RANGE];
	int rc = tt_writer_begin(w, err);

	if (rc != 0)
		return rc;
	(void)sqlite3_bind_int64(drop, 1, (int64_t)first->first);
	(void)sqlite3_bind_int64(drop, 2, (int64_t)last->first);
	rc = tt_db_run(drop, err);
	(void)sqlite3_bind_int64(put, 1, (int64_t)first->first);
	(void)sqlite3_bind_int64(put, 2, run->records);
	(void)sqlite3_bind_int64(put, 3, last->recorded);
	tt_db_bind_blob(put, 4, w->blob.data, w->blob.len);
	if (rc == 0)
		rc = tt_db_run(put, err);
	if (rc == 0)
		return tt_writer_commit(w, err);
	tt_writer_rollback(w);
	return rc;
}

int tt_writer_merge_tail(struct tt_writer *w, struct tt_err *err)
{
	struct run run = {0};

	if (w->tail_blobs <= TOO_MANY)
		return 0;
	int rc = read_run(w, &run, err);

	if (rc == 0 && run.n > 1) {
		pack_run(w, &run);
		if (w->blob.len > 0)
			rc = replace_run(w, &run, err);
	}
	if (rc == 0) {
		int64_t n;

		rc = tt_db_number(w->db, "SELECT count(*) FROM tail", 0, &n, err);
		w->tail_blobs = rc == 0 ? (uint64_t)n : 0;
		if (run.n <= 1)
			w->tail_blobs = 0; /* nothing to gain: look again after as many commits */
	}
	run_release(&run);
	return rc;
}
