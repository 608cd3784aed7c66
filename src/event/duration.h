/* SPDX-License-Identifier: Apache-2.0 */
/* duration.h - ages as kubectl prints them (k8s.io/apimachinery duration.HumanDuration), and points
 * in time as people type them (durations are in conf/units.h). */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"

struct tt_event;

enum { TT_AGE_SIZE = 32, TT_INTERVAL_SIZE = 96 };

/* HumanDuration of `now_us - then_us` with a NUL; "<unknown>" if `then_us` is TT_TIME_ZERO.
 * Returns the length. */
size_t tt_age_format(int64_t then_us, int64_t now_us, char to[TT_AGE_SIZE]);

/* LAST SEEN of `kubectl events` and Age of `kubectl describe`: "81s (x4 over 3m9s)". */
size_t tt_event_interval_format(
	const struct tt_event *e, int64_t now_us, char to[TT_INTERVAL_SIZE]);

/* A point in time: RFC 3339; "2026-11-20", "2026-11-20 03:00[:05]", "03:00", "yesterday 03:00",
 * "today", "yesterday" in local time; "now"; or a duration ("7d", "7d ago"), which
 * means that long before `now_us`. */
int tt_when_parse(struct tt_str text, int64_t now_us, int64_t *ret_us, struct tt_err *err);
