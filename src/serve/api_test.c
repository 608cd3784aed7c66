/* SPDX-License-Identifier: Apache-2.0 */
/* The native API as a client sees it: a log, its writing thread and the server in this process. */
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "net/http_client.h"
#include "serve/serve.h"
#include "store/ingest.h"
#include "store/sample_test.h"
#include "store/store.h"
#include "tap/tap.h"

static const int64_t LONG = 20ll * TT_NS_PER_S;

static struct scene {
	char *dir;
	struct tt_store *store;
	struct tt_ingest *ingest;
	struct tt_serve *serve;
	struct tt_http_client *client;
	struct tt_http_exchange *answer; /* the last one */
	struct tt_buf body;              /* of it */
} s;

static void begin_with(size_t max_live_bytes)
{
	s = (struct scene){.dir = sample_dir_new()};
	s.store = sample_open(s.dir, NULL);
	tap_int(tt_ingest_start(&s.ingest, &(struct tt_ingest_options){.store = s.store}, NULL), 0);
	struct tt_serve_options options = {.listen = "127.0.0.1:0",
		.store = s.store,
		.ingest = s.ingest,
		.max_live_bytes = max_live_bytes};
	struct tt_http_client_options client = {.no_compression = true};

	tap_int(tt_serve_start(&s.serve, &options, NULL), 0);
	tap_int(tt_http_client_new(&s.client, &client, NULL), 0);
	tt_buf_init(&s.body, 128 << 20);
}

static void begin(void)
{
	begin_with(0);
}

static void end(void)
{
	tt_http_close(s.answer);
	tt_http_client_free(s.client);
	tap_ok(tt_serve_stop(s.serve, LONG));
	tap_ok(tt_ingest_stop(s.ingest, LONG));
	tt_store_close(s.store);
	tt_buf_release(&s.body);
	sample_dir_remove(s.dir);
}

/* Sends `request` to `path`; the status, with the answer in `s`. */
static int send_to(const char *path, struct tt_http_request *request)
{
	char url[1024];
	struct tt_err err = {0};

	(void)snprintf(url, sizeof(url), "http://%s%s", tt_serve_address(s.serve), path);
	request->url = url;
	request->has_body = request->body.len > 0;
	tt_http_close(s.answer);
	s.answer = NULL;
	tt_buf_clear(&s.body);
	if (!tap_okf(tt_http_open(s.client, request, &s.answer, &err) == 0, "%s", err.msg) ||
		!tap_okf(tt_http_read_all(s.answer, LONG, &s.body, &err) == 0, "%s", err.msg))
		return -1;
	return tt_http_status(s.answer);
}

/* Asks for `path`, with `body` as a POST if it is not empty. */
static int ask(const char *path, struct tt_str body)
{
	static const struct tt_http_header type = {
		{"Content-Type", 12}, {"application/x-ndjson", 20}};
	struct tt_http_request request = {.headers = &type,
		.n_headers = 1,
		.method = body.len > 0 ? "POST" : NULL,
		.body = body};

	return send_to(path, &request);
}

static int get(const char *path)
{
	return ask(path, TT_STR(""));
}

static bool answer_holds(const char *text)
{
	return tap_okf(tt_str_find(tt_buf_view(&s.body), tt_str_from(text)) >= 0,
		"\"%s\" is not in: %.300s", text, s.body.len > 0 ? s.body.data : "");
}

/* Events [from, from + n), whose names are not made from those of their objects. */
static void put_events(struct tt_buf *to, unsigned from, unsigned n)
{
	for (unsigned i = from; i < from + n; i++)
		tt_buf_printf(to,
			"{\"type\":\"ADDED\",\"object\":{\"metadata\":{\"namespace\":\"ns-%u\","
			"\"name\":\"event-%u\",\"resourceVersion\":\"%u\","
			"\"creationTimestamp\":\"2026-01-02T03:04:05Z\"},"
			"\"involvedObject\":{\"kind\":\"Pod\",\"name\":\"web-%u\"},"
			"\"reason\":\"Pulled\",\"message\":\"the image is here\",\"count\":1,"
			"\"type\":\"Normal\",\"firstTimestamp\":\"2026-01-02T03:04:05Z\","
			"\"lastTimestamp\":\"2026-01-02T03:04:%02uZ\"}}\n",
			i % 7, i, i + 1, i, i % 60);
}

