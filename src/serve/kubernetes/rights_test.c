/* SPDX-License-Identifier: Apache-2.0 */
/* What users are told of their rights, and that it is so. */
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/timestamp.h"
#include "kube/target.h"
#include "kube/test_server.h"
#include "serve/kubernetes/scene_test.h"
#include "tap/tap.h"

#define REVIEWS "/apis/authorization.k8s.io/v1/selfsubject"
#define PATHS                                                                                      \
	"\"nonResourceRules\":[{\"verbs\":[\"get\"],\"nonResourceURLs\":[\"/api\",\"/api/*\","     \
	"\"/apis\",\"/apis/*\",\"/healthz\",\"/livez\",\"/openapi/*\",\"/readyz\",\"/version\"]}]"

static struct tt_test_server *api;

static struct tt_kube_target *target(const char *server)
{
	struct tt_kube_target *t = tt_calloc(1, sizeof(*t));

	t->server = server;
	t->ca_file = tt_test_server_info(api, "ca");
	return t;
}

/* What the API server allows: JSON objects, each a part of a SubjectAccessReview's spec. */
static void begin(const char *allowed)
{
	(void)tt_test_server_command(api, "{\"op\":\"rules\",\"rules\":[]}");
	(void)tt_test_server_command(api, "{\"op\":\"namespaces\",\"namespaces\":{}}");
	(void)tt_test_server_command(api, "{\"op\":\"reviews\",\"allow\":[%s]}", allowed);
	scene_begin_with_api_server(target(tt_test_server_info(api, "url")));
	(void)scene_record(&(struct scene_event){"prod", "shop", "web.1", NULL, 0, 0});
	(void)scene_record(&(struct scene_event){"prod", "payments", "db.1", NULL, 0, 0});
	(void)scene_record(&(struct scene_event){"edge", "shop", "web.1", NULL, 0, 0});
}

/* The API server answers no question about rights any more. */
static void go_away(void)
{
	(void)tt_test_server_command(api, "{\"op\":\"rules\",\"rules\":[{\"on\":\"review\","
					  "\"close\":true,\"times\":-1}]}");
}

/* Asks as `user` (NULL: without a token), with a body if there is one. */
static int ask(const char *user, const char *method, const char *path, const char *body)
{
	char headers[200];

	(void)snprintf(headers, sizeof(headers), "Content-Type: application/json%s%s%s",
		user != NULL ? "\nAuthorization: Bearer " : "", user != NULL ? user : "",
		user != NULL ? "-token" : "");
	return scene_ask(&(struct scene_request){
		.method = method, .path = path, .headers = headers, .body = body});
}

static int review(const char *user, const char *cluster, const char *what, const char *spec)
{
	char path[200], body[500];

	(void)snprintf(path, sizeof(path), "/clusters/%s" REVIEWS "%sreviews", cluster, what);
	(void)snprintf(body, sizeof(body), "{\"spec\":%s}", spec);
	return ask(user, "POST", path, body);
}

