/* SPDX-License-Identifier: Apache-2.0 */
#include "store/ingest.h"

#include <errno.h>
#include <pthread.h>
#include <time.h>

#include "base/assert.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/vec.h"

enum {
	QUEUE_RECORDS = 20000,
	QUEUE_BYTES = 8 << 20,
	COMMIT_RECORDS = 5000,
	COMMIT_BYTES = 4 << 20,
	RECENT_BATCHES = 1024,
	RECENT_BYTES = 1 << 20,
	MAX_GROUP = 1024,
};

/* How much longer than it was asked for a stop waits before the thread counts as hanging. */
static const int64_t HANG_NS = 500 * (int64_t)TT_NS_PER_MS;

#define COMMIT_WAIT_NS (50 * (int64_t)TT_NS_PER_MS)
#define RETRY_NS       (200 * (int64_t)TT_NS_PER_MS)
#define MAINTAIN_NS    ((int64_t)TT_NS_PER_S)

/* Someone who waits for a batch to be on disk; on its own stack. */
struct waiter {
	bool done;
	int code;
	struct tt_err err;
};

struct entry {
	struct tt_batch *batch;
	struct waiter *waiter; /* NULL: nobody waits, or no longer */
	int64_t put_ns;
	size_t bytes; /* counted for it; it grows while it is committed */
};

struct call {
	int (*fn)(void *arg, struct tt_store *store);
	void *arg;
	int code;
	bool done;
	struct call *next;
};

struct tt_ingest {
	struct tt_store *store;
	size_t queue_records, queue_bytes;
	const struct tt_clock *clock;
	const struct tt_log *log;
	pthread_t thread;

	pthread_mutex_t mutex; /* over all below */
	pthread_cond_t work;   /* for the thread: something to do */
	pthread_cond_t room;   /* for putters: the queue shrank */
	pthread_cond_t moved;  /* for all others: head, results, wake-ups */
	struct {
		struct entry *items;
		size_t n, cap;
	} queue;
	size_t queued_records, queued_bytes;
	uint64_t n_put, n_done; /* batches */
	unsigned hurry;         /* callers that wait for a commit */
	struct call *calls;
	bool stopping, ended, writable; /* ended: the thread is about to */
	int64_t stop_ns;                /* when to give up */
	unsigned wakes;
	unsigned inside; /* callers in functions that wait */
	uint64_t head;

	struct tt_batch *recent[RECENT_BATCHES]; /* a ring */
	size_t recent_first, n_recent, recent_bytes;

	uint64_t commits, commit_failures, commit_ns;
	struct {
		struct tt_ingest_cluster_totals *items;
		size_t n, cap;
	} clusters;
	struct tt_arena names;
};

static int64_t now_ns(void)
{
	return tt_clock_mono_ns(&tt_clock_system);
}

/* Waits for `cond` until `deadline` on the system's monotonic clock; false if that has passed. */
static bool wait_until(pthread_cond_t *cond, pthread_mutex_t *mutex, int64_t deadline_ns)
{
	struct timespec at = {deadline_ns / TT_NS_PER_S, deadline_ns % TT_NS_PER_S};

	return pthread_cond_timedwait(cond, mutex, &at) != ETIMEDOUT;
}

/* A moment `timeout_ns` from now; for ever and beyond is a year. */
static int64_t deadline_after(int64_t timeout_ns)
{
	const int64_t year = 365ll * 86400 * TT_NS_PER_S;

	return now_ns() + (timeout_ns < 0 ? 0 : timeout_ns > year ? year : timeout_ns);
}

static size_t weight(const struct tt_batch *b)
{
	return b->n > 0 ? b->n : 1; /* a position alone takes room too */
}

/* What a batch takes in memory, some three times its encoded size. */
static size_t memory_of(const struct tt_batch *b)
{
	return b->arena.bytes + b->n * sizeof(*b->records);
}

static bool is_full(const struct tt_ingest *in)
{
	return in->queued_records >= in->queue_records || in->queued_bytes >= in->queue_bytes;
}

/* --- what was committed --- */

static struct tt_ingest_cluster_totals *totals_of(struct tt_ingest *in, struct tt_str cluster)
{
	tt_vec_each (c, &in->clusters)
		if (tt_str_eq(c->cluster, cluster))
			return c;
	struct tt_ingest_cluster_totals *c = tt_vec_push(&in->clusters);

	*c = (struct tt_ingest_cluster_totals){.cluster = tt_str_dup(&in->names, cluster)};
	return c;
}

