/* SPDX-License-Identifier: Apache-2.0 */
/* A source that reads a data directory by itself, also beside a running telltaled. */
#include <stdatomic.h>
#include <time.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/mem.h"
#include "serve/notices.h"
#include "store/reader.h"
#include "store/store.h"
#include "telltale/info.h"
#include "telltale/outage.h"
#include "telltale/source.h"

enum { READ_RECORDS = 1000, POLL_MS = 200 };
enum { OPEN_GAPS_MAX = 16, SENTENCE_MAX_BYTES = 4096 };

struct data_source {
	struct tt_source base;
	struct tt_arena arena;
	struct tt_store *store;
	struct tt_reader *reader;
	atomic_bool woken;
};

/* Appends what must be said of watches that are not connected. */
static void add_open_gaps(struct tt_answer *answer, const struct tt_source_info *info,
	const struct tt_filter *filter, struct tt_arena *arena)
{
	struct tt_str *notices = tt_arena_new(
		arena, struct tt_str, answer->n_notices + OPEN_GAPS_MAX);
	size_t n = answer->n_notices, max = n + OPEN_GAPS_MAX;

	for (size_t i = 0; i < n; i++)
		notices[i] = answer->notices[i];
	for (size_t i = 0; i < info->n_clusters; i++) {
		const struct tt_cluster_info *c = &info->clusters[i];

		for (size_t k = 0; k < c->n_watches && n < max; k++) {
			struct tt_buf sentence;

			if (!tt_outage_concerns(c->name, &c->watches[k], filter))
				continue;
			tt_buf_init(&sentence, SENTENCE_MAX_BYTES);
			tt_outage_put(&sentence, filter->cluster.len > 0 ? TT_STR("") : c->name,
				&c->watches[k]);
			notices[n++] = tt_str_dup(arena, tt_buf_view(&sentence));
			tt_buf_release(&sentence);
		}
	}
	answer->notices = notices;
	answer->n_notices = n;
}

static int data_view(struct tt_source *base, const struct tt_query *query, struct tt_answer *ret,
	struct tt_arena *arena, struct tt_err *err)
{
	struct data_source *s = (struct data_source *)base;
	struct tt_view view = {.filter = &query->filter, .limit = query->limit};
	struct tt_view_answer answer = {0};
	struct tt_notices notices = {0};
	struct tt_source_info info;
	int rc = tt_reader_view(s->reader, &view, &answer, err);

	if (rc != 0)
		return rc;
	rc = base->ops->info(base, &info, arena, err);
	if (rc == 0)
		rc = tt_notices_make(&notices, s->reader,
			&(struct tt_notices_about){&query->filter, answer.batch->n, NULL, 0,
				tt_clock_wall_us(&tt_clock_system), "--since ", TT_REACH_LOG,
				TT_TIME_ZERO},
			arena, err);
	if (rc != 0) {
		tt_batch_unref(answer.batch);
		return rc;
	}
	*ret = (struct tt_answer){
		.batch = answer.batch,
		.records = answer.batch->records,
		.n = answer.batch->n,
		.seq = answer.seq,
		.truncated = answer.truncated,
		.notices = notices.sentences,
		.n_notices = notices.n,
	};
	add_open_gaps(ret, &info, &query->filter, arena);
	return 0;
}

/* Waits until the head is above `after`; false if it did not get there. */
static bool wait_for_more(struct data_source *s, uint64_t after, int64_t wait_ns)
{
	const struct timespec slice = {0, (long)POLL_MS * TT_NS_PER_MS};
	int64_t deadline_ns = tt_clock_mono_ns(&tt_clock_system) + wait_ns;

	while (tt_store_head(s->store) <= after) {
		if (atomic_load(&s->woken) || tt_clock_mono_ns(&tt_clock_system) >= deadline_ns)
			return false;
		(void)nanosleep(&slice, NULL);
	}
	return true;
}

static int data_read(struct tt_source *base, const struct tt_next *next, struct tt_batch **ret,
	uint64_t *ret_cursor, struct tt_err *err)
{
	struct data_source *s = (struct data_source *)base;

	if (next->wait_ns > 0 && !wait_for_more(s, next->after, next->wait_ns) &&
		atomic_load(&s->woken))
		return tt_fail(err, TT_ECANCELED, "interrupted");
	*ret_cursor = next->after;
	return tt_reader_read(s->reader, ret_cursor, READ_RECORDS, next->filter, ret, err);
}

static int data_gaps(
	struct tt_source *base, struct tt_str cluster, struct tt_batch **ret, struct tt_err *err)
{
	struct data_source *s = (struct data_source *)base;

	return tt_reader_gaps(s->reader, cluster, TT_TIME_ZERO, TT_TIME_ZERO, ret, err);
}

static int data_info(struct tt_source *base, struct tt_source_info *ret, struct tt_arena *arena,
	struct tt_err *err)
{
	struct data_source *s = (struct data_source *)base;
	struct tt_store_status status;
	int rc = tt_store_status(s->store, &status, arena, err);

	if (rc != 0)
		return rc;
	tt_info_from_store(ret, &status, arena);
	tt_info_mark_open_gaps(
		ret, tt_store_is_held(s->base.where), tt_clock_wall_us(&tt_clock_system));
	return 0;
}

static void data_wake(struct tt_source *base)
{
	atomic_store(&((struct data_source *)base)->woken, true);
}

static void data_close(struct tt_source *base)
{
	struct data_source *s = (struct data_source *)base;

	if (s->reader != NULL)
		tt_reader_close(s->reader);
	tt_store_close(s->store);
	tt_arena_release(&s->arena);
	tt_free(s);
}

/* A log does not hold which resources there were. */
static bool data_kind(struct tt_source *base, struct tt_str cluster, struct tt_str word,
	struct tt_arena *arena, struct tt_str *ret)
{
	(void)base;
	(void)cluster;
	(void)word;
	(void)arena;
	(void)ret;
	return false;
}

static const struct tt_source_ops data_ops = {
	.view = data_view,
	.read = data_read,
	.gaps = data_gaps,
	.info = data_info,
	.kind = data_kind,
	.wake = data_wake,
	.close = data_close,
};

int tt_source_open_data(struct tt_source **ret, const char *dir, struct tt_err *err)
{
	struct data_source *s = tt_calloc(1, sizeof(*s));
	struct tt_store_options options = {.dir = dir, .read_only = true};

	s->base = (struct tt_source){
		.ops = &data_ops, .where = tt_str_cstr(&s->arena, tt_str_from(dir))};
	int rc = tt_store_open(&s->store, &options, err);

	if (rc == 0)
		rc = tt_reader_open(&s->reader, s->store, err);
	if (rc != 0) {
		data_close(&s->base);
		return rc;
	}
	*ret = &s->base;
	return 0;
}
