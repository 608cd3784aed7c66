/* SPDX-License-Identifier: Apache-2.0 */
/* bench.h - what the groups of figures share.
 *
 * Each group runs in a process of its own, so that neither its memory nor its CPU time is another
 * group's, and hands its figures to the main process through a pipe. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

enum { BENCH_COMMIT = 5000, BENCH_BATCH = 500, BENCH_MAX_SCALES = 3, BENCH_NAME_SIZE = 80 };

enum bench_bound { BENCH_FREE, BENCH_AT_MOST, BENCH_AT_LEAST };

struct bench {
	const char *dir;                   /* scratch directory, exists */
	const char *telltaled;             /* program, NULL: the groups that need it are left out */
	uint64_t scales[BENCH_MAX_SCALES]; /* numbers of events, ascending */
	size_t n_scales;
	uint64_t baseline_events; /* the baseline is not grown beyond this */
	uint64_t short_events;    /* for figures that do not depend on the size of the log */
	int figures_fd;
};

/* Hands out a figure. Its name is printf of `name` and `scale` as "5m", so that "%s" stands once
 * in it; names without "%s" give any scale. With a bound, missing `limit` fails the whole run:
 * only for bytes, allocations and ratios, never for times. */
void bench_figure(
	const struct bench *b, const char *name, uint64_t scale, double value, const char *unit);
void bench_bounded(const struct bench *b, const char *name, uint64_t scale, double value,
	const char *unit, enum bench_bound bound, double limit);

/* Says on stderr how far the work is, if that is a terminal. */
__attribute__((format(printf, 1, 2))) void bench_progress(const char *fmt, ...);

/* Ends the group's process with a sentence. */
_Noreturn __attribute__((format(printf, 1, 2))) void bench_die(const char *fmt, ...);

/* bench_die() if `rc` is negative. */
void bench_check(int rc, const struct tt_err *err, const char *what);

/* A path below the scratch directory; freed with tt_free(). An old directory or file of that name
 * is removed. */
char *bench_scratch(const struct bench *b, const char *name);

/* Removes a file, or a directory with the files in it. */
void bench_remove(const char *path);

/* The groups. */
void group_decode(const struct bench *b);
void group_log(const struct bench *b);
void group_json(const struct bench *b);
void group_baseline(const struct bench *b);
void group_baseline_json(const struct bench *b);
void group_wal(const struct bench *b);
void group_wire(const struct bench *b);
void group_daemon(const struct bench *b);
void group_serve(const struct bench *b);
void group_real(const struct bench *b);