/* Posts them into `cluster`; the answer must hold `recorded` and `duplicates`. */
static void post(const char *cluster, unsigned from, unsigned n, const char *answer)
{
	char path[100];
	struct tt_buf body;

	tt_buf_init(&body, 3 << 20);
	put_events(&body, from, n);
	(void)snprintf(path, sizeof(path), "/v1/records?cluster=%s", cluster);
	tap_int(ask(path, tt_buf_view(&body)), 200);
	answer_holds(answer);
	tt_buf_release(&body);
}

static double cpu_us(void)
{
	struct rusage usage;

	(void)getrusage(RUSAGE_SELF, &usage);
	return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1e6 +
	       (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
}

static void a_full_tail_does_not_make_posting_dear(void)
{
	double empty, full, before;

	begin();
	before = cpu_us();
	post("rec", 0, 1000, "\"recorded\":1000,");
	empty = cpu_us() - before;
	for (unsigned i = 1; i < 7; i++)
		post("rec", i * 1000, 1000, "\"recorded\":1000,");
	before = cpu_us();
	post("rec", 7000, 1000, "\"recorded\":1000,");
	full = cpu_us() - before;
	tap_okf(full < 5 * empty, "%.0f us with a full tail, %.0f us without", full, empty);
	end();
}

static void what_is_known_is_not_recorded_twice(void)
{
	const struct tt_str versions = TT_STR(
		"{\"type\":\"ADDED\",\"object\":{\"metadata\":{\"namespace\":\"ns-0\","
		"\"name\":\"event-0\",\"resourceVersion\":\"50\"}}}\n"
		"{\"type\":\"MODIFIED\",\"object\":{\"metadata\":{\"namespace\":\"ns-0\","
		"\"name\":\"event-0\",\"resourceVersion\":\"60\"}}}\n"
		"{\"type\":\"MODIFIED\",\"object\":{\"metadata\":{\"namespace\":\"ns-0\","
		"\"name\":\"event-0\",\"resourceVersion\":\"60\"}}}\n"
		"{\"type\":\"DELETED\",\"object\":{\"metadata\":{\"namespace\":\"ns-0\","
		"\"name\":\"event-0\",\"resourceVersion\":\"61\"}}}\n");

	begin();
	post("rec", 0, 3000, "\"recorded\":3000,\"duplicates\":0,");
	for (unsigned i = 1; i < 4; i++)
		post("rec", i * 3000 - 500, 3500, "\"recorded\":3000,\"duplicates\":500,");
	post("rec", 100, 300, "\"recorded\":0,\"duplicates\":300,"); /* in a block by now */
	post("other", 100, 300, "\"recorded\":300,\"duplicates\":0,");
	tap_int(ask("/v1/records?cluster=rec", versions), 200);
	answer_holds("\"recorded\":2,\"duplicates\":1,\"deletions\":1,");
	tap_int(ask("/v1/records?cluster=rec", versions), 200);
	answer_holds("\"recorded\":0,\"duplicates\":3,\"deletions\":1,");
	end();
}

static void an_unknown_cluster_is_not_found(void)
{
	begin();
	tap_int(get("/v1/events?cluster=nowhere"), 404);
	answer_holds("there is no cluster \\\"nowhere\\\"");
	answer_holds("\"reason\":\"NotFound\"");
	tap_int(get("/v1/records?cluster=nowhere"), 404);
	answer_holds("there is no cluster \\\"nowhere\\\"");
	post("nowhere", 0, 3, "\"recorded\":3,");
	tap_int(get("/v1/events?cluster=nowhere"), 200);
	answer_holds("event-2");
	tap_int(get("/v1/records?cluster=nowhere"), 200);
	answer_holds("event-2");
	end();
}

static bool is_warned(const char *sentence)
{
	char wanted[300];
	bool found = false;

	(void)snprintf(wanted, sizeof(wanted), "299 - \"%s\"", sentence);
	for (size_t i = 0; tt_http_header_at(s.answer, "Warning", i).len > 0; i++)
		found = found || tt_str_is(tt_http_header_at(s.answer, "Warning", i), wanted);
	return tap_okf(found, "no warning \"%s\", but \"%.*s\"", sentence,
		TT_STR_ARG(tt_http_header(s.answer, "Warning")));
}

static void an_empty_answer_says_where_events_are(void)
{
	begin();
	tap_int(get("/v1/events"), 200);
	is_warned("the log has no events yet");
	tap_int(get("/v1/events?cluster=edge"), 200);
	is_warned("cluster edge has no events");
	post("big", 0, 1300, "\"recorded\":1300,");
	post("small", 0, 7, "\"recorded\":7,");
	tap_int(get("/v1/events?cluster=edge"), 200);
	is_warned("cluster edge has no events; others have: big 1,300, small 7");
	tap_int(get("/v1/events?cluster=edge&namespace=ns-1"), 200);
	is_warned("cluster edge has no events; others have: big 1,300, small 7");
	tap_int(get("/v1/events?cluster=small&reason=Absent"), 200);
	tap_int(tt_http_header(s.answer, "Warning").len, 0);
	tap_int(get("/v1/events?cluster=small&namespace=ns-9&name=web-1200"), 200);
	is_warned("cluster small has no such events; others have: big 1");
	tap_int(get("/v1/events?cluster=big&namespace=absent"), 200);
	is_warned("nothing here, but 1,300 in 7 other namespaces, most in ns-0");
	tap_int(get("/v1/events?cluster=big&namespace=ns-1"), 200);
	tap_int(tt_http_header(s.answer, "Warning").len, 0);
	end();
}

static size_t lines(void)
{
	size_t n = 0;

	for (size_t i = 0; i < s.body.len; i++)
		n += s.body.data[i] == '\n';
	return n;
}

static void every_limit_is_honoured(void)
{
	static const struct {
		const char *limit;
		size_t events;
		bool truncated;
	} cases[] = {
		{"", 500, true},
		{"?limit=1", 1, true},
		{"?limit=104999", 104999, true},
		{"?limit=105000", 105000, false},
		{"?limit=18446744073709551615", 105000, false},
		{"?limit=0", 105000, false},
		{"?limit=0&reason=Absent", 0, false},
	};

	begin();
	for (unsigned i = 0; i < 105000; i += 7000)
		post("rec", i, 7000, "\"recorded\":7000,");
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char path[100];

		(void)snprintf(path, sizeof(path), "/v1/events%s", cases[i].limit);
		tap_int(get(path), 200);
		tap_okf(lines() == cases[i].events + 1, "%s: %zu lines", path, lines());
		tap_str(tt_http_header(s.answer, "Telltale-Truncated"),
			cases[i].truncated ? "true" : "");
		answer_holds("{\"kind\":\"cursor\",\"seq\":105000}");
	}
	end();
}

