/* SPDX-License-Identifier: Apache-2.0 */
#include "kube/base64.h"

#include <stdint.h>

#include "base/arena.h"

static int digit_value(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	if (c == '+')
		return 62;
	return c == '/' ? 63 : -1;
}

/* Adds one digit to the group in `*bits`; writes three bytes when it is the fourth. */
static void take_digit(uint32_t *bits, unsigned *n_digits, unsigned value, char **to)
{
	*bits = *bits << 6 | value;
	if (++*n_digits < 4)
		return;
	*(*to)++ = (char)(*bits >> 16);
	*(*to)++ = (char)(*bits >> 8);
	*(*to)++ = (char)*bits;
	*bits = 0;
	*n_digits = 0;
}

/* Writes the last, padded group; false if its digits and padding make no whole. */
static bool take_rest(uint32_t bits, unsigned n_digits, unsigned n_padding, char **to)
{
	if (n_digits == 0)
		return n_padding == 0;
	if (n_digits == 1 || n_digits + n_padding != 4)
		return false;
	if (n_digits == 2) {
		*(*to)++ = (char)(bits >> 4);
		return true;
	}
	*(*to)++ = (char)(bits >> 10);
	*(*to)++ = (char)(bits >> 2);
	return true;
}

bool tt_base64_decode(struct tt_str text, struct tt_arena *arena, struct tt_str *ret)
{
	char *start = tt_arena_alloc(arena, text.len / 4 * 3 + 4, 1), *to = start;
	unsigned n_digits = 0, n_padding = 0;
	uint32_t bits = 0;

	for (size_t i = 0; i < text.len; i++) {
		char c = text.data[i];
		int value = digit_value(c);

		if (c == '\n' || c == '\r')
			continue;
		if (c == '=' && n_padding < 2)
			n_padding++;
		else if (value >= 0 && n_padding == 0)
			take_digit(&bits, &n_digits, (unsigned)value, &to);
		else
			return false;
	}
	if (!take_rest(bits, n_digits, n_padding, &to))
		return false;
	*to = '\0';
	*ret = (struct tt_str){start, (size_t)(to - start)};
	return true;
}

void tt_base64_put(struct tt_buf *to, struct tt_str bytes)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

	for (size_t i = 0; i < bytes.len; i += 3) {
		uint32_t group = 0;
		size_t n = bytes.len - i < 3 ? bytes.len - i : 3;

		for (size_t k = 0; k < 3; k++)
			group = group << 8 | (k < n ? (unsigned char)bytes.data[i + k] : 0);
		for (size_t k = 0; k < 4; k++)
			tt_buf_char(to, k <= n ? digits[group >> (18 - 6 * k) & 63] : '=');
	}
}
