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

static struct tt_str all_of(const struct tt_notices_about *about)
{
	struct tt_notices notices;
	struct tt_str all = TT_STR("");

	if (!tap_int(tt_notices_make(&notices, s.reader, about, &s.arena, NULL), 0))
		return TT_STR("failed");
	for (size_t i = 0; i < notices.n; i++)
		all = tt_str_printf(&s.arena, "%.*s%s%.*s", TT_STR_ARG(all), i > 0 ? "|" : "",
			TT_STR_ARG(notices.sentences[i]));
	return all;
}

/* All sentences beside an answer with events of `namespace`, while two watches are broken. */
static struct tt_str notices_for(const char *namespace)
{
	static const struct tt_open_gap open[] = {
		{{"prod", 4}, {"shop", 4}, TT_TIME_ZERO, {"no right to shop", 16}},
		{{"prod", 4}, {"pay", 3}, TT_TIME_ZERO, {"no right to pay", 15}},
		{{"edge", 4}, {"shop", 4}, TT_TIME_ZERO, {"no route", 8}},
	};
	struct tt_filter filter = {.cluster = TT_STR("prod"), .namespace = tt_str_from(namespace)};
	const struct tt_notices_about about = {&filter, 1, open, 3, s.clock.us};

	return all_of(&about);
}

