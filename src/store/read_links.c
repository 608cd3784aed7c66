/* SPDX-License-Identifier: Apache-2.0 */
/* Successors in later blocks, and gaps. */
#include <stdlib.h>

#include "base/clock.h"
#include "base/vec.h"
#include "store/db.h"
#include "store/extra.h"
#include "store/links.h"
#include "store/read.h"

struct link_list {
	struct tt_link *items;
	size_t n, cap;
};

/* The block that holds successors, as far as their times matter. */
struct source {
	uint64_t id;
	uint32_t n;
	int64_t t_min, t_max;
};

/* All links to the block, and the sources they come from in order. */
static int read_links(
	struct tt_reader *r, uint64_t target, struct link_list *links, struct tt_err *err)
{
	sqlite3_stmt *stmt = r->sql[TT_READ_LINKS];
	int rc;

	(void)sqlite3_bind_int64(stmt, 1, (int64_t)target);
	while ((rc = tt_db_step(stmt, err)) > 0) {
		uint64_t source = (uint64_t)sqlite3_column_int64(stmt, 0);
		struct tt_link *some;
		size_t n;

		if (!tt_links_unpack(tt_db_column(stmt, 1), target, source, &some, &n))
			continue; /* the check tells; both observations show */
		for (size_t i = 0; i < n; i++)
			*tt_vec_push(links) = some[i];
		tt_free(some);
	}
	(void)sqlite3_reset(stmt);
	return rc;
}

/* The block that ends at or behind `seq` and begins at or before it. */
static int read_source(struct tt_reader *r, uint64_t seq, struct source *ret, struct tt_err *err)
{
	sqlite3_stmt *stmt = r->sql[TT_READ_BLOCK_TIMES];

	(void)sqlite3_bind_int64(stmt, 1, (int64_t)seq);
	int rc = tt_db_step(stmt, err);

	if (rc > 0)
		*ret = (struct source){(uint64_t)sqlite3_column_int64(stmt, 0),
			(uint32_t)sqlite3_column_int64(stmt, 1), sqlite3_column_int64(stmt, 2),
			sqlite3_column_int64(stmt, 3)};
	(void)sqlite3_reset(stmt);
	return rc;
}

/* Whether the successor `seq`, in `source`, is at or before `until_us`. Its block is read only if
 * that time lies inside of it. */
static int is_until(struct tt_reader *r, const struct source *s, uint64_t seq, int64_t until_us,
	struct tt_err *err)
{
	if (s->t_max <= until_us)
		return 1;
	if (s->t_min > until_us)
		return 0;
	struct tt_block_info info = {.id = s->id, .n = s->n};
	struct tt_cached *item;
	int rc = tt_reader_block(r, &info, 1u << TT_COLUMN_T, &item, err);

	if (rc <= 0)
		return rc < 0 ? rc : 1; /* damaged: it did exist */
	const struct tt_block *b = item->data;

	rc = b->t[seq - s->id] <= until_us;
	tt_reader_done(r, item);
	return rc;
}

int tt_reader_mark_links(struct tt_reader *r, const struct tt_block_info *info, uint64_t max_seq,
	int64_t until_us, bool *superseded, struct tt_err *err)
{
	struct link_list links = {0};
	struct source source = {0};
	int rc = read_links(r, info->id, &links, err);

	for (size_t i = 0; rc >= 0 && i < links.n; i++) {
		const struct tt_link *l = &links.items[i];

		if (l->seq > max_seq || l->pred < info->id || l->pred >= info->id + info->n)
			continue;
		if (until_us != INT64_MAX && (l->seq < source.id || l->seq >= source.id + source.n))
			rc = read_source(r, l->seq, &source, err);
		bool known = l->seq >= source.id && l->seq < source.id + source.n;

		if (rc >= 0 && until_us != INT64_MAX && known)
			rc = is_until(r, &source, l->seq, until_us, err);
		else if (rc >= 0)
			rc = 1;
		if (rc > 0)
			superseded[l->pred - info->id] = true;
	}
	tt_vec_release(&links);
	return rc < 0 ? rc : 0;
}

/* The record of `b` behind row `from` that follows `seq`. */
static bool find_in_block(
	const struct tt_block *b, uint32_t from, uint64_t seq, struct tt_location *ret)
{
	for (uint32_t i = from; i < b->n; i++)
		if (b->pred[i] == seq) {
			*ret = (struct tt_location){b->t[i], b->first_seq + i};
			return true;
		}
	return false;
}

