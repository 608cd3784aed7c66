/* SPDX-License-Identifier: Apache-2.0 */
#include "kube/client.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/clock.h"
#include "kube/target.h"
#include "kube/test_server.h"
#include "tap/tap.h"

static struct tt_test_server *server;

/* A client of the test server, and what it was last told. */
struct fixture {
	struct tt_kube_target target;
	struct tt_kube_client *client;
	struct tt_arena arena;
	struct tt_kube_reply reply;
	struct tt_listmeta meta;
	struct tt_kube_watch *watch;
	struct tt_watch_frame frame;
	struct tt_err err;
	int items, bad_items;
	size_t longest;          /* message of an item */
	struct tt_str last_name; /* of the last item, in `arena` */
};

static void set_up_with(struct fixture *f, bool json, size_t max_object_bytes)
{
	struct tt_kube_client_options options = {
		.target = &f->target, .json_only = json, .max_object_bytes = max_object_bytes};

	if (f->target.server == NULL)
		f->target.server = tt_test_server_info(server, "url");
	if (f->target.ca_file == NULL && f->target.ca_pem == NULL)
		f->target.ca_file = tt_test_server_info(server, "ca");
	(void)tt_test_server_command(server, "[{\"op\":\"rules\",\"rules\":[]},{\"op\":\"tokens\","
					     "\"tokens\":[]},{\"op\":\"requests\"}]");
	tap_okf(tt_kube_client_new(&f->client, &options, &f->err) == 0, "%s", f->err.msg);
}

static void set_up(struct fixture *f, bool json)
{
	*f = (struct fixture){0};
	set_up_with(f, json, 0);
}

static void tear_down(struct fixture *f)
{
	tt_kube_watch_close(f->watch);
	tt_kube_client_free(f->client);
	tt_arena_release(&f->arena);
}

static uint64_t number_in(struct tt_str json, const char *key)
{
	char quoted[32];
	const char *at;

	(void)snprintf(quoted, sizeof(quoted), "\"%s\": ", key);
	at = json.len > 0 ? strstr(json.data, quoted) : NULL;
	return at != NULL ? strtoull(at + strlen(quoted), NULL, 10) : 0;
}

static uint64_t head_rv(void)
{
	return number_in(tt_test_server_command(server, "{\"op\":\"state\"}"), "rv");
}

static int take_item(void *arg, const struct tt_event *e, const struct tt_err *item_err)
{
	struct fixture *f = arg;

	f->items++;
	f->bad_items += item_err != NULL;
	f->longest = e->message.len > f->longest ? e->message.len : f->longest;
	f->last_name = tt_str_dup(&f->arena, e->metadata.name);
	return 0;
}

static int list(struct fixture *f, const char *namespace, unsigned limit, struct tt_str token)
{
	struct tt_kube_list_params params = {.namespace = tt_str_from(namespace),
		.limit = limit,
		.continue_token = token,
		.timeout_ns = 1LL * TT_NS_PER_S,
		.sink = {take_item, f}};

	f->err = (struct tt_err){0};
	return tt_kube_list(f->client, &params, &f->meta, &f->arena, &f->reply, &f->err);
}

static int open_watch(struct fixture *f, uint64_t rv)
{
	struct tt_kube_watch_params params = {.resource_version = rv, .timeout_seconds = 60};

	tt_kube_watch_close(f->watch);
	f->err = (struct tt_err){0};
	return tt_kube_watch_open(f->client, &params, &f->watch, &f->arena, &f->reply, &f->err);
}

static enum tt_kube_watch_event next(struct fixture *f)
{
	f->err = (struct tt_err){0};
	return tt_kube_watch_next(f->watch, 5LL * TT_NS_PER_S, &f->arena, &f->frame, &f->err);
}

static void rule(const char *json)
{
	(void)tt_test_server_command(server, "{\"op\":\"rules\",\"rules\":[%s]}", json);
}

static void empty_and_fill(int n, int bytes)
{
	(void)tt_test_server_command(
		server, "[{\"op\":\"delete\"},{\"op\":\"fill\",\"n\":%d,\"bytes\":%d}]", n, bytes);
}