static void count(struct tt_ingest *in, const struct tt_batch *b)
{
	struct tt_ingest_cluster_totals *c = totals_of(in, b->cluster);

	c->counts.received += b->counts.received;
	c->counts.duplicates += b->counts.duplicates;
	c->counts.deletions += b->counts.deletions;
	for (int i = 0; i < TT_REFUSED_N; i++)
		c->counts.refused[i] += b->counts.refused[i];
	for (size_t i = 0; i < b->n; i++) {
		if (b->records[i].kind == TT_RECORD_GAP)
			c->gaps[b->records[i].gap.lost == TT_LOST_EVENTS]++;
		else
			c->recorded++;
	}
}

static void forget_oldest(struct tt_ingest *in)
{
	struct tt_batch *b = in->recent[in->recent_first];

	in->recent_bytes -= memory_of(b);
	in->recent_first = (in->recent_first + 1) % RECENT_BATCHES;
	in->n_recent--;
	tt_batch_unref(b);
}

/* Keeps `b` (one reference) for readers at the head. */
static void remember(struct tt_ingest *in, struct tt_batch *b)
{
	if (b->n == 0) {
		tt_batch_unref(b);
		return;
	}
	while (in->n_recent > 0 &&
		(in->n_recent == RECENT_BATCHES || in->recent_bytes + memory_of(b) > RECENT_BYTES))
		forget_oldest(in);
	in->recent[(in->recent_first + in->n_recent++) % RECENT_BATCHES] = b;
	in->recent_bytes += memory_of(b);
}

static void finish(struct tt_ingest *in, struct entry *e, int code, const struct tt_err *err)
{
	in->queued_records -= weight(e->batch);
	in->queued_bytes -= e->bytes;
	in->n_done++;
	if (e->waiter != NULL) {
		e->waiter->done = true;
		e->waiter->code = code;
		if (code != 0)
			e->waiter->err = *err;
	}
	if (code == 0) {
		count(in, e->batch);
		remember(in, e->batch);
	} else {
		tt_batch_unref(e->batch);
	}
}

/* --- the thread --- */

/* How many of the queued batches make the next commit. */
static size_t group_size(const struct tt_ingest *in)
{
	size_t n = 0, records = 0, bytes = 0;

	while (n < in->queue.n && n < MAX_GROUP) {
		const struct tt_batch *b = in->queue.items[n].batch;

		if (n > 0 && (records + b->n > COMMIT_RECORDS || bytes + b->bytes > COMMIT_BYTES))
			break;
		records += b->n;
		bytes += b->bytes;
		n++;
	}
	return n;
}

/* When the queued batches are to be committed. */
static int64_t due_ns(const struct tt_ingest *in)
{
	if (in->queue.n == 0)
		return INT64_MAX;
	if (in->hurry > 0 || in->stopping || in->queued_records >= COMMIT_RECORDS ||
		in->queued_bytes >= COMMIT_BYTES)
		return 0;
	return in->queue.items[0].put_ns + COMMIT_WAIT_NS;
}

/* Takes the first `n` entries out of the queue. */
static void shift(struct tt_ingest *in, size_t n)
{
	in->queue.n -= n;
	memmove(in->queue.items, in->queue.items + n, in->queue.n * sizeof(*in->queue.items));
}

static int append(struct tt_ingest *in, size_t n, struct tt_err *err)
{
	struct tt_batch *batches[MAX_GROUP];
	int64_t start = tt_clock_mono_ns(in->clock);

	for (size_t i = 0; i < n; i++)
		batches[i] = in->queue.items[i].batch;
	(void)pthread_mutex_unlock(&in->mutex);
	int rc = tt_store_append(in->store, batches, n, err);

	(void)pthread_mutex_lock(&in->mutex);
	in->commit_ns += (uint64_t)(tt_clock_mono_ns(in->clock) - start);
	return rc;
}

/* The disk did not take it: says so once, and waits a little. */
static void back_off(struct tt_ingest *in, const struct tt_err *err)
{
	in->commit_failures++;
	if (in->writable)
		tt_log_error(in->log, "the log cannot be written; ingest waits",
			TT_FS("error", err->msg));
	in->writable = false;
	(void)pthread_mutex_unlock(&in->mutex);
	(void)tt_store_maintain(in->store, NULL); /* retention may free space */
	(void)pthread_mutex_lock(&in->mutex);
	int64_t until = now_ns() + RETRY_NS;

	while (!in->stopping && now_ns() < until)
		(void)wait_until(&in->work, &in->mutex, until);
	if (in->stopping && now_ns() < in->stop_ns)
		(void)wait_until(&in->work, &in->mutex,
			in->stop_ns < until ? in->stop_ns : now_ns() + RETRY_NS / 10);
}

