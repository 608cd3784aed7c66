/* SPDX-License-Identifier: Apache-2.0 */
#include "net/backoff.h"

#include "base/clock.h"
#include "base/rand.h"

void tt_backoff_init(struct tt_backoff *b)
{
	*b = (struct tt_backoff){
		.first_ns = 800LL * TT_NS_PER_MS,
		.max_ns = 30LL * TT_NS_PER_S,
		.forget_ns = 120LL * TT_NS_PER_S,
	};
}

int64_t tt_backoff_next_ns(struct tt_backoff *b, int64_t now_ns, struct tt_rand *rand)
{
	int64_t wait_ns = b->first_ns;

	if (b->last_failure_ns != 0 && now_ns - b->last_failure_ns > b->forget_ns)
		b->failures = 0;
	b->last_failure_ns = now_ns;
	for (unsigned i = 0; i < b->failures && wait_ns < b->max_ns; i++)
		wait_ns *= 2;
	if (wait_ns >= b->max_ns)
		wait_ns = b->max_ns; /* and the exponent need not grow any more */
	else
		b->failures++;
	return wait_ns + (int64_t)(tt_rand_unit(rand) * (double)wait_ns);
}
