/* SPDX-License-Identifier: Apache-2.0 */
/* Writing to a hosted cluster, through HTTP. */
#include <stdio.h>
#include <string.h>

#include "serve/kubernetes/scene_test.h"
#include "tap/tap.h"

#define SHOP      "/clusters/edge/api/v1/namespaces/shop/events"
#define EVENTS1   "/clusters/edge/apis/events.k8s.io/v1/namespaces/shop/events"
#define JSON      "Content-Type: application/json"
#define YAML      "Content-Type: application/yaml"
#define MERGE     "Content-Type: application/merge-patch+json"
#define STRATEGIC "Content-Type: application/strategic-merge-patch+json"

static const char web[] =
	"{\"kind\":\"Event\",\"apiVersion\":\"v1\",\"metadata\":{\"name\":\"web.1\"},"
	"\"involvedObject\":{\"kind\":\"Pod\",\"namespace\":\"shop\",\"name\":\"web\"},"
	"\"reason\":\"Pulled\",\"message\":\"the image is here\",\"type\":\"Normal\",\"count\":1}";

static int ask(const char *method, const char *path, const char *headers, const char *body)
{
	return scene_ask(&(struct scene_request){
		.method = method, .path = path, .headers = headers, .body = body});
}

/* What is asked, and what the answer is and holds. */
struct asked {
	const char *method, *path, *headers, *body;
	int code;
	const char *holds;
};

static void check_all(const struct asked *cases, size_t n)
{
	for (const struct asked *c = cases; c < cases + n; c++) {
		int code = ask(c->method, c->path, c->headers, c->body);

		tap_okf(code == c->code, "%d, not %d: %s %s %s", code, c->code, c->method, c->path,
			c->body != NULL ? c->body : "");
		scene_holds(c->holds);
	}
}

#define CHECK_ALL(cases) check_all(cases, sizeof(cases) / sizeof((cases)[0]))

static void an_event_is_created_changed_and_deleted(void)
{
	char uid[64];

	scene_begin();
	tap_int(ask("POST", SHOP, JSON, web), 201);
	scene_holds("{\"kind\":\"Event\",\"apiVersion\":\"v1\",\"metadata\":{\"name\":\"web.1\","
		    "\"namespace\":\"shop\",\"uid\":\"");
	scene_holds("\"resourceVersion\":\"1\",\"creationTimestamp\":\"");
	(void)snprintf(uid, sizeof(uid), "%s", scene_member("uid"));
	tap_int((long long)strlen(uid), 36);
	tap_ok(uid[14] == '4');
	tap_int(scene_get(SHOP "/web.1"), 200);
	scene_holds(uid);
	tap_int(ask("POST", SHOP, JSON, web), 409);
	scene_holds("\"message\":\"events \\\"web.1\\\" already exists\",\"reason\":"
		    "\"AlreadyExists\",\"details\":{\"name\":\"web.1\",\"kind\":\"events\"},"
		    "\"code\":409");
	tap_int(ask("PATCH", SHOP "/web.1", STRATEGIC, "{\"count\":4}"), 200);
	scene_holds("\"count\":4");
	scene_holds("\"resourceVersion\":\"2\"");
	scene_holds(uid);
	tap_int(ask("PATCH", SHOP "/web.1", MERGE, "{\"count\":4}"), 200);
	scene_holds("\"resourceVersion\":\"2\""); /* nothing has changed */
	tap_int(ask("PUT", SHOP "/web.1", JSON, web), 200);
	scene_holds("\"resourceVersion\":\"3\"");
	scene_holds(uid);
	tap_int(ask("DELETE", SHOP "/web.1", NULL, NULL), 200);
	scene_holds("\"status\":\"Success\",\"details\":{\"name\":\"web.1\",\"kind\":\"events\","
		    "\"uid\":\"");
	tap_int(scene_get(SHOP "/web.1"), 404);
	tap_int(ask("DELETE", SHOP "/web.1", NULL, NULL), 404);
	tap_int(ask("PATCH", SHOP "/web.1", MERGE, "{\"count\":9}"), 404);
	tap_int(ask("POST", SHOP, JSON, web), 201);
	scene_lacks(uid);
	tap_int(scene_get("/v1/records?cluster=edge"), 200);
	scene_holds("\"change\":\"DELETED\"");
	scene_end();
}

/* What recorders rely on: an hour after its last write an event is gone for those who write. */
static void existence_ends_history_does_not(void)
{
	scene_begin();
	tap_int(ask("POST", SHOP, JSON, web), 201);
	scene_skip(59 * 60 * (int64_t)TT_US_PER_S);
	tap_int(ask("PATCH", SHOP "/web.1", STRATEGIC, "{\"count\":2}"), 200);
	scene_skip(59 * 60 * (int64_t)TT_US_PER_S);
	tap_int(ask("PATCH", SHOP "/web.1", STRATEGIC, "{\"count\":3}"), 200);
	scene_skip(61 * 60 * (int64_t)TT_US_PER_S);
	tap_int(ask("PATCH", SHOP "/web.1", STRATEGIC, "{\"count\":4}"), 404);
	tap_int(scene_get(SHOP "/web.1"), 200);
	scene_holds("\"count\":3");
	tap_int(ask("POST", SHOP, JSON, web), 201);
	scene_end();
}

