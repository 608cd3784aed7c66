/* SPDX-License-Identifier: Apache-2.0 */
/* Who may use the native API, over TLS, with tokens and rules of files. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "net/certificate.h"
#include "net/http_client.h"
#include "net/http_server.h"
#include "serve/auth/auth.h"
#include "serve/serve.h"
#include "store/ingest.h"
#include "store/sample_test.h"
#include "store/store.h"
#include "tap/tap.h"

static const int64_t LONG = 20ll * TT_NS_PER_S;

static const char tokens_text[] = "root,root,1\n"
				  "edge,edge-reader,2\n"
				  "shop,shop-reader,3\n"
				  "agent,agent,4\n"
				  "prom,prometheus,5\n"
				  "old,old-prometheus,6\n";
static const char rules_text[] =
	"rules:\n"
	"- {users: [root], clusters: ['*'], namespaces: ['*']}\n"
	"- {users: [root], clusters: ['*'], paths: [/metrics]}\n"
	"- {users: [edge-reader], clusters: [edge], namespaces: ['*']}\n"
	"- {users: [shop-reader], clusters: ['*'], namespaces: [shop]}\n"
	"- {users: [agent], clusters: [edge], namespaces: ['*'], "
	"verbs: [create]}\n"
	"- {users: [prometheus], clusters: [edge], paths: [/metrics]}\n"
	"- {users: [old-prometheus], clusters: [old], paths: [/metrics]}\n";

static struct scene {
	char *dir;
	struct tt_arena arena;
	struct tt_store *store;
	struct tt_ingest *ingest;
	struct tt_auth *auth;
	struct tt_serve *serve;
	struct tt_buf cert, key, body;
} s;

static char *write_file(const char *name, const char *text)
{
	char *path = tt_str_cstr(&s.arena, tt_str_printf(&s.arena, "%s/%s", s.dir, name));
	FILE *f = fopen(path, "we");

	tap_ok(f != NULL && fputs(text, f) >= 0 && fclose(f) == 0);
	return path;
}

static int add_clusters(void *arg, struct tt_store *store)
{
	(void)arg;
	tap_int(tt_store_add_cluster(store, TT_STR("edge"), TT_CLUSTER_HOSTED, NULL), 0);
	tap_int(tt_store_add_cluster(store, TT_STR("old"), TT_CLUSTER_RECORDING, NULL), 0);
	return 0;
}

static void make_certificate(void)
{
	const char *const addresses[] = {"127.0.0.1"};
	struct tt_certificate_names names = {.common_name = "telltaled",
		.addresses = addresses,
		.n_addresses = 1,
		.now_us = tt_clock_wall_us(&tt_clock_system)};

	tt_buf_init(&s.cert, 65536);
	tt_buf_init(&s.key, 65536);
	tt_buf_init(&s.body, 1 << 20);
	tap_int(tt_certificate_make(&s.cert, &s.key, &names, NULL), 0);
}

/* With the hosted cluster "edge", the default one, and "old", which is in the log alone. */
static void begin(void)
{
	const struct tt_auth_cluster edge = {.name = TT_STR("edge")};
	struct tt_auth_options auth = {0};
	struct tt_err err = {0};

	s = (struct scene){.dir = sample_dir_new()};
	make_certificate();
	struct tt_http_server_tls tls = {s.cert.data, s.key.data, NULL};

	auth.token_file = write_file("tokens", tokens_text);
	auth.rules_file = write_file("rules", rules_text);
	tap_okf(tt_auth_new(&s.auth, &auth, &err) == 0, "%s", err.msg);
	tt_auth_set_clusters(s.auth, &edge, 1);
	s.store = sample_open(s.dir, NULL);
	tap_int(tt_ingest_start(&s.ingest, &(struct tt_ingest_options){.store = s.store}, NULL), 0);
	tap_int(tt_ingest_call(s.ingest, add_clusters, NULL), 0);
	struct tt_serve_options options = {.listen = "127.0.0.1:0",
		.tls = &tls,
		.auth = s.auth,
		.store = s.store,
		.ingest = s.ingest};

	tap_okf(tt_serve_start(&s.serve, &options, &err) == 0, "%s", err.msg);
	tt_serve_set_clusters(s.serve, &(struct tt_serve_cluster){.name = edge.name}, 1);
}

