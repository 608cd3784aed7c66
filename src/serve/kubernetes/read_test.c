/* SPDX-License-Identifier: Apache-2.0 */
/* Discovery, lists and gets, through HTTP. */
#include <stdio.h>
#include <string.h>

#include "base/timestamp.h"
#include "serve/kubernetes/scene_test.h"
#include "tap/tap.h"

#define EVENTS       "/clusters/prod/api/v1/events"
#define SHOP         "/clusters/prod/api/v1/namespaces/shop/events"
#define PARTIAL      "Accept: application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1"
#define PARTIAL_LIST "Accept: application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"
#define TABLE        "Accept: application/json;as=Table;v=v1;g=meta.k8s.io,application/json"
#define MINUTES(n)   ((int64_t)(n)*60 * TT_US_PER_S)

static void record(const char *namespace, const char *name, int64_t age_us)
{
	(void)scene_record(&(struct scene_event){
		.cluster = "prod", .namespace = namespace, .name = name, .age_us = age_us});
}

static void record_many(unsigned from, unsigned to)
{
	for (unsigned i = from; i < to; i++) {
		char name[40];

		(void)snprintf(name, sizeof(name), "event-%03u.", i);
		record(i % 2 == 0 ? "shop" : "payments", name, MINUTES(200 - i));
	}
}

static int get_as(const char *path, const char *headers)
{
	return scene_ask(&(struct scene_request){.path = path, .headers = headers});
}

static void a_list_is_in_the_order_of_time(void)
{
	scene_begin();
	record("shop", "late", MINUTES(1));
	record("default", "early", MINUTES(3));
	record("shop", "middle", MINUTES(2));
	tap_int(scene_get(EVENTS), 200);
	scene_holds("{\"kind\":\"EventList\",\"apiVersion\":\"v1\",\"metadata\":{"
		    "\"resourceVersion\":\"3\"},\"items\":[{\"metadata\":{\"name\":\"early\"");
	tap_ok(strstr(scene.body.data, "early") < strstr(scene.body.data, "middle"));
	tap_ok(strstr(scene.body.data, "middle") < strstr(scene.body.data, "late"));
	scene_holds("\"resourceVersion\":\"2\",");
	scene_lacks("4711");
	tap_int(scene_get(SHOP), 200);
	scene_lacks("early");
	tap_int(scene_get("/clusters/prod/apis/events.k8s.io/v1/events"), 200);
	scene_holds("\"apiVersion\":\"events.k8s.io/v1\"");
	scene_holds("\"regarding\":");
	scene_end();
}

/* While the list is read page by page events are added, and one of a later page is repeated. */
static void pages_show_one_moment(void)
{
	char path[600] = EVENTS "?limit=7", first[40] = "";
	size_t seen = 0, pages = 0;

	scene_begin();
	record_many(0, 30);
	for (; pages < 10 && path[0] != '\0'; pages++) {
		tap_int(scene_get(path), 200);
		seen += scene_count("\"involvedObject\"");
		if (pages == 0)
			(void)snprintf(first, sizeof(first), "%s", scene_member("resourceVersion"));
		tap_str(tt_str_from(scene_member("resourceVersion")), first);
		if (scene_member("continue")[0] == '\0')
			break;
		(void)snprintf(path, sizeof(path), EVENTS "?limit=7&continue=%s",
			scene_member("continue"));
		record("shop", "event-028.", 0);
		record_many(31 + (unsigned)pages, 32 + (unsigned)pages);
	}
	tap_int((long long)seen, 30);
	tap_int((long long)pages, 4);
	tap_int(scene_get(EVENTS), 200);
	tap_int((long long)scene_count("\"involvedObject\""), 34);
	tap_int((long long)scene_count("event-028."), 1);
	scene_end();
}

