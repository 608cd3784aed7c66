/* SPDX-License-Identifier: Apache-2.0 */
/* Bytes that change on the disk: what is lost is said, everything else is read, and the check
 * finds it. */
#include <stdio.h>

#include "base/log.h"
#include "base/mem.h"
#include "store/care.h"
#include "store/db.h"
#include "store/inside.h"
#include "store/reader.h"
#include "store/sample_test.h"
#include "tap/tap.h"

static const int64_t NOW = 1790000000000000;

enum { EVENTS = 30000, COMMIT = 1000 };

static struct scene {
	char *dir;
	struct sample_clock clock;
	struct tt_store *store;
	struct tt_batch *sent[EVENTS / COMMIT];
} s;

static void begin(void)
{
	s.dir = sample_dir_new();
	sample_clock_init(&s.clock, NOW);
	s.store = sample_open(s.dir, &s.clock.clock);
	for (size_t i = 0; i < EVENTS / COMMIT; i++) {
		s.sent[i] = tt_batch_new(TT_STR("prod"));
		for (size_t j = 0; j < COMMIT; j++)
			sample_event(s.sent[i], i * COMMIT + j, 1,
				NOW + (int64_t)(i * COMMIT + j) * 1000);
		sample_append(s.store, tt_batch_ref(s.sent[i]));
		s.clock.us += 1000000;
	}
	tt_store_close(s.store);
	s.store = NULL;
}

static void end(void)
{
	tt_store_close(s.store);
	for (size_t i = 0; i < EVENTS / COMMIT; i++)
		tt_batch_unref(s.sent[i]);
	sample_dir_remove(s.dir);
}

/* Turns one bit in the middle of the blob that `sql` selects by rowid from `table`. */
static void damage(const char *table, const char *column, int64_t id)
{
	char path[512];
	sqlite3 *db;
	sqlite3_blob *blob = NULL;
	unsigned char byte;

	(void)snprintf(path, sizeof(path), "%s/telltale.db", s.dir);
	tap_int(tt_db_open(&db, path, TT_DB_WRITE, NULL, NULL), 0);
	if (tap_int(sqlite3_blob_open(db, "main", table, column, id, 1, &blob), SQLITE_OK)) {
		int at = sqlite3_blob_bytes(blob) / 2;

		tap_int(sqlite3_blob_read(blob, &byte, 1, at), SQLITE_OK);
		byte ^= 4;
		tap_int(sqlite3_blob_write(blob, &byte, 1, at), SQLITE_OK);
	}
	(void)sqlite3_blob_close(blob);
	sqlite3_close(db);
}

struct reading {
	uint64_t events, gap_records, wrong, first_gap, last_gap;
};

/* Reads the log: gaps must cover exactly what is missing. */
static struct reading read_log(const struct tt_filter *filter)
{
	struct reading ret = {0};
	struct tt_reader *r;
	uint64_t cursor = 0, next = 1;

	if (s.store == NULL)
		s.store = sample_open(s.dir, &s.clock.clock);
	tap_int(tt_reader_open(&r, s.store, NULL), 0);
	while (cursor < tt_store_head(s.store)) {
		struct tt_batch *b;

		if (!tap_int(tt_reader_read(r, &cursor, 700, filter, &b, NULL), 0))
			break;
		for (size_t i = 0; i < b->n; i++) {
			const struct tt_record *got = &b->records[i];
			const struct tt_record *sent = &s.sent[(got->seq - 1) / COMMIT]
								->records[(got->seq - 1) % COMMIT];

			if (got->kind == TT_RECORD_GAP) {
				ret.gap_records++;
				ret.first_gap = ret.first_gap != 0 ? ret.first_gap : next;
				ret.last_gap = got->seq;
				ret.wrong += got->gap.lost != TT_LOST_EVENTS || got->seq < next;
			} else {
				ret.events++;
				ret.wrong += !tt_filter_matches(filter, sent);
				ret.wrong += (filter == NULL && got->seq != next) ||
					     !sample_same(got, sent);
			}
			next = got->seq + 1;
		}
		tt_batch_unref(b);
	}
	tap_int(cursor, EVENTS);
	tap_int(ret.wrong, 0);
	tt_reader_close(r);
	return ret;
}

static struct reading read_all(void)
{
	return read_log(NULL);
}

static uint64_t count_problems(void)
{
	struct tt_check_result result;

	tap_int(tt_store_check(s.dir, NULL, NULL, NULL, &result, NULL), 0);
	return result.problems;
}

