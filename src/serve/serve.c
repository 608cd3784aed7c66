/* SPDX-License-Identifier: Apache-2.0 */
#include "serve/serve.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/mem.h"
#include "collect/collect.h"
#include "conf/units.h"
#include "net/http_server.h"
#include "serve/internal.h"
#include "serve/kubernetes/kubernetes.h"
#include "store/ingest.h"
#include "store/store.h"

static const int64_t EVENT_TTL_US = 3600ll * TT_US_PER_S; /* as a Kubernetes API server has it */

enum { MAX_PER_PEER = 256 };

static const int64_t STALL_NS = 300LL * TT_NS_PER_S; /* a pager may be left open for some minutes */

typedef void tt_serve_handler_fn(struct tt_serve *serve, struct tt_http_call *call);

void tt_serve_get_livez(struct tt_serve *serve, struct tt_http_call *call)
{
	(void)serve;
	tt_http_reply(call, 200, "text/plain; charset=utf-8", TT_STR("ok"));
}

void tt_serve_get_readyz(struct tt_serve *serve, struct tt_http_call *call)
{
	if (tt_ingest_is_writable(serve->ingest))
		tt_http_reply(call, 200, "text/plain; charset=utf-8", TT_STR("ok"));
	else
		tt_http_reply(call, 503, "text/plain; charset=utf-8",
			TT_STR("the log cannot be written to\n"));
}

static void get_version(struct tt_serve *serve, struct tt_http_call *call)
{
	(void)serve;
	tt_http_reply(call, 200, "application/json", TT_STR("{\"telltale\":\"" TT_VERSION "\"}\n"));
}

static const struct route {
	const char *path;
	tt_serve_handler_fn *get, *post;
	bool health; /* on the health listener as well */
} routes[] = {
	{"/healthz", tt_serve_get_livez, NULL, true}, /* its name before 1.16 */
	{"/livez", tt_serve_get_livez, NULL, true},
	{"/readyz", tt_serve_get_readyz, NULL, true},
	{"/metrics", tt_serve_get_metrics, NULL, true},
	{"/version", get_version, NULL, true},
	{"/v1/records", tt_serve_get_records, tt_serve_post_records, false},
	{"/v1/events", tt_serve_get_events, NULL, false},
	{"/v1/status", tt_serve_get_status, NULL, false},
};

bool tt_serve_find_cluster(struct tt_serve *serve, struct tt_str name, struct tt_str *ret_name,
	enum tt_cluster_kind *ret_kind, struct tt_arena *arena)
{
	struct tt_store_status status = {0};
	bool found = false;

	(void)pthread_rwlock_rdlock(&serve->clusters_lock);
	for (size_t i = 0; i < serve->n_clusters && !found; i++) {
		found = name.len == 0 || tt_str_eq(serve->names[i], name);
		*ret_name = tt_str_dup(arena, serve->names[i]);
		*ret_kind = serve->collectors[i] != NULL ? TT_CLUSTER_COLLECTED : TT_CLUSTER_HOSTED;
	}
	(void)pthread_rwlock_unlock(&serve->clusters_lock);
	if (found)
		return true;
	*ret_kind = TT_CLUSTER_RECORDING;
	*ret_name = name;
	if (name.len > 0)
		return tt_store_has_cluster(serve->store, name);
	if (tt_store_status(serve->store, &status, arena, NULL) != 0 || status.n_clusters == 0)
		return false;
	*ret_name = status.clusters[0].name;
	return true;
}

int64_t tt_serve_event_ttl(struct tt_serve *serve, struct tt_str cluster)
{
	int64_t ttl_us = 0;

	(void)pthread_rwlock_rdlock(&serve->clusters_lock);
	for (size_t i = 0; i < serve->n_clusters; i++)
		if (tt_str_eq(serve->names[i], cluster))
			ttl_us = serve->event_ttls_us[i];
	(void)pthread_rwlock_unlock(&serve->clusters_lock);
	return ttl_us > 0 ? ttl_us : EVENT_TTL_US;
}

static void dispatch(struct tt_serve *serve, struct tt_http_call *call, bool health)
{
	struct tt_str path = tt_http_path(call), method = tt_http_method(call);
	const struct route *route = NULL;

	for (size_t i = 0; i < sizeof(routes) / sizeof(routes[0]); i++)
		if (tt_str_is(path, routes[i].path) && (routes[i].health || !health))
			route = &routes[i];
	if (route == NULL) {
		tt_serve_fail(call, 404, "there is nothing at %.*s", TT_STR_ARG(path));
		return;
	}
	bool is_get = tt_str_is(method, "GET") || tt_str_is(method, "HEAD");
	bool is_post = tt_str_is(method, "POST");

	if (is_get)
		route->get(serve, call);
	else if (is_post && route->post != NULL)
		route->post(serve, call);
	else
		tt_serve_fail(
			call, 405, "%.*s is not allowed at %s", TT_STR_ARG(method), route->path);
}

