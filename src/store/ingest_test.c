/* SPDX-License-Identifier: Apache-2.0 */
#include "store/ingest.h"

#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/mem.h"
#include "store/inside.h"
#include "store/reader.h"
#include "store/sample_test.h"
#include "tap/tap.h"

static const int64_t NOW = 1790000000000000;
static const int64_t LONG = 20ll * TT_NS_PER_S;

static struct scene {
	char *dir;
	struct tt_store *store;
	struct tt_ingest *ingest;
} s;

static void begin(size_t queue_records)
{
	struct tt_ingest_options options = {.queue_records = queue_records};

	s.dir = sample_dir_new();
	options.store = s.store = sample_open(s.dir, NULL);
	tap_int(tt_ingest_start(&s.ingest, &options, NULL), 0);
}

static void end(void)
{
	tt_ingest_stop(s.ingest, LONG);
	tt_store_close(s.store);
	sample_dir_remove(s.dir);
}

static struct tt_batch *batch_of(const char *cluster, uint64_t from, size_t n)
{
	struct tt_batch *b = tt_batch_new(tt_str_from(cluster));

	for (size_t i = 0; i < n; i++)
		sample_event(b, from + i, 1, NOW);
	b->counts.received = n;
	return b;
}

static void put(struct tt_batch *b)
{
	tap_int(tt_ingest_put(s.ingest, b, LONG), 0);
}

static void what_is_put_is_committed_in_order(void)
{
	begin(0);
	for (uint64_t i = 0; i < 50; i++)
		put(batch_of("prod", i * 10, 10));
	tap_int(tt_ingest_flush(s.ingest, LONG), 0);
	tap_int(tt_store_head(s.store), 500);
	put(batch_of("edge", 1, 1)); /* committed without being asked for */
	tap_int(tt_ingest_wait(s.ingest, 500, LONG), 501);
	end();
}

/* A batch grows while it is committed, when its events are numbered. */
static void what_was_committed_takes_no_room(void)
{
	struct tt_ingest_totals totals;
	struct tt_arena arena = {0};
	struct tt_err err = {0};

	begin(0);
	for (uint64_t i = 0; i < 20; i++) {
		struct tt_batch *b = batch_of("edge", i * 100, 100);

		b->numbered = true;
		tap_okf(tt_ingest_put_wait(s.ingest, b, LONG, &err) == 0, "%s", err.msg);
	}
	tt_ingest_totals(s.ingest, &totals, &arena);
	tap_int((long long)totals.queued_bytes, 0);
	tt_arena_release(&arena);
	end();
}

static void a_waiting_caller_gets_its_answer(void)
{
	struct tt_err err = {0};
	struct tt_batch *wrong = batch_of("absent", 1, 1);

	begin(0);
	tap_int(tt_ingest_put_wait(s.ingest, batch_of("prod", 1, 3), LONG, &err), 0);
	tap_int(tt_store_head(s.store), 3);
	put(batch_of("prod", 9, 1));
	tap_int(tt_ingest_put_wait(s.ingest, wrong, LONG, &err), TT_EINVAL);
	tap_ok(strstr(err.msg, "no cluster \"absent\"") != NULL);
	tap_int(tt_ingest_put_wait(s.ingest, batch_of("prod", 5, 1), LONG, &err), 0);
	tap_int(tt_store_head(s.store), 5);
	tap_ok(tt_ingest_is_writable(s.ingest));
	end();
}

struct gate {
	pthread_mutex_t mutex;
	pthread_cond_t cond;
	bool entered, open;
};

/* Keeps the writing thread busy until the gate opens. */
static int stand(void *arg, struct tt_store *store)
{
	struct gate *g = arg;

	(void)pthread_mutex_lock(&g->mutex);
	g->entered = true;
	(void)pthread_cond_broadcast(&g->cond);
	while (!g->open)
		(void)pthread_cond_wait(&g->cond, &g->mutex);
	(void)pthread_mutex_unlock(&g->mutex);
	return 17;
}

static void *call_stand(void *arg)
{
	tap_int(tt_ingest_call(s.ingest, stand, arg), 17);
	return NULL;
}

