/* SPDX-License-Identifier: Apache-2.0 */
/* POST /v1/records: watch events as JSON lines into a hosted or recording cluster. All of a
 * request is one commit: the answer comes when it is on disk. */
#include "base/arena.h"
#include "base/clock.h"
#include "base/hash.h"
#include "base/map.h"
#include "event/codec.h"
#include "net/http_server.h"
#include "serve/internal.h"
#include "store/ingest.h"
#include "store/store.h"

enum { DECODED_TIMES = 4 }; /* the memory of a body that is decoded, roughly */

static const int64_t COMMIT_WAIT_NS = (int64_t)30 * TT_NS_PER_S;

struct add_cluster {
	struct tt_str name;
	enum tt_cluster_kind kind;
	struct tt_err *err;
};

static int add_cluster(void *arg, struct tt_store *store)
{
	struct add_cluster *a = arg;

	return tt_store_add_cluster(store, a->name, a->kind, a->err);
}

/* The cluster to write to, made as a recording if there is none of that name. False: answered. */
static bool writable_cluster(struct tt_serve *serve, struct tt_http_call *call, struct tt_str name)
{
	struct tt_store_status status;
	struct tt_err err = {TT_ECANCELED, "the log is closing"}; /* if it is not called */
	struct add_cluster a = {name, TT_CLUSTER_RECORDING, &err};

	if (tt_store_status(serve->store, &status, tt_http_arena(call), &err) != 0) {
		tt_serve_fail_err(call, &err);
		return false;
	}
	for (size_t i = 0; i < status.n_clusters; i++) {
		if (!tt_str_eq(status.clusters[i].name, name))
			continue;
		if (status.clusters[i].kind != TT_CLUSTER_COLLECTED)
			return true;
		tt_serve_fail(call, 405,
			"cluster \"%.*s\" is collected from its API server and cannot be written "
			"to",
			TT_STR_ARG(name));
		return false;
	}
	if (tt_ingest_call(serve->ingest, add_cluster, &a) != 0) {
		tt_serve_fail_err(call, &err);
		return false;
	}
	return true;
}

static uint64_t identity_hash(const struct tt_event *e)
{
	return tt_hash_str(e->metadata.name, tt_hash_str(e->metadata.namespace, 0));
}

static int take_line(struct tt_batch *batch, struct tt_str line, struct tt_err *err)
{
	struct tt_watch_frame frame;
	int rc = tt_watch_frame_decode(&frame, TT_ENCODING_JSON, line, &batch->arena, err);

	if (rc != 0)
		return rc;
	if (frame.type == TT_WATCH_BOOKMARK || frame.type == TT_WATCH_ERROR)
		return 0;
	batch->counts.received++;
	if (frame.type == TT_WATCH_DELETED) {
		batch->counts.deletions++;
		return 0;
	}
	tt_batch_add_event(
		batch, frame.type == TT_WATCH_MODIFIED ? TT_CHANGE_MODIFIED : TT_CHANGE_ADDED)
		->event = frame.event;
	batch->bytes += line.len;
	return 0;
}

/* All lines, also of what is known already. */
static int take_body(struct tt_batch *batch, struct tt_str body, struct tt_err *err)
{
	unsigned long long line_number = 0;
	int rc = 0;

	while (rc == 0 && body.data != NULL) {
		struct tt_str line = tt_str_trim(tt_str_split(&body, '\n'));

		line_number++;
		if (line.len > 0)
			rc = take_line(batch, line, err);
	}
	return rc == 0 ? 0 : tt_err_wrap(err, "line %llu", line_number);
}

/* What the log knows of the identities in `batch`, each once; `seen` leads from the hash of an
 * identity to its place. The log is searched once for all: a search for each would cost more than
 * recording it. */
static int look_up(struct tt_serve *serve, struct tt_batch *batch, struct tt_map *seen,
	struct tt_newest *items, struct tt_err *err)
{
	struct tt_reader *reader;
	size_t n = 0;

