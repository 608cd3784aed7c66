/* SPDX-License-Identifier: Apache-2.0 */
#include "log_store.h"

#include <stdio.h>

#include "bench.h"
#include "measure.h"
#include "store/reader.h"
#include "store/store.h"

void log_store_open(struct log_store *log, const char *dir, const struct tt_clock *clock)
{
	struct tt_store_options options = {.dir = dir, .clock = clock};
	struct tt_err err = {0};

	log->dir = dir;
	bench_check(tt_store_open(&log->store, &options, &err), &err, "opening the log");
	bench_check(tt_store_add_cluster(log->store, TT_STR("prod"), TT_CLUSTER_COLLECTED, &err),
		&err, "adding a cluster");
	bench_check(tt_reader_open(&log->reader, log->store, &err), &err, "opening a reader");
}

void log_store_close(struct log_store *log)
{
	tt_reader_close(log->reader);
	tt_store_close(log->store);
}

void log_store_append(void *arg, struct tt_batch *const *batches, size_t n)
{
	struct log_store *log = arg;
	struct tt_err err = {0};

	bench_check(tt_store_append(log->store, batches, n, &err), &err, "appending");
	bench_check(tt_store_maintain(log->store, &err), &err, "maintaining");
}

static uint64_t file_bytes(const struct log_store *log, const char *name)
{
	char path[4096];

	(void)snprintf(path, sizeof(path), "%s/%s", log->dir, name);
	return measure_file_bytes(path);
}

uint64_t log_store_bytes(const struct log_store *log)
{
	return file_bytes(log, "telltale.db");
}

uint64_t log_store_wal_bytes(const struct log_store *log)
{
	return file_bytes(log, "telltale.db-wal");
}
