/* SPDX-License-Identifier: Apache-2.0 */
#include <stdint.h>

#include "collect/watcher.h"
#include "event/selector.h"
#include "store/reader.h"
#include "store/store.h"

int tt_watcher_load(struct tt_watcher *w, struct tt_position **ret, struct tt_err *err)
{
	const struct tt_collector_options *o = &w->collector->options;
	struct tt_position *p = tt_arena_new(&w->arena, struct tt_position, 1);
	int rc = tt_store_position(o->store, o->cluster, w->namespace, p, &w->arena, err);

	*ret = rc == 0 ? p : NULL;
	return rc == TT_ENOTFOUND ? 0 : rc;
}

/* A watch of all namespaces and one of a single namespace see the same events. */
int tt_watcher_overlap(struct tt_watcher *w, uint64_t *ret_rv, struct tt_err *err)
{
	const struct tt_collector_options *o = &w->collector->options;
	struct tt_store_status status;
	int rc = tt_store_status(o->store, &status, &w->arena, err);

	*ret_rv = 0;
	if (rc < 0)
		return rc;
	for (size_t i = 0; i < status.n_clusters; i++) {
		const struct tt_cluster_status *c = &status.clusters[i];

		if (!tt_str_eq(c->name, o->cluster))
			continue;
		for (size_t k = 0; k < c->n_positions; k++) {
			const struct tt_position *p = &c->positions[k];
			uint64_t rv = p->rv > p->list_rv ? p->rv : p->list_rv;

			if ((p->namespace.len == 0) != (w->namespace.len == 0) && rv > *ret_rv)
				*ret_rv = rv;
		}
	}
	return 0;
}

static int open_reader(struct tt_watcher *w, struct tt_err *err)
{
	if (w->reader != NULL)
		return 0;
	return tt_reader_open(&w->reader, w->collector->options.store, err);
}

/* Whether some observation of the event's identity has its uid and resourceVersion. */
static bool is_recorded(struct tt_watcher *w, const struct tt_event *e)
{
	struct tt_field_term term = {.label = TT_LABEL_METADATA_NAME, .value = e->metadata.name};
	struct tt_fieldselector selector = {.terms = &term, .n = 1};
	struct tt_filter filter = {
		.cluster = w->collector->options.cluster,
		.namespace = e->metadata.namespace,
		.selector = &selector,
	};
	struct tt_view view = {.filter = &filter, .observations = true};
	struct tt_view_answer answer;
	struct tt_err err;
	bool found = false;

	if (tt_reader_view(w->reader, &view, &answer, &err) < 0)
		return false;
	for (size_t i = 0; i < answer.batch->n; i++) {
		const struct tt_objectmeta *m = &answer.batch->records[i].event.metadata;

		found = found ||
			(tt_str_eq(m->uid, e->metadata.uid) &&
				tt_str_eq(m->resource_version, e->metadata.resource_version));
	}
	tt_batch_unref(answer.batch);
	return found;
}

struct tt_collect_known tt_watcher_look_up(
	struct tt_watcher *w, const struct tt_event *e, bool exact)
{
	struct tt_collect_known known = {.recorded_at_us = TT_TIME_ZERO};
	struct tt_batch *newest = NULL;
	struct tt_err err;

	if (open_reader(w, &err) < 0 ||
		tt_reader_newest(w->reader, w->collector->options.cluster, e->metadata.namespace,
			e->metadata.name, &newest, &err) < 0)
		return known;
	if (newest->n > 0) {
		known.same = tt_event_equal(&newest->records[0].event, e);
		known.recorded_at_us = newest->records[0].recorded_at_us;
		known.recorded = known.same || (exact && is_recorded(w, e));
	}
	tt_batch_unref(newest);
	return known;
}

static bool concerns(const struct tt_gap *gap, struct tt_str namespace)
{
	for (uint32_t i = 0; i < gap->n_namespaces; i++)
		if (namespace.len == 0 || tt_str_eq(gap->namespaces[i], namespace))
			return true;
	return gap->n_namespaces == 0;
}

static int last_gap(struct tt_watcher *w, int64_t *ret_us, struct tt_err *err)
{
	struct tt_batch *gaps = NULL;
	int rc = tt_reader_gaps(
		w->reader, w->collector->options.cluster, TT_TIME_ZERO, INT64_MAX, &gaps, err);

	*ret_us = TT_TIME_ZERO;
	if (rc < 0)
		return rc;
	for (size_t i = 0; i < gaps->n; i++) {
		const struct tt_gap *gap = &gaps->records[i].gap;

		if (concerns(gap, w->namespace) && gap->to_us > *ret_us)
			*ret_us = gap->to_us;
	}
	tt_batch_unref(gaps);
	return 0;
}

int tt_watcher_candidates(
	struct tt_watcher *w, struct tt_batch **ret, int64_t *ret_last_gap_us, struct tt_err *err)
{
	struct tt_filter filter = {
		.cluster = w->collector->options.cluster,
		.namespace = w->namespace,
	};
	struct tt_view view = {.filter = &filter, .limit = TT_COLLECT_CANDIDATES};
	struct tt_view_answer answer = {0};
	int rc = open_reader(w, err);

	*ret = NULL;
	if (rc == 0)
		rc = last_gap(w, ret_last_gap_us, err);
	if (rc == 0)
		rc = tt_reader_view(w->reader, &view, &answer, err);
	*ret = answer.batch;
	return rc;
}