static void a_token_belongs_to_its_list(void)
{
	char path[600], token[200];

	scene_begin();
	record_many(0, 10);
	tap_int(scene_get(SHOP "?limit=2"), 200);
	(void)snprintf(token, sizeof(token), "%s", scene_member("continue"));
	const char *const others[] = {EVENTS "?limit=2",
		SHOP "?limit=2&fieldSelector=reason%3DPulled",
		"/clusters/prod/last/7d/api/v1/namespaces/shop/events?limit=2",
		SHOP "?resourceVersion=3"};

	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		(void)snprintf(path, sizeof(path), "%s&continue=%s", others[i], token);
		tap_okf(scene_get(path) == 400, "%s", path);
		scene_holds("\"reason\":\"BadRequest\"");
	}
	tap_int(scene_get(SHOP "?continue=abc"), 400);
	(void)snprintf(path, sizeof(path), SHOP "?limit=5&continue=%s", token);
	tap_int(scene_get(path), 200);
	tap_int((long long)scene_count("\"involvedObject\""), 3);
	scene_end();
}

static void a_past_version_shows_what_was_then(void)
{
	scene_begin();
	record_many(0, 5);
	record("shop", "event-000.", 0);
	tap_int(scene_get(EVENTS "?resourceVersion=3&resourceVersionMatch=Exact"), 200);
	scene_holds("\"resourceVersion\":\"3\"}");
	tap_int((long long)scene_count("\"involvedObject\""), 3);
	scene_holds("event-000.");
	tap_int(scene_get(EVENTS "?resourceVersion=3&limit=10"), 200);
	tap_int((long long)scene_count("\"involvedObject\""), 3);
	tap_int(scene_get(EVENTS "?resourceVersion=3&resourceVersionMatch=NotOlderThan"), 200);
	tap_int((long long)scene_count("\"involvedObject\""), 5);
	tap_int(scene_get(EVENTS "?resourceVersion=0"), 200);
	tap_int((long long)scene_count("\"involvedObject\""), 5);
	/* of one event there are no other options */
	tap_int(scene_get(SHOP "/event-000.?resourceVersionMatch=Exact&limit=x"), 200);
	tap_int(scene_get(SHOP "/event-000.?sendInitialEvents=true&continue=x"), 200);
	tap_int(scene_get(SHOP "/event-000.?resourceVersion=x"), 400);
	scene_end();
}

static void the_window_is_in_the_url(void)
{
	char path[300], at[TT_TIME_SIZE];

	scene_begin();
	record("shop", "old", MINUTES(180));
	record("shop", "new", MINUTES(5));
	(void)tt_time_format(scene_now_us() - MINUTES(120), TT_TIME_SECONDS, at);
	tap_int(scene_get("/clusters/prod/last/1h/api/v1/events"), 200);
	scene_holds("\"name\":\"new\"");
	scene_lacks("\"name\":\"old\"");
	(void)snprintf(path, sizeof(path), "/clusters/prod/at/%s/api/v1/events", at);
	tap_int(scene_get(path), 200);
	scene_holds("\"name\":\"old\"");
	scene_lacks("\"name\":\"new\"");
	tap_int(get_as(path, TABLE), 200);
	scene_holds("\"cells\":[\"60m\"");
	(void)snprintf(path, sizeof(path), "/clusters/prod/at/%s/last/30m/api/v1/events", at);
	tap_int(scene_get(path), 200);
	scene_holds("\"items\":[]");
	tap_int(scene_get("/clusters/prod/at/noon/api/v1/events"), 404);
	(void)tt_time_format(scene_now_us() + 30 * TT_US_PER_S, TT_TIME_SECONDS, at);
	(void)snprintf(path, sizeof(path), "/clusters/prod/at/%s/api/v1/events", at);
	tap_int(get_as(path, TABLE), 200); /* the client's clock is ahead */
	scene_holds("\"cells\":[\"5m");
	(void)tt_time_format(scene_now_us() + MINUTES(2), TT_TIME_SECONDS, at);
	(void)snprintf(path, sizeof(path), "/clusters/prod/at/%s/api/v1/events", at);
	tap_int(scene_get(path), 400);
	(void)snprintf(
		path, sizeof(path), "/clusters/prod/at/%s: this moment is still to come", at);
	scene_holds(path);
	(void)snprintf(path, sizeof(path), "/clusters/prod/at/%s/api", at);
	tap_int(scene_get(path), 200); /* kubectl does not say why discovery is refused */
	tap_int(scene_get("/clusters/nowhere/api/v1/events"), 404);
	scene_end();
}

