/* SPDX-License-Identifier: Apache-2.0 */
/* Searching long texts: candidates are places where the first and the last byte of the needle
 * stand at the right distance, 16 at a time. */
#include "store/match.h"

#ifdef __SSE2__
#include <emmintrin.h>

const char *tt_search(const char *haystack, size_t n, struct tt_str needle)
{
	if (needle.len < 2 || n < needle.len + 16)
		return memmem(haystack, n, needle.data, needle.len);
	const __m128i first = _mm_set1_epi8(needle.data[0]);
	const __m128i last = _mm_set1_epi8(needle.data[needle.len - 1]);
	const char *at = haystack, *end = haystack + n - needle.len - 15;

	for (; at < end; at += 16) {
		__m128i a = _mm_loadu_si128((const __m128i *)(const void *)at);
		__m128i b = _mm_loadu_si128((const __m128i *)(const void *)(at + needle.len - 1));
		unsigned mask = (unsigned)_mm_movemask_epi8(
			_mm_and_si128(_mm_cmpeq_epi8(a, first), _mm_cmpeq_epi8(b, last)));

		for (; mask != 0; mask &= mask - 1) {
			const char *place = at + __builtin_ctz(mask);

			if (memcmp(place, needle.data, needle.len) == 0)
				return place;
		}
	}
	return memmem(at, (size_t)(haystack + n - at), needle.data, needle.len);
}
#else
const char *tt_search(const char *haystack, size_t n, struct tt_str needle)
{
	return memmem(haystack, n, needle.data, needle.len);
}
#endif
