/* SPDX-License-Identifier: Apache-2.0 */
/* Verifying a log: everything is read, decoded, and compared with what should follow from it. */
#include <stdarg.h>
#include <stdio.h>

#include "base/vec.h"
#include "store/care.h"
#include "store/db.h"
#include "store/grams.h"
#include "store/links.h"
#include "store/read.h"

struct check {
	struct tt_store *store;
	struct tt_reader *r;
	tt_progress_fn *progress;
	tt_problem_fn *problem;
	void *arg;
	struct tt_check_result result;
	uint64_t total;         /* seqs to go through */
	uint64_t next_seq;      /* that should come next; 0 at the beginning */
	int64_t recorded;       /* of the record before */
	uint64_t gaps;          /* gap records met */
	struct tt_counts epoch; /* of the epoch at hand, by its records */
};

__attribute__((format(printf, 2, 3))) static void report(struct check *c, const char *fmt, ...)
{
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	int n = vsnprintf(text, sizeof(text), fmt, ap);

	va_end(ap);
	c->result.problems++;
	if (c->problem != NULL)
		c->problem(c->arg, (struct tt_str){text,
					   n < (int)sizeof(text) ? (size_t)n : sizeof(text) - 1});
}

static int progress(struct check *c, uint64_t seq)
{
	return c->progress != NULL ? c->progress(c->arg, seq, c->total) : 0;
}

/* --- the container --- */

/* The pages of the small tables; the large ones are read block by block anyway, which needs no
 * long transaction. */
static int check_container(struct check *c, struct tt_err *err)
{
	static const char *const tables[] = {"meta", "clusters", "positions", "cursors", "gaps",
		"epochs", "blocks", "links", "tail"};

	for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++) {
		char sql[96];
		sqlite3_stmt *stmt = NULL;

		(void)snprintf(sql, sizeof(sql), "PRAGMA integrity_check(%s)", tables[i]);
		int rc = tt_db_prepare(c->r->db, &stmt, sql, err);

		while (rc == 0 && (rc = tt_db_step(stmt, err)) > 0) {
			struct tt_str line = tt_db_column(stmt, 0);

			rc = 0;
			if (!tt_str_is(line, "ok"))
				report(c, "table %s: %.*s", tables[i], TT_STR_ARG(line));
		}
		sqlite3_finalize(stmt);
		if (rc == TT_ECORRUPT)
			report(c, "table %s is damaged", tables[i]);
		else if (rc < 0)
			return rc;
	}
	return 0;
}

/* --- records --- */

/* One record: it can be made, and follows the one before. */
static void check_record(struct check *c, struct tt_dict *dict, const struct tt_block *b,
	uint32_t i, struct tt_arena *arena)
{
	struct tt_record record = {0};
	struct tt_copier copier;
	uint64_t seq = b->first_seq + i;

	c->result.records++;
	if (b->recorded[i] < c->recorded)
		report(c, "record %llu was recorded before the one before it",
			(unsigned long long)seq);
	c->recorded = b->recorded[i];
	bool gap = tt_shape_get(tt_block_shape(b, i), TT_SHAPE_GAP, 1);
	struct tt_cluster_count *count = tt_counts_get(&c->epoch, b->cluster[i]);

	*(gap ? &count->gaps : &count->events) += 1;
	c->gaps += gap;
	if (tt_store_cluster_by_id(c->store, b->cluster[i]) == NULL)
		report(c, "record %llu is of an unknown cluster", (unsigned long long)seq);
	tt_arena_clear(arena);
	tt_copier_init(&copier, arena);
	if (!tt_dict_record(dict, c->store, b, i, &record, &copier))
		report(c, "record %llu refers to texts that are lost", (unsigned long long)seq);
}

static void check_records(
	struct check *c, struct tt_dict *dict, const struct tt_block *b, uint32_t from)
{
	struct tt_arena arena = {0};

	if (c->next_seq != 0 && b->first_seq + from != c->next_seq)
		report(c, "records %llu to %llu are missing", (unsigned long long)c->next_seq,
			(unsigned long long)(b->first_seq + from - 1));
	c->next_seq = b->first_seq + b->n;
	for (uint32_t i = from; i < b->n; i++)
		check_record(c, dict, b, i, &arena);
	tt_arena_release(&arena);
}

/* --- what lies beside a block --- */

static void check_header(
	struct check *c, const struct tt_block_info *info, const struct tt_block *b)
{
	int64_t t_min = INT64_MAX, t_max = INT64_MIN;