/* A refused parameter is named in the answer. */
static void wrong_parameters_are_refused(void)
{
	static const char many[] = "/v1/events?reason=1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,"
				   "19,20,21,22,23,24,25,26,27,28,29,30,31,32,33";
	static const struct {
		const char *path;
		int status;
		const char *says;
	} cases[] = {
		{"/v1/records?after=x", 400, "after: \\\"x\\\" is not a number from 0 to"},
		{"/v1/records?after=", 400, "after: \\\"\\\" is not a number"},
		{"/v1/records?after=-1", 400, "after: \\\"-1\\\" is not a number"},
		{"/v1/records?after=18446744073709551616", 400, "is not a number"},
		{"/v1/records?after=9", 410, "after=9 is beyond the head of the log, 8"},
		{"/v1/records?after=18446744073709551615", 410, "\"reason\":\"Expired\""},
		{"/v1/records?limit=1e3", 400, "limit: \\\"1e3\\\" is not a number"},
		{"/v1/records?wait=30", 400, "wait: "},
		{"/v1/records?wait=soon", 400, "wait: "},
		{"/v1/records?fieldSelector=type", 400, "\"reason\":\"BadRequest\""},
		{"/v1/records?fieldSelector=spec.nodeName%3Dn", 400, "spec.nodeName"},
		{"/v1/records?since=yesterday", 400, "since: \\\"yesterday\\\" is not an RFC 3339"},
		{"/v1/records?until=2026-13-01T00:00:00Z", 400, "until: "},
		{"/v1/records?kind=Pod", 400, "unknown query parameter \\\"kind\\\""},
		{"/v1/records?after=1&Limit=2", 400, "unknown query parameter \\\"Limit\\\""},
		{"/v1/records?cluster=nowhere", 404, "\"reason\":\"NotFound\""},
		{"/v1/events?after=1", 400, "unknown query parameter \\\"after\\\""},
		{"/v1/events?wait=1s", 400, "unknown query parameter \\\"wait\\\""},
		{"/v1/events?limit=-1", 400, "limit: \\\"-1\\\" is not a number"},
		{"/v1/events?since=1h", 400, "since: \\\"1h\\\" is not an RFC 3339 time"},
		{"/v1/events?fieldSelector=reason%3Dx,", 200, "\"kind\":\"cursor\""},
		{"/v1/events?fieldSelector=reason~x", 400, "\"reason\":\"BadRequest\""},
		{many, 400, "reason: more than 32 values"},
		{"/v1/events?cluster=nowhere", 404, "there is no cluster \\\"nowhere\\\""},
		{"/v1/nothing", 404, "there is nothing at /v1/nothing"},
	};

	begin();
	post("rec", 0, 8, "\"recorded\":8,");
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		int status = get(cases[i].path);

		tap_okf(status == cases[i].status, "%s: %d", cases[i].path, status);
		answer_holds(cases[i].says);
	}
	end();
}

