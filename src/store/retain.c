/* SPDX-License-Identifier: Apache-2.0 */
/* Retention: whole epochs go, the oldest first, one per transaction. */
#include <stdio.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/vec.h"
#include "store/db.h"
#include "store/writer.h"

enum {
	VACUUM_PAGES = 512,     /* given back per call */
	SLACK_BYTES = 64 << 20, /* free space in the file that is not worth moving pages */
	MARGIN_BYTES = 16 << 20,
};

struct space {
	uint64_t page_bytes, pages, free_pages;
};

struct epoch {
	int64_t id, first_block, last_seq, recorded_max;
};

static int read_space(struct tt_writer *w, struct space *ret, struct tt_err *err)
{
	int64_t size, pages, free_pages;
	int rc = tt_db_number(w->db, "PRAGMA page_size", 4096, &size, err);

	if (rc == 0)
		rc = tt_db_number(w->db, "PRAGMA page_count", 0, &pages, err);
	if (rc == 0)
		rc = tt_db_number(w->db, "PRAGMA freelist_count", 0, &free_pages, err);
	if (rc == 0)
		*ret = (struct space){(uint64_t)size, (uint64_t)pages, (uint64_t)free_pages};
	return rc;
}

/* The oldest epoch; 0 if there is none. */
static int oldest_epoch(struct tt_writer *w, struct epoch *ret, struct tt_err *err)
{
	sqlite3_stmt *stmt = w->sql[TT_SQL_OLDEST_EPOCH];
	int rc = tt_db_step(stmt, err);

	if (rc > 0)
		*ret = (struct epoch){sqlite3_column_int64(stmt, 0), sqlite3_column_int64(stmt, 1),
			sqlite3_column_int64(stmt, 2), sqlite3_column_int64(stmt, 3)};
	(void)sqlite3_reset(stmt);
	return rc;
}

/* Whether the epoch's dictionary is still being added to, or a block that waits to be written
 * refers to it. */
static bool is_in_use(const struct tt_writer *w, const struct epoch *e)
{
	for (const struct tt_sealed *s = w->sealed; s != NULL; s = s->next)
		if (s->info.epoch == (uint64_t)e->id)
			return true;
	return w->epoch_open && (uint64_t)e->id == w->epoch.id;
}

static bool is_past(const struct tt_writer *w, const struct epoch *e, struct tt_retention r,
	const struct space *space)
{
	int64_t now = tt_clock_wall_us(w->store->clock);
	uint64_t used = (space->pages - space->free_pages) * space->page_bytes;
	uint64_t margin = r.bytes / 16 < MARGIN_BYTES ? r.bytes / 16 : MARGIN_BYTES;

	return (r.age_us > 0 && e->recorded_max < now - r.age_us) ||
	       (r.bytes > 0 && used + margin > r.bytes);
}

static int delete_range(
	struct tt_writer *w, const char *what, int64_t from, int64_t to, struct tt_err *err)
{
	char sql[128];

	(void)snprintf(sql, sizeof(sql), "DELETE FROM %s BETWEEN %lld AND %lld", what,
		(long long)from, (long long)to);
	return tt_db_exec(w->db, sql, err);
}

static int delete_epoch(struct tt_writer *w, const struct epoch *e, struct tt_err *err)
{
	const struct {
		const char *what;
		int64_t from, to;
	} ranges[] = {
		{"columns WHERE id", e->first_block * TT_PARTS,
			e->last_seq * TT_PARTS + TT_PARTS - 1},
		{"chunks WHERE id", e->first_block * 4, e->last_seq * 4 + 3},
		{"outlines WHERE block", e->first_block, e->last_seq},
		{"links WHERE target", e->first_block, e->last_seq},
		{"blocks WHERE id", e->first_block, e->last_seq},
		{"gaps WHERE seq", 0, e->last_seq},
		{"epochs WHERE id", e->id, e->id},
	};
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < sizeof(ranges) / sizeof(ranges[0]); i++)
		rc = delete_range(w, ranges[i].what, ranges[i].from, ranges[i].to, err);
	return rc;
}

static int put_meta(struct tt_writer *w, const char *key, int64_t value, struct tt_err *err)
{
	sqlite3_stmt *stmt = w->sql[TT_SQL_META];

	tt_db_bind_text(stmt, 1, tt_str_from(key));
	(void)sqlite3_bind_int64(stmt, 2, value);
	return tt_db_run(stmt, err);
}

/* The numbers that would otherwise be known from the newest record only. */
static int put_head(struct tt_writer *w, struct tt_err *err)
{
	int rc = put_meta(w, "head", (int64_t)w->head, err);

	return rc == 0 ? put_meta(w, "recorded", w->last_recorded_us, err) : rc;
}

