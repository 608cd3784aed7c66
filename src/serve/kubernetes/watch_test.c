/* SPDX-License-Identifier: Apache-2.0 */
/* Watches, through HTTP. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/timestamp.h"
#include "serve/kubernetes/leavers.h"
#include "serve/kubernetes/scene_test.h"
#include "store/ingest.h"
#include "tap/tap.h"

#define HOUR     "/clusters/prod/last/1h/api/v1/events"
#define SHOP     "/clusters/prod/last/1h/api/v1/namespaces/shop/events"
#define METADATA "Accept: application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1"
#define TABLE    "Accept: application/json;as=Table;v=v1;g=meta.k8s.io,application/json"

#define MINUTES(n) ((int64_t)(n)*60 * TT_US_PER_S)

static uint64_t record(const char *namespace, const char *name, int64_t age_us)
{
	return scene_record(&(struct scene_event){
		.cluster = "prod", .namespace = namespace, .name = name, .age_us = age_us});
}

static uint64_t change(const char *name, enum tt_change change)
{
	return scene_record(&(struct scene_event){
		.cluster = "prod", .namespace = "shop", .name = name, .change = change});
}

static int watch(const char *query)
{
	char path[400];

	(void)snprintf(path, sizeof(path), SHOP "?watch=true&%s", query);
	return scene_open(&(struct scene_request){.path = path});
}

static void changes_arrive_as_they_are_recorded(void)
{
	scene_begin();
	(void)record("shop", "web.1", MINUTES(3));
	tap_int(watch("resourceVersion=1"), 200);
	tap_str(tt_http_header(scene.answer, "Content-Type"), "application/json");
	(void)record("payments", "bill.1", 0);
	(void)record("shop", "web.2", 0);
	scene_wait_for("{\"type\":\"ADDED\",\"object\":{\"kind\":\"Event\",\"apiVersion\":\"v1\","
		       "\"metadata\":{\"name\":\"web.2\"");
	scene_holds("\"resourceVersion\":\"3\"");
	scene_lacks("bill.1");
	scene_lacks("web.1");
	(void)change("web.1", TT_CHANGE_MODIFIED);
	scene_wait_for("{\"type\":\"MODIFIED\",\"object\":{\"kind\":\"Event\","
		       "\"apiVersion\":\"v1\",\"metadata\":{\"name\":\"web.1\"");
	(void)change("web.2", TT_CHANGE_DELETED);
	scene_wait_for("{\"type\":\"DELETED\",\"object\":{\"kind\":\"Event\",\"apiVersion\":"
		       "\"v1\",\"metadata\":{\"name\":\"web.2\"");
	scene_wait_for("\"resourceVersion\":\"5\"");
	scene_end();
}

/* Records an event; how long it takes to arrive. */
static int64_t ms_until_told(const char *name)
{
	int64_t begun_ns = tt_clock_mono_ns(&tt_clock_system);

	(void)record("shop", name, 0);
	(void)scene_wait_for(name);
	return (tt_clock_mono_ns(&tt_clock_system) - begun_ns) / TT_NS_PER_MS;
}

/* Times depend on what else this machine does: the best of some tries tells. */
static void what_follows_soon_is_told_together(void)
{
	int64_t after_quiet = INT64_MAX, soon = 0;

	scene_begin();
	(void)record("shop", "web.1", 0);
	tap_int(watch("resourceVersion=1"), 200);
	for (int i = 0; i < 5; i++) {
		char name[2][16];
		int64_t ms;

		(void)snprintf(name[0], sizeof(name[0]), "quiet.%d", i);
		(void)snprintf(name[1], sizeof(name[1]), "soon.%d", i);
		scene_skip(TT_US_PER_S);
		(void)usleep(150 * 1000);
		ms = ms_until_told(name[0]);
		after_quiet = ms < after_quiet ? ms : after_quiet;
		ms = ms_until_told(name[1]);
		soon = ms > soon ? ms : soon;
	}
	tap_okf(after_quiet < soon, "told after %lld and %lld ms", (long long)after_quiet,
		(long long)soon);
	tap_okf(soon >= 50, "told after %lld ms", (long long)soon);
	scene_end();
}

