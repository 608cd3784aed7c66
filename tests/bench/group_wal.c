/* SPDX-License-Identifier: Apache-2.0 */
/* How large the WAL gets while eight readers query without a pause and ingest runs at full speed.
 */
#include <pthread.h>
#include <stdatomic.h>

#include "base/mem.h"
#include "bench.h"
#include "feed.h"
#include "ingest.h"
#include "log_store.h"
#include "measure.h"
#include "store/ingest.h"
#include "store/reader.h"
#include "store/store.h"

enum { N_READERS = 8, MB = 1000000, PIECE = 50000, SECONDS = 20 };

struct reading {
	struct tt_store *store;
	atomic_bool *stop;
	pthread_t thread;
	uint64_t queries;
	int n;
};

/* Every reader asks for something else, over and over. */
static void *read_on(void *arg)
{
	static const char *const parts[N_READERS] = {
		"", "ImagePullBackOff", "xyzzy", "", "Readiness probe", "Killed process", "", "x"};
	struct reading *r = arg;
	struct tt_reader *reader;
	struct tt_err err = {0};

	bench_check(tt_reader_open(&reader, r->store, &err), &err, "opening a reader");
	for (; !atomic_load(r->stop); r->queries++) {
		struct tt_filter filter = {.grep = tt_str_from(parts[r->n]),
			.namespace = r->n % 3 == 0 ? TT_STR("default") : TT_STR("")};
		struct tt_view view = {.filter = &filter, .limit = 1000};
		struct tt_view_answer answer = {0};

		bench_check(tt_reader_view(reader, &view, &answer, &err), &err, "reading");
		tt_batch_unref(answer.batch);
	}
	tt_reader_close(reader);
	return NULL;
}

struct writing {
	struct tt_ingest *ingest;
	struct log_store *log;
	uint64_t wal_peak;
};

static void put(void *arg, struct tt_batch *const *batches, size_t n)
{
	struct writing *w = arg;
	const int64_t minute_ns = (int64_t)60 * TT_NS_PER_S;

	for (size_t i = 0; i < n; i++)
		bench_check(tt_ingest_put(w->ingest, tt_batch_ref(batches[i]), minute_ns), NULL,
			"putting into the queue");
	uint64_t wal = log_store_wal_bytes(w->log);

	if (wal > w->wal_peak)
		w->wal_peak = wal;
}

static double seconds_since(int64_t start_ns)
{
	return (double)(tt_clock_mono_ns(&tt_clock_system) - start_ns) / TT_NS_PER_S;
}

void group_wal(const struct bench *b)
{
	struct reading readers[N_READERS];
	struct writing w = {0};
	struct log_store log;
	struct feed f;
	atomic_bool stop = false;
	uint64_t queries = 0;
	struct tt_err err = {0};
	char *dir = bench_scratch(b, "wal");

	feed_init(&f, TT_ENCODING_PROTOBUF, CORPUS_START_US);
	log_store_open(&log, dir, &tt_clock_system); /* the feed's belongs to this thread */
	w.log = &log;
	bench_check(
		tt_ingest_start(&w.ingest, &(struct tt_ingest_options){.store = log.store}, &err),
		&err, "starting ingest");
	for (int i = 0; i < N_READERS; i++) {
		readers[i] = (struct reading){.store = log.store, .stop = &stop, .n = i};
		if (pthread_create(&readers[i].thread, NULL, read_on, &readers[i]) != 0)
			bench_die("cannot start a thread");
	}
	int64_t start_ns = tt_clock_mono_ns(&tt_clock_system);

	uint64_t events = 0;

	for (; events < b->short_events && seconds_since(start_ns) < SECONDS; events += PIECE)
		(void)ingest(&f, PIECE, "beside eight readers", put, &w);
	double seconds = seconds_since(start_ns);

	atomic_store(&stop, true);
	for (int i = 0; i < N_READERS; i++) {
		(void)pthread_join(readers[i].thread, NULL);
		queries += readers[i].queries;
	}
	tt_ingest_stop(w.ingest, (int64_t)60 * TT_NS_PER_S);
	bench_bounded(
		b, "wal_peak_8_readers", 0, (double)w.wal_peak / MB, "MB", BENCH_AT_MOST, 128);
	bench_figure(b, "wal_ingest_8_readers", 0, (double)events / seconds, "events/s");
	bench_figure(b, "wal_queries_8_readers", 0, (double)queries / seconds, "queries/s");
	log_store_close(&log);
	feed_release(&f);
	bench_remove(dir);
	tt_free(dir);
}