static void end(void)
{
	tap_ok(tt_serve_stop(s.serve, LONG));
	tap_ok(tt_ingest_stop(s.ingest, LONG));
	tt_auth_free(s.auth);
	tt_store_close(s.store);
	tt_buf_release(&s.body);
	tt_buf_release(&s.cert);
	tt_buf_release(&s.key);
	tt_arena_release(&s.arena);
	sample_dir_remove(s.dir);
}

struct question {
	const char *method, *path, *token, *origin, *host; /* NULL: none */
};

/* The status of the answer, with its body in `s`. */
static int ask(const struct question *q)
{
	struct tt_http_client_options options = {.tls = {.ca_pem = s.cert.data}};
	struct tt_http_client *client = NULL;
	struct tt_http_exchange *x = NULL;
	struct tt_http_header headers[4];
	struct tt_err err = {0};
	char url[300], bearer[100];
	size_t n = 0;
	int status = -1;

	(void)snprintf(url, sizeof(url), "https://%s%s", tt_serve_address(s.serve), q->path);
	(void)snprintf(bearer, sizeof(bearer), "Bearer %s", q->token != NULL ? q->token : "");
	if (q->token != NULL)
		headers[n++] = (struct tt_http_header){
			TT_STR("Authorization"), tt_str_from(bearer)};
	if (q->origin != NULL)
		headers[n++] = (struct tt_http_header){TT_STR("Origin"), tt_str_from(q->origin)};
	if (q->host != NULL)
		headers[n++] = (struct tt_http_header){TT_STR("Host"), tt_str_from(q->host)};
	if (strcmp(q->method, "POST") == 0)
		headers[n++] = (struct tt_http_header){
			TT_STR("Content-Type"), TT_STR("application/x-ndjson")};
	struct tt_http_request request = {.method = q->method,
		.url = url,
		.headers = headers,
		.n_headers = n,
		.has_body = strcmp(q->method, "POST") == 0};

	tt_buf_clear(&s.body);
	tap_int(tt_http_client_new(&client, &options, &err), 0);
	if (tap_okf(tt_http_open(client, &request, &x, &err) == 0, "%s", err.msg) &&
		tap_okf(tt_http_read_all(x, LONG, &s.body, &err) == 0, "%s", err.msg))
		status = tt_http_status(x);
	tt_http_close(x);
	tt_http_client_free(client);
	return status;
}

static void the_native_api_needs_rights_to_all_namespaces(void)
{
	static const struct {
		const char *token; /* NULL: none */
		const char *method, *path;
		int want;
	} cases[] = {
		{NULL, "GET", "/v1/records", 401},
		{"wrong", "GET", "/v1/records", 401},
		{"root", "GET", "/v1/records", 200},
		{"root", "GET", "/v1/events", 200},
		{"root", "GET", "/v1/status", 200},
		{"root", "HEAD", "/v1/status", 200},
		{"root", "POST", "/v1/records?cluster=edge", 403},
		{"edge", "GET", "/v1/records?cluster=edge", 200},
		{"edge", "GET", "/v1/events?cluster=edge", 200},
		{"edge", "GET", "/v1/records", 403},
		{"edge", "GET", "/v1/status", 403},
		{"edge", "GET", "/v1/status?cluster=edge", 403},
		{"edge", "GET", "/v1/records?cluster=old", 403},
		{"edge", "GET", "/v1/records?cluster=gone", 403},
		{"root", "GET", "/v1/records?cluster=gone", 404},
		{"shop", "GET", "/v1/records?cluster=edge", 403},
		{"shop", "GET", "/v1/events?cluster=edge&namespace=shop", 403},
		{"agent", "POST", "/v1/records?cluster=edge", 200},
		{"agent", "GET", "/v1/records?cluster=edge", 403},
		{"agent", "POST", "/v1/records?cluster=old", 403},
		{"edge", "PUT", "/v1/records?cluster=edge", 403},
		{"shop", "GET", "/v1/nothing", 403},
		{"root", "GET", "/v1/nothing", 404},
		{NULL, "GET", "/nothing", 401},
	};

	begin();
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct question q = {cases[i].method, cases[i].path, cases[i].token, NULL, NULL};
		int got = ask(&q);

		tap_okf(got == cases[i].want, "%s %s %s: %d, want %d: %s", q.token, q.method,
			q.path, got, cases[i].want, s.body.data);
	}
	end();
}

