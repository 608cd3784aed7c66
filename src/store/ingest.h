/* SPDX-License-Identifier: Apache-2.0 */
/* ingest.h - the thread that writes the log: a bounded queue in front, group commits behind.
 *
 * It owns the only write connection. It commits at once when a caller waits and the queue is
 * empty, else up to 5,000 records, 4 MiB or 50 ms, whichever comes first. A full disk stops it
 * (the queue fills, tt_ingest_is_writable() goes false) and it resumes by itself. Between commits
 * it does the store's maintenance. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "store/record.h"
#include "store/store.h"

struct tt_ingest;

struct tt_ingest_options {
	struct tt_store *store;       /* outlives the ingest; no other thread writes to it */
	size_t queue_records;         /* 0: 20,000 */
	size_t queue_bytes;           /* in memory; 0: 8 MiB */
	const struct tt_clock *clock; /* NULL: the system's */
	const struct tt_log *log;     /* NULL: silent */
};

/* Starts the thread. */
int tt_ingest_start(
	struct tt_ingest **ret, const struct tt_ingest_options *options, struct tt_err *err);

/* Commits what is queued, waiting at most `timeout_ns` for a disk that does not take it, and ends
 * the thread. Waiters are woken. False if the thread hangs in a write that does not come back: it
 * and its memory are then left alone. NULL is allowed. */
bool tt_ingest_stop(struct tt_ingest *ingest, int64_t timeout_ns);

/* Takes `batch` (one reference) into the queue, waiting up to `timeout_ns` while it is full.
 * TT_EAGAIN: still full; TT_ECANCELED: stopping; the reference is then still the caller's. */
int tt_ingest_put(struct tt_ingest *ingest, struct tt_batch *batch, int64_t timeout_ns);

/* The same, and returns only when the batch is on disk; the reference is taken in every case.
 * TT_EAGAIN also if it did not get there in time: it may still be committed later. */
int tt_ingest_put_wait(
	struct tt_ingest *ingest, struct tt_batch *batch, int64_t timeout_ns, struct tt_err *err);

/* Waits until all that was put before this call is on disk: 0, TT_EAGAIN after `timeout_ns`. */
int tt_ingest_flush(struct tt_ingest *ingest, int64_t timeout_ns);

/* Runs `fn(arg, store)` in the writing thread between two commits and returns what it returned;
 * for tt_store_add_cluster() and the like. TT_ECANCELED when stopping. */
int tt_ingest_call(
	struct tt_ingest *ingest, int (*fn)(void *arg, struct tt_store *store), void *arg);

/* Waits until the head is above `after`, up to `timeout_ns`, or until tt_ingest_stop() or
 * tt_ingest_wake(); returns the head. */
uint64_t tt_ingest_wait(struct tt_ingest *ingest, uint64_t after, int64_t timeout_ns);

/* Ends all present calls of tt_ingest_wait() early (shutdown of readers). */
void tt_ingest_wake(struct tt_ingest *ingest);

/* The batches that were committed last, whose records all have seq > `after`, as an array of
 * referenced immutable batches, oldest first: at most `max`; the caller unrefs each. 0 if `after`
 * is older than what is held in memory (then read with a tt_reader) or there is nothing newer. */
size_t tt_ingest_recent(
	struct tt_ingest *ingest, uint64_t after, struct tt_batch **ret, size_t max);

/* Whether the last commit succeeded. */
bool tt_ingest_is_writable(struct tt_ingest *ingest);

struct tt_ingest_cluster_totals {
	struct tt_str cluster; /* lives as long as the ingest */
	struct tt_batch_counts counts;
	uint64_t recorded; /* events */
	uint64_t gaps[2];  /* by enum tt_lost */
};

struct tt_ingest_totals {
	uint64_t head;
	uint64_t commits, commit_failures;
	uint64_t commit_ns; /* time spent committing */
	size_t queued_records, queued_bytes;
	struct tt_ingest_cluster_totals *clusters; /* in the arena given */
	size_t n_clusters;
};

/* All totals since the start, taken at one instant: the books balance in them. */
void tt_ingest_totals(
	struct tt_ingest *ingest, struct tt_ingest_totals *ret, struct tt_arena *arena);
