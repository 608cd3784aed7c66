/* SPDX-License-Identifier: Apache-2.0 */
/* What leaves the log, what is made smaller in it, and copies of it. */
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "store/care.h"
#include "store/inside.h"
#include "store/read.h"
#include "store/sample_test.h"
#include "store/writer.h"
#include "tap/tap.h"

static const int64_t NOW = 1790000000000000;

enum { SECOND = 1000000, EVENTS_A_STEP = 1000 };

static struct scene {
	char *dir;
	struct sample_clock clock;
	struct tt_store *store;
	uint64_t next;
} s;

static void open_log(struct tt_retention retention)
{
	s.store = sample_open(s.dir, &s.clock.clock);
	tt_store_set_retention(s.store, retention);
}

static void begin(struct tt_retention retention)
{
	s = (struct scene){.dir = sample_dir_new()};
	sample_clock_init(&s.clock, NOW);
	open_log(retention);
}

static void end(void)
{
	tt_store_close(s.store);
	sample_dir_remove(s.dir);
}

static void maintain(void)
{
	for (int i = 0; i < 1000 && tt_store_maintain(s.store, NULL) > 0;)
		i++;
}

static void step(size_t n, int64_t seconds)
{
	struct tt_batch *b = tt_batch_new(TT_STR("prod"));

	for (size_t i = 0; i < n; i++, s.next++) {
		if (s.next % 4 == 3)
			sample_event(b, s.next - 3, 2 + (int32_t)s.next, s.clock.us);
		else
			sample_event(b, s.next, 1, s.clock.us);
	}
	sample_append(s.store, b);
	s.clock.us += seconds * SECOND;
}

static struct tt_store_status status(struct tt_arena *arena)
{
	struct tt_store_status st;

	tap_int(tt_store_status(s.store, &st, arena, NULL), 0);
	return st;
}

static uint64_t count_problems(const char *dir)
{
	struct tt_check_result result = {0};

	tap_int(tt_store_check(dir, NULL, NULL, NULL, &result, NULL), 0);
	return result.problems;
}

static void old_epochs_are_dropped_by_age(void)
{
	struct tt_arena arena = {0};

	begin((struct tt_retention){.age_us = 300 * (int64_t)SECOND});
	for (int i = 0; i < 60; i++) { /* an epoch is 10 s, a step too */
		step(100, 10);
		maintain();
	}
	struct tt_store_status st = status(&arena);

	tap_int(st.head, 6000);
	tap_ok(st.oldest > 2000 && st.oldest <= 3001); /* half of the time is kept, hardly more */
	tap_int(st.clusters[0].events, st.head + 1 - st.oldest);
	tap_int(count_problems(s.dir), 0);
	struct tt_reader *r;
	struct tt_batch *b;
	uint64_t cursor = 0;

	tap_int(tt_reader_open(&r, s.store, NULL), 0);
	tap_int(tt_reader_read(r, &cursor, 10, NULL, &b, NULL), 0);
	tap_ok(b->n == 10 && b->records[0].kind == TT_RECORD_GAP &&
		b->records[0].seq == st.oldest - 1 && b->records[1].seq == st.oldest);
	tap_ok(tt_str_ends(b->records[0].gap.reason, TT_STR("are no longer kept")));
	tt_batch_unref(b);
	tap_int(tt_reader_gaps(r, TT_STR("prod"), 0, 0, &b, NULL), 0);
	tap_int(b->n, 1);
	tt_batch_unref(b);
	tt_reader_close(r);
	tt_arena_release(&arena);
	end();
}

static void views_hide_what_is_too_old_to_the_record(void)
{
	static const struct tt_filter everything;
	struct tt_view view = {.filter = &everything, .observations = true};
	struct tt_view_answer answer;
	struct tt_reader *r;

	begin((struct tt_retention){.age_us = 100 * (int64_t)SECOND});
	for (int i = 0; i < 20; i++)
		step(10, 10);
	tap_int(tt_reader_open(&r, s.store, NULL), 0);
	s.clock.us -= SECOND; /* the last step is 9 s old */
	tap_int(tt_reader_view(r, &view, &answer, NULL), 0);
	tap_int(answer.batch->n, 100);
	tt_batch_unref(answer.batch);
	tt_reader_close(r);
	end();
}

