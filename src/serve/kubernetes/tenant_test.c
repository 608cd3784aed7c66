/* SPDX-License-Identifier: Apache-2.0 */
/* Who may see what, through HTTP. */
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "serve/kubernetes/scene_test.h"
#include "store/ingest.h"
#include "tap/tap.h"

#define EVENTS "/clusters/prod/api/v1/events"
#define SHOP   "/clusters/prod/api/v1/namespaces/shop/events"
#define OTHER  "/clusters/prod/api/v1/namespaces/payments/events"

static int as(const char *user, const char *path)
{
	char header[100];

	(void)snprintf(header, sizeof(header), "Authorization: Bearer %s-token", user);
	return scene_ask(&(struct scene_request){.path = path, .headers = header});
}

static void record(const char *namespace, const char *name)
{
	(void)scene_record(&(struct scene_event){
		.cluster = "prod", .namespace = namespace, .name = name, .reason = name});
}

static void begin(void)
{
	scene_begin_with_users();
	record("shop", "web.1");
	record("payments", "secret.1");
	record("shop", "web.2");
}

static void nobody_is_nobody(void)
{
	begin();
	tap_int(scene_get(SHOP), 401);
	scene_holds("{\"kind\":\"Status\",\"apiVersion\":\"v1\",\"metadata\":{},"
		    "\"status\":\"Failure\",\"message\":\"Unauthorized\","
		    "\"reason\":\"Unauthorized\",\"code\":401}");
	tap_int(as("nobody", SHOP), 401);
	tap_int(as("nobody", "/api/v1"), 401);
	tap_int(as("ann", "/api/v1"), 200);
	tap_int(as("kim", SHOP), 403);
	scene_end();
}

/* Nothing of payments by any way. */
static void a_tenant_sees_his_namespace_alone(void)
{
	static const char *const forbidden[] = {EVENTS, OTHER, OTHER "/secret.1",
		OTHER "/nothing.1", EVENTS "?fieldSelector=metadata.namespace%3Dshop",
		EVENTS "?watch=true", OTHER "?watch=true&resourceVersion=1",
		EVENTS "?resourceVersion=2&resourceVersionMatch=Exact", EVENTS "?continue=abc",
		OTHER "?resourceVersion=99", "/clusters/prod/last/7d/api/v1/events",
		"/clusters/prod/apis/events.k8s.io/v1/namespaces/payments/events",
		"/clusters/nowhere/api/v1/events", "/clusters/prod/api/v1/namespaces/payments",
		"/clusters/nowhere/api/v1/namespaces/payments"};
	char path[500], token[300];

	begin();
	for (size_t i = 0; i < sizeof(forbidden) / sizeof(forbidden[0]); i++) {
		int status = as("ann", forbidden[i]);

		tap_okf(status == 403, "%s: %d", forbidden[i], status);
		scene_lacks("the image is here");
		scene_holds("\"reason\":\"Forbidden\"");
	}
	tap_int(as("ann", OTHER), 403);
	scene_holds("events is forbidden: User \\\"ann\\\" cannot list resource \\\"events\\\" in "
		    "API group \\\"\\\" in the namespace \\\"payments\\\"");
	tap_int(as("ann", SHOP), 200);
	tap_int((long long)scene_count("\"involvedObject\""), 2);
	tap_int(as("ops", EVENTS "?limit=1"), 200);
	(void)snprintf(token, sizeof(token), "%s", scene_member("continue"));
	(void)snprintf(path, sizeof(path), SHOP "?continue=%s", token);
	tap_int(as("ann", path), 400);
	scene_lacks("secret");
	tap_int(as("ann", SHOP "?fieldSelector=metadata.namespace%3Dpayments"), 200);
	scene_holds("\"items\":[]");
	tap_str(tt_http_header(scene.answer, "Warning"), "");
	tap_int(as("ann", SHOP "?fieldSelector=reason%3Dsecret.1"), 200);
	scene_holds("\"items\":[]");
	tap_int(as("ann", "/clusters/prod/api/v1/namespaces"), 200);
	scene_holds("shop");
	scene_lacks("payments");
	tap_int(as("ops", "/clusters/prod/api/v1/namespaces"), 200);
	scene_holds("payments");
	tap_int(as("ops", EVENTS), 200);
	scene_holds("secret.1");
	scene_end();
}

