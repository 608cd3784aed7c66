/* SPDX-License-Identifier: Apache-2.0 */
/* Readers of every kind beside a writer that seals, merges and drops: each answer is of one moment
 * and holds together. */
#include <pthread.h>

#include "base/map.h"
#include "base/mem.h"
#include "store/identity.h"
#include "store/reader.h"
#include "store/sample_test.h"
#include "tap/tap.h"

static const int64_t START = 1790000000000000;

enum { STEPS = 120, SIZE = 400, SECOND = 1000000, READERS = 3 };

static struct scene {
	char *dir;
	struct sample_clock clock;
	struct tt_store *store;
	bool done;
} s;

static bool is_done(void)
{
	return __atomic_load_n(&s.done, __ATOMIC_ACQUIRE);
}

static void write_step(uint64_t step)
{
	for (uint64_t part = 0; part < 4; part++) {
		struct tt_batch *b = tt_batch_new(part == 3 ? TT_STR("edge") : TT_STR("prod"));

		for (uint64_t i = 0; i < SIZE / 4; i++) {
			uint64_t event = step * SIZE + part * SIZE / 4 + i;

			if (i % 3 == 2 && step > 2)
				sample_event(b, event - SIZE - 1, 2 + (int32_t)step, s.clock.us);
			else
				sample_event(b, event, 1, s.clock.us);
		}
		sample_append(s.store, b);
	}
	__atomic_add_fetch(&s.clock.us, 5 * SECOND, __ATOMIC_RELAXED);
	for (int i = 0; i < 10 && tt_store_maintain(s.store, NULL) > 0;)
		i++;
}

/* Ascending, each identity once, nothing beyond the answer's seq. */
static bool is_view(const struct tt_view_answer *a)
{
	struct tt_map seen = {0};
	bool ok = true;

	for (size_t i = 0; i < a->batch->n; i++) {
		const struct tt_record *r = &a->batch->records[i];
		bool is_new;

		(void)tt_map_put(&seen,
			tt_identity_hash(1, tt_str_is(r->cluster, "edge"),
				r->event.metadata.namespace, r->event.metadata.name),
			&is_new);
		ok &= is_new && r->seq <= a->seq &&
		      (i == 0 || a->batch->records[i - 1].time_us <= r->time_us);
	}
	tt_map_release(&seen);
	return ok;
}

static bool read_views(struct tt_reader *r)
{
	const struct tt_filter filters[] = {{.namespace = TT_STR("ns-2")},
		{.cluster = TT_STR("edge")}, {.grep = TT_STR("web-1")},
		{.name = TT_STR("web-777")}};
	bool ok = true;

	for (size_t i = 0; i < 4 && ok; i++) {
		struct tt_view view = {.filter = &filters[i], .limit = i % 2 == 0 ? 100 : 0};
		struct tt_view_answer a;

		ok = tt_reader_view(r, &view, &a, NULL) == 0;
		if (ok) {
			ok = is_view(&a);
			tt_batch_unref(a.batch);
		}
	}
	return ok;
}

/* The log from somewhere on: dense, gaps aside. */
static bool read_log(struct tt_reader *r, uint64_t *cursor)
{
	struct tt_batch *b;
	uint64_t next = *cursor + 1;
	bool ok = tt_reader_read(r, cursor, 3000, NULL, &b, NULL) == 0;

	for (size_t i = 0; ok && i < b->n; i++) {
		const struct tt_record *record = &b->records[i];

		ok = record->kind == TT_RECORD_GAP ? record->seq >= next : record->seq == next;
		next = record->seq + 1;
	}
	if (ok)
		tt_batch_unref(b);
	return ok && *cursor + 1 >= next;
}

static bool read_status(void)
{
	struct tt_arena arena = {0};
	struct tt_store_status st;
	bool ok = tt_store_status(s.store, &st, &arena, NULL) == 0 &&
		  st.clusters[0].events + st.clusters[1].events == st.head + 1 - st.oldest;

	tt_arena_release(&arena);
	return ok;
}

static void *read_all(void *arg)
{
	struct tt_reader *r;
	uint64_t cursor = 0;
	bool ok = tt_reader_open(&r, s.store, NULL) == 0;

	for (int i = 0; ok && !is_done(); i++) {
		ok = read_log(r, &cursor) && read_status();
		if (ok && i % 3 == 0)
			ok = read_views(r);
		if (i % 40 == 39) /* again from the start, over what was dropped */
			cursor = 0;
	}
	tt_reader_close(r);
	return ok ? NULL : arg;
}

static void answers_hold_together(void)
{
	pthread_t threads[READERS];

	s = (struct scene){.dir = sample_dir_new()};
	sample_clock_init(&s.clock, START);
	s.store = sample_open(s.dir, &s.clock.clock);
	tt_store_set_retention(s.store, (struct tt_retention){.age_us = 300 * (int64_t)SECOND});
	for (int i = 0; i < READERS; i++)
		tap_int(pthread_create(&threads[i], NULL, read_all, &s), 0);
	for (uint64_t step = 0; step < STEPS; step++)
		write_step(step);
	__atomic_store_n(&s.done, true, __ATOMIC_RELEASE);
	for (int i = 0; i < READERS; i++) {
		void *failed;

		(void)pthread_join(threads[i], &failed);
		tap_ok(failed == NULL);
	}
	struct tt_arena arena = {0};
	struct tt_store_status st;

	tap_int(tt_store_status(s.store, &st, &arena, NULL), 0);
	tap_ok(st.oldest > 1 && st.blocks > 0);
	tt_arena_release(&arena);
	tt_store_close(s.store);
	sample_dir_remove(s.dir);
}

int main(void)
{
	tap_test("answers hold together beside a writer that drops", answers_hold_together);
	return tap_done();
}
