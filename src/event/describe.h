/* SPDX-License-Identifier: Apache-2.0 */
/* describe.h - the Events section of `kubectl describe`. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

struct tt_event;

/* Appends the section as kubectl prints it, aligned, with ages at `now_us`; "Events:  <none>" if
 * there are none. Sorted by lastTimestamp alone, as kubectl does: events without it (new-style
 * ones) come first. Those with the same stay in the order they are given in, where kubectl mixes
 * them up if there are more than twelve. A message about a part of the object begins with its
 * fieldPath, as in kubectl since 1.35. */
void tt_describe_events(
	struct tt_buf *to, const struct tt_event *const *events, size_t n, int64_t now_us);