static void a_quiet_log_empties_and_keeps_its_number(void)
{
	struct tt_arena arena = {0};

	begin((struct tt_retention){.age_us = 300 * (int64_t)SECOND});
	step(500, 1);
	s.clock.us += 700 * (int64_t)SECOND;
	maintain();
	struct tt_store_status st = status(&arena);

	tap_ok(st.head == 500 && st.oldest == 501 && st.blocks == 0 && st.tail_records == 0 &&
		st.clusters[0].events == 0);
	tt_store_close(s.store);
	open_log((struct tt_retention){0});
	tap_int(tt_store_head(s.store), 500);
	step(1, 1);
	tap_int(tt_store_head(s.store), 501);
	tap_int(count_problems(s.dir), 0);
	tt_arena_release(&arena);
	end();
}

static void the_file_stays_within_its_limit(void)
{
	const uint64_t limit = 4 << 20;
	struct tt_arena arena = {0};
	uint64_t largest = 0;

	begin((struct tt_retention){.bytes = limit});
	for (int i = 0; i < 300; i++) {
		step(EVENTS_A_STEP, 1);
		maintain();
		uint64_t bytes = status(&arena).bytes;

		largest = bytes > largest ? bytes : largest;
		tt_arena_clear(&arena);
	}
	struct tt_store_status st = status(&arena);

	tap_okf(largest <= limit + limit / 2, "the file had %llu bytes",
		(unsigned long long)largest);
	tap_ok(st.oldest > 1 && st.head == 300000);
	tap_ok(st.bytes > limit / 3);
	tt_store_set_retention(s.store, (struct tt_retention){.bytes = limit / 2});
	maintain();
	st = status(&arena);
	tap_okf(st.bytes <= limit * 3 / 4, "the file has %llu bytes", (unsigned long long)st.bytes);
	tap_int(count_problems(s.dir), 0);
	tt_arena_release(&arena);
	end();
}

/* All records in order, from 1 on. */
static void check_complete(const char *dir, uint64_t head)
{
	struct tt_store_options options = {.dir = dir, .read_only = true};
	struct tt_store *store;
	struct tt_reader *r;
	uint64_t cursor = 0, next = 1;

	if (!tap_int(tt_store_open(&store, &options, NULL), 0))
		return;
	tap_int(tt_reader_open(&r, store, NULL), 0);
	while (cursor < head) {
		struct tt_batch *b;

		if (!tap_int(tt_reader_read(r, &cursor, 1000, NULL, &b, NULL), 0))
			break;
		for (size_t i = 0; i < b->n; i++)
			next += b->records[i].kind == TT_RECORD_EVENT && b->records[i].seq == next;
		tt_batch_unref(b);
	}
	tap_int(next, head + 1);
	tap_int(tt_store_head(store), head);
	tt_reader_close(r);
	tt_store_close(store);
}

static void many_small_commits_become_few_blobs(void)
{
	begin((struct tt_retention){0});
	for (int i = 0; i < 700; i++) {
		step(1 + (size_t)i % 3, 1);
		if (i % 10 == 0)
			maintain();
	}
	tap_okf(s.store->writer->tail_blobs < 100, "%llu blobs",
		(unsigned long long)s.store->writer->tail_blobs);
	tap_int(count_problems(s.dir), 0);
	check_complete(s.dir, s.next);
	tt_store_close(s.store);
	open_log((struct tt_retention){0});
	step(20000, 1); /* the merged ones are sealed like others */
	step(1, 1);
	check_complete(s.dir, s.next);
	tap_int(count_problems(s.dir), 0);
	end();
}