static void a_dry_run_changes_nothing(void)
{
	scene_begin();
	tap_int(ask("POST", SHOP "?dryRun=All", JSON, web), 201);
	tap_int(scene_get(SHOP "/web.1"), 404);
	tap_int(ask("POST", SHOP, JSON, web), 201);
	tap_int(ask("PATCH", SHOP "/web.1?dryRun=All", MERGE, "{\"count\":9}"), 200);
	scene_holds("\"count\":9");
	tap_int(ask("DELETE", SHOP "/web.1?dryRun=All", NULL, NULL), 200);
	tap_int(ask("DELETE", SHOP "/web.1", JSON, "{\"dryRun\":[\"All\"]}"), 200);
	tap_int(scene_get(SHOP "/web.1"), 200);
	scene_holds("\"count\":1");
	tap_int(ask("POST", SHOP "?dryRun=Some", JSON, web), 422);
	scene_holds("CreateOptions.meta.k8s.io \\\"\\\" is invalid: dryRun: Unsupported value: "
		    "[\\\"Some\\\"]: supported values: \\\"All\\\"");
	scene_end();
}

static void a_stale_version_is_a_conflict(void)
{
	scene_begin();
	tap_int(ask("POST", SHOP, JSON, web), 201);
	tap_int(ask("PATCH", SHOP "/web.1", MERGE, "{\"count\":2}"), 200);
	tap_int(ask("PATCH", SHOP "/web.1", MERGE,
			"{\"metadata\":{\"resourceVersion\":\"1\"},\"count\":3}"),
		409);
	scene_holds("Operation cannot be fulfilled on events \\\"web.1\\\": the object has been "
		    "modified; please apply your changes to the latest version and try again");
	tap_int(ask("PATCH", SHOP "/web.1", MERGE,
			"{\"metadata\":{\"resourceVersion\":\"2\"},\"count\":3}"),
		200);
	tap_int(ask("DELETE", SHOP "/web.1", JSON, "{\"preconditions\":{\"uid\":\"x\"}}"), 409);
	tap_int(ask("DELETE", SHOP "/web.1", JSON,
			"{\"preconditions\":{\"resourceVersion\":\"2\"}}"),
		409);
	tap_int(ask("DELETE", SHOP "/web.1", JSON,
			"{\"preconditions\":{\"resourceVersion\":\"3\"}}"),
		200);
	scene_end();
}

#define A(metadata)                                                                                \
	"{\"metadata\":{\"name\":\"a\"" metadata "},\"involvedObject\":{\"namespace\":\"shop\"}}"
#define VERSION(text) ",\"resourceVersion\":\"" text "\""

/* As a real API server has it, down to its oddities. */
static void versions_and_uids_are_those_of_an_event_that_exists(void)
{
	static const struct asked cases[] = {
		{"POST", SHOP, JSON, A(VERSION("5")), 500,
			"resourceVersion should not be set on objects to be created"},
		{"POST", SHOP, JSON, "{\"metadata\":{\"name\":\"a\",\"resourceVersion\":\"5\"}}",
			422, "involvedObject.namespace"},
		{"POST", SHOP "?dryRun=All", JSON, A(VERSION("5")), 201,
			"\"resourceVersion\":\"5\""},
		{"PUT", SHOP "/a", JSON, A(VERSION("odd")), 500,
			"strconv.ParseUint: parsing \\\"odd\\\": invalid syntax"},
		{"PUT", SHOP "/a", JSON, A(",\"uid\":\"x\""), 409,
			"UID in precondition: x, UID in object meta: \""},
		{"POST", SHOP, JSON, A(VERSION("odd")), 201, "\"resourceVersion\":\"1\""},
		{"POST", SHOP "?dryRun=All", JSON, A(VERSION("5")), 409, "AlreadyExists"},
		{"POST", SHOP, JSON, A(VERSION("5")), 500, "resourceVersion should not be set"},
		{"POST", SHOP, JSON, A(VERSION("0")), 409, "AlreadyExists"},
		{"PUT", SHOP "/a", JSON, A(VERSION("7") ",\"uid\":\"x\""), 409,
			"Precondition failed: UID in precondition: x"},
		{"PUT", SHOP "/a?dryRun=All", JSON, A(",\"generateName\":\"g\""), 200,
			"\"resourceVersion\":\"1\""},
		{"PATCH", SHOP "/a", MERGE, "{\"metadata\":{\"resourceVersion\":\"odd\"}}", 500,
			"strconv.ParseUint"},
		{"PATCH", SHOP "/a", MERGE, "{\"metadata\":{\"uid\":\"x\"}}", 422,
			"metadata.uid: Invalid value: \\\"x\\\": field is immutable"},
		{"PATCH", SHOP "/a", MERGE,
			"{\"metadata\":{\"uid\":\"x\",\"resourceVersion\":\"7\"}}", 409,
			"the object has been modified"},
	};

	scene_begin();
	CHECK_ALL(cases);
	tap_int(ask("POST", SHOP "?dryRun=All", JSON, web), 201);
	scene_lacks("resourceVersion");
	scene_end();
}

