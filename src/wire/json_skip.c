/* SPDX-License-Identifier: Apache-2.0 */
/* Passing over values: a loop over tokens with one bit of memory per open container, because
 * managedFields make up a third of an Event's JSON and are skipped in each. */
#include <string.h>

#include "base/utf8.h"
#include "wire/json.h"
#include "wire/json_scan.h"

_Static_assert(TT_JSON_MAX_DEPTH <= 64, "open containers are bits of a uint64_t");

struct skip {
	const char *p, *end;
	unsigned depth, room;
	uint64_t objects; /* bit per open container, innermost lowest: whether it is an object */
	unsigned high;    /* a string held a byte that is not ASCII */
	const char *problem;
};

static bool fail(struct skip *s, const char *problem)
{
	s->problem = problem;
	return false;
}

static bool is_hex(char c)
{
	return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'f');
}

/* Behind the escape whose backslash is at `p`, or NULL. */
static const char *scan_escape(const char *p, const char *end)
{
	if (end - p < 2)
		return NULL;
	switch (p[1]) {
	case '"':
	case '\\':
	case '/':
	case 'b':
	case 'f':
	case 'n':
	case 'r':
	case 't': return p + 2;
	case 'u':
		if (end - p < 6 || !is_hex(p[2]) || !is_hex(p[3]) || !is_hex(p[4]) || !is_hex(p[5]))
			return NULL;
		return p + 6;
	default: return NULL;
	}
}

const char *tt_json_scan_string(const char *p, const char *end, unsigned *high)
{
	unsigned ignored = 0;

	for (;;) {
		p = tt_json_scan_plain(p, end, high != NULL ? high : &ignored);
		if (p == end)
			return NULL;
		if (*p == '"')
			return p;
		if (*p != '\\' || (p = scan_escape(p, end)) == NULL)
			return NULL;
	}
}

static inline bool skip_string(struct skip *s)
{
	unsigned high = 0;
	const char *p = tt_json_scan_plain(s->p + 1, s->end, &high);

	if (p == s->end || *p != '"')
		p = tt_json_scan_string(p, s->end, &high);
	if (p == NULL)
		return fail(s, "unfinished or wrong string");
	s->high |= high;
	s->p = p + 1;
	return true;
}

static const char *scan_digits(const char *p, const char *end)
{
	while (p < end && *p >= '0' && *p <= '9')
		p++;
	return p;
}

/* Behind the number at `p`, or NULL. */
static const char *scan_number(const char *p, const char *end)
{
	const char *digits = p + (*p == '-');

	p = scan_digits(digits, end);
	if (p == digits || (*digits == '0' && p - digits > 1))
		return NULL;
	if (p < end && *p == '.') {
		digits = p + 1;
		if ((p = scan_digits(digits, end)) == digits)
			return NULL;
	}
	if (p < end && (*p == 'e' || *p == 'E')) {
		digits = p + 1;
		if (digits < end && (*digits == '+' || *digits == '-'))
			digits++;
		if ((p = scan_digits(digits, end)) == digits)
			return NULL;
	}
	return p;
}

static bool skip_scalar(struct skip *s)
{
	static const struct tt_str words[] = {{"null", 4}, {"true", 4}, {"false", 5}};
	size_t left = (size_t)(s->end - s->p);

	if (left > 0 && (*s->p == '-' || (*s->p >= '0' && *s->p <= '9'))) {
		const char *p = scan_number(s->p, s->end);

		if (p == NULL)
			return fail(s, "malformed number");
		s->p = p;
		return true;
	}
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (left >= words[i].len && memcmp(s->p, words[i].data, words[i].len) == 0) {
			s->p += words[i].len;
			return true;
		}
	return fail(s, "expected a value");
}

static inline char next_byte(struct skip *s)
{
	s->p = tt_json_scan_space(s->p, s->end);
	return s->p < s->end ? *s->p : '\0';
}

/* A key and its colon. */
static inline bool skip_key(struct skip *s)
{
	if (next_byte(s) != '"')
		return fail(s, "expected a key");
	if (!skip_string(s))
		return false;
	if (next_byte(s) != ':')
		return fail(s, "expected : behind a key");
	s->p++;
	return true;
}

/* The container that opens here. `*ret_inside` says whether a value of it comes next; false for
 * an empty one, which is then behind us. */
static inline bool open_container(struct skip *s, bool object, bool *ret_inside)
{
	s->p++;
	*ret_inside = next_byte(s) != (object ? '}' : ']');
	if (s->depth >= s->room)
		return fail(s, "nested too deep");
	if (!*ret_inside) {
		s->p++;
		return true;
	}
	s->depth++;
	s->objects = s->objects << 1 | object;
	return !object || skip_key(s);
}

/* Behind a value: closes what ends here. `*ret_inside` says whether another value comes next. */
static inline bool close_containers(struct skip *s, bool *ret_inside)
{
	*ret_inside = false;
	while (s->depth > 0) {
		bool object = s->objects & 1;
		char c = next_byte(s);

		if (c == ',') {
			s->p++;
			*ret_inside = true;
			return !object || skip_key(s);
		}
		if (c != (object ? '}' : ']'))
			return fail(s, object ? "expected , or } in an object"
					      : "expected , or ] in an array");
		s->p++;
		s->depth--;
		s->objects >>= 1;
	}
	return true;
}

static bool skip_value(struct skip *s)
{
	bool inside;

	do {
		char c = next_byte(s);

		inside = false;
		if (c == '{' || c == '[') {
			if (!open_container(s, c == '{', &inside))
				return false;
		} else if (!(c == '"' ? skip_string(s) : skip_scalar(s))) {
			return false;
		}
		if (!inside && !close_containers(s, &inside))
			return false;
	} while (inside);
	return true;
}

struct tt_str tt_json_skip(struct tt_json_reader *r)
{
	if (r->problem != NULL)
		return (struct tt_str){0};
	r->at = tt_json_scan_space(r->at, r->end);
	struct skip s = {.p = r->at, .end = r->end, .room = TT_JSON_MAX_DEPTH - r->depth};
	bool ok = skip_value(&s);
	struct tt_str text = {r->at, (size_t)(s.p - r->at)};

	if (ok && s.high != 0 && !tt_utf8_valid(text))
		ok = fail(&s, "string is not UTF-8");
	r->at = s.p;
	if (!ok) {
		tt_json_reader_fail(r, s.problem);
		return (struct tt_str){0};
	}
	return text;
}