/* What is said, and what the request itself is answered. */
static void a_review_says_what_the_request_is_answered(void)
{
	static const struct {
		const char *user, *cluster, *attributes;
		bool allowed;
		const char *method, *path; /* of the request below /api/v1; NULL: none */
	} cases[] = {
		{"ann", "prod", "\"verb\":\"list\",\"resource\":\"events\",\"namespace\":\"shop\"",
			true, "GET", "/namespaces/shop/events"},
		{"ann", "prod", "\"verb\":\"list\",\"resource\":\"events\"", false, "GET",
			"/events"},
		{"ann", "prod",
			"\"verb\":\"get\",\"resource\":\"events\",\"namespace\":\"payments\","
			"\"name\":\"db.1\"",
			true, "GET", "/namespaces/payments/events/db.1"},
		{"ann", "prod",
			"\"verb\":\"get\",\"resource\":\"events\",\"namespace\":\"payments\","
			"\"name\":\"db.2\"",
			false, "GET", "/namespaces/payments/events/db.2"},
		{"ann", "prod", "\"verb\":\"list\",\"resource\":\"namespaces\"", true, "GET",
			"/namespaces"},
		{"kim", "prod", "\"verb\":\"list\",\"resource\":\"namespaces\"", true, "GET",
			"/namespaces"},
		{"ann", "prod",
			"\"verb\":\"get\",\"resource\":\"namespaces\",\"name\":\"shop\","
			"\"namespace\":\"default\"",
			true, "GET", "/namespaces/shop"},
		{"ann", "prod",
			"\"verb\":\"get\",\"resource\":\"namespaces\",\"name\":\"payments\"", false,
			"GET", "/namespaces/payments"},
		{"kim", "prod",
			"\"verb\":\"get\",\"resource\":\"namespaces\",\"name\":\"payments\"", true,
			"GET", "/namespaces/payments"},
		{"kim", "prod", "\"verb\":\"get\",\"resource\":\"namespaces\",\"name\":\"shop\"",
			false, "GET", "/namespaces/shop"},
		{"ops", "edge",
			"\"verb\":\"create\",\"resource\":\"events\",\"namespace\":\"shop\"", false,
			"POST", "/namespaces/shop/events"},
		{"wim", "edge",
			"\"verb\":\"create\",\"resource\":\"events\",\"namespace\":\"shop\"", true,
			"POST", "/namespaces/shop/events"},
		{"wim", "edge",
			"\"verb\":\"delete\",\"resource\":\"events\",\"namespace\":\"shop\","
			"\"name\":\"web.1\"",
			true, "DELETE", "/namespaces/shop/events/web.1"},
	};

	begin("{\"user\":\"kim\",\"path\":\"/api\"},"
	      "{\"user\":\"kim\",\"verb\":\"get\",\"resource\":\"namespaces\","
	      "\"namespace\":\"payments\",\"name\":\"payments\"},"
	      "{\"user\":\"ann\",\"verb\":\"get\",\"resource\":\"events\","
	      "\"namespace\":\"payments\",\"name\":\"db.1\"}");
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char spec[400], path[200];

		(void)snprintf(
			spec, sizeof(spec), "{\"resourceAttributes\":{%s}}", cases[i].attributes);
		tap_int(review(cases[i].user, cases[i].cluster, "access", spec), 201);
		scene_holds(cases[i].allowed ? "\"allowed\":true" : "\"allowed\":false");
		(void)snprintf(path, sizeof(path), "/clusters/%s/api/v1%s", cases[i].cluster,
			cases[i].path);
		int status = ask(cases[i].user, cases[i].method, path,
			strcmp(cases[i].method, "POST") == 0 ? "{}" : NULL);

		tap_okf((status != 403) == cases[i].allowed, "%s as %s: %d", path, cases[i].user,
			status);
	}
	scene_end();
}

#define WEB_9                                                                                      \
	"{\"metadata\":{\"name\":\"web.9\"},\"involvedObject\":{\"kind\":\"Pod\","                 \
	"\"namespace\":\"shop\",\"name\":\"web\"},\"reason\":\"Pulled\",\"type\":\"Normal\"}"

static void what_a_put_makes_needs_the_right_to_create(void)
{
	static const char path[] = "/clusters/edge/api/v1/namespaces/shop/events/web.9";
	char dry_run[100];

	begin("");
	(void)snprintf(dry_run, sizeof(dry_run), "%s?dryRun=All", path);
	tap_int(ask("una", "PUT", dry_run, WEB_9), 403);
	tap_int(ask("una", "PUT", path, WEB_9), 403);
	scene_holds(
		"\"message\":\"events \\\"web.9\\\" is forbidden: User \\\"una\\\" cannot create "
		"resource \\\"events\\\" in API group \\\"\\\" in the namespace "
		"\\\"shop\\\"\"");
	(void)scene_record(&(struct scene_event){"edge", "shop", "web.9", NULL, 0, 0});
	tap_int(ask("una", "PUT", dry_run, WEB_9), 200);
	tap_int(ask("una", "PUT", path, WEB_9), 200);
	scene_end();
}