static void a_full_queue_says_so(void)
{
	struct gate gate = {.mutex = PTHREAD_MUTEX_INITIALIZER, .cond = PTHREAD_COND_INITIALIZER};
	pthread_t thread;
	struct tt_batch *late = batch_of("prod", 900, 10);
	struct tt_err err = {0};

	begin(25);
	tap_int(pthread_create(&thread, NULL, call_stand, &gate), 0);
	(void)pthread_mutex_lock(&gate.mutex);
	while (!gate.entered)
		(void)pthread_cond_wait(&gate.cond, &gate.mutex);
	(void)pthread_mutex_unlock(&gate.mutex);
	for (uint64_t i = 0; i < 3; i++)
		put(batch_of("prod", i * 10, 10));
	tap_int(tt_ingest_put(s.ingest, late, 0), TT_EAGAIN);
	tap_int(tt_ingest_put(s.ingest, late, 30 * (int64_t)TT_NS_PER_MS), TT_EAGAIN);
	tap_int(tt_ingest_put_wait(s.ingest, tt_batch_ref(late), 0, &err), TT_EAGAIN);
	tap_ok(strstr(err.msg, "queue") != NULL);
	tap_int(late->refs, 1); /* it took its reference all the same */
	tap_int(tt_ingest_flush(s.ingest, 0), TT_EAGAIN);
	(void)pthread_mutex_lock(&gate.mutex);
	gate.open = true;
	(void)pthread_cond_broadcast(&gate.cond);
	(void)pthread_mutex_unlock(&gate.mutex);
	tap_int(tt_ingest_put(s.ingest, late, LONG), 0);
	(void)pthread_join(thread, NULL);
	tap_int(tt_ingest_flush(s.ingest, LONG), 0);
	tap_int(tt_store_head(s.store), 40);
	end();
}

static void recent_batches_follow_the_cursor_without_a_hole(void)
{
	struct tt_batch *got[100];

	begin(0);
	for (uint64_t i = 0; i < 20; i++)
		tap_int(tt_ingest_put_wait(s.ingest, batch_of("prod", i * 10, 10), LONG, NULL), 0);
	static const struct {
		uint64_t after;
		size_t max, n;
		uint64_t first;
	} cases[] = {{0, 100, 20, 1}, {190, 100, 1, 191}, {200, 100, 0, 0}, {50, 3, 3, 51},
		{55, 100, 0, 0}};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		size_t n = tt_ingest_recent(s.ingest, cases[i].after, got, cases[i].max);

		tap_int(n, cases[i].n);
		for (size_t j = 0; j < n; j++) {
			tap_int(got[j]->records[0].seq, cases[i].first + j * 10);
			tt_batch_unref(got[j]);
		}
	}
	end();
}

static void the_books_balance(void)
{
	struct tt_arena arena = {0};
	struct tt_ingest_totals totals;
	struct tt_rand rand;

	tt_rand_init(&rand, 3);
	begin(0);
	struct tt_batch *b = batch_of("prod", 0, 7), *c = batch_of("edge", 0, 2);

	sample_gap(b, &rand, NOW);
	b->records[7].gap.lost = TT_LOST_EVENTS;
	b->counts = (struct tt_batch_counts){.received = 15, .duplicates = 4, .deletions = 3};
	b->counts.refused[TT_REFUSED_TOO_LARGE] = 1;
	put(b);
	put(c);
	put(batch_of("prod", 30, 5));
	tap_int(tt_ingest_flush(s.ingest, LONG), 0);
	tt_ingest_totals(s.ingest, &totals, &arena);
	tap_ok(totals.head == 15 && totals.n_clusters == 2 && totals.commits > 0 &&
		totals.commit_failures == 0 && totals.queued_records == 0 &&
		totals.queued_bytes == 0 && totals.commit_ns > 0);
	const struct tt_ingest_cluster_totals *p = &totals.clusters[0];

	tap_str(p->cluster, "prod");
	tap_ok(p->recorded == 12 && p->gaps[TT_LOST_EVENTS] == 1 && p->gaps[TT_LOST_UPDATES] == 0);
	tap_int(p->counts.received, p->recorded + p->counts.duplicates + p->counts.deletions +
					    p->counts.refused[TT_REFUSED_TOO_LARGE]);
	tap_int(totals.clusters[1].recorded, 2);
	tt_arena_release(&arena);
	end();
}

static void *wait_for_head(void *arg)
{
	*(uint64_t *)arg = tt_ingest_wait(s.ingest, 1000, LONG);
	return NULL;
}

static void sleepers_are_woken(void)
{
	pthread_t thread;
	uint64_t head = 99;

	begin(0);
	tap_int(tt_ingest_wait(s.ingest, 0, 0), 0);
	tap_int(pthread_create(&thread, NULL, wait_for_head, &head), 0);
	(void)usleep(20000);
	tt_ingest_wake(s.ingest);
	(void)pthread_join(thread, NULL);
	tap_int(head, 0);
	head = 99;
	tap_int(pthread_create(&thread, NULL, wait_for_head, &head), 0);
	(void)usleep(20000);
	end(); /* waits until the sleeper has left */
	(void)pthread_join(thread, NULL);
	tap_int(head, 0);
}

static void stopping_commits_what_is_queued(void)
{
	begin(0);
	for (uint64_t i = 0; i < 100; i++)
		put(batch_of("prod", i * 10, 10));
	tt_ingest_stop(s.ingest, LONG);
	tap_int(tt_store_head(s.store), 1000);
	tt_store_close(s.store);
	sample_dir_remove(s.dir);
}

enum { WAL_HEADER_BYTES = 32 };

