/* SPDX-License-Identifier: Apache-2.0 */
/* rand.h - random numbers from a seed (xoshiro256**), for jitter and for tests; not for secrets.
 * A generator belongs to one thread. */
#pragma once

#include <stdint.h>

struct tt_rand {
	uint64_t s[4];
};

/* The same seed gives the same numbers on every machine. */
void tt_rand_init(struct tt_rand *r, uint64_t seed);

/* A seed from the operating system. */
uint64_t tt_rand_seed(void);

/* The next number: of 64 bits, below `n` (n > 0, without bias that matters), in [0, 1). */
uint64_t tt_rand_u64(struct tt_rand *r);
uint64_t tt_rand_below(struct tt_rand *r, uint64_t n);
double tt_rand_unit(struct tt_rand *r);
