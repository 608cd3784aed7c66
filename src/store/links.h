/* SPDX-License-Identifier: Apache-2.0 */
/* links.h - which records of a block have their successor in a later one, and how many records of
 * which cluster an epoch holds: the small blobs beside the blocks. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"
#include "store/bytes.h"

/* Record `pred` has the successor `seq`. */
struct tt_link {
	uint64_t pred, seq;
};

/* Appends links from records of block `target` to records of block `source`; ordered by pred. */
void tt_links_pack(struct tt_packer *to, uint64_t target, uint64_t source,
	const struct tt_link *links, size_t n);

/* Reads them back into new memory (tt_free()); false if they are damaged. */
bool tt_links_unpack(struct tt_str stored, uint64_t target, uint64_t source, struct tt_link **ret,
	size_t *ret_n);

/* How many records of a cluster something holds. */
struct tt_cluster_count {
	uint32_t cluster;
	uint64_t events, gaps;
};

struct tt_counts {
	struct tt_cluster_count *items;
	size_t n, cap;
};

/* The entry of `cluster`, made if absent. Borrowed until the next call. */
struct tt_cluster_count *tt_counts_get(struct tt_counts *c, uint32_t cluster);

/* Appends counts; reads them back, false if they are damaged. */
void tt_counts_pack(const struct tt_counts *c, struct tt_packer *to);
bool tt_counts_unpack(struct tt_counts *c, struct tt_str stored);