static size_t count_gaps(void)
{
	struct tt_reader *r;
	struct tt_batch *b;

	tap_int(tt_reader_open(&r, s.store, NULL), 0);
	tap_int(tt_reader_gaps(r, TT_STR("prod"), 0, 0, &b, NULL), 0);
	size_t n = b->n;

	tt_batch_unref(b);
	tt_reader_close(r);
	return n;
}

static void a_sound_log_has_no_problems(void)
{
	begin();
	tap_int(count_problems(), 0);
	struct reading got = read_all();

	tap_int(got.events, EVENTS);
	tap_int(got.gap_records, 0);
	tap_int(count_gaps(), 0);
	end();
}

static void a_damaged_block_is_a_gap(void)
{
	static const int parts[] = {TT_PART_SCAN, TT_PART_REST};

	for (int i = 0; i < 2; i++) {
		begin();
		damage("columns", "data", (TT_BLOCK_RECORDS + 1) * TT_PARTS + parts[i]);
		tap_ok(count_problems() > 0);
		struct reading got = read_all();

		tap_int(got.events, EVENTS - TT_BLOCK_RECORDS);
		tap_int(got.gap_records, 1);
		tap_int(got.first_gap, TT_BLOCK_RECORDS + 1);
		tap_int(got.last_gap, 2 * TT_BLOCK_RECORDS);
		tap_int(count_gaps(), 1);
		end();
	}
}

static void a_lost_dictionary_loses_what_refers_to_it(void)
{
	begin();
	damage("chunks", "data", 1 * 4 + TT_CHUNK_MESSAGES);
	tap_ok(count_problems() > 0);
	struct reading got = read_all();

	tap_ok(got.gap_records > 0 && got.events > 0 && got.events < EVENTS);
	tap_ok(got.last_gap <= EVENTS);
	end();
	begin(); /* the objects of the third block are nobody else's */
	damage("chunks", "data", (2 * TT_BLOCK_RECORDS + 1) * 4 + TT_CHUNK_OBJECTS);
	got = read_all();
	tap_ok(got.events >= EVENTS - TT_BLOCK_RECORDS && got.events < EVENTS);
	tap_ok(got.first_gap > 2 * TT_BLOCK_RECORDS && got.last_gap <= 3 * TT_BLOCK_RECORDS);
	end();
}

static void a_damaged_tail_is_a_gap_and_writing_goes_on(void)
{
	begin();
	damage("tail", "data", 27001);
	tap_ok(count_problems() > 0);
	struct reading got = read_all();

	tap_int(got.events, EVENTS - COMMIT);
	tap_int(got.gap_records, 1);
	tap_int(got.first_gap, 27001);
	tap_int(got.last_gap, 28000);
	for (int i = 0; i < 12; i++) { /* enough for a block behind the hole */
		struct tt_batch *b = tt_batch_new(TT_STR("edge"));

		for (uint64_t j = 0; j < 1000; j++)
			sample_event(b, 90000 + (uint64_t)i * 1000 + j, 1, NOW);
		sample_append(s.store, b);
	}
	tap_int(tt_store_head(s.store), EVENTS + 12000);
	struct tt_reader *r;
	struct tt_batch *b;
	uint64_t cursor = 26990;

	tap_int(tt_reader_open(&r, s.store, NULL), 0);
	tap_int(tt_reader_read(r, &cursor, 12, NULL, &b, NULL), 0);
	tap_ok(b->n == 12 && b->records[10].kind == TT_RECORD_GAP && b->records[10].seq == 28000 &&
		b->records[11].seq == 28001);
	tt_batch_unref(b);
	tt_reader_close(r);
	end();
}

static void damage_is_forgotten_with_its_records(void)
{
	begin();
	damage("columns", "data", (TT_BLOCK_RECORDS + 1) * TT_PARTS + TT_PART_SCAN);
	damage("tail", "data", 27001);
	tap_int(read_all().gap_records, 2);
	tap_int(count_gaps(), 2);
	tt_store_set_retention(s.store, (struct tt_retention){.age_us = 1000000});
	s.clock.us += 3600 * (int64_t)1000000;
	for (int i = 0; i < 100 && tt_store_maintain(s.store, NULL) > 0;)
		i++;
	tap_int(count_gaps(), 1); /* that nothing is kept */
	tap_int(s.store->n_damaged, 0);
	end();
}

/* How often the file has `word`. */
static int count_lines(FILE *file, const char *word)
{
	char line[1024];
	int n = 0;

	rewind(file);
	while (fgets(line, sizeof(line), file) != NULL)
		n += strstr(line, word) != NULL;
	return n;
}