static void a_backup_holds_the_same_log(void)
{
	char to[512];
	struct tt_arena arena = {0};
	struct tt_err err = {0};

	begin((struct tt_retention){0});
	for (int i = 0; i < 25; i++)
		step(EVENTS_A_STEP, 1);
	tap_int(tt_store_set_cursor(s.store, TT_STR("sink"), 7, NULL), 0);
	(void)snprintf(to, sizeof(to), "%s/copy", s.dir);
	tap_int(tt_store_backup(s.dir, to, NULL, NULL, &err), 0);
	check_complete(to, s.next);
	tap_int(count_problems(to), 0);
	struct tt_store_status here = status(&arena), there;
	struct tt_store_options options = {.dir = to, .read_only = true};
	struct tt_store *copy;

	tap_int(tt_store_open(&copy, &options, NULL), 0);
	tap_int(tt_store_status(copy, &there, &arena, NULL), 0);
	tap_ok(tt_str_eq(here.log, there.log) && there.n_cursors == 1 &&
		there.clusters[0].events == here.clusters[0].events);
	tt_store_close(copy);
	tap_int(tt_store_backup(s.dir, to, NULL, NULL, &err), TT_EINVAL);
	tap_ok(strstr(err.msg, "not empty") != NULL);
	tt_arena_release(&arena);
	end();
}

struct interference {
	uint64_t calls;
};

/* Writes and drops while the backup is under way. */
static int interfere(void *arg, uint64_t done, uint64_t total)
{
	struct interference *i = arg;

	if (i->calls++ < 3) {
		step(5 * EVENTS_A_STEP, 40);
		maintain();
	}
	return 0;
}

static void a_backup_of_a_log_that_changes_is_consistent(void)
{
	struct interference arg = {0};
	char to[512];

	begin((struct tt_retention){.age_us = 300 * (int64_t)SECOND});
	for (int i = 0; i < 29; i++) {
		step(EVENTS_A_STEP, 10);
		maintain();
	}
	(void)snprintf(to, sizeof(to), "%s/copy", s.dir);
	tap_int(tt_store_backup(s.dir, to, interfere, &arg, NULL), 0);
	tap_ok(arg.calls > 3);
	tap_int(count_problems(to), 0);
	tap_int(count_problems(s.dir), 0);
	end();
}

static int stop(void *arg, uint64_t done, uint64_t total)
{
	return TT_ECANCELED;
}

static void a_backup_that_stops_leaves_nothing(void)
{
	char to[512];
	struct stat st;

	begin((struct tt_retention){0});
	step(20 * EVENTS_A_STEP, 1);
	step(1, 1);
	(void)snprintf(to, sizeof(to), "%s/copy", s.dir);
	tap_int(tt_store_backup(s.dir, to, stop, NULL, NULL), TT_ECANCELED);
	tap_ok(stat(to, &st) != 0);
	end();
}

/* A statement of a reader, by its beginning, before which retention drops what it is to read. */
static const char *drop_before;

static int on_statement(unsigned type, void *arg, void *stmt, void *sql)
{
	if (drop_before != NULL && strncmp(sql, drop_before, strlen(drop_before)) == 0) {
		drop_before = NULL;
		s.clock.us += 1000 * (int64_t)SECOND;
		maintain();
	}
	return 0;
}

static void expect_dropped(struct tt_reader *r)
{
	uint64_t cursor = 0;

	while (cursor < s.next) {
		struct tt_batch *b;

		tap_int(tt_reader_read(r, &cursor, 100000, NULL, &b, NULL), 0);
		for (size_t i = 0; i < b->n; i++)
			if (b->records[i].kind == TT_RECORD_GAP)
				tap_ok(tt_str_ends(
					b->records[i].gap.reason, TT_STR("are no longer kept")));
		tt_batch_unref(b);
	}
	tap_ok(drop_before == NULL);
	tap_int(s.store->n_damaged, 0);
}

static void what_is_dropped_while_it_is_read_is_no_damage(void)
{
	static const char *const moments[] = {"SELECT id,first_block", "SELECT id,epoch",
		"SELECT data FROM columns", "SELECT data FROM chunks"};

	for (size_t i = 0; i < sizeof(moments) / sizeof(moments[0]); i++) {
		struct tt_reader *r;

		begin((struct tt_retention){.age_us = 300 * (int64_t)SECOND});
		for (int k = 0; k < 25; k++)
			step(EVENTS_A_STEP, 10);
		maintain();
		tap_int(tt_reader_open(&r, s.store, NULL), 0);
		(void)sqlite3_trace_v2(r->db, SQLITE_TRACE_STMT, on_statement, NULL);
		drop_before = moments[i];
		expect_dropped(r);
		tt_reader_close(r);
		end();
	}
}