static void one_event_is_found_by_its_name(void)
{
	char path[300];

	scene_begin();
	record("shop", "web.1", MINUTES(180));
	record("shop", "web.2", MINUTES(2));
	tap_int(scene_get(SHOP "/web.1"), 200);
	scene_holds("{\"kind\":\"Event\",\"apiVersion\":\"v1\",\"metadata\":{\"name\":\"web.1\"");
	scene_holds("\"resourceVersion\":\"1\"");
	tap_int(scene_get(SHOP "/web.3"), 404);
	scene_holds("{\"kind\":\"Status\",\"apiVersion\":\"v1\",\"metadata\":{},"
		    "\"status\":\"Failure\",\"message\":\"events \\\"web.3\\\" not found\","
		    "\"reason\":\"NotFound\",\"details\":{\"name\":\"web.3\",\"kind\":\"events\"},"
		    "\"code\":404}");
	tap_int(scene_get("/clusters/prod/apis/events.k8s.io/v1/namespaces/shop/events/x"), 404);
	scene_holds("events.events.k8s.io \\\"x\\\" not found");
	scene_holds("\"group\":\"events.k8s.io\"");
	tap_int(scene_get("/clusters/prod/last/1h/api/v1/namespaces/shop/events/web.1"), 404);
	tap_int(scene_get("/clusters/prod/api/v1/namespaces/payments/events/web.1"), 404);
	(void)snprintf(path, sizeof(path), SHOP "/web.1?resourceVersion=%d", 99);
	tap_int(scene_get(path), 504);
	(void)scene_record(&(struct scene_event){.cluster = "prod",
		.namespace = "shop",
		.name = "web.1",
		.change = TT_CHANGE_DELETED});
	tap_int(scene_get(SHOP "/web.1"), 404);
	scene_end();
}

static void an_answer_is_in_the_form_asked_for(void)
{
	static const struct {
		const char *headers, *type, *begin;
	} cases[] = {
		{"Accept: application/json", "application/json", "{\"kind\":\"EventList\""},
		{"Accept: application/yaml", "application/yaml", "apiVersion: v1\n"},
		{"Accept: application/vnd.kubernetes.protobuf",
			"application/vnd.kubernetes.protobuf", "k8s"},
		{TABLE, "application/json", "{\"kind\":\"Table\""},
		{"Accept: application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io",
			"application/json", "{\"kind\":\"PartialObjectMetadataList\""},
		{"User-Agent: curl/8", "application/json", "{\n  \"kind\": \"EventList\""},
	};

	scene_begin();
	record("shop", "web.1", MINUTES(3));
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		tap_int(get_as(EVENTS, cases[i].headers), 200);
		tap_str(tt_http_header(scene.answer, "Content-Type"), cases[i].type);
		tap_okf(strncmp(scene.body.data, cases[i].begin, strlen(cases[i].begin)) == 0,
			"%s: %.100s", cases[i].headers, scene.body.data);
	}
	tap_str(tt_http_header(scene.answer, "Cache-Control"), "no-cache, private");
	tap_int(scene_get(EVENTS "?pretty=true"), 200);
	scene_holds("\n  \"items\": [");
	tap_int(get_as(EVENTS "?includeObject=Object", TABLE), 200);
	scene_holds("\"object\":{\"kind\":\"Event\"");
	tap_int(get_as(EVENTS "?includeObject=None", TABLE), 200);
	scene_holds("\"object\":null");
	tap_int(get_as(EVENTS "?includeObject=All", TABLE), 400);
	scene_end();
}

