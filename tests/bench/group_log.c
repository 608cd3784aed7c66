/* SPDX-License-Identifier: Apache-2.0 */
/* One log that grows from scale to scale: what ingest, queries, memory and a start cost at each. */
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/mem.h"
#include "bench.h"
#include "daemon.h"
#include "feed.h"
#include "ingest.h"
#include "log_store.h"
#include "measure.h"
#include "queries.h"
#include "store/reader.h"
#include "store/store.h"

enum { MB = 1000000 };

struct query {
	struct tt_reader *reader;
	struct tt_filter filter;
	size_t limit;
	bool observations;
};

static uint64_t run(void *arg)
{
	const struct query *q = arg;
	struct tt_view view = {
		.filter = &q->filter, .limit = q->limit, .observations = q->observations};
	struct tt_view_answer answer = {0};
	struct tt_err err = {0};

	bench_check(tt_reader_view(q->reader, &view, &answer, &err), &err, "reading");
	uint64_t rows = answer.batch->n;

	tt_batch_unref(answer.batch);
	return rows;
}

static struct query history_of(struct tt_reader *reader, const struct feed_name *pod)
{
	return (struct query){.reader = reader,
		.filter = {.namespace = tt_str_from(pod->namespace),
			.kind = TT_STR("Pod"),
			.name = tt_str_from(pod->name)},
		.observations = true};
}

static void query(const struct bench *b, struct tt_reader *reader, uint64_t scale,
	const struct queries *wanted)
{
	struct query namespace = {
		.reader = reader, .filter = {.namespace = wanted->namespace}, .limit = 100};
	struct query usual = history_of(reader, &wanted->usual);
	struct query noisy = history_of(reader, &wanted->noisy);
	struct query common = {.reader = reader, .filter = {.grep = wanted->common}, .limit = 100};
	struct query absent = {.reader = reader, .filter = {.grep = wanted->absent}, .limit = 100};

	queries_measure(b, "query_namespace_%s", scale, run, &namespace);
	queries_measure(b, "query_object_%s", scale, run, &usual);
	bench_figure(b, "query_noisy_object_first_%s", scale, measure_once_ms(run, &noisy), "ms");
	queries_measure(b, "query_noisy_object_%s", scale, run, &noisy);
	queries_measure(b, "query_common_%s", scale, run, &common);
	queries_measure(b, "query_absent_%s", scale, run, &absent);
}

/* In a process of its own: CPU until the log is open and a reader knows its head. */
static void start(
	const struct bench *b, const char *dir, const struct tt_clock *clock, uint64_t scale)
{
	pid_t pid = fork();
	int status = 0;

	if (pid == 0) {
		struct log_store log;
		int64_t start_ns = measure_cpu_ns();

		log_store_open(&log, dir, clock);
		uint64_t head = tt_store_head(log.store);

		bench_figure(b, "start_%s", scale,
			(double)(measure_cpu_ns() - start_ns) / TT_NS_PER_MS, "ms");
		if (head != scale)
			bench_die("the log ends at %llu", (unsigned long long)head);
		log_store_close(&log);
		_exit(0);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid || status != 0)
		bench_die("opening the log in another process failed");
}

static void start_daemon(const struct bench *b, const char *dir, uint64_t scale)
{
	struct daemon d;
	const char *arguments[] = {"--data", dir, "--hosted", "other", NULL};

	if (b->telltaled == NULL)
		return;
	daemon_start(&d, b, arguments);
	bench_figure(
		b, "start_daemon_%s", scale, (double)measure_cpu_of_ns(d.pid) / TT_NS_PER_MS, "ms");
	daemon_stop(&d);
}

/* Grows the log to `scale` events; returns the CPU time of the events added. */
static int64_t grow(const struct bench *b, const char *dir, struct feed *f, uint64_t from,
	uint64_t scale, struct queries *wanted)
{
	struct log_store log;

	log_store_open(&log, dir, &f->clock.clock);
	int64_t cpu_ns = ingest(f, (scale - from) / 2, "into the log", log_store_append, &log);

	queries_choose(wanted, f);
	cpu_ns += ingest(
		f, scale - from - (scale - from) / 2, "into the log", log_store_append, &log);
	query(b, log.reader, scale, wanted);
	bench_bounded(b, "rss_ingest_and_query_%s", scale, (double)measure_memory(0).peak / MB,
		"MB", BENCH_AT_MOST, 110);
	log_store_close(&log);
	bench_bounded(b, "bytes_per_event_%s", scale, (double)log_store_bytes(&log) / (double)scale,
		"B", BENCH_AT_MOST, 40);
	return cpu_ns;
}

void group_log(const struct bench *b)
{
	struct queries wanted = {0};
	struct feed f;
	char *dir = bench_scratch(b, "log");
	int64_t cpu_ns = 0;
	uint64_t at = 0;

	feed_init(&f, TT_ENCODING_PROTOBUF, CORPUS_START_US);
	for (size_t i = 0; i < b->n_scales; i++) {
		uint64_t scale = b->scales[i];
		int64_t added_ns = grow(b, dir, &f, at, scale, &wanted);

		cpu_ns += added_ns;
		bench_figure(
			b, "ingest_protobuf_%s", scale, ingest_rate(scale, cpu_ns), "events/s");
		if (i > 0)
			bench_figure(b, "ingest_protobuf_growing_to_%s", scale,
				ingest_rate(scale - at, added_ns), "events/s");
		start(b, dir, &f.clock.clock, scale);
		start_daemon(b, dir, scale);
		at = scale;
	}
	feed_release(&f);
	bench_remove(dir);
	tt_free(dir);
}