static void too_much_damage_is_said_once(void)
{
	FILE *file = tmpfile();
	const struct tt_log log = {.fd = fileno(file), .clock = &tt_clock_system};
	int news = 0;

	begin();
	s.store = sample_open(s.dir, &s.clock.clock);
	s.store->log = &log;
	for (int round = 0; round < 2; round++)
		for (uint64_t i = 0; i < 2 * TT_DAMAGED_MAX; i++)
			news += tt_store_note_damage(s.store,
				&(struct tt_damage){10 * i + 1, 10 * i + 5, NOW, NOW, 1ull << 1});
	tap_int(news, TT_DAMAGED_MAX);
	tap_int(count_lines(file, "too many places are damaged"), 1);
	const struct tt_damage *last = &s.store->damaged[TT_DAMAGED_MAX - 1];

	tap_int(s.store->n_damaged, TT_DAMAGED_MAX);
	tap_ok(last->in_part && last->last_seq == 10 * (2 * TT_DAMAGED_MAX - 1) + 5);
	tap_int(count_gaps(), TT_DAMAGED_MAX);
	tt_store_forget_damage(s.store, 10 * TT_DAMAGED_MAX);
	tap_int(s.store->n_damaged, 1);
	s.store->log = NULL;
	end();
	(void)fclose(file);
}

static void views_pass_over_damage(void)
{
	begin();
	damage("columns", "data", (TT_BLOCK_RECORDS + 1) * TT_PARTS + TT_PART_SCAN);
	s.store = sample_open(s.dir, &s.clock.clock);
	static const struct tt_filter everything;
	struct tt_view view = {.filter = &everything};
	struct tt_view_answer answer;
	struct tt_reader *r;

	tap_int(tt_reader_open(&r, s.store, NULL), 0);
	tap_int(tt_reader_view(r, &view, &answer, NULL), 0);
	tap_int(answer.batch->n, EVENTS - TT_BLOCK_RECORDS);
	tt_batch_unref(answer.batch);
	tt_reader_close(r);
	tap_int(count_gaps(), 1); /* told by the view's reader */
	end();
}

static void damage_met_while_an_answer_is_read_is_a_gap(void)
{
	begin();
	damage("columns", "data", (TT_BLOCK_RECORDS + 1) * TT_PARTS + TT_PART_REST);
	s.store = sample_open(s.dir, &s.clock.clock);
	static const struct tt_filter everything;
	const struct tt_view view = {.filter = &everything};
	struct tt_batch *gaps = tt_batch_new(TT_STR("prod")), *b;
	struct tt_locations all;
	struct tt_reader *r;

	tap_int(tt_reader_open(&r, s.store, NULL), 0);
	tap_int(tt_reader_find(r, &view, &all, NULL), 0);
	tap_int(all.n, EVENTS); /* the part that tells their places is sound */
	all.gaps = gaps;
	tap_int(tt_reader_fetch(r, &all, SIZE_MAX, &b, NULL), 0);
	tap_int(b->n, EVENTS - TT_BLOCK_RECORDS);
	tap_int(gaps->n, 1);
	tap_ok(tt_str_is(gaps->records[0].gap.reason, "records 8193 to 16384 are damaged in part"));
	tt_batch_unref(b);
	tt_batch_unref(gaps);
	tt_free(all.items);
	tt_reader_close(r);
	tap_int(count_gaps(), 1);
	end();
}

static void a_search_passes_over_a_damaged_header(void)
{
	begin();
	damage("blocks", "info", TT_BLOCK_RECORDS + 1);
	s.store = sample_open(s.dir, &s.clock.clock);
	const struct tt_filter filter = {.grep = TT_STR("in pod web-")};
	struct tt_view view = {.filter = &filter};
	struct tt_view_answer answer;
	struct tt_reader *r;

	tap_int(tt_reader_open(&r, s.store, NULL), 0);
	tap_int(tt_reader_view(r, &view, &answer, NULL), 0);
	tap_int(answer.batch->n, EVENTS / 5 - 1638); /* every fifth has it; of the block none */
	tt_batch_unref(answer.batch);
	tt_reader_close(r);
	end();
}

/* Two in a row, so that nothing tells where the texts of the second would be. */
static void begin_without_two_headers(void)
{
	begin();
	damage("blocks", "info", 1);
	damage("blocks", "info", TT_BLOCK_RECORDS + 1);
}