static void what_leaves_the_window_is_deleted(void)
{
	scene_begin();
	(void)record("shop", "web.1", MINUTES(50));
	(void)record("shop", "web.2", MINUTES(30));
	(void)record("payments", "bill.1", MINUTES(50));
	tap_int(watch("resourceVersion=3&timeoutSeconds=7200"), 200);
	scene_skip(MINUTES(15));
	scene_wait_for("{\"type\":\"DELETED\",\"object\":{\"kind\":\"Event\",\"apiVersion\":"
		       "\"v1\",\"metadata\":{\"name\":\"web.1\"");
	scene_holds("\"resourceVersion\":\"3\"");
	scene_lacks("web.2");
	scene_lacks("bill.1");
	/* an event that was gone and is repeated is new to the client */
	(void)change("web.1", TT_CHANGE_MODIFIED);
	scene_wait_for("{\"type\":\"ADDED\",\"object\":{\"kind\":\"Event\",\"apiVersion\":\"v1\","
		       "\"metadata\":{\"name\":\"web.1\"");
	scene_skip(MINUTES(30));
	scene_wait_for("\"name\":\"web.2\"");
	tap_int((long long)scene_count("\"DELETED\""), 2);
	scene_end();
}

static void a_resume_repeats_what_has_left_since(void)
{
	scene_begin();
	(void)record("shop", "web.1", MINUTES(50));
	(void)record("shop", "web.2", MINUTES(55));
	(void)record("shop", "web.3", MINUTES(10));
	scene_skip(MINUTES(20));
	(void)change("web.2", TT_CHANGE_MODIFIED);
	tap_int(watch("resourceVersion=3"), 200);
	scene_wait_for("\"ADDED\"");
	tap_int((long long)scene_count("\"DELETED\""), 2);
	tap_ok(strstr(scene.body.data, "web.2") < strstr(scene.body.data, "web.1"));
	scene_holds("\"resourceVersion\":\"3\"");
	scene_lacks("web.3");
	scene_end();
}

/* In a quiet cluster the newest record is old. */
static void who_has_just_listed_hears_nothing_of_before(void)
{
	scene_begin();
	(void)record("shop", "web.1", MINUTES(50));
	(void)record("shop", "web.2", MINUTES(10));
	scene_skip(MINUTES(20));
	tap_int(scene_get(SHOP "?limit=500"), 200);
	scene_lacks("web.1");
	tap_int(watch("resourceVersion=2"), 200);
	(void)record("shop", "web.3", 0);
	scene_wait_for("web.3");
	scene_lacks("web.1");
	tap_int(watch("resourceVersion=2"), 200); /* by now it is a resume */
	scene_wait_for("\"DELETED\"");
	scene_end();
}

static void a_watch_from_nothing_begins_with_all(void)
{
	scene_begin();
	(void)record("shop", "web.1", MINUTES(3));
	(void)record("shop", "web.2", MINUTES(2));
	(void)record("shop", "web.0", MINUTES(100));
	tap_int(watch("resourceVersion=0"), 200);
	scene_wait_for("web.2");
	tap_int((long long)scene_count("\"ADDED\""), 2);
	scene_lacks("web.0");
	(void)record("shop", "web.3", 0);
	scene_wait_for("web.3");
	scene_lacks("BOOKMARK");
	tap_int(watch("sendInitialEvents=true&resourceVersionMatch=NotOlderThan&"
		      "allowWatchBookmarks=true&timeoutSeconds=2"),
		200);
	scene_wait_for("{\"type\":\"BOOKMARK\",\"object\":{\"kind\":\"Event\",\"apiVersion\":"
		       "\"v1\",\"metadata\":{\"resourceVersion\":\"4\"");
	scene_holds("\"annotations\":{\"k8s.io/initial-events-end\":\"true\"}");
	tap_int((long long)scene_count("\"ADDED\""), 3);
	tap_int(watch("sendInitialEvents=false&resourceVersionMatch=NotOlderThan&"
		      "resourceVersion=1"),
		200);
	scene_wait_for("web.2");
	scene_lacks("web.1");
	scene_end();
}

static void a_bookmark_comes_each_minute(void)
{
	scene_begin();
	(void)record("shop", "web.1", MINUTES(3));
	tap_int(watch("resourceVersion=1&allowWatchBookmarks=true"), 200);
	(void)record("payments", "bill.1", 0);
	scene_skip(MINUTES(1) + 1);
	scene_wait_for("{\"type\":\"BOOKMARK\"");
	scene_lacks("initial-events-end");
	tap_int((long long)scene_count("BOOKMARK"), 1);
	scene_end();
}

