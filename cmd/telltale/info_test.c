/* SPDX-License-Identifier: Apache-2.0 */
#include "telltale/info.h"

#include "base/arena.h"
#include "store/store.h"
#include "tap/tap.h"
#include "telltale/api.h"
#include "telltale/outage.h"
#include "telltale/source.h"

static const char status[] =
	"{\"log\":\"3f2c\",\"head\":18,\"oldest\":1,\"bytes\":73211,\"walBytes\":5,"
	"\"reserveBytes\":9,\"new\":[{}],"
	"\"clusters\":[{\"name\":\"lab\",\"kind\":\"recording\",\"state\":\"stopped\","
	"\"resourceVersion\":\"0\",\"lastProof\":null,\"lastEvent\":null,\"events\":0,\"gaps\":0,"
	"\"watches\":[]},"
	"{\"name\":\"prod\",\"kind\":\"collected\",\"state\":\"watching\","
	"\"resourceVersion\":\"4711\","
	"\"lastProof\":\"2023-11-14T22:13:20.000000Z\",\"lastEvent\":null,\"events\":17,\"gaps\":1,"
	"\"watches\":[{\"connected\":false,\"namespace\":\"a\",\"state\":\"backing-off\","
	"\"problem\":\"refused\"},{\"connected\":true}]}],"
	"\"readers\":[{\"name\":\"sink/es\",\"cursor\":12,\"lag\":6}]}\n";

static void test_the_status_of_a_daemon_is_read(void)
{
	struct tt_arena arena = {0};
	struct tt_source_info info;
	struct tt_err err;

	tap_int(tt_info_parse(&info, tt_str_from(status), &arena, &err), 0);
	tap_str(info.log, "3f2c");
	tap_int(info.head, 18);
	tap_int(info.wal_bytes, 5);
	tap_int(info.reserve_bytes, 9);
	tap_int(info.n_clusters, 2);
	const struct tt_cluster_info *prod = &info.clusters[1];

	tap_str(prod->name, "prod");
	tap_str(prod->state, "watching");
	tap_str(prod->resource_version, "4711");
	tap_int(prod->last_proof_us, 1700000000000000);
	tap_ok(prod->last_event_us == TT_TIME_ZERO);
	tap_int(prod->n_watches, 2);
	tap_str(prod->watches[0].problem, "refused");
	tap_ok(!prod->watches[0].connected && prod->watches[1].connected);
	tap_str(info.readers[0].name, "sink/es");
	tap_int(info.readers[0].lag, 6);
	tap_int(tt_info_parse(&info, TT_STR("{\"log\":"), &arena, &err), TT_EIO);
	tap_int(tt_info_parse(&info, TT_STR("<html>"), &arena, &err), TT_EIO);
	tt_arena_release(&arena);
}

static void test_the_collected_cluster_is_the_default(void)
{
	struct tt_cluster_info clusters[] = {
		{.name = TT_STR("rec"), .kind = TT_STR("recording")},
		{.name = TT_STR("host"), .kind = TT_STR("hosted")},
		{.name = TT_STR("old"), .kind = TT_STR("collected")},
		{.name = TT_STR("now"),
			.kind = TT_STR("collected"),
			.state = TT_STR("watching"),
			.n_watches = 1},
	};
	static const char *const want[] = {"", "rec", "host", "old", "now"};

	for (size_t n = 0; n <= 4; n++) {
		struct tt_source_info info = {.clusters = clusters, .n_clusters = n};

		tap_str(tt_source_default_cluster(&info), want[n]);
	}
}

static void test_the_store_says_the_same_as_a_daemon(void)
{
	struct tt_position positions[] = {
		{.rv = 9, .last_proof_us = 1700000000000000},
		{.rv = 7, .last_proof_us = 1600000000000000},
	};
	struct tt_cluster_status cluster = {
		.name = TT_STR("prod"),
		.events = 3,
		.last_event_us = TT_TIME_ZERO,
		.positions = positions,
		.n_positions = 2,
	};
	struct tt_store_status store = {
		.log = TT_STR("3f2c"),
		.head = 3,
		.oldest = 1,
		.bytes = 4096,
		.reserve_bytes = 8192,
		.first_recorded_us = TT_TIME_ZERO,
		.last_recorded_us = 1700000000000000,
		.clusters = &cluster,
		.n_clusters = 1,
	};
	struct tt_arena arena = {0};
	struct tt_source_info info;

	tt_info_from_store(&info, &store, &arena);
	tap_str(info.clusters[0].resource_version, "7");
	tap_int(info.clusters[0].last_proof_us, 1600000000000000);
	tap_str(info.json,
		"{\"log\":\"3f2c\",\"head\":3,\"oldest\":1,\"bytes\":4096,\"walBytes\":0,"
		"\"reserveBytes\":8192,"
		"\"firstRecorded\":null,\"lastRecorded\":\"2023-11-14T22:13:20.000000Z\","
		"\"clusters\":[{\"name\":\"prod\",\"kind\":\"collected\",\"state\":null,"
		"\"resourceVersion\":\"7\",\"lastProof\":\"2020-09-13T12:26:40.000000Z\","
		"\"lastEvent\":null,\"events\":3,\"gaps\":0,\"watches\":[]}],\"readers\":[]}\n");
	tt_arena_release(&arena);
}

