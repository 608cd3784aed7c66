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

enum { COMMIT_RECORDS = 5000, COMMIT_BYTES = 4 << 20, EVENT_BYTES = 600, READ_RECORDS = 5000 };

struct data_target {
	struct tt_target base;
	struct tt_arena arena;
	struct tt_store *store;
	struct tt_str cluster;
	struct tt_map seen; /* identity hash -> newest resourceVersion + 1 */
	struct tt_batch *batch;
};

/* Notes the observation; whether it, or a newer one of the same event, was there already. */
static bool is_known(struct data_target *t, const struct tt_event *e)
{
	uint64_t identity = tt_hash_str(e->metadata.name, tt_hash_str(e->metadata.namespace, 0));
	uint64_t rv = 0;
	uint64_t *slot = tt_map_put(&t->seen, identity, NULL);

	(void)tt_event_rv(e, &rv);
	if (rv < *slot)
		return true;
	*slot = rv + 1;
	return false;
}

/* Notes all that the log has of the cluster: one pass is cheaper than a look-up for each event. */
static int note_present(struct data_target *t, struct tt_err *err)
{
	const struct tt_filter filter = {.cluster = t->cluster};
	uint64_t after = 0, head = tt_store_head(t->store);
	struct tt_reader *reader = NULL;
	int rc = tt_reader_open(&reader, t->store, err);

	while (rc == 0 && after < head) {
		struct tt_batch *batch = NULL;

		rc = tt_reader_read(reader, &after, READ_RECORDS, &filter, &batch, err);
		for (size_t i = 0; rc == 0 && i < batch->n; i++)
			if (batch->records[i].kind == TT_RECORD_EVENT)
				(void)is_known(t, &batch->records[i].event);
		tt_batch_unref(batch);
	}
	if (reader != NULL)
		tt_reader_close(reader);
	return rc;
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

	batch->counts.received++;
	if (frame->type == TT_WATCH_DELETED) {
		batch->counts.deletions++;
		return 0;
	}
	if (is_known(t, &frame->event)) {
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

/* Makes the cluster, or checks that it may be replayed into and notes what is there of it. */
static int open_cluster(struct data_target *t, struct tt_err *err)
{
	struct tt_store_status status;
	int rc = tt_store_status(t->store, &status, &t->arena, err);

	for (size_t i = 0; rc == 0 && i < status.n_clusters; i++) {
		const struct tt_cluster_status *c = &status.clusters[i];

		if (!tt_str_eq(c->name, t->cluster))
			continue;
		if (c->kind == TT_CLUSTER_COLLECTED)
			return tt_fail(err, TT_EINVAL,
				"cluster \"%.*s\" is collected from its API server and cannot be "
				"written to; choose another --cluster",
				TT_STR_ARG(c->name));
		return c->events > 0 ? note_present(t, err) : 0;
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
		rc = open_cluster(t, err);
	if (rc != 0) {
		data_close(&t->base);
		return rc;
	}
	*ret = &t->base;
	return 0;
}
