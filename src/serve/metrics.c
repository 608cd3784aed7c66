/* SPDX-License-Identifier: Apache-2.0 */
/* GET /metrics. The books balance in one scrape: telltale_events_received_total is the sum of
 * recorded, duplicates, deletions and refused, because all five are taken at one instant. */
#include "net/metrics.h"

#include "base/arena.h"
#include "base/clock.h"
#include "base/timestamp.h"
#include "collect/collect.h"
#include "net/http_server.h"
#include "serve/auth/auth.h"
#include "serve/internal.h"
#include "serve/serve.h"
#include "store/ingest.h"
#include "store/store.h"

enum { METRICS_MAX_BYTES = 8 << 20 };

static void put_counter(struct tt_buf *to, const struct tt_ingest_totals *totals, const char *name,
	const char *help, size_t offset)
{
	tt_metric_family(to, name, "counter", help);
	for (size_t i = 0; i < totals->n_clusters; i++) {
		const struct tt_ingest_cluster_totals *c = &totals->clusters[i];
		const struct tt_metric_label labels[] = {{"cluster", c->cluster}, {0}};

		tt_metric_u64(to, name, labels, *(const uint64_t *)((const char *)c + offset));
	}
}

static void put_refused(struct tt_buf *to, const struct tt_ingest_totals *totals)
{
	static const char *const reasons[TT_REFUSED_N] = {"undecodable", "too_large"};
	static const char name[] = "telltale_events_refused_total";

	tt_metric_family(to, name, "counter", "Watch events and list items that were refused.");
	for (size_t i = 0; i < totals->n_clusters; i++)
		for (int r = 0; r < TT_REFUSED_N; r++) {
			const struct tt_ingest_cluster_totals *c = &totals->clusters[i];
			const struct tt_metric_label labels[] = {
				{"cluster", c->cluster}, {"reason", tt_str_from(reasons[r])}, {0}};

			tt_metric_u64(to, name, labels, c->counts.refused[r]);
		}
}

static void put_gaps(struct tt_buf *to, const struct tt_ingest_totals *totals)
{
	static const char *const lost[] = {"updates", "events"};
	static const char name[] = "telltale_gaps_total";

	tt_metric_family(to, name, "counter", "Gaps recorded, by what they may have lost.");
	for (size_t i = 0; i < totals->n_clusters; i++)
		for (int k = 0; k < 2; k++) {
			const struct tt_ingest_cluster_totals *c = &totals->clusters[i];
			const struct tt_metric_label labels[] = {
				{"cluster", c->cluster}, {"lost", tt_str_from(lost[k])}, {0}};

			tt_metric_u64(to, name, labels, c->gaps[k]);
		}
}

static void put_books(struct tt_buf *to, const struct tt_ingest_totals *totals)
{
	put_counter(to, totals, "telltale_events_received_total",
		"Watch events and list items received from API servers or clients.",
		offsetof(struct tt_ingest_cluster_totals, counts.received));
	put_counter(to, totals, "telltale_events_recorded_total", "Events appended to the log.",
		offsetof(struct tt_ingest_cluster_totals, recorded));
	put_counter(to, totals, "telltale_events_duplicate_total",
		"Received events that the log held already.",
		offsetof(struct tt_ingest_cluster_totals, counts.duplicates));
	put_counter(to, totals, "telltale_events_deleted_total",
		"Deletions received, which are counted and not recorded.",
		offsetof(struct tt_ingest_cluster_totals, counts.deletions));
	put_refused(to, totals);
	put_gaps(to, totals);
}

static void put_ingest(struct tt_buf *to, const struct tt_ingest_totals *t)
{
	tt_metric_family(to, "telltale_ingest_commits_total", "counter", "Commits to the log.");
	tt_metric_u64(to, "telltale_ingest_commits_total", NULL, t->commits);
	tt_metric_family(to, "telltale_ingest_commit_failures_total", "counter",
		"Commits that failed and were tried again.");
	tt_metric_u64(to, "telltale_ingest_commit_failures_total", NULL, t->commit_failures);
	tt_metric_family(
		to, "telltale_ingest_commit_seconds_total", "counter", "Time spent committing.");
	tt_metric_double(to, "telltale_ingest_commit_seconds_total", NULL,
		(double)t->commit_ns / TT_NS_PER_S);
	tt_metric_family(
		to, "telltale_ingest_queue_records", "gauge", "Records waiting for a commit.");
	tt_metric_u64(to, "telltale_ingest_queue_records", NULL, t->queued_records);
	tt_metric_family(to, "telltale_ingest_queue_bytes", "gauge", "Bytes waiting for a commit.");
	tt_metric_u64(to, "telltale_ingest_queue_bytes", NULL, t->queued_bytes);
}

static void put_store(struct tt_buf *to, const struct tt_store_status *s)
{
	tt_metric_family(to, "telltale_log_head", "gauge", "Number of the newest record.");
	tt_metric_u64(to, "telltale_log_head", NULL, s->head);
	tt_metric_family(to, "telltale_log_oldest", "gauge", "Number of the oldest record kept.");
	tt_metric_u64(to, "telltale_log_oldest", NULL, s->oldest);
	tt_metric_family(to, "telltale_log_size_bytes", "gauge", "Size of the log's file.");
	tt_metric_u64(to, "telltale_log_size_bytes", NULL, s->bytes);
	tt_metric_family(
		to, "telltale_log_wal_bytes", "gauge", "Size of the log's write-ahead file.");
	tt_metric_u64(to, "telltale_log_wal_bytes", NULL, s->wal_bytes);
	tt_metric_family(to, "telltale_reader_lag_records", "gauge",
		"Records between the head of the log and a reader's cursor.");
	for (size_t i = 0; i < s->n_cursors; i++) {
		const struct tt_metric_label labels[] = {{"reader", s->cursors[i].name}, {0}};

		tt_metric_u64(to, "telltale_reader_lag_records", labels, tt_cursor_lag(s, i));
	}
}

