/* SPDX-License-Identifier: Apache-2.0 */
/* timestamp.h - calendar time: RFC 3339 text to microseconds since 1970 (UTC) and back.
 *
 * Kubernetes has a zero time (year 1, JSON null), which is not 1970: it is TT_TIME_ZERO here. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

#define TT_TIME_ZERO INT64_MIN

/* Longest text the formatters write, with its NUL. */
enum { TT_TIME_SIZE = 40 };

enum tt_time_form {
	TT_TIME_SECONDS, /* 2006-01-02T15:04:05Z: metav1.Time */
	TT_TIME_MICROS,  /* 2006-01-02T15:04:05.000000Z: metav1.MicroTime */
};

/* Writes `us` (not TT_TIME_ZERO) in UTC to `to` with a NUL; returns the length. Years are
 * clamped to 0..9999; the fraction is cut, never rounded. */
size_t tt_time_format(int64_t us, enum tt_time_form form, char to[TT_TIME_SIZE]);

/* Reads RFC 3339 with an optional fraction (digits beyond microseconds are dropped) and any
 * offset, as strictly as Go: upper-case T and Z, two-digit fields, hour below 24, second below
 * 60. With `exact_micros` exactly six fractional digits are demanded (metav1.MicroTime). */
bool tt_time_parse(struct tt_str text, bool exact_micros, int64_t *ret_us);

/* Days since 1970-01-01 of a date in the proleptic Gregorian calendar. */
int64_t tt_time_days(int year, unsigned month, unsigned day);

/* The date `days` after 1970-01-01. */
void tt_time_date(int64_t days, int *ret_year, unsigned *ret_month, unsigned *ret_day);
