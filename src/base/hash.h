/* SPDX-License-Identifier: Apache-2.0 */
/* hash.h - 64-bit hashing of bytes: for tables, filters and checksums. Stored on disk, so the
 * function never changes. Not for secrets. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

/* The hash of `n` bytes; another `seed` gives an independent function. */
uint64_t tt_hash(const void *data, size_t n, uint64_t seed);

/* The hash of a tt_str, seeded with `seed`, which may be the hash of what came before it. */
static inline uint64_t tt_hash_str(struct tt_str s, uint64_t seed)
{
	return tt_hash(s.data, s.len, seed);
}
