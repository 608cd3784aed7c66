/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/json.h"

#include <string.h>

#include "base/arena.h"
#include "base/utf8.h"
#include "wire/excerpt.h"
#include "wire/json_scan.h"

void tt_json_reader_init(struct tt_json_reader *r, struct tt_str text, struct tt_arena *arena)
{
	const char *start = text.len > 0 ? text.data : "";

	*r = (struct tt_json_reader){
		.start = start, .at = start, .end = start + text.len, .arena = arena};
}

void tt_json_reader_fail(struct tt_json_reader *r, const char *problem)
{
	if (r->problem == NULL)
		r->problem = problem;
}

static bool fail(struct tt_json_reader *r, const char *problem)
{
	tt_json_reader_fail(r, problem);
	return false;
}

/* The next byte that is no white space, not consumed; 0 at the end. */
static inline char next_byte(struct tt_json_reader *r)
{
	r->at = tt_json_scan_space(r->at, r->end);
	return r->at < r->end ? *r->at : '\0';
}

enum tt_json_type tt_json_peek(struct tt_json_reader *r)
{
	if (r->problem != NULL)
		return TT_JSON_NONE;
	switch (next_byte(r)) {
	case '{': return TT_JSON_OBJECT_VALUE;
	case '[': return TT_JSON_ARRAY;
	case '"': return TT_JSON_STRING;
	case 't':
	case 'f': return TT_JSON_BOOL;
	case 'n': return TT_JSON_NULL;
	case '-': return TT_JSON_NUMBER;
	case '\0': return TT_JSON_NONE;
	default: return *r->at >= '0' && *r->at <= '9' ? TT_JSON_NUMBER : TT_JSON_NONE;
	}
}

static bool take_word(struct tt_json_reader *r, const char *word)
{
	size_t n = strlen(word);

	if ((size_t)(r->end - r->at) < n || memcmp(r->at, word, n) != 0)
		return false;
	r->at += n;
	return true;
}

/* Consumes a null, or notes that `expected` was wanted instead. */
static void null_or_fail(struct tt_json_reader *r, const char *expected)
{
	if (r->problem == NULL && (next_byte(r) != 'n' || !take_word(r, "null")))
		tt_json_reader_fail(r, expected);
}

static bool enter(struct tt_json_reader *r, char open, const char *expected)
{
	if (r->problem != NULL || next_byte(r) != open) {
		null_or_fail(r, expected);
		return false;
	}
	if (r->depth == TT_JSON_MAX_DEPTH)
		return fail(r, "nested too deep");
	r->depth++;
	r->at++;
	r->fresh = true;
	return true;
}

bool tt_json_enter_object(struct tt_json_reader *r)
{
	return enter(r, '{', "expected an object");
}

bool tt_json_enter_array(struct tt_json_reader *r)
{
	return enter(r, '[', "expected an array");
}

/* Moves to the next member or item of the container that `close` ends; false behind its end. */
static inline bool next_part(struct tt_json_reader *r, char close, const char *expected)
{
	if (r->problem != NULL)
		return false;
	char c = next_byte(r);
	bool fresh = r->fresh;

	r->fresh = false;
	if (c == close) {
		r->at++;
		r->depth--;
		return false;
	}
	if (fresh)
		return true;
	if (c != ',')
		return fail(r, expected);
	r->at++;
	return true;
}

/* The four hexadecimal digits behind \u at `p`, or -1. */
static int32_t hex4(const char *p, const char *end)
{
	int32_t value = 0;

	if (end - p < 4)
		return -1;
	for (int i = 0; i < 4; i++) {
		char c = p[i], lower = (char)(c | 0x20);

		if (c >= '0' && c <= '9')
			value = value * 16 + (c - '0');
		else if (lower >= 'a' && lower <= 'f')
			value = value * 16 + (lower - 'a' + 10);
		else
			return -1;
	}
	return value;
}

/* Undoes \uXXXX (or a pair of surrogates) at `*p`, which is at the backslash. A lone surrogate
 * becomes U+FFFD, as Go reads it. */
static bool undo_unicode(const char **p, const char *end, char **to)
{
	int32_t code = hex4(*p + 2, end);

	if (code < 0)
		return false;
	*p += 6;
	if (code >= 0xd800 && code < 0xe000) {
		bool paired = end - *p >= 6 && (*p)[0] == '\\' && (*p)[1] == 'u';
		int32_t low = paired && code < 0xdc00 ? hex4(*p + 2, end) : -1;

		if (low >= 0xdc00 && low < 0xe000) {
			code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
			*p += 6;
		} else {
			code = 0xfffd;
		}
	}
	*to += tt_utf8_encode((uint32_t)code, *to);
	return true;
}

