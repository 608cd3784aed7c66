/* SPDX-License-Identifier: Apache-2.0 */
#include "base/assert.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/vec.h"
#include "store/db.h"
#include "store/extra.h"
#include "store/tail.h"
#include "store/writer.h"

enum { AHEAD = 8 }; /* records for which memory is fetched in advance */

/* Clusters of the batches; nothing is changed before all are known. */
static int check_clusters(
	struct tt_writer *w, struct tt_batch *const *batches, size_t n, struct tt_err *err)
{
	for (size_t i = 0; i < n; i++)
		if (tt_writer_cluster(w, batches[i]->cluster) == NULL)
			return tt_fail(err, TT_EINVAL, "the log has no cluster \"%.*s\"",
				TT_STR_ARG(batches[i]->cluster));
	return 0;
}

/* One value per commit, which never goes back. */
static int64_t next_recorded(const struct tt_writer *w)
{
	int64_t now = tt_clock_wall_us(w->store->clock);

	return now > w->last_recorded_us ? now : w->last_recorded_us;
}

static void stage_batch(struct tt_writer *w, struct tt_batch *b, int64_t recorded)
{
	uint32_t cluster = tt_writer_cluster(w, b->cluster)->entry->id;
	size_t first = w->n_staged;

	for (size_t i = 0; i < b->n; i++) {
		struct tt_record *r = &b->records[i];

		r->seq = w->head + w->n_staged + 1;
		r->recorded_at_us = recorded;
		if (r->kind == TT_RECORD_EVENT) /* a deletion is no occurrence: it happens now */
			r->time_us = r->change == TT_CHANGE_DELETED
					     ? recorded
					     : tt_event_time_us(&r->event, recorded);
		if (r->kind == TT_RECORD_EVENT && b->numbered)
			r->event.metadata.resource_version = tt_str_printf(
				&b->arena, "%llu", (unsigned long long)r->seq);
		tt_writer_stage(w, r, cluster);
	}
	for (size_t i = first; i < w->n_staged; i++) { /* by now what was prefetched is there */
		tt_writer_link(w, &w->staged[i], b->listed);
		b->records[i - first].predecessor_seq = w->staged[i].row.pred;
	}
}

/* Encodes staged records [from, from + n) as one tail blob in w->blob. */
static void pack_tail(struct tt_writer *w, size_t from, uint32_t n)
{
	if (w->cap_rows < n) {
		w->cap_rows = n;
		w->rows = tt_realloc(w->rows, n, sizeof(*w->rows));
	}
	tt_dictionary_reset(&w->tail_dictionary);
	for (uint32_t i = 0; i < n; i++) {
		struct tt_staged *s = &w->staged[from + i];

		w->rows[i] = s->row;
		tt_dictionary_number(&w->tail_dictionary, &w->rows[i], s->record, &s->hashes);
	}
	tt_block_encode(w->encoder, &(struct tt_block_source){.rows = w->rows,
					    .n = n,
					    .first_seq = w->head + 1 + from,
					    .extras = w->extras.data,
					    .first_object = 1,
					    .first_message = 1});
	w->blob.len = 0;
	tt_tail_pack(&w->blob, w->encoder, &w->tail_dictionary);
}

static int put_tail(struct tt_writer *w, int64_t recorded, struct tt_err *err)
{
	sqlite3_stmt *stmt = w->sql[TT_SQL_TAIL];
	int rc = 0;

	for (size_t from = 0, n; rc == 0 && from < w->n_staged; from += n) {
		n = w->n_staged - from < TT_BLOCK_RECORDS ? w->n_staged - from : TT_BLOCK_RECORDS;
		pack_tail(w, from, (uint32_t)n);
		(void)sqlite3_bind_int64(stmt, 1, (int64_t)(w->head + 1 + from));
		(void)sqlite3_bind_int64(stmt, 2, (int64_t)n);
		(void)sqlite3_bind_int64(stmt, 3, recorded);
		tt_db_bind_blob(stmt, 4, w->blob.data, w->blob.len);
		rc = tt_db_run(stmt, err);
	}
	return rc;
}