static void a_watch_ends_when_its_time_is_over(void)
{
	struct tt_str piece;
	int rc;

	scene_begin();
	(void)record("shop", "web.1", MINUTES(3));
	tap_int(watch("resourceVersion=1&timeoutSeconds=100"), 200);
	scene_skip(MINUTES(2));
	do {
		rc = tt_http_read(scene.answer, 5ll * TT_NS_PER_S, &piece, NULL);
	} while (rc > 0);
	tap_int(rc, 0);
	scene_end();
}

static void a_table_names_its_columns_once(void)
{
	scene_begin();
	(void)record("shop", "web.1", MINUTES(3));
	tap_int(scene_open(&(struct scene_request){.path = SHOP "?watch=true", .headers = TABLE}),
		200);
	scene_wait_for("web.1");
	(void)record("shop", "web.2", 0);
	scene_wait_for("web.2");
	tap_int((long long)scene_count("\"name\":\"Last Seen\""), 1);
	scene_holds("\"columnDefinitions\":null");
	scene_end();
}

/* An object that starts or stops to match a selector. */
static void a_selector_sees_objects_come_and_go(void)
{
	struct scene_event e = {.cluster = "prod", .namespace = "shop", .name = "web.1"};

	scene_begin();
	e.reason = "Pulling";
	(void)scene_record(&e);
	tap_int(watch("resourceVersion=1&fieldSelector=reason%3DPulled"), 200);
	e.reason = "Pulled";
	e.change = TT_CHANGE_MODIFIED;
	(void)scene_record(&e);
	scene_wait_for("\"ADDED\"");
	(void)scene_record(&e);
	scene_wait_for("\"MODIFIED\"");
	e.reason = "Started";
	(void)scene_record(&e);
	scene_wait_for("\"DELETED\"");
	scene_lacks("Started");
	scene_end();
}

/* A client that reads slowly is not told that what it has missed never was. */
static void what_retention_overtakes_must_list_anew(void)
{
	scene_begin();
	scene_keep_hours(1);
	(void)record("shop", "web.0", 0);
	tap_int(watch("resourceVersion=1&timeoutSeconds=86400"), 200);
	scene_record_blocks();
	scene_skip(MINUTES(120));
	scene_record_blocks();
	scene_skip(MINUTES(120));
	scene_wait_for_retention();
	tap_ok(scene_oldest() > 3 * 8192);
	scene_wait_for("{\"type\":\"ERROR\"");
	scene_holds("\"message\":\"The resourceVersion for the provided watch is too old.\","
		    "\"reason\":\"Expired\",\"code\":410}");
	scene_holds("\"many.1\"");
	scene_lacks("\"many.24575\"");
	scene_end();
}

/* What retention drops out of a window that reaches further back was never deleted. */
static void who_has_what_retention_drops_must_list_anew(void)
{
	scene_begin();
	scene_keep_hours(1);
	(void)record("shop", "web.0", 0);
	scene_record_blocks();
	scene_skip(MINUTES(120));
	scene_record_blocks();
	tap_int(scene_open(&(struct scene_request){
			.path = "/clusters/prod/last/7d/api/v1/namespaces/other/events?"
				"watch=true&resourceVersion=49153&timeoutSeconds=86400"}),
		200);
	scene_skip(MINUTES(120));
	scene_wait_for_retention();
	scene_skip(MINUTES(1));
	scene_wait_for("\"reason\":\"Expired\",\"code\":410}");
	scene_end();
}

static int resume(const char *last, uint64_t version)
{
	char path[200];

	(void)snprintf(path, sizeof(path),
		"/clusters/prod/last/%s/api/v1/namespaces/shop/events?watch=true&"
		"resourceVersion=%llu",
		last, (unsigned long long)version);
	return scene_open(&(struct scene_request){.path = path});
}

/* Lets minutes pass until retention has dropped something, though not `version`. */
static void pass_until_dropped(uint64_t version)
{
	for (int i = 0; i < 100 && scene_oldest() == 1; i++) {
		scene_skip(MINUTES(1));
		(void)record("shop", "web.2", 0);
		(void)tt_ingest_wait(scene.ingest, UINT64_MAX - 1, 100ll * TT_NS_PER_MS);
	}
	tap_ok(scene_oldest() > 1 && scene_oldest() < version);
}