/* Several pieces, and a protobuf list, whose head tells its length. */
/* What an API server 1.34 answers. */
static void what_cannot_be_shown_so_is_not_acceptable(void)
{
	static const struct {
		const char *path, *headers, *message;
	} cases[] = {
		{EVENTS, "Accept: text/html",
			"406: Not Acceptable\\n\\nAvailable representations: application/json, "
			"application/yaml, application/vnd.kubernetes.protobuf, "
			"application/json;stream=watch, "
			"application/vnd.kubernetes.protobuf;stream=watch\""},
		{SHOP "/web.1", "Accept: text/html",
			"406: Not Acceptable\\n\\nAvailable representations: application/json, "
			"application/yaml, application/vnd.kubernetes.protobuf\""},
		{"/api/v1", "Accept: text/html", "406: Not Acceptable\\n"},
		{EVENTS, PARTIAL,
			"you requested PartialObjectMetadata, but the requested object is a list "
			"(*core.EventList)\""},
		{SHOP "/web.1", PARTIAL_LIST,
			"you requested PartialObjectMetadataList, but the requested object is not "
			"a list (*core.Event)\""},
		{"/api/v1/namespaces", PARTIAL, "is a list (*core.NamespaceList)\""},
	};

	scene_begin();
	record("shop", "web.1", MINUTES(3));
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		tap_okf(get_as(cases[i].path, cases[i].headers) == 406, "%s %s", cases[i].path,
			cases[i].headers);
		scene_holds(cases[i].message);
		scene_holds("\n  \"reason\": \"NotAcceptable\",\n");
	}
	tap_int(get_as(SHOP "/web.1", PARTIAL), 200);
	tap_int(get_as("/api/v1/namespaces", PARTIAL_LIST), 200);
	scene_end();
}

static void what_an_api_server_does_not_do_is_not_done(void)
{
	static const struct {
		const char *method, *path;
		int code;
		const char *message;
	} cases[] = {
		{"HEAD", EVENTS, 405, ""},
		{"HEAD", SHOP "/web.1", 405, ""},
		{"HEAD", "/clusters/prod/api/v1", 405, ""},
		{"TRACE", EVENTS, 405,
			"\"message\":\"the server does not allow this method on the "
			"requested resource\",\"reason\":\"MethodNotAllowed\","
			"\"details\":{},\"code\":405}"},
		{"GET", SHOP "/web.1/status", 404,
			"\"message\":\"the server could not find the requested resource\","
			"\"reason\":\"NotFound\",\"details\":{},\"code\":404}"},
		{"DELETE", SHOP "/web.1/log", 404, "could not find the requested resource\","},
		{"DELETE", SHOP, 405, "are collected from its API server and can only be read"},
		{"DELETE", "/clusters/edge/api/v1/namespaces/shop/events", 405,
			"events are deleted one by one here"},
	};

	scene_begin();
	record("shop", "web.1", MINUTES(3));
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		int code = scene_ask(
			&(struct scene_request){.method = cases[i].method, .path = cases[i].path});

		tap_okf(code == cases[i].code, "%s %s: %d", cases[i].method, cases[i].path, code);
		scene_holds(cases[i].message);
	}
	scene_end();
}

static void a_long_list_arrives_whole(void)
{
	char name[40];
	size_t length;

	scene_begin();
	for (unsigned i = 0; i < 1500; i++) {
		(void)snprintf(name, sizeof(name), "event-%04u.", i);
		record("shop", name, MINUTES(10));
	}
	tap_int(scene_get(EVENTS), 200);
	tap_int((long long)scene_count("\"involvedObject\""), 1500);
	length = scene.body.len;
	tap_ok(length > (512 << 10));
	tap_int(get_as(EVENTS, "Accept: application/vnd.kubernetes.protobuf"), 200);
	for (unsigned i = 0; i < 1500; i += 499) {
		(void)snprintf(name, sizeof(name), "event-%04u.", i);
		tap_int((long long)scene_count(name), 1);
	}
	tap_int(get_as(EVENTS, "Accept-Encoding: gzip"), 200);
	tap_str(tt_http_header(scene.answer, "Content-Encoding"), "gzip");
	tap_ok(scene.body.len < length / 10);
	tap_int(get_as(EVENTS "?limit=10", "Accept-Encoding: gzip"), 200);
	tap_str(tt_http_header(scene.answer, "Content-Encoding"), "");
	scene_end();
}

/* The head of a protobuf list tells the length of what retention takes before it is sent. */
static void a_protobuf_list_that_loses_events_is_broken_off(void)
{
	struct tt_str piece;
	size_t length = 0;
	int rc;

	scene_begin();
	scene_keep_hours(1);
	record("shop", "web.1", 0);
	scene_record_blocks();
	tap_int(scene_open(&(struct scene_request){
			.path = SHOP, .headers = "Accept: application/vnd.kubernetes.protobuf"}),
		200);
	scene_skip(MINUTES(120));
	scene_record_blocks();
	scene_skip(MINUTES(120));
	scene_wait_for_retention();
	tap_ok(scene_oldest() > 3 * 8192);
	while ((rc = tt_http_read(scene.answer, 5ll * TT_NS_PER_S, &piece, NULL)) > 0)
		length += piece.len;
	tap_okf(rc < 0 && rc != TT_EAGAIN && length > 0, "%d after %zu bytes", rc, length);
	scene_end();
}