static int put_position(struct tt_writer *w, const struct tt_position *p, struct tt_err *err)
{
	sqlite3_stmt *stmt = w->sql[TT_SQL_POSITION];
	struct tt_writer_cluster *c = tt_writer_cluster(w, p->cluster);

	if (c == NULL)
		return tt_fail(
			err, TT_EINVAL, "the log has no cluster \"%.*s\"", TT_STR_ARG(p->cluster));
	(void)sqlite3_bind_int64(stmt, 1, c->entry->id);
	tt_db_bind_text(stmt, 2, p->namespace);
	(void)sqlite3_bind_int64(stmt, 3, p->epoch);
	(void)sqlite3_bind_int64(stmt, 4, (int64_t)p->rv);
	(void)sqlite3_bind_int64(stmt, 5, p->last_proof_us);
	(void)sqlite3_bind_int64(stmt, 6, p->shortest_lifetime_us);
	(void)sqlite3_bind_int64(stmt, 7, p->listing);
	(void)sqlite3_bind_int64(stmt, 8, (int64_t)p->list_rv);
	tt_db_bind_text(stmt, 9, p->last_key);
	tt_db_bind_text(stmt, 10, p->system_uid);
	return tt_db_run(stmt, err);
}

/* Whether a later batch of the same append holds a newer position of the same watch. */
static bool is_replaced(struct tt_batch *const *batches, size_t n, size_t i)
{
	const struct tt_position *p = batches[i]->position;

	for (size_t j = i + 1; j < n; j++) {
		const struct tt_position *q = batches[j]->position;

		if (q != NULL && tt_str_eq(p->cluster, q->cluster) &&
			tt_str_eq(p->namespace, q->namespace))
			return true;
	}
	return false;
}

static int put_positions(
	struct tt_writer *w, struct tt_batch *const *batches, size_t n, struct tt_err *err)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < n; i++)
		if (batches[i]->position != NULL && !is_replaced(batches, n, i))
			rc = put_position(w, batches[i]->position, err);
	return rc;
}

static int put_gaps(struct tt_writer *w, struct tt_err *err)
{
	sqlite3_stmt *stmt = w->sql[TT_SQL_GAP];
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < w->n_staged; i++) {
		const struct tt_staged *s = &w->staged[i];

		if (s->record->kind != TT_RECORD_GAP)
			continue;
		(void)sqlite3_bind_int64(stmt, 1, (int64_t)s->record->seq);
		(void)sqlite3_bind_int64(stmt, 2, s->row.cluster);
		(void)sqlite3_bind_int64(stmt, 3, s->record->recorded_at_us);
		(void)sqlite3_bind_int64(stmt, 4, s->record->gap.from_us);
		(void)sqlite3_bind_int64(stmt, 5, s->record->gap.to_us);
		tt_db_bind_blob(stmt, 6, w->extras.data + s->row.extra_at, s->row.extra_len);
		rc = tt_db_run(stmt, err);
	}
	return rc;
}

/* What an append changes of its clusters. */
struct cluster_delta {
	struct tt_counts counts;
	struct {
		int64_t *items;
		size_t n, cap;
	} last; /* newest t, beside counts */
};

static void sum_clusters(const struct tt_writer *w, struct cluster_delta *d)
{
	for (size_t i = 0; i < w->n_staged; i++) {
		const struct tt_row *row = &w->staged[i].row;
		struct tt_cluster_count *c = tt_counts_get(&d->counts, row->cluster);
		size_t at = (size_t)(c - d->counts.items);

		if (at >= d->last.n)
			*tt_vec_push(&d->last) = TT_TIME_ZERO;
		if (tt_shape_get(row->shape, TT_SHAPE_GAP, 1)) {
			c->gaps++;
			continue;
		}
		c->events++;
		if (row->t > d->last.items[at] &&
			tt_shape_get(row->shape, TT_SHAPE_CHANGE, 2) != TT_CHANGE_DELETED)
			d->last.items[at] = row->t;
	}
}

