/* SPDX-License-Identifier: Apache-2.0 */
#include "base/timestamp.h"

#include "base/rand.h"
#include "tap/tap.h"

static const int64_t day_us = (int64_t)86400 * 1000000;

static void known_instants_are_written(void)
{
	static const struct {
		int64_t us;
		const char *seconds, *micros;
	} cases[] = {
		{0, "1970-01-01T00:00:00Z", "1970-01-01T00:00:00.000000Z"},
		{-1, "1969-12-31T23:59:59Z", "1969-12-31T23:59:59.999999Z"},
		{951782400000000, "2000-02-29T00:00:00Z", "2000-02-29T00:00:00.000000Z"},
		{1763780461123456, "2025-11-22T03:01:01Z", "2025-11-22T03:01:01.123456Z"},
		{4102444799999999, "2099-12-31T23:59:59Z", "2099-12-31T23:59:59.999999Z"},
		{-62135596800000000, "0001-01-01T00:00:00Z", "0001-01-01T00:00:00.000000Z"},
		{INT64_MAX, "9999-12-31T23:59:59Z", "9999-12-31T23:59:59.999999Z"},
		{INT64_MIN + 1, "0000-01-01T00:00:00Z", "0000-01-01T00:00:00.000000Z"},
	};
	char text[TT_TIME_SIZE];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		tap_int(tt_time_format(cases[i].us, TT_TIME_SECONDS, text), 20);
		tap_str(tt_str_from(text), cases[i].seconds);
		tap_int(tt_time_format(cases[i].us, TT_TIME_MICROS, text), 27);
		tap_str(tt_str_from(text), cases[i].micros);
	}
}

static void text_is_read(void)
{
	static const struct {
		const char *text;
		int64_t want;
	} cases[] = {
		{"1970-01-01T00:00:00Z", 0},
		{"1970-01-01T00:00:00.5Z", 500000},
		{"1970-01-01T00:00:00.000000Z", 0},
		{"1970-01-01T00:00:00.1234567899Z", 123456},
		{"1969-12-31T23:59:59.999999Z", -1},
		{"1970-01-01T01:00:00+01:00", 0},
		{"1969-12-31T18:30:00-05:30", 0},
		{"2000-02-29T00:00:00Z", 951782400000000},
		{"0001-01-01T00:00:00Z", -62135596800000000},
		{"9999-12-31T23:59:59.999999Z", 253402300799999999},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		int64_t got = 42;

		tap_okf(tt_time_parse(tt_str_from(cases[i].text), false, &got), "%s",
			cases[i].text);
		tap_int(got, cases[i].want);
	}
}

static void wrong_text_is_refused(void)
{
	static const char *const cases[] = {"", "1970-01-01", "1970-01-01T00:00:00",
		"1970-01-01t00:00:00Z", "1970-01-01T00:00:00z", "1970-01-01 00:00:00Z",
		"1970-1-01T00:00:00Z", "70-01-01T00:00:00Z", "1970-00-01T00:00:00Z",
		"1970-13-01T00:00:00Z", "1970-01-00T00:00:00Z", "1970-01-32T00:00:00Z",
		"1970-04-31T00:00:00Z", "2001-02-29T00:00:00Z", "1900-02-29T00:00:00Z",
		"1970-01-01T24:00:00Z", "1970-01-01T00:60:00Z", "1970-01-01T00:00:60Z",
		"1970-01-01T00:00:00.Z", "1970-01-01T00:00:00.5", "1970-01-01T00:00:00.5xZ",
		"1970-01-01T00:00:00ZZ", "1970-01-01T00:00:00Z ", " 1970-01-01T00:00:00Z",
		"1970-01-01T00:00:00+0100", "1970-01-01T00:00:00+1:00", "1970-01-01T00:00:00+24:00",
		"1970-01-01T00:00:00+01:60", "-970-01-01T00:00:00Z", "+970-01-01T00:00:00Z",
		"1970-01-01T-1:00:00Z"};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		int64_t got;

		tap_okf(!tt_time_parse(tt_str_from(cases[i]), false, &got), "%s", cases[i]);
	}
}

static void microtime_demands_six_digits(void)
{
	static const struct {
		const char *text;
		bool ok;
	} cases[] = {
		{"1970-01-01T00:00:00.000001Z", true},
		{"1970-01-01T00:00:00.000001+00:00", true},
		{"1970-01-01T00:00:00Z", false},
		{"1970-01-01T00:00:00.00001Z", false},
		{"1970-01-01T00:00:00.0000001Z", false},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		int64_t got = 0;

		tap_okf(tt_time_parse(tt_str_from(cases[i].text), true, &got) == cases[i].ok, "%s",
			cases[i].text);
		tap_int(got, cases[i].ok);
	}
}

static void instants_go_round(void)
{
	int64_t lowest = tt_time_days(0, 1, 1) * day_us,
		highest = tt_time_days(10000, 1, 1) * day_us;
	struct tt_rand r;

	tt_rand_init(&r, 3);
	for (int i = 0; i < 100000; i++) {
		int64_t us = lowest + (int64_t)tt_rand_below(&r, (uint64_t)(highest - lowest)),
			got = 0;
		char text[TT_TIME_SIZE];

		tt_time_format(us, TT_TIME_MICROS, text);
		if (!tap_ok(tt_time_parse(tt_str_from(text), true, &got)) || !tap_int(got, us))
			return;
	}
}

static void days_and_dates_go_round(void)
{
	int64_t first = tt_time_days(-4801, 1, 1), last = tt_time_days(12000, 1, 1);
	int before_year = -4802;
	unsigned before_day = 31;

	for (int64_t days = first; days < last; days++) {
		int year;
		unsigned month, day;

		tt_time_date(days, &year, &month, &day);
		bool next = day == before_day + 1 || day == 1;

		if (!tap_int(tt_time_days(year, month, day), days) || !tap_ok(next) ||
			!tap_ok(month == 1 && day == 1 ? year == before_year + 1
						       : year == before_year))
			return;
		before_year = year;
		before_day = day;
	}
}

int main(void)
{
	tap_test("known_instants_are_written", known_instants_are_written);
	tap_test("text_is_read", text_is_read);
	tap_test("wrong_text_is_refused", wrong_text_is_refused);
	tap_test("microtime_demands_six_digits", microtime_demands_six_digits);
	tap_test("instants_go_round", instants_go_round);
	tap_test("days_and_dates_go_round", days_and_dates_go_round);
	return tap_done();
}