static void wrong_options_are_refused_as_kubernetes_does(void)
{
	static const struct {
		const char *query;
		int code;
		const char *message;
	} cases[] = {
		{"resourceVersionMatch=Exact", 422,
			"ListOptions.meta.k8s.io \\\"\\\" is invalid: resourceVersionMatch: "
			"Forbidden: resourceVersionMatch is forbidden unless resourceVersion is "
			"provided"},
		{"resourceVersion=0&resourceVersionMatch=Exact", 422,
			"resourceVersionMatch \\\"exact\\\" is forbidden for resourceVersion "
			"\\\"0\\\""},
		{"resourceVersion=1&resourceVersionMatch=Newest", 422,
			"Unsupported value: \\\"Newest\\\": supported values: \\\"Exact\\\", "
			"\\\"NotOlderThan\\\", \\\"\\\""},
		{"sendInitialEvents=true", 422, "sendInitialEvents is forbidden for list"},
		{"watch=true&sendInitialEvents=true", 422,
			"sendInitialEvents requires setting resourceVersionMatch to NotOlderThan"},
		{"watch=true&resourceVersionMatch=NotOlderThan", 422,
			"resourceVersionMatch is forbidden for watch unless sendInitialEvents"},
		{"resourceVersion=abc", 400, "invalid resource version"},
		{"resourceVersion=17", 504,
			"\"message\":\"Timeout: Too large resource version: 17, current: 1\","
			"\"reason\":\"Timeout\",\"details\":{\"causes\":[{\"reason\":"
			"\"ResourceVersionTooLarge\",\"message\":\"Too large resource version\"}]"
			"},\"code\":504"},
		{"watch=true&resourceVersion=17", 410, "\"reason\":\"Expired\""},
		{"limit=x", 400, "strconv.ParseInt: parsing \\\"x\\\": invalid syntax"},
		{"fieldSelector=nothing%3D1", 400, "field label not supported: nothing"},
		{"fieldSelector=a", 400, "invalid selector: 'a'; can't understand 'a'"},
	};

	scene_begin();
	record("shop", "web.1", MINUTES(3));
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char path[300];

		(void)snprintf(path, sizeof(path), EVENTS "?%s", cases[i].query);
		tap_okf(scene_get(path) == cases[i].code, "%s", cases[i].query);
		scene_holds(cases[i].message);
		scene_holds("\"kind\":\"Status\"");
	}
	scene_end();
}

static void what_is_not_served_says_who_does(void)
{
	scene_begin();
	record("shop", "web.1", MINUTES(3));
	tap_int(scene_get("/clusters/prod/api/v1/namespaces/shop/pods/web"), 405);
	scene_holds("telltale keeps the events of cluster \\\"prod\\\" and nothing else");
	tap_int(scene_get("/clusters/prod/apis/events.k8s.io/v2/events"), 404);
	scene_holds("the server could not find the requested resource; telltale keeps the events "
		    "of cluster \\\"prod\\\" and nothing else: ask an API server for events");
	scene_holds("\"reason\":\"NotFound\"");
	tap_int(scene_ask(&(struct scene_request){.method = "POST",
			.path = SHOP,
			.headers = "Content-Type: application/json",
			.body = "{}"}),
		405);
	scene_holds("collected from its API server and can only be read here");
	tap_int(scene_ask(&(struct scene_request){.method = "DELETE", .path = SHOP "/web.1"}), 405);
	tap_int(scene_get("/clusters/prod/nothing"), 404);
	scene_holds("the server could not find the requested resource");
	tap_int(scene_get("/clusters/prod/apis/apps/v1/a/b/c/d/e/f/g"), 404);
	scene_end();
}

