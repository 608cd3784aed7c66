/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/excerpt.h"

enum { BYTES_BEFORE = 16, BYTES_BEHIND = 24, BYTES_PER_ESCAPE = 4 };

static size_t put_byte(char *to, unsigned char c)
{
	static const char hex[] = "0123456789abcdef";

	if (c >= 0x20 && c < 0x7f) {
		to[0] = (char)c;
		return 1;
	}
	to[0] = '\\';
	to[1] = 'x';
	to[2] = hex[c >> 4];
	to[3] = hex[c & 15];
	return BYTES_PER_ESCAPE;
}

static size_t put_dots(char *to)
{
	to[0] = to[1] = to[2] = '.';
	return 3;
}

const char *tt_excerpt_format(struct tt_str text, size_t offset, char to[TT_EXCERPT_SIZE])
{
	size_t at = offset < text.len ? offset : text.len;
	size_t from = at > BYTES_BEFORE ? at - BYTES_BEFORE : 0;
	size_t end = text.len - at > BYTES_BEHIND ? at + BYTES_BEHIND : text.len;
	size_t n = from > 0 ? put_dots(to) : 0;

	for (; from < end && n + BYTES_PER_ESCAPE + 4 <= TT_EXCERPT_SIZE; from++)
		n += put_byte(to + n, (unsigned char)text.data[from]);
	if (from < text.len)
		n += put_dots(to + n);
	to[n] = '\0';
	return to;
}