#define LONG "0123456789012345678901234567890123456789012345678901234567890123"

/* Each is asked of an event that exists; what is refused is refused before it is looked for. */
static void options_are_checked_as_by_an_api_server(void)
{
	static const struct asked cases[] = {
		{"POST", SHOP "?dryRun=", JSON, A(""), 422,
			"CreateOptions.meta.k8s.io \\\"\\\" is invalid: dryRun: Unsupported value: "
			"[\\\"\\\"]: supported values: \\\"All\\\""},
		{"PUT", SHOP "/a?dryRun=All&dryRun=%3C%22", JSON, A(""), 422,
			"UpdateOptions.meta.k8s.io \\\"\\\" is invalid: dryRun: Unsupported value: "
			"[\\\"All\\\",\\\"\\\\u003c\\\\\\\"\\\"]"},
		{"PUT", SHOP "/a?dryRun=All&dryRun=All", JSON, A(""), 200, "shop"},
		{"PUT", SHOP "/a?dryRun=All&fieldManager=" LONG LONG, JSON, A(""), 200, "shop"},
		{"PUT", SHOP "/a?fieldManager=" LONG LONG "%0A", JSON, A(""), 422,
			"is invalid: fieldManager: Too long: may not be more than 128 bytes"},
		{"PUT", SHOP "/a?fieldManager=a%0A%E2%80%8B", JSON, A(""), 422,
			"[fieldManager: Invalid value: \\\"a\\\\n\\\\u200b\\\": invalid character "
			"U+000A (at position 1), fieldManager: Invalid value: "
			"\\\"a\\\\n\\\\u200b\\\": invalid character U+200B (at position 2)]"},
		{"PUT", SHOP "/a?force=true&dryRun=All", JSON, A(""), 200, "shop"},
		{"PATCH", SHOP "/none?force=false&dryRun=x", MERGE, "{", 422,
			"PatchOptions.meta.k8s.io \\\"\\\" is invalid: [force: Forbidden: may not "
			"be specified for non-apply patch, dryRun: Unsupported value: "
			"[\\\"x\\\"]"},
		{"DELETE", SHOP "/a?dryRun=All&fieldValidation=x", NULL, NULL, 200, "Success"},
		{"DELETE", SHOP "/a?propagationPolicy=Orphan&dryRun=All", NULL, NULL, 200,
			"Success"},
		{"DELETE", SHOP "/none?propagationPolicy=odd", NULL, NULL, 422,
			"DeleteOptions.meta.k8s.io \\\"\\\" is invalid: propagationPolicy: "
			"Unsupported value: \\\"odd\\\": supported values: \\\"Foreground\\\", "
			"\\\"Background\\\", \\\"Orphan\\\", \\\"nil\\\""},
		{"DELETE", SHOP "/a?propagationPolicy=Orphan&orphanDependents=false", NULL, NULL,
			422,
			"is invalid: propagationPolicy: Invalid value: \\\"Orphan\\\": "
			"orphanDependents and deletionPropagation cannot be both set"},
		{"DELETE", SHOP "/a?gracePeriodSeconds=", NULL, NULL, 400,
			"strconv.ParseInt: parsing \\\"\\\": invalid syntax"},
		{"DELETE", SHOP "/a?gracePeriodSeconds=99999999999999999999", NULL, NULL, 400,
			"value out of range"},
		{"DELETE", SHOP "/a?gracePeriodSeconds=%2B5&uid=x", NULL, NULL, 409,
			"the UID in the precondition (x) does not match"},
		{"DELETE", SHOP "/a?resourceVersion=9", NULL, NULL, 409,
			"the ResourceVersion in the precondition (9) does not match"},
		{"DELETE", SHOP "/a", JSON, "{\"dryRun\":[\"All\",\"Some\"]}", 422,
			"dryRun: Unsupported value: [\\\"All\\\",\\\"Some\\\"]"},
		{"DELETE", SHOP "/a", JSON, "{\"orphanDependents\":1}", 400,
			"expected true or false"},
		{"DELETE", SHOP "/a", JSON, "{\"gracePeriodSeconds\":\"x\"}", 400,
			"expected a number"},
		{"DELETE", SHOP "/a", JSON, "{\"kind\":\"Event\"}", 400,
			"Event cannot be handled as DeleteOptions"},
		{"DELETE", SHOP "/a", JSON,
			"{\"propagationPolicy\":\"\",\"orphanDependents\":true}", 422,
			"[propagationPolicy: Invalid value: \\\"\\\": orphanDependents"},
		{"DELETE", SHOP "/a", JSON, "{\"preconditions\":{\"uid\":\"\"}}", 409,
			"the UID in the precondition () does not match"},
		{"DELETE", SHOP "/a", YAML, "preconditions: {uid: x}\n", 409,
			"the UID in the precondition (x)"},
		{"DELETE", SHOP "/a", YAML, "dryRun: [All]\n", 200, "Success"},
		{"DELETE", SHOP "/a", JSON,
			"{\"propagationPolicy\":null,\"orphanDependents\":null,"
			"\"gracePeriodSeconds\":null,\"preconditions\":{\"uid\":null},"
			"\"dryRun\":[\"All\"]}",
			200, "Success"},
		/* a body is all that counts */
		{"DELETE", SHOP "/a?dryRun=Some", JSON, "{}", 200, "Success"},
		/* and without one its type does not */
		{"DELETE", SHOP "/a", "Content-Type: text/plain", NULL, 404, "not found"},
		{"PUT", SHOP "/a/status", JSON, A(""), 404,
			"the server could not find the requested resource"},
	};

	scene_begin();
	tap_int(ask("POST", SHOP, JSON, A("")), 201);
	CHECK_ALL(cases);
	scene_end();
}