static void discovery_names_everything_and_serves_events(void)
{
	scene_begin();
	tap_int(scene_get("/clusters/prod/api"), 200);
	scene_holds("{\"kind\":\"APIVersions\",\"versions\":[\"v1\"]");
	tap_int(scene_get("/clusters/prod/api/v1"), 200);
	scene_holds("{\"name\":\"events\",\"singularName\":\"event\",\"namespaced\":true,"
		    "\"kind\":\"Event\",\"verbs\":[\"get\",\"list\",\"watch\"],"
		    "\"shortNames\":[\"ev\"]}");
	scene_holds("{\"name\":\"pods\",\"singularName\":\"pod\",\"namespaced\":true,"
		    "\"kind\":\"Pod\",\"verbs\":[],\"shortNames\":[\"po\"]}");
	tap_int(scene_get("/api/v1"), 200);
	scene_holds("\"verbs\":[\"create\",\"delete\",\"get\",\"list\",\"patch\",\"update\","
		    "\"watch\"]");
	tap_int(scene_get("/clusters/edge/last/1h/api/v1"), 200);
	scene_lacks("\"patch\"");
	tap_int(scene_get("/clusters/prod/apis"), 200);
	scene_holds("{\"name\":\"apps\",\"versions\":[{\"groupVersion\":\"apps/v1\","
		    "\"version\":\"v1\"}],\"preferredVersion\":");
	tap_int(scene_get("/clusters/prod/apis/apps/v1"), 200);
	scene_holds("\"groupVersion\":\"apps/v1\"");
	scene_holds("deployments");
	tap_int(scene_get("/clusters/prod/apis/apps"), 200);
	scene_holds("{\"kind\":\"APIGroup\"");
	tap_int(scene_get("/clusters/prod/apis/nothing.org/v1"), 404);
	tap_int(get_as("/clusters/prod/apis", "Accept: application/json;g=apidiscovery.k8s.io;v=v2;"
					      "as=APIGroupDiscoveryList,application/json"),
		200);
	scene_holds("{\"kind\":\"APIGroupDiscoveryList\",\"apiVersion\":"
		    "\"apidiscovery.k8s.io/v2\",\"metadata\":{},\"items\":[");
	scene_lacks("creationTimestamp");
	tap_str(tt_http_header(scene.answer, "Content-Type"),
		"application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList");
	tap_int(scene_get("/clusters/prod/version"), 200);
	scene_holds("\"gitVersion\":\"v1.");
	scene_holds("\"telltale\":\"");
	tap_int(scene_get("/openapi/v3"), 404);
	tap_int(get_as("/openapi/v2", "Accept: application/com.github.proto-openapi.spec.v2@v1.0"
				      "+protobuf"),
		200);
	scene_holds("x-kubernetes-group-version-kind");
	scene_holds("dryRun");
	scene_end();
}

static void namespaces_are_those_with_events(void)
{
	scene_begin();
	record("shop", "web.1", MINUTES(3));
	record("default", "node.1", MINUTES(3));
	tap_int(scene_get("/clusters/prod/api/v1/namespaces"), 200);
	scene_holds("{\"kind\":\"NamespaceList\",\"apiVersion\":\"v1\"");
	scene_holds("\"items\":[{\"metadata\":{\"name\":\"default\"");
	scene_holds("{\"metadata\":{\"name\":\"shop\"");
	tap_int(scene_get("/clusters/prod/api/v1/namespaces?fieldSelector=metadata.name%3Dshop"),
		200);
	scene_holds("\"items\":[{\"metadata\":{\"name\":\"shop\"");
	tap_int(scene_get("/clusters/prod/api/v1/namespaces?labelSelector="
			  "kubernetes.io/metadata.name!%3Dshop"),
		200);
	scene_lacks("shop");
	tap_int(get_as("/clusters/prod/api/v1/namespaces", TABLE), 200);
	scene_holds("{\"cells\":[\"shop\",\"Active\",\"<unknown>\"]");
	tap_int(scene_get("/clusters/prod/api/v1/namespaces/shop"), 200);
	scene_holds("{\"kind\":\"Namespace\",\"apiVersion\":\"v1\"");
	tap_int(scene_get("/clusters/prod/api/v1/namespaces/nowhere"), 404);
	scene_holds("namespaces \\\"nowhere\\\" not found");
	scene_end();
}