/* The host of "host:port", "[addr6]:port" or either without a port. */
static struct tt_str host_part(struct tt_str authority)
{
	struct tt_str host = authority;

	if (authority.len > 0 && authority.data[0] == '[') {
		host.data++;
		host.len--;
		return tt_str_split(&host, ']');
	}
	return tt_str_split(&host, ':');
}

/* An address is one only as a whole: "127.0.0.1.example.com" is a name that anybody may own. */
static bool is_loopback_name(struct tt_str authority)
{
	struct tt_str host = host_part(authority);
	char text[INET_ADDRSTRLEN] = "";
	struct in_addr address;

	if (tt_str_is(host, "localhost") || tt_str_is(host, "::1"))
		return true;
	if (!tt_str_starts(host, TT_STR("127.")) || host.len >= sizeof(text))
		return false;
	memcpy(text, host.data, host.len);
	return inet_pton(AF_INET, text, &address) == 1;
}

/* A page of another site must not reach us through a browser on this machine: neither by a name
 * that resolves to loopback (Host), nor across origins (Origin). */
static bool is_from_here(struct tt_http_call *call)
{
	struct tt_str host = tt_http_request_header(call, "Host");
	struct tt_str origin = tt_http_request_header(call, "Origin");

	if (host.len > 0 && !is_loopback_name(host)) {
		tt_serve_fail(call, 403, "Host \"%.*s\" is not this machine", TT_STR_ARG(host));
		return false;
	}
	if (origin.len == 0)
		return true;
	ptrdiff_t at = tt_str_find(origin, TT_STR("://"));

	if (at >= 0 && is_loopback_name((struct tt_str){origin.data + at + 3, origin.len - at - 3}))
		return true;
	tt_serve_fail(
		call, 403, "requests from the origin \"%.*s\" are refused", TT_STR_ARG(origin));
	return false;
}

/* A browser may show a client certificate, or what it remembers of a proxy, for a page of another
 * site too. */
static bool is_from_own_origin(struct tt_http_call *call)
{
	struct tt_str host = tt_http_request_header(call, "Host");
	struct tt_str origin = tt_http_request_header(call, "Origin");
	ptrdiff_t at = tt_str_find(origin, TT_STR("://"));

	if (at >= 0)
		origin = (struct tt_str){origin.data + at + 3, origin.len - (size_t)at - 3};
	if (origin.len == 0 || (at >= 0 && tt_str_eq(origin, host)))
		return true;
	tt_serve_fail(
		call, 403, "requests from the origin \"%.*s\" are refused", TT_STR_ARG(origin));
	return false;
}

static void handle_api(void *arg, struct tt_http_call *call)
{
	struct tt_serve *serve = arg;

	tt_http_add_header(call, "Cache-Control", "no-cache, private");
	bool welcome = serve->auth != NULL ? is_from_own_origin(call) : is_from_here(call);

	if (welcome && !tt_kubernetes_handle(serve, call) && tt_serve_authorize(serve, call))
		dispatch(serve, call, false);
}

static void handle_health(void *arg, struct tt_http_call *call)
{
	dispatch(arg, call, true);
}

/* What the HTTP server refuses by itself is said as everything else. */
static void refuse(void *arg, struct tt_http_call *call, int status, const char *why)
{
	(void)arg;
	tt_serve_fail(call, status, "%s", why);
}

static int check_exposure(const struct tt_serve_options *o, struct tt_err *err)
{
	bool loopback;
	uint16_t port;
	int rc = tt_address_parse(tt_str_from(o->listen), &loopback, &port, err);

	if (rc != 0)
		return tt_err_wrap(err, "listen");
	if (loopback || (o->tls != NULL && o->auth != NULL))
		return 0;
	return tt_fail(err, TT_EINVAL,
		"listen: %s is not a loopback address, and nothing protects the API there: it "
		"needs authentication and authorization; or use 127.0.0.1 (healthListen may be any "
		"address)",
		o->listen);
}

/* What clients beyond this machine are held to. */
static void limit_strangers(struct tt_http_server_options *api)
{
	bool loopback = false;
	uint16_t port;

	if (tt_address_parse(tt_str_from(api->listen), &loopback, &port, NULL) != 0 || loopback)
		return;
	api->max_per_peer = MAX_PER_PEER;
	api->stall_timeout_ns = STALL_NS;
}

static int start_listeners(struct tt_serve *s, const struct tt_serve_options *o, struct tt_err *err)
{
	struct tt_http_server_options api = {.listen = o->listen,
		.tls = o->tls,
		.handler = handle_api,
		.refuse = refuse,
		.arg = s,
		.max_body_bytes = TT_SERVE_BODY_MAX_BYTES,
		.max_live_bytes = o->max_live_bytes,
		.log = o->log};
	struct tt_http_server_options health = {.listen = o->health_listen,
		.handler = handle_health,
		.refuse = refuse,
		.arg = s,
		.max_connections = 64,
		.log = o->log};
	limit_strangers(&api);
	int rc = tt_http_server_start(&s->api, &api, err);

	if (rc != 0)
		return tt_err_wrap(err, "listen");
	if (o->health_listen == NULL)
		return 0;
	rc = tt_http_server_start(&s->health, &health, err);
	return rc == 0 ? 0 : tt_err_wrap(err, "healthListen");
}