	for (uint32_t i = 0; i < b->n; i++) {
		t_min = b->t[i] < t_min ? b->t[i] : t_min;
		t_max = b->t[i] > t_max ? b->t[i] : t_max;
	}
	if (t_min != info->t_min || t_max != info->t_max || b->recorded[0] != info->recorded_min ||
		b->recorded[b->n - 1] != info->recorded_max)
		report(c, "block %llu: its header has other times than its records",
			(unsigned long long)info->id);
}

/* Observations and warnings by hour and signature, counted anew. */
static void check_summary(struct check *c, const struct tt_block_info *info,
	const struct tt_block *b, struct tt_str stored)
{
	struct tt_summary own = {0};
	struct tt_summary_entry *kept;
	size_t n;
	struct tt_packer packed = {0};

	if (!tt_summary_unpack(stored, &kept, &n)) {
		report(c, "block %llu: its summary is damaged", (unsigned long long)info->id);
		return;
	}
	for (uint32_t i = 0; i < b->n; i++) {
		const struct tt_block_sig *s = &b->sigs[b->sig[i]];

		if (!tt_shape_get(s->shape, TT_SHAPE_GAP, 1) &&
			tt_shape_get(s->shape, TT_SHAPE_CHANGE, 2) != TT_CHANGE_DELETED)
			tt_summary_add(&own, b->t[i], s->sig, 0, false);
	}
	tt_summary_pack(&packed, &own); /* orders it */
	bool same = own.n == n;

	for (size_t i = 0; same && i < n; i++)
		same = own.items[i].hour == kept[i].hour && own.items[i].sig == kept[i].sig &&
		       own.items[i].observations == kept[i].observations;
	if (!same)
		report(c, "block %llu: its summary has other counts than its records",
			(unsigned long long)info->id);
	tt_packer_release(&packed);
	tt_summary_release(&own);
	tt_free(kept);
}

static void check_filter(struct check *c, const struct tt_block_info *info,
	const struct tt_block *b, struct tt_str filter)
{
	struct tt_map seen = {0};

	if (!tt_filter_verify(filter)) {
		report(c, "block %llu: its filter is damaged", (unsigned long long)info->id);
		return;
	}
	for (uint32_t i = 0; i < b->n; i++) {
		struct tt_object o;
		bool is_new;

		(void)tt_map_put(&seen, b->object[i], &is_new);
		if (!is_new || tt_shape_get(tt_block_shape(b, i), TT_SHAPE_GAP, 1) ||
			!tt_dict_object(&c->r->dict, b->object[i], &o) ||
			tt_filter_may_have(filter, tt_object_key(o.name)))
			continue;
		report(c, "block %llu: its filter does not have %.*s", (unsigned long long)info->id,
			TT_STR_ARG(o.name));
		break;
	}
	tt_map_release(&seen);
}

static int check_outline(struct check *c, const struct tt_block_info *info,
	const struct tt_block *b, struct tt_err *err)
{
	sqlite3_stmt *stmt = NULL;
	int rc = tt_db_prepare(
		c->r->db, &stmt, "SELECT filter, summary FROM outlines WHERE block=?", err);

	if (rc == 0) {
		(void)sqlite3_bind_int64(stmt, 1, (int64_t)info->id);
		rc = tt_db_step(stmt, err);
	}
	if (rc > 0) {
		check_filter(c, info, b, tt_db_column(stmt, 0));
		check_summary(c, info, b, tt_db_column(stmt, 1));
	} else if (rc == 0 || rc == TT_ECORRUPT) {
		report(c, "block %llu: its outline is missing", (unsigned long long)info->id);
		rc = 0;
	}
	sqlite3_finalize(stmt);
	return rc < 0 ? rc : 0;
}

/* Each predecessor in an earlier block knows its successor. Links of one target are read once as
 * long as neighbours have the same. */
static int check_links(struct check *c, const struct tt_block_info *info, const struct tt_block *b,
	struct tt_err *err)
{
	sqlite3_stmt *stmt = NULL;
	struct tt_map links = {0};
	uint64_t expected = 0, lost = 0;
	int rc = tt_db_prepare(c->r->db, &stmt,
		"SELECT target, data FROM links WHERE source=?1 AND target<?1 AND target IN"
		" (SELECT id FROM blocks WHERE id<?1)",
		err);

