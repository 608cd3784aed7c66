/* SPDX-License-Identifier: Apache-2.0 */
/* GET /v1/status: what the log holds, and what each watch is doing at this moment. */
#include "base/arena.h"
#include "base/timestamp.h"
#include "collect/collect.h"
#include "net/http_server.h"
#include "serve/internal.h"
#include "store/record_json.h"
#include "store/store.h"
#include "wire/json.h"

enum { STATUS_MAX_BYTES = 4 << 20 };

static void put_time(struct tt_buf *to, const char *key, int64_t us)
{
	tt_buf_printf(to, ",\"%s\":", key);
	tt_record_put_time(to, us);
}

static void put_text(struct tt_buf *to, const char *key, struct tt_str text)
{
	tt_buf_printf(to, ",\"%s\":", key);
	tt_json_put_string(to, text);
}

static const char *kind_name(enum tt_cluster_kind kind)
{
	static const char *const names[] = {"collected", "hosted", "recording"};

	return names[kind];
}

/* A cluster is as far behind as its slowest watch. */
static const struct tt_collector_status *slowest(
	const struct tt_collector_status *watches, size_t n)
{
	const struct tt_collector_status *worst = &watches[0];

	for (size_t i = 1; i < n; i++)
		if (watches[i].connected < worst->connected ||
			(watches[i].connected == worst->connected &&
				watches[i].last_proof_us < worst->last_proof_us))
			worst = &watches[i];
	return worst;
}

static void put_watches(struct tt_buf *to, const struct tt_collector_status *watches, size_t n)
{
	tt_buf_text(to, ",\"watches\":[");
	for (size_t i = 0; i < n; i++) {
		const struct tt_collector_status *w = &watches[i];

		tt_buf_printf(to, "%s{\"connected\":%s", i > 0 ? "," : "",
			w->connected ? "true" : "false");
		put_text(to, "namespace", w->namespace);
		put_text(to, "state", tt_str_from(w->state));
		tt_buf_printf(to, ",\"resourceVersion\":\"%llu\"",
			(unsigned long long)w->resource_version);
		put_time(to, "lastProof", w->last_proof_us);
		tt_buf_printf(to, ",\"listed\":%llu", (unsigned long long)w->listed);
		put_text(to, "problem", w->problem);
		tt_buf_char(to, '}');
	}
	tt_buf_char(to, ']');
}

/* Of a cluster that no collector runs for: what its committed positions say. */
static void put_at_rest(struct tt_buf *to, const struct tt_cluster_status *c)
{
	const struct tt_position *p = c->n_positions > 0 ? &c->positions[0] : NULL;

	put_text(to, "state", TT_STR("stopped"));
	tt_buf_printf(
		to, ",\"resourceVersion\":\"%llu\"", p != NULL ? (unsigned long long)p->rv : 0ULL);
	put_time(to, "lastProof", p != NULL ? p->last_proof_us : TT_TIME_ZERO);
}

static struct tt_collector *collector_of(struct tt_serve *serve, struct tt_str name)
{
	for (size_t i = 0; i < serve->n_clusters; i++)
		if (tt_str_eq(serve->names[i], name))
			return serve->collectors[i];
	return NULL;
}

static void put_cluster(struct tt_buf *to, struct tt_serve *serve,
	const struct tt_cluster_status *c, struct tt_arena *arena)
{
	struct tt_collector_status *watches = NULL;
	size_t n_watches = 0;
	struct tt_collector *collector = collector_of(serve, c->name);

	if (collector != NULL)
		tt_collector_status(collector, &watches, &n_watches, arena);
	tt_buf_text(to, "{\"name\":");
	tt_json_put_string(to, c->name);
	put_text(to, "kind", tt_str_from(kind_name(c->kind)));
	if (n_watches > 0) {
		const struct tt_collector_status *w = slowest(watches, n_watches);

		put_text(to, "state", tt_str_from(w->state));
		tt_buf_printf(to, ",\"resourceVersion\":\"%llu\"",
			(unsigned long long)w->resource_version);
		put_time(to, "lastProof", w->last_proof_us);
	} else {
		put_at_rest(to, c);
	}
	put_time(to, "lastEvent", c->last_event_us);
	tt_buf_printf(to, ",\"events\":%llu,\"gaps\":%llu", (unsigned long long)c->events,
		(unsigned long long)c->gaps);
	put_watches(to, watches, n_watches);
	tt_buf_char(to, '}');
}

static void put_readers(struct tt_buf *to, const struct tt_store_status *status)
{
	tt_buf_text(to, "],\"readers\":[");
	for (size_t i = 0; i < status->n_cursors; i++) {
		const struct tt_cursor_status *cursor = &status->cursors[i];

		tt_buf_text(to, i > 0 ? ",{\"name\":" : "{\"name\":");
		tt_json_put_string(to, cursor->name);
		tt_buf_printf(to, ",\"cursor\":%llu,\"lag\":%llu}", (unsigned long long)cursor->seq,
			(unsigned long long)tt_cursor_lag(status, i));
	}
	tt_buf_text(to, "]}\n");
}

void tt_serve_get_status(struct tt_serve *serve, struct tt_http_call *call)
{
	struct tt_arena *arena = tt_http_arena(call);
	struct tt_store_status status;
	struct tt_err err;
	struct tt_buf body;

	if (tt_store_status(serve->store, &status, arena, &err) != 0) {
		tt_serve_fail_err(call, &err);
		return;
	}
	tt_buf_init(&body, STATUS_MAX_BYTES);
	tt_buf_printf(&body,
		"{\"log\":\"%.*s\",\"head\":%llu,\"oldest\":%llu,\"bytes\":%llu,\"walBytes\":%llu"
		",\"reserveBytes\":%llu",
		TT_STR_ARG(status.log), (unsigned long long)status.head,
		(unsigned long long)status.oldest, (unsigned long long)status.bytes,
		(unsigned long long)status.wal_bytes, (unsigned long long)status.reserve_bytes);
	put_time(&body, "firstRecorded", status.first_recorded_us);
	put_time(&body, "lastRecorded", status.last_recorded_us);
	tt_buf_text(&body, ",\"clusters\":[");
	(void)pthread_rwlock_rdlock(&serve->clusters_lock);
	for (size_t i = 0; i < status.n_clusters; i++) {
		if (i > 0)
			tt_buf_char(&body, ',');
		put_cluster(&body, serve, &status.clusters[i], arena);
	}
	(void)pthread_rwlock_unlock(&serve->clusters_lock);
	put_readers(&body, &status);
	if (body.failed)
		tt_serve_fail(call, 500, "the status is too large");
	else
		tt_http_reply(call, 200, "application/json", tt_buf_view(&body));
	tt_buf_release(&body);
}
