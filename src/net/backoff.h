/* SPDX-License-Identifier: Apache-2.0 */
/* backoff.h - waiting times between tries that get longer, with jitter.
 *
 * A backoff belongs to one retry loop and is not shared between threads. It never sleeps itself:
 * the caller asks how long to wait, so that tests need no real time. The numbers are those of
 * client-go's reflector: 800 ms doubling to 30 s, each wait lengthened by up to 100 %, and
 * forgotten after 2 minutes without a failure. */
#pragma once

#include <stdint.h>

struct tt_rand;

struct tt_backoff {
	int64_t first_ns, max_ns; /* wait after the first failure, and the longest before jitter */
	int64_t forget_ns;        /* a pause between failures that makes the next one the first */
	int64_t last_failure_ns;  /* monotonic; 0: none yet */
	unsigned failures;        /* since then */
};

/* A backoff with client-go's numbers. */
void tt_backoff_init(struct tt_backoff *b);

/* A try failed at `now_ns` (monotonic): how long to wait before the next, in nanoseconds. */
int64_t tt_backoff_next_ns(struct tt_backoff *b, int64_t now_ns, struct tt_rand *rand);