static void pages_and_whole_lists_in_both_encodings(void)
{
	empty_and_fill(25, 40);
	for (int json = 0; json < 2; json++) {
		struct fixture f;

		set_up(&f, json);
		tap_okf(list(&f, "", 0, (struct tt_str){0}) == 0, "%s", f.err.msg);
		tap_int(f.reply.http_status, 200);
		tap_int(f.items, 25);
		tap_int(f.longest, 40);
		tap_int(f.meta.continue_token.len, 0);
		tap_int(list(&f, "default", 10, (struct tt_str){0}), 0);
		tap_int(list(&f, "default", 10, f.meta.continue_token), 0);
		tap_int(f.items, 45);
		tap_int(f.meta.remaining_item_count, 5);
		tap_int(list(&f, "default", 10, f.meta.continue_token), 0);
		tap_int(f.items, 50);
		tap_int(f.bad_items, 0);
		tap_int(list(&f, "elsewhere", 10, (struct tt_str){0}), 0);
		tap_int(f.items, 50);
		tap_ok(f.meta.resource_version.len > 0);
		tear_down(&f);
	}
}

static void a_large_list_comes_compressed_and_a_watch_does_not(void)
{
	struct fixture f;

	empty_and_fill(2000, 500);
	set_up(&f, false);
	tap_int(list(&f, "", 0, (struct tt_str){0}), 0);
	tap_int(f.items, 2000);
	tap_int(open_watch(&f, head_rv()), 0);
	struct tt_str requests = tt_test_server_command(server, "{\"op\":\"requests\"}");

	tap_ok(tt_str_find(requests, TT_STR("\"acceptEncoding\": \"gzip\"")) >= 0);
	tap_ok(tt_str_find(requests, TT_STR("\"acceptEncoding\": \"identity\"")) >= 0);
	tap_ok(tt_str_find(requests,
		       TT_STR("protobuf;stream=watch,application/json;stream=watch")) >= 0);
	tear_down(&f);
}

static void one_object_can_be_fetched(void)
{
	for (int json = 0; json < 2; json++) {
		struct fixture f;
		struct tt_str body;
		struct tt_event e;

		empty_and_fill(1, 40);
		set_up(&f, json);
		tap_int(tt_kube_get(f.client,
				"/api/v1/namespaces/default/events/e-000000.1000000000000000",
				&f.arena, &f.reply, &body, &f.err),
			0);
		tap_int(f.reply.http_status, 200);
		tap_int(tt_event_decode(&e, f.reply.encoding, body, &f.arena, &f.err), 0);
		tap_str(e.reason, "Filled");
		tap_int(tt_kube_get(f.client, "/api/v1/namespaces/default/events/gone", &f.arena,
				&f.reply, &body, &f.err),
			0);
		tap_int(f.reply.http_status, 404);
		tap_str(f.reply.status.reason, "NotFound");
		tap_str(f.reply.status.message, "events \"gone\" not found");
		tap_int(body.len, 0);
		tear_down(&f);
	}
}

