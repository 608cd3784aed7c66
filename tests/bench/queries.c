/* SPDX-License-Identifier: Apache-2.0 */
#include "queries.h"

#include <stdio.h>

#include "bench.h"
#include "feed.h"

void queries_choose(struct queries *q, const struct feed *f)
{
	tt_arena_clear(&q->arena);
	q->namespace = TT_STR("default");
	q->pod = tt_str_dup(&q->arena, tt_buf_view(&f->object));
	q->pod_namespace = tt_str_dup(&q->arena, tt_buf_view(&f->namespace));
	q->common = TT_STR("ImagePullBackOff");
	q->absent = TT_STR("xyzzy");
}

void queries_release(struct queries *q)
{
	tt_arena_release(&q->arena);
}

void queries_measure(
	const struct bench *b, const char *name, uint64_t scale, measure_fn *fn, void *arg)
{
	char rows_name[BENCH_NAME_SIZE];
	uint64_t rows;

	bench_progress("query of %llu events: %s", (unsigned long long)scale, name);
	double ms = measure_median_ms(fn, arg, &rows);

	(void)snprintf(rows_name, sizeof(rows_name), "%s_rows", name);
	bench_figure(b, name, scale, ms, "ms");
	bench_figure(b, rows_name, scale, (double)rows, "rows");
}
