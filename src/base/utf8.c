/* SPDX-License-Identifier: Apache-2.0 */
#include "base/utf8.h"

static bool all_ascii8(const char *p)
{
	uint64_t v;

	memcpy(&v, p, sizeof(v));
	return (v & 0x8080808080808080u) == 0;
}

/* Length of the sequence that the lead byte `c` opens; 0 if it opens none. */
static size_t sequence_len(unsigned char c)
{
	if (c < 0x80)
		return 1;
	if (c >= 0xc2 && c <= 0xdf)
		return 2;
	if ((c & 0xf0) == 0xe0)
		return 3;
	return c >= 0xf0 && c <= 0xf4 ? 4 : 0;
}

uint32_t tt_utf8_decode(struct tt_str s, size_t *ret_len)
{
	static const unsigned char lead_mask[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
	static const uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
	size_t len = sequence_len((unsigned char)s.data[0]);

	*ret_len = 1;
	if (len == 0 || len > s.len)
		return 0xfffd;
	uint32_t code = (unsigned char)s.data[0] & lead_mask[len];

	for (size_t i = 1; i < len; i++) {
		if (((unsigned char)s.data[i] & 0xc0) != 0x80)
			return 0xfffd;
		code = code << 6 | ((unsigned char)s.data[i] & 0x3f);
	}
	if (code < smallest[len] || code > 0x10ffff || (code >= 0xd800 && code < 0xe000))
		return 0xfffd;
	*ret_len = len;
	return code;
}

bool tt_utf8_valid(struct tt_str s)
{
	while (s.len > 0) {
		size_t len = 1;

		if (s.len >= 8 && all_ascii8(s.data))
			len = 8;
		else if ((unsigned char)s.data[0] >= 0x80 &&
			 (tt_utf8_decode(s, &len) == 0xfffd && len == 1))
			return false;
		s.data += len;
		s.len -= len;
	}
	return true;
}

size_t tt_utf8_encode(uint32_t code_point, char *to)
{
	if (code_point < 0x80) {
		to[0] = (char)code_point;
		return 1;
	}
	size_t len = code_point < 0x800 ? 2 : code_point < 0x10000 ? 3 : 4;
	static const unsigned char lead[] = {0, 0, 0xc0, 0xe0, 0xf0};

	for (size_t i = len - 1; i > 0; i--) {
		to[i] = (char)(0x80 | (code_point & 0x3f));
		code_point >>= 6;
	}
	to[0] = (char)(lead[len] | code_point);
	return len;
}

size_t tt_utf8_count(struct tt_str s)
{
	size_t n = 0;

	for (; s.len > 0; n++) {
		size_t len;

		(void)tt_utf8_decode(s, &len);
		s.data += len;
		s.len -= len;
	}
	return n;
}
