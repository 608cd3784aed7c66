/* SPDX-License-Identifier: Apache-2.0 */
/* Collectors as telltaled runs them, with a real log, against an API server that misbehaves on
 * command (tests/fault/apiserver.py). */
#include "collect/collect.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/hash.h"
#include "base/log.h"
#include "base/map.h"
#include "kube/target.h"
#include "kube/test_server.h"
#include "store/ingest.h"
#include "store/reader.h"
#include "store/sample_test.h"
#include "tap/tap.h"

enum { PATIENCE_MS = 20000, STOP_MS = 3000, QUEUE_RECORDS = 2000 };

static struct tt_test_server *server;

#define COMMAND(...) (void)tt_test_server_command(server, __VA_ARGS__)

/* A log with a collector. */
struct rig {
	char *dir;
	struct tt_arena arena;
	struct tt_kube_target target;
	struct tt_collector_options options;
	struct tt_store *store;
	struct tt_ingest *ingest;
	struct tt_collector *collector;
};

static void start(struct rig *r)
{
	struct tt_err err = {0};
	int rc = tt_collector_start(&r->collector, &r->options, &err);

	tap_okf(rc == 0, "%s", err.msg);
}

static void stop(struct rig *r)
{
	tt_collector_stop(r->collector);
	tap_ok(tt_collector_join(r->collector, (int64_t)STOP_MS * TT_NS_PER_MS));
	r->collector = NULL;
}

static void set_up(struct rig *r)
{
	static struct tt_log log = {.fd = 2, .level = TT_LOG_ERROR, .clock = &tt_clock_system};
	struct tt_ingest_options ingest = {.queue_records = QUEUE_RECORDS};
	struct tt_err err = {0};

	COMMAND("[{\"op\":\"rules\",\"rules\":[]},{\"op\":\"break\"},"
		"{\"op\":\"uid\",\"uid\":\"u1\"},"
		"{\"op\":\"delete\",\"namespace\":\"default\"},"
		"{\"op\":\"delete\",\"namespace\":\"b\"}]");
	*r = (struct rig){.dir = sample_dir_new()};
	r->store = sample_open(r->dir, NULL);
	ingest.store = r->store;
	tap_okf(tt_ingest_start(&r->ingest, &ingest, &err) == 0, "%s", err.msg);
	r->target.server = tt_test_server_info(server, "url");
	r->target.ca_file = tt_test_server_info(server, "ca");
	r->options = (struct tt_collector_options){
		.cluster = TT_STR("prod"),
		.target = &r->target,
		.watch_seconds = 60,
		.store = r->store,
		.ingest = r->ingest,
		.clock = &tt_clock_system,
		.log = &log,
	};
}

static void tear_down(struct rig *r)
{
	if (r->collector != NULL)
		stop(r);
	tt_ingest_stop(r->ingest, TT_NS_PER_S);
	tt_store_close(r->store);
	sample_dir_remove(r->dir);
	tt_arena_release(&r->arena);
}

static struct tt_collector_status *status_of(struct rig *r)
{
	struct tt_collector_status *status;
	size_t n;

	tt_arena_clear(&r->arena);
	tt_collector_status(r->collector, &status, &n, &r->arena);
	return status;
}

static void pause_ms(int ms)
{
	struct timespec t = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * (long)TT_NS_PER_MS};

	(void)nanosleep(&t, NULL);
}

static bool wait_for_state(struct rig *r, const char *state)
{
	for (int ms = 0; ms < PATIENCE_MS; ms += 10) {
		if (strcmp(status_of(r)->state, state) == 0)
			return true;
		pause_ms(10);
	}
	return tap_okf(false, "is %s (%.*s), not %s", status_of(r)->state,
		TT_STR_ARG(status_of(r)->problem), state);
}

/* What is in the log. */
struct content {
	size_t events, repeated, gaps;
	enum tt_lost last_lost;
	uint32_t last_epoch;
	char last_reason[300];
	char first_namespace[32]; /* of the last gap's scope; "" if that is all */
};

