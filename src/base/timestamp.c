/* SPDX-License-Identifier: Apache-2.0 */
/* The calendar arithmetic counts in 400-year eras that begin on 1 March, so that the leap day is
 * the last of its year. */
#include "base/timestamp.h"

#include <stdio.h>

#include "base/clock.h"

enum { DAYS_PER_ERA = 146097, DAYS_TO_1970 = 719468, SECONDS_PER_DAY = 86400 };

int64_t tt_time_days(int year, unsigned month, unsigned day)
{
	int64_t y = month <= 2 ? (int64_t)year - 1 : year;
	int64_t era = (y >= 0 ? y : y - 399) / 400;
	int64_t year_of_era = y - era * 400;
	int64_t day_of_year = (153 * ((int64_t)month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
	int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;

	return era * DAYS_PER_ERA + day_of_era - DAYS_TO_1970;
}

void tt_time_date(int64_t days, int *ret_year, unsigned *ret_month, unsigned *ret_day)
{
	int64_t z = days + DAYS_TO_1970;
	int64_t era = (z >= 0 ? z : z - (DAYS_PER_ERA - 1)) / DAYS_PER_ERA;
	int64_t day_of_era = z - era * DAYS_PER_ERA;
	int64_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 -
				      day_of_era / 146096) /
			      365;
	int64_t day_of_year = day_of_era -
			      (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
	int64_t month = (5 * day_of_year + 2) / 153; /* 0 is March */

	*ret_day = (unsigned)(day_of_year - (153 * month + 2) / 5 + 1);
	*ret_month = (unsigned)(month < 10 ? month + 3 : month - 9);
	*ret_year = (int)(year_of_era + era * 400 + (*ret_month <= 2));
}

static int64_t floor_div(int64_t a, int64_t b)
{
	return a / b - (a % b < 0);
}

static void put_digits(char *to, int64_t value, int width)
{
	for (int i = width - 1; i >= 0; i--) {
		to[i] = (char)('0' + value % 10);
		value /= 10;
	}
}

size_t tt_time_format(int64_t us, enum tt_time_form form, char to[TT_TIME_SIZE])
{
	int64_t lowest = tt_time_days(0, 1, 1) * SECONDS_PER_DAY * TT_US_PER_S;
	int64_t highest = tt_time_days(10000, 1, 1) * SECONDS_PER_DAY * TT_US_PER_S - 1;
	int year;
	unsigned month, day;

	us = us < lowest ? lowest : us > highest ? highest : us;
	int64_t seconds = floor_div(us, TT_US_PER_S);
	int64_t days = floor_div(seconds, SECONDS_PER_DAY);
	int64_t of_day = seconds - days * SECONDS_PER_DAY;

	tt_time_date(days, &year, &month, &day);
	memcpy(to, "0000-00-00T00:00:00", 19);
	put_digits(to, year, 4);
	put_digits(to + 5, month, 2);
	put_digits(to + 8, day, 2);
	put_digits(to + 11, of_day / 3600, 2);
	put_digits(to + 14, of_day / 60 % 60, 2);
	put_digits(to + 17, of_day % 60, 2);
	size_t n = 19;

	if (form == TT_TIME_MICROS) {
		to[n++] = '.';
		put_digits(to + n, us - seconds * TT_US_PER_S, 6);
		n += 6;
	}
	to[n++] = 'Z';
	to[n] = '\0';
	return n;
}

static bool get_digits(struct tt_str s, size_t at, size_t width, int max, int *ret)
{
	int value = 0;

	if (at + width > s.len)
		return false;
	for (size_t i = at; i < at + width; i++) {
		if (s.data[i] < '0' || s.data[i] > '9')
			return false;
		value = value * 10 + (s.data[i] - '0');
	}
	*ret = value;
	return value <= max;
}

/* The fraction after the point at `*at`; leaves `*at` behind it. */
static bool get_fraction(struct tt_str s, size_t *at, bool exact_micros, int64_t *ret_us)
{
	size_t first = ++*at;

	*ret_us = 0;
	for (; *at < s.len && s.data[*at] >= '0' && s.data[*at] <= '9'; ++*at)
		if (*at - first < 6)
			*ret_us = *ret_us * 10 + (s.data[*at] - '0');
	size_t digits = *at - first;

	for (size_t i = digits; i < 6; i++)
		*ret_us *= 10;
	return digits > 0 && (!exact_micros || digits == 6);
}

static bool get_offset(struct tt_str s, size_t at, int64_t *ret_seconds)
{
	int hours, minutes;

	if (at + 1 == s.len && s.data[at] == 'Z') {
		*ret_seconds = 0;
		return true;
	}
	if (at + 6 != s.len || (s.data[at] != '+' && s.data[at] != '-') || s.data[at + 3] != ':' ||
		!get_digits(s, at + 1, 2, 23, &hours) || !get_digits(s, at + 4, 2, 59, &minutes))
		return false;
	*ret_seconds = (hours * 3600 + minutes * 60) * (s.data[at] == '-' ? -1 : 1);
	return true;
}

static int days_in_month(int year, int month)
{
	int64_t next = month == 12 ? tt_time_days(year + 1, 1, 1)
				   : tt_time_days(year, (unsigned)month + 1, 1);

	return (int)(next - tt_time_days(year, (unsigned)month, 1));
}

/* "2006-01-02T" to days since 1970. */
static bool get_date(struct tt_str s, int64_t *ret_days)
{
	int year, month, day;

	if (s.data[4] != '-' || s.data[7] != '-' || s.data[10] != 'T' ||
		!get_digits(s, 0, 4, 9999, &year) || !get_digits(s, 5, 2, 12, &month) ||
		!get_digits(s, 8, 2, 31, &day))
		return false;
	if (month < 1 || day < 1 || day > days_in_month(year, month))
		return false;
	*ret_days = tt_time_days(year, (unsigned)month, (unsigned)day);
	return true;
}

/* "15:04:05" behind the date to seconds of the day. */
static bool get_clock(struct tt_str s, int64_t *ret_seconds)
{
	int hour, minute, second;

	if (s.data[13] != ':' || s.data[16] != ':' || !get_digits(s, 11, 2, 23, &hour) ||
		!get_digits(s, 14, 2, 59, &minute) || !get_digits(s, 17, 2, 59, &second))
		return false;
	*ret_seconds = hour * 3600 + minute * 60 + second;
	return true;
}

bool tt_time_parse(struct tt_str text, bool exact_micros, int64_t *ret_us)
{
	int64_t days, of_day, micros = 0, offset;
	size_t at = 19;

	if (text.len < 20 || !get_date(text, &days) || !get_clock(text, &of_day))
		return false;
	if (text.data[at] == '.') {
		if (!get_fraction(text, &at, exact_micros, &micros))
			return false;
	} else if (exact_micros) {
		return false;
	}
	if (at >= text.len || !get_offset(text, at, &offset))
		return false;
	*ret_us = (days * SECONDS_PER_DAY + of_day - offset) * TT_US_PER_S + micros;
	return true;
}