static void impersonation_is_refused_where_nobody_is_asked_who_he_is(void)
{
	static const char *const paths[] = {"/api/v1/events", "/version", "/v1/events", "/metrics"};

	scene_begin();
	(void)scene_record(&(struct scene_event){"prod", "shop", "web.1", NULL, 0, 0});
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		tap_int(scene_ask(&(struct scene_request){
				.path = paths[i], .headers = "Impersonate-User: nobody"}),
			400);
		scene_holds("impersonation is not supported by telltaled");
		tap_int(scene_get(paths[i]), 200);
	}
	scene_end();
}

static void what_nobody_may_is_said_with_its_reason(void)
{
	static const struct {
		const char *cluster, *spec, *reason;
	} cases[] = {
		{"prod", "{\"resourceAttributes\":{\"verb\":\"list\",\"resource\":\"pods\"}}",
			"telltale keeps the events of cluster \\\"prod\\\" and nothing else: ask "
			"an API server for pods"},
		{"prod", "{\"resourceAttributes\":{\"verb\":\"create\",\"resource\":\"events\"}}",
			"can only be read here"},
		{"edge/last/7d",
			"{\"resourceAttributes\":{\"verb\":\"create\",\"resource\":\"events\"}}",
			"events are written to the live URL"},
		{"prod",
			"{\"resourceAttributes\":{\"verb\":\"delete\","
			"\"resource\":\"namespaces\"}}",
			"telltale knows of namespaces no verb \\\"delete\\\""},
		{"prod",
			"{\"resourceAttributes\":{\"verb\":\"get\\\",\\\"list\","
			"\"resource\":\"events\"}}",
			"no verb"},
		{"prod",
			"{\"resourceAttributes\":{\"verb\":\"get\",\"resource\":\"events\","
			"\"subresource\":\"status\"}}",
			"and nothing else"},
		{"prod", "{\"nonResourceAttributes\":{\"verb\":\"get\",\"path\":\"/metrics\"}}",
			"\"allowed\":false"},
	};

	begin("");
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		tap_int(review("ops", cases[i].cluster, "access", cases[i].spec), 201);
		scene_holds("\"allowed\":false");
		scene_holds(cases[i].reason);
	}
	tap_int(review("ops", "prod", "access",
			"{\"nonResourceAttributes\":{\"verb\":\"get\",\"path\":\"/apis/apps\"}}"),
		201);
	scene_holds("\"allowed\":true");
	scene_end();
}

static void without_users_all_that_is_served_is_allowed(void)
{
	scene_begin();
	(void)scene_record(&(struct scene_event){"prod", "shop", "web.1", NULL, 0, 0});
	tap_int(review(NULL, "prod", "rules", "{\"namespace\":\"shop\"}"), 201);
	scene_holds("{\"kind\":\"SelfSubjectRulesReview\",\"apiVersion\":"
		    "\"authorization.k8s.io/v1\",\"metadata\":{},"
		    "\"spec\":{},\"status\":{\"resourceRules\":["
		    "{\"verbs\":[\"get\",\"list\",\"watch\"],\"apiGroups\":[\"\"],"
		    "\"resources\":[\"events\"]},"
		    "{\"verbs\":[\"get\",\"list\",\"watch\"],\"apiGroups\":[\"\"],"
		    "\"resources\":[\"namespaces\"]},"
		    "{\"verbs\":[\"get\",\"list\",\"watch\"],\"apiGroups\":[\"events.k8s.io\"],"
		    "\"resources\":[\"events\"]},");
	scene_holds("]," PATHS ",\"incomplete\":false}}\n");
	tap_int(review(NULL, "edge", "rules", "{\"namespace\":\"shop\"}"), 201);
	scene_holds("{\"verbs\":[\"create\",\"delete\",\"get\",\"list\",\"patch\",\"update\","
		    "\"watch\"],\"apiGroups\":[\"\"],\"resources\":[\"events\"]}");
	tap_int(ask(NULL, "POST", REVIEWS "rulesreviews", "{\"spec\":{\"namespace\":\"shop\"}}"),
		201);
	scene_holds("\"/version\",\"/metrics\"]");
	tap_int(review(NULL, "prod", "rules", "{}"), 400);
	scene_holds("no namespace on request");
	scene_end();
}

