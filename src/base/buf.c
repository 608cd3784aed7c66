/* SPDX-License-Identifier: Apache-2.0 */
#include "base/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/assert.h"
#include "base/mem.h"

void tt_buf_init(struct tt_buf *b, size_t max)
{
	tt_assert(max < SIZE_MAX / 2);
	*b = (struct tt_buf){.max = max};
}

void tt_buf_release(struct tt_buf *b)
{
	tt_free(b->data);
	tt_buf_init(b, b->max);
}

void tt_buf_clear(struct tt_buf *b)
{
	b->len = 0;
	b->failed = false;
	if (b->data != NULL)
		b->data[0] = '\0';
}

static void grow(struct tt_buf *b, size_t wanted)
{
	size_t cap = b->cap > 0 ? b->cap : 64;

	while (cap <= wanted)
		cap *= 2;
	b->data = tt_realloc(b->data, cap, 1);
	b->cap = cap;
	b->data[b->len] = '\0';
}

/* Everything that is written comes through here. */
static inline char *room(struct tt_buf *b, size_t n)
{
	if (b->failed || n > b->max - b->len) {
		b->failed = true;
		return NULL;
	}
	if (b->len + n >= b->cap)
		grow(b, b->len + n);
	return b->data + b->len;
}

char *tt_buf_reserve(struct tt_buf *b, size_t n)
{
	return room(b, n);
}

void tt_buf_add(struct tt_buf *b, const void *data, size_t n)
{
	char *to = room(b, n);

	if (to == NULL || n == 0)
		return;
	memcpy(to, data, n);
	to[n] = '\0';
	b->len += n;
}

void tt_buf_char(struct tt_buf *b, char c)
{
	char *to = room(b, 1);

	if (to == NULL)
		return;
	to[0] = c;
	to[1] = '\0';
	b->len++;
}

void tt_buf_text(struct tt_buf *b, const char *text)
{
	tt_buf_add(b, text, strlen(text));
}

void tt_buf_str(struct tt_buf *b, struct tt_str s)
{
	tt_buf_add(b, s.data, s.len);
}

void tt_buf_printf(struct tt_buf *b, const char *fmt, ...)
{
	va_list ap, again;

	va_start(ap, fmt);
	va_copy(again, ap);
	int n = vsnprintf(NULL, 0, fmt, ap);

	va_end(ap);
	tt_assert(n >= 0);
	char *to = tt_buf_reserve(b, (size_t)n);

	if (to != NULL) {
		(void)vsnprintf(to, (size_t)n + 1, fmt, again);
		b->len += (size_t)n;
	}
	va_end(again);
}

void tt_buf_u64(struct tt_buf *b, uint64_t value)
{
	char digits[TT_U64_SIZE];

	tt_buf_str(b, tt_str_of_u64(value, digits));
}

void tt_buf_grouped(struct tt_buf *b, uint64_t value)
{
	if (value < 1000) {
		tt_buf_u64(b, value);
		return;
	}
	tt_buf_grouped(b, value / 1000);
	tt_buf_printf(b, ",%03u", (unsigned)(value % 1000));
}

void tt_buf_i64(struct tt_buf *b, int64_t value)
{
	if (value < 0)
		tt_buf_char(b, '-');
	tt_buf_u64(b, value < 0 ? 0 - (uint64_t)value : (uint64_t)value);
}

void tt_buf_consume(struct tt_buf *b, size_t n)
{
	tt_assert(n <= b->len);
	if (n == 0)
		return;
	memmove(b->data, b->data + n, b->len - n + 1);
	b->len -= n;
}

void tt_buf_swap(struct tt_buf *a, struct tt_buf *b)
{
	struct tt_buf was = *a;

	*a = *b;
	*b = was;
}

struct tt_str tt_buf_view(const struct tt_buf *b)
{
	return (struct tt_str){b->data, b->len};
}