static void refusals_are_told_with_code_reason_and_wait(void)
{
	static const struct {
		const char *rule, *reason, *message;
		int status, retry_after;
	} cases[] = {
		{"{\"status\":403,\"reason\":\"Forbidden\",\"message\":\"events is forbidden\"}",
			"Forbidden", "events is forbidden", 403, -1},
		{"{\"status\":429,\"text\":\"Too many requests, please try again later.\\n\","
		 "\"retryAfter\":7}",
			"", "Too many requests, please try again later.", 429, 7},
		{"{\"status\":429,\"reason\":\"TooManyRequests\",\"message\":\"m\","
		 "\"retryAfter\":3,\"retryAfterHeader\":false}",
			"TooManyRequests", "m", 429, 3},
		{"{\"status\":429,\"reason\":\"TooManyRequests\",\"message\":\"m\"}",
			"TooManyRequests", "m", 429, -1},
		{"{\"status\":503,\"text\":\"\"}", "", "", 503, -1},
		{"{\"status\":500,\"text\":\"a\\u0007b\\u001b[31mc\"}", "", "a b [31mc", 500, -1},
		{"{\"status\":500,\"reason\":\"x\",\"message\":\"y\",\"contentType\":\"text/html\","
		 "\"text\":\"<p>z\"}",
			"", "<p>z", 500, -1},
	};

	for (int json = 0; json < 2; json++) {
		for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
			struct fixture f;

			set_up(&f, json);
			rule(cases[i].rule);
			tap_int(list(&f, "", 0, (struct tt_str){0}), 0);
			tap_int(f.reply.http_status, cases[i].status);
			tap_int(f.reply.status.code, cases[i].status);
			tap_int(f.reply.retry_after_seconds, cases[i].retry_after);
			tap_str(f.reply.status.reason, cases[i].reason);
			tap_str(f.reply.status.message, cases[i].message);
			rule(cases[i].rule);
			tap_int(open_watch(&f, 0), 0);
			tap_ok(f.watch == NULL);
			tap_int(f.reply.http_status, cases[i].status);
			tear_down(&f);
		}
	}
}

static void a_long_text_of_a_refusal_is_clipped(void)
{
	struct fixture f;
	char text[2048], json[2200];

	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	(void)snprintf(json, sizeof(json), "{\"status\":429,\"text\":\"%s\"}", text);
	set_up(&f, false);
	rule(json);
	tap_int(list(&f, "", 0, (struct tt_str){0}), 0);
	tap_int(f.reply.status.message.len, 259);
	tap_ok(tt_str_ends(f.reply.status.message, TT_STR("xx...")));
	tear_down(&f);
}

static void an_expired_page_is_410_with_a_new_token(void)
{
	for (int json = 0; json < 2; json++) {
		struct fixture f;

		empty_and_fill(10, 40);
		set_up(&f, json);
		tap_int(list(&f, "", 4, (struct tt_str){0}), 0);
		(void)tt_test_server_command(
			server, "[{\"op\":\"bump\",\"by\":5},{\"op\":\"compact\"}]");
		struct tt_str token = f.meta.continue_token;

		tap_int(list(&f, "", 4, token), 0);
		tap_int(f.reply.http_status, 410);
		tap_str(f.reply.status.reason, "Expired");
		tap_ok(f.reply.status.continue_token.len > 0);
		tap_int(f.items, 4);
		tear_down(&f);
	}
}

static void a_watch_hands_over_what_happens(void)
{
	for (int json = 0; json < 2; json++) {
		struct fixture f;

		empty_and_fill(1, 40);
		set_up(&f, json);
		uint64_t rv = head_rv();

		tap_okf(open_watch(&f, rv) == 0, "%s", f.err.msg);
		tap_int(f.reply.http_status, 200);
		tap_int(tt_kube_watch_next(f.watch, 0, &f.arena, &f.frame, &f.err), TT_KUBE_IDLE);
		tap_int(tt_kube_watch_next(f.watch, TT_NS_PER_S / 20, &f.arena, &f.frame, &f.err),
			TT_KUBE_IDLE);
		(void)tt_test_server_command(server,
			"[{\"op\":\"put\",\"events\":[{\"metadata\":{\"name\":\"n\"},"
			"\"reason\":\"A\"}]},"
			"{\"op\":\"put\",\"events\":[{\"metadata\":{\"name\":\"n\"},"
			"\"reason\":\"B\"}]},"
			"{\"op\":\"delete\",\"name\":\"n\"}]");
		static const enum tt_watch_type types[] = {
			TT_WATCH_ADDED, TT_WATCH_MODIFIED, TT_WATCH_DELETED};
		struct tt_str reasons[3];

		for (size_t i = 0; i < 3; i++) {
			uint64_t got = 0;

			tap_int(next(&f), TT_KUBE_FRAME);
			tap_int(f.frame.type, types[i]);
			tap_ok(tt_event_rv(&f.frame.event, &got) && got == rv + 1 + i);
			reasons[i] = f.frame.event.reason;
		}
		/* Texts live until the arena is cleared. */
		tap_str(reasons[0], "A");
		tap_str(reasons[1], "B");
		(void)tt_test_server_command(server, "{\"op\":\"end\"}");
		tap_int(next(&f), TT_KUBE_END);
		tap_int(next(&f), TT_KUBE_END);
		tear_down(&f);
	}
}

