/* SPDX-License-Identifier: Apache-2.0 */
#include "queries.h"

#include <stdio.h>
#include <string.h>

#include "bench.h"

void queries_choose(struct queries *q, const struct feed *f)
{
	q->namespace = TT_STR("default");
	q->usual = f->usual;
	q->noisy = f->noisy;
	q->common = TT_STR("ImagePullBackOff");
	q->absent = TT_STR("xyzzy");
}

void queries_measure(
	const struct bench *b, const char *name, uint64_t scale, measure_fn *fn, void *arg)
{
	char rows_name[BENCH_NAME_SIZE];
	uint64_t rows;

	bench_progress("%.*s among %llu events", (int)strcspn(name, "%") - 1, name,
		(unsigned long long)scale);
	double ms = measure_median_ms(fn, arg, &rows);

	(void)snprintf(rows_name, sizeof(rows_name), "%s_rows", name);
	bench_figure(b, name, scale, ms, "ms");
	bench_figure(b, rows_name, scale, (double)rows, "rows");
}