/* Not even whether there is such a cluster. */
static void who_has_no_right_learns_nothing_of_clusters(void)
{
	static const char *const paths[] = {"/api", "/apis", "/api/v1", "/apis/apps",
		"/apis/apps/v1", "/apis/nothing", "/openapi/v2", "/version", "/livez",
		"/api/v1/events", "/api/v1/namespaces", "/api/v1/namespaces/shop", "/api/v1/pods",
		"/api/v1/nothing", "/last/7d/api",
		"/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"};
	char path[200], known[1000];

	begin();
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		(void)snprintf(path, sizeof(path), "/clusters/prod%s", paths[i]);
		tap_okf(as("kim", path) == 403, "%s", path);
		(void)snprintf(known, sizeof(known), "%s", scene.body.data);
		(void)snprintf(path, sizeof(path), "/clusters/nowhere%s", paths[i]);
		tap_okf(as("kim", path) == 403, "%s", path);
		tap_str(tt_str_from(scene.body.data), known);
	}
	tap_int(as("kim", "/clusters/nowhere/apis/apps"), 403);
	scene_holds("forbidden: User \\\"kim\\\" cannot get path \\\"/apis/apps\\\"");
	/* who has a right in all clusters may know which there are */
	tap_int(as("ann", "/clusters/prod/api"), 200);
	tap_int(as("ann", "/clusters/nowhere/api"), 404);
	scene_end();
}

static void a_watch_of_a_tenant_shows_his_namespace(void)
{
	begin();
	tap_int(scene_open(&(struct scene_request){
			.path = SHOP "?watch=true", .headers = "Authorization: Bearer ann-token"}),
		200);
	scene_wait_for("web.2");
	record("payments", "secret.2");
	record("shop", "web.3");
	scene_wait_for("web.3");
	scene_lacks("secret");
	scene_end();
}

/* Whether one of the warnings beside the last answer holds `text`. */
static bool is_warned(const char *text)
{
	bool found = false;

	for (size_t i = 0; tt_http_header_at(scene.answer, "Warning", i).len > 0; i++)
		found |= tt_str_find(tt_http_header_at(scene.answer, "Warning", i),
				 tt_str_from(text)) >= 0;
	return found;
}

static void an_empty_answer_tells_a_tenant_of_his_own_past_alone(void)
{
	begin();
	scene_skip(30ll * 3600 * TT_US_PER_S);
	record("payments", "secret.3");
	(void)scene_record(
		&(struct scene_event){.cluster = "edge", .namespace = "shop", .name = "far.1"});
	tap_int(as("ann", SHOP), 200);
	scene_holds("\"items\":[]");
	tap_ok(is_warned("older ones are there: the newest is of "));
	tap_ok(!is_warned("payments") && !is_warned("elsewhere") && !is_warned("edge"));
	tap_int(as("ann", SHOP "?fieldSelector=reason%3Dsecret.3"), 200);
	tap_str(tt_http_header(scene.answer, "Warning"), "");
	tap_int(as("ops", SHOP "?fieldSelector=reason%3Dsecret.3"), 200);
	tap_ok(is_warned("nothing here, but 1 in namespace payments"));
	tap_int(as("ops", SHOP "?fieldSelector=reason%3DPulled"), 200);
	tap_ok(!is_warned("edge"));
	scene_end();
}

/* What is known of prod begins now. */
static void record_first_gap(void)
{
	struct tt_batch *batch = tt_batch_new(TT_STR("prod"));

	tt_batch_add_gap(batch)->gap = (struct tt_gap){.epoch = 1,
		.from_us = TT_TIME_ZERO,
		.to_us = scene_now_us(),
		.lost = TT_LOST_EVENTS,
		.reason = TT_STR("collection began")};
	tap_int(tt_ingest_put_wait(scene.ingest, batch, 10ll * TT_NS_PER_S, NULL), 0);
}

static bool is_warned_as(const char *user, const char *path, const char *text)
{
	char header[100];

	(void)snprintf(header, sizeof(header), "Authorization: Bearer %s-token", user);
	(void)scene_open(&(struct scene_request){.path = path, .headers = header});
	return is_warned(text);
}

/* Who has listed before has been told. */
static void a_watch_that_begins_and_a_404_tell_what_may_be_missing(void)
{
	static const char since[] = "collecting only since ";

	begin();
	record_first_gap();
	tap_ok(is_warned_as("ann", SHOP "?watch=1", since));
	tap_ok(is_warned_as("ann", SHOP "?watch=1&resourceVersion=0", since));
	tap_ok(is_warned_as("ann",
		SHOP "?watch=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&"
		     "resourceVersion=1&allowWatchBookmarks=true",
		since));
	tap_ok(!is_warned_as("ann", SHOP "?watch=1&resourceVersion=1", ""));
	tap_ok(is_warned_as("ann", SHOP "/nothing", since));
	tap_ok(!is_warned_as("ann", SHOP "/web.1", ""));
	/* of an empty answer as much as with a list, and of a name nothing else */
	tap_ok(is_warned_as("ops", SHOP "?watch=1&fieldSelector=reason%3Dsecret.1",
		"nothing here, but 1 in namespace payments"));
	tap_ok(!is_warned_as("ann", SHOP "?watch=1&fieldSelector=reason%3Dsecret.1", "payments"));
	tap_ok(!is_warned_as("ops", SHOP "/secret.1", "payments"));
	scene_end();
}

