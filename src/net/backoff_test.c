/* SPDX-License-Identifier: Apache-2.0 */
#include "net/backoff.h"

#include "base/clock.h"
#include "base/rand.h"
#include "tap/tap.h"

static void waits_double_with_jitter(void)
{
	static const int64_t want_ms[] = {800, 1600, 3200, 6400, 12800, 25600, 30000, 30000, 30000};
	struct tt_backoff b;
	struct tt_rand rand;
	bool is_varied = false;

	tt_rand_init(&rand, 1);
	for (int round = 0; round < 100; round++) {
		int64_t now_ns = TT_NS_PER_S;

		tt_backoff_init(&b);
		for (size_t i = 0; i < sizeof(want_ms) / sizeof(want_ms[0]); i++) {
			int64_t base_ns = want_ms[i] * TT_NS_PER_MS;
			int64_t wait_ns = tt_backoff_next_ns(&b, now_ns, &rand);

			tap_okf(wait_ns >= base_ns && wait_ns <= 2 * base_ns, "wait %zu: %lld ns",
				i, (long long)wait_ns);
			is_varied = is_varied || wait_ns > base_ns + base_ns / 2;
			now_ns += wait_ns;
		}
	}
	tap_ok(is_varied);
}

static void a_quiet_time_forgets(void)
{
	struct tt_backoff b;
	struct tt_rand rand;
	int64_t now_ns = 5;

	tt_rand_init(&rand, 1);
	tt_backoff_init(&b);
	for (int i = 0; i < 20; i++)
		(void)tt_backoff_next_ns(&b, now_ns, &rand);
	now_ns += 120LL * TT_NS_PER_S;
	tap_ok(tt_backoff_next_ns(&b, now_ns, &rand) >= 30LL * TT_NS_PER_S);
	now_ns += 120LL * TT_NS_PER_S + 1;
	tap_ok(tt_backoff_next_ns(&b, now_ns, &rand) <= 1600LL * TT_NS_PER_MS);
}

int main(void)
{
	tap_test("waits_double_up_to_30_s_with_jitter", waits_double_with_jitter);
	tap_test("two_minutes_without_failure_forget", a_quiet_time_forgets);
	return tap_done();
}