/* How many events a view of `filter` shows, all of them as they were sent. */
static size_t count_in_view(const struct tt_filter *filter)
{
	struct tt_view view = {.filter = filter};
	struct tt_view_answer answer;
	struct tt_reader *r;
	size_t wrong = 0;

	tap_int(tt_reader_open(&r, s.store, NULL), 0);
	tap_int(tt_reader_view(r, &view, &answer, NULL), 0);
	for (size_t i = 0; i < answer.batch->n; i++) {
		const struct tt_record *got = &answer.batch->records[i];
		const struct tt_record *sent = &s.sent[(got->seq - 1) / COMMIT]
							->records[(got->seq - 1) % COMMIT];

		wrong += !tt_filter_matches(filter, sent) || !sample_same(got, sent);
	}
	tap_int(wrong, 0);
	size_t n = answer.batch->n;

	tt_batch_unref(answer.batch);
	tt_reader_close(r);
	return n;
}

static void damaged_headers_show_no_wrong_text(void)
{
	const struct tt_filter everything = {0},
			       others[] = {
				       {.namespace = TT_STR("ns-3")},
				       {.kind = TT_STR("pod")},
				       {.kind = TT_STR("Pod"), .name = TT_STR("web-3000")},
				       {.name = TT_STR("web-6000")},
				       {.grep = TT_STR("in pod web-")},
			       };

	begin_without_two_headers();
	s.store = sample_open(s.dir, &s.clock.clock);
	size_t n = count_in_view(&everything);

	/* The strings are all in the first block, and so lost; the tail has its own. */
	tap_int(n, EVENTS - 3 * TT_BLOCK_RECORDS);
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		tap_ok(count_in_view(&others[i]) <= n);
	tap_int(count_gaps(), 1);
	tap_ok(s.store->n_damaged == 1 && s.store->damaged[0].in_part);
	tap_int(s.store->damaged[0].first_seq, 1);
	tap_int(s.store->damaged[0].last_seq, 3 * TT_BLOCK_RECORDS);
	end();
}

/* What is lost might be what is asked for: it is a gap under every filter. */
static void damaged_headers_are_gaps_under_filters(void)
{
	const struct {
		struct tt_filter filter;
		uint64_t last; /* of the records that may be meant */
		bool at_most;  /* a message that has lost its slot is numbered anew, and then known
				*/
	} cases[] = {
		{{.namespace = TT_STR("ns-3")}, 3 * TT_BLOCK_RECORDS},
		{{.kind = TT_STR("Pod"), .name = TT_STR("web-3000")}, 2 * TT_BLOCK_RECORDS},
		{{.grep = TT_STR("no such text")}, 3 * TT_BLOCK_RECORDS - 1, true},
		{{.since_us = 0}, 3 * TT_BLOCK_RECORDS},
	};

	begin_without_two_headers();
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct reading got = read_log(&cases[i].filter);

		tap_okf(got.gap_records > 0 &&
				(got.last_gap == cases[i].last ||
					(cases[i].at_most && got.last_gap < cases[i].last)),
			"%zu: the last gap of %llu ends at %llu", i,
			(unsigned long long)got.gap_records, (unsigned long long)got.last_gap);
	}
	end();
}

static void the_check_finds_what_readers_need_not(void)
{
	static const struct {
		const char *table, *column;
		int64_t id;
	} places[] = {
		{"outlines", "filter", 1},
		{"outlines", "summary", 1},
		{"blocks", "info", 1},
		{"epochs", "clusters", 1},
		{"chunks", "data", 4 + TT_CHUNK_KINDS},
	};

	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		begin();
		damage(places[i].table, places[i].column, places[i].id);
		tap_okf(count_problems() > 0, "damage of %s.%s goes unnoticed", places[i].table,
			places[i].column);
		end();
	}
}

int main(void)
{
	tap_test("a sound log has no problems", a_sound_log_has_no_problems);
	tap_test("a damaged block is a gap", a_damaged_block_is_a_gap);
	tap_test("a lost dictionary loses what refers to it",
		a_lost_dictionary_loses_what_refers_to_it);
	tap_test("a damaged tail is a gap, and writing goes on",
		a_damaged_tail_is_a_gap_and_writing_goes_on);
	tap_test("damage is forgotten with its records", damage_is_forgotten_with_its_records);
	tap_test("too much damage is said once", too_much_damage_is_said_once);
	tap_test("views pass over damage", views_pass_over_damage);
	tap_test("damage met while an answer is read is a gap",
		damage_met_while_an_answer_is_read_is_a_gap);
	tap_test("a search passes over a damaged header", a_search_passes_over_a_damaged_header);
	tap_test("damaged headers show no wrong text", damaged_headers_show_no_wrong_text);
	tap_test("damaged headers are gaps under filters", damaged_headers_are_gaps_under_filters);
	tap_test("the check finds what readers need not", the_check_finds_what_readers_need_not);
	return tap_done();
}
