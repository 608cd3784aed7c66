/* SPDX-License-Identifier: Apache-2.0 */
#include "base/str.h"

#include <limits.h>
#include <stdarg.h>
#include <stdio.h>

#include "base/arena.h"
#include "base/assert.h"

int tt_str_cmp(struct tt_str a, struct tt_str b)
{
	size_t n = a.len < b.len ? a.len : b.len;
	int order = n > 0 ? memcmp(a.data, b.data, n) : 0;

	if (order != 0)
		return order;
	return (a.len > b.len) - (a.len < b.len);
}

bool tt_str_starts(struct tt_str s, struct tt_str part)
{
	return s.len >= part.len && tt_str_eq((struct tt_str){s.data, part.len}, part);
}

bool tt_str_ends(struct tt_str s, struct tt_str part)
{
	return s.len >= part.len &&
	       tt_str_eq((struct tt_str){s.data + s.len - part.len, part.len}, part);
}

ptrdiff_t tt_str_find(struct tt_str s, struct tt_str needle)
{
	if (needle.len == 0)
		return 0;
	if (s.len < needle.len)
		return -1;
	const char *hit = memmem(s.data, s.len, needle.data, needle.len);

	return hit != NULL ? hit - s.data : -1;
}

struct tt_str tt_str_split(struct tt_str *s, char sep)
{
	const char *at = s->len > 0 ? memchr(s->data, sep, s->len) : NULL;
	struct tt_str head = *s;

	if (at == NULL) {
		*s = (struct tt_str){NULL, 0};
		return head;
	}
	head.len = (size_t)(at - s->data);
	*s = (struct tt_str){at + 1, s->len - head.len - 1};
	return head;
}

static bool is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

struct tt_str tt_str_trim(struct tt_str s)
{
	while (s.len > 0 && is_space(s.data[0])) {
		s.data++;
		s.len--;
	}
	while (s.len > 0 && is_space(s.data[s.len - 1]))
		s.len--;
	return s;
}

bool tt_str_u64(struct tt_str s, unsigned long long *ret)
{
	unsigned long long value = 0;

	if (s.len == 0)
		return false;
	for (size_t i = 0; i < s.len; i++) {
		unsigned digit = (unsigned)(s.data[i] - '0');

		if (digit > 9 || value > (ULLONG_MAX - digit) / 10)
			return false;
		value = value * 10 + digit;
	}
	*ret = value;
	return true;
}

struct tt_str tt_str_of_u64(unsigned long long value, char to[TT_U64_SIZE])
{
	size_t at = TT_U64_SIZE;

	do {
		to[--at] = (char)('0' + value % 10);
		value /= 10;
	} while (value > 0);
	return (struct tt_str){to + at, TT_U64_SIZE - at};
}

char *tt_str_cstr(struct tt_arena *arena, struct tt_str s)
{
	char *copy = tt_arena_alloc(arena, s.len + 1, 1);

	if (s.len > 0)
		memcpy(copy, s.data, s.len);
	copy[s.len] = '\0';
	return copy;
}

struct tt_str tt_str_dup(struct tt_arena *arena, struct tt_str s)
{
	return (struct tt_str){tt_str_cstr(arena, s), s.len};
}

struct tt_str tt_str_printf(struct tt_arena *arena, const char *fmt, ...)
{
	va_list ap, again;

	va_start(ap, fmt);
	va_copy(again, ap);
	int n = vsnprintf(NULL, 0, fmt, ap);

	va_end(ap);
	tt_assert(n >= 0);
	char *text = tt_arena_alloc(arena, (size_t)n + 1, 1);

	(void)vsnprintf(text, (size_t)n + 1, fmt, again);
	va_end(again);
	return (struct tt_str){text, (size_t)n};
}
