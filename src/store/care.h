/* SPDX-License-Identifier: Apache-2.0 */
/* care.h - looking after a log: verifying it and copying it. */
#pragma once

#include <stdint.h>

#include "base/err.h"
#include "base/str.h"

/* Called now and then with how far the work has come; a negative return stops it and is
 * returned. */
typedef int tt_progress_fn(void *arg, uint64_t done, uint64_t total);

/* Called for each problem found, with a sentence. */
typedef void tt_problem_fn(void *arg, struct tt_str sentence);

struct tt_check_result {
	uint64_t records, blocks, problems;
};

/* Verifies everything in the log of `dir`: the container, every checksum, every block and
 * dictionary decoded, seqs dense, times in order, positions and summaries in agreement. Reads
 * only; may run beside a daemon. 0 if it could be read to the end, with or without problems. */
int tt_store_check(const char *dir, tt_progress_fn *progress, tt_problem_fn *problem, void *arg,
	struct tt_check_result *ret, struct tt_err *err);

/* Copies the log of `dir` online into the directory `to`, which must be absent or empty. On
 * failure nothing usable is left there. */
int tt_store_backup(
	const char *dir, const char *to, tt_progress_fn *progress, void *arg, struct tt_err *err);
