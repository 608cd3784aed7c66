/* SPDX-License-Identifier: Apache-2.0 */
/* str.h - a borrowed piece of text: pointer and length, not ended by NUL, never owned.
 *
 * A tt_str lives as long as what it points into. The empty string has len 0 and any pointer. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

struct tt_arena;

struct tt_str {
	const char *data;
	size_t len;
};

/* A tt_str of a string literal; usable in initialisers of automatic variables. */
#define TT_STR(literal) ((struct tt_str){"" literal, sizeof(literal) - 1})

/* For printf: "%.*s". */
#define TT_STR_ARG(s) (int)(s).len, (s).len > 0 ? (s).data : ""

/* Text ended by NUL, borrowed; NULL gives the empty string. */
static inline struct tt_str tt_str_from(const char *text)
{
	return (struct tt_str){text, text != NULL ? strlen(text) : 0};
}

/* Same bytes. */
static inline bool tt_str_eq(struct tt_str a, struct tt_str b)
{
	if (a.len != b.len)
		return false;
	return a.len == 0 || (b.data != NULL && memcmp(a.data, b.data, a.len) == 0);
}

/* Same bytes as the NUL-terminated `text`. */
static inline bool tt_str_is(struct tt_str a, const char *text)
{
	return tt_str_eq(a, tt_str_from(text));
}

/* Order by bytes, a prefix first: negative, zero or positive. */
int tt_str_cmp(struct tt_str a, struct tt_str b);

/* Whether `s` begins, or ends, with `part`. */
bool tt_str_starts(struct tt_str s, struct tt_str part);
bool tt_str_ends(struct tt_str s, struct tt_str part);

/* Where `needle` first occurs in `s`, or -1. The empty needle occurs at 0. */
ptrdiff_t tt_str_find(struct tt_str s, struct tt_str needle);

/* Cuts `s` at the first `sep`: returns what lies before it and leaves the rest in `*s`. Without a
 * `sep` all of `*s` is returned and `*s` becomes empty with data == NULL, so that
 * `while (s.data != NULL)` visits every field, the empty ones too. */
struct tt_str tt_str_split(struct tt_str *s, char sep);

/* `s` without ASCII white space at both ends. */
struct tt_str tt_str_trim(struct tt_str s);

/* A whole decimal number without sign, at most UINT64_MAX; false for anything else. */
bool tt_str_u64(struct tt_str s, unsigned long long *ret);

/* `value` in decimal, without a NUL, somewhere in `to`. */
enum { TT_U64_SIZE = 20 };
struct tt_str tt_str_of_u64(unsigned long long value, char to[TT_U64_SIZE]);

/* A NUL-terminated copy of `s` in `arena`; tt_str_dup() gives the same as a tt_str. */
char *tt_str_cstr(struct tt_arena *arena, struct tt_str s);
struct tt_str tt_str_dup(struct tt_arena *arena, struct tt_str s);

/* printf into `arena`. */
__attribute__((format(printf, 2, 3))) struct tt_str tt_str_printf(
	struct tt_arena *arena, const char *fmt, ...);