/* A client was away while retention took from inside its window. */
static void who_was_away_while_retention_dropped_must_list_anew(void)
{
	scene_begin();
	scene_keep_hours(1);
	(void)record("shop", "web.0", 0);
	scene_record_blocks();
	scene_skip(MINUTES(120));
	scene_record_blocks();
	scene_skip(MINUTES(55));
	uint64_t version = record("shop", "web.1", 0);

	tap_int(resume("7d", version), 200);
	pass_until_dropped(version);
	tap_int(resume("7d", version), 410);
	tap_int(resume("30m", version), 200); /* which reached back less */
	tap_int(scene_get("/clusters/prod/last/7d/api/v1/namespaces/shop/events?limit=500"), 200);
	tap_int(resume("7d", strtoull(scene_member("resourceVersion"), NULL, 10)), 200);
	scene_end();
}

/* recordedAt never goes back, but the moment at which retention drops does. */
static void a_clock_that_was_ahead_hides_no_loss(void)
{
	scene_begin();
	scene_keep_hours(10);
	(void)record("shop", "web.0", 0);
	scene_record_blocks();
	scene_skip(MINUTES(120));
	scene_record_blocks();
	scene_set_ahead(MINUTES(180));
	uint64_t version = record("shop", "web.1", 0);

	scene_set_ahead(0);
	tap_int(resume("7d", version), 200);
	scene_keep_hours(1);
	scene_skip(MINUTES(55));
	pass_until_dropped(version);
	tap_int(resume("7d", version), 410);
	scene_end();
}

/* What a watch begins with counts as memory only as long as it is there. */
static void watches_give_back_what_they_began_with(void)
{
	enum { EVENTS = 2000, WATCHES = 6 };
	struct tt_http_exchange *open[WATCHES];
	struct tt_http_client *clients[WATCHES];
	char name[20];

	scene_begin_with_memory(128 << 10);
	for (int i = 0; i < EVENTS; i++) {
		(void)snprintf(name, sizeof(name), "web.%d", i);
		(void)record("shop", name, 0);
	}
	for (int i = 0; i < WATCHES; i++) {
		tap_int(watch("sendInitialEvents=true&resourceVersionMatch=NotOlderThan&"
			      "allowWatchBookmarks=true"),
			200);
		scene_wait_for("initial-events-end");
		scene_put_aside(&clients[i], &open[i]);
	}
	tap_int(scene_get(SHOP "?limit=1"), 200);
	for (int i = 0; i < WATCHES; i++) {
		tt_http_close(open[i]);
		tt_http_client_free(clients[i]);
	}
	scene_end();
}

/* With a window as wide as retention, what leaves the one is hidden by the other. */
static void what_retention_hides_is_still_told_to_leave(void)
{
	scene_begin();
	scene_keep_hours(1);
	(void)record("shop", "web.1", 0);
	tap_int(watch("resourceVersion=1&timeoutSeconds=7200"), 200);
	scene_skip(MINUTES(61));
	scene_wait_for("{\"type\":\"DELETED\",\"object\":{\"kind\":\"Event\",\"apiVersion\":"
		       "\"v1\",\"metadata\":{\"name\":\"web.1\"");
	scene_end();
}

static void the_past_is_silent(void)
{
	char path[200], at[TT_TIME_SIZE];
	struct tt_str piece;

	scene_begin();
	(void)record("shop", "web.1", MINUTES(3));
	(void)tt_time_format(scene_now_us() - MINUTES(1), TT_TIME_SECONDS, at);
	(void)snprintf(path, sizeof(path),
		"/clusters/prod/at/%s/api/v1/events?watch=1&resourceVersion=1", at);
	tap_int(scene_open(&(struct scene_request){.path = path}), 200);
	(void)record("shop", "web.2", 0);
	tap_int(tt_http_read(scene.answer, TT_NS_PER_S, &piece, NULL), TT_EAGAIN);
	scene_end();
}

/* What leaves the window is kept for a watch for a minute, not for as long as its client leaves it
 * unread. */