static void name_and_namespace_are_those_of_the_url(void)
{
	static const struct asked cases[] = {
		{"POST", SHOP, JSON, A(""), 201, "\"namespace\":\"shop\""},
		{"PUT", SHOP "/b", JSON, A(""), 400,
			"the name of the object (a) does not match the name on the URL (b)"},
		{"PUT", SHOP "/b", JSON, "{}", 400,
			"the name of the object (b based on URL) was undeterminable: name must be "
			"provided"},
		{"PATCH", SHOP "/a", MERGE, "{\"metadata\":null}", 400, "undeterminable"},
		{"PATCH", SHOP "/a", MERGE, "{\"metadata\":{\"name\":\"\"}}", 400,
			"undeterminable"},
		{"PATCH", SHOP "/a", MERGE, "{\"metadata\":{\"namespace\":null}}", 200,
			"\"namespace\":\"shop\""},
		{"PATCH", SHOP "/a", MERGE, "{\"metadata\":{\"namespace\":\"x\"}}", 400,
			"the namespace of the provided object does not match"},
	};

	scene_begin();
	CHECK_ALL(cases);
	scene_end();
}

static void wrong_bodies_are_refused(void)
{
	static const struct {
		const char *path, *headers, *body;
		int code;
		const char *message;
	} cases[] = {
		{SHOP, "Content-Type: text/plain", "{}", 415,
			"application/vnd.kubernetes.protobuf"},
		{SHOP, JSON, "{", 400, "\"reason\":\"BadRequest\""},
		{SHOP, JSON, "{\"kind\":\"Pod\",\"apiVersion\":\"v1\"}", 400,
			"Pod in version \\\"v1\\\" cannot be handled as a Event"},
		{SHOP, JSON, "{\"kind\":\"Event\",\"apiVersion\":\"events.k8s.io/v1\"}", 400,
			"the API version in the data (events.k8s.io/v1) does not match the "
			"expected API version (v1)"},
		{SHOP, JSON, "{\"metadata\":{\"name\":\"a\",\"namespace\":\"default\"}}", 400,
			"the namespace of the provided object does not match"},
		{SHOP, JSON, "{\"involvedObject\":{\"namespace\":\"shop\"}}", 422,
			"Event \\\"\\\" is invalid: metadata.name: Required value: name or "
			"generateName is required"},
		{EVENTS1, JSON,
			"{\"metadata\":{\"name\":\"a\"},\"regarding\":{\"namespace\":\"shop\"}}",
			422, "\"message\":\"Event \\\"a\\\" is invalid: "},
		{SHOP, JSON,
			"{\"metadata\":{\"name\":\"a\"},\"involvedObject\":{\"namespace\":"
			"\"default\"}}",
			422, "involvedObject.namespace: Invalid value: "},
		{SHOP, JSON,
			"{\"metadata\":{\"name\":\"a\",\"resourceVersion\":\"1\"},"
			"\"involvedObject\":{\"namespace\":\"shop\"}}",
			500, "resourceVersion should not be set on objects to be created"},
		{SHOP "?fieldValidation=Strict", JSON,
			"{\"metadata\":{\"name\":\"a\"},\"involvedObject\":{\"namespace\":"
			"\"shop\"},\"foo\":1}",
			400, "strict decoding error: unknown field \\\"foo\\\""},
		{EVENTS1, JSON,
			"{\"metadata\":{\"name\":\"a\"},\"regarding\":{\"namespace\":"
			"\"shop\"}}",
			422, "eventTime: Required value"},
		{"/clusters/edge/api/v1/events", JSON, "{}", 405, "does not allow this method"},
		{"/clusters/edge/last/1h/api/v1/namespaces/shop/events", JSON, "{}", 405,
			"events are written to the live URL of a cluster"},
		{SHOP "/web.1", JSON, "{}", 405, "does not allow this method"},
		{SHOP, JSON, "", 400,
			"the object provided is unrecognized (must be of type Event): couldn't get "
			"version/kind; json parse error: unexpected end of JSON input "
			"(\\u003cempty\\u003e)"},
	};

	scene_begin();
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		tap_okf(ask("POST", cases[i].path, cases[i].headers, cases[i].body) ==
				cases[i].code,
			"%s %s", cases[i].path, cases[i].body);
		scene_holds(cases[i].message);
	}
	tap_int(ask("POST", SHOP, JSON,
			"{\"metadata\":{\"name\":\"a\"},\"involvedObject\":{\"namespace\":"
			"\"shop\"},\"foo\":1}"),
		201);
	tap_str(tt_http_header(scene.answer, "Warning"), "299 - \"unknown field \\\"foo\\\"\"");
	tap_int(ask("PATCH", SHOP "/a", "Content-Type: application/json-patch+json", "[]"), 415);
	tap_int(ask("PATCH", SHOP "/a", MERGE, "{\"metadata\":{\"name\":\"b\"}}"), 400);
	tap_int(ask("PATCH", SHOP "/a", MERGE, "{\"count\":\"x\"}"), 422);
	tap_int(ask("PATCH", SHOP "/a", MERGE, "{"), 400);
	tap_int(ask("DELETE", SHOP "/a", "Content-Type: text/plain", "x"), 415);
	tap_int(ask("DELETE", SHOP, NULL, NULL), 405);
	scene_end();
}

