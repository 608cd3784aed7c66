/* SPDX-License-Identifier: Apache-2.0 */
/* The log on a disk that fails at every possible moment: an I/O error, a full disk, a power cut, at
 * the n-th operation for every n. What was acknowledged stays, what was not is there once after it
 * is tried again, the check finds nothing, and writing goes on. */
#include <stdio.h>
#include <stdlib.h>

#include "base/assert.h"
#include "base/mem.h"
#include "fault_vfs.h"
#include "store/inside.h"
#include "store/reader.h"
#include "store/sample_test.h"
#include "tap/tap.h"

static const int64_t START = 1790000000000000;

enum {
	STEPS = 14,
	RECORDS = 24,     /* in each step */
	STEP_US = 400000, /* a third of an epoch, so that blocks are sealed every few steps */
	TRIES = 40,
};

/* An epoch lasts a thirtieth of this; the first are dropped before the end. */
#define AGE_US ((int64_t)TT_US_PER_S * 4)

static struct run {
	char *dir;
	const char *vfs;
	struct sample_clock clock;
	struct tt_store *store;
	unsigned acknowledged; /* steps */
	uint64_t cursor;       /* acknowledged */
} r;

static struct tt_batch *batch_of(unsigned step)
{
	struct tt_batch *b = tt_batch_new(TT_STR("prod"));
	struct tt_position p = {.cluster = TT_STR("prod"), .epoch = 1, .rv = step + 1};

	for (unsigned i = 0; i < RECORDS; i++) {
		uint64_t event = step * RECORDS + i;

		if (i % 4 == 3 && step > 0)
			sample_event(b, event - RECORDS, 2 + (int32_t)step, START + step * STEP_US);
		else
			sample_event(b, event, 1, START + step * STEP_US);
	}
	tt_batch_set_position(b, &p);
	return b;
}

static int open_log(void)
{
	struct tt_store_options options = {.dir = r.dir,
		.clock = &r.clock.clock,
		.vfs = r.vfs,
		.retention = {.age_us = AGE_US},
		.reserve_bytes = 4096};
	int rc = tt_store_open(&r.store, &options, NULL);

	if (rc != 0)
		return rc;
	rc = tt_store_add_cluster(r.store, TT_STR("prod"), TT_CLUSTER_COLLECTED, NULL);
	if (rc != 0) {
		tt_store_close(r.store);
		r.store = NULL;
	}
	return rc;
}

/* One step; 0 once it is acknowledged. */
static int do_step(unsigned step)
{
	struct tt_batch *b = batch_of(step);

	r.clock.us = START + (step + 1) * STEP_US;
	int rc = tt_store_append(r.store, &b, 1, NULL);

	tt_batch_unref(b);
	if (rc != 0)
		return rc;
	r.acknowledged = step + 1;
	if (step % 5 == 4 && tt_store_set_cursor(r.store, TT_STR("sink"), step, NULL) == 0)
		r.cursor = step;
	for (int i = 0; i < 3; i++)
		if (tt_store_maintain(r.store, NULL) <= 0)
			break;
	return 0;
}

/* Does what is left to do, trying again what fails; false when it gives up. */
static bool finish(int tries)
{
	while (r.acknowledged < STEPS) {
		if (r.store == NULL && open_log() != 0) {
			if (tries-- == 0)
				return false;
			continue;
		}
		if (do_step(r.acknowledged) == 0)
			continue;
		if (tries-- == 0)
			return false;
		(void)tt_store_maintain(r.store, NULL);
	}
	return true;
}

static void begin(void)
{
	r = (struct run){.dir = sample_dir_new(), .vfs = fault_vfs_begin()};
	sample_clock_init(&r.clock, START);
	fault_vfs_plan(FAULT_NONE, 0, 0);
}

static void end(void)
{
	tt_store_close(r.store);
	fault_vfs_end();
	sample_dir_remove(r.dir);
}

static void print_problem(void *arg, struct tt_str sentence)
{
	printf("# problem: %.*s\n", TT_STR_ARG(sentence));
}

/* Whether `record` is the one that was sent as number `wanted`; `*own` is the batch it was in. */
static bool is_as_sent(const struct tt_record *record, uint64_t wanted, struct tt_batch **own)
{
	if (*own == NULL || (wanted - 1) % RECORDS == 0) {
		tt_batch_unref(*own);
		*own = batch_of((unsigned)((wanted - 1) / RECORDS));
	}
	return record->seq == wanted &&
	       tt_event_equal(&record->event, &(*own)->records[(wanted - 1) % RECORDS].event);
}

/* Whether the records from `oldest` to `head` are there, each once and as it was sent. */
static bool has_all_records(struct tt_reader *reader, uint64_t oldest, uint64_t head)
{
	struct tt_batch *own = NULL, *b;
	uint64_t cursor = 0, wanted = oldest, wrong = 0;
	bool readable = true;

	while (cursor < head && readable) {
		readable = tt_reader_read(reader, &cursor, 1000, NULL, &b, NULL) == 0;
		if (!readable)
			break;
		for (size_t i = 0; i < b->n; i++) /* a gap is what retention dropped */
			if (b->records[i].kind == TT_RECORD_EVENT)
				wrong += !is_as_sent(&b->records[i], wanted++, &own);
		tt_batch_unref(b);
	}
	tt_batch_unref(own);
	return readable && wrong == 0 && wanted == head + 1;
}

