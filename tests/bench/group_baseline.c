/* SPDX-License-Identifier: Apache-2.0 */
/* The same figures for the baseline. */
#include "base/mem.h"
#include "baseline.h"
#include "bench.h"
#include "feed.h"
#include "ingest.h"
#include "queries.h"

struct query {
	struct baseline *baseline;
	const struct queries *wanted;
};

static void insert(void *arg, struct tt_batch *const *batches, size_t n)
{
	baseline_append(arg, batches, n);
}

static uint64_t of_namespace(void *arg)
{
	const struct query *q = arg;

	return baseline_newest_of_namespace(q->baseline, q->wanted->namespace, 100);
}

static uint64_t history_of(struct baseline *baseline, const struct feed_name *pod)
{
	return baseline_history_of_pod(
		baseline, tt_str_from(pod->namespace), tt_str_from(pod->name));
}

static uint64_t of_usual_pod(void *arg)
{
	const struct query *q = arg;

	return history_of(q->baseline, &q->wanted->usual);
}

static uint64_t of_noisy_pod(void *arg)
{
	const struct query *q = arg;

	return history_of(q->baseline, &q->wanted->noisy);
}

static uint64_t with_common_word(void *arg)
{
	const struct query *q = arg;

	return baseline_newest_with_word(q->baseline, q->wanted->common, 100);
}

/* Full-text search knows only whole words, so that an absent part of one takes a full scan. */
static uint64_t with_absent_part(void *arg)
{
	const struct query *q = arg;

	return baseline_newest_with_substring(q->baseline, q->wanted->absent, 100);
}

void group_baseline(const struct bench *b)
{
	char *path = bench_scratch(b, "baseline.db");
	struct baseline *baseline = baseline_open(path);
	struct queries wanted = {0};
	struct query q = {baseline, &wanted};
	struct feed f;
	int64_t cpu_ns = 0;
	uint64_t at = 0;

	feed_init(&f, TT_ENCODING_PROTOBUF, CORPUS_START_US);
	for (size_t i = 0; i < b->n_scales && b->scales[i] <= b->baseline_events; i++) {
		uint64_t scale = b->scales[i], half = (scale - at) / 2;

		cpu_ns += ingest(&f, half, "into the baseline", insert, baseline);
		queries_choose(&wanted, &f);
		cpu_ns += ingest(&f, scale - at - half, "into the baseline", insert, baseline);
		at = scale;
		bench_figure(b, "baseline_ingest_protobuf_%s", scale, ingest_rate(scale, cpu_ns),
			"events/s");
		bench_figure(b, "baseline_bytes_per_event_%s", scale,
			(double)baseline_bytes(baseline) / (double)scale, "B");
		queries_measure(b, "baseline_query_namespace_%s", scale, of_namespace, &q);
		queries_measure(b, "baseline_query_object_%s", scale, of_usual_pod, &q);
		queries_measure(b, "baseline_query_noisy_object_%s", scale, of_noisy_pod, &q);
		queries_measure(b, "baseline_query_common_%s", scale, with_common_word, &q);
		queries_measure(b, "baseline_query_absent_%s", scale, with_absent_part, &q);
	}
	baseline_close(baseline);
	feed_release(&f);
	bench_remove(path);
	tt_free(path);
}

void group_baseline_json(const struct bench *b)
{
	char *path = bench_scratch(b, "baseline-json.db");
	struct baseline *baseline = baseline_open(path);
	struct feed f;

	feed_init(&f, TT_ENCODING_JSON, CORPUS_START_US);
	int64_t cpu_ns = ingest(&f, b->short_events, "JSON into the baseline", insert, baseline);

	bench_figure(b, "baseline_ingest_json_%s", b->short_events,
		ingest_rate(b->short_events, cpu_ns), "events/s");
	baseline_close(baseline);
	feed_release(&f);
	bench_remove(path);
	tt_free(path);
}