/* Undoes the escape at `*p`; false if it is none. It never becomes longer than it was. */
static bool undo_escape(const char **p, const char *end, char **to)
{
	static const char from[] = "\"\\/bfnrt", into[] = "\"\\/\b\f\n\r\t";

	if (end - *p < 2)
		return false;
	if ((*p)[1] == 'u')
		return undo_unicode(p, end, to);
	const char *found = (*p)[1] != '\0' ? strchr(from, (*p)[1]) : NULL;

	if (found == NULL)
		return false;
	*(*to)++ = into[found - from];
	*p += 2;
	return true;
}

/* The rest of a string that begins at `start` and whose first backslash is at `r->at`. */
static bool read_escaped(struct tt_json_reader *r, const char *start, struct tt_str *ret)
{
	const char *close = tt_json_scan_string(r->at, r->end, NULL);

	if (close == NULL)
		return fail(r, "unfinished string or wrong escape");
	char *text = tt_arena_alloc(r->arena, (size_t)(close - start), 1), *to = text;
	const char *p = r->at, *from = start;

	while (p < close) {
		memcpy(to, from, (size_t)(p - from));
		to += p - from;
		if (!undo_escape(&p, close, &to))
			return fail(r, "wrong escape in a string");
		from = p;
		const char *next = memchr(p, '\\', (size_t)(close - p));

		p = next != NULL ? next : close;
	}
	memcpy(to, from, (size_t)(close - from));
	to += close - from;
	r->at = close + 1;
	*ret = (struct tt_str){text, (size_t)(to - text)};
	return true;
}

/* The string at `r->at`, which is at its quote. */
static inline bool read_string(struct tt_json_reader *r, struct tt_str *ret)
{
	const char *start = r->at + 1;
	unsigned high = 0;
	const char *p = tt_json_scan_plain(start, r->end, &high);

	if (p < r->end && *p == '"') {
		*ret = (struct tt_str){start, (size_t)(p - start)};
		r->at = p + 1;
	} else {
		r->at = p;
		if (p == r->end || *p != '\\')
			return fail(r, p == r->end ? "unfinished string"
						   : "control character in a string");
		high = 1; /* not known for the rest of it */
		if (!read_escaped(r, start, ret))
			return false;
	}
	if (high != 0 && !tt_utf8_valid(*ret))
		return fail(r, "string is not UTF-8");
	return true;
}

bool tt_json_next_key(struct tt_json_reader *r, struct tt_str *ret_key)
{
	if (!next_part(r, '}', "expected , or } in an object"))
		return false;
	if (next_byte(r) != '"')
		return fail(r, "expected a key");
	if (!read_string(r, ret_key))
		return false;
	if (next_byte(r) != ':')
		return fail(r, "expected : behind a key");
	r->at++;
	return true;
}

bool tt_json_next_item(struct tt_json_reader *r)
{
	return next_part(r, ']', "expected , or ] in an array");
}

struct tt_str tt_json_string(struct tt_json_reader *r)
{
	struct tt_str s = {0};

	if (r->problem != NULL || next_byte(r) != '"')
		null_or_fail(r, "expected a string");
	else if (!read_string(r, &s))
		return (struct tt_str){0};
	return s;
}

int64_t tt_json_int(struct tt_json_reader *r)
{
	char c = r->problem == NULL ? next_byte(r) : '\0';
	bool negative = c == '-', overflow = false;
	const char *p = r->at + negative, *digits = p;
	uint64_t value = 0;

	if (c != '-' && (c < '0' || c > '9')) {
		null_or_fail(r, "expected a number");
		return 0;
	}
	for (; p < r->end && *p >= '0' && *p <= '9'; p++)
		overflow |= __builtin_mul_overflow(value, 10u, &value) ||
			    __builtin_add_overflow(value, (uint64_t)(*p - '0'), &value);
	if (p == digits || (*digits == '0' && p - digits > 1) ||
		(p < r->end && (*p == '.' || *p == 'e' || *p == 'E')))
		return (int64_t)fail(r, "expected a whole number");
	if (overflow || value > (uint64_t)INT64_MAX + negative)
		return (int64_t)fail(r, "number out of range");
	r->at = p;
	return negative ? (int64_t)(0 - value) : (int64_t)value;
}

bool tt_json_bool(struct tt_json_reader *r)
{
	char c = r->problem == NULL ? next_byte(r) : '\0';

	if (c == 't' && take_word(r, "true"))
		return true;
	if (c != 'f' || !take_word(r, "false"))
		null_or_fail(r, "expected true or false");
	return false;
}

int tt_json_reader_end(struct tt_json_reader *r, bool whole, struct tt_err *err)
{
	char excerpt[TT_EXCERPT_SIZE];

	if (whole && r->problem == NULL) {
		r->at = tt_json_scan_space(r->at, r->end);
		if (r->at < r->end)
			tt_json_reader_fail(r, "unexpected text behind the value");
	}
	if (r->problem == NULL)
		return 0;
	struct tt_str text = {r->start, (size_t)(r->end - r->start)};
	size_t offset = (size_t)(r->at - r->start);

	return tt_fail(err, TT_EINVAL, "%s at offset %zu: \"%s\"", r->problem, offset,
		tt_excerpt_format(text, offset, excerpt));
}
