/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/frame_scan.h"

#include <stdint.h>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

enum { BLOCK_BYTES = 64 };

/* One byte at a time; returns as tt_bracket_scan(). */
static const char *scan_bytes(struct tt_bracket_scan *s, const char *p, const char *end)
{
	for (; p < end; p++) {
		char c = *p;

		if (s->in_string) {
			if (s->escaped)
				s->escaped = false;
			else if (c == '\\')
				s->escaped = true;
			else if (c == '"')
				s->in_string = false;
		} else if (c == '"') {
			s->in_string = true;
		} else if (c == '{' || c == '[') {
			s->depth++;
		} else if ((c == '}' || c == ']') && --s->depth == 0) {
			return p + 1;
		}
	}
	return p;
}

#ifdef __SSE2__
/* Written out instead of as loops, which gcc -O2 does not unroll. */
struct block {
	__m128i a, b, c, d;
};

static inline struct block block_load(const char *p)
{
	return (struct block){_mm_loadu_si128((const void *)p),
		_mm_loadu_si128((const void *)(p + 16)), _mm_loadu_si128((const void *)(p + 32)),
		_mm_loadu_si128((const void *)(p + 48))};
}

static inline struct block block_or(struct block x, char c)
{
	__m128i bits = _mm_set1_epi8(c);

	return (struct block){_mm_or_si128(x.a, bits), _mm_or_si128(x.b, bits),
		_mm_or_si128(x.c, bits), _mm_or_si128(x.d, bits)};
}

static inline struct block block_equal(struct block x, char c)
{
	__m128i byte = _mm_set1_epi8(c);

	return (struct block){_mm_cmpeq_epi8(x.a, byte), _mm_cmpeq_epi8(x.b, byte),
		_mm_cmpeq_epi8(x.c, byte), _mm_cmpeq_epi8(x.d, byte)};
}

/* A bit for each byte of a block that is set, the first lowest. */
static inline uint64_t block_bits(struct block x)
{
	uint64_t a = (unsigned)_mm_movemask_epi8(x.a), b = (unsigned)_mm_movemask_epi8(x.b);
	uint64_t c = (unsigned)_mm_movemask_epi8(x.c), d = (unsigned)_mm_movemask_epi8(x.d);

	return a | b << 16 | c << 32 | d << 48;
}

static inline bool block_any(struct block x)
{
	__m128i any = _mm_or_si128(_mm_or_si128(x.a, x.b), _mm_or_si128(x.c, x.d));

	return _mm_movemask_epi8(any) != 0;
}

/* Each bit becomes the parity of itself and all lower ones: between two quotes, 1. */
static inline uint64_t parity_so_far(uint64_t bits)
{
	bits ^= bits << 1;
	bits ^= bits << 2;
	bits ^= bits << 4;
	bits ^= bits << 8;
	bits ^= bits << 16;
	return bits ^ bits << 32;
}

/* Counts the brackets of a block, given as bits; the place behind the one that ends the value,
 * or 0. */
static unsigned count_brackets(struct tt_bracket_scan *s, uint64_t open, uint64_t close)
{
	for (uint64_t both = open | close; both != 0; both &= both - 1) {
		if ((open & both & -both) != 0)
			s->depth++;
		else if (--s->depth == 0)
			return (unsigned)__builtin_ctzll(both) + 1;
	}
	return 0;
}

/* As tt_bracket_scan(), for whole blocks; stops at the first that has a backslash. */
static const char *scan_blocks(struct tt_bracket_scan *s, const char *p, const char *end)
{
	while (end - p >= BLOCK_BYTES) {
		struct block block = block_load(p);

		if (block_any(block_equal(block, '\\')))
			return p;
		uint64_t inside = parity_so_far(block_bits(block_equal(block, '"'))) ^
				  (s->in_string ? UINT64_MAX : 0);
		struct block folded = block_or(block, 0x20); /* [ and ] become { and } */
		uint64_t open = block_bits(block_equal(folded, '{')) & ~inside;
		uint64_t close = block_bits(block_equal(folded, '}')) & ~inside;
		unsigned behind = count_brackets(s, open, close);

		if (behind > 0) {
			s->in_string = false;
			return p + behind;
		}
		s->in_string = inside >> 63;
		p += BLOCK_BYTES;
	}
	return p;
}
#else
static const char *scan_blocks(struct tt_bracket_scan *s, const char *p, const char *end)
{
	return p;
}
#endif

const char *tt_bracket_scan(struct tt_bracket_scan *s, const char *p, const char *end)
{
	while (p < end) {
		const char *from = p;

		if (!s->escaped)
			p = scan_blocks(s, p, end);
		if (p > from && s->depth == 0)
			return p;
		const char *stop = end - p > BLOCK_BYTES ? p + BLOCK_BYTES : end;

		p = scan_bytes(s, p, stop);
		if (s->depth == 0)
			return p;
	}
	return p;
}
