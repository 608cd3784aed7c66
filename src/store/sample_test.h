/* SPDX-License-Identifier: Apache-2.0 */
/* sample_test.h - what the tests of the store share: directories that go away, events of every
 * shape, a clock that is told the time. */
#pragma once

#include "base/clock.h"
#include "base/rand.h"
#include "store/record.h"
#include "store/store.h"

/* A clock that shows `us`. */
struct sample_clock {
	struct tt_clock clock;
	int64_t us;
};

void sample_clock_init(struct sample_clock *c, int64_t us);

/* A new directory under $TMPDIR or /tmp; free it with sample_dir_remove(). */
char *sample_dir_new(void);
void sample_dir_remove(char *dir);

/* An event like those of a kubelet: number `i` of a made-up cluster. The same `i` gives the same
 * identity; `count` above 1 makes it a repetition. */
void sample_event(struct tt_batch *batch, uint64_t i, int32_t count, int64_t t_us);

/* An event with random presence and odd values of every field. */
void sample_odd_event(struct tt_batch *batch, struct tt_rand *rand, int64_t about_us);

/* A gap with random content. */
void sample_gap(struct tt_batch *batch, struct tt_rand *rand, int64_t about_us);

/* Whether two records are the same in all that the log keeps. */
bool sample_same(const struct tt_record *a, const struct tt_record *b);

/* An open store in `dir` with a cluster "prod" and "edge"; ends the test program on failure. */
struct tt_store *sample_open(const char *dir, const struct tt_clock *clock);

/* Appends a batch that is given up; ends the test program on failure. */
void sample_append(struct tt_store *store, struct tt_batch *batch);
