/* SPDX-License-Identifier: Apache-2.0 */
/* log_store.h - the log as the measured loop and the queries use it. Every function dies with a
 * sentence on failure. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

struct tt_batch;
struct tt_clock;
struct tt_reader;
struct tt_store;

struct log_store {
	struct tt_store *store;
	struct tt_reader *reader;
	const char *dir; /* borrowed */
};

/* Opens the log in `dir`, with a reader and the cluster "prod"; `clock` outlives it. */
void log_store_open(struct log_store *log, const char *dir, const struct tt_clock *clock);
void log_store_close(struct log_store *log);

/* An ingest_fn (`arg` is a log_store): appends, then does what maintenance is due. */
void log_store_append(void *arg, struct tt_batch *const *batches, size_t n);

/* Bytes of the log's file, of which closing it leaves nothing in the WAL, and of its WAL. */
uint64_t log_store_bytes(const struct log_store *log);
uint64_t log_store_wal_bytes(const struct log_store *log);