/* The gaps that a long answer ends with, when retention drops the middle of it before it is read:
 * before statement `moment`, or before the second piece. */
static void read_while_dropping(const char *moment)
{
	static const struct tt_filter everything;
	const struct tt_view view = {.filter = &everything, .observations = true};
	struct tt_locations all;
	struct tt_reader *r;
	struct tt_batch *gaps, *b;
	size_t found = 0;

	tap_int(tt_reader_open(&r, s.store, NULL), 0);
	(void)sqlite3_trace_v2(r->db, SQLITE_TRACE_STMT, on_statement, NULL);
	tap_int(tt_reader_find(r, &view, &all, NULL), 0);
	tap_int(tt_reader_gaps(r, TT_STR("prod"), 0, 0, &gaps, NULL), 0);
	tap_int(gaps->n, 1);
	uint64_t before = gaps->records[0].seq;

	for (size_t at = 0, pieces = 0; at < all.n; pieces++) {
		struct tt_locations piece = {
			all.items + at, all.n - at < 500 ? all.n - at : 500, .gaps = gaps};

		drop_before = pieces == 1 ? moment : drop_before;
		if (!tap_int(tt_reader_fetch(r, &piece, SIZE_MAX, &b, NULL), 0))
			break;
		at += piece.n;
		found += b->n;
		tt_batch_unref(b);
	}
	const struct tt_record *g = &gaps->records[gaps->n - 1];

	tap_ok(drop_before == NULL && found < all.n);
	tap_int(gaps->n, 1);
	tap_ok(g->seq > before && tt_str_ends(g->gap.reason, TT_STR("are no longer kept")));
	tap_ok(tt_str_is(g->cluster, "prod"));
	tap_int(r->first_seq, g->seq + 1);
	tap_int(s.store->n_damaged, 0);
	tt_batch_unref(gaps);
	tt_free(all.items);
	tt_reader_close(r);
}

static void what_is_dropped_while_an_answer_is_read_is_a_gap(void)
{
	static const char *const moments[] = {"BEGIN", "COMMIT", "SELECT id,first_block",
		"SELECT id,epoch", "SELECT data FROM columns", "SELECT data FROM chunks"};

	for (size_t i = 0; i < sizeof(moments) / sizeof(moments[0]); i++) {
		begin((struct tt_retention){.age_us = 300 * (int64_t)SECOND});
		for (int k = 0; k < 60; k++) {
			step(EVENTS_A_STEP, 10);
			maintain();
		}
		tt_store_set_retention(
			s.store, (struct tt_retention){.age_us = 1100 * (int64_t)SECOND});
		read_while_dropping(moments[i]);
		end();
	}
}

int main(void)
{
	tap_test("old epochs are dropped by age", old_epochs_are_dropped_by_age);
	tap_test("views hide what is too old, to the record",
		views_hide_what_is_too_old_to_the_record);
	tap_test("a quiet log empties and keeps its number",
		a_quiet_log_empties_and_keeps_its_number);
	tap_test("the file stays within its limit", the_file_stays_within_its_limit);
	tap_test("what is dropped while it is read is no damage",
		what_is_dropped_while_it_is_read_is_no_damage);
	tap_test("what is dropped while an answer is read is a gap",
		what_is_dropped_while_an_answer_is_read_is_a_gap);
	tap_test("many small commits become few blobs", many_small_commits_become_few_blobs);
	tap_test("a backup holds the same log", a_backup_holds_the_same_log);
	tap_test("a backup of a log that changes is consistent",
		a_backup_of_a_log_that_changes_is_consistent);
	tap_test("a backup that stops leaves nothing", a_backup_that_stops_leaves_nothing);
	return tap_done();
}
