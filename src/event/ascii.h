/* SPDX-License-Identifier: Apache-2.0 */
/* ascii.h - whether a short text is ASCII, and so needs no further look. Only for src/event. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

/* In words, the last of which overlaps the one before it. */
static inline bool tt_is_ascii(const char *p, size_t n)
{
	uint64_t word, seen = 0;
	uint32_t half, half_seen = 0;

#ifdef __SSE2__
	if (n >= sizeof(__m128i)) {
		__m128i all = _mm_loadu_si128((const void *)(p + n - sizeof(__m128i)));

		for (size_t i = 0; i + sizeof(__m128i) < n; i += sizeof(__m128i))
			all = _mm_or_si128(all, _mm_loadu_si128((const void *)(p + i)));
		return _mm_movemask_epi8(all) == 0;
	}
#endif
	if (n >= sizeof(word)) {
		for (size_t i = 0; i + sizeof(word) < n; i += sizeof(word)) {
			memcpy(&word, p + i, sizeof(word));
			seen |= word;
		}
		memcpy(&word, p + n - sizeof(word), sizeof(word));
		return ((seen | word) & 0x8080808080808080u) == 0;
	}
	if (n >= sizeof(half)) {
		memcpy(&half, p, sizeof(half));
		memcpy(&half_seen, p + n - sizeof(half), sizeof(half));
		return ((half | half_seen) & 0x80808080u) == 0;
	}
	for (; n > 0; n--)
		half_seen |= (unsigned char)*p++;
	return (half_seen & 0x80) == 0;
}