/* One commit. What can never be committed is given up, so that the rest goes on. */
static void commit(struct tt_ingest *in)
{
	struct tt_err err = {0};
	size_t n = group_size(in);
	int rc = append(in, n, &err);

	if (rc == TT_EINVAL && n > 1)
		rc = append(in, n = 1, &err);
	if (rc != 0 && rc != TT_EINVAL) {
		back_off(in, &err);
		return;
	}
	if (rc != 0)
		tt_log_error(in->log, "a batch was refused by the log", TT_FS("error", err.msg));
	if (rc == 0 && !in->writable)
		tt_log_info(in->log, "the log can be written again");
	in->writable = in->writable || rc == 0;
	in->commits += rc == 0;
	in->head = tt_store_head(in->store);
	for (size_t i = 0; i < n; i++)
		finish(in, &in->queue.items[i], rc, &err);
	shift(in, n);
	(void)pthread_cond_broadcast(&in->room);
	(void)pthread_cond_broadcast(&in->moved);
}

static void run_calls(struct tt_ingest *in)
{
	while (in->calls != NULL) {
		struct call *c = in->calls;

		in->calls = c->next;
		(void)pthread_mutex_unlock(&in->mutex);
		int code = c->fn(c->arg, in->store);

		(void)pthread_mutex_lock(&in->mutex);
		c->code = code;
		c->done = true;
		in->head = tt_store_head(in->store);
		(void)pthread_cond_broadcast(&in->moved);
	}
}

/* Maintenance, if it is due; returns when it is due next. */
static int64_t maintain(struct tt_ingest *in, int64_t due)
{
	if (now_ns() < due)
		return due;
	(void)pthread_mutex_unlock(&in->mutex);
	struct tt_err err = {0};
	int rc = tt_store_maintain(in->store, &err);

	if (rc < 0)
		tt_log_warn(in->log, "maintenance of the log failed", TT_FS("error", err.msg));
	(void)pthread_mutex_lock(&in->mutex);
	return rc > 0 ? 0 : now_ns() + MAINTAIN_NS;
}

static void *run(void *arg)
{
	struct tt_ingest *in = arg;
	int64_t maintain_due = now_ns() + MAINTAIN_NS;

	(void)pthread_mutex_lock(&in->mutex);
	for (;;) {
		run_calls(in);
		if (in->stopping &&
			(in->queue.n == 0 || (!in->writable && now_ns() >= in->stop_ns)))
			break;
		int64_t due = due_ns(in);

		if (due <= now_ns())
			commit(in);
		maintain_due = in->stopping ? maintain_due : maintain(in, maintain_due);
		due = due_ns(in) < maintain_due ? due_ns(in) : maintain_due;
		if (in->calls == NULL && due > now_ns() && !in->stopping)
			(void)wait_until(&in->work, &in->mutex, due);
	}
	in->ended = true;
	(void)pthread_cond_broadcast(&in->moved);
	(void)pthread_mutex_unlock(&in->mutex);
	return NULL;
}

/* --- starting and stopping --- */

int tt_ingest_start(
	struct tt_ingest **ret, const struct tt_ingest_options *options, struct tt_err *err)
{
	struct tt_ingest *in = tt_calloc(1, sizeof(*in));
	pthread_condattr_t attr;

	in->store = options->store;
	in->queue_records = options->queue_records > 0 ? options->queue_records : QUEUE_RECORDS;
	in->queue_bytes = options->queue_bytes > 0 ? options->queue_bytes : QUEUE_BYTES;
	in->clock = options->clock != NULL ? options->clock : &tt_clock_system;
	in->log = options->log;
	in->writable = true;
	in->head = tt_store_head(in->store);
	tt_assert(pthread_condattr_init(&attr) == 0);
	tt_assert(pthread_condattr_setclock(&attr, CLOCK_MONOTONIC) == 0);
	tt_assert(pthread_mutex_init(&in->mutex, NULL) == 0);
	tt_assert(pthread_cond_init(&in->work, &attr) == 0);
	tt_assert(pthread_cond_init(&in->room, &attr) == 0);
	tt_assert(pthread_cond_init(&in->moved, &attr) == 0);
	(void)pthread_condattr_destroy(&attr);
	int rc = pthread_create(&in->thread, NULL, run, in);