static void a_burst_is_read_without_a_loss(void)
{
	for (int json = 0; json < 2; json++) {
		struct fixture f;
		int frames = 0;
		uint64_t rv, last, got = 0;

		empty_and_fill(0, 40);
		set_up(&f, json);
		rv = last = head_rv();
		tap_int(open_watch(&f, rv), 0);
		(void)tt_test_server_command(
			server, "[{\"op\":\"fill\",\"n\":3000,\"bytes\":300},{\"op\":\"end\"}]");
		while (next(&f) == TT_KUBE_FRAME) {
			frames++;
			if (!tt_event_rv(&f.frame.event, &got) || got != last + 1 ||
				f.frame.event.message.len != 300)
				break;
			last = got;
			if (frames % 500 == 0)
				tt_arena_clear(&f.arena);
		}
		tap_int(frames, 3000);
		tap_int(last, rv + 3000);
		tear_down(&f);
	}
}

static void an_error_frame_is_given_as_a_status(void)
{
	for (int json = 0; json < 2; json++) {
		struct fixture f;

		empty_and_fill(3, 40);
		(void)tt_test_server_command(server, "{\"op\":\"compact\"}");
		set_up(&f, json);
		tap_int(open_watch(&f, 1), 0);
		tap_int(next(&f), TT_KUBE_FRAME);
		tap_int(f.frame.type, TT_WATCH_ERROR);
		tap_int(f.frame.status.code, 410);
		tap_str(f.frame.status.reason, "Expired");
		tap_int(next(&f), TT_KUBE_END);
		tear_down(&f);
	}
}

/* How a watch over two events fares under a rule; each letter is what next() gave. */
static void watch_under(struct fixture *f, const char *json_rule, char *to, size_t size)
{
	static const char letters[] = {[TT_KUBE_FRAME] = 'F',
		[TT_KUBE_BAD_FRAME] = 'b',
		[TT_KUBE_END] = 'E',
		[TT_KUBE_IDLE] = 'I',
		[TT_KUBE_BROKEN] = 'X',
		[TT_KUBE_CANCELED] = 'C'};
	size_t n = 0;
	uint64_t rv = head_rv();

	(void)tt_test_server_command(server, "{\"op\":\"fill\",\"n\":2,\"prefix\":\"w\"}");
	rule(json_rule);
	tap_int(open_watch(f, rv), 0);
	while (n + 1 < size) {
		enum tt_kube_watch_event event = next(f);

		to[n++] = letters[event];
		if (event != TT_KUBE_FRAME && event != TT_KUBE_BAD_FRAME)
			break;
	}
	to[n] = '\0';
}