/* In the words of an API server 1.34. */
static void a_review_asks_about_one_thing(void)
{
	static const char resource[] = "\"resourceAttributes\":{\"verb\":\"list\"}";
	static const char path[] = "\"nonResourceAttributes\":{\"path\":\"/x\",\"verb\":\"get\"}";
	char spec[200];

	scene_begin();
	(void)scene_record(&(struct scene_event){"prod", "shop", "web.1", NULL, 0, 0});
	tap_int(review(NULL, "prod", "access", "{}"), 422);
	scene_holds("\".authorization.k8s.io \\\"\\\" is invalid: spec.resourceAttributes: Invalid "
		    "value: null: exactly one of nonResourceAttributes or resourceAttributes must "
		    "be specified\",\"reason\":\"Invalid\"");
	tap_int(review(NULL, "prod", "access", "{\"resourceAttributes\":null}"), 422);
	(void)snprintf(spec, sizeof(spec), "{%s,%s}", path, resource);
	tap_int(review(NULL, "prod", "access", spec), 422);
	scene_holds("spec.nonResourceAttributes: Invalid value: {\\\"Path\\\":\\\"/x\\\","
		    "\\\"Verb\\\":\\\"get\\\"}: cannot be specified in combination with "
		    "resourceAttributes\"");
	tap_int(scene_ask(&(struct scene_request){.method = "POST",
			.path = "/clusters/edge" REVIEWS "accessreviews",
			.headers = "Content-Type: application/vnd.kubernetes.protobuf",
			.body = "k8s\0\x12\x02\x12\x00",
			.body_len = 8}),
		422);
	tap_int(ask(NULL, "POST", "/apis/authentication.k8s.io/v1/selfsubjectreviews", "{}"), 201);
	scene_holds("\"metadata\":{\"creationTimestamp\":\"2");
	scene_end();
}

/* Protobuf has the namespace as field 1 of the spec, which is field 2 of the object. */
static void rules_are_asked_for_in_protobuf_too(void)
{
	static const char body[] = "k8s\0\x12\x08\x12\x06\x0a\x04shop";

	scene_begin();
	tap_int(scene_ask(&(struct scene_request){.method = "POST",
			.path = "/clusters/edge" REVIEWS "rulesreviews",
			.headers = "Content-Type: application/vnd.kubernetes.protobuf",
			.body = body,
			.body_len = sizeof(body) - 1}),
		201);
	scene_holds("\"resourceRules\":[{");
	scene_end();
}

static void rules_are_those_that_would_be_kept(void)
{
	static const char namespaces[] = "{\"verbs\":[\"list\",\"watch\"],\"apiGroups\":[\"\"],"
					 "\"resources\":[\"namespaces\"]}";
	static const char shop[] = "{\"verbs\":[\"get\"],\"apiGroups\":[\"\"],\"resources\":["
				   "\"namespaces\"],\"resourceNames\":[\"shop\"]}";

	begin("{\"user\":\"kim\",\"path\":\"/api\"},"
	      "{\"user\":\"kim\",\"verb\":\"list\",\"resource\":\"events\","
	      "\"namespace\":\"shop\"}");
	tap_int(review("ann", "edge", "rules", "{\"namespace\":\"shop\"}"), 201);
	scene_holds("{\"verbs\":[\"get\",\"list\",\"watch\"],\"apiGroups\":[\"\"],"
		    "\"resources\":[\"events\"]}");
	scene_holds(namespaces);
	scene_holds(shop);
	scene_holds("\"incomplete\":false}");
	tap_int(review("ann", "edge", "rules", "{\"namespace\":\"payments\"}"), 201);
	scene_lacks("\"events\"");
	scene_holds(namespaces);
	scene_lacks("resourceNames");
	/* with the API server's word, which is not asked for single names */
	tap_int(review("kim", "prod", "rules", "{\"namespace\":\"shop\"}"), 201);
	scene_holds("{\"verbs\":[\"list\"],\"apiGroups\":[\"\"],\"resources\":[\"events\"]}");
	scene_holds(shop);
	scene_holds("\"incomplete\":true,\"evaluationError\":\"the API server is not asked for "
		    "rights to single names\"}");
	tap_int(review("ops", "prod", "rules", "{\"namespace\":\"shop\"}"), 201);
	scene_holds("\"incomplete\":false}");
	tap_int(review("kim", "edge", "rules", "{\"namespace\":\"shop\"}"), 403);
	scene_end();
}