	if (rc != 0) {
		char text[128];

		tt_free(in);
		return tt_fail(err, TT_EIO, "the ingest thread cannot be started: %s",
			strerror_r(rc, text, sizeof(text)));
	}
	*ret = in;
	return 0;
}

/* Callers enter and leave functions that wait; in->mutex is held when enter() returns. */
static void enter(struct tt_ingest *in)
{
	(void)pthread_mutex_lock(&in->mutex);
	in->inside++;
}

static void leave(struct tt_ingest *in)
{
	in->inside--;
	if (in->stopping)
		(void)pthread_cond_broadcast(&in->moved);
	(void)pthread_mutex_unlock(&in->mutex);
}

/* Answers all who still wait, and waits until they are gone. */
static void see_off(struct tt_ingest *in)
{
	const struct tt_err err = {TT_ECANCELED, "the log is closing"};

	(void)pthread_mutex_lock(&in->mutex);
	tt_vec_each (e, &in->queue)
		finish(in, e, TT_ECANCELED, &err);
	in->queue.n = 0;
	(void)pthread_cond_broadcast(&in->moved);
	while (in->inside > 0)
		(void)pthread_cond_wait(&in->moved, &in->mutex);
	(void)pthread_mutex_unlock(&in->mutex);
}

static void ingest_free(struct tt_ingest *in)
{
	while (in->n_recent > 0)
		forget_oldest(in);
	tt_vec_release(&in->queue);
	tt_vec_release(&in->clusters);
	tt_arena_release(&in->names);
	(void)pthread_mutex_destroy(&in->mutex);
	(void)pthread_cond_destroy(&in->work);
	(void)pthread_cond_destroy(&in->room);
	(void)pthread_cond_destroy(&in->moved);
	tt_free(in);
}

bool tt_ingest_stop(struct tt_ingest *in, int64_t timeout_ns)
{
	if (in == NULL)
		return true;
	int64_t given_up_ns = deadline_after(timeout_ns) + HANG_NS;

	(void)pthread_mutex_lock(&in->mutex);
	in->stopping = true;
	in->stop_ns = deadline_after(timeout_ns);
	in->wakes++;
	(void)pthread_cond_broadcast(&in->work);
	(void)pthread_cond_broadcast(&in->room);
	(void)pthread_cond_broadcast(&in->moved);
	while (!in->ended && wait_until(&in->moved, &in->mutex, given_up_ns)) {
	}
	bool ended = in->ended;

	(void)pthread_mutex_unlock(&in->mutex);
	if (!ended)
		return false;
	(void)pthread_join(in->thread, NULL);
	see_off(in);
	ingest_free(in);
	return true;
}

/* --- putting --- */

/* Waits for room; in->mutex is held. */
static int wait_for_room(struct tt_ingest *in, int64_t deadline_ns)
{
	while (!in->stopping && is_full(in))
		if (!wait_until(&in->room, &in->mutex, deadline_ns))
			return in->stopping ? TT_ECANCELED : is_full(in) ? TT_EAGAIN : 0;
	return in->stopping ? TT_ECANCELED : 0;
}

static void enqueue(struct tt_ingest *in, struct tt_batch *batch, struct waiter *waiter)
{
	size_t bytes = memory_of(batch);

	*tt_vec_push(&in->queue) = (struct entry){batch, waiter, now_ns(), bytes};
	in->queued_records += weight(batch);
	in->queued_bytes += bytes;
	in->n_put++;
	(void)pthread_cond_signal(&in->work);
}

int tt_ingest_put(struct tt_ingest *in, struct tt_batch *batch, int64_t timeout_ns)
{
	enter(in);
	int rc = wait_for_room(in, deadline_after(timeout_ns));

	if (rc == 0)
		enqueue(in, batch, NULL);
	leave(in);
	return rc;
}

/* The waiter goes without an answer. */
static void forget_waiter(struct tt_ingest *in, const struct waiter *waiter)
{
	tt_vec_each (e, &in->queue)
		if (e->waiter == waiter)
			e->waiter = NULL;
}

static int wait_for_batch(
	struct tt_ingest *in, struct waiter *waiter, int64_t deadline_ns, struct tt_err *err)
{
	in->hurry++;
	(void)pthread_cond_signal(&in->work);
	while (!waiter->done)
		if (!wait_until(&in->moved, &in->mutex, deadline_ns) && !waiter->done)
			break;
	in->hurry--;
	if (!waiter->done) {
		forget_waiter(in, waiter);
		return tt_fail(err, TT_EAGAIN, "the log did not take it in time");
	}
	return waiter->code == 0 ? 0 : tt_fail(err, waiter->code, "%s", waiter->err.msg);
}

