/* SPDX-License-Identifier: Apache-2.0 */
/* buf.h - bytes that grow up to a maximum given at creation.
 *
 * Writing past the maximum sets a sticky `failed`; later writes do nothing, and the owner looks
 * once at the end. The content is always followed by a NUL that `len` does not count. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

struct tt_buf {
	char *data; /* NULL until the first write */
	size_t len, cap, max;
	bool failed; /* something did not fit into `max` */
};

/* An empty buffer that never holds more than `max` bytes. */
void tt_buf_init(struct tt_buf *b, size_t max);

/* Frees the memory; the buffer is then empty with the same maximum. */
void tt_buf_release(struct tt_buf *b);

/* Empties the buffer, keeps its memory, and forgets a failure. */
void tt_buf_clear(struct tt_buf *b);

/* Room for `n` more bytes at the returned place, which the caller fills before adding `n` to
 * `len`; NULL (and failed) if it does not fit. */
char *tt_buf_reserve(struct tt_buf *b, size_t n);

/* Appends bytes, one byte, text ended by NUL, a tt_str, printf. */
void tt_buf_add(struct tt_buf *b, const void *data, size_t n);
void tt_buf_char(struct tt_buf *b, char c);
void tt_buf_text(struct tt_buf *b, const char *text);
void tt_buf_str(struct tt_buf *b, struct tt_str s);
__attribute__((format(printf, 2, 3))) void tt_buf_printf(struct tt_buf *b, const char *fmt, ...);

/* A decimal number, without going through printf. */
void tt_buf_u64(struct tt_buf *b, uint64_t value);
void tt_buf_i64(struct tt_buf *b, int64_t value);

/* The same with a comma between thousands, for people: 1,204. */
void tt_buf_grouped(struct tt_buf *b, uint64_t value);

/* Drops the first `n` bytes. */
void tt_buf_consume(struct tt_buf *b, size_t n);

/* Exchanges two buffers, without copying what they hold. */
void tt_buf_swap(struct tt_buf *a, struct tt_buf *b);

/* The content, borrowed until the next write. */
struct tt_str tt_buf_view(const struct tt_buf *b);