static void metrics_need_a_right_and_probes_none(void)
{
	static const struct {
		const char *token, *path;
		int want;
	} cases[] = {
		{NULL, "/healthz", 200},
		{NULL, "/livez", 200},
		{NULL, "/readyz", 200},
		{NULL, "/metrics", 401},
		{"shop", "/metrics", 403},
		{"prom", "/metrics", 200},
		{"root", "/metrics", 200},
		{"old", "/metrics", 403},
		{"old", "/metrics?cluster=old", 403}, /* they tell of all clusters */
		{"prom", "/v1/status", 403},
	};

	begin();
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct question q = {"GET", cases[i].path, cases[i].token, NULL, NULL};

		tap_okf(ask(&q) == cases[i].want, "%s %s: %s", q.token, q.path, s.body.data);
	}
	struct question metrics = {"GET", "/metrics", "prom", NULL, NULL};
	static const char expiry[] = "\ntelltale_api_certificate_expiry_timestamp_seconds ";
	struct tt_certificate_info info;
	const char *at;

	tap_int(tt_certificate_info(tt_buf_view(&s.cert), &info, NULL), 0);
	tap_int(ask(&metrics), 200);
	tap_ok(strstr(s.body.data,
		       "telltale_authentication_attempts_total{method=\"token-file\"") != NULL);
	at = strstr(s.body.data, expiry);
	if (tap_ok(at != NULL))
		tap_int((int64_t)strtod(at + strlen(expiry), NULL),
			info.not_after_us / TT_US_PER_S);
	end();
}

static void a_refusal_is_a_status(void)
{
	struct question nobody = {"GET", "/v1/status", NULL, NULL, NULL};
	struct question shop = {"GET", "/v1/records?cluster=edge", "shop", NULL, NULL};

	begin();
	tap_int(ask(&nobody), 401);
	tap_str(tt_buf_view(&s.body),
		"{\"kind\":\"Status\",\"apiVersion\":\"v1\",\"metadata\":{},\"status\":\"Failure\","
		"\"message\":\"Unauthorized\",\"reason\":\"Unauthorized\",\"code\":401}\n");
	tap_int(ask(&shop), 403);
	tap_ok(strstr(s.body.data,
		       "User \\\"shop-reader\\\" cannot list resource \\\"events\\\"") != NULL);
	end();
}

/* A browser shows certificates without being asked, so that pages of others must not use it. */
static void pages_of_other_sites_are_refused(void)
{
	static const struct {
		const char *host, *origin;
		int want;
	} cases[] = {
		{"history.example:7447", NULL, 200},
		{"history.example:7447", "https://history.example:7447", 200},
		{"history.example:7447", "https://history.example", 403},
		{"history.example:7447", "https://evil.example", 403},
		{"history.example:7447", "null", 403},
	};

	begin();
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct question q = {"GET", "/v1/status", "root", cases[i].origin, cases[i].host};

		tap_okf(ask(&q) == cases[i].want, "case %zu", i);
	}
	end();
}

static void what_nothing_protects_stays_on_loopback(void)
{
	struct tt_http_server_tls tls;
	struct tt_serve *serve = NULL;
	struct tt_err err = {0};

	begin();
	tls = (struct tt_http_server_tls){s.cert.data, s.key.data, NULL};
	for (int what = 0; what < 4; what++) {
		struct tt_serve_options options = {.listen = "0.0.0.0:0",
			.tls = what & 1 ? &tls : NULL,
			.auth = what & 2 ? s.auth : NULL,
			.store = s.store,
			.ingest = s.ingest};
		int rc = tt_serve_start(&serve, &options, &err);

		tap_int(rc, what == 3 ? 0 : TT_EINVAL);
		if (rc == 0)
			tap_ok(tt_serve_stop(serve, LONG));
		else
			tap_ok(strstr(err.msg, "authentication and authorization") != NULL);
	}
	end();
}

int main(void)
{
#define RUN(name) tap_test(#name, name)
	RUN(the_native_api_needs_rights_to_all_namespaces);
	RUN(metrics_need_a_right_and_probes_none);
	RUN(a_refusal_is_a_status);
	RUN(pages_of_other_sites_are_refused);
	RUN(what_nothing_protects_stays_on_loopback);
	return tap_done();
}
