/* SPDX-License-Identifier: Apache-2.0 */
/* Reading the log in order, from a cursor. */
#include "base/clock.h"
#include "base/log.h"
#include "base/vec.h"
#include "store/db.h"
#include "store/read.h"

enum { LOOK_RECORDS = 4 * TT_BLOCK_RECORDS, MAX_BYTES = 4 << 20 /* of texts, and one record */ };

/* One call of tt_reader_read(). */
struct log_read {
	struct tt_reader *r;
	const struct tt_filter *filter;
	struct tt_batch *batch;
	struct tt_match match;
	struct tt_copier copier;
	size_t limit;
	uint64_t cursor; /* read up to here */
	uint64_t looked;
};

void tt_reader_add_damage(struct tt_reader *r, struct tt_batch *to, const struct tt_damage *d,
	const struct tt_filter *filter, const char *what)
{
	struct tt_record *g = tt_batch_add_gap(to);

	g->seq = d->last_seq;
	g->recorded_at_us = d->to_us;
	g->gap.by_reader = true;
	g->gap.lost = TT_LOST_EVENTS;
	g->gap.from_us = d->from_us;
	g->gap.to_us = d->to_us;
	g->gap.reason = tt_str_printf(&to->arena, "records %llu to %llu %s",
		(unsigned long long)d->first_seq, (unsigned long long)d->last_seq, what);
	if (filter != NULL && filter->cluster.len > 0)
		g->cluster = tt_str_dup(&to->arena, filter->cluster);
	if (g->cluster.len > 0 || d->clusters == 0 || (d->clusters & (d->clusters - 1)) != 0)
		return;
	const struct tt_cluster_entry *c = tt_store_cluster_by_id(
		r->store, (uint32_t)__builtin_ctzll(d->clusters));

	if (c != NULL)
		g->cluster = tt_str_dup(&to->arena, c->name);
}

/* Damage found now: into the answer, the list and the process's own log. */
static void add_damage(struct log_read *l, const struct tt_damage *d)
{
	uint32_t cluster = l->match.cluster;

	if (tt_store_note_damage(l->r->store, d))
		tt_log_error(l->r->store->log, "records are damaged", TT_FI("first", d->first_seq),
			TT_FI("last", d->last_seq));
	if (!l->match.impossible && (cluster == 0 || (d->clusters >> cluster % 64 & 1) != 0))
		tt_reader_add_damage(l->r, l->batch, d, l->filter, "are damaged");
}

/* Whether retention has dropped the block that held `seq` when the state was taken. */
static bool is_dropped(struct log_read *l, uint64_t seq)
{
	sqlite3_stmt *stmt = l->r->sql[TT_READ_FIRST_BLOCK];
	int rc = tt_db_step(stmt, NULL);
	uint64_t first = rc > 0 ? (uint64_t)sqlite3_column_int64(stmt, 0) : UINT64_MAX;

	(void)sqlite3_reset(stmt);
	return rc >= 0 && seq <= l->r->sealed_end && seq < first;
}

static void skip_to(struct log_read *l, uint64_t seq)
{
	l->looked += seq - l->cursor < LOOK_RECORDS ? seq - l->cursor : LOOK_RECORDS;
	l->cursor = seq;
}

/* What retention took, from the cursor to `last`. */
static void add_dropped(struct log_read *l, uint64_t last)
{
	struct tt_damage d = {l->cursor + 1, last, TT_TIME_ZERO,
		tt_clock_wall_us(l->r->store->clock), UINT64_MAX};

	if (!l->match.impossible)
		tt_reader_add_damage(l->r, l->batch, &d, l->filter, "are no longer kept");
	skip_to(l, last);
}