	if (rc == 0)
		(void)sqlite3_bind_int64(stmt, 1, (int64_t)info->id);
	while (rc == 0 && (rc = tt_db_step(stmt, err)) > 0) {
		struct tt_link *some;
		size_t n;

		rc = 0;
		if (!tt_links_unpack(tt_db_column(stmt, 1), (uint64_t)sqlite3_column_int64(stmt, 0),
			    info->id, &some, &n)) {
			report(c, "block %llu: its links are damaged",
				(unsigned long long)info->id);
			continue;
		}
		for (size_t i = 0; i < n; i++)
			*tt_map_put(&links, some[i].seq, NULL) = some[i].pred;
		tt_free(some);
	}
	sqlite3_finalize(stmt);
	for (uint32_t i = 0; i < b->n; i++) {
		if (b->pred[i] == 0 || b->pred[i] >= b->first_seq || b->pred[i] < c->r->first_seq)
			continue;
		const uint64_t *pred = tt_map_get(&links, b->first_seq + i);

		expected++;
		lost += pred == NULL || *pred != b->pred[i];
	}
	if (rc == 0 && lost > 0)
		report(c, "block %llu: %llu of %llu links to earlier blocks are missing",
			(unsigned long long)info->id, (unsigned long long)lost,
			(unsigned long long)expected);
	tt_map_release(&links);
	return rc;
}

static int check_grams(struct check *c, uint64_t block, struct tt_err *err)
{
	sqlite3_stmt *stmt = NULL;
	int rc = tt_db_prepare(c->r->db, &stmt, "SELECT data FROM chunks WHERE id=?", err);

	if (rc == 0) {
		(void)sqlite3_bind_int64(stmt, 1, (int64_t)(block * 4 + TT_CHUNK_KINDS));
		rc = tt_db_step(stmt, err);
	}
	if (rc == TT_ECORRUPT || rc == 0 || (rc > 0 && !tt_grams_verify(tt_db_column(stmt, 0)))) {
		report(c, "block %llu: its runs of bytes are damaged", (unsigned long long)block);
		rc = 0;
	}
	sqlite3_finalize(stmt);
	return rc < 0 ? rc : 0;
}

static void check_chunks(struct check *c, size_t at)
{
	static const char *const names[] = {"strings", "objects", "messages"};
	struct tt_dict_chunk *d = &c->r->dict.chunks[at];

	for (int kind = 0; kind < TT_CHUNK_KINDS; kind++)
		if (tt_dict_chunk(&c->r->dict, d, (enum tt_chunk_kind)kind) == NULL)
			report(c, "block %llu: its dictionary of %s is damaged",
				(unsigned long long)d->block, names[kind]);
}

static int check_block_data(struct check *c, const struct tt_block_info *info, struct tt_err *err)
{
	struct tt_reader *r = c->r;
	struct tt_cached *item;
	int rc = tt_reader_block(r, info, TT_ALL_COLUMNS, &item, err);

	if (rc < 0)
		return rc;
	if (rc == 0) {
		report(c, "block %llu (records %llu to %llu) is damaged",
			(unsigned long long)info->id, (unsigned long long)info->id,
			(unsigned long long)(info->id + info->n - 1));
		c->next_seq = info->id + info->n;
		return 0;
	}
	check_records(c, &r->dict, item->data, 0);
	check_header(c, info, item->data);
	rc = check_outline(c, info, item->data, err);
	if (rc == 0)
		rc = check_links(c, info, item->data, err);
	tt_reader_done(r, item);
	return rc;
}

static int check_block(struct check *c, size_t at, struct tt_err *err)
{
	const struct tt_block_info *info = &c->r->blocks.items[at];

	c->result.blocks++;
	if (info->damaged)
		report(c, "block %llu: its header is damaged", (unsigned long long)info->id);
	check_chunks(c, at);
	int rc = check_grams(c, info->id, err);

	if (rc == 0)
		rc = check_block_data(c, info, err);
	return rc == 0 ? progress(c, info->id + info->n - 1) : rc;
}

/* The totals of the epoch that was gone through. */
static int check_epoch_counts(struct check *c, uint64_t id, struct tt_err *err)
{
	sqlite3_stmt *stmt = NULL;
	struct tt_counts kept = {0};
	int rc = tt_db_prepare(c->r->db, &stmt, "SELECT clusters FROM epochs WHERE id=?", err);

	if (rc == 0) {
		(void)sqlite3_bind_int64(stmt, 1, (int64_t)id);
		rc = tt_db_step(stmt, err);
	}
	bool same = rc <= 0 || tt_counts_unpack(&kept, tt_db_column(stmt, 0));

	for (size_t i = 0; rc > 0 && same && i < c->epoch.n; i++) {
		const struct tt_cluster_count *own = &c->epoch.items[i];
		const struct tt_cluster_count *other = tt_counts_get(&kept, own->cluster);

		same = own->events == other->events && own->gaps == other->gaps;
	}
	sqlite3_finalize(stmt);
	tt_vec_release(&kept);
	if (!same)
		report(c, "epoch %llu: its totals are not those of its records",
			(unsigned long long)id);
	c->epoch.n = 0;
	return rc < 0 ? rc : 0;
}