static void who_may_only_read_writes_nothing(void)
{
	begin();
	tap_int(scene_ask(&(struct scene_request){.method = "POST",
			.path = "/clusters/edge/api/v1/namespaces/shop/events",
			.headers =
				"Authorization: Bearer ann-token\nContent-Type: application/json",
			.body = "{\"metadata\":{\"name\":\"a\"},\"involvedObject\":{\"namespace\":"
				"\"shop\"}}"}),
		403);
	scene_holds("cannot create resource \\\"events\\\"");
	scene_end();
}

/* Takes from ann what she may, and lets the time pass after which that must count. */
static void revoke(void)
{
	scene_write("rules", "rules:\n- users: [ben]\n  clusters: [prod]\n  namespaces: [shop]\n");
	tap_int(scene_reload_users(), 0);
	scene_skip(31ll * TT_US_PER_S);
}

/* Reads the answer until it ends: 0, or negative if it is broken off. */
static int read_to_end(void)
{
	struct tt_str piece;
	int rc, tries = 0;

	do {
		rc = tt_http_read(scene.answer, TT_NS_PER_S, &piece, NULL);
	} while (rc > 0 || (rc == TT_EAGAIN && ++tries < 10));
	return rc;
}

static void a_right_that_is_revoked_ends_the_watch(void)
{
	begin();
	tap_int(scene_open(&(struct scene_request){.path = SHOP "?watch=true&resourceVersion=3",
			.headers = "Authorization: Bearer ann-token"}),
		200);
	revoke();
	tap_int(read_to_end(), 0);
	scene_end();
}

static void a_tenant_watches_his_namespaces(void)
{
	begin();
	tap_int(scene_open(&(struct scene_request){
			.path = "/clusters/prod/api/v1/namespaces?watch=true",
			.headers = "Authorization: Bearer ann-token"}),
		200);
	scene_wait_for("\"shop\"");
	record("treasury", "secret.2");
	scene_skip(20 * TT_US_PER_S);
	revoke();
	tap_int(read_to_end(), 0);
	scene_lacks("payments");
	scene_lacks("treasury");
	scene_end();
}

/* He may still know of the cluster, so that the watch goes on. */
static void who_left_a_group_is_told_no_more(void)
{
	begin();
	tap_int(scene_open(&(struct scene_request){
			.path = "/clusters/prod/api/v1/namespaces?watch=true&timeoutSeconds=3600",
			.headers = "Authorization: Bearer ops-token"}),
		200);
	scene_wait_for("payments");
	scene_write("tokens", "ops-token,olga,2,others\n");
	scene_write("rules", "rules:\n- users: [olga]\n  clusters: [prod]\n  namespaces: [shop]\n");
	tap_int(scene_reload_users(), 0);
	record("treasury", "secret.2");
	scene_skip(31ll * TT_US_PER_S);
	scene_wait_for("{\"type\":\"DELETED\",\"object\":{\"kind\":\"Namespace\",\"apiVersion\":"
		       "\"v1\",\"metadata\":{\"name\":\"payments\"");
	scene_lacks("treasury");
	scene_end();
}

/* Of three events that no socket has room for, the first is being sent when the right ends. */
static void a_right_that_is_revoked_breaks_off_the_list(void)
{
	enum { LENGTH = 2 << 20 };
	static const char *const names[] = {"big.1", "big.2", "big.3"};
	char *message = tt_malloc(LENGTH + 1);

	memset(message, '<', LENGTH);
	message[LENGTH] = '\0';
	begin();
	for (int i = 0; i < 3; i++)
		(void)scene_record(&(struct scene_event){.cluster = "prod",
			.namespace = "shop",
			.name = names[i],
			.message = message});
	tap_int(scene_open(&(struct scene_request){
			.path = SHOP, .headers = "Authorization: Bearer ann-token"}),
		200);
	revoke();
	tap_int(read_to_end(), TT_EIO);
	tt_free(message);
	scene_end();
}

int main(void)
{
	tap_test("nobody is nobody", nobody_is_nobody);
	tap_test("a tenant sees his namespace alone", a_tenant_sees_his_namespace_alone);
	tap_test("who has no right learns nothing of clusters",
		who_has_no_right_learns_nothing_of_clusters);
	tap_test(
		"a watch of a tenant shows his namespace", a_watch_of_a_tenant_shows_his_namespace);
	tap_test("an empty answer tells a tenant of his own past alone",
		an_empty_answer_tells_a_tenant_of_his_own_past_alone);
	tap_test("a watch that begins and a 404 tell what may be missing",
		a_watch_that_begins_and_a_404_tell_what_may_be_missing);
	tap_test("who may only read writes nothing", who_may_only_read_writes_nothing);
	tap_test("a right that is revoked ends the watch", a_right_that_is_revoked_ends_the_watch);
	tap_test("a tenant watches his namespaces", a_tenant_watches_his_namespaces);
	tap_test("who left a group is told no more", who_left_a_group_is_told_no_more);
	tap_test("a right that is revoked breaks off the list",
		a_right_that_is_revoked_breaks_off_the_list);
	return tap_done();
}