static void add_record(struct content *c, const struct tt_record *record, struct tt_map *seen)
{
	const struct tt_objectmeta *m = &record->event.metadata;
	const struct tt_gap *gap = &record->gap;
	bool is_new;

	if (record->kind == TT_RECORD_GAP) {
		c->gaps++;
		c->last_lost = gap->lost;
		c->last_epoch = gap->epoch;
		(void)snprintf(
			c->last_reason, sizeof(c->last_reason), "%.*s", TT_STR_ARG(gap->reason));
		c->first_namespace[0] = '\0';
		if (gap->n_namespaces > 0)
			(void)snprintf(c->first_namespace, sizeof(c->first_namespace), "%.*s",
				TT_STR_ARG(gap->namespaces[0]));
		return;
	}
	c->events++;
	(void)tt_map_put(seen,
		tt_hash_str(
			m->resource_version, tt_hash_str(m->name, tt_hash_str(m->namespace, 1))),
		&is_new);
	c->repeated += !is_new;
}

static struct content read_log(struct rig *r)
{
	struct content c = {0};
	struct tt_filter all = {0};
	struct tt_reader *reader;
	struct tt_map seen;
	uint64_t after = 0, cursor = 0;
	struct tt_batch *batch;

	tt_map_init(&seen);
	if (tt_reader_open(&reader, r->store, NULL) < 0)
		return c;
	while (tt_reader_read(reader, &cursor, 1000, &all, &batch, NULL) == 0) {
		for (size_t i = 0; i < batch->n; i++)
			add_record(&c, &batch->records[i], &seen);
		tt_batch_unref(batch);
		if (cursor == after)
			break;
		after = cursor;
	}
	tt_reader_close(reader);
	tt_map_release(&seen);
	return c;
}

/* Waits until so many events and gaps are in the log; then no more of them come. */
static struct content wait_for(struct rig *r, size_t events, size_t gaps)
{
	struct content c = {0};

	for (int ms = 0; ms < PATIENCE_MS; ms += 50) {
		c = read_log(r);
		if (c.events >= events && c.gaps >= gaps)
			break;
		pause_ms(50);
	}
	tap_int(c.events, events);
	tap_int(c.gaps, gaps);
	tap_int(c.repeated, 0);
	return c;
}

static void lists_then_watches_and_repeats_nothing_after_a_restart(void)
{
	struct content c;
	struct rig r;

	set_up(&r);
	COMMAND("{\"op\":\"fill\",\"n\":1234,\"prefix\":\"first\"}");
	start(&r);
	c = wait_for(&r, 1234, 1);
	tap_str(tt_str_from(c.last_reason), "collection began");
	wait_for_state(&r, "watching");
	tap_ok(status_of(&r)->connected);
	COMMAND("{\"op\":\"fill\",\"n\":300,\"prefix\":\"second\"}");
	(void)wait_for(&r, 1534, 1);
	stop(&r);
	COMMAND("{\"op\":\"fill\",\"n\":40,\"prefix\":\"third\"}");
	start(&r);
	(void)wait_for(&r, 1574, 1);
	wait_for_state(&r, "watching");
	tap_int(status_of(&r)->listed, 0);
	tear_down(&r);
}

static void json_is_collected_alike(void)
{
	struct rig r;

	set_up(&r);
	r.options.json_only = true;
	COMMAND("{\"op\":\"fill\",\"n\":700,\"prefix\":\"first\"}");
	start(&r);
	(void)wait_for(&r, 700, 1);
	COMMAND("{\"op\":\"fill\",\"n\":50,\"prefix\":\"second\"}");
	(void)wait_for(&r, 750, 1);
	tear_down(&r);
}