/* Event i is seq i + 1, happens at second i, and is about Pod web-i. */
static void parameters_choose_records(void)
{
	static const struct {
		const char *query;
		size_t records;
		unsigned long long cursor;
	} cases[] = {
		{"", 40, 40},
		{"?after=0&limit=3", 3, 3},
		{"?after=38", 2, 40},
		{"?after=40", 0, 40},
		{"?after=40&wait=1ms", 0, 40},
		{"?after=10&wait=300s", 30, 40},
		{"?limit=0", 0, 0},
		{"?limit=18446744073709551615", 40, 40},
		{"?cluster=rec&after=20", 10, 40},
		{"?cluster=other&limit=10", 10, 40},
		{"?fieldSelector=involvedObject.name%3Dweb-3", 1, 40},
		{"?fieldSelector=involvedObject.name!%3Dweb-3,type%3DNormal", 39, 40},
		{"?since=2026-01-02T03:04:25Z", 15, 40},
		{"?until=2026-01-02T03:04:09Z", 10, 40},
		{"?since=2026-01-02T03:04:09.5Z&until=2026-01-02T03:04:10%2B00:00", 1, 40},
		{"?since=2027-01-01T00:00:00Z", 0, 40},
	};

	begin();
	post("rec", 0, 30, "\"recorded\":30,");
	post("other", 30, 10, "\"recorded\":10,");
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char path[200], cursor[60];

		(void)snprintf(path, sizeof(path), "/v1/records%s", cases[i].query);
		(void)snprintf(cursor, sizeof(cursor), "{\"kind\":\"cursor\",\"seq\":%llu}\n",
			cases[i].cursor);
		tap_int(get(path), 200);
		tap_okf(lines() == cases[i].records + 1, "%s: %zu lines", path, lines());
		answer_holds(cursor);
	}
	end();
}

static void no_answer_has_more_than_10000_records(void)
{
	begin();
	post("rec", 0, 5500, "\"recorded\":5500,");
	post("rec", 5500, 5500, "\"recorded\":5500,");
	tap_int(get("/v1/records"), 200);
	tap_int(lines(), 1001);
	tap_int(get("/v1/records?limit=10500"), 200);
	tap_int(lines(), 10001);
	answer_holds("{\"kind\":\"cursor\",\"seq\":10000}");
	end();
}

