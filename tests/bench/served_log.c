/* SPDX-License-Identifier: Apache-2.0 */
#include "served_log.h"

#include <math.h>

#include "base/mem.h"
#include "bench.h"
#include "ingest.h"
#include "log_store.h"

enum { STRIDE = 173 }; /* has no divisor in common with SERVED_OLD */

/* Begins such that the newest of `n` events lies in the past, but not far: their distances are
 * random, and so is their sum. */
static int64_t start_for(uint64_t n)
{
	double spread = 4 * sqrt((double)n);

	return tt_clock_wall_us(&tt_clock_system) -
	       ((int64_t)n + (int64_t)spread) * CORPUS_EVENT_US;
}

void served_log_make(struct served_log *log, const struct bench *b, uint64_t events)
{
	/* a tenth of the events may be older than the window of a question */
	uint64_t piece = events / 10 * 9 / SERVED_OLD;
	struct log_store store;
	struct feed f;

	log->dir = bench_scratch(b, "served");
	log->events = events;
	feed_init(&f, TT_ENCODING_PROTOBUF, start_for(events));
	log_store_open(&store, log->dir, &f.clock.clock);
	(void)ingest(&f, events - piece * SERVED_OLD - SERVED_NEW, "into a log to be served",
		log_store_append, &store);
	for (size_t i = 0; i < SERVED_OLD; i++) {
		(void)ingest(&f, piece, "into a log to be served", log_store_append, &store);
		log->old[i * STRIDE % SERVED_OLD] = f.newest;
	}
	for (size_t i = 0; i < SERVED_NEW; i++) {
		(void)ingest(&f, 1, "the newest", log_store_append, &store);
		log->new[i] = f.newest;
	}
	log_store_close(&store);
	feed_release(&f);
}

void served_log_remove(struct served_log *log)
{
	bench_remove(log->dir);
	tt_free(log->dir);
}