static void a_watch_that_does_not_read_holds_no_chain(void)
{
	const int64_t window_us = 60ll * TT_US_PER_S;
	struct tt_edge *idle_edge, *edge;
	struct tt_edge_step *idle, *step;
	uint64_t limit;
	struct tt_err err;
	size_t held = 0;

	scene_begin();
	tap_int(tt_edge_join(scene.serve, TT_STR("edge"), window_us, &idle_edge, &idle, &err), 0);
	tap_int(tt_edge_join(scene.serve, TT_STR("edge"), window_us, &edge, &step, &err), 0);
	for (int i = 0; i < 30; i++) {
		scene_skip(6ll * TT_US_PER_S);
		tap_int(tt_edge_next(scene.serve, edge, &step, &limit, &err), 1);
	}
	for (const struct tt_edge_step *s = idle; s != NULL; s = s->next)
		held++;
	tap_okf(held == 1, "%zu steps are held", held);
	tap_int(tt_edge_next(scene.serve, idle_edge, &idle, &limit, &err), TT_ECANCELED);
	tt_edge_leave(scene.serve, idle_edge, idle);
	tt_edge_leave(scene.serve, edge, step);
	scene_end();
}

/* More than is held for all watches of an edge: each finds what it has of it. */
static void a_crowd_of_leavers_is_not_held(void)
{
	struct tt_edge *edge;
	struct tt_edge_step *step;
	uint64_t limit;
	struct tt_err err;

	scene_begin();
	(void)record("payments", "bill.1", 0);
	scene_record_blocks();
	(void)record("shop", "web.1", -1);
	tap_int(tt_edge_join(scene.serve, TT_STR("prod"), MINUTES(60), &edge, &step, &err), 0);
	tap_int(scene_open(&(struct scene_request){
			.path = SHOP "?watch=true&resourceVersion=24578&timeoutSeconds=7200",
			.headers = METADATA}),
		200);
	scene_skip(MINUTES(61));
	scene_wait_for("\"many.24575\"");
	scene_wait_for("web.1");
	tap_int((long long)scene_count("\"DELETED\""), 3 * 8192 + 1);
	scene_lacks("bill.1");
	tap_int(tt_edge_next(scene.serve, edge, &step, &limit, &err), 1);
	tap_ok(step->crowded && step->leavers == NULL);
	(void)change("many.7", TT_CHANGE_MODIFIED);
	scene_wait_for("\"ADDED\"");
	tt_edge_leave(scene.serve, edge, step);
	scene_end();
}

/* However many widths others watch; what leaves is then looked up by each watch, until there is
 * room for the edge. */
static void any_width_can_be_watched(void)
{
	struct tt_edge *edges[257];
	struct tt_edge_step *steps[257];
	uint64_t limit;
	struct tt_err err;

	scene_begin();
	(void)record("shop", "web.1", 0);
	for (int i = 0; i < 257; i++)
		tap_int(tt_edge_join(scene.serve, TT_STR("prod"), MINUTES(i + 1), &edges[i],
				&steps[i], &err),
			0);
	tap_int(scene_open(&(struct scene_request){
			.path = "/clusters/prod/last/257m/api/v1/namespaces/shop/events?watch=true&"
				"resourceVersion=1&timeoutSeconds=86400"}),
		200);
	scene_skip(MINUTES(258));
	scene_wait_for("{\"type\":\"DELETED\",\"object\":{\"kind\":\"Event\",\"apiVersion\":"
		       "\"v1\",\"metadata\":{\"name\":\"web.1\"");
	tap_int(tt_edge_next(scene.serve, edges[255], &steps[255], &limit, &err), 1);
	tap_ok(!steps[255]->crowded && steps[255]->leavers != NULL);
	tap_int(tt_edge_next(scene.serve, edges[256], &steps[256], &limit, &err), 1);
	tap_ok(steps[256]->crowded && steps[256]->leavers == NULL);
	tt_edge_leave(scene.serve, edges[0], steps[0]);
	scene_skip(6ll * TT_US_PER_S);
	tap_int(tt_edge_next(scene.serve, edges[256], &steps[256], &limit, &err), 1);
	tap_ok(!steps[256]->crowded);
	for (int i = 1; i < 257; i++)
		tt_edge_leave(scene.serve, edges[i], steps[i]);
	scene_end();
}

static int watch_namespaces(const char *query, const char *headers)
{
	char path[300];

	(void)snprintf(path, sizeof(path), "/clusters/prod/last/1h/api/v1/namespaces?watch=true&%s",
		query);
	return scene_open(&(struct scene_request){.path = path, .headers = headers});
}