/* As a real API server says it of patches, duplicates first; but for the patch itself, which that
 * shows as Go prints it. */
static void what_a_patch_says_in_vain_is_told(void)
{
	static const struct {
		const char *type, *body, *problem; /* NULL: none */
	} cases[] = {
		{MERGE, "{\"foo\":1}", "unknown field \\\"foo\\\""},
		{STRATEGIC, "{\"foo\":1}", "unknown field \\\"foo\\\""},
		{MERGE, "{\"foo\":null,\"related\":{\"kind\":\"K\",\"odd\":null}}", NULL},
		{STRATEGIC, "{\"foo\":null}", NULL},
		{STRATEGIC,
			"{\"metadata\":{\"foo\":\"x\",\"labels\":{\"b\":\"1\",\"b\":\"2\"}},"
			"\"count\":1,\"count\":2}",
			"duplicate field \\\"metadata.labels.b\\\", duplicate field "
			"\\\"count\\\", unknown field \\\"metadata.foo\\\""},
		{MERGE,
			"{\"foo\":{\"a\":1,\"a\":2},\"foo\":3,\"series\":{\"x\":1,\"count\":1,"
			"\"lastObservedTime\":\"2026-11-20T03:00:00.000000Z\"}}",
			"duplicate field \\\"foo.a\\\", duplicate field \\\"foo\\\", unknown "
			"field \\\"foo\\\", unknown field \\\"series.x\\\""},
		{MERGE,
			"{\"metadata\":{\"ownerReferences\":[{\"apiVersion\":\"v1\",\"kind\":\"K\","
			"\"name\":\"n\",\"uid\":\"u\",\"odd\":1,\"odd\":2}]}}",
			"duplicate field \\\"metadata.ownerReferences[0].odd\\\", unknown field "
			"\\\"metadata.ownerReferences[0].odd\\\""},
		{STRATEGIC, "{\"zoo\":1,\"foo\":[{\"b\":1,\"b\":2}],\"bar\":2}",
			"duplicate field \\\"foo[0].b\\\", unknown field \\\"bar\\\", unknown "
			"field \\\"foo\\\", unknown field \\\"zoo\\\""},
		{MERGE, "{\"$patch\":\"replace\"}", "unknown field \\\"$patch\\\""},
		{STRATEGIC, "{\"$deleteFromPrimitiveList/odd\":[\"x\"]}", NULL},
		{STRATEGIC, "{\"metadata\":{\"labels\":{\"$patch\":\"replace\",\"z\":\"1\"}}}",
			NULL},
		{STRATEGIC, "{\"source\":{\"$patch\":\"replace\",\"odd\":2,\"host\":\"h\"}}",
			"unknown field \\\"source.odd\\\""},
		{MERGE, "{\"Reason\":\"x\",\"reason\":\"y\"}", "unknown field \\\"Reason\\\""},
		{MERGE, "{\"kind\":\"Event\",\"kind\":\"Event\",\"apiVersion\":\"v1\"}",
			"duplicate field \\\"kind\\\""},
	};
	char text[500];

	scene_begin();
	tap_int(ask("POST", SHOP, JSON, web), 201);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *problem = cases[i].problem;

		tap_okf(ask("PATCH", SHOP "/web.1?dryRun=All&fieldValidation=Strict", cases[i].type,
				cases[i].body) == (problem != NULL ? 422 : 200),
			"%s", cases[i].body);
		if (problem == NULL)
			continue;
		(void)snprintf(text, sizeof(text),
			"\"message\":\" \\\"\\\" is invalid: patch: Invalid value: strict "
			"decoding error: %s\"",
			problem);
		scene_holds(text);
		scene_holds("\"field\":\"patch\"");
	}
	tap_int(ask("PATCH", SHOP "/web.1?dryRun=All", MERGE, "{\"foo\":1}"), 200);
	tap_str(tt_http_header(scene.answer, "Warning"), "299 - \"unknown field \\\"foo\\\"\"");
	tap_int(ask("PATCH", SHOP "/web.1?dryRun=All&fieldValidation=Ignore", MERGE, "{\"foo\":1}"),
		200);
	tap_str(tt_http_header(scene.answer, "Warning"), "");
	scene_end();
}