/* A record whose texts are lost: the gap before it grows if it ends just there. */
static void add_lost(struct log_read *l, const struct tt_block *b, uint32_t i)
{
	uint64_t seq = b->first_seq + i;
	int64_t t = b->t[i];
	struct tt_record *last = l->batch->n > 0 ? &l->batch->records[l->batch->n - 1] : NULL;
	struct tt_damage d = {seq, seq, t, t, 1ull << b->cluster[i] % 64, .in_part = true};

	if (last != NULL && last->kind == TT_RECORD_GAP && last->seq + 1 == seq &&
		last->gap.epoch == 0 && last->gap.lost == TT_LOST_EVENTS &&
		tt_str_ends(last->gap.reason, TT_STR("are damaged"))) {
		last->seq = seq;
		last->gap.from_us = t < last->gap.from_us ? t : last->gap.from_us;
		last->gap.to_us = t > last->gap.to_us ? t : last->gap.to_us;
		return;
	}
	if (!is_dropped(l, seq)) {
		add_damage(l, &d);
		return;
	}
	l->cursor = seq - 1;
	add_dropped(l, b->first_seq + b->n - 1);
}

static bool is_full(const struct log_read *l)
{
	return l->batch->n >= l->limit || l->batch->arena.bytes >= MAX_BYTES;
}

/* The rows of one block, or tail blob, behind the cursor. */
static void read_rows(struct log_read *l, struct tt_dict *dict, const struct tt_block *b)
{
	uint64_t end = b->first_seq + b->n - 1;

	while (l->cursor < end && !is_full(l)) {
		uint32_t i = (uint32_t)(++l->cursor - b->first_seq);

		l->looked++;
		if (!tt_match_row(&l->match, i))
			continue;
		struct tt_record *record = tt_batch_add_event(l->batch, TT_CHANGE_ADDED);

		if (!tt_dict_record(dict, l->r->store, b, i, record, &l->copier)) {
			l->batch->n--;
			add_lost(l, b, i);
		} else if (!tt_filter_matches(l->filter, record)) {
			l->batch->n--;
		}
	}
}

static void read_tail(struct log_read *l, const struct tt_reader_tail *t)
{
	struct tt_dict dict;

	if (t->item == NULL) {
		add_damage(
			l, &(struct tt_damage){l->cursor + 1, t->first_seq + t->n - 1, TT_TIME_ZERO,
				   tt_clock_wall_us(l->r->store->clock), UINT64_MAX});
		skip_to(l, t->first_seq + t->n - 1);
		return;
	}
	tt_dict_of_tail(&dict, t->tail);
	tt_match_dict(&l->match, &dict);
	if (tt_match_block(&l->match, t->tail->block))
		read_rows(l, &dict, t->tail->block);
	else
		skip_to(l, t->first_seq + t->n - 1);
	tt_match_dict(&l->match, NULL);
	tt_dict_release(&dict);
}

static void block_is_damaged(struct log_read *l, const struct tt_block_info *info)
{
	struct tt_damage d = {l->cursor + 1, info->id + info->n - 1, info->t_min, info->t_max,
		info->zone.clusters};

	if (is_dropped(l, d.first_seq)) {
		add_dropped(l, d.last_seq);
		return;
	}
	add_damage(l, &d);
	skip_to(l, d.last_seq);
}

static int read_block(struct log_read *l, const struct tt_block_info *info, struct tt_err *err)
{
	struct tt_cached *item;

	if (!tt_match_zone(&l->match, info)) {
		skip_to(l, info->id + info->n - 1);
		return 0;
	}
	int rc = tt_reader_block(l->r, info, tt_match_columns(&l->match), &item, err);

	if (rc == 0)
		block_is_damaged(l, info);
	if (rc <= 0)
		return rc;
	bool any = tt_match_block(&l->match, item->data);

	if (any)
		rc = tt_reader_columns(l->r, info, item->data, TT_ALL_COLUMNS, err);
	if (rc == 0)
		block_is_damaged(l, info);
	else if (rc > 0 && any)
		read_rows(l, &l->r->dict, item->data);
	else if (rc > 0)
		skip_to(l, info->id + info->n - 1);
	tt_reader_done(l->r, item);
	return rc < 0 ? rc : 0;
}