/* The block at hand that holds `seq`, after its epoch was made the one at hand; NULL if none. */
static const struct tt_block_info *block_of(struct tt_reader *r, uint64_t seq)
{
	for (size_t i = 0; i < r->blocks.n; i++)
		if (seq >= r->blocks.items[i].id &&
			seq < r->blocks.items[i].id + r->blocks.items[i].n)
			return &r->blocks.items[i];
	return NULL;
}

/* Looks into the block of `seq` for the record that follows `seq`, or for `seq` itself: 1 with it
 * in
 * `*ret` (seq 0: it is not there), 0 if the block is lost or there is none, negative. */
static int look_into(
	struct tt_reader *r, uint64_t seq, bool itself, struct tt_location *ret, struct tt_err *err)
{
	const uint32_t columns = 1u << TT_COLUMN_T | 1u << TT_COLUMN_PRED;
	int rc = tt_reader_epoch_of(r, seq, err);
	const struct tt_block_info *info = rc > 0 ? block_of(r, seq) : NULL;
	struct tt_cached *item;

	if (rc < 0 || info == NULL)
		return rc < 0 ? rc : 0;
	rc = tt_reader_block(r, info, columns, &item, err);
	if (rc <= 0)
		return rc;
	const struct tt_block *b = item->data;
	uint32_t row = (uint32_t)(seq - b->first_seq);

	*ret = (struct tt_location){b->t[row], itself ? seq : 0};
	if (!itself)
		(void)find_in_block(b, row + 1, seq, ret);
	tt_reader_done(r, item);
	return 1;
}

int tt_reader_successor_behind(struct tt_reader *r, struct tt_location *place, struct tt_err *err)
{
	uint64_t seq = place->seq, successor = 0;
	const struct tt_block_info *info = block_of(r, seq);
	struct link_list links = {0};
	int rc = info != NULL ? read_links(r, info->id, &links, err) : 0;

	for (size_t i = 0; i < links.n; i++)
		if (links.items[i].pred == seq)
			successor = links.items[i].seq;
	tt_vec_release(&links);
	*place = (struct tt_location){0};
	if (rc < 0 || successor == 0)
		return rc < 0 ? rc : 1;
	return look_into(r, successor, true, place, err);
}

int tt_reader_successor(struct tt_reader *r, struct tt_location *place, struct tt_err *err)
{
	uint64_t seq = place->seq;
	int rc = look_into(r, seq, false, place, err);

	if (rc > 0 && place->seq == 0) {
		place->seq = seq;
		rc = tt_reader_successor_behind(r, place, err);
	}
	return rc;
}

/* --- gaps --- */

static void add_gap(struct tt_batch *batch, sqlite3_stmt *stmt, const struct tt_cluster_entry *c)
{
	struct tt_record *g = tt_batch_add_gap(batch);
	struct tt_str body = tt_str_dup(&batch->arena, tt_db_column(stmt, 3));

	g->seq = (uint64_t)sqlite3_column_int64(stmt, 0);
	g->recorded_at_us = sqlite3_column_int64(stmt, 2);
	g->cluster = tt_str_dup(&batch->arena, c->name);
	if (!tt_extra_unpack_gap(&g->gap, body, &batch->arena))
		batch->n--;
}

/* Damage that was met, as gaps. */
static void add_damaged(struct tt_reader *r, struct tt_batch *batch, const struct tt_filter *filter,
	const struct tt_cluster_entry *cluster)
{
	struct tt_store *s = r->store;
	struct tt_damage *all = tt_malloc(sizeof(s->damaged));

	(void)pthread_mutex_lock(&s->mutex);
	size_t n = s->n_damaged;

	memcpy(all, s->damaged, sizeof(s->damaged));
	(void)pthread_mutex_unlock(&s->mutex);
	for (size_t i = 0; i < n; i++) {
		const struct tt_damage *d = &all[i];
		bool meant = cluster == NULL || (d->clusters >> cluster->id % 64 & 1) != 0;

		if (meant && d->to_us >= filter->since_us && d->from_us <= filter->until_us)
			tt_reader_add_damage(r, batch, d, filter,
				d->in_part ? "are damaged in part" : "are damaged");
	}
	tt_free(all);
}

static const char no_longer_kept[] = "are no longer kept";

static void remove_dropped(struct tt_batch *gaps)
{
	size_t n = 0;

	for (size_t i = 0; i < gaps->n; i++)
		if (!tt_str_ends(gaps->records[i].gap.reason, tt_str_from(no_longer_kept)))
			gaps->records[n++] = gaps->records[i];
	gaps->n = n;
}