#define OWNER(name) "{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"name\":\"p\",\"uid\":\"" name "\"}"

static void owners_that_are_there_twice_are_warned_of(void)
{
	static const char owners[] = A(",\"ownerReferences\":[" OWNER("u") "," OWNER("v") "," OWNER(
		"v") "," OWNER("u") "]");
	static const char says[] =
		"; API server dedups owner references in 1.20+, and may reject such requests as "
		"early as 1.24; please fix your requests; duplicate UID(s) observed: v, u\"";

	scene_begin();
	tap_int(ask("POST", SHOP, JSON, owners), 201);
	scene_holds("[" OWNER("u") "," OWNER("v") "]");
	struct tt_str warning = tt_http_header(scene.answer, "Warning");

	tap_ok(tt_str_find(warning,
		       tt_str_from("\".metadata.ownerReferences contains duplicate entries; ")) >=
		0);
	tap_ok(tt_str_find(warning, tt_str_from(says)) >= 0);
	tap_int(ask("PATCH", SHOP "/a", MERGE, owners), 200);
	warning = tt_http_header(scene.answer, "Warning");
	tap_ok(tt_str_find(warning,
		       tt_str_from("duplicate entries after mutating admission happens; ")) >= 0);
	tap_int(ask("PUT", SHOP "/a", JSON, A("")), 200);
	tap_str(tt_http_header(scene.answer, "Warning"), "");
	scene_end();
}

static void what_has_finalizers_is_deleted_with_the_last_of_them(void)
{
	static const struct asked cases[] = {
		{"POST", SHOP, JSON, A(",\"finalizers\":[\"ex.io/a\",\"ex.io/b\"]"), 201,
			"ex.io/a"},
		{"DELETE", SHOP "/a?dryRun=All", NULL, NULL, 200, "\"deletionTimestamp\":\"20"},
		{"PATCH", SHOP "/a", MERGE, "{\"reason\":\"R\"}", 200, "\"resourceVersion\":\"2\""},
		{"DELETE", SHOP "/a", NULL, NULL, 200, "\"deletionGracePeriodSeconds\":0,"},
		{"DELETE", SHOP "/a", NULL, NULL, 200, "\"resourceVersion\":\"3\""},
		{"POST", SHOP, JSON, A(""), 409,
			"object is being deleted: events \\\"a\\\" already exists"},
		{"PATCH", SHOP "/a", MERGE, "{\"metadata\":{\"finalizers\":[\"ex.io/c\"]}}", 422,
			"no new finalizers can be added"},
		{"PATCH", SHOP "/a", MERGE,
			"{\"metadata\":{\"finalizers\":[\"ex.io/b\"],\"deletionTimestamp\":null}}",
			200, "\"deletionTimestamp\":\"20"},
		{"PUT", SHOP "/a?dryRun=All", JSON, A(""), 200, "\"resourceVersion\":\"4\""},
		{"PATCH", SHOP "/a", MERGE, "{\"metadata\":{\"finalizers\":null}}", 200,
			"\"deletionTimestamp\":\"20"},
		{"PATCH", SHOP "/a", MERGE, "{}", 404, "NotFound"},
		{"POST", SHOP, JSON, A(""), 201, "\"resourceVersion\":\"6\""},
		{"PATCH", SHOP "/a", MERGE, "{\"metadata\":{\"finalizers\":[\"orphan\",\"a/b\"]}}",
			200, "orphan"},
		{"DELETE", SHOP "/a", NULL, NULL, 200, "\"finalizers\":[\"a/b\"]"},
		{"PATCH", SHOP "/a", MERGE, "{\"metadata\":{\"finalizers\":[]}}", 200,
			"\"resourceVersion\":\"8\""},
		{"POST", SHOP, JSON, A(",\"finalizers\":[\"orphan\"]"), 201, "orphan"},
		{"DELETE", SHOP "/a", NULL, NULL, 200, "Success"},
	};

	scene_begin();
	CHECK_ALL(cases);
	scene_end();
}