/* What the rules say is said; the rest is said to be unknown. */
static void without_the_api_server_rules_are_incomplete(void)
{
	begin("");
	go_away();
	tap_int(review("ann", "prod", "rules", "{\"namespace\":\"shop\"}"), 201);
	scene_holds("{\"verbs\":[\"get\",\"list\",\"watch\"],\"apiGroups\":[\"\"],"
		    "\"resources\":[\"events\"]}");
	tap_int(review("ann", "prod", "rules", "{\"namespace\":\"payments\"}"), 201);
	scene_lacks("\"events\"]");
	scene_holds("\"incomplete\":true,\"evaluationError\":\"the API server of cluster "
		    "\\\"prod\\\" ");
	tap_int(review("ann", "prod", "access",
			"{\"resourceAttributes\":{\"verb\":\"list\",\"resource\":\"events\"}}"),
		503);
	scene_holds("the API server of cluster");
	scene_end();
}

#define NAMESPACES "/clusters/prod/api/v1/namespaces"

static void namespaces_are_as_old_as_the_api_server_says(void)
{
	char at[TT_TIME_SIZE], path[200];

	begin("");
	(void)tt_time_format(scene_now_us() - 3 * 86400ll * TT_US_PER_S, TT_TIME_SECONDS, at);
	(void)tt_test_server_command(
		api, "{\"op\":\"namespaces\",\"namespaces\":{\"shop\":\"%s\"}}", at);
	/* it is asked when rights to a namespace depend on it */
	tap_int(ask("ann", "GET", "/clusters/prod/api/v1/namespaces/shop/events", NULL), 200);
	tap_int(ask("ops", "GET", NAMESPACES, NULL), 200);
	scene_holds("{\"metadata\":{\"name\":\"payments\",\"resourceVersion\":\"3\",\"labels\"");
	(void)snprintf(path, sizeof(path), "\"creationTimestamp\":\"%s\",\"labels\"", at);
	scene_holds(path);
	tap_int(ask("ann", "GET", NAMESPACES "/shop", NULL), 200);
	scene_holds(path);
	tap_int(scene_ask(&(struct scene_request){.path = NAMESPACES,
			.headers = "Authorization: Bearer ops-token\nAccept: application/json;"
				   "as=Table;g=meta.k8s.io;v=v1"}),
		200);
	scene_holds("\"cells\":[\"shop\",\"Active\",\"3d\"]");
	scene_holds("\"cells\":[\"payments\",\"Active\",\"<unknown>\"]");
	/* before it was made there may have been another one */
	(void)tt_test_server_command(api, "{\"op\":\"namespaces\","
					  "\"namespaces\":{\"shop\":\"2099-01-01T00:00:00Z\"}}");
	scene_skip(6ll * TT_US_PER_S);
	tap_int(ask("ann", "GET", "/clusters/prod/api/v1/namespaces/shop/events", NULL), 200);
	tap_int(ask("ops", "GET", NAMESPACES, NULL), 200);
	scene_lacks("2099");
	scene_end();
}

