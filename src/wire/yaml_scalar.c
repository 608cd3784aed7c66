/* SPDX-License-Identifier: Apache-2.0 */
/* What a plain scalar is read as (YAML 1.1 as go-yaml v2 understands it), and the order of keys. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/timestamp.h"
#include "base/utf8.h"
#include "wire/yaml_text.h"

enum { NUMBER_SIZE = 128 };

static const char *const words[] = {"", "~", "null", "Null", "NULL", "y", "Y", "yes", "Yes", "YES",
	"true", "True", "TRUE", "on", "On", "ON", "n", "N", "no", "No", "NO", "false", "False",
	"FALSE", "off", "Off", "OFF", ".nan", ".NaN", ".NAN", ".inf", ".Inf", ".INF", "+.inf",
	"+.Inf", "+.INF", "-.inf", "-.Inf", "-.INF", NULL};

static bool is_word(struct tt_str s)
{
	for (const char *const *word = words; *word != NULL; word++)
		if (tt_str_is(s, *word))
			return true;
	return false;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Skips a run of digits; how many there were. */
static size_t skip_digits(const char **p)
{
	const char *start = *p;

	while (is_digit(**p))
		(*p)++;
	return (size_t)(*p - start);
}

/* One or two digits of at least `min` and at most `max`. */
static bool skip_field(const char **p, int min, int max)
{
	int value = 0;
	const char *start = *p;

	while (is_digit(**p) && *p - start < 2)
		value = value * 10 + (*(*p)++ - '0');
	return *p > start && value >= min && value <= max;
}

static bool skip_char(const char **p, char c)
{
	if (**p != c)
		return false;
	(*p)++;
	return true;
}

static bool is_day_of_month(const char *text, int64_t day)
{
	int year;
	unsigned month, day_there;
	const char *p = text + 5;

	(void)skip_field(&p, 1, 12);
	int64_t days = tt_time_days(
		(int)strtol(text, NULL, 10), (unsigned)strtol(text + 5, NULL, 10), (unsigned)day);

	tt_time_date(days, &year, &month, &day_there);
	return day_there == day;
}

/* "15:4:5.999". */
static bool skip_time_of_day(const char **p)
{
	if (!skip_field(p, 0, 23) || !skip_char(p, ':') || !skip_field(p, 0, 59) ||
		!skip_char(p, ':') || !skip_field(p, 0, 59))
		return false;
	if ((**p == '.' || **p == ',') && is_digit((*p)[1])) {
		(*p)++;
		(void)skip_digits(p);
	}
	return true;
}

/* "Z" or "+07:00". */
static bool is_zone(const char *p)
{
	if (*p == 'Z')
		return p[1] == '\0';
	return (*p == '+' || *p == '-') && strlen(p) == 6 && p[3] == ':' && is_digit(p[1]) &&
	       is_digit(p[2]) && is_digit(p[4]) && is_digit(p[5]);
}

/* "2006-1-2". */
static bool skip_date(const char **p)
{
	const char *start = *p;

	if (skip_digits(p) != 4 || !skip_char(p, '-') || !skip_field(p, 1, 12) ||
		!skip_char(p, '-'))
		return false;
	const char *day = *p;

	return skip_field(p, 1, 31) && is_day_of_month(start, strtol(day, NULL, 10));
}

/* A date, with a time of day behind a space, or behind T with a zone. */
static bool is_time(const char *text)
{
	const char *p = text;

	if (!skip_date(&p))
		return false;
	if (*p == '\0')
		return true;
	if (skip_char(&p, ' '))
		return skip_time_of_day(&p) && *p == '\0';
	return (skip_char(&p, 'T') || skip_char(&p, 't')) && skip_time_of_day(&p) && is_zone(p);
}

/* An integer with a prefix (0x, 0o, 0b) that fits into 64 bits. */
static bool is_prefixed_integer(const char *p)
{
	bool negative = *p == '-';
	char *end;
	int base;

	if (*p == '-' || *p == '+')
		p++;
	if (p[0] != '0')
		return false;
	switch (p[1] | 0x20) {
	case 'x': base = 16; break;
	case 'o': base = 8; break;
	case 'b': base = 2; break;
	default: return false;
	}
	if (p[2] == '+' || p[2] == '-' || p[2] == '\0' || strspn(p + 2, " \t\n\v\f\r") > 0)
		return false;
	if (base == 16 && p[2] == '0' && (p[3] | 0x20) == 'x')
		return false;
	errno = 0;
	unsigned long long value = strtoull(p + 2, &end, base);

	return *end == '\0' && errno == 0 && (!negative || value <= (1ULL << 63));
}

