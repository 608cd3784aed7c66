/* SPDX-License-Identifier: Apache-2.0 */
#include "serve/kubernetes/continue.h"

#include <string.h>

#include "base/arena.h"
#include "base/hash.h"

enum {
	VERSION = 1,
	NUMBERS = 6,
	TOKEN_BYTES = 1 + NUMBERS * 8 + 4, /* version, numbers, checksum */
};

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

static uint32_t checksum(const unsigned char *bytes)
{
	return (uint32_t)tt_hash(bytes, TOKEN_BYTES - 4, VERSION);
}

static void put_number(unsigned char *to, uint64_t value, size_t n)
{
	for (size_t i = 0; i < n; i++)
		to[i] = (unsigned char)(value >> (8 * i));
}

static uint64_t get_number(const unsigned char *from, size_t n)
{
	uint64_t value = 0;

	for (size_t i = 0; i < n; i++)
		value |= (uint64_t)from[i] << (8 * i);
	return value;
}

void tt_continue_put(struct tt_buf *to, const struct tt_continue *c)
{
	const uint64_t numbers[NUMBERS] = {c->seq, (uint64_t)c->at_us, c->oldest,
		(uint64_t)c->after.t, c->after.seq, c->check};
	unsigned char bytes[TOKEN_BYTES] = {VERSION};
	uint32_t bits = 0;
	unsigned n_bits = 0;

	for (size_t i = 0; i < NUMBERS; i++)
		put_number(bytes + 1 + 8 * i, numbers[i], 8);
	put_number(bytes + TOKEN_BYTES - 4, checksum(bytes), 4);
	for (size_t i = 0; i < TOKEN_BYTES; i++) {
		bits = bits << 8 | bytes[i];
		for (n_bits += 8; n_bits >= 6; n_bits -= 6)
			tt_buf_char(to, digits[bits >> (n_bits - 6) & 63]);
	}
	if (n_bits > 0)
		tt_buf_char(to, digits[bits << (6 - n_bits) & 63]);
}

static bool decode(unsigned char bytes[TOKEN_BYTES], struct tt_str text)
{
	uint32_t bits = 0;
	unsigned n_bits = 0;
	size_t n = 0;

	for (size_t i = 0; i < text.len; i++) {
		const char *digit = text.data[i] != '\0' ? strchr(digits, text.data[i]) : NULL;

		if (digit == NULL)
			return false;
		bits = bits << 6 | (uint32_t)(digit - digits);
		n_bits += 6;
		if (n_bits < 8)
			continue;
		n_bits -= 8;
		if (n == TOKEN_BYTES)
			return false;
		bytes[n++] = (unsigned char)(bits >> n_bits);
	}
	return n == TOKEN_BYTES;
}

bool tt_continue_parse(struct tt_continue *ret, struct tt_str text)
{
	unsigned char bytes[TOKEN_BYTES];
	uint64_t numbers[NUMBERS];

	if (!decode(bytes, text) || bytes[0] != VERSION ||
		get_number(bytes + TOKEN_BYTES - 4, 4) != checksum(bytes))
		return false;
	for (size_t i = 0; i < NUMBERS; i++)
		numbers[i] = get_number(bytes + 1 + 8 * i, 8);
	*ret = (struct tt_continue){numbers[0], (int64_t)numbers[1], numbers[2],
		{(int64_t)numbers[3], numbers[4]}, numbers[5]};
	return true;
}

const char *tt_continue_problem(struct tt_arena *arena, struct tt_str text)
{
	const char *high, *low;

	for (size_t i = 0; i < text.len; i++)
		if (text.data[i] == '\0' || strchr(digits, text.data[i]) == NULL)
			return tt_str_printf(arena, "illegal base64 data at input byte %zu", i)
				.data;
	if (text.len < 2)
		return "illegal base64 data at input byte 0";
	high = strchr(digits, text.data[0]);
	low = strchr(digits, text.data[1]);
	unsigned char first = (unsigned char)((high - digits) << 2 | (low - digits) >> 4);

	if (first < ' ' || first > '~' || first == '{')
		return "it is not one of this server";
	return tt_str_printf(arena, "invalid character '%c' looking for beginning of value", first)
		.data;
}