static void readers_of_one_namespace_are_told_nothing_of_others(void)
{
#define MISSING "events between 2026-09-21T14:13:20Z and 2026-09-21T14:13:20Z may be missing: "
	begin();
	append_gap(START, "an event without readable name was refused: \"message\":\"key 7\"");
	tap_str(notices_for("shop"), MISSING "an event without readable name was refused|"
					     "not connected yet: no right to shop");
	tap_str(notices_for("none"), MISSING "an event without readable name was refused");
	tap_str(notices_for(""), MISSING "an event without readable name was refused: "
					 "\"message\":\"key 7\"|not connected yet: no right to "
					 "shop|not connected yet: no right to pay");
	end();
#undef MISSING
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

/* The sentences beside an empty answer to events of `namespace` in the last `window_us`. */
static struct tt_str of_empty(const char *namespace, int64_t window_us, const char *since)
{
	struct tt_filter filter = {.cluster = TT_STR("prod"),
		.namespace = tt_str_from(namespace),
		.since_us = s.clock.us - window_us};
	const struct tt_notices_about about = {
		&filter, 0, NULL, 0, s.clock.us, since, TT_REACH_LOG, 0};

	return all_of(&about);
}

static void an_empty_answer_says_what_lies_further_back(void)
{
	const int64_t hour = 3600 * (int64_t)SECOND;
	struct tt_batch *b;

	begin();
	append_events(); /* in ns-0 to ns-6 */
	s.clock.us += 3 * 24 * hour;
	tap_str(of_empty("ns-1", 24 * hour, "--since "),
		"older ones are there: the newest is of 2026-09-21T14:13:20Z, 3d ago; --since 4d "
		"shows it");
	tap_str(of_empty("ns-1", 24 * hour, NULL),
		"older ones are there: the newest is of 2026-09-21T14:13:20Z, 3d ago");
	tap_str(of_empty("absent", 24 * hour, "--since "),
		"the newest event of cluster prod is of 2026-09-21T14:13:20Z, 3d ago");
	b = tt_batch_new(TT_STR("prod"));
	sample_event(b, 7000, 1, s.clock.us);
	sample_append(s.store, b);
	s.clock.us += 30 * (int64_t)SECOND;
	tap_str(of_empty("ns-1", 24 * hour, "--since "),
		"older ones are there: the newest is of 2026-09-21T14:13:20Z, 3d ago; --since 4d "
		"shows it|since then only elsewhere: 1 in namespace ns-0");
	tap_str(of_empty("absent", 24 * hour, "--since "), "nothing here, but 1 in namespace ns-0");
	s.clock.us += 3 * hour;
	tap_str(of_empty("ns-0", hour, "--since "),
		"older ones are there: the newest is of 2026-09-24T14:13:30Z, 3h ago; --since 4h "
		"shows it");
	end();
}

static void append_of(const char *cluster, uint64_t from, uint64_t to, int32_t count)
{
	struct tt_batch *b = tt_batch_new(tt_str_from(cluster));

	if (!tt_store_has_cluster(s.store, tt_str_from(cluster)))
		tap_int(tt_store_add_cluster(
				s.store, tt_str_from(cluster), TT_CLUSTER_RECORDING, NULL),
			0);
	for (uint64_t i = from; i < to; i++)
		sample_event(b, i, count, s.clock.us);
	sample_append(s.store, b);
	s.clock.us += SECOND;
}

/* All sentences beside an empty answer about `cluster`, of events with the message of a back-off.
 */
static struct tt_str of_backoffs(
	const char *cluster, const char *namespace, enum tt_notices_reach r)
{
	struct tt_filter filter = {.cluster = tt_str_from(cluster),
		.namespace = tt_str_from(namespace),
		.grep = TT_STR("Back-off")};
	const struct tt_notices_about about = {
		&filter, 0, NULL, 0, s.clock.us, NULL, r, TT_TIME_ZERO};

	return all_of(&about);
}

static void what_lies_elsewhere_is_counted_in_events_that_match(void)
{
	begin();
	append_of("prod", 0, 100, 1);
	append_of("prod", 0, 50, 2); /* half of them once more */
	append_of("big", 0, 300, 1);
	append_of("big", 0, 300, 2);
	append_of("quiet", 1, 5, 1); /* no back-off */
	tap_str(of_backoffs("prod", "absent", TT_REACH_LOG),
		"nothing here, but 20 in 7 other namespaces, most in ns-0");
	tap_str(of_backoffs("quiet", "ns-1", TT_REACH_LOG),
		"cluster quiet has no such events; others have: big 60, prod 20");
	tap_str(of_backoffs("edge", "ns-1", TT_REACH_LOG),
		"cluster edge has no events; others have: big 60, prod 20");
	tap_str(of_backoffs("quiet", "ns-1", TT_REACH_CLUSTER), "");
	tap_str(of_backoffs("edge", "", TT_REACH_CLUSTER), "cluster edge has no events");
	tap_str(of_backoffs("prod", "absent", TT_REACH_NAMESPACE), "");
	tap_str(of_backoffs("edge", "absent", TT_REACH_NAMESPACE), "");
	end();
}

static void what_is_not_counted_to_its_end_is_said_to_be_at_least(void)
{
	begin();
	for (int i = 0; i < 250; i++)
		append_of("big", i * 1000, i * 1000 + 1000, 1);
	while (tt_store_maintain(s.store, NULL) > 0) {
	}
	struct tt_str sentence = of_backoffs("big", "absent", TT_REACH_LOG);

	tap_ok(tt_str_starts(sentence, TT_STR("nothing here, but at least ")));
	tap_ok(tt_str_find(sentence, TT_STR(" in 7 other namespaces, most in ns-")) > 0);
	sentence = of_backoffs("edge", "", TT_REACH_LOG);
	tap_ok(tt_str_starts(sentence, TT_STR("cluster edge has no events; others have at least: "
					      "big ")));
	end();
}

static void a_tenant_is_told_of_his_own_past_alone(void)
{
	const int64_t hour = 3600 * (int64_t)SECOND;

	begin();
	append_events(); /* in ns-0 to ns-6 */
	s.clock.us += 30 * hour;
	struct tt_filter filter = {.cluster = TT_STR("prod"),
		.namespace = TT_STR("ns-1"),
		.since_us = s.clock.us - 24 * hour};
	struct tt_notices_about about = {
		&filter, 0, NULL, 0, s.clock.us, NULL, TT_REACH_NAMESPACE, TT_TIME_ZERO};

	tap_str(all_of(&about),
		"older ones are there: the newest is of 2026-09-21T14:13:20Z, 30h ago");
	about.floor_us = START + SECOND; /* his since then */
	tap_str(all_of(&about), "");
	filter.namespace = TT_STR("absent");
	about.floor_us = TT_TIME_ZERO;
	tap_str(all_of(&about), "");
	end();
}

int main(void)
{
	tap_test("gaps of collectors say what may be missing",
		gaps_of_collectors_say_what_may_be_missing);
	tap_test("readers of one namespace are told nothing of others",
		readers_of_one_namespace_are_told_nothing_of_others);
	tap_test("retention is said to be retention", retention_is_said_to_be_retention);
	tap_test("an empty answer says what lies further back",
		an_empty_answer_says_what_lies_further_back);
	tap_test("what lies elsewhere is counted in events that match",
		what_lies_elsewhere_is_counted_in_events_that_match);
	tap_test("what is not counted to its end is said to be at least",
		what_is_not_counted_to_its_end_is_said_to_be_at_least);
	tap_test("a tenant is told of his own past alone", a_tenant_is_told_of_his_own_past_alone);
	return tap_done();
}
