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
/* A bit for each byte of a block that is `c` once the bits of `fold` are set in it. */
static uint64_t bytes_equal(const __m128i block[4], char c, char fold)
{
	uint64_t bits = 0;

	for (int i = 0; i < 4; i++) {
		__m128i folded = _mm_or_si128(block[i], _mm_set1_epi8(fold));
		int mask = _mm_movemask_epi8(_mm_cmpeq_epi8(folded, _mm_set1_epi8(c)));

		bits |= (uint64_t)(unsigned)mask << (16 * i);
	}
	return bits;
}

/* Each bit becomes the parity of itself and all lower ones: between two quotes, 1. */
static uint64_t parity_so_far(uint64_t bits)
{
	for (int shift = 1; shift < 64; shift *= 2)
		bits ^= bits << shift;
	return bits;
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
		__m128i block[4];

		for (int i = 0; i < 4; i++)
			block[i] = _mm_loadu_si128((const __m128i *)(const void *)(p + 16 * i));
		if (bytes_equal(block, '\\', 0) != 0)
			return p;
		uint64_t inside = parity_so_far(bytes_equal(block, '"', 0)) ^
				  (s->in_string ? UINT64_MAX : 0);
		/* [ and ] differ from { and } in one bit */
		unsigned behind = count_brackets(s, bytes_equal(block, '{', 0x20) & ~inside,
			bytes_equal(block, '}', 0x20) & ~inside);

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