/* What lies between the cursor and the next record that is kept. */
static int read_hole(struct log_read *l, struct tt_err *err)
{
	sqlite3_stmt *stmt = l->r->sql[TT_READ_NEXT_BLOCK];
	uint64_t next = l->r->tail.n > 0 ? l->r->tail.items[0].first_seq : l->r->head + 1;

	(void)sqlite3_bind_int64(stmt, 1, (int64_t)l->cursor);
	int rc = tt_db_step(stmt, err);

	if (rc > 0 && (uint64_t)sqlite3_column_int64(stmt, 0) < next)
		next = (uint64_t)sqlite3_column_int64(stmt, 0);
	(void)sqlite3_reset(stmt);
	if (rc < 0)
		return rc;
	if (next <= l->cursor + 1)
		return 0;
	if (l->cursor + 1 < l->r->first_seq || l->r->first_seq == 0 ||
		is_dropped(l, l->cursor + 1)) {
		add_dropped(l, next - 1);
		return 0;
	}
	add_damage(l, &(struct tt_damage){l->cursor + 1, next - 1, TT_TIME_ZERO,
			      tt_clock_wall_us(l->r->store->clock), UINT64_MAX});
	skip_to(l, next - 1);
	return 0;
}

/* One step: a block, a tail blob or a hole. */
static int read_step(struct log_read *l, struct tt_err *err)
{
	struct tt_reader *r = l->r;
	uint64_t seq = l->cursor + 1;

	tt_vec_each (t, &r->tail) {
		if (seq > r->sealed_end && seq >= t->first_seq && seq < t->first_seq + t->n) {
			read_tail(l, t);
			return 0;
		}
	}
	uint64_t epoch = r->epoch.id, last = r->epoch.last_seq;
	int rc = seq <= r->sealed_end ? tt_reader_epoch_of(r, seq, err) : 0;

	if (rc < 0)
		return rc;
	if (rc > 0 &&
		(l->match.dict != &r->dict || r->epoch.id != epoch || r->epoch.last_seq != last))
		tt_match_dict(&l->match, &r->dict);
	for (size_t i = 0; rc > 0 && i < r->blocks.n; i++) {
		const struct tt_block_info *info = &r->blocks.items[i];

		if (seq >= info->id && seq < info->id + info->n)
			return read_block(l, info, err);
	}
	return read_hole(l, err);
}

static int read_log(struct log_read *l, uint64_t after, struct tt_err *err)
{
	int rc = tt_reader_take_state(l->r, err);

	if (rc == 0 && after > l->r->head)
		return tt_fail(err, TT_EGONE, "there is no record %llu: the log ends at %llu",
			(unsigned long long)after, (unsigned long long)l->r->head);
	while (rc == 0 && l->cursor < l->r->head && !is_full(l) && l->looked < LOOK_RECORDS)
		rc = read_step(l, err);
	return rc;
}

int tt_reader_read(struct tt_reader *r, uint64_t *cursor, size_t limit,
	const struct tt_filter *filter, struct tt_batch **ret, struct tt_err *err)
{
	struct log_read l = {.r = r, .filter = filter, .limit = limit, .cursor = *cursor};

	l.batch = tt_batch_new(filter != NULL ? filter->cluster : TT_STR(""));
	tt_copier_init(&l.copier, &l.batch->arena);
	tt_match_init(&l.match, filter, r->store);
	l.match.gaps = l.match.deleted = true;
	int rc = read_log(&l, *cursor, err);

	tt_match_release(&l.match);
	tt_reader_drop_state(r);
	if (rc != 0) {
		tt_batch_unref(l.batch);
		return rc;
	}
	*ret = l.batch;
	*cursor = l.cursor;
	return 0;
}