static void a_list_of_namespaces_needs_the_api_server(void)
{
	begin("{\"user\":\"kim\",\"path\":\"/api\"},"
	      "{\"user\":\"kim\",\"verb\":\"list\",\"namespace\":\"shop\"}");
	tap_int(ask("kim", "GET", NAMESPACES, NULL), 200);
	scene_holds("\"shop\"");
	scene_lacks("payments");
	go_away();
	scene_skip(8ll * TT_US_PER_S); /* refusals are forgotten, what is allowed is not */
	tap_int(ask("kim", "GET", NAMESPACES, NULL), 503);
	scene_holds("\"reason\":\"ServiceUnavailable\"");
	scene_lacks("payments");
	tap_int(ask("ops", "GET", NAMESPACES, NULL), 200);
	scene_holds("payments");
	scene_end();
}

static void a_review_that_is_too_long_is_not_cut(void)
{
	enum { LENGTH = 2 << 20 };
	static const char head[] = "{\"spec\":{\"resourceAttributes\":{\"verb\":\"list\","
				   "\"resource\":\"events\",\"namespace\":\"";
	char *body = tt_malloc(sizeof(head) + LENGTH + 5);

	(void)snprintf(body, sizeof(head), "%s", head);
	memset(body + sizeof(head) - 1, 'x', LENGTH);
	(void)snprintf(body + sizeof(head) - 1 + LENGTH, 5, "\"}}}");
	scene_begin();
	tap_int(scene_ask(&(struct scene_request){.method = "POST",
			.path = "/clusters/prod" REVIEWS "accessreviews",
			.headers = "Content-Type: application/json",
			.body = body}),
		413);
	scene_end();
	tt_free(body);
}

/* What the rules say is listed; the rest is counted. */
static void namespaces_of_the_rules_are_listed_without_the_api_server(void)
{
	begin("");
	go_away();
	tap_int(ask("ann", "GET", NAMESPACES, NULL), 200);
	scene_holds("\"shop\"");
	scene_lacks("payments");
	tap_str(tt_http_header(scene.answer, "Warning"),
		"299 - \"1 more namespaces are not listed: the API server of cluster \\\"prod\\\", "
		"which knows whether you may read them, does not answer\"");
	scene_end();
}

/* What the client has stays with it until it is known that it may not. */
static void a_watch_of_namespaces_outlasts_the_api_server(void)
{
	struct tt_str piece;

	begin("{\"user\":\"ann\",\"verb\":\"list\",\"namespace\":\"payments\"}");
	tap_int(scene_open(&(struct scene_request){.path = NAMESPACES "?watch=true",
			.headers = "Authorization: Bearer ann-token"}),
		200);
	scene_wait_for("\"payments\"");
	scene_wait_for("\"shop\"");
	go_away();
	scene_skip(11ll * TT_US_PER_S);
	tap_int(tt_http_read(scene.answer, 2 * (int64_t)TT_NS_PER_S, &piece, NULL), TT_EAGAIN);
	(void)tt_test_server_command(api, "{\"op\":\"rules\",\"rules\":[]}");
	(void)tt_test_server_command(api, "{\"op\":\"reviews\"}");
	scene_skip(11ll * TT_US_PER_S);
	scene_wait_for("{\"type\":\"DELETED\",\"object\":{\"kind\":\"Namespace\",\"apiVersion\":"
		       "\"v1\",\"metadata\":{\"name\":\"payments\"");
	tap_int((long long)scene_count("\"DELETED\""), 1);
	scene_end();
}

static void *time_passes(void *arg)
{
	for (int i = 0; i < 100; i++) {
		struct tt_str asked = tt_test_server_command(api, "{\"op\":\"requests\"}");

		if (tt_str_find(asked, TT_STR("SubjectAccessReview")) >= 0)
			break;
		(void)usleep(20000);
	}
	scene_skip(6ll * TT_US_PER_S);
	return arg;
}

