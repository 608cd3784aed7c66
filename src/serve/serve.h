/* SPDX-License-Identifier: Apache-2.0 */
/* serve.h - the HTTP side of telltaled: the Kubernetes API (src/serve/kubernetes), the native API
 * under /v1, health and metrics.
 *
 *	GET  /v1/records   the log in order, NDJSON, waiting for more if asked
 *	POST /v1/records   watch events into a hosted or recording cluster
 *	GET  /v1/events    a view: the newest observation of each event, with the gaps of its window
 *	GET  /v1/status    what the daemon holds and does
 *	GET  /healthz /livez /readyz /metrics /version
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"

struct tt_auth;
struct tt_clock;
struct tt_collector;
struct tt_http_server_tls;
struct tt_ingest;
struct tt_log;
struct tt_serve;
struct tt_store;

struct tt_serve_options {
	const char *listen; /* the API: beyond loopback only with `tls` and `auth` */
	const struct tt_http_server_tls *tls; /* of the API; NULL: plain HTTP */
	struct tt_auth *auth;      /* outlives the server; NULL: everybody may do everything */
	const char *health_listen; /* the four health paths, any address; NULL: off */
	struct tt_store *store;
	struct tt_ingest *ingest;
	const struct tt_clock *clock;
	const struct tt_log *log;
	const char *resources_file; /* keeps which resources API servers had; NULL: nothing does */
	size_t max_live_bytes;      /* of all bodies and answers at a time; 0: 256 MiB */
};

/* Starts both listeners. After a failure `*ret` is NULL, or, if a request is still being answered,
 * a server that is only to be stopped again. */
int tt_serve_start(
	struct tt_serve **ret, const struct tt_serve_options *options, struct tt_err *err);

/* The address of the API with its real port, without a scheme. */
const char *tt_serve_address(const struct tt_serve *serve);

/* Has the API, which speaks TLS, use another certificate and other CAs from now on; on failure the
 * old ones stay. */
int tt_serve_set_tls(
	struct tt_serve *serve, const struct tt_http_server_tls *tls, struct tt_err *err);

/* When the certificate of the API expires; false without TLS. */
bool tt_serve_not_after(struct tt_serve *serve, int64_t *ret_us);

/* A cluster that is configured. */
struct tt_serve_cluster {
	struct tt_str name;
	struct tt_collector *collector; /* NULL: a hosted one */
	int64_t event_ttl_us; /* how long an event of a hosted one exists after a write; 0: 1 h */
};

/* The clusters that are configured, of which the first is the default one. Copied; replaces what
 * was set before. The caller keeps the collectors alive until the next call returns. */
void tt_serve_set_clusters(
	struct tt_serve *serve, const struct tt_serve_cluster *clusters, size_t n);

/* Ends all requests and both listeners; true if all ended within `timeout_ns`. */
bool tt_serve_stop(struct tt_serve *serve, int64_t timeout_ns);