static void a_name_can_be_generated(void)
{
	scene_begin();
	tap_int(ask("POST", SHOP, JSON,
			"{\"metadata\":{\"generateName\":\"web-\"},\"involvedObject\":"
			"{\"namespace\":\"shop\"}}"),
		201);
	tap_ok(strncmp(scene_member("name"), "web-", 4) == 0);
	tap_int((long long)strlen(scene_member("name")), 9);
	scene_end();
}

static void both_groups_see_the_same_event(void)
{
	scene_begin();
	tap_int(ask("POST", EVENTS1, JSON,
			"{\"kind\":\"Event\",\"apiVersion\":\"events.k8s.io/v1\",\"metadata\":{"
			"\"name\":\"web.1\"},\"eventTime\":\"2026-11-25T10:00:00.000001Z\","
			"\"reportingController\":\"a.b/c\",\"reportingInstance\":\"c-1\","
			"\"action\":\"Pull\",\"reason\":\"Pulled\",\"regarding\":{\"kind\":\"Pod\","
			"\"namespace\":\"shop\",\"name\":\"web\"},\"note\":\"here\","
			"\"type\":\"Normal\"}"),
		201);
	scene_holds("\"apiVersion\":\"events.k8s.io/v1\"");
	tap_int(scene_get(SHOP "/web.1"), 200);
	scene_holds("\"message\":\"here\"");
	scene_holds("\"reportingComponent\":\"a.b/c\"");
	tap_int(ask("PATCH", EVENTS1 "/web.1", STRATEGIC,
			"{\"series\":{\"count\":2,\"lastObservedTime\":"
			"\"2026-11-25T10:01:00.000000Z\"}}"),
		200);
	scene_holds("\"series\":{\"count\":2");
	tap_int(ask("PATCH", EVENTS1 "/web.1", STRATEGIC, "{\"note\":\"there\"}"), 422);
	scene_end();
}

static void watches_follow_what_is_written(void)
{
	scene_begin();
	tap_int(scene_open(&(struct scene_request){.path = SHOP "?watch=true"}), 200);
	struct tt_http_exchange *watch = scene.answer;
	struct tt_http_client *client = scene.client, *other;

	tap_int(tt_http_client_new(
			&other, &(struct tt_http_client_options){.no_compression = true}, NULL),
		0);
	scene.client = other;
	scene.answer = NULL;
	tap_int(ask("POST", SHOP, JSON, web), 201);
	tap_int(ask("PATCH", SHOP "/web.1", MERGE, "{\"count\":2}"), 200);
	tap_int(ask("DELETE", SHOP "/web.1", NULL, NULL), 200);
	tap_int(ask("POST", SHOP, JSON, web), 201);
	tt_http_close(scene.answer);
	tt_http_client_free(other);
	scene.client = client;
	scene.answer = watch;
	tt_buf_clear(&scene.body);
	scene_wait_for("\"resourceVersion\":\"4\"");
	tap_int((long long)scene_count("\"type\":\"ADDED\""), 2);
	tap_int((long long)scene_count("\"type\":\"MODIFIED\""), 1);
	tap_int((long long)scene_count("\"type\":\"DELETED\""), 1);
	scene_end();
}

/* Each patch adds 1.3 MiB of owner references; an event must not grow with them for ever. */
static void patches_make_no_event_too_large(void)
{
	enum { OWNERS = 30, NAME = 45000 };
	struct tt_buf patch;
	int status = 200;

	scene_begin();
	tap_int(ask("POST", SHOP, JSON, web), 201);
	tt_buf_init(&patch, 3 << 20);
	for (int k = 0; k < 4 && status == 200; k++) {
		tt_buf_clear(&patch);
		tt_buf_text(&patch, "{\"metadata\":{\"ownerReferences\":[");
		for (int i = 0; i < OWNERS; i++)
			tt_buf_printf(&patch,
				"%s{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"uid\":\"%d-%d\","
				"\"name\":\"%0*d\"}",
				i > 0 ? "," : "", k, i, NAME, i);
		tt_buf_text(&patch, "]}}");
		status = ask("PATCH", SHOP "/web.1", STRATEGIC, patch.data);
	}
	tap_int(status, 413);
	scene_holds("\"message\":\"Request entity too large: limit is 3145728\"");
	tap_int(scene_get(SHOP "/web.1"), 200);
	tt_buf_release(&patch);
	scene_end();
}

