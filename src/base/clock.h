/* SPDX-License-Identifier: Apache-2.0 */
/* clock.h - where time comes from. Code that needs time takes a clock, so that tests can run in
 * virtual time. A clock may be used by several threads at once. */
#pragma once

#include <stdint.h>

struct tt_clock {
	/* UTC, in microseconds since 1970. May step in either direction. */
	int64_t (*wall_us)(const struct tt_clock *clock);
	/* Nanoseconds from some fixed point. Never goes back. */
	int64_t (*mono_ns)(const struct tt_clock *clock);
};

enum {
	TT_US_PER_MS = 1000,
	TT_US_PER_S = 1000000,
	TT_NS_PER_US = 1000,
	TT_NS_PER_MS = 1000000,
	TT_NS_PER_S = 1000000000,
};

/* The operating system's clocks. */
extern const struct tt_clock tt_clock_system;

static inline int64_t tt_clock_wall_us(const struct tt_clock *clock)
{
	return clock->wall_us(clock);
}

static inline int64_t tt_clock_mono_ns(const struct tt_clock *clock)
{
	return clock->mono_ns(clock);
}