static void refusals_are_said_and_survived(void)
{
	static const struct {
		const char *rule, *problem;
		int outcome; /* of requests */
	} cases[] = {
		{"\"on\":\"list\",\"status\":403,\"reason\":\"Forbidden\",\"message\":\"events is "
		 "forbidden\"",
			"the API server answered 403: events is forbidden", 3},
		{"\"on\":\"list\",\"status\":429,\"text\":\"Too many requests\",\"retryAfter\":1",
			"the API server answered 429: Too many requests", 2},
		{"\"on\":\"watch\",\"status\":503,\"reason\":\"ServiceUnavailable\",\"message\":"
		 "\"shutting down\",\"retryAfter\":1",
			"the API server answered 503: shutting down", 4},
		{"\"on\":\"list\",\"close\":true", "", 5},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct rig r;

		set_up(&r);
		COMMAND("{\"op\":\"fill\",\"n\":3,\"prefix\":\"e\"}");
		COMMAND("{\"op\":\"rules\",\"rules\":[{%s,\"times\":1}]}", cases[i].rule);
		start(&r);
		wait_for_state(&r, "backing-off");
		tap_ok(!status_of(&r)->connected);
		if (cases[i].problem[0] != '\0')
			tap_str(status_of(&r)->problem, cases[i].problem);
		else
			tap_ok(status_of(&r)->problem.len > 0);
		wait_for_state(&r, "watching");
		tap_int(status_of(&r)->requests[cases[i].outcome], 1);
		tap_str(status_of(&r)->problem, "");
		(void)wait_for(&r, 3, 1);
		tear_down(&r);
	}
}

/* What the answer to a request may suffer without anything being lost. */
static void bad_connections_lose_nothing(void)
{
	static const char *const rules[] = {
		"\"on\":\"watch\",\"cutAfter\":3000,\"times\":2",
		"\"on\":\"watch\",\"cutAfter\":3000,\"reset\":true",
		"\"on\":\"watch\",\"dribble\":1,\"pause\":0",
		"\"on\":\"watch\",\"frames\":[{\"garbage\":\"!!!!!!!!!!!!!!!!\"}]",
		"\"on\":\"watch\",\"frames\":[{\"error\":{\"code\":500,"
		"\"reason\":\"InternalError\",\"message\":\"no luck\"}}]",
		"\"on\":\"watch\",\"end\":true",
		"\"on\":\"page\",\"cutAfter\":9000",
		"\"on\":\"list\",\"skip\":1,\"cutAfter\":9000",
	};

	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
		struct rig r;

		set_up(&r);
		COMMAND("{\"op\":\"fill\",\"n\":600,\"prefix\":\"first\"}");
		COMMAND("{\"op\":\"rules\",\"rules\":[{%s}]}", rules[i]);
		start(&r);
		wait_for_state(&r, "watching");
		COMMAND("{\"op\":\"fill\",\"n\":60,\"prefix\":\"second\"}");
		if (wait_for(&r, 660, 1).repeated > 0)
			tap_okf(false, "%s", rules[i]);
		tear_down(&r);
	}
}

static void events_that_cannot_be_taken_are_refused_and_named(void)
{
	static const struct {
		const char *frame, *name;
		enum tt_refusal refusal;
	} cases[] = {
		{"{\"oversized\":9000000,\"name\":\"big\"}", "big", TT_REFUSED_TOO_LARGE},
		{"{\"bad\":true,\"name\":\"odd\"}", "odd", TT_REFUSED_UNDECODABLE},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct tt_ingest_totals totals;
		struct content c;
		struct rig r;

		set_up(&r);
		COMMAND("{\"op\":\"fill\",\"n\":3,\"prefix\":\"e\"}");
		COMMAND("{\"op\":\"rules\",\"rules\":[{\"on\":\"watch\",\"frames\":[%s]}]}",
			cases[i].frame);
		start(&r);
		wait_for_state(&r, "watching");
		COMMAND("{\"op\":\"fill\",\"n\":2,\"prefix\":\"later\"}");
		c = wait_for(&r, 5, 2);
		tap_okf(strstr(c.last_reason, cases[i].name) != NULL, "%s", c.last_reason);
		tt_ingest_totals(r.ingest, &totals, &r.arena);
		tap_int(totals.clusters[0].counts.refused[cases[i].refusal], 1);
		tap_int(totals.clusters[0].counts.received, 6);
		tear_down(&r);
	}
}