static int check_blocks(struct check *c, struct tt_err *err)
{
	struct tt_reader *r = c->r;
	uint64_t last = r->last_block, seq = r->first_seq;
	int rc = 0;

	while (rc == 0 && seq != 0 && seq <= r->sealed_end) {
		rc = tt_reader_epoch_of(r, seq, err);
		if (rc <= 0)
			break;
		uint64_t epoch = r->epoch.id;
		bool whole = r->epoch.last_seq <= r->sealed_end, damaged = false;
		uint64_t problems = c->result.problems;

		rc = 0;
		for (size_t i = 0; rc == 0 && i < r->blocks.n && r->blocks.items[i].id <= last; i++)
			rc = check_block(c, i, err);
		damaged = c->result.problems > problems;
		if (rc == 0 && whole && !damaged)
			rc = check_epoch_counts(c, epoch, err);
		c->epoch.n = 0;
		seq = r->epoch.last_seq + 1;
	}
	return rc;
}

static int check_tail(struct check *c)
{
	struct tt_reader *r = c->r;

	for (size_t i = 0; i < r->tail.n; i++) {
		const struct tt_reader_tail *t = &r->tail.items[i];
		struct tt_dict dict;

		if (t->item == NULL) {
			report(c, "records %llu to %llu of the tail are damaged",
				(unsigned long long)t->first_seq,
				(unsigned long long)(t->first_seq + t->n - 1));
			c->next_seq = t->first_seq + t->n;
			continue;
		}
		/* the beginning may be in a block already */
		uint64_t from = t->first_seq <= r->sealed_end ? r->sealed_end + 1 - t->first_seq
							      : 0;

		tt_dict_of_tail(&dict, t->tail);
		check_records(c, &dict, t->tail->block, (uint32_t)from);
		tt_dict_release(&dict);
	}
	return 0;
}

static int check_small_tables(struct check *c, struct tt_err *err)
{
	int64_t orphans, gaps;
	int rc = tt_db_number(c->r->db,
		"SELECT count(*) FROM positions WHERE cluster NOT IN (SELECT id FROM clusters)", 0,
		&orphans, err);

	if (rc == 0 && orphans > 0)
		report(c, "%lld positions are of no cluster", (long long)orphans);
	if (rc == 0)
		rc = tt_db_number(c->r->db, "SELECT count(*) FROM gaps", 0, &gaps, err);
	if (rc == 0 && (uint64_t)gaps < c->gaps && c->result.problems == 0)
		report(c, "the table of gaps has %lld of %llu gaps", (long long)gaps,
			(unsigned long long)c->gaps);
	return rc;
}

static int check_all(struct check *c, struct tt_err *err)
{
	int rc = check_container(c, err);

	if (rc == 0)
		rc = tt_reader_take_state(c->r, err);
	c->total = c->r->head;
	if (rc == 0)
		rc = check_blocks(c, err);
	if (rc == 0)
		rc = check_tail(c);
	if (rc == 0)
		rc = check_small_tables(c, err);
	return rc == 0 ? progress(c, c->total) : rc;
}

int tt_store_check_open(struct tt_store *store, tt_progress_fn *progress_fn, tt_problem_fn *problem,
	void *arg, struct tt_check_result *ret, struct tt_err *err)
{
	struct check c = {.store = store,
		.progress = progress_fn,
		.problem = problem,
		.arg = arg,
		.recorded = INT64_MIN};
	int rc = tt_reader_open(&c.r, store, err);

	if (rc == 0)
		rc = check_all(&c, err);
	tt_reader_close(c.r);
	tt_vec_release(&c.epoch);
	*ret = c.result;
	return rc < 0 ? rc : 0;
}

int tt_store_check(const char *dir, tt_progress_fn *progress_fn, tt_problem_fn *problem, void *arg,
	struct tt_check_result *ret, struct tt_err *err)
{
	struct tt_store_options options = {.dir = dir, .read_only = true};
	struct tt_store *store;
	int rc = tt_store_open(&store, &options, err);

	if (rc != 0)
		return rc;
	rc = tt_store_check_open(store, progress_fn, problem, arg, ret, err);
	tt_store_close(store);
	return rc;
}
