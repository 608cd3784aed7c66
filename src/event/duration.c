/* SPDX-License-Identifier: Apache-2.0 */
#include "event/duration.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/timestamp.h"
#include "conf/units.h"
#include "event/event.h"

static size_t put_number(char *to, int64_t number, char unit)
{
	char digits[TT_U64_SIZE];
	struct tt_str text = tt_str_of_u64((uint64_t)number, digits);

	memcpy(to, text.data, text.len);
	to[text.len] = unit;
	to[text.len + 1] = '\0';
	return text.len + 1;
}

/* Two numbers with their units, the second left out if it is 0. A Table has two of them in each
 * row. */
static size_t put_pair(char to[TT_AGE_SIZE], int64_t big, char unit, int64_t small, char small_unit)
{
	size_t n = put_number(to, big, unit);

	return small == 0 ? n : n + put_number(to + n, small, small_unit);
}

static size_t put_text(char to[TT_AGE_SIZE], const char *text)
{
	return (size_t)snprintf(to, TT_AGE_SIZE, "%s", text);
}

/* HumanDuration of whole hours, from three hours up. */
static size_t put_hours(char to[TT_AGE_SIZE], int64_t hours, int64_t minutes)
{
	int64_t days = hours / 24;

	if (hours < 8)
		return put_pair(to, hours, 'h', minutes % 60, 'm');
	if (hours < 48)
		return put_pair(to, hours, 'h', 0, 0);
	if (hours < 8 * 24)
		return put_pair(to, days, 'd', hours % 24, 'h');
	if (days < 2 * 365)
		return put_pair(to, days, 'd', 0, 0);
	return put_pair(to, days / 365, 'y', days < 8 * 365 ? days % 365 : 0, 'd');
}

size_t tt_age_format(int64_t then_us, int64_t now_us, char to[TT_AGE_SIZE])
{
	int64_t us;

	if (then_us == TT_TIME_ZERO)
		return put_text(to, "<unknown>");
	/* Go's durations are nanoseconds of 64 bits and stop at their end, 292 years. */
	const int64_t most = INT64_MAX / TT_NS_PER_US;

	if (__builtin_sub_overflow(now_us, then_us, &us))
		us = then_us < 0 ? most : -most;
	us = us > most ? most : us < -most ? -most : us;
	int64_t seconds = us / TT_US_PER_S, minutes = seconds / 60;

	if (seconds <= -2)
		return put_text(to, "<invalid>");
	if (us < 0)
		return put_text(to, "0s");
	if (seconds < 120)
		return put_pair(to, seconds, 's', 0, 0);
	if (minutes < 10)
		return put_pair(to, minutes, 'm', seconds % 60, 's');
	if (minutes < 180)
		return put_pair(to, minutes, 'm', 0, 0);
	return put_hours(to, minutes / 60, minutes);
}

size_t tt_event_interval_format(const struct tt_event *e, int64_t now_us, char to[TT_INTERVAL_SIZE])
{
	char first[TT_AGE_SIZE], last[TT_AGE_SIZE];
	bool by_event_time = e->event_time_us != TT_TIME_ZERO;

	(void)tt_age_format(
		by_event_time ? e->event_time_us : e->first_timestamp_us, now_us, first);
	if (!e->has_series && e->count <= 1)
		return (size_t)snprintf(to, TT_INTERVAL_SIZE, "%s", first);
	(void)tt_age_format(
		e->has_series ? e->series_last_observed_us : e->last_timestamp_us, now_us, last);
	return (size_t)snprintf(to, TT_INTERVAL_SIZE, "%s (x%d over %s)", last,
		e->has_series ? e->series_count : e->count, first);
}

/* A date, and a time of day, as they stand on a calendar and a clock in local time. */
struct local_time {
	int year, hour, minute, second;
	unsigned month, day;
};

static bool two_digits(struct tt_str s, size_t at, int most, int *ret)
{
	if (at + 2 > s.len || s.data[at] < '0' || s.data[at] > '9' || s.data[at + 1] < '0' ||
		s.data[at + 1] > '9')
		return false;
	*ret = (s.data[at] - '0') * 10 + (s.data[at + 1] - '0');
	return *ret <= most;
}