static void expired_position_is_listed_anew_with_a_gap(void)
{
	struct content c;
	struct rig r;

	set_up(&r);
	COMMAND("{\"op\":\"fill\",\"n\":10,\"prefix\":\"first\"}");
	start(&r);
	(void)wait_for(&r, 10, 1);
	stop(&r);
	COMMAND("[{\"op\":\"fill\",\"n\":10,\"prefix\":\"second\"},{\"op\":\"compact\"}]");
	start(&r);
	c = wait_for(&r, 20, 2);
	tap_int(c.last_lost, TT_LOST_UPDATES);
	tap_okf(strncmp(c.last_reason, "position expired after ", 23) == 0, "%s", c.last_reason);
	wait_for_state(&r, "watching");
	tear_down(&r);
}

static void continue_token_that_expires_costs_no_event_and_no_gap(void)
{
	struct rig r;

	set_up(&r);
	COMMAND("{\"op\":\"fill\",\"n\":1200,\"prefix\":\"first\"}");
	COMMAND("{\"op\":\"rules\",\"rules\":[{\"on\":\"page\",\"status\":410,"
		"\"reason\":\"Expired\",\"message\":\"too old\"}]}");
	start(&r);
	(void)wait_for(&r, 1200, 1);
	wait_for_state(&r, "watching");
	tap_int(status_of(&r)->requests[1], 1);
	tear_down(&r);
}

static void restored_server_begins_an_epoch(void)
{
	struct content c;
	struct rig r;

	set_up(&r);
	r.options.watch_seconds = 3; /* so long the replay is waited for */
	COMMAND("[{\"op\":\"fill\",\"n\":10,\"prefix\":\"first\"},{\"op\":\"save\"},"
		"{\"op\":\"fill\",\"n\":10,\"prefix\":\"gone\"}]");
	start(&r);
	(void)wait_for(&r, 20, 1);
	stop(&r);
	COMMAND("[{\"op\":\"restore\"},{\"op\":\"fill\",\"n\":50,\"prefix\":\"new\"}]");
	start(&r);
	c = wait_for(&r, 70, 2);
	tap_int(c.last_lost, TT_LOST_EVENTS);
	tap_int(c.last_epoch, 2);
	tear_down(&r);
}

static void another_cluster_stops_it_with_a_sentence(void)
{
	struct rig r;

	set_up(&r);
	COMMAND("{\"op\":\"fill\",\"n\":3,\"prefix\":\"first\"}");
	start(&r);
	(void)wait_for(&r, 3, 1);
	stop(&r);
	COMMAND("[{\"op\":\"uid\",\"uid\":\"u2\"},{\"op\":\"fill\",\"n\":3,\"prefix\":\"other\"}]");
	start(&r);
	wait_for_state(&r, "stopped");
	tap_str(status_of(&r)->problem,
		"another cluster answers: its namespace kube-system has uid u2, that of prod "
		"has u1; give it a name of its own");
	(void)wait_for(&r, 3, 1);
	tear_down(&r);
}

static void namespaces_have_a_watch_each_and_one_added_later_begins(void)
{
	struct tt_str both[] = {TT_STR("default"), TT_STR("b")};
	struct content c;
	struct rig r;

	set_up(&r);
	COMMAND("[{\"op\":\"fill\",\"n\":5,\"prefix\":\"a\"},"
		"{\"op\":\"fill\",\"n\":7,\"prefix\":\"b\",\"namespace\":\"b\"}]");
	r.options.namespaces = both;
	r.options.n_namespaces = 1;
	start(&r);
	c = wait_for(&r, 5, 1);
	tap_str(tt_str_from(c.first_namespace), "default");
	stop(&r);
	r.options.n_namespaces = 2;
	start(&r);
	c = wait_for(&r, 12, 2);
	tap_str(tt_str_from(c.first_namespace), "b");
	tap_str(tt_str_from(c.last_reason), "collection began");
	stop(&r);
	r.options.n_namespaces = 0; /* all of them, which repeats nothing */
	start(&r);
	c = wait_for(&r, 12, 3);
	tap_str(tt_str_from(c.first_namespace), "");
	tear_down(&r);
}

/* Keeps the writing thread from writing until it is let go. */
struct blocker {
	pthread_t thread;
	pthread_mutex_t lock;
	struct tt_ingest *ingest;
};

static int hold_writer(void *arg, struct tt_store *store)
{
	struct blocker *b = arg;

	pthread_mutex_lock(&b->lock);
	pthread_mutex_unlock(&b->lock);
	return 0;
}

