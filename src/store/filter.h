/* SPDX-License-Identifier: Apache-2.0 */
/* filter.h - what a block may hold, in a few bits per object (a Bloom filter over object keys),
 * and what it counts (hour and signature: observations, occurrences, warnings). */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/map.h"
#include "base/str.h"
#include "store/bytes.h"

/* Appends a filter of `n` keys; they are sorted in place. */
void tt_filter_pack(struct tt_packer *to, uint64_t *keys, size_t n);

/* Whether a stored filter may hold `key`: true also if it is damaged. */
bool tt_filter_may_have(struct tt_str filter, uint64_t key);

/* The same of a filter that is whole (tt_filter_verify()). */
bool tt_filter_has(struct tt_str filter, uint64_t key);

/* Whether the checksum of a stored filter holds. */
bool tt_filter_verify(struct tt_str filter);

struct tt_summary_entry {
	int64_t hour; /* since 1970 */
	uint32_t sig; /* dictionary id */
	uint64_t observations, occurrences, warnings;
};

/* A summary being made: one thread. */
struct tt_summary {
	struct tt_map index; /* of (hour, sig) in entries, + 1 */
	struct tt_summary_entry *items;
	size_t n, cap;
};

/* Counts one observation. */
void tt_summary_add(
	struct tt_summary *s, int64_t t_us, uint32_t sig, uint32_t occurrences, bool warning);
/* Forgets all counts and keeps the memory; release frees it. */
void tt_summary_clear(struct tt_summary *s);
/* Frees the memory. */
void tt_summary_release(struct tt_summary *s);

/* Appends a summary, ordered by hour and signature. */
void tt_summary_pack(struct tt_packer *to, struct tt_summary *s);

/* Reads one; the entries are new memory (tt_free()). False if it is damaged. */
bool tt_summary_unpack(struct tt_str stored, struct tt_summary_entry **ret, size_t *ret_n);