/* "<" takes six bytes in JSON as Kubernetes writes it. No event may stop who reads past it. */
static void what_is_far_longer_as_json_can_be_read(void)
{
	static const char *const paths[] = {"/v1/records", "/v1/events?cluster=rec"};
	enum { LENGTH = 2900000 };
	struct tt_buf body;

	begin();
	tt_buf_init(&body, 3 << 20);
	tt_buf_text(&body,
		"{\"type\":\"ADDED\",\"object\":{\"metadata\":{\"namespace\":\"a\",\"name\":\"b\","
		"\"resourceVersion\":\"7\"},\"message\":\"");
	for (size_t i = 0; i < LENGTH; i++)
		tt_buf_char(&body, '<');
	tt_buf_text(&body, "\"}}");
	tap_int(ask("/v1/records?cluster=rec", tt_buf_view(&body)), 200);
	answer_holds("\"recorded\":1,");
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		tap_int(get(paths[i]), 200);
		tap_ok(s.body.len > 6 * (size_t)LENGTH);
		tap_ok(tt_str_ends(tt_buf_view(&s.body), TT_STR("\"seq\":1}\n")));
	}
	tt_buf_release(&body);
	end();
}

/* A connection has 48 KiB for the heads of the request and of the answer. */
static void an_answer_has_no_more_warnings_than_fit(void)
{
	static const struct tt_serve_cluster edge = {.name = {"edge", 4}};
	char agent[10000];
	struct tt_http_header headers[] = {
		{TT_STR("Content-Type"), TT_STR("application/json")},
		{TT_STR("User-Agent"), {agent, sizeof(agent)}},
	};
	struct tt_http_request request = {.method = "POST", .headers = headers, .n_headers = 2};
	struct tt_buf body;

	begin();
	tt_serve_set_clusters(s.serve, &edge, 1);
	memset(agent, 'a', sizeof(agent));
	tt_buf_init(&body, 1 << 20);
	tt_buf_text(
		&body, "{\"metadata\":{\"name\":\"x\"},\"involvedObject\":{\"namespace\":\"a\"}");
	for (int i = 0; i < 100; i++)
		tt_buf_printf(&body, ",\"%0900d\":1", i);
	tt_buf_char(&body, '}');
	request.body = tt_buf_view(&body);
	tap_int(send_to("/clusters/edge/api/v1/namespaces/a/events", &request), 201);
	tap_ok(tt_http_header(s.answer, "Warning").len > 900);
	tt_buf_release(&body);
	end();
}

static void methods_are_checked(void)
{
	static const struct {
		const char *method, *path;
		int status;
	} cases[] = {
		{"HEAD", "/v1/status", 200},
		{"HEAD", "/v1/records", 200},
		{"PUT", "/v1/records", 405},
		{"DELETE", "/v1/records", 405},
		{"POST", "/v1/events", 405},
		{"POST", "/v1/status", 405},
		{"POST", "/metrics", 405},
		{"PATCH", "/livez", 405},
		{"POST", "/v1/nothing", 404},
	};

	begin();
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct tt_http_request request = {.method = cases[i].method};
		int status = send_to(cases[i].path, &request);

		tap_okf(status == cases[i].status, "%s %s: %d", cases[i].method, cases[i].path,
			status);
		if (status == 405)
			answer_holds("\"reason\":\"MethodNotAllowed\"");
		if (status == 200)
			tap_int(s.body.len, 0);
	}
	end();
}

/* No page of another site reaches the API through a browser on this machine. */
static void other_hosts_and_origins_are_refused(void)
{
	static const struct {
		const char *name, *value;
		int status;
	} cases[] = {
		{"Host", "localhost:7447", 200},
		{"Host", "127.0.0.1", 200},
		{"Host", "127.8.8.8:1", 200},
		{"Host", "[::1]:7447", 200},
		{"Host", "telltale.example:7447", 403},
		{"Host", "localhost.example", 403},
		{"Host", "127.0.0.1.example:7447", 403},
		{"Host", "127.example", 403},
		{"Host", "192.0.2.1:7447", 403},
		{"Host", "[2001:db8::1]:7447", 403},
		{"Origin", "http://localhost:3000", 200},
		{"Origin", "http://127.0.0.1:7447", 200},
		{"Origin", "http://[::1]:7447", 200},
		{"Origin", "https://telltale.example", 403},
		{"Origin", "https://localhost.example", 403},
		{"Origin", "http://127.0.0.1.example", 403},
		{"Origin", "null", 403},
		{"Origin", "localhost", 403},
	};
	static const char *const paths[] = {"/v1/status", "/v1/records", "/metrics"};

	begin();
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		for (size_t k = 0; k < sizeof(paths) / sizeof(paths[0]); k++) {
			struct tt_http_header header = {
				tt_str_from(cases[i].name), tt_str_from(cases[i].value)};
			struct tt_http_request request = {.headers = &header, .n_headers = 1};
			int status = send_to(paths[k], &request);

			tap_okf(status == cases[i].status, "%s: %s, %s: %d", cases[i].name,
				cases[i].value, paths[k], status);
			if (status == 403)
				answer_holds("\"reason\":\"Forbidden\"");
		}
	end();
}

