/* SPDX-License-Identifier: Apache-2.0 */
#include "base/rand.h"

#include "tap/tap.h"

static void numbers_are_those_of_xoshiro256starstar(void)
{
	static const uint64_t want[] = {11520, 0, 1509978240, 1215971899390074240u};
	struct tt_rand r = {{1, 2, 3, 4}};

	for (size_t i = 0; i < sizeof(want) / sizeof(want[0]); i++)
		tap_int(tt_rand_u64(&r), want[i]);
}

static void the_seed_is_spread_by_splitmix64(void)
{
	static const uint64_t want[] = {6457827717110365317u, 3203168211198807973u,
		9817491932198370423u, 4593380528125082431u};
	struct tt_rand r;

	tt_rand_init(&r, 1234567);
	for (size_t i = 0; i < sizeof(want) / sizeof(want[0]); i++)
		tap_int(r.s[i], want[i]);
}

static void below_stays_below_and_reaches_all(void)
{
	unsigned seen[7] = {0};
	struct tt_rand r;

	tt_rand_init(&r, 5);
	for (int i = 0; i < 7000; i++) {
		uint64_t n = tt_rand_below(&r, 7);

		if (!tap_ok(n < 7))
			return;
		seen[n]++;
	}
	for (int i = 0; i < 7; i++)
		tap_okf(seen[i] > 800 && seen[i] < 1200, "%d was drawn %u times", i, seen[i]);
	tap_int(tt_rand_below(&r, 1), 0);
}

static void unit_is_at_least_zero_and_below_one(void)
{
	struct tt_rand r;
	double sum = 0;

	tt_rand_init(&r, 6);
	for (int i = 0; i < 10000; i++) {
		double x = tt_rand_unit(&r);

		if (!tap_ok(x >= 0 && x < 1))
			return;
		sum += x;
	}
	tap_okf(sum > 4900 && sum < 5100, "the sum is %f", sum);
}

static void seeds_differ(void)
{
	tap_ok(tt_rand_seed() != tt_rand_seed());
}

int main(void)
{
	tap_test(
		"numbers_are_those_of_xoshiro256starstar", numbers_are_those_of_xoshiro256starstar);
	tap_test("the_seed_is_spread_by_splitmix64", the_seed_is_spread_by_splitmix64);
	tap_test("below_stays_below_and_reaches_all", below_stays_below_and_reaches_all);
	tap_test("unit_is_at_least_zero_and_below_one", unit_is_at_least_zero_and_below_one);
	tap_test("seeds_differ", seeds_differ);
	return tap_done();
}
