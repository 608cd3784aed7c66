/* SPDX-License-Identifier: Apache-2.0 */
/* json_scan.h - moving over white space and strings, shared by the parts of the reader. Only for
 * src/wire. Sixteen bytes at a time where SSE2 is there; never outside [p, end). */
#pragma once

#include <stddef.h>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

static inline const char *tt_json_scan_space(const char *p, const char *end)
{
	while (p < end && (*p == ' ' || *p == '\n' || *p == '\t' || *p == '\r'))
		p++;
	return p;
}

/* Moves to the first quote, backslash or control byte, or to `end`. `*high` becomes non-zero if
 * a byte passed over was not ASCII. */
static inline const char *tt_json_scan_plain(const char *p, const char *end, unsigned *high)
{
#ifdef __SSE2__
	const __m128i quote = _mm_set1_epi8('"'), backslash = _mm_set1_epi8('\\');
	const __m128i control = _mm_set1_epi8(0x1f);

	while (end - p >= 16) {
		__m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)p);
		__m128i stop = _mm_or_si128(_mm_or_si128(_mm_cmpeq_epi8(bytes, quote),
						    _mm_cmpeq_epi8(bytes, backslash)),
			_mm_cmpeq_epi8(_mm_min_epu8(bytes, control), bytes));
		unsigned stops = (unsigned)_mm_movemask_epi8(stop);
		unsigned highs = (unsigned)_mm_movemask_epi8(bytes);

		if (stops != 0) {
			*high |= highs & ((stops & -stops) - 1);
			return p + __builtin_ctz(stops);
		}
		*high |= highs;
		p += 16;
	}
#endif
	for (; p < end && *p != '"' && *p != '\\' && (unsigned char)*p >= 0x20; p++)
		*high |= (unsigned char)*p & 0x80;
	return p;
}

/* From inside a string to its closing quote, escapes checked; NULL if it has none or is wrong.
 * `*high` as above; NULL if that does not matter. */
const char *tt_json_scan_string(const char *p, const char *end, unsigned *high);
