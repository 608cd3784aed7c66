/* SPDX-License-Identifier: Apache-2.0 */
/* A multiply-and-fold hash: 16 bytes a step through one 64x64->128 multiplication. */
#include "base/hash.h"

#include <string.h>

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "hashes are stored: swap bytes here");

static const uint64_t K0 = 0x9e3779b97f4a7c15u, K1 = 0xbf58476d1ce4e5b9u, K2 = 0x94d049bb133111ebu;

static uint64_t fold(uint64_t a, uint64_t b)
{
	unsigned __int128 product = (unsigned __int128)a * b;

	return (uint64_t)product ^ (uint64_t)(product >> 64);
}

static uint64_t load64(const unsigned char *p)
{
	uint64_t v;

	memcpy(&v, p, sizeof(v));
	return v; /* little endian: asserted above */
}

/* Up to 8 bytes as a little-endian number, without a loop: the two loads overlap, and put the bytes
 * that both have at the same place. */
static uint64_t load_tail(const unsigned char *p, size_t n)
{
	if (n >= 8)
		return load64(p);
	if (n >= 4) {
		uint32_t low, high;

		memcpy(&low, p, sizeof(low));
		memcpy(&high, p + n - 4, sizeof(high));
		return low | (uint64_t)high << (8 * (n - 4));
	}
	if (n == 0)
		return 0;
	return p[0] | (uint64_t)p[n / 2] << (8 * (n / 2)) | (uint64_t)p[n - 1] << (8 * (n - 1));
}

uint64_t tt_hash(const void *data, size_t n, uint64_t seed)
{
	const unsigned char *p = data;
	uint64_t h = fold(seed ^ K0, (uint64_t)n ^ K1);

	for (; n > 16; n -= 16, p += 16)
		h = fold(load64(p) ^ K1 ^ h, load64(p + 8) ^ K2 ^ (h << 32 | h >> 32));
	uint64_t a = load_tail(p, n);
	uint64_t b = n > 8 ? load_tail(p + 8, n - 8) : 0;

	return fold(fold(a ^ K1 ^ h, b ^ K2 ^ (h << 32 | h >> 32)), K0);
}