#define GOOD_LINE                                                                                  \
	"{\"type\":\"ADDED\",\"object\":{\"metadata\":{\"namespace\":\"n\",\"name\":\"e\","        \
	"\"resourceVersion\":\"5\"}}}\n"

static int add_collected(void *arg, struct tt_store *store)
{
	(void)arg;
	return tt_store_add_cluster(store, TT_STR("prod"), TT_CLUSTER_COLLECTED, NULL);
}

/* A request of which one line is wrong records nothing. */
static void wrong_posts_record_nothing(void)
{
	static const struct {
		const char *path, *type, *body;
		int status;
		const char *says;
	} cases[] = {
		{"?cluster=rec", "application/json", GOOD_LINE, 415,
			"the Content-Type must be application/x-ndjson"},
		{"?cluster=rec", "", GOOD_LINE, 415, "\"reason\":\"UnsupportedMediaType\""},
		{"", "application/x-ndjson", GOOD_LINE, 400,
			"the query parameter \\\"cluster\\\" is missing"},
		{"?cluster=", "application/x-ndjson", GOOD_LINE, 400, "is missing"},
		{"?cluster=rec&after=1", "application/x-ndjson", GOOD_LINE, 400,
			"unknown query parameter \\\"after\\\""},
		{"?cluster=Not_A_Name", "application/x-ndjson", GOOD_LINE, 400, "Not_A_Name"},
		{"?cluster=prod", "application/x-ndjson", GOOD_LINE, 405,
			"cluster \\\"prod\\\" is collected from its API server"},
		{"?cluster=rec", "application/x-ndjson", "nothing\n", 400, "line 1: "},
		{"?cluster=rec", "application/x-ndjson", GOOD_LINE "\n" GOOD_LINE "{\"type\":", 400,
			"line 4: "},
		{"?cluster=rec", "application/x-ndjson", GOOD_LINE "{\"type\":\"ADDED\"}\n", 400,
			"line 2: "},
	};

	begin();
	tap_int(tt_ingest_call(s.ingest, add_collected, NULL), 0);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct tt_http_header type = {TT_STR("Content-Type"), tt_str_from(cases[i].type)};
		struct tt_http_request request = {.method = "POST",
			.headers = &type,
			.n_headers = 1,
			.body = tt_str_from(cases[i].body)};
		char path[100];

		(void)snprintf(path, sizeof(path), "/v1/records%s", cases[i].path);
		int status = send_to(path, &request);

		tap_okf(status == cases[i].status, "case %zu: %d", i, status);
		answer_holds(cases[i].says);
		tap_int(tt_store_head(s.store), 0);
	}
	end();
}

static void a_body_that_is_too_large_is_refused(void)
{
	enum { MAX_BYTES = 3 << 20 };
	struct tt_buf body;

	begin();
	tt_buf_init(&body, 4 << 20);
	tt_buf_text(&body, GOOD_LINE);
	while (body.len < MAX_BYTES)
		tt_buf_char(&body, '\n');
	tap_int(ask("/v1/records?cluster=rec", tt_buf_view(&body)), 200);
	answer_holds("\"recorded\":1,");
	tt_buf_char(&body, '\n');
	tap_int(ask("/v1/records?cluster=new", tt_buf_view(&body)), 413);
	answer_holds("\"message\":\"Request entity too large: limit is 3145728\","
		     "\"reason\":\"RequestEntityTooLarge\",\"code\":413");
	tap_int(get("/v1/records?cluster=new"), 404);
	tt_buf_release(&body);
	end();
}