	for (size_t i = 0; i < batch->n; i++) {
		const struct tt_objectmeta *m = &batch->records[i].event.metadata;
		bool is_new;
		uint64_t *at = tt_map_put(seen, identity_hash(&batch->records[i].event), &is_new);

		if (!is_new)
			continue;
		*at = n;
		items[n++] = (struct tt_newest){m->namespace, m->name, 0, 0};
	}
	int rc = tt_readers_borrow(&serve->readers, &reader, err);

	if (rc != 0)
		return rc;
	rc = tt_reader_newest_of(reader, batch->cluster, items, n, err);
	tt_readers_done(&serve->readers, reader);
	return rc;
}

/* Takes out of `batch` what the log, or an earlier line, holds in this version or a newer one. */
static int drop_known(struct tt_serve *serve, struct tt_batch *batch, struct tt_err *err)
{
	struct tt_map seen = {0};
	struct tt_newest *items = tt_arena_new(&batch->arena, struct tt_newest, batch->n);
	size_t kept = 0, n = batch->n;
	int rc = look_up(serve, batch, &seen, items, err);

	for (size_t i = 0; rc == 0 && i < n; i++) {
		const struct tt_record *record = &batch->records[i];
		struct tt_newest *known = &items[*tt_map_get(&seen, identity_hash(&record->event))];
		uint64_t rv = 0;

		(void)tt_event_rv(&record->event, &rv);
		if (known->seq != 0 && rv <= known->rv) {
			batch->counts.duplicates++;
			continue;
		}
		batch->listed |= known->seq != 0 && record->change == TT_CHANGE_ADDED;
		known->seq = UINT64_MAX;
		known->rv = rv;
		batch->records[kept++] = *record;
	}
	tt_map_release(&seen);
	if (rc == 0) {
		batch->bytes = n > 0 ? batch->bytes / n * kept : 0; /* an estimate is enough */
		batch->n = kept;
	}
	return rc;
}

static void reply(struct tt_serve *serve, struct tt_http_call *call, const struct tt_batch *batch)
{
	struct tt_buf body;

	tt_buf_init(&body, 1024);
	tt_buf_printf(&body,
		"{\"recorded\":%zu,\"duplicates\":%llu,\"deletions\":%llu,\"head\":%llu}\n",
		batch->n, (unsigned long long)batch->counts.duplicates,
		(unsigned long long)batch->counts.deletions,
		(unsigned long long)tt_store_head(serve->store));
	tt_http_reply(call, 200, "application/json", tt_buf_view(&body));
	tt_buf_release(&body);
}

void tt_serve_post_records(struct tt_serve *serve, struct tt_http_call *call)
{
	static const char *const allowed[] = {"cluster", NULL};
	struct tt_serve_params params = {0};
	struct tt_str type = tt_http_request_header(call, "Content-Type"), body;
	struct tt_err err;

	if (!tt_str_eq(tt_str_trim(tt_str_split(&type, ';')), TT_STR("application/x-ndjson"))) {
		tt_serve_fail(call, 415, "the Content-Type must be application/x-ndjson");
		return;
	}
	if (!tt_serve_params(call, allowed, &params))
		return;
	if (params.filter.cluster.len == 0) {
		tt_serve_fail(call, 400, "the query parameter \"cluster\" is missing");
		return;
	}
	if (!tt_serve_take_body(call, DECODED_TIMES, &body) ||
		!writable_cluster(serve, call, params.filter.cluster))
		return;
	/* decoded texts borrow from the request, which may end before the last reader of the batch
	 */
	struct tt_batch *batch = tt_batch_new(params.filter.cluster);
	int rc = take_body(batch, tt_str_dup(&batch->arena, body), &err);

	if (rc == 0)
		rc = drop_known(serve, batch, &err);
	if (rc == 0 && batch->counts.received > 0)
		rc = tt_ingest_put_wait(serve->ingest, tt_batch_ref(batch), COMMIT_WAIT_NS, &err);
	if (rc == 0)
		reply(serve, call, batch);
	else
		tt_serve_fail_err(call, &err);
	tt_batch_unref(batch);
}