/* For those who would have been shown it still. */
static int put_dropped(struct tt_writer *w, const struct epoch *e, struct tt_err *err)
{
	int rc = put_meta(w, "dropped_at", tt_clock_wall_us(w->store->clock), err);

	if (rc == 0)
		rc = put_meta(w, "dropped_head", (int64_t)w->head, err);
	return rc == 0 ? put_meta(w, "dropped_recorded", e->recorded_max, err) : rc;
}

static int put_cluster_counts(
	struct tt_writer *w, const struct tt_counts *dropped, struct tt_err *err)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < dropped->n; i++) {
		const struct tt_cluster_count *d = &dropped->items[i];
		const struct tt_writer_cluster *c = tt_writer_cluster_by_id(w, d->cluster);

		if (c != NULL)
			rc = tt_writer_put_cluster(w, c, c->events - d->events, c->gaps - d->gaps,
				c->last_event_us, err);
	}
	return rc;
}

static void take_cluster_counts(struct tt_writer *w, const struct tt_counts *dropped)
{
	for (size_t i = 0; i < dropped->n; i++) {
		struct tt_writer_cluster *c = tt_writer_cluster_by_id(w, dropped->items[i].cluster);

		if (c == NULL)
			continue;
		c->events -= dropped->items[i].events;
		c->gaps -= dropped->items[i].gaps;
	}
}

static int read_counts(
	struct tt_writer *w, int64_t epoch, struct tt_counts *ret, struct tt_err *err)
{
	sqlite3_stmt *stmt = w->sql[TT_SQL_EPOCH_CLUSTERS];

	(void)sqlite3_bind_int64(stmt, 1, epoch);
	int rc = tt_db_step(stmt, err);

	if (rc > 0 && !tt_counts_unpack(ret, tt_db_column(stmt, 0)))
		ret->n = 0; /* damaged: the totals stay too high, and the check tells */
	(void)sqlite3_reset(stmt);
	return rc < 0 ? rc : 0;
}

static int drop_epoch(struct tt_writer *w, const struct epoch *e, struct tt_err *err)
{
	struct tt_counts counts = {0};
	int rc = tt_writer_begin(w, err);

	if (rc == 0) {
		rc = read_counts(w, e->id, &counts, err);
		if (rc == 0)
			rc = delete_epoch(w, e, err);
		if (rc == 0)
			rc = put_head(w, err);
		if (rc == 0)
			rc = put_dropped(w, e, err);
		if (rc == 0)
			rc = put_cluster_counts(w, &counts, err);
		if (rc == 0)
			rc = tt_writer_commit(w, err);
		else
			tt_writer_rollback(w);
	}
	if (rc == 0) {
		take_cluster_counts(w, &counts);
		tt_log_info(w->store->log, "records are no longer kept",
			TT_FI("first", e->first_block), TT_FI("last", e->last_seq));
	}
	tt_vec_release(&counts);
	return rc;
}

/* Moves pages from the end of the file into its free space and cuts the file. */
static int give_back(
	struct tt_writer *w, const struct space *space, struct tt_retention r, struct tt_err *err)
{
	uint64_t free_bytes = space->free_pages * space->page_bytes;
	uint64_t bytes = space->pages * space->page_bytes;
	bool too_large = r.bytes > 0 && bytes > r.bytes && free_bytes > 0;

	if (!too_large && (free_bytes < SLACK_BYTES || free_bytes < bytes / 2))
		return 0;
	char sql[64];

	(void)snprintf(sql, sizeof(sql), "PRAGMA incremental_vacuum(%d)", VACUUM_PAGES);
	int rc = tt_db_exec(w->db, sql, err);

	return rc == 0 ? 1 : rc;
}

int tt_writer_retain(struct tt_writer *w, struct tt_err *err)
{
	struct tt_retention r = tt_store_retention(w->store);
	struct space space = {0};
	struct epoch e = {0};

	if (r.age_us <= 0 && r.bytes == 0 && w->failing)
		return 0;
	int rc = read_space(w, &space, err);

	if (rc == 0)
		rc = oldest_epoch(w, &e, err);
	if (rc < 0)
		return rc;
	if (rc > 0 && is_past(w, &e, r, &space) && is_in_use(w, &e) && w->open.n == 0 &&
		w->sealed == NULL)
		w->epoch_open = false; /* the next block begins another */
	if (rc > 0 && is_past(w, &e, r, &space) && !is_in_use(w, &e)) {
		if (w->failing)
			(void)tt_reserve_release(w->store);
		rc = drop_epoch(w, &e, err);
		return rc == 0 ? 1 : rc;
	}
	return w->failing ? 0 : give_back(w, &space, r, err);
}
