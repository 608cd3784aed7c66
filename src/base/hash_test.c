/* SPDX-License-Identifier: Apache-2.0 */
#include "base/hash.h"

#include "base/map.h"
#include "tap/tap.h"

/* Hashes are on disk: these values never change. */
static void values_are_fixed(void)
{
	static const struct {
		const char *text;
		uint64_t seed, want;
	} cases[] = {
		{"", 0, 0x428f92ee23d61384u},
		{"", 1, 0x8881e9a84044cdc5u},
		{"a", 0, 0x5037423828fdd723u},
		{"a", 1, 0x95f2d59d010d7dd6u},
		{"1234567", 0, 0x95af8b4f093bc86au},
		{"12345678", 0, 0x71cff25b8af26c3cu},
		{"123456789", 0, 0xd5819859600d122bu},
		{"1234567812345678", 0, 0xea13c446d9a03b49u},
		{"12345678123456781", 0, 0x1e14a864311a1c06u},
		{"default/web-6d4cf56db6-x7k2p.17a3f5c2e8b1d094", 7, 0xa959151ed14a6750u},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint64_t got = tt_hash_str(tt_str_from(cases[i].text), cases[i].seed);

		tap_okf(got == cases[i].want, "\"%s\" seed %llu gives 0x%016llxu", cases[i].text,
			(unsigned long long)cases[i].seed, (unsigned long long)got);
	}
}

static void every_byte_bit_and_length_counts(void)
{
	unsigned char bytes[40] = {0};
	struct tt_map seen = {0};
	bool made;

	for (size_t n = 0; n <= sizeof(bytes); n++) {
		(void)tt_map_put(&seen, tt_hash(bytes, n, 0), &made);
		tap_ok(made);
		for (size_t bit = 0; bit < n * 8; bit++) {
			bytes[bit / 8] ^= (unsigned char)(1 << bit % 8);
			(void)tt_map_put(&seen, tt_hash(bytes, n, 0), &made);
			tap_okf(made, "length %zu bit %zu collides", n, bit);
			bytes[bit / 8] ^= (unsigned char)(1 << bit % 8);
		}
	}
	tt_map_release(&seen);
}

static void bits_are_balanced(void)
{
	unsigned ones[64] = {0};

	for (uint64_t i = 0; i < 10000; i++) {
		uint64_t h = tt_hash(&i, sizeof(i), 0);

		for (int bit = 0; bit < 64; bit++)
			ones[bit] += h >> bit & 1;
	}
	for (int bit = 0; bit < 64; bit++)
		tap_okf(ones[bit] > 4700 && ones[bit] < 5300, "bit %d is set %u times", bit,
			ones[bit]);
}

int main(void)
{
	tap_test("values_are_fixed", values_are_fixed);
	tap_test("every_byte_bit_and_length_counts", every_byte_bit_and_length_counts);
	tap_test("bits_are_balanced", bits_are_balanced);
	return tap_done();
}
