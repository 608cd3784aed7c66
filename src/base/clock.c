/* SPDX-License-Identifier: Apache-2.0 */
#include "base/clock.h"

#include <time.h>

static int64_t system_wall_us(const struct tt_clock *clock)
{
	struct timespec ts;

	(void)clock;
	(void)clock_gettime(CLOCK_REALTIME, &ts);
	return (int64_t)ts.tv_sec * TT_US_PER_S + ts.tv_nsec / TT_NS_PER_US;
}

static int64_t system_mono_ns(const struct tt_clock *clock)
{
	struct timespec ts;

	(void)clock;
	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * TT_NS_PER_S + ts.tv_nsec;
}

const struct tt_clock tt_clock_system = {system_wall_us, system_mono_ns};