static void a_broken_watch_is_told_from_one_that_ended(void)
{
	static const struct {
		const char *rule, *events;
		int only; /* 0: both; 1: protobuf; 2: JSON */
	} cases[] = {
		{"{\"on\":\"watch\",\"end\":true}", "FFE", 0},
		{"{\"on\":\"watch\",\"cutAfter\":5}", "X", 0},
		{"{\"on\":\"watch\",\"cutAfter\":400}", "FX", 1},
		{"{\"on\":\"watch\",\"cutAfter\":700}", "FX", 2},
		{"{\"on\":\"watch\",\"cutAfter\":400,\"reset\":true}", "FX", 1},
		{"{\"on\":\"watch\",\"dribble\":1,\"end\":true}", "FFE", 0},
		{"{\"on\":\"watch\",\"frames\":[{\"garbage\":\"HTTP/1.1 500 oops\"}],\"end\":true}",
			"X", 0},
		{"{\"on\":\"watch\",\"frames\":[{\"garbage\":\"{\\\"type\\\"\"}],\"end\":true}",
			"X", 1},
		{"{\"on\":\"watch\",\"frames\":[{\"garbage\":\"\\u0000\\u0000\\u0000\\u0003abc\"}],"
		 "\"end\":true}",
			"bFFE", 1},
		{"{\"on\":\"watch\",\"frames\":[{\"garbage\":\"{\\\"type\\\":\\\"NEW\\\"}\"}],"
		 "\"end\":true}",
			"bFFE", 2},
		{"{\"on\":\"watch\",\"frames\":[{\"garbage\":\"\\u0000\\u0010\\u0000\\u0000ab\"}],"
		 "\"end\":true}",
			"X", 1},
		{"{\"on\":\"watch\",\"frames\":[{\"garbage\":\"{\\\"a\\\":\"}],\"end\":true}", "X",
			2},
		{"{\"on\":\"watch\",\"json\":true,\"end\":true}", "FFE", 0},
		{"{\"on\":\"watch\",\"frames\":[{\"type\":\"BOOKMARK\",\"object\":{\"metadata\":"
		 "{\"resourceVersion\":\"9\"}}}],\"end\":true}",
			"FFFE", 0},
	};

	for (int json = 0; json < 2; json++) {
		for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
			struct fixture f;
			char events[32];

			if (cases[i].only != 0 && cases[i].only != json + 1)
				continue;
			empty_and_fill(0, 40);
			set_up(&f, json);
			watch_under(&f, cases[i].rule, events, sizeof(events));
			tap_okf(strcmp(events, cases[i].events) == 0, "%s in %s: %s, not %s (%s)",
				cases[i].rule, json ? "JSON" : "protobuf", events, cases[i].events,
				f.err.msg);
			tear_down(&f);
		}
	}
}

static void frames_that_cannot_be_taken_are_named(void)
{
	static const char *const rules[] = {
		"{\"on\":\"watch\",\"frames\":[{\"bad\":true,\"name\":\"ill\",\"rv\":71}],"
		"\"end\":true}",
		"{\"on\":\"watch\",\"frames\":[{\"oversized\":3000000,\"name\":\"ill\",\"rv\":71}],"
		"\"end\":true}"};

	for (int json = 0; json < 2; json++) {
		for (size_t i = 0; i < 2; i++) {
			struct fixture f = {0};
			uint64_t rv = 0;

			empty_and_fill(0, 40);
			set_up_with(&f, json, 1 << 20);
			uint64_t head = head_rv();

			(void)tt_test_server_command(server, "{\"op\":\"fill\",\"n\":1}");
			rule(rules[i]);
			tap_int(open_watch(&f, head), 0);
			tap_int(next(&f), TT_KUBE_BAD_FRAME);
			tap_ok(f.err.code != 0 && f.err.msg[0] != '\0');
			tap_str(f.frame.event.metadata.name, "ill");
			tap_str(f.frame.event.metadata.namespace, "default");
			tap_ok(tt_event_rv(&f.frame.event, &rv) && rv == 71);
			tap_int(next(&f), TT_KUBE_FRAME);
			tap_int(next(&f), TT_KUBE_END);
			tear_down(&f);
		}
	}
}

static void an_event_of_3_megabytes_is_taken(void)
{
	for (int json = 0; json < 2; json++) {
		struct fixture f;

		empty_and_fill(0, 40);
		set_up(&f, json);
		tap_int(open_watch(&f, head_rv()), 0);
		(void)tt_test_server_command(server, "{\"op\":\"fill\",\"n\":1,\"bytes\":3000000}");
		tap_int(next(&f), TT_KUBE_FRAME);
		tap_int(f.frame.event.message.len, 3000000);
		tt_kube_watch_close(f.watch);
		f.watch = NULL;
		tap_int(list(&f, "", 0, (struct tt_str){0}), 0);
		tap_int(f.longest, 3000000);
		tear_down(&f);
	}
	empty_and_fill(0, 40);
}

