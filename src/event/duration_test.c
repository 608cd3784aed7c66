/* SPDX-License-Identifier: Apache-2.0 */
#include "event/duration.h"

#include <stdlib.h>
#include <time.h>

#include "base/timestamp.h"
#include "event/event.h"
#include "tap/tap.h"

static const int64_t S = 1000000, M = 60 * 1000000, H = 3600ll * 1000000, D = 86400ll * 1000000;
static const int64_t NOW = 1795603008123456; /* 2026-11-25T10:36:48.123456Z */

static void ages_are_those_of_kubectl(void)
{
	const int64_t y = 365 * D;
	const struct {
		int64_t us;
		const char *want;
	} cases[] = {
		{-2 * S, "<invalid>"},
		{-1999999, "0s"},
		{-1, "0s"},
		{0, "0s"},
		{999999, "0s"},
		{S, "1s"},
		{119999999, "119s"},
		{120 * S, "2m"},
		{121 * S, "2m1s"},
		{599 * S, "9m59s"},
		{10 * M, "10m"},
		{10 * M + 59 * S, "10m"},
		{179 * M, "179m"},
		{3 * H, "3h"},
		{3 * H + 59 * S, "3h"},
		{3 * H + M, "3h1m"},
		{8 * H - M, "7h59m"},
		{8 * H, "8h"},
		{9 * H - S, "8h"},
		{48 * H - S, "47h"},
		{48 * H, "2d"},
		{49 * H, "2d1h"},
		{72 * H, "3d"},
		{191 * H, "7d23h"},
		{192 * H, "8d"},
		{730 * D - S, "729d"},
		{730 * D, "2y"},
		{731 * D, "2y1d"},
		{8 * y - H, "7y364d"},
		{8 * y, "8y"},
		{9 * y + 3 * D, "9y"},
		{400 * y, "292y"},
		{-400 * y, "<invalid>"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char text[TT_AGE_SIZE];
		size_t n = tt_age_format(NOW - cases[i].us, NOW, text);

		tap_str(((struct tt_str){text, n}), cases[i].want);
	}
}

static void the_zero_time_has_no_age(void)
{
	char text[TT_AGE_SIZE];
	size_t n = tt_age_format(TT_TIME_ZERO, NOW, text);

	tap_str(((struct tt_str){text, n}), "<unknown>");
	tap_int(tt_age_format(INT64_MIN + 1, NOW, text), 4);
	tap_str(tt_str_from(text), "292y");
	(void)tt_age_format(INT64_MAX, -5, text);
	tap_str(tt_str_from(text), "<invalid>");
}

static void intervals_are_those_of_kubectl(void)
{
	const int64_t z = TT_TIME_ZERO;
	const struct {
		const char *name;
		int64_t first, last, event, series;
		int32_t count, series_count;
		bool has_series;
		const char *want;
	} cases[] = {
		{"once", 5 * M, 5 * M, z, z, 1, 0, false, "5m"},
		{"once, the first time counts", 5 * M, 1 * M, z, z, 1, 0, false, "5m"},
		{"repeated", 67 * M, 204 * S, z, z, 7, 0, false, "3m24s (x7 over 67m)"},
		{"series", z, z, 30 * M, 20 * M, 0, 3, true, "20m (x3 over 30m)"},
		{"series wins over count", 9 * M, 8 * M, z, 2 * M, 5, 1, true, "2m (x1 over 9m)"},
		{"eventTime wins over firstTimestamp", 9 * M, 8 * M, 3 * M, z, 2, 0, false,
			"8m (x2 over 3m)"},
		{"without lastTimestamp", 5 * M, z, z, z, 3, 0, false, "<unknown> (x3 over 5m)"},
		{"without any time", z, z, z, z, 0, 0, false, "<unknown>"},
		{"a series of nothing", z, z, z, z, 0, 0, true, "<unknown> (x0 over <unknown>)"},
		{"in the future", -5 * M, -5 * M, z, z, 2, 0, false,
			"<invalid> (x2 over <invalid>)"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char text[TT_INTERVAL_SIZE];
		struct tt_event e;

		tt_event_init(&e);
#define AT(age) ((age) == z ? z : NOW - (age))
		e.first_timestamp_us = AT(cases[i].first);
		e.last_timestamp_us = AT(cases[i].last);
		e.event_time_us = AT(cases[i].event);
		e.series_last_observed_us = AT(cases[i].series);
		e.count = cases[i].count;
		e.series_count = cases[i].series_count;
		e.has_series = cases[i].has_series;
		size_t n = tt_event_interval_format(&e, NOW, text);

		tap_okf(tt_str_is((struct tt_str){text, n}, cases[i].want), "%s: %s", cases[i].name,
			text);
	}
}

/* A text like 2026-11-20T03:00:00Z as microseconds. */
static int64_t utc(const char *text)
{
	int64_t us = -1;

	tap_okf(tt_time_parse(tt_str_from(text), false, &us), "%s", text);
	return us;
}

static void points_in_time_are_parsed_in_local_time(void)
{
	static const struct {
		const char *text, *want; /* NULL: refused */
	} cases[] = {
		{"now", "2026-11-25T10:36:48.123456Z"},
		{" now ", "2026-11-25T10:36:48.123456Z"},
		{"2026-11-20T03:00:00Z", "2026-11-20T03:00:00Z"},
		{"2026-11-20T03:00:00.5+01:00", "2026-11-20T02:00:00.5Z"},
		{"2026-11-20", "2026-11-19T22:30:00Z"},
		{"2026-11-20 03:00", "2026-11-20T01:30:00Z"},
		{"2026-11-20 03:00:05", "2026-11-20T01:30:05Z"},
		{"2026-11-20T03:00", "2026-11-20T01:30:00Z"},
		{"03:00", "2026-11-25T01:30:00Z"},
		{"03:00:07", "2026-11-25T01:30:07Z"},
		{"today", "2026-11-24T22:30:00Z"},
		{"yesterday", "2026-11-23T22:30:00Z"},
		{"yesterday 03:00", "2026-11-24T01:30:00Z"},
		{"today 23:59", "2026-11-25T22:29:00Z"},
		{"90s", "2026-11-25T10:35:18.123456Z"},
		{"1h30m", "2026-11-25T09:06:48.123456Z"},
		{"7d", "2026-11-18T10:36:48.123456Z"},
		{"7d ago", "2026-11-18T10:36:48.123456Z"},
		{"", NULL},
		{"tomorrow", NULL},
		{"2026-02-30", NULL},
		{"2026-13-01", NULL},
		{"2026-00-10", NULL},
		{"2026-11-20 ", "2026-11-19T22:30:00Z"},
		{"2026-11-20 25:00", NULL},
		{"2026-11-20x03:00", NULL},
		{"2026-11-20 03:00Z", NULL},
		{"yesterdayish", NULL},
		{"24:00", NULL},
		{"3:00", NULL},
		{"03:60", NULL},
		{"03.00", NULL},
		{"5", NULL},
		{"0", "2026-11-25T10:36:48.123456Z"},
	};

	(void)setenv("TZ", "XXX-1:30", 1); /* one and a half hours east of Greenwich */
	tzset();
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		int64_t us = 0;
		struct tt_err err = {0};
		int rc = tt_when_parse(tt_str_from(cases[i].text), NOW, &us, &err);

		tap_okf(rc == (cases[i].want != NULL ? 0 : TT_EINVAL), "%s: %s", cases[i].text,
			err.msg);
		if (cases[i].want != NULL)
			tap_okf(us == utc(cases[i].want), "%s: %lld", cases[i].text, (long long)us);
	}
}

int main(void)
{
	tap_test("ages are those of kubectl", ages_are_those_of_kubectl);
	tap_test("the zero time has no age", the_zero_time_has_no_age);
	tap_test("intervals are those of kubectl", intervals_are_those_of_kubectl);
	tap_test("points in time are parsed, in local time",
		points_in_time_are_parsed_in_local_time);
	return tap_done();
}