/* The value of a metric, of cluster rec; -1 if it is not there. */
static long long books(const char *name, const char *more)
{
	char wanted[200];

	(void)snprintf(
		wanted, sizeof(wanted), "\ntelltale_%s_total{cluster=\"rec\"%s} ", name, more);
	ptrdiff_t at = tt_str_find(tt_buf_view(&s.body), tt_str_from(wanted));

	return at < 0 ? -1 : strtoll(s.body.data + at + strlen(wanted), NULL, 10);
}

static void the_books_balance(void)
{
	const struct tt_str mixed = TT_STR(
		"{\"type\":\"BOOKMARK\",\"object\":{\"kind\":\"Event\",\"metadata\":{"
		"\"resourceVersion\":\"9\"}}}\n" GOOD_LINE GOOD_LINE
		"{\"type\":\"DELETED\",\"object\":{\"metadata\":{\"namespace\":\"n\","
		"\"name\":\"e\",\"resourceVersion\":\"6\"}}}\n");

	begin();
	post("rec", 0, 30, "\"recorded\":30,");
	post("rec", 20, 20, "\"recorded\":10,\"duplicates\":10,");
	post("other", 0, 5, "\"recorded\":5,");
	tap_int(ask("/v1/records?cluster=rec", mixed), 200);
	tap_int(ask("/v1/records?cluster=rec", TT_STR("wrong\n")), 400);
	tap_int(get("/metrics"), 200);
	tap_int(books("events_received", ""), 53);
	tap_int(books("events_recorded", ""), 41);
	tap_int(books("events_duplicate", ""), 11);
	tap_int(books("events_deleted", ""), 1);
	tap_int(books("events_refused", ",reason=\"undecodable\""), 0);
	tap_int(books("events_refused", ",reason=\"too_large\""), 0);
	tap_int(books("gaps", ",lost=\"events\""), 0);
	answer_holds("\ntelltale_log_head 46\n");
	answer_holds("\ntelltale_events_received_total{cluster=\"other\"} 5\n");
	end();
}

enum { SLOW = 40 };

/* One who asks for much and does not read it. */
struct slow {
	struct tt_http_client *client;
	struct tt_http_exchange *answer;
};

static void slow_open(struct slow *slow, const char *path, const char *accept, bool gzip)
{
	const struct tt_http_header header = {TT_STR("Accept"), tt_str_from(accept)};
	char url[200];
	struct tt_http_request request = {.url = url, .headers = &header, .n_headers = 1};

	(void)snprintf(url, sizeof(url), "http://%s%s", tt_serve_address(s.serve), path);
	tap_int(tt_http_client_new(&slow->client,
			&(struct tt_http_client_options){.no_compression = !gzip}, NULL),
		0);
	tap_int(tt_http_open(slow->client, &request, &slow->answer, NULL), 0);
}

/* What it was answered, into s.body. */
static void slow_read(struct slow *slow)
{
	tt_buf_clear(&s.body);
	tap_int(tt_http_read_all(slow->answer, LONG, &s.body, NULL), 0);
}

static void slow_close(struct slow *slow)
{
	tt_http_close(slow->answer);
	tt_http_client_free(slow->client);
}

/* Memory stays bounded, and others are answered. */
static void slow_readers_do_not_take_all_memory(void)
{
	struct slow slow[SLOW];

	begin_with(8 << 20);
	for (unsigned i = 0; i < 21000; i += 7000)
		post("rec", i, 7000, "\"recorded\":7000,");
	for (size_t i = 0; i < SLOW; i++)
		slow_open(&slow[i], "/v1/records?limit=10000", "*/*", false);
	tap_int(get("/v1/records?after=20000"), 200);
	tap_int(lines(), 1001);
	tap_int(get("/v1/events?limit=0"), 200); /* these wait for no one */
	tap_int(lines(), 21001);
	for (size_t i = 0; i < SLOW; i++) {
		slow_read(&slow[i]);
		tap_int(lines(), 10001);
		slow_close(&slow[i]);
	}
	end();
}