/* "<" takes six bytes in JSON as Kubernetes writes it; no event may spoil a list. */
static void a_list_with_a_large_event_is_whole(void)
{
	enum { LENGTH = 2900000 };
	struct tt_buf event;

	scene_begin();
	tt_buf_init(&event, 3 << 20);
	tt_buf_text(&event, "{\"metadata\":{\"name\":\"big\"},\"involvedObject\":{\"namespace\":"
			    "\"shop\"},\"message\":\"");
	for (int i = 0; i < LENGTH; i++)
		tt_buf_char(&event, '<');
	tt_buf_text(&event, "\"}");
	tap_int(ask("POST", SHOP, JSON, event.data), 201);
	tap_int(ask("POST", SHOP, JSON, web), 201);
	tap_int(scene_get(SHOP), 200);
	tap_ok(scene.body.len > 6 * (size_t)LENGTH);
	scene_holds("\\u003c\",\"source\"");
	scene_holds("\"name\":\"web.1\"");
	tt_buf_release(&event);
	scene_end();
}

/* As of a real API server: what was asked for, and what it says is wrong. */
static void what_is_large_is_compressed(void)
{
	enum { LARGE = 200000 };
	struct tt_buf good, bad;
	char headers[100];

	scene_begin();
	tt_buf_init(&good, 1 << 20);
	tt_buf_printf(&good,
		"{\"metadata\":{\"name\":\"web.1\",\"annotations\":{\"a\":\"%0*d\"}},"
		"\"involvedObject\":{\"namespace\":\"shop\"}}",
		LARGE, 0);
	tt_buf_init(&bad, 1 << 20);
	tt_buf_text(&bad, "{\"metadata\":{\"labels\":{");
	for (int i = 0; i < 20; i++) /* of each something is told */
		tt_buf_printf(&bad, "%s\"%d\":\"%0*d\"", i > 0 ? "," : "", i, LARGE / 20, 0);
	tt_buf_text(&bad, "}}}");
	const struct {
		const char *method, *path, *type, *body;
		int code;
	} cases[] = {
		{"POST", SHOP, "application/json", good.data, 201},
		{"GET", SHOP "/web.1", "application/json", NULL, 200},
		{"PATCH", SHOP "/web.1", "application/merge-patch+json", "{\"count\":2}", 200},
		{"PUT", SHOP "/web.1", "application/json", good.data, 200},
		{"GET", SHOP, "application/json", NULL, 200},
		{"PATCH", SHOP "/web.1", "application/merge-patch+json", bad.data, 422},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		(void)snprintf(headers, sizeof(headers), "Content-Type: %s\nAccept-Encoding: gzip",
			cases[i].type);
		tap_int(ask(cases[i].method, cases[i].path, headers, cases[i].body), cases[i].code);
		tap_str(tt_http_header(scene.answer, "Content-Encoding"), "gzip");
		tap_str(tt_http_header(scene.answer, "Vary"), "Accept-Encoding");
		tap_ok(scene.body.len < LARGE / 10);
	}
	tap_int(scene_get(SHOP "/web.1"), 200);
	tap_str(tt_http_header(scene.answer, "Content-Encoding"), "");
	tap_ok(scene.body.len > LARGE);
	tt_buf_release(&good);
	tt_buf_release(&bad);
	scene_end();
}

int main(void)
{
	tap_test("an event is created, changed and deleted",
		an_event_is_created_changed_and_deleted);
	tap_test("existence ends, history does not", existence_ends_history_does_not);
	tap_test("a dry run changes nothing", a_dry_run_changes_nothing);
	tap_test("a stale version is a conflict", a_stale_version_is_a_conflict);
	tap_test("versions and uids are those of an event that exists",
		versions_and_uids_are_those_of_an_event_that_exists);
	tap_test(
		"options are checked as by an API server", options_are_checked_as_by_an_api_server);
	tap_test(
		"name and namespace are those of the URL", name_and_namespace_are_those_of_the_url);
	tap_test("wrong bodies are refused", wrong_bodies_are_refused);
	tap_test("what a patch says in vain is told", what_a_patch_says_in_vain_is_told);
	tap_test("owners that are there twice are warned of",
		owners_that_are_there_twice_are_warned_of);
	tap_test("what has finalizers is deleted with the last of them",
		what_has_finalizers_is_deleted_with_the_last_of_them);
	tap_test("a name can be generated", a_name_can_be_generated);
	tap_test("both groups see the same event", both_groups_see_the_same_event);
	tap_test("watches follow what is written", watches_follow_what_is_written);
	tap_test("patches make no event too large", patches_make_no_event_too_large);
	tap_test("what is large is compressed", what_is_large_is_compressed);
	tap_test("a list with a large event is whole", a_list_with_a_large_event_is_whole);
	return tap_done();
}
