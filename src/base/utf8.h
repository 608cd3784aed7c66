/* SPDX-License-Identifier: Apache-2.0 */
/* utf8.h - checking and counting UTF-8 (RFC 3629). */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

/* Whether all of `s` is well-formed UTF-8: no overlong forms, no surrogates, at most U+10FFFF.
 * Fast for ASCII. */
bool tt_utf8_valid(struct tt_str s);

/* The code point at the start of `s` (len > 0) and its length in `*ret_len`; for a byte that
 * begins no well-formed sequence 0xfffd with length 1 (as Go reads it). */
uint32_t tt_utf8_decode(struct tt_str s, size_t *ret_len);

/* Writes `code_point` (a scalar value) as UTF-8 to `to`, which has room for 4 bytes; returns
 * the length. */
size_t tt_utf8_encode(uint32_t code_point, char *to);

/* Number of code points; each byte that is part of none counts as one. */
size_t tt_utf8_count(struct tt_str s);