/* What retention has dropped by now, as one gap up to the oldest record that is kept. Takes the
 * state. */
static int add_dropped(
	struct tt_reader *r, struct tt_batch *gaps, int64_t since_us, struct tt_err *err)
{
	int rc = tt_reader_take_state(r, err);
	uint64_t oldest = r->first_seq > 0 ? r->first_seq : r->head + 1;
	int64_t recorded = 0;

	tt_reader_drop_state(r);
	if (rc != 0 || oldest <= 1)
		return rc;
	rc = tt_db_number(r->db,
		"SELECT coalesce((SELECT recorded_min FROM blocks ORDER BY id LIMIT 1),"
		" (SELECT min(recorded) FROM tail))",
		tt_clock_wall_us(r->store->clock), &recorded, err);
	struct tt_damage d = {1, oldest - 1, TT_TIME_ZERO, recorded, 0};

	if (rc == 0 && since_us < recorded) {
		remove_dropped(gaps);
		tt_reader_add_damage(r, gaps, &d, NULL, no_longer_kept);
	}
	return rc;
}

int tt_reader_add_missing(struct tt_reader *r, const struct tt_locations *places,
	const struct tt_batch *found, struct tt_err *err)
{
	struct tt_damage lost = {.first_seq = UINT64_MAX, .from_us = INT64_MAX};
	size_t at = 0;

	if (places->gaps == NULL || found->n == places->n)
		return 0;
	int rc = add_dropped(r, places->gaps, INT64_MIN, err);

	for (size_t i = 0; rc == 0 && i < places->n; i++) {
		const struct tt_location *l = &places->items[i];

		if (at < found->n && found->records[at].seq == l->seq) {
			at++;
		} else if (r->first_seq > 0 && l->seq >= r->first_seq) {
			lost.first_seq = l->seq < lost.first_seq ? l->seq : lost.first_seq;
			lost.last_seq = l->seq > lost.last_seq ? l->seq : lost.last_seq;
			lost.from_us = l->t < lost.from_us ? l->t : lost.from_us;
			lost.to_us = l->t;
		}
	}
	if (lost.last_seq > 0)
		tt_reader_add_damage(r, places->gaps, &lost, NULL, "are damaged in part");
	return rc;
}

static int compare_gaps(const void *a, const void *b)
{
	const struct tt_record *x = a, *y = b;

	return (x->seq > y->seq) - (x->seq < y->seq);
}

static int read_gaps(struct tt_reader *r, struct tt_batch *batch, const struct tt_filter *filter,
	const struct tt_cluster_entry *cluster, struct tt_err *err)
{
	sqlite3_stmt *stmt = r->sql[TT_READ_GAPS];
	int rc;

	(void)sqlite3_bind_int64(stmt, 1, filter->since_us);
	(void)sqlite3_bind_int64(stmt, 2, filter->until_us);
	while ((rc = tt_db_step(stmt, err)) > 0) {
		uint32_t id = (uint32_t)sqlite3_column_int64(stmt, 1);
		const struct tt_cluster_entry *c = tt_store_cluster_by_id(r->store, id);

		if (c != NULL && (cluster == NULL || cluster == c))
			add_gap(batch, stmt, c);
	}
	(void)sqlite3_reset(stmt);
	return rc;
}

int tt_reader_gaps(struct tt_reader *r, struct tt_str cluster, int64_t since_us, int64_t until_us,
	struct tt_batch **ret, struct tt_err *err)
{
	struct tt_filter filter = {.cluster = cluster,
		.since_us = since_us == 0 ? TT_TIME_ZERO : since_us,
		.until_us = until_us == 0 || until_us == TT_TIME_ZERO ? INT64_MAX : until_us};
	const struct tt_cluster_entry *c = cluster.len > 0 ? tt_store_cluster(r->store, cluster)
							   : NULL;
	struct tt_batch *batch = tt_batch_new(cluster);
	int rc = 0;

	if (cluster.len == 0 || c != NULL) {
		rc = read_gaps(r, batch, &filter, c, err);
		if (rc == 0)
			rc = add_dropped(r, batch, filter.since_us, err);
		if (rc == 0)
			add_damaged(r, batch, &filter, c);
	}
	if (rc != 0) {
		tt_batch_unref(batch);
		return rc;
	}
	if (batch->n > 1)
		qsort(batch->records, batch->n, sizeof(*batch->records), compare_gaps);
	*ret = batch;
	return 0;
}