int tt_ingest_put_wait(
	struct tt_ingest *in, struct tt_batch *batch, int64_t timeout_ns, struct tt_err *err)
{
	int64_t deadline = deadline_after(timeout_ns);
	struct waiter waiter = {0};

	enter(in);
	int rc = wait_for_room(in, deadline);

	if (rc == TT_EAGAIN) {
		(void)tt_fail(err, TT_EAGAIN, "the queue of the log is full");
		tt_batch_unref(batch);
	} else if (rc != 0) {
		(void)tt_fail(err, rc, "the log is closing");
		tt_batch_unref(batch);
	} else {
		enqueue(in, batch, &waiter);
		rc = wait_for_batch(in, &waiter, deadline, err);
	}
	leave(in);
	return rc;
}

int tt_ingest_flush(struct tt_ingest *in, int64_t timeout_ns)
{
	int64_t deadline = deadline_after(timeout_ns);

	enter(in);
	uint64_t wanted = in->n_put;

	in->hurry++;
	(void)pthread_cond_signal(&in->work);
	while (in->n_done < wanted)
		if (!wait_until(&in->moved, &in->mutex, deadline) && in->n_done < wanted)
			break;
	in->hurry--;
	int rc = in->n_done >= wanted ? 0 : TT_EAGAIN;

	leave(in);
	return rc;
}

int tt_ingest_call(struct tt_ingest *in, int (*fn)(void *arg, struct tt_store *store), void *arg)
{
	struct call call = {.fn = fn, .arg = arg}, **last;

	enter(in);
	if (in->stopping) {
		leave(in);
		return TT_ECANCELED;
	}
	for (last = &in->calls; *last != NULL;)
		last = &(*last)->next;
	*last = &call;
	(void)pthread_cond_signal(&in->work);
	while (!call.done)
		(void)pthread_cond_wait(&in->moved, &in->mutex);
	leave(in);
	return call.code;
}

/* --- reading at the head --- */

uint64_t tt_ingest_wait(struct tt_ingest *in, uint64_t after, int64_t timeout_ns)
{
	int64_t deadline = deadline_after(timeout_ns);

	enter(in);
	unsigned wakes = in->wakes;

	while (in->head <= after && in->wakes == wakes && !in->stopping)
		if (!wait_until(&in->moved, &in->mutex, deadline))
			break;
	uint64_t head = in->head;

	leave(in);
	return head;
}

void tt_ingest_wake(struct tt_ingest *in)
{
	(void)pthread_mutex_lock(&in->mutex);
	in->wakes++;
	(void)pthread_cond_broadcast(&in->moved);
	(void)pthread_mutex_unlock(&in->mutex);
}

size_t tt_ingest_recent(struct tt_ingest *in, uint64_t after, struct tt_batch **ret, size_t max)
{
	size_t n = 0;

	(void)pthread_mutex_lock(&in->mutex);
	for (size_t i = 0; i < in->n_recent && n < max; i++) {
		struct tt_batch *b = in->recent[(in->recent_first + i) % RECENT_BATCHES];
		uint64_t first = b->records[0].seq;

		if (first <= after)
			continue;
		if (n == 0 && first != after + 1)
			break; /* something in between is not held */
		ret[n++] = tt_batch_ref(b);
	}
	(void)pthread_mutex_unlock(&in->mutex);
	return n;
}

bool tt_ingest_is_writable(struct tt_ingest *in)
{
	(void)pthread_mutex_lock(&in->mutex);
	bool writable = in->writable;

	(void)pthread_mutex_unlock(&in->mutex);
	return writable;
}

void tt_ingest_totals(struct tt_ingest *in, struct tt_ingest_totals *ret, struct tt_arena *arena)
{
	(void)pthread_mutex_lock(&in->mutex);
	*ret = (struct tt_ingest_totals){
		.head = in->head,
		.commits = in->commits,
		.commit_failures = in->commit_failures,
		.commit_ns = in->commit_ns,
		.queued_records = in->queued_records,
		.queued_bytes = in->queued_bytes,
		.n_clusters = in->clusters.n,
	};
	ret->clusters = tt_arena_new(arena, struct tt_ingest_cluster_totals, in->clusters.n);
	if (in->clusters.n > 0)
		memcpy(ret->clusters, in->clusters.items, in->clusters.n * sizeof(*ret->clusters));
	(void)pthread_mutex_unlock(&in->mutex);
}