static void namespaces_come_and_go(void)
{
	scene_begin();
	(void)record("shop", "web.1", MINUTES(30));
	tap_int(watch_namespaces("resourceVersion=1&timeoutSeconds=86400", NULL), 200);
	(void)record("payments", "bill.1", 0);
	scene_skip(20 * TT_US_PER_S);
	scene_wait_for("{\"type\":\"ADDED\",\"object\":{\"kind\":\"Namespace\",\"apiVersion\":"
		       "\"v1\",\"metadata\":{\"name\":\"payments\",\"resourceVersion\":\"2\"");
	scene_lacks("shop");
	scene_skip(MINUTES(40));
	scene_wait_for("{\"type\":\"DELETED\",\"object\":{\"kind\":\"Namespace\",\"apiVersion\":"
		       "\"v1\",\"metadata\":{\"name\":\"shop\",\"resourceVersion\":\"2\"");
	tap_int((long long)scene_count("\"type\""), 2);
	/* who was away hears of both at once */
	tap_int(watch_namespaces("resourceVersion=1", TABLE), 200);
	scene_wait_for("\"DELETED\"");
	tap_int((long long)scene_count("\"ADDED\""), 1);
	tap_int((long long)scene_count("\"columnDefinitions\":[{"), 1);
	tap_int((long long)scene_count("\"columnDefinitions\":null"), 1);
	tap_int(watch_namespaces("resourceVersion=3", NULL), 410);
	scene_end();
}

static void a_watch_of_namespaces_begins_with_all(void)
{
	scene_begin();
	(void)record("shop", "web.1", MINUTES(3));
	(void)record("payments", "bill.1", MINUTES(2));
	tap_int(watch_namespaces("sendInitialEvents=true&resourceVersionMatch=NotOlderThan&"
				 "allowWatchBookmarks=true",
			NULL),
		200);
	scene_wait_for("{\"type\":\"BOOKMARK\",\"object\":{\"kind\":\"Namespace\",\"apiVersion\":"
		       "\"v1\",\"metadata\":{\"resourceVersion\":\"2\",\"annotations\":{"
		       "\"k8s.io/initial-events-end\":\"true\"}},\"spec\":{},\"status\":{}}}\n");
	tap_int((long long)scene_count("\"ADDED\""), 2);
	scene_skip(MINUTES(1));
	scene_wait_for("\"metadata\":{\"resourceVersion\":\"2\"},\"spec\":{}");
	tap_int(watch_namespaces("fieldSelector=metadata.name%3Dshop&timeoutSeconds=1", NULL), 200);
	scene_wait_for("\"shop\"");
	scene_lacks("payments");
	scene_end();
}

int main(void)
{
	tap_test("changes arrive as they are recorded", changes_arrive_as_they_are_recorded);
	tap_test("what follows soon is told together", what_follows_soon_is_told_together);
	tap_test("what leaves the window is deleted", what_leaves_the_window_is_deleted);
	tap_test("a resume repeats what has left since", a_resume_repeats_what_has_left_since);
	tap_test("who has just listed hears nothing of before",
		who_has_just_listed_hears_nothing_of_before);
	tap_test("a watch from nothing begins with all", a_watch_from_nothing_begins_with_all);
	tap_test("a bookmark comes each minute", a_bookmark_comes_each_minute);
	tap_test("a watch ends when its time is over", a_watch_ends_when_its_time_is_over);
	tap_test("a table names its columns once", a_table_names_its_columns_once);
	tap_test("a selector sees objects come and go", a_selector_sees_objects_come_and_go);
	tap_test(
		"what retention overtakes must list anew", what_retention_overtakes_must_list_anew);
	tap_test("who has what retention drops must list anew",
		who_has_what_retention_drops_must_list_anew);
	tap_test("who was away while retention dropped must list anew",
		who_was_away_while_retention_dropped_must_list_anew);
	tap_test("a clock that was ahead hides no loss", a_clock_that_was_ahead_hides_no_loss);
	tap_test("watches give back what they began with", watches_give_back_what_they_began_with);
	tap_test("what retention hides is still told to leave",
		what_retention_hides_is_still_told_to_leave);
	tap_test("the past is silent", the_past_is_silent);
	tap_test("a watch that does not read holds no chain",
		a_watch_that_does_not_read_holds_no_chain);
	tap_test("a crowd of leavers is not held", a_crowd_of_leavers_is_not_held);
	tap_test("namespaces come and go", namespaces_come_and_go);
	tap_test("a watch of namespaces begins with all", a_watch_of_namespaces_begins_with_all);
	tap_test("any width can be watched", any_width_can_be_watched);
	return tap_done();
}