/* Five seconds are given, and the first answer takes them. */
static void namespaces_that_are_not_decided_in_time_are_counted(void)
{
	pthread_t thread;

	begin("{\"user\":\"kim\",\"path\":\"/api\"},"
	      "{\"user\":\"kim\",\"verb\":\"list\",\"namespace\":\"shop\"}");
	(void)scene_record(&(struct scene_event){"prod", "shop", "web.2", NULL, 0, 0});
	tap_int(review("kim", "prod", "access",
			"{\"resourceAttributes\":{\"verb\":\"list\",\"resource\":\"events\"}}"),
		201);
	(void)tt_test_server_command(api, "{\"op\":\"rules\",\"rules\":[{\"on\":\"review\","
					  "\"delay\":2,\"times\":-1}]}");
	(void)tt_test_server_command(api, "{\"op\":\"requests\"}");
	tap_int(pthread_create(&thread, NULL, time_passes, NULL), 0);
	tap_int(ask("kim", "GET", NAMESPACES, NULL), 200);
	(void)pthread_join(thread, NULL);
	scene_holds("\"shop\"");
	scene_lacks("payments");
	tap_ok(tt_str_starts(tt_http_header(scene.answer, "Warning"),
		TT_STR("299 - \"1 more namespaces are not listed")));
	scene_end();
}

static int open_as_kim(const char *path)
{
	return scene_open(&(struct scene_request){
		.path = path, .headers = "Authorization: Bearer kim-token"});
}

/* Reads the answer to its end: 0, or TT_EIO if it is broken off. */
static int read_on(void)
{
	struct tt_str piece;
	int rc, tries = 0;

	do {
		rc = tt_http_read(scene.answer, TT_NS_PER_S, &piece, NULL);
		if (rc > 0)
			tt_buf_str(&scene.body, piece);
	} while (rc > 0 || (rc == TT_EAGAIN && ++tries < 10));
	return rc;
}

/* Takes all rights away, and lets the time pass after which that must count. */
static void take_rights(void)
{
	(void)tt_test_server_command(api, "{\"op\":\"reviews\"}");
	scene_skip(31ll * TT_US_PER_S);
}

static void what_is_revoked_ends_the_wait_for_records(void)
{
	begin("{\"user\":\"kim\",\"verb\":\"list\",\"resource\":\"events\"}");
	tap_int(open_as_kim("/v1/records?cluster=prod&after=3&wait=300s"), 200);
	scene_skip(31ll * TT_US_PER_S); /* who still may goes on waiting */
	(void)scene_record(&(struct scene_event){"prod", "shop", "web.4", NULL, 0, 0});
	scene_wait_for("{\"kind\":\"cursor\",\"seq\":4}");
	tap_int(open_as_kim("/v1/records?cluster=prod&after=4&wait=300s"), 200);
	take_rights();
	tap_int(read_on(), TT_EIO);
	scene_lacks("cursor");
	tap_int(open_as_kim("/v1/records?cluster=prod&after=4&wait=300s"), 403);
	scene_end();
}

#define PAYMENTS "/clusters/prod/api/v1/namespaces/payments/events?fieldSelector="

/* As in Kubernetes, where kubectl asks so for one object. */
static void a_selected_name_is_the_name_that_rights_are_asked_for(void)
{
	static const struct {
		const char *selector;
		int status;
	} cases[] = {
		{"metadata.name%3Ddb.1", 200},
		{"type%3DNormal,metadata.name%3D%3Ddb.1", 200},
		{"metadata.name%3Ddb.2", 403},
		{"metadata.name%3Ddb.2,metadata.name%3Ddb.1", 403},
		{"metadata.name!%3Ddb.1", 403},
		{"metadata.name!%3Ddb.2", 403},
		{"reason%3Ddb.1", 403},
		{"", 403},
	};
	char path[200];

	begin("{\"user\":\"kim\",\"resource\":\"events\",\"namespace\":\"payments\","
	      "\"name\":\"db.1\"}");
	(void)tt_test_server_command(api,
		"{\"op\":\"namespaces\","
		"\"namespaces\":{\"payments\":\"2020-01-01T00:00:00Z\"}}");
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		(void)snprintf(path, sizeof(path), PAYMENTS "%s", cases[i].selector);
		int status = ask("kim", "GET", path, NULL);

		tap_okf(status == cases[i].status, "%s: %d", path, status);
	}
	tap_int(ask("kim", "GET", PAYMENTS "metadata.name%3Ddb.1", NULL), 200);
	scene_holds("\"name\":\"db.1\"");
	tap_int(ask("kim", "GET", PAYMENTS "metadata.name%3Ddb.2", NULL), 403);
	scene_holds("events \\\"db.2\\\" is forbidden: User \\\"kim\\\" cannot list");
	/* so they are when the watch asks again */
	tap_int(open_as_kim(PAYMENTS "metadata.name%3Ddb.1&watch=1"), 200);
	scene_skip(31ll * TT_US_PER_S);
	(void)scene_record(&(struct scene_event){"prod", "payments", "db.2", NULL, 0, 0});
	(void)scene_record(&(struct scene_event){"prod", "payments", "db.1", "Late", 0, 0});
	scene_wait_for("\"Late\"");
	scene_lacks("db.2");
	scene_end();
}

