/* SPDX-License-Identifier: Apache-2.0 */
/* Figures that do not need a large log: decoding alone, and the way from JSON into the log. */
#include "base/arena.h"
#include "base/mem.h"
#include "bench.h"
#include "feed.h"
#include "ingest.h"
#include "log_store.h"
#include "measure.h"

/* Nothing but cutting and decoding, the arena cleared after each piece of the stream. */
static void decode(const struct bench *b, enum tt_encoding encoding, const char *name)
{
	struct tt_arena arena = {0};
	int64_t cpu_ns = 0;
	struct feed f;

	feed_init(&f, encoding, CORPUS_START_US);
	for (uint64_t done = 0; done < b->short_events; done += BENCH_COMMIT) {
		struct tt_watch_frame frame;

		feed_make(&f, BENCH_COMMIT);
		int64_t start_ns = measure_cpu_ns();

		while (feed_frame(&f, &frame, &arena))
			tt_arena_clear(&arena);
		cpu_ns += measure_cpu_ns() - start_ns;
		bench_progress("%s: %llu events", name, (unsigned long long)done);
	}
	bench_figure(b, name, 0, ingest_rate(b->short_events, cpu_ns), "events/s");
	tt_arena_release(&arena);
	feed_release(&f);
}

void group_decode(const struct bench *b)
{
	decode(b, TT_ENCODING_PROTOBUF, "decode_protobuf");
	decode(b, TT_ENCODING_JSON, "decode_json");
}

void group_json(const struct bench *b)
{
	struct log_store log;
	struct feed f;
	char *dir = bench_scratch(b, "json");

	feed_init(&f, TT_ENCODING_JSON, CORPUS_START_US);
	log_store_open(&log, dir, &f.clock.clock);
	int64_t cpu_ns = ingest(&f, b->short_events, "JSON into the log", log_store_append, &log);

	bench_figure(b, "ingest_json_%s", b->short_events, ingest_rate(b->short_events, cpu_ns),
		"events/s");
	log_store_close(&log);
	feed_release(&f);
	bench_remove(dir);
	tt_free(dir);
}
