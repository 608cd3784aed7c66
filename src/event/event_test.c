/* SPDX-License-Identifier: Apache-2.0 */
#include "event/event.h"

#include "base/arena.h"
#include "event/codec.h"
#include "event/golden_test.h"

enum { MIN_US = 60 * 1000000 };

static void event_time_follows_the_rule(void)
{
	static const int64_t Z = TT_TIME_ZERO;
	static const struct {
		const char *name;
		int64_t series, last, event, first, created, recorded, want;
		bool has_series;
	} cases[] = {
		{"series wins", 5, 4, 3, 2, 1, 9, 5, true},
		{"a series that is absent does not", 5, 4, 3, 2, 1, 9, 4, false},
		{"a series without a time does not", Z, 4, 3, 2, 1, 9, 4, true},
		{"then eventTime", Z, Z, 3, 2, 1, 9, 3, false},
		{"then firstTimestamp", Z, Z, Z, 2, 1, 9, 2, false},
		{"then creation", Z, Z, Z, Z, 1, 9, 1, false},
		{"no time at all", Z, Z, Z, Z, Z, 9, 9, false},
		{"at least creation", Z, 2, Z, Z, 6, 9, 6, false},
		{"at most recordedAt", Z, 20, Z, Z, 6, 9, 9, false},
		{"recordedAt before creation", Z, 2, Z, Z, 12, 9, 9, false},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct tt_event e;

		tt_event_init(&e);
		e.has_series = cases[i].has_series;
		e.series_last_observed_us = cases[i].series;
		e.last_timestamp_us = cases[i].last;
		e.event_time_us = cases[i].event;
		e.first_timestamp_us = cases[i].first;
		e.metadata.creation_us = cases[i].created;
		int64_t got = tt_event_time_us(&e, cases[i].recorded);

		tap_okf(got == cases[i].want, "%s: %lld", cases[i].name, (long long)got);
	}
}

static void occurrences_are_those_of_the_series_and_at_least_one(void)
{
	static const struct {
		bool has_series;
		int32_t series, count;
		uint32_t want;
	} cases[] = {{false, 0, 0, 1}, {false, 9, 4, 4}, {true, 9, 4, 9}, {true, 0, 4, 1},
		{false, 0, -3, 1}, {true, INT32_MAX, 0, INT32_MAX}};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct tt_event e;

		tt_event_init(&e);
		e.has_series = cases[i].has_series;
		e.series_count = cases[i].series;
		e.count = cases[i].count;
		tap_int(tt_event_occurrences(&e), cases[i].want);
	}
}

static void resource_versions_are_decimal_numbers(void)
{
	static const struct {
		const char *text;
		bool ok;
		uint64_t want;
	} cases[] = {{"0", true, 0}, {"4711", true, 4711},
		{"18446744073709551615", true, UINT64_MAX}, {"18446744073709551616", false, 0},
		{"", false, 0}, {"-1", false, 0}, {"12a", false, 0}};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct tt_event e;
		uint64_t rv = 0;

		tt_event_init(&e);
		e.metadata.resource_version = tt_str_from(cases[i].text);
		tap_okf(tt_event_rv(&e, &rv) == cases[i].ok && rv == cases[i].want, "%s",
			cases[i].text);
	}
}

static void decode_full(struct tt_event *e, struct tt_str bytes, struct tt_arena *arena)
{
	struct tt_err err = {0};

	tap_okf(tt_event_decode(e, TT_ENCODING_PROTOBUF, bytes, arena, &err) == 0, "%s", err.msg);
}

static void a_copy_outlives_the_input(void)
{
	struct tt_buf b = golden_read("full.core.pb"), before, after;
	struct tt_arena arena = {0}, own = {0};
	struct tt_event e, copy;

	tt_buf_init(&before, 10000);
	tt_buf_init(&after, 10000);
	decode_full(&e, tt_buf_view(&b), &arena);
	tt_event_encode_json(&before, &e, TT_JSON_OBJECT);
	tt_event_copy(&copy, &e, &own);
	memset(b.data, 'x', b.len);
	tt_buf_release(&b);
	tt_arena_release(&arena);
	tt_event_encode_json(&after, &copy, TT_JSON_OBJECT);
	tap_str(tt_buf_view(&after), before.data);
	tt_buf_release(&before);
	tt_buf_release(&after);
	tt_arena_release(&own);
}

/* Each step changes one field of a copy, which must then differ. */
static void a_difference_in_any_field_is_seen(void)
{
	struct tt_buf b = golden_read("full.core.pb");
	struct tt_arena arena = {0};
	struct tt_event e, c;

	decode_full(&e, tt_buf_view(&b), &arena);
#define DIFFERS(change)                                                                            \
	tt_event_copy(&c, &e, &arena);                                                             \
	tap_ok(tt_event_equal(&c, &e));                                                            \
	change;                                                                                    \
	tap_okf(!tt_event_equal(&c, &e), "%s", #change)

	DIFFERS(c.metadata.name = TT_STR("other"));
	DIFFERS(c.metadata.generate_name = TT_STR("x"));
	DIFFERS(c.metadata.generation++);
	DIFFERS(c.metadata.creation_us++);
	DIFFERS(c.metadata.deletion_us = TT_TIME_ZERO);
	DIFFERS(c.metadata.has_deletion_grace_period = false);
	DIFFERS(c.metadata.deletion_grace_period_seconds++);
	DIFFERS(c.metadata.labels[1].value = TT_STR("other"));
	DIFFERS(c.metadata.annotations[0].key = TT_STR("x"));
	DIFFERS(c.metadata.n_annotations--);
	DIFFERS(c.metadata.owner_references[1].uid = TT_STR("x"));
	DIFFERS(c.metadata.owner_references[0].block_owner_deletion = -1);
	DIFFERS(c.metadata.finalizers[1] = TT_STR("x"));
	DIFFERS(c.involved_object.field_path = TT_STR("x"));
	DIFFERS(c.reason = TT_STR(""));
	DIFFERS(c.message = TT_STR(""));
	DIFFERS(c.source_component = TT_STR("x"));
	DIFFERS(c.source_host = TT_STR("x"));
	DIFFERS(c.first_timestamp_us = 0);
	DIFFERS(c.last_timestamp_us = 0);
	DIFFERS(c.count++);
	DIFFERS(c.type = TT_STR("x"));
	DIFFERS(c.event_time_us++);
	DIFFERS(c.has_series = false);
	DIFFERS(c.series_count++);
	DIFFERS(c.series_last_observed_us = MIN_US);
	DIFFERS(c.action = TT_STR(""));
	DIFFERS(c.has_related = false);
	DIFFERS(c.related.uid = TT_STR("x"));
	DIFFERS(c.reporting_component = TT_STR(""));
	DIFFERS(c.reporting_instance = TT_STR(""));
	tt_event_copy(&c, &e, &arena);
	c.has_related = e.has_related = false; /* what is not there does not count */
	c.related.name = TT_STR("leftover");
	tap_ok(tt_event_equal(&c, &e));
	tt_buf_release(&b);
	tt_arena_release(&arena);
}

int main(void)
{
	tap_test("event time follows the rule", event_time_follows_the_rule);
	tap_test("occurrences are those of the series and at least one",
		occurrences_are_those_of_the_series_and_at_least_one);
	tap_test("resourceVersions are decimal numbers", resource_versions_are_decimal_numbers);
	tap_test("a copy outlives the input", a_copy_outlives_the_input);
	tap_test("a difference in any field is seen", a_difference_in_any_field_is_seen);
	return tap_done();
}