static void a_review_knows_what_is_served(void)
{
	static const struct {
		const char *cluster, *attributes, *answer;
	} cases[] = {
		{"prod", "{\"verb\":\"list\",\"resource\":\"events\",\"namespace\":\"shop\"}",
			"true"},
		{"prod", "{\"verb\":\"create\",\"resource\":\"events\"}", "false"},
		{"edge", "{\"verb\":\"create\",\"resource\":\"events\"}", "true"},
		{"prod", "{\"verb\":\"list\",\"resource\":\"pods\"}", "false"},
		{"prod", "{\"verb\":\"list\",\"group\":\"events.k8s.io\",\"resource\":\"events\"}",
			"true"},
		{"prod", "{\"verb\":\"li\",\"resource\":\"events\"}", "false"},
	};

	scene_begin();
	record("shop", "web.1", MINUTES(3));
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char body[400], path[200], wanted[40];

		(void)snprintf(body, sizeof(body),
			"{\"kind\":\"SelfSubjectAccessReview\",\"spec\":{\"resourceAttributes\":%s"
			"}}",
			cases[i].attributes);
		(void)snprintf(path, sizeof(path),
			"/clusters/%s/apis/authorization.k8s.io/v1/selfsubjectaccessreviews",
			cases[i].cluster);
		tap_int(scene_ask(&(struct scene_request){.method = "POST",
				.path = path,
				.headers = "Content-Type: application/json",
				.body = body}),
			201);
		(void)snprintf(wanted, sizeof(wanted), "\"allowed\":%s", cases[i].answer);
		scene_holds(wanted);
	}
	scene_end();
}

/* With what is to be typed to see them. */
static void an_empty_answer_tells_of_older_ones(void)
{
	const int64_t hour_us = 3600 * (int64_t)TT_US_PER_S;
	char at[TT_TIME_SIZE], path[200], text[300];

	scene_begin();
	(void)scene_record(&(struct scene_event){
		.cluster = "prod", .namespace = "shop", .name = "web.1", .age_us = 72 * hour_us});
	tap_int(scene_get("/clusters/prod/last/1h/api/v1/events"), 200);
	tap_ok(tt_str_find(tt_http_header(scene.answer, "Warning"),
		       TT_STR("3d ago; telltale kubeconfig --cluster prod --last 4d shows it")) >
		0);
	(void)tt_time_format(scene_now_us() - 24 * hour_us, TT_TIME_SECONDS, at);
	(void)snprintf(path, sizeof(path), "/clusters/prod/at/%s/last/1h/api/v1/events", at);
	tap_int(scene_get(path), 200);
	(void)snprintf(text, sizeof(text),
		"3d ago; telltale kubeconfig --cluster prod --at %s --last 4d shows it", at);
	tap_ok(tt_str_find(tt_http_header(scene.answer, "Warning"), tt_str_from(text)) > 0);
	scene_end();
}

int main(void)
{
	tap_test("a list is in the order of time", a_list_is_in_the_order_of_time);
	tap_test("pages show one moment", pages_show_one_moment);
	tap_test("a token belongs to its list", a_token_belongs_to_its_list);
	tap_test("a past version shows what was then", a_past_version_shows_what_was_then);
	tap_test("the window is in the URL", the_window_is_in_the_url);
	tap_test("one event is found by its name", one_event_is_found_by_its_name);
	tap_test("an answer is in the form asked for", an_answer_is_in_the_form_asked_for);
	tap_test("what cannot be shown so is not acceptable",
		what_cannot_be_shown_so_is_not_acceptable);
	tap_test("what an API server does not do is not done",
		what_an_api_server_does_not_do_is_not_done);
	tap_test("a long list arrives whole", a_long_list_arrives_whole);
	tap_test("a protobuf list that loses events is broken off",
		a_protobuf_list_that_loses_events_is_broken_off);
	tap_test("wrong options are refused as Kubernetes does",
		wrong_options_are_refused_as_kubernetes_does);
	tap_test("what is not served says who does", what_is_not_served_says_who_does);
	tap_test("discovery names everything and serves events",
		discovery_names_everything_and_serves_events);
	tap_test("namespaces are those with events", namespaces_are_those_with_events);
	tap_test("a review knows what is served", a_review_knows_what_is_served);
	tap_test("an empty answer tells of older ones", an_empty_answer_tells_of_older_ones);
	return tap_done();
}