/* 03:00 or 03:00:05. */
static bool parse_clock(struct tt_str s, struct local_time *t)
{
	if ((s.len != 5 && s.len != 8) || s.data[2] != ':' || (s.len == 8 && s.data[5] != ':'))
		return false;
	t->second = 0;
	return two_digits(s, 0, 23, &t->hour) && two_digits(s, 3, 59, &t->minute) &&
	       (s.len == 5 || two_digits(s, 6, 59, &t->second));
}

/* 2026-11-20. */
static bool parse_date(struct tt_str s, struct local_time *t)
{
	int century, year, month, day, real_year;
	unsigned real_month, real_day;

	if (s.len != 10 || s.data[4] != '-' || s.data[7] != '-' ||
		!two_digits(s, 0, 99, &century) || !two_digits(s, 2, 99, &year) ||
		!two_digits(s, 5, 12, &month) || !two_digits(s, 8, 31, &day) || month < 1)
		return false;
	t->year = century * 100 + year;
	t->month = (unsigned)month;
	t->day = (unsigned)day;
	tt_time_date(tt_time_days(t->year, t->month, t->day), &real_year, &real_month, &real_day);
	return real_month == t->month && real_day == t->day;
}

/* The local date `days_back` days before `now_us`, at midnight. */
static bool set_date(int64_t now_us, int days_back, struct local_time *t)
{
	time_t now = (time_t)(now_us / TT_US_PER_S);
	struct tm tm;

	if (localtime_r(&now, &tm) == NULL)
		return false;
	*t = (struct local_time){0};
	tt_time_date(
		tt_time_days(tm.tm_year + 1900, (unsigned)tm.tm_mon + 1, (unsigned)tm.tm_mday) -
			days_back,
		&t->year, &t->month, &t->day);
	return true;
}

/* The day at the front of `*s`, which is cut off with the space behind it. */
static bool take_day(struct tt_str *s, int64_t now_us, struct local_time *t)
{
	static const struct {
		struct tt_str word;
		int days_back;
	} words[] = {{{"today", 5}, 0}, {{"yesterday", 9}, 1}};
	size_t n = 0;

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]) && n == 0; i++)
		if (tt_str_starts(*s, words[i].word) && set_date(now_us, words[i].days_back, t))
			n = words[i].word.len;
	if (n == 0 && s->len >= 10 && parse_date((struct tt_str){s->data, 10}, t))
		n = 10;
	if (n == 0)
		return s->len == 5 || s->len == 8 ? set_date(now_us, 0, t) : false;
	if (n < s->len && s->data[n] != ' ' && s->data[n] != 'T')
		return false;
	bool more = n < s->len;

	*s = (struct tt_str){s->data + n + more, s->len - n - more};
	return !more || s->len > 0;
}

static bool parse_local(struct tt_str s, int64_t now_us, int64_t *ret_us)
{
	struct local_time t = {0};

	if (!take_day(&s, now_us, &t) || (s.len > 0 && !parse_clock(s, &t)))
		return false;
	struct tm tm = {.tm_year = t.year - 1900,
		.tm_mon = (int)t.month - 1,
		.tm_mday = (int)t.day,
		.tm_hour = t.hour,
		.tm_min = t.minute,
		.tm_sec = t.second,
		.tm_isdst = -1};

	*ret_us = (int64_t)mktime(&tm) * TT_US_PER_S;
	return true;
}

int tt_when_parse(struct tt_str text, int64_t now_us, int64_t *ret_us, struct tt_err *err)
{
	enum { LONGEST = 64 }; /* of any form; what is longer is not worth a look */
	struct tt_str s = tt_str_trim(text);
	int64_t ago;

	if (tt_str_is(s, "now")) {
		*ret_us = now_us;
		return 0;
	}
	bool fits = s.len <= LONGEST, is_ago = tt_str_ends(s, TT_STR(" ago"));

	if (fits && (tt_time_parse(s, false, ret_us) || parse_local(s, now_us, ret_us)))
		return 0;
	if (is_ago)
		s = tt_str_trim((struct tt_str){s.data, s.len - 4});
	if (fits && tt_duration_parse(s, &ago, NULL) == 0 &&
		!__builtin_sub_overflow(now_us, ago, ret_us))
		return 0;
	return tt_fail(err, TT_EINVAL,
		"\"%.*s\" is no time like 2026-11-20T03:00:00Z, \"2026-11-20 03:00\", 03:00, "
		"\"yesterday 03:00\", or a duration back from now like 90s, 15m, 1h30m, 7d",
		(int)(text.len < LONGEST ? text.len : LONGEST), text.len > 0 ? text.data : "");
}
