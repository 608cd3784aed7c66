/* SPDX-License-Identifier: Apache-2.0 */
/* secret.h - what is needed to recognise a secret without keeping it: its SHA-256, and a
 * comparison whose time does not depend on where two texts differ. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

enum { TT_SHA256_BYTES = 32 };

/* The SHA-256 of the `n` parts, each preceded by its length, so that no two lists of parts give the
 * same bytes by being cut elsewhere. With one part, that of the length and the part. */
void tt_secret_digest(const struct tt_str *parts, size_t n, uint8_t to[TT_SHA256_BYTES]);

/* Whether `n` bytes are the same, in a time that depends on `n` alone. */
bool tt_secret_same(const void *a, const void *b, size_t n);
