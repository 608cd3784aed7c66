/* SPDX-License-Identifier: Apache-2.0 */
#include "store/grams.h"

#include "base/hash.h"

/* A stored set is a power of two of bits, one for each hash of a run, then 4 bytes of checksum.
 * It is made at full size, and halved while it stays sparse. */
enum { FULL_BYTES = 8192, LEAST_BYTES = 64, CHECK_BYTES = 4, RUN = 3 };

static const uint64_t CHECK_SEED = 0x6772616d73u;

static uint32_t hash_run(const char *at)
{
	uint32_t run = (uint32_t)(unsigned char)at[0] | (uint32_t)(unsigned char)at[1] << 8 |
		       (uint32_t)(unsigned char)at[2] << 16;

	return run * 0x9e3779b1u >> 16;
}

static size_t count_bits(const uint8_t *bits, size_t n_bytes)
{
	size_t n = 0;

	for (size_t i = 0; i < n_bytes; i += 8) {
		uint64_t word;

		memcpy(&word, bits + i, sizeof(word));
		n += (size_t)__builtin_popcountll(word);
	}
	return n;
}

void tt_grams_pack(struct tt_packer *to, struct tt_str text)
{
	uint8_t *bits = tt_pack_room(to, FULL_BYTES + 8);
	size_t n_bytes = FULL_BYTES;

	memset(bits, 0, n_bytes);
	for (size_t i = 0; i + RUN <= text.len; i++) {
		uint32_t bit = hash_run(text.data + i);

		bits[bit / 8] |= (uint8_t)(1u << bit % 8);
	}
	while (n_bytes > LEAST_BYTES && count_bits(bits, n_bytes) < n_bytes * 8 / 4) {
		n_bytes /= 2;
		for (size_t i = 0; i < n_bytes; i++)
			bits[i] |= bits[n_bytes + i];
	}
	to->len += n_bytes;
	tt_pack_fixed(to, tt_hash(bits, n_bytes, CHECK_SEED), CHECK_BYTES);
}

bool tt_grams_verify(struct tt_str stored)
{
	uint32_t check;
	size_t n = stored.len - CHECK_BYTES;

	if (stored.len < LEAST_BYTES + CHECK_BYTES || (n & (n - 1)) != 0)
		return false;
	memcpy(&check, stored.data + n, sizeof(check));
	return (uint32_t)tt_hash(stored.data, n, CHECK_SEED) == check;
}

bool tt_grams_may_have(struct tt_str stored, struct tt_str needle)
{
	if (needle.len < RUN || !tt_grams_verify(stored))
		return true;
	size_t n_bits = (stored.len - CHECK_BYTES) * 8;

	for (size_t i = 0; i + RUN <= needle.len; i++) {
		size_t bit = hash_run(needle.data + i) & (n_bits - 1);

		if (((unsigned char)stored.data[bit / 8] >> bit % 8 & 1) == 0)
			return false;
	}
	return true;
}
