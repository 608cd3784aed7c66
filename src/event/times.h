/* SPDX-License-Identifier: Apache-2.0 */
/* times.h - what a decoded time may be. Only for src/event. */
#pragma once

#include <stdint.h>

#include "base/clock.h"
#include "base/timestamp.h"

/* `seconds` and `us` after 1970 as one time. What lies beyond the years 0 to 9999, which no text
 * form has, becomes the nearest that does not; the beginning of year 1 is Go's zero time. */
static inline int64_t tt_decoded_time(int64_t seconds, int64_t us)
{
	const int64_t first = -62167219200, zero = -62135596800, last = 253402300799;

	if (seconds < first)
		return first * TT_US_PER_S;
	if (seconds == zero && us == 0)
		return TT_TIME_ZERO;
	if (seconds >= last)
		return last * TT_US_PER_S + (us < TT_US_PER_S - 1 ? us : TT_US_PER_S - 1);
	return seconds * TT_US_PER_S + us;
}