/* [-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)? that is no infinity. */
static bool is_decimal(const char *text)
{
	const char *p = text;

	if (*p == '-' || *p == '+')
		p++;
	bool has_whole = skip_digits(&p) > 0;

	if (skip_char(&p, '.')) {
		if (skip_digits(&p) == 0 && !has_whole)
			return false;
	} else if (!has_whole) {
		return false;
	}
	if (*p == 'e' || *p == 'E') {
		p++;
		if (*p == '-' || *p == '+')
			p++;
		if (skip_digits(&p) == 0)
			return false;
	}
	return *p == '\0' && !isinf(strtod(text, NULL));
}

/* [-+]?[0-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)?: numbers to base 60, as YAML 1.1 once had them. */
static bool is_base60(const char *p)
{
	if (*p == '-' || *p == '+')
		p++;
	if (!is_digit(*p))
		return false;
	p += strspn(p, "0123456789_");
	if (*p != ':')
		return false;
	while (skip_char(&p, ':'))
		if (!skip_field(&p, 0, 59))
			return false;
	if (skip_char(&p, '.'))
		p += strspn(p, "0123456789_");
	return *p == '\0';
}

bool tt_yaml_is_text(struct tt_str s)
{
	char text[NUMBER_SIZE], bare[NUMBER_SIZE];
	size_t n = 0;

	if (is_word(s))
		return false;
	if (s.len >= NUMBER_SIZE || (!is_digit(s.data[0]) && memchr("+-.", s.data[0], 3) == NULL) ||
		memchr(s.data, '\0', s.len) != NULL)
		return true;
	memcpy(text, s.data, s.len);
	text[s.len] = '\0';
	for (size_t i = 0; i < s.len; i++)
		if (text[i] != '_')
			bare[n++] = text[i];
	bare[n] = '\0';
	if (text[0] == '.')
		return !is_decimal(text);
	return !is_time(text) && !is_decimal(bare) && !is_prefixed_integer(bare) &&
	       !is_base60(text);
}

static bool is_letter(uint32_t c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c >= 0x80;
}

/* The number in the digits at the start of `s`, and how long they are. */
static uint64_t leading_number(struct tt_str s, uint64_t value, size_t *ret_len)
{
	size_t i = 0;

	for (; i < s.len && is_digit(s.data[i]); i++)
		value = value * 10 + (uint64_t)(s.data[i] - '0');
	*ret_len = i;
	return value;
}

/* Whether the digits just before `at` are more than zeros, so that a zero there counts. */
static bool in_number(struct tt_str s, size_t at)
{
	while (at-- > 0 && is_digit(s.data[at]))
		if (s.data[at] != '0')
			return true;
	return false;
}

/* Two keys that are the same before `at` and differ there. */
static int compare_at(struct tt_str a, struct tt_str b, size_t at)
{
	struct tt_str rest_a = {a.data + at, a.len - at}, rest_b = {b.data + at, b.len - at};
	size_t len_a, len_b;
	uint32_t ca = tt_utf8_decode(rest_a, &len_a), cb = tt_utf8_decode(rest_b, &len_b);

	if (is_letter(ca) || is_letter(cb)) {
		if (is_letter(ca) != is_letter(cb))
			return is_letter(cb) ? -1 : 1;
		return ca < cb ? -1 : 1;
	}
	uint64_t start = (ca == '0' || cb == '0') && in_number(a, at);
	uint64_t na = leading_number(rest_a, start, &len_a);
	uint64_t nb = leading_number(rest_b, start, &len_b);

	if (na != nb)
		return na < nb ? -1 : 1;
	if (len_a != len_b)
		return len_a < len_b ? -1 : 1;
	return ca < cb ? -1 : 1;
}

int tt_yaml_key_cmp(struct tt_str a, struct tt_str b)
{
	size_t n = a.len < b.len ? a.len : b.len, at = 0;

	while (at < n && a.data[at] == b.data[at])
		at++;
	if (at == n)
		return (a.len > b.len) - (a.len < b.len);
	while (at > 0 && ((unsigned char)a.data[at] & 0xc0) == 0x80)
		at--;
	return compare_at(a, b, at);
}
