/* SPDX-License-Identifier: Apache-2.0 */
/* excerpt.h - a look at foreign bytes around a place, fit for an error message. */
#pragma once

#include <stddef.h>

#include "base/str.h"

/* Longest text written, with its NUL. */
enum { TT_EXCERPT_SIZE = 160 };

/* Writes the bytes of `text` around `offset` to `to`: at most 16 before and 24 behind it, with
 * "..." where something was left out, and every byte that is not printable ASCII as \xNN.
 * Returns `to`, so that it can stand in a call of tt_fail(). */
const char *tt_excerpt_format(struct tt_str text, size_t offset, char to[TT_EXCERPT_SIZE]);