/* No file may grow beyond `bytes`; a write that would fails. */
static void limit_files(rlim_t bytes)
{
	struct rlimit limit;

	tap_int(getrlimit(RLIMIT_FSIZE, &limit), 0);
	limit.rlim_cur = bytes;
	tap_int(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

static void a_disk_that_takes_nothing_is_waited_for(void)
{
	struct tt_arena arena = {0};
	struct tt_ingest_totals totals;

	(void)signal(SIGXFSZ, SIG_IGN);
	begin(0);
	tap_int(tt_ingest_put_wait(s.ingest, batch_of("prod", 0, 10), LONG, NULL), 0);
	limit_files(WAL_HEADER_BYTES); /* a checkpoint may have let the WAL begin anew */
	tap_int(tt_ingest_put_wait(
			s.ingest, batch_of("prod", 100, 500), 300 * (int64_t)TT_NS_PER_MS, NULL),
		TT_EAGAIN);
	tap_ok(!tt_ingest_is_writable(s.ingest));
	tap_int(tt_store_head(s.store), 10);
	limit_files(RLIM_INFINITY);
	tap_int(tt_ingest_flush(s.ingest, LONG), 0);
	tap_ok(tt_ingest_is_writable(s.ingest));
	tap_int(tt_store_head(s.store), 510);
	tt_ingest_totals(s.ingest, &totals, &arena);
	tap_ok(totals.commit_failures > 0);
	limit_files(WAL_HEADER_BYTES);    /* a checkpoint may have let the WAL begin anew */
	put(batch_of("prod", 1000, 500)); /* and stopping does not wait for ever */
	tt_ingest_stop(s.ingest, 100 * (int64_t)TT_NS_PER_MS);
	limit_files(RLIM_INFINITY);
	tap_int(tt_store_head(s.store), 510);
	tt_arena_release(&arena);
	tt_store_close(s.store);
	sample_dir_remove(s.dir);
}

enum { PRODUCERS = 3, BATCHES = 60, SIZE = 50, TOTAL = PRODUCERS * BATCHES * SIZE };

static void *produce(void *arg)
{
	uint64_t which = *(uint64_t *)arg;

	for (uint64_t i = 0; i < BATCHES; i++) {
		struct tt_batch *b = batch_of(
			which == 0 ? "edge" : "prod", (which * BATCHES + i) * SIZE, SIZE);

		if (tt_ingest_put(s.ingest, b, LONG) != 0)
			return arg;
	}
	return NULL;
}

/* Follows the log: from memory where it can, else from the file. */
static void *follow(void *arg)
{
	struct tt_reader *r;
	uint64_t cursor = 0, *seen = arg;

	if (tt_reader_open(&r, s.store, NULL) != 0)
		return arg;
	while (cursor < TOTAL) {
		struct tt_batch *got[8];
		size_t n = tt_ingest_recent(s.ingest, cursor, got, 8);

		if (n == 0 && tt_ingest_wait(s.ingest, cursor, LONG) > cursor &&
			tt_reader_read(r, &cursor, 1000, NULL, &got[0], NULL) == 0) {
			*seen += got[0]->n;
			tt_batch_unref(got[0]);
		}
		for (size_t i = 0; i < n; i++) {
			*seen += got[i]->records[0].seq == cursor + 1 ? got[i]->n : 0;
			cursor += got[i]->n;
			tt_batch_unref(got[i]);
		}
	}
	tt_reader_close(r);
	return NULL;
}

static void many_write_and_read_at_once(void)
{
	pthread_t producers[PRODUCERS], followers[3];
	uint64_t which[PRODUCERS], seen[3] = {0};
	void *failed;

	begin(500);
	for (int i = 0; i < 3; i++)
		tap_int(pthread_create(&followers[i], NULL, follow, &seen[i]), 0);
	for (uint64_t i = 0; i < PRODUCERS; i++) {
		which[i] = i;
		tap_int(pthread_create(&producers[i], NULL, produce, &which[i]), 0);
	}
	for (int i = 0; i < PRODUCERS; i++) {
		(void)pthread_join(producers[i], &failed);
		tap_ok(failed == NULL);
	}
	for (int i = 0; i < 3; i++) {
		(void)pthread_join(followers[i], &failed);
		tap_ok(failed == NULL);
		tap_int(seen[i], TOTAL);
	}
	end();
}

int main(void)
{
	tap_test("what is put is committed in order", what_is_put_is_committed_in_order);
	tap_test("a waiting caller gets its answer", a_waiting_caller_gets_its_answer);
	tap_test("a full queue says so", a_full_queue_says_so);
	tap_test("recent batches follow the cursor without a hole",
		recent_batches_follow_the_cursor_without_a_hole);
	tap_test("the books balance", the_books_balance);
	tap_test("sleepers are woken", sleepers_are_woken);
	tap_test("what was committed takes no room", what_was_committed_takes_no_room);
	tap_test("stopping commits what is queued", stopping_commits_what_is_queued);
	tap_test(
		"a disk that takes nothing is waited for", a_disk_that_takes_nothing_is_waited_for);
	tap_test("many write and read at once", many_write_and_read_at_once);
	return tap_done();
}