static void a_list_that_breaks_off_keeps_what_came(void)
{
	static const char *const rules[] = {"{\"cutAfter\":3000}", "{\"stallAfter\":3000}",
		"{\"cutAfter\":3000,\"reset\":true}"};

	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
		struct fixture f;

		empty_and_fill(50, 40);
		set_up(&f, false);
		rule(rules[i]);
		tap_int(list(&f, "", 0, (struct tt_str){0}), TT_EIO);
		tap_okf(f.err.msg[0] != '\0' && f.items > 5 && f.items < 50, "%d items: %s",
			f.items, f.err.msg);
		tap_int(f.reply.http_status, 200);
		tap_int(list(&f, "", 0, (struct tt_str){0}), 0);
		(void)tt_test_server_command(server, "{\"op\":\"break\"}");
		tear_down(&f);
	}
}

static void a_proxy_is_gone_through(void)
{
	struct fixture f = {0};

	f.target.proxy_url = "http://127.0.0.1:1";
	set_up_with(&f, false, 0);
	tap_int(list(&f, "", 0, (struct tt_str){0}), TT_EIO);
	tear_down(&f);
}

static void what_is_no_api_server_is_told(void)
{
	struct fixture f;

	set_up(&f, false);
	rule("{\"contentType\":\"text/html\"}");
	tap_int(list(&f, "", 0, (struct tt_str){0}), TT_EIO);
	tap_ok(strstr(f.err.msg, "text/html") != NULL);
	rule("{\"close\":true,\"times\":3}"); /* libcurl tries again if a kept connection was closed
					       */
	tap_int(list(&f, "", 0, (struct tt_str){0}), TT_EIO);
	tap_int(f.reply.http_status, 0);
	tear_down(&f);
}

static void a_wrong_certificate_authority_or_name_is_told(void)
{
	static const char *const names[] = {"--name", "kubernetes.example", NULL};
	struct tt_test_server *other = tt_test_server_start(names), *mine = server;
	struct fixture f = {0};

	f.target.ca_file = tt_test_server_info(server, "otherCA");
	set_up_with(&f, false, 0);
	tap_int(list(&f, "", 0, (struct tt_str){0}), TT_EIO);
	tap_okf(strstr(f.err.msg, "is not signed by the given CA") != NULL, "%s", f.err.msg);
	tear_down(&f);
	if (!tap_ok(other != NULL))
		return;
	server = other;
	set_up(&f, false);
	tap_int(list(&f, "", 0, (struct tt_str){0}), TT_EIO);
	tap_okf(strstr(f.err.msg, "is not valid for the name") != NULL, "%s", f.err.msg);
	tear_down(&f);
	f = (struct fixture){.target.tls_server_name = "kubernetes.example"};
	set_up_with(&f, false, 0);
	tap_okf(list(&f, "", 0, (struct tt_str){0}) == 0, "%s", f.err.msg);
	tear_down(&f);
	server = mine;
	tt_test_server_stop(other);
}

static void a_client_certificate_is_shown(void)
{
	struct fixture f = {0};

	f.target.cert_file = tt_test_server_info(server, "clientCert");
	f.target.key_file = tt_test_server_info(server, "clientKey");
	set_up_with(&f, false, 0);
	tap_okf(list(&f, "", 0, (struct tt_str){0}) == 0, "%s", f.err.msg);
	tap_ok(tt_str_find(tt_test_server_command(server, "{\"op\":\"requests\"}"),
		       TT_STR("\"client\": \"fault client\"")) >= 0);
	tear_down(&f);
}