static void *block(void *arg)
{
	struct blocker *b = arg;

	(void)tt_ingest_call(b->ingest, hold_writer, b);
	return NULL;
}

/* Watches that the server believes to be open: it notices that one is not when it writes. */
static int count_watches(void)
{
	struct tt_str state = tt_test_server_command(server, "{\"op\":\"state\"}");
	const char *at = state.len > 0 ? strstr(state.data, "\"watches\": ") : NULL;
	int n = -1;

	return at != NULL && sscanf(at, "\"watches\": %d", &n) == 1 ? n : -1;
}

static void log_that_takes_nothing_closes_the_watch_and_loses_nothing(void)
{
	struct blocker b = {.lock = PTHREAD_MUTEX_INITIALIZER};
	struct rig r;
	int pokes;

	set_up(&r);
	start(&r);
	wait_for_state(&r, "watching");
	(void)wait_for(&r, 0, 1);
	b.ingest = r.ingest;
	pthread_mutex_lock(&b.lock);
	tap_int(pthread_create(&b.thread, NULL, block, &b), 0);
	COMMAND("{\"op\":\"fill\",\"n\":%d,\"prefix\":\"e\"}", QUEUE_RECORDS + 1500);
	wait_for_state(&r, "backing-off");
	tap_str(status_of(&r)->problem, "the log does not take records");
	for (pokes = 0; pokes < 100 && count_watches() > 0; pokes++) {
		COMMAND("{\"op\":\"fill\",\"n\":1,\"prefix\":\"poke%d\"}", pokes);
		pause_ms(50);
	}
	tap_int(count_watches(), 0);
	pthread_mutex_unlock(&b.lock);
	(void)wait_for(&r, QUEUE_RECORDS + 1500 + (size_t)pokes, 1);
	(void)pthread_join(b.thread, NULL);
	wait_for_state(&r, "watching");
	tear_down(&r);
}

static void stop_takes_a_moment_whatever_hangs(void)
{
	static const char *const rules[] = {
		"\"on\":\"list\",\"delay\":60",
		"\"on\":\"list\",\"skip\":1,\"stallAfter\":2000",
		"\"on\":\"watch\",\"delay\":60",
		"\"on\":\"list\",\"status\":429,\"retryAfter\":60,\"text\":\"busy\"",
		"\"on\":\"watch\",\"stallAfter\":10",
	};

	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
		struct rig r;

		set_up(&r);
		COMMAND("{\"op\":\"fill\",\"n\":300,\"prefix\":\"e\"}");
		COMMAND("{\"op\":\"rules\",\"rules\":[{%s,\"times\":-1}]}", rules[i]);
		start(&r);
		pause_ms(300);
		int64_t began_ns = tt_clock_mono_ns(&tt_clock_system);

		stop(&r);
		int64_t took_ns = tt_clock_mono_ns(&tt_clock_system) - began_ns;

		tap_okf(took_ns < TT_NS_PER_S, "%s: %lld ms", rules[i],
			(long long)(took_ns / TT_NS_PER_MS));
		COMMAND("{\"op\":\"break\"}");
		tear_down(&r);
	}
}

#define RUN(name) tap_test(#name, name)

int main(void)
{
	server = tt_test_server_start(NULL);
	if (server == NULL)
		return 1;
	RUN(lists_then_watches_and_repeats_nothing_after_a_restart);
	RUN(json_is_collected_alike);
	RUN(refusals_are_said_and_survived);
	RUN(bad_connections_lose_nothing);
	RUN(events_that_cannot_be_taken_are_refused_and_named);
	RUN(expired_position_is_listed_anew_with_a_gap);
	RUN(continue_token_that_expires_costs_no_event_and_no_gap);
	RUN(restored_server_begins_an_epoch);
	RUN(another_cluster_stops_it_with_a_sentence);
	RUN(namespaces_have_a_watch_each_and_one_added_later_begins);
	RUN(log_that_takes_nothing_closes_the_watch_and_loses_nothing);
	RUN(stop_takes_a_moment_whatever_hangs);
	tt_test_server_stop(server);
	return tap_done();
}