/* More than any socket has room for; the end comes while the first pieces are being read. */
static void what_is_revoked_breaks_off_a_long_answer(void)
{
	static const char *const paths[] = {
		"/v1/records?cluster=prod&limit=10000", "/v1/events?cluster=prod&limit=0"};
	enum { LENGTH = 1 << 20, EVENTS = 32 };
	char *reason = tt_malloc(LENGTH + 1), name[20];

	memset(reason, 'x', LENGTH);
	reason[LENGTH] = '\0';
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		begin("{\"user\":\"kim\",\"verb\":\"list\",\"resource\":\"events\"}");
		for (int k = 0; k < EVENTS; k++) {
			(void)snprintf(name, sizeof(name), "big.%d", k);
			(void)scene_record(&(struct scene_event){.cluster = "prod",
				.namespace = "shop",
				.name = name,
				.reason = reason});
		}
		tap_int(open_as_kim(paths[i]), 200);
		take_rights();
		tap_int(read_on(), TT_EIO);
		scene_lacks("cursor");
		tap_ok(scene_count("\"name\":\"big.") < EVENTS);
		scene_end();
	}
	tt_free(reason);
}

int main(void)
{
	tap_test("a review that is too long is not cut", a_review_that_is_too_long_is_not_cut);
	api = tt_test_server_start(NULL);
	if (api == NULL) {
		printf("Bail out! tests/fault/apiserver.py does not start\n");
		return 1;
	}
	tap_test("a review says what the request is answered",
		a_review_says_what_the_request_is_answered);
	tap_test("what a PUT makes needs the right to create",
		what_a_put_makes_needs_the_right_to_create);
	tap_test("impersonation is refused where nobody is asked who he is",
		impersonation_is_refused_where_nobody_is_asked_who_he_is);
	tap_test(
		"what nobody may is said with its reason", what_nobody_may_is_said_with_its_reason);
	tap_test("without users all that is served is allowed",
		without_users_all_that_is_served_is_allowed);
	tap_test("a review asks about one thing", a_review_asks_about_one_thing);
	tap_test("rules are asked for in protobuf too", rules_are_asked_for_in_protobuf_too);
	tap_test("rules are those that would be kept", rules_are_those_that_would_be_kept);
	tap_test("without the API server rules are incomplete",
		without_the_api_server_rules_are_incomplete);
	tap_test("namespaces are as old as the API server says",
		namespaces_are_as_old_as_the_api_server_says);
	tap_test("a list of namespaces needs the API server",
		a_list_of_namespaces_needs_the_api_server);
	tap_test("namespaces of the rules are listed without the API server",
		namespaces_of_the_rules_are_listed_without_the_api_server);
	tap_test("a watch of namespaces outlasts the API server",
		a_watch_of_namespaces_outlasts_the_api_server);
	tap_test("namespaces that are not decided in time are counted",
		namespaces_that_are_not_decided_in_time_are_counted);
	tap_test("what is revoked ends the wait for records",
		what_is_revoked_ends_the_wait_for_records);
	tap_test("a selected name is the name that rights are asked for",
		a_selected_name_is_the_name_that_rights_are_asked_for);
	tap_test("what is revoked breaks off a long answer",
		what_is_revoked_breaks_off_a_long_answer);
	tt_test_server_stop(api);
	return tap_done();
}