static void a_rotated_token_is_taken_after_a_401(void)
{
	struct fixture f = {0};
	char path[256];

	(void)snprintf(path, sizeof(path), "%s/token", tt_test_server_info(server, "dir"));
	FILE *file = fopen(path, "we");

	(void)fputs("old\n", file);
	(void)fflush(file);
	f.target.token_file = path;
	set_up_with(&f, false, 0);
	(void)tt_test_server_command(server, "{\"op\":\"tokens\",\"tokens\":[\"old\"]}");
	tap_int(list(&f, "", 0, (struct tt_str){0}), 0);
	tap_int(f.reply.http_status, 200);
	(void)tt_test_server_command(server, "{\"op\":\"tokens\",\"tokens\":[\"new\"]}");
	rewind(file);
	(void)fputs("new\n", file);
	(void)fclose(file);
	tap_int(list(&f, "", 0, (struct tt_str){0}), 0);
	tap_int(f.reply.http_status, 401);
	tap_str(f.reply.status.reason, "Unauthorized");
	tap_int(list(&f, "", 0, (struct tt_str){0}), 0);
	tap_int(f.reply.http_status, 200);
	tear_down(&f);
}

static void a_plugin_is_asked_again_after_a_401(void)
{
	struct fixture f = {0};
	char script[512];
	const char *dir = tt_test_server_info(server, "dir");
	const char *args[] = {"-c", script};
	struct tt_kube_exec exec = {.command = "sh",
		.args = args,
		.n_args = 2,
		.api_version = "client.authentication.k8s.io/v1",
		.interactive_mode = TT_EXEC_NEVER};

	(void)snprintf(script, sizeof(script),
		"echo >> %s/n; n=$(wc -l < %s/n);"
		"echo '{\"kind\":\"ExecCredential\",\"apiVersion\":"
		"\"client.authentication.k8s.io/v1\",\"status\":{\"token\":\"t'$n'\"}}'",
		dir, dir);
	f.target.exec = &exec;
	set_up_with(&f, false, 0);
	(void)tt_test_server_command(server, "{\"op\":\"tokens\",\"tokens\":[\"t1\"]}");
	tap_int(list(&f, "", 0, (struct tt_str){0}), 0);
	tap_int(f.reply.http_status, 200);
	(void)tt_test_server_command(server, "{\"op\":\"tokens\",\"tokens\":[\"t2\"]}");
	tap_int(list(&f, "", 0, (struct tt_str){0}), 0);
	tap_int(f.reply.http_status, 401);
	tap_int(open_watch(&f, head_rv()), 0);
	tap_int(f.reply.http_status, 200);
	tear_down(&f);
}

static void *wake_soon(void *arg)
{
	(void)usleep(150 * 1000);
	tt_kube_client_wake(arg);
	return NULL;
}

static void a_wake_ends_whatever_waits(void)
{
	struct fixture f;
	const char *args[] = {"60"};
	struct tt_kube_exec exec = {.command = "sleep",
		.args = args,
		.n_args = 1,
		.interactive_mode = TT_EXEC_NEVER,
		.api_version = "client.authentication.k8s.io/v1"};

	for (int what = 0; what < 3; what++) {
		pthread_t thread;

		f = (struct fixture){.target.exec = what == 2 ? &exec : NULL};
		set_up_with(&f, false, 0);
		if (what == 0)
			tap_int(open_watch(&f, head_rv()), 0);
		else
			rule("{\"delay\":3}");
		int64_t before_ns = tt_clock_mono_ns(&tt_clock_system);

		if (!tap_int(pthread_create(&thread, NULL, wake_soon, f.client), 0))
			return;
		if (what == 0)
			tap_int(next(&f), TT_KUBE_CANCELED);
		else
			tap_int(list(&f, "", 0, (struct tt_str){0}), TT_ECANCELED);
		tap_ok(tt_clock_mono_ns(&tt_clock_system) - before_ns < TT_NS_PER_S);
		(void)pthread_join(thread, NULL);
		if (what == 0)
			tap_int(next(&f), TT_KUBE_CANCELED);
		tt_kube_client_rearm(f.client);
		if (what == 0)
			tap_int(tt_kube_watch_next(f.watch, 1000, &f.arena, &f.frame, &f.err),
				TT_KUBE_IDLE);
		tear_down(&f);
	}
}

