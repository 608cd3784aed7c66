/* SPDX-License-Identifier: Apache-2.0 */
/* A target that opens a data directory for writing by itself. */
#include "base/arena.h"
#include "base/hash.h"
#include "base/map.h"
#include "base/mem.h"
#include "event/codec.h"
#include "store/reader.h"
#include "store/store.h"
#include "telltale/target.h"

enum { COMMIT_RECORDS = 5000, COMMIT_BYTES = 4 << 20, EVENT_BYTES = 600 };

struct data_target {
	struct tt_target base;
	struct tt_arena arena;
	struct tt_store *store;
	struct tt_reader *reader;
	struct tt_str cluster;
	struct tt_map seen; /* identity hash -> newest resourceVersion + 1 */
	bool was_empty;     /* the log held nothing of this cluster before */
	struct tt_batch *batch;
};

/* The resourceVersion + 1 of what the log has of this identity, 0 if nothing. */
static int look_up(
	struct data_target *t, const struct tt_event *e, uint64_t *ret, struct tt_err *err)
{
	struct tt_batch *newest = NULL;
	uint64_t rv = 0;

	*ret = 0;
	if (t->was_empty)
		return 0;
	int rc = tt_reader_newest(
		t->reader, t->cluster, e->metadata.namespace, e->metadata.name, &newest, err);

	if (rc == TT_ENOTFOUND)
		return 0;
	if (rc != 0)
		return rc;
	(void)tt_event_rv(&newest->records[0].event, &rv);
	*ret = rv + 1;
	tt_batch_unref(newest);
	return 0;
}

/* Whether this observation, or a newer one of the same event, is there already. */
static int is_known(struct data_target *t, const struct tt_event *e, bool *ret, struct tt_err *err)
{
	uint64_t identity = tt_hash_str(e->metadata.name, tt_hash_str(e->metadata.namespace, 0));
	uint64_t rv = 0, known;
	bool is_new;
	uint64_t *slot = tt_map_put(&t->seen, identity, &is_new);

	if (is_new) {
		int rc = look_up(t, e, &known, err);

		if (rc != 0)
			return rc;
		*slot = known;
	}
	(void)tt_event_rv(e, &rv);
	*ret = rv < *slot;
	if (!*ret)
		*slot = rv + 1;
	return 0;
}

static int commit(struct data_target *t, struct tt_err *err)
{
	int rc = 0;

	if (t->batch->counts.received > 0)
		rc = tt_store_append(t->store, &t->batch, 1, err);
	if (rc == 0) {
		t->base.counts.received += t->batch->counts.received;
		t->base.counts.recorded += t->batch->n;
		t->base.counts.duplicates += t->batch->counts.duplicates;
		t->base.counts.deletions += t->batch->counts.deletions;
		tt_batch_unref(t->batch);
		t->batch = tt_batch_new(t->cluster);
		while ((rc = tt_store_maintain(t->store, err)) > 0)
			;
	}
	return rc;
}

static int data_add(struct tt_target *base, const struct tt_watch_frame *frame, struct tt_err *err)
{
	struct data_target *t = (struct data_target *)base;
	struct tt_batch *batch = t->batch;
	bool known = false;
	int rc;

	batch->counts.received++;
	if (frame->type == TT_WATCH_DELETED) {
		batch->counts.deletions++;
		return 0;
	}
	rc = is_known(t, &frame->event, &known, err);
	if (rc != 0)
		return rc;
	if (known) {
		batch->counts.duplicates++;
		return 0;
	}
	struct tt_record *record = tt_batch_add_event(
		batch, frame->type == TT_WATCH_MODIFIED ? TT_CHANGE_MODIFIED : TT_CHANGE_ADDED);

	tt_event_copy(&record->event, &frame->event, &batch->arena);
	batch->bytes += EVENT_BYTES + frame->event.message.len;
	return batch->n >= COMMIT_RECORDS || batch->bytes >= COMMIT_BYTES ? commit(t, err) : 0;
}

static int data_flush(struct tt_target *base, struct tt_err *err)
{
	return commit((struct data_target *)base, err);
}

static void data_close(struct tt_target *base)
{
	struct data_target *t = (struct data_target *)base;

	tt_batch_unref(t->batch);
	if (t->reader != NULL)
		tt_reader_close(t->reader);
	tt_store_close(t->store);
	tt_map_release(&t->seen);
	tt_arena_release(&t->arena);
	tt_free(t);
}

static const struct tt_target_ops data_ops = {
	.add = data_add,
	.flush = data_flush,
	.close = data_close,
};

/* Whether the cluster may be replayed into, and whether there is anything of it yet. */
static int check_cluster(struct data_target *t, struct tt_err *err)
{
	struct tt_store_status status;
	int rc = tt_store_status(t->store, &status, &t->arena, err);

	t->was_empty = true;
	for (size_t i = 0; rc == 0 && i < status.n_clusters; i++) {
		const struct tt_cluster_status *c = &status.clusters[i];

		if (!tt_str_eq(c->name, t->cluster))
			continue;
		t->was_empty = c->events == 0;
		if (c->kind == TT_CLUSTER_COLLECTED)
			return tt_fail(err, TT_EINVAL,
				"cluster \"%.*s\" is collected from its API server and cannot be "
				"written to; choose another --cluster",
				TT_STR_ARG(c->name));
		if (c->kind == TT_CLUSTER_HOSTED)
			return 0;
	}
	if (rc != 0)
		return rc;
	return tt_store_add_cluster(t->store, t->cluster, TT_CLUSTER_RECORDING, err);
}

int tt_target_open_data(
	struct tt_target **ret, const char *dir, struct tt_str cluster, struct tt_err *err)
{
	struct data_target *t = tt_calloc(1, sizeof(*t));
	struct tt_store_options options = {.dir = dir};

	t->base = (struct tt_target){
		.ops = &data_ops, .where = tt_str_cstr(&t->arena, tt_str_from(dir))};
	t->cluster = tt_str_dup(&t->arena, cluster);
	t->batch = tt_batch_new(cluster);
	int rc = tt_store_open(&t->store, &options, err);

	if (rc == 0)
		rc = tt_reader_open(&t->reader, t->store, err);
	if (rc == 0)
		rc = check_cluster(t, err);
	if (rc != 0) {
		data_close(&t->base);
		return rc;
	}
	*ret = &t->base;
	return 0;
}