struct watch {
	struct tt_str cluster;
	const struct tt_collector_status *status;
};

static void put_requests(struct tt_buf *to, const struct watch *watches, size_t n)
{
	static const char *const outcomes[] = {
		"ok", "expired", "throttled", "refused", "server_error", "no_answer"};
	static const char name[] = "telltale_collector_requests_total";

	tt_metric_family(to, name, "counter", "Requests to API servers by outcome.");
	for (size_t i = 0; i < n; i++)
		for (int k = 0; k < 6; k++) {
			const struct tt_metric_label labels[] = {{"cluster", watches[i].cluster},
				{"namespace", watches[i].status->namespace},
				{"outcome", tt_str_from(outcomes[k])}, {0}};

			tt_metric_u64(to, name, labels, watches[i].status->requests[k]);
		}
}

static void put_watches(struct tt_buf *to, const struct watch *watches, size_t n)
{
	tt_metric_family(to, "telltale_collector_connected", "gauge",
		"1 while the watch is open or a list runs, 0 while disconnected.");
	for (size_t i = 0; i < n; i++) {
		const struct tt_metric_label labels[] = {{"cluster", watches[i].cluster},
			{"namespace", watches[i].status->namespace}, {0}};

		tt_metric_u64(
			to, "telltale_collector_connected", labels, watches[i].status->connected);
	}
	tt_metric_family(to, "telltale_collector_last_proof_timestamp_seconds", "gauge",
		"Last moment at which nothing was known to be missed.");
	for (size_t i = 0; i < n; i++) {
		const struct tt_metric_label labels[] = {{"cluster", watches[i].cluster},
			{"namespace", watches[i].status->namespace}, {0}};
		int64_t us = watches[i].status->last_proof_us;

		tt_metric_double(to, "telltale_collector_last_proof_timestamp_seconds", labels,
			us == TT_TIME_ZERO ? 0 : (double)us / TT_US_PER_S);
	}
	tt_metric_family(to, "telltale_collector_moves_total", "counter",
		"Changes of the collector's state.");
	for (size_t i = 0; i < n; i++) {
		const struct tt_metric_label labels[] = {{"cluster", watches[i].cluster},
			{"namespace", watches[i].status->namespace}, {0}};

		tt_metric_u64(
			to, "telltale_collector_moves_total", labels, watches[i].status->moves);
	}
	put_requests(to, watches, n);
}

/* All watches of all collectors, flat. */
static size_t gather(struct tt_serve *serve, struct watch **ret, struct tt_arena *arena)
{
	enum { WATCHES_MAX = 4096 };
	struct watch *watches = tt_arena_new(arena, struct watch, WATCHES_MAX);
	size_t n = 0;

	(void)pthread_rwlock_rdlock(&serve->clusters_lock);
	for (size_t i = 0; i < serve->n_clusters; i++) {
		struct tt_collector_status *status = NULL;
		size_t n_status = 0;

		if (serve->collectors[i] != NULL)
			tt_collector_status(serve->collectors[i], &status, &n_status, arena);
		for (size_t k = 0; k < n_status && n < WATCHES_MAX; k++)
			watches[n++] = (struct watch){
				tt_str_dup(arena, serve->names[i]), &status[k]};
	}
	(void)pthread_rwlock_unlock(&serve->clusters_lock);
	*ret = watches;
	return n;
}

static void put_certificate(struct tt_buf *to, struct tt_serve *serve)
{
	static const char name[] = "telltale_api_certificate_expiry_timestamp_seconds";
	int64_t us;

	if (!tt_serve_not_after(serve, &us))
		return;
	tt_metric_family(to, name, "gauge", "When the certificate of the API expires.");
	tt_metric_double(to, name, NULL, (double)us / TT_US_PER_S);
}

void tt_serve_get_metrics(struct tt_serve *serve, struct tt_http_call *call)
{
	struct tt_arena *arena = tt_http_arena(call);
	struct tt_store_status status;
	struct tt_ingest_totals totals;
	struct watch *watches;
	struct tt_err err;
	struct tt_buf body;

	if (tt_store_status(serve->store, &status, arena, &err) != 0) {
		tt_serve_fail_err(call, &err);
		return;
	}
	tt_ingest_totals(serve->ingest, &totals, arena);
	size_t n_watches = gather(serve, &watches, arena);

	tt_buf_init(&body, METRICS_MAX_BYTES);
	tt_metric_family(&body, "telltale_build_info", "gauge", "Version of the program.");
	tt_metric_u64(&body, "telltale_build_info",
		(const struct tt_metric_label[]){{"version", TT_STR(TT_VERSION)}, {0}}, 1);
	put_books(&body, &totals);
	put_ingest(&body, &totals);
	put_store(&body, &status);
	put_watches(&body, watches, n_watches);
	put_certificate(&body, serve);
	if (serve->auth != NULL)
		tt_auth_metrics(serve->auth, &body);
	if (body.failed)
		tt_serve_fail(call, 500, "the metrics are too large");
	else
		tt_http_reply(
			call, 200, "text/plain; version=0.0.4; charset=utf-8", tt_buf_view(&body));
	tt_buf_release(&body);
}
