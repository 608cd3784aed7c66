/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/json.h"

#include <string.h>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "base/utf8.h"

static const char hex_digits[] = "0123456789abcdef";

/* Whether Go's encoding/json writes `c` as it is. */
static inline bool is_plain(unsigned char c)
{
	return c >= 0x20 && c < 0x80 && c != '"' && c != '\\' && c != '<' && c != '>' && c != '&';
}

#ifdef __SSE2__
/* A bit for each of 16 bytes that is not plain. */
static inline unsigned special_bits(const char *p)
{
	__m128i bytes = _mm_loadu_si128((const void *)p);
	/* as signed numbers, what is not ASCII is below the space as well */
	__m128i found = _mm_cmplt_epi8(bytes, _mm_set1_epi8(0x20));

	found = _mm_or_si128(found, _mm_cmpeq_epi8(bytes, _mm_set1_epi8('"')));
	found = _mm_or_si128(found, _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\\')));
	found = _mm_or_si128(found, _mm_cmpeq_epi8(bytes, _mm_set1_epi8('<')));
	found = _mm_or_si128(found, _mm_cmpeq_epi8(bytes, _mm_set1_epi8('>')));
	found = _mm_or_si128(found, _mm_cmpeq_epi8(bytes, _mm_set1_epi8('&')));
	return (unsigned)_mm_movemask_epi8(found);
}
#endif

/* How many bytes at the front of `s` are plain. */
static inline size_t plain_len(struct tt_str s)
{
	size_t n = 0;

#ifdef __SSE2__
	for (; s.len - n >= 16; n += 16) {
		unsigned bits = special_bits(s.data + n);

		if (bits != 0)
			return n + (size_t)__builtin_ctz(bits);
	}
#endif
	while (n < s.len && is_plain((unsigned char)s.data[n]))
		n++;
	return n;
}

static void put_unicode_escape(struct tt_buf *to, unsigned code)
{
	char escape[6] = {'\\', 'u', hex_digits[code >> 12], hex_digits[code >> 8 & 15],
		hex_digits[code >> 4 & 15], hex_digits[code & 15]};

	tt_buf_add(to, escape, sizeof(escape));
}

static void put_ascii_escape(struct tt_buf *to, char c)
{
	switch (c) {
	case '"': tt_buf_add(to, "\\\"", 2); break;
	case '\\': tt_buf_add(to, "\\\\", 2); break;
	case '\b': tt_buf_add(to, "\\b", 2); break;
	case '\f': tt_buf_add(to, "\\f", 2); break;
	case '\n': tt_buf_add(to, "\\n", 2); break;
	case '\r': tt_buf_add(to, "\\r", 2); break;
	case '\t': tt_buf_add(to, "\\t", 2); break;
	default: put_unicode_escape(to, (unsigned char)c); break;
	}
}

/* The character at the start of `s`, which is not plain; returns its length. */
static size_t put_special(struct tt_buf *to, struct tt_str s)
{
	size_t len;

	if ((unsigned char)s.data[0] < 0x80) {
		put_ascii_escape(to, s.data[0]);
		return 1;
	}
	uint32_t code = tt_utf8_decode(s, &len);

	if (code == 0x2028 || code == 0x2029 || (code == 0xfffd && len == 1))
		put_unicode_escape(to, code);
	else
		tt_buf_add(to, s.data, len);
	return len;
}

/* A string of which nothing needs an escape. */
static void put_plain(struct tt_buf *to, struct tt_str s)
{
	char *p = tt_buf_reserve(to, s.len + 2);

	if (p == NULL)
		return;
	p[0] = '"';
	if (s.len > 0)
		memcpy(p + 1, s.data, s.len);
	p[s.len + 1] = '"';
	p[s.len + 2] = '\0';
	to->len += s.len + 2;
}

void tt_json_put_piece(struct tt_buf *to, struct tt_str s)
{
	size_t n = plain_len(s);

	while (s.len > 0) {
		tt_buf_add(to, s.data, n);
		if (n < s.len)
			n += put_special(to, (struct tt_str){s.data + n, s.len - n});
		s.data += n;
		s.len -= n;
		n = plain_len(s);
	}
}

void tt_json_put_string(struct tt_buf *to, struct tt_str s)
{
	if (plain_len(s) == s.len) {
		put_plain(to, s);
		return;
	}
	tt_buf_char(to, '"');
	tt_json_put_piece(to, s);
	tt_buf_char(to, '"');
}