int tt_writer_put_cluster(struct tt_writer *w, const struct tt_writer_cluster *c, uint64_t events,
	uint64_t gaps, int64_t last_event_us, struct tt_err *err)
{
	sqlite3_stmt *stmt = w->sql[TT_SQL_CLUSTER];

	(void)sqlite3_bind_int64(stmt, 1, c->entry->id);
	(void)sqlite3_bind_int64(stmt, 2, (int64_t)events);
	(void)sqlite3_bind_int64(stmt, 3, (int64_t)gaps);
	if (last_event_us == TT_TIME_ZERO)
		(void)sqlite3_bind_null(stmt, 4);
	else
		(void)sqlite3_bind_int64(stmt, 4, last_event_us);
	return tt_db_run(stmt, err);
}

static int put_clusters(struct tt_writer *w, const struct cluster_delta *d, struct tt_err *err)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < d->counts.n; i++) {
		const struct tt_cluster_count *add = &d->counts.items[i];
		const struct tt_writer_cluster *c = tt_writer_cluster_by_id(w, add->cluster);
		int64_t last = d->last.items[i];

		rc = tt_writer_put_cluster(w, c, c->events + add->events, c->gaps + add->gaps,
			last > c->last_event_us ? last : c->last_event_us, err);
	}
	return rc;
}

static void take_clusters(struct tt_writer *w, const struct cluster_delta *d)
{
	for (size_t i = 0; i < d->counts.n; i++) {
		const struct tt_cluster_count *add = &d->counts.items[i];
		struct tt_writer_cluster *c = tt_writer_cluster_by_id(w, add->cluster);

		c->events += add->events;
		c->gaps += add->gaps;
		if (d->last.items[i] > c->last_event_us)
			c->last_event_us = d->last.items[i];
	}
}

static int put_all(struct tt_writer *w, struct tt_batch *const *batches, size_t n,
	const struct cluster_delta *delta, struct tt_err *err)
{
	int rc = tt_writer_begin(w, err);

	if (rc != 0)
		return rc;
	rc = tt_writer_put_sealed(w, err);
	if (rc == 0 && w->n_staged > 0)
		rc = put_tail(w, w->staged[0].record->recorded_at_us, err);
	if (rc == 0)
		rc = put_positions(w, batches, n, err);
	if (rc == 0)
		rc = put_gaps(w, err);
	if (rc == 0)
		rc = put_clusters(w, delta, err);
	if (rc == 0)
		return tt_writer_commit(w, err);
	tt_writer_rollback(w);
	return rc;
}

/* The transaction is on disk: memory follows. */
static void take_all(struct tt_writer *w, const struct cluster_delta *delta, int64_t recorded)
{
	tt_writer_sealed_done(w);
	tt_identities_commit(&w->identities, recorded);
	take_clusters(w, delta);
	w->head += w->n_staged;
	w->tail_blobs += (w->n_staged + TT_BLOCK_RECORDS - 1) / TT_BLOCK_RECORDS;
	w->last_recorded_us = recorded;
	__atomic_store_n(&w->store->head, w->head, __ATOMIC_RELEASE);
	for (size_t i = 0; i < w->n_staged; i++) {
		if (i + AHEAD < w->n_staged)
			tt_dictionary_prefetch(&w->dictionary, &w->staged[i + AHEAD].hashes);
		tt_writer_take(w, &w->staged[i], w->extras.data);
	}
}

int tt_store_append(
	struct tt_store *store, struct tt_batch *const *batches, size_t n, struct tt_err *err)
{
	struct tt_writer *w = store->writer;

	tt_assert(store->magic == TT_STORE_MAGIC && w != NULL);
	int rc = check_clusters(w, batches, n, err);

	if (rc != 0)
		return rc;
	int64_t recorded = next_recorded(w);
	struct cluster_delta delta = {0};

	w->n_staged = 0;
	w->extras.len = 0;
	for (size_t i = 0; i < n; i++)
		stage_batch(w, batches[i], recorded);
	sum_clusters(w, &delta);
	rc = put_all(w, batches, n, &delta, err);
	w->failing = rc != 0;
	if (rc == 0)
		take_all(w, &delta, recorded);
	else
		tt_identities_rollback(&w->identities);
	tt_vec_release(&delta.counts);
	tt_vec_release(&delta.last);
	if (rc == 0)
		tt_writer_checkpoint(w);
	return rc;
}