static void an_object_can_be_posted(void)
{
	struct tt_kube_post_params params = {
		.path = "/apis/authentication.k8s.io/v1/tokenreviews",
		.json = TT_STR("{\"kind\":\"TokenReview\",\"spec\":{\"token\":\"t\"}}"),
	};
	struct tt_str body, requests;
	struct fixture f;

	set_up(&f, false);
	(void)tt_test_server_command(server, "{\"op\":\"reviews\",\"users\":{\"t\":"
					     "{\"username\":\"ann\"}}}");
	tap_int(tt_kube_post(f.client, &params, &f.arena, &f.reply, &body, &f.err), 0);
	tap_int(f.reply.http_status, 201);
	tap_int(f.reply.encoding, TT_ENCODING_JSON);
	tap_ok(tt_str_find(body, TT_STR("\"username\": \"ann\"")) > 0);
	requests = tt_test_server_command(server, "{\"op\":\"requests\"}");
	tap_ok(tt_str_find(requests, TT_STR("\"review\": {\"kind\": \"TokenReview\"")) > 0);
	tap_ok(tt_str_find(requests, TT_STR("\"accept\": \"application/json\"")) > 0);
	rule("{\"on\":\"review\",\"status\":403,\"reason\":\"Forbidden\",\"message\":\"no\"}");
	tap_int(tt_kube_post(f.client, &params, &f.arena, &f.reply, &body, &f.err), 0);
	tap_int(f.reply.http_status, 403);
	tap_str(f.reply.status.reason, "Forbidden");
	tap_int(body.len, 0);
	tear_down(&f);
}

static void an_answer_is_waited_for_as_long_as_the_client_says(void)
{
	struct fixture f = {0};
	struct tt_kube_client_options options = {
		.target = &f.target, .answer_timeout_ns = TT_NS_PER_S};
	struct tt_kube_post_params params = {"/apis/x", TT_STR("{\"kind\":\"X\",\"spec\":{}}")};
	struct tt_str body;

	f.target.server = tt_test_server_info(server, "url");
	f.target.ca_file = tt_test_server_info(server, "ca");
	tap_int(tt_kube_client_new(&f.client, &options, &f.err), 0);
	rule("{\"delay\":3,\"times\":2}");
	tap_int(tt_kube_get(f.client, "/version", &f.arena, &f.reply, &body, &f.err), TT_EIO);
	tap_int(tt_kube_post(f.client, &params, &f.arena, &f.reply, &body, &f.err), TT_EIO);
	tear_down(&f);
}

int main(void)
{
	server = tt_test_server_start(NULL);
	if (server == NULL) {
		printf("Bail out! tests/fault/apiserver.py does not start\n");
		return 1;
	}
#define RUN(name) tap_test(#name, name)
	RUN(pages_and_whole_lists_in_both_encodings);
	RUN(a_large_list_comes_compressed_and_a_watch_does_not);
	RUN(one_object_can_be_fetched);
	RUN(an_object_can_be_posted);
	RUN(an_answer_is_waited_for_as_long_as_the_client_says);
	RUN(refusals_are_told_with_code_reason_and_wait);
	RUN(a_long_text_of_a_refusal_is_clipped);
	RUN(an_expired_page_is_410_with_a_new_token);
	RUN(a_watch_hands_over_what_happens);
	RUN(a_burst_is_read_without_a_loss);
	RUN(an_error_frame_is_given_as_a_status);
	RUN(a_broken_watch_is_told_from_one_that_ended);
	RUN(frames_that_cannot_be_taken_are_named);
	RUN(an_event_of_3_megabytes_is_taken);
	RUN(a_list_that_breaks_off_keeps_what_came);
	RUN(a_proxy_is_gone_through);
	RUN(what_is_no_api_server_is_told);
	RUN(a_wrong_certificate_authority_or_name_is_told);
	RUN(a_client_certificate_is_shown);
	RUN(a_rotated_token_is_taken_after_a_401);
	RUN(a_plugin_is_asked_again_after_a_401);
	RUN(a_wake_ends_whatever_waits);
	tt_test_server_stop(server);
	return tap_done();
}
