/* SPDX-License-Identifier: Apache-2.0 */
#include "serve/notices.h"

#include "base/arena.h"
#include "store/reader.h"
#include "store/sample_test.h"
#include "tap/tap.h"

static const int64_t START = 1790000000000000;

enum { SECOND = 1000000 };

static struct scene {
	char *dir;
	struct sample_clock clock;
	struct tt_store *store;
	struct tt_reader *reader;
	struct tt_arena arena;
} s;

static void begin(void)
{
	s = (struct scene){.dir = sample_dir_new()};
	sample_clock_init(&s.clock, START);
	s.store = sample_open(s.dir, &s.clock.clock);
	tap_int(tt_reader_open(&s.reader, s.store, NULL), 0);
}

static void end(void)
{
	tt_reader_close(s.reader);
	tt_store_close(s.store);
	tt_arena_release(&s.arena);
	sample_dir_remove(s.dir);
}

/* The first sentence beside an answer that is not empty, "" if there is none. */
static struct tt_str first_notice(struct tt_str cluster)
{
	struct tt_filter filter = {.cluster = cluster};
	struct tt_notices notices;

	if (!tap_int(tt_notices_make(&notices, s.reader,
			     &(struct tt_notices_about){&filter, 1, NULL, 0, s.clock.us}, &s.arena,
			     NULL),
		    0))
		return TT_STR("failed");
	return notices.n > 0 ? notices.sentences[0] : TT_STR("");
}

static void append_events(void)
{
	struct tt_batch *b = tt_batch_new(TT_STR("prod"));

	for (uint64_t i = 0; i < 100; i++)
		sample_event(b, i, 1, s.clock.us);
	sample_append(s.store, b);
	s.clock.us += 10 * SECOND;
}

static void append_gap(int64_t from_us, const char *reason)
{
	struct tt_batch *b = tt_batch_new(TT_STR("prod"));

	tt_batch_add_gap(b)->gap = (struct tt_gap){.epoch = 1,
		.from_us = from_us,
		.to_us = START,
		.lost = TT_LOST_EVENTS,
		.reason = tt_str_from(reason)};
	sample_append(s.store, b);
}

static void gaps_of_collectors_say_what_may_be_missing(void)
{
	begin();
	tap_str(first_notice(TT_STR("prod")), "");
	append_gap(TT_TIME_ZERO, "collection began");
	tap_str(first_notice(TT_STR("prod")), "collecting only since 2026-09-21T14:13:20Z");
	tap_str(first_notice(TT_STR("")),
		"cluster prod: collecting only since 2026-09-21T14:13:20Z");
	tap_str(first_notice(TT_STR("edge")), "");
	append_gap(START - 60 * (int64_t)SECOND, "position expired");
	tap_str(first_notice(TT_STR("prod")),
		"events between 2026-09-21T14:12:20Z and 2026-09-21T14:13:20Z may be missing: "
		"position expired");
	end();
}

static void retention_is_said_to_be_retention(void)
{
	begin();
	tt_store_set_retention(s.store, (struct tt_retention){.age_us = 300 * (int64_t)SECOND});
	for (int i = 0; i < 60; i++) {
		append_events();
		while (tt_store_maintain(s.store, NULL) > 0) {
		}
	}
	struct tt_str sentence = first_notice(TT_STR("prod"));

	tap_ok(tt_str_starts(sentence, TT_STR("records before 2026-09-21T14:1")));
	tap_ok(tt_str_ends(sentence, TT_STR("Z are no longer kept")));
	tap_str(first_notice(TT_STR("")), tt_str_cstr(&s.arena, sentence));
	end();
}

int main(void)
{
	tap_test("gaps of collectors say what may be missing",
		gaps_of_collectors_say_what_may_be_missing);
	tap_test("retention is said to be retention", retention_is_said_to_be_retention);
	return tap_done();
}