/* Posts events with 2,000 bytes of message. */
static void post_long(unsigned from, unsigned n)
{
	struct tt_buf body;

	tt_buf_init(&body, 3 << 20);
	for (unsigned i = from; i < from + n; i++)
		tt_buf_printf(&body,
			"{\"type\":\"ADDED\",\"object\":{\"metadata\":{\"namespace\":\"a\","
			"\"name\":\"event-%u\",\"resourceVersion\":\"%u\",\"creationTimestamp\":"
			"\"2026-01-02T03:04:05Z\"},\"message\":\"%02000u\"}}\n",
			i, i + 1, i);
	tap_int(ask("/v1/records?cluster=rec", tt_buf_view(&body)), 200);
	tt_buf_release(&body);
}

/* A protobuf list is held while its length is counted, but not of as many as ask for one. */
static void slow_lists_do_not_take_all_memory(void)
{
	enum { MAX_BYTES = 16 << 20 };
	struct slow slow[SLOW];
	struct tt_buf first;

	begin_with(MAX_BYTES);
	for (unsigned i = 0; i < 3000; i += 1000)
		post_long(i, 1000);
	size_t before = mallinfo2().uordblks;

	for (size_t i = 0; i < SLOW; i++)
		slow_open(&slow[i], "/clusters/rec/at/2026-01-02T04:00:00Z/last/6h/api/v1/events",
			"application/vnd.kubernetes.protobuf", i == 0);
	size_t taken = mallinfo2().uordblks - before;

	tap_okf(taken < 3 * (size_t)MAX_BYTES, "%zu bytes", taken);
	tt_buf_init(&first, 128 << 20);
	for (size_t i = 0; i < SLOW; i++) {
		slow_read(&slow[i]);
		if (i == 0)
			tt_buf_str(&first, tt_buf_view(&s.body));
		tap_ok(tt_str_eq(tt_buf_view(&s.body), tt_buf_view(&first)));
		slow_close(&slow[i]);
	}
	tap_okf(first.len > 6000000, "%zu bytes", first.len);
	tt_buf_release(&first);
	end();
}

static void too_much_at_once_is_put_off(void)
{
	struct tt_buf body;
	struct slow slow;

	begin_with(1 << 20);
	tt_buf_init(&body, 3 << 20);
	put_events(&body, 7000, 700);
	for (unsigned i = 0; i < 7000; i += 100)
		post("rec", i, 100, "\"recorded\":100,");
	slow_open(&slow, "/v1/events?limit=0", "*/*", false);
	tap_int(ask("/v1/records?cluster=rec", tt_buf_view(&body)), 429);
	tap_int(tt_http_retry_after(s.answer), 1);
	answer_holds("\"reason\":\"TooManyRequests\",\"details\":{\"retryAfterSeconds\":1},");
	slow_close(&slow);
	for (int i = 0; i < 100 && ask("/v1/records?cluster=rec", tt_buf_view(&body)) == 429; i++)
		(void)usleep(20000);
	answer_holds("\"recorded\":700,");
	tt_buf_release(&body);
	end();
}

int main(void)
{
	tap_test("a full tail does not make posting dear", a_full_tail_does_not_make_posting_dear);
	tap_test("what is known is not recorded twice", what_is_known_is_not_recorded_twice);
	tap_test("an unknown cluster is not found", an_unknown_cluster_is_not_found);
	tap_test("an empty answer says where events are", an_empty_answer_says_where_events_are);
	tap_test("every limit is honoured", every_limit_is_honoured);
	tap_test("wrong parameters are refused", wrong_parameters_are_refused);
	tap_test("parameters choose records", parameters_choose_records);
	tap_test("no answer has more than 10000 records", no_answer_has_more_than_10000_records);
	tap_test("what is far longer as JSON can be read", what_is_far_longer_as_json_can_be_read);
	tap_test(
		"an answer has no more warnings than fit", an_answer_has_no_more_warnings_than_fit);
	tap_test("methods are checked", methods_are_checked);
	tap_test("other hosts and origins are refused", other_hosts_and_origins_are_refused);
	tap_test("wrong posts record nothing", wrong_posts_record_nothing);
	tap_test("a body that is too large is refused", a_body_that_is_too_large_is_refused);
	tap_test("the books balance", the_books_balance);
	tap_test("slow readers do not take all memory", slow_readers_do_not_take_all_memory);
	tap_test("slow lists do not take all memory", slow_lists_do_not_take_all_memory);
	tap_test("too much at once is put off", too_much_at_once_is_put_off);
	return tap_done();
}