int tt_serve_start(
	struct tt_serve **ret, const struct tt_serve_options *options, struct tt_err *err)
{
	int rc = check_exposure(options, err);

	*ret = NULL;
	if (rc != 0)
		return rc;
	struct tt_serve *s = tt_calloc(1, sizeof(*s));

	s->store = options->store;
	s->ingest = options->ingest;
	s->clock = options->clock != NULL ? options->clock : &tt_clock_system;
	s->log = options->log;
	s->auth = options->auth;
	(void)pthread_rwlock_init(&s->clusters_lock, NULL);
	tt_readers_init(&s->readers, options->store);
	s->kubernetes = tt_kubernetes_new(options->resources_file, options->log);
	rc = start_listeners(s, options, err);
	if (rc == 0 || !tt_serve_stop(s, TT_NS_PER_S))
		*ret = s;
	return rc;
}

const char *tt_serve_address(const struct tt_serve *serve)
{
	return tt_http_server_address(serve->api);
}

int tt_serve_set_tls(
	struct tt_serve *serve, const struct tt_http_server_tls *tls, struct tt_err *err)
{
	return tt_http_server_set_tls(serve->api, tls, err);
}

bool tt_serve_not_after(struct tt_serve *serve, int64_t *ret_us)
{
	return tt_http_server_not_after(serve->api, ret_us);
}

void tt_serve_set_clusters(
	struct tt_serve *serve, const struct tt_serve_cluster *clusters, size_t n)
{
	struct tt_arena *arena = &serve->clusters_arena;

	tt_kubernetes_interrupt(serve->kubernetes);
	(void)pthread_rwlock_wrlock(&serve->clusters_lock);
	tt_arena_clear(arena);
	serve->names = tt_arena_new(arena, struct tt_str, n);
	serve->collectors = tt_arena_new(arena, struct tt_collector *, n);
	serve->event_ttls_us = tt_arena_new(arena, int64_t, n);
	serve->n_clusters = n;
	for (size_t i = 0; i < n; i++) {
		serve->names[i] = tt_str_dup(arena, clusters[i].name);
		serve->collectors[i] = clusters[i].collector;
		serve->event_ttls_us[i] = clusters[i].event_ttl_us;
	}
	(void)pthread_rwlock_unlock(&serve->clusters_lock);
	tt_kubernetes_resume(serve->kubernetes);
}

size_t tt_serve_open_gaps(struct tt_serve *serve, struct tt_open_gap **ret, struct tt_arena *arena)
{
	enum { OPEN_GAPS_MAX = 1024 };
	struct tt_open_gap *gaps = tt_arena_new(arena, struct tt_open_gap, OPEN_GAPS_MAX);
	size_t n = 0;

	(void)pthread_rwlock_rdlock(&serve->clusters_lock);
	for (size_t i = 0; i < serve->n_clusters; i++) {
		struct tt_collector_status *watches = NULL;
		size_t n_watches = 0;

		if (serve->collectors[i] != NULL)
			tt_collector_status(serve->collectors[i], &watches, &n_watches, arena);
		for (size_t k = 0; k < n_watches && n < OPEN_GAPS_MAX; k++)
			if (!watches[k].connected)
				gaps[n++] = (struct tt_open_gap){tt_str_dup(arena, serve->names[i]),
					watches[k].namespace, watches[k].last_proof_us,
					watches[k].problem};
	}
	(void)pthread_rwlock_unlock(&serve->clusters_lock);
	*ret = gaps;
	return n;
}

bool tt_serve_stop(struct tt_serve *serve, int64_t timeout_ns)
{
	bool ended = true;

	if (serve == NULL)
		return true;
	int64_t deadline_ns = tt_clock_mono_ns(serve->clock) + timeout_ns;

	tt_kubernetes_interrupt(serve->kubernetes);
	if (serve->ingest != NULL)
		tt_ingest_wake(serve->ingest);
	if (serve->api != NULL)
		ended = tt_http_server_stop(serve->api, timeout_ns);
	if (serve->health != NULL)
		ended = tt_http_server_stop(
				serve->health, deadline_ns - tt_clock_mono_ns(serve->clock)) &&
			ended;
	if (!ended)
		return false;
	tt_readers_release(&serve->readers);
	tt_kubernetes_free(serve->kubernetes);
	tt_arena_release(&serve->clusters_arena);
	(void)pthread_rwlock_destroy(&serve->clusters_lock);
	tt_free(serve);
	return true;
}
