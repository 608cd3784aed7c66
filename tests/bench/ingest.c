/* SPDX-License-Identifier: Apache-2.0 */
#include "ingest.h"

#include "bench.h"
#include "measure.h"
#include "store/record.h"

enum { BATCHES = BENCH_COMMIT / BENCH_BATCH };

static void store_made(struct feed *f, ingest_fn *store, void *arg)
{
	struct tt_batch *batches[BATCHES + 1];
	size_t n = 0;

	do
		batches[n] = feed_batch(f, BENCH_BATCH);
	while (batches[n++]->n > 0 && n <= BATCHES);
	if (batches[n - 1]->n == 0)
		tt_batch_unref(batches[--n]);
	if (n > 0)
		store(arg, batches, n);
	while (n > 0)
		tt_batch_unref(batches[--n]);
}

int64_t ingest(struct feed *f, uint64_t events, const char *what, ingest_fn *store, void *arg)
{
	int64_t total_ns = 0;

	for (uint64_t done = 0; done < events;) {
		uint64_t left = events - done;
		size_t n = left < BENCH_COMMIT ? (size_t)left : BENCH_COMMIT;

		feed_make(f, n);
		int64_t start_ns = measure_cpu_ns();

		store_made(f, store, arg);
		total_ns += measure_cpu_ns() - start_ns;
		done += n;
		bench_progress("%s: %llu of %llu events", what, (unsigned long long)done,
			(unsigned long long)events);
	}
	return total_ns;
}

double ingest_rate(uint64_t events, int64_t cpu_ns)
{
	return (double)events * TT_NS_PER_S / (double)cpu_ns;
}