static void test_old_proofs_and_logs_that_nobody_writes_are_open_gaps(void)
{
	static const struct {
		const char *kind;
		bool is_held;
		int64_t age_s;
		bool connected;
		const char *problem;
	} rows[] = {
		{"collected", true, 100, true, ""},
		{"collected", true, 200, false, "it is disconnected"},
		{"collected", false, 100, false, "telltaled is not running"},
		{"recording", false, 900, true, ""},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const int64_t now_us = 1700000000000000;
		struct tt_watch_info watch = {
			.connected = true, .last_proof_us = now_us - rows[i].age_s * 1000000};
		struct tt_cluster_info cluster = {
			.kind = tt_str_from(rows[i].kind), .watches = &watch, .n_watches = 1};
		struct tt_source_info info = {.clusters = &cluster, .n_clusters = 1};

		tt_info_mark_open_gaps(&info, rows[i].is_held, now_us);
		tap_ok(watch.connected == rows[i].connected);
		tap_str(watch.problem, rows[i].problem);
	}
}

static void test_an_open_gap_is_a_sentence_for_those_it_concerns(void)
{
	const struct tt_watch_info watch = {
		.namespace = TT_STR("shop"),
		.state = TT_STR("backing-off"),
		.problem = TT_STR("no answer"),
		.last_proof_us = 1700000000000000,
	};
	const struct tt_filter all = {0}, other = {.cluster = TT_STR("b")},
			       elsewhere = {.namespace = TT_STR("default")},
			       before = {.until_us = 1600000000000000};
	struct tt_buf to;

	tt_buf_init(&to, 1024);
	tt_outage_put(&to, TT_STR("a"), &watch);
	tap_str(tt_buf_view(&to), "cluster a, namespace shop: disconnected since "
				  "2023-11-14T22:13:20Z: no answer");
	tt_buf_release(&to);
	tap_ok(tt_outage_concerns(TT_STR("a"), &watch, &all));
	tap_ok(!tt_outage_concerns(TT_STR("a"), &watch, &other));
	tap_ok(!tt_outage_concerns(TT_STR("a"), &watch, &elsewhere));
	tap_ok(!tt_outage_concerns(TT_STR("a"), &watch, &before));
}

static void test_warning_headers_are_undone(void)
{
	static const struct {
		const char *header, *want;
	} rows[] = {
		{"299 - \"collecting only since now\"", "collecting only since now"},
		{"299 - \"a \\\"b\\\" \\\\ c\"", "a \"b\" \\ c"},
		{"299 - \"x\" \"Tue, 01 Jan\"", "x"},
		{"199 - \"other\"", ""},
		{"299 -", ""},
		{"", ""},
	};
	struct tt_arena arena = {0};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		tap_str(tt_warning_text(tt_str_from(rows[i].header), &arena), rows[i].want);
	tt_arena_release(&arena);
}

static void test_parameters_are_encoded(void)
{
	struct tt_buf path;

	tt_buf_init(&path, 4096);
	tt_buf_text(&path, "/v1/events");
	tt_api_put_param(&path, "cluster", TT_STR(""));
	tt_api_put_param(&path, "grep", TT_STR("a b&c=\xc3\xa9+%"));
	tt_api_put_number(&path, "limit", 501);
	tt_api_put_time(&path, "since", 1700000000000001);
	tt_api_put_time(&path, "until", TT_TIME_ZERO);
	tap_str(tt_buf_view(&path), "/v1/events?grep=a%20b%26c%3D%C3%A9%2B%25&limit=501"
				    "&since=2023-11-14T22:13:20.000001Z");
	tt_buf_release(&path);
}

int main(void)
{
	tap_test("the_status_of_a_daemon_is_read", test_the_status_of_a_daemon_is_read);
	tap_test("the_collected_cluster_is_the_default", test_the_collected_cluster_is_the_default);
	tap_test("the_store_says_the_same_as_a_daemon", test_the_store_says_the_same_as_a_daemon);
	tap_test("old_proofs_and_logs_that_nobody_writes_are_open_gaps",
		test_old_proofs_and_logs_that_nobody_writes_are_open_gaps);
	tap_test("an_open_gap_is_a_sentence_for_those_it_concerns",
		test_an_open_gap_is_a_sentence_for_those_it_concerns);
	tap_test("warning_headers_are_undone", test_warning_headers_are_undone);
	tap_test("parameters_are_encoded", test_parameters_are_encoded);
	return tap_done();
}
