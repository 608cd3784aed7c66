/* SPDX-License-Identifier: Apache-2.0 */
/* ingest.h - the measured loop that all ways of storing go through. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "feed.h"

struct tt_batch;

/* Stores `n` batches as one durable commit. */
typedef void ingest_fn(void *arg, struct tt_batch *const *batches, size_t n);

/* Decodes `events` more events of the feed and has them stored by `store`, 5,000 a commit. Returns
 * the CPU time of this process for decoding and storing, without that for making the bytes. */
int64_t ingest(struct feed *f, uint64_t events, const char *what, ingest_fn *store, void *arg);

/* Events per second of CPU time. */
double ingest_rate(uint64_t events, int64_t cpu_ns);
