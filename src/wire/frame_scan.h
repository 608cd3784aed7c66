/* SPDX-License-Identifier: Apache-2.0 */
/* frame_scan.h - finding the end of a JSON value by its brackets, in pieces: for watch frames, and
 * for lists that are read while they arrive. */
#pragma once

#include <stdbool.h>

struct tt_bracket_scan {
	unsigned depth;          /* open brackets */
	bool in_string, escaped; /* inside a string; behind a backslash in it */
};

/* Scans [p, end) and returns the place behind the bracket that brings the depth back to 0, or
 * `end` (with a depth above 0). At depth 0 the first byte is an opening bracket. */
const char *tt_bracket_scan(struct tt_bracket_scan *s, const char *p, const char *end);
