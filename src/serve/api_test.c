/* SPDX-License-Identifier: Apache-2.0 */
/* The native API as a client sees it: a log, its writing thread and the server in this process. */
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "net/http_client.h"
#include "serve/serve.h"
#include "store/ingest.h"
#include "store/sample_test.h"
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

/* Asks for `path`, with `body` as a POST if it is not empty; the status, with the answer in `s`. */
static int ask(const char *path, struct tt_str body)
{
	static const struct tt_http_header type = {
		{"Content-Type", 12}, {"application/x-ndjson", 20}};
	char url[512];
	struct tt_http_request request = {.url = url, .headers = &type, .n_headers = 1};
	struct tt_err err = {0};

	(void)snprintf(url, sizeof(url), "http://%s%s", tt_serve_address(s.serve), path);
	if (body.len > 0) {
		request.method = "POST";
		request.body = body;
		request.has_body = true;
	}
	tt_http_close(s.answer);
	s.answer = NULL;
	tt_buf_clear(&s.body);
	if (!tap_okf(tt_http_open(s.client, &request, &s.answer, &err) == 0, "%s", err.msg) ||
		!tap_okf(tt_http_read_all(s.answer, LONG, &s.body, &err) == 0, "%s", err.msg))
		return -1;
	return tt_http_status(s.answer);
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
	is_warned("none of the 7 events of cluster small is meant; others have: big 1,300");
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

/* Many who ask for much and do not read it: memory stays bounded, and the others are told. */
static void slow_readers_do_not_take_all_memory(void)
{
	enum { SLOW = 40 };
	struct tt_http_client *clients[SLOW];
	struct tt_http_exchange *answers[SLOW] = {0};
	char url[100];

	begin_with(8 << 20);
	for (unsigned i = 0; i < 21000; i += 7000)
		post("rec", i, 7000, "\"recorded\":7000,");
	(void)snprintf(
		url, sizeof(url), "http://%s/v1/records?limit=10000", tt_serve_address(s.serve));
	struct tt_http_request request = {.url = url};

	for (size_t i = 0; i < SLOW; i++) {
		tap_int(tt_http_client_new(&clients[i],
				&(struct tt_http_client_options){.no_compression = true}, NULL),
			0);
		tap_int(tt_http_open(clients[i], &request, &answers[i], NULL), 0);
	}
	tap_int(get("/v1/records?after=20000"), 200);
	tap_int(lines(), 1001);
	tap_int(get("/v1/events?limit=0"), 200); /* these wait for no one */
	tap_int(lines(), 21001);
	for (size_t i = 0; i < SLOW; i++) {
		tt_buf_clear(&s.body);
		tap_int(tt_http_read_all(answers[i], LONG, &s.body, NULL), 0);
		tap_int(lines(), 10001);
		tt_http_close(answers[i]);
		tt_http_client_free(clients[i]);
	}
	end();
}

static void too_much_at_once_is_put_off(void)
{
	struct tt_http_exchange *answer;
	struct tt_http_client *slow;
	struct tt_buf body;
	char url[100];

	begin_with(1 << 20);
	tt_buf_init(&body, 3 << 20);
	put_events(&body, 7000, 700);
	for (unsigned i = 0; i < 7000; i += 100)
		post("rec", i, 100, "\"recorded\":100,");
	(void)snprintf(url, sizeof(url), "http://%s/v1/events?limit=0", tt_serve_address(s.serve));
	tap_int(tt_http_client_new(
			&slow, &(struct tt_http_client_options){.no_compression = true}, NULL),
		0);
	tap_int(tt_http_open(slow, &(struct tt_http_request){.url = url}, &answer, NULL), 0);
	tap_int(ask("/v1/records?cluster=rec", tt_buf_view(&body)), 429);
	tap_int(tt_http_retry_after(s.answer), 1);
	tt_http_close(answer);
	tt_http_client_free(slow);
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
	tap_test("slow readers do not take all memory", slow_readers_do_not_take_all_memory);
	tap_test("too much at once is put off", too_much_at_once_is_put_off);
	return tap_done();
}