/* Whether every record that retention left is there once, with nothing amiss. */
static bool is_sound(void)
{
	struct tt_check_result result;
	struct tt_arena arena = {0};
	struct tt_store_status status;
	struct tt_position position;
	struct tt_reader *reader;

	if (!tap_int(tt_store_check_open(r.store, NULL, print_problem, NULL, &result, NULL), 0) ||
		!tap_int(result.problems, 0) ||
		!tap_int(tt_store_status(r.store, &status, &arena, NULL), 0) ||
		!tap_int(tt_store_position(
				 r.store, TT_STR("prod"), TT_STR(""), &position, &arena, NULL),
			0) ||
		!tap_int(tt_reader_open(&reader, r.store, NULL), 0))
		return false;
	bool sound = status.head == (uint64_t)r.acknowledged * RECORDS &&
		     position.rv == r.acknowledged &&
		     status.clusters[0].events == status.head + 1 - status.oldest &&
		     (r.cursor == 0 ||
			     (status.n_cursors == 1 && status.cursors[0].seq >= r.cursor)) &&
		     has_all_records(reader, status.oldest, status.head);

	tt_reader_close(reader);
	tt_arena_release(&arena);
	return sound;
}

/* How many operations the whole takes without a fault. */
static uint64_t count_operations(void)
{
	begin();
	tap_ok(finish(0));
	uint64_t n = fault_vfs_operations();

	printf("# %llu operations\n", (unsigned long long)n);
	struct tt_arena arena = {0};
	struct tt_store_status status;

	tap_ok(is_sound());
	tap_int(tt_store_status(r.store, &status, &arena, NULL), 0);
	tap_ok(status.oldest > 1); /* retention has done something */
	tap_ok(status.blocks > 1);
	tt_arena_release(&arena);
	end();
	return n;
}

static void fail_everywhere(enum fault_kind kind, uint64_t length, uint64_t stride)
{
	uint64_t n = count_operations();

	for (uint64_t at = 1; at <= n; at += stride) {
		begin();
		fault_vfs_plan(kind, at, length);
		bool finished = finish(TRIES);

		fault_vfs_plan(FAULT_NONE, 0, 0);
		if (!tap_okf(finished, "operation %llu: it does not resume",
			    (unsigned long long)at) ||
			!tap_okf(is_sound(), "operation %llu: not sound", (unsigned long long)at))
			at = n;
		end();
	}
}

static void io_errors(void)
{
	fail_everywhere(FAULT_IO, 1, 1);
}

static void several_io_errors(void)
{
	fail_everywhere(FAULT_IO, 7, 3);
}

static void a_full_disk(void)
{
	fail_everywhere(FAULT_FULL, 30, 1);
}

/* The log is closed by the cut, and opened on what the disk kept. */
static bool cut_at(uint64_t at, uint64_t seed)
{
	begin();
	fault_vfs_plan(FAULT_CUT, at, 0);
	(void)finish(0);
	unsigned acknowledged = r.acknowledged;

	tt_store_close(r.store);
	r.store = NULL;
	fault_vfs_power_on(seed);
	fault_vfs_plan(FAULT_NONE, 0, 0);
	bool ok = tap_okf(open_log() == 0, "cut at %llu, seed %llu: it does not open",
		(unsigned long long)at, (unsigned long long)seed);

	if (ok) {
		uint64_t head = tt_store_head(r.store);

		ok = tap_okf(head % RECORDS == 0 && head / RECORDS >= acknowledged &&
				     head / RECORDS <= acknowledged + 1,
			"cut at %llu, seed %llu: head %llu after %u acknowledged steps",
			(unsigned long long)at, (unsigned long long)seed, (unsigned long long)head,
			acknowledged);
		r.acknowledged = (unsigned)(head / RECORDS);
	}
	if (ok && r.acknowledged > 0)
		ok = tap_okf(is_sound(), "cut at %llu, seed %llu: not sound",
			(unsigned long long)at, (unsigned long long)seed);
	if (ok)
		ok = tap_okf(finish(0) && is_sound(), "cut at %llu, seed %llu: it does not go on",
			(unsigned long long)at, (unsigned long long)seed);
	end();
	return ok;
}

static void power_cuts(void)
{
	uint64_t n = count_operations();

	for (uint64_t at = 1; at <= n; at++)
		if (!cut_at(at, 0) || !cut_at(at, at * 2 + 1))
			break;
}

int main(void)
{
	tap_test("an I/O error at any operation loses nothing", io_errors);
	tap_test("a series of I/O errors loses nothing", several_io_errors);
	tap_test("a full disk loses nothing and ends by itself", a_full_disk);
	tap_test("a power cut at any operation loses nothing acknowledged", power_cuts);
	return tap_done();
}
