/* SPDX-License-Identifier: Apache-2.0 */
/* Byte for byte against what tests/golden/record.py has had an API server answer. */
#include "event/represent.h"

#include <stdlib.h>

#include "base/arena.h"
#include "base/clock.h"
#include "event/golden_test.h"

enum { OUT_MAX = 1 << 20 };

#define PATH "../represent/"

static struct tt_buf golden(const char *name)
{
	char path[128];

	(void)snprintf(path, sizeof(path), PATH "%s", name);
	return golden_read(path);
}

/* When the answers were recorded. */
static int64_t now_us(void)
{
	struct tt_buf now = golden("now");
	int64_t us = strtoll(now.data, NULL, 10) * TT_US_PER_S;

	tt_buf_release(&now);
	return us;
}

/* Whether `got` is the content of the golden file `name`; clears it. */
static void check_same(struct tt_buf *got, const char *name)
{
	struct tt_buf want = golden(name);

	tap_okf(!got->failed && tt_str_eq(tt_buf_view(got), tt_buf_view(&want)), "%s", name);
	if (strstr(name, ".pb") == NULL)
		tap_str(tt_buf_view(got), want.data);
	tt_buf_release(&want);
	tt_buf_clear(got);
}

/* The representations, by the end of a golden file's name. */
static const struct form {
	const char *end;
	struct tt_representation r;
	const char *content_type;
} forms[] = {
	{"core.json", {TT_FORMAT_JSON}, "application/json"},
	{"core.yaml", {TT_FORMAT_YAML}, "application/yaml"},
	{"core.pb", {TT_FORMAT_PROTOBUF}, "application/vnd.kubernetes.protobuf"},
	{"pretty.json", {.pretty = true}, "application/json"},
	{"events.json", {.group = TT_GROUP_EVENTS}, "application/json"},
	{"events.yaml", {TT_FORMAT_YAML, .group = TT_GROUP_EVENTS}, "application/yaml"},
	{"events.pb", {TT_FORMAT_PROTOBUF, .group = TT_GROUP_EVENTS},
		"application/vnd.kubernetes.protobuf"},
	{"partial.json", {.as = TT_AS_PARTIAL}, "application/json"},
	{"partial.yaml", {TT_FORMAT_YAML, TT_AS_PARTIAL}, "application/yaml"},
	{"partial.pb", {TT_FORMAT_PROTOBUF, TT_AS_PARTIAL}, "application/vnd.kubernetes.protobuf"},
	{"partial-v1beta1.json", {.as = TT_AS_PARTIAL, .v1beta1 = true}, "application/json"},
	{"table.json", {.as = TT_AS_TABLE}, "application/json"},
	{"table-object.json",
		{.as = TT_AS_TABLE, .include = TT_INCLUDE_OBJECT, .group = TT_GROUP_EVENTS},
		"application/json"},
	{"table-none.json", {.as = TT_AS_TABLE, .include = TT_INCLUDE_NONE}, "application/json"},
	{"table-v1beta1.json", {.as = TT_AS_TABLE, .v1beta1 = true}, "application/json"},
	{"table.yaml", {TT_FORMAT_YAML, TT_AS_TABLE}, "application/yaml"},
};

/* The form of "list.core.json". */
static struct tt_representation form_of(const char *file)
{
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++)
		if (strcmp(strchr(file, '.') + 1, forms[i].end) == 0) {
			struct tt_representation r = forms[i].r;

			r.now_us = now_us();
			tap_str(tt_str_from(tt_representation_content_type(&r, false)),
				forms[i].content_type);
			return r;
		}
	tap_okf(false, "%s has no form", file);
	return (struct tt_representation){0};
}

static void an_event_is_what_the_server_answers(void)
{
	static const char *const files[] = {"rich.core.json", "rich.core.yaml", "rich.core.pb",
		"rich.pretty.json", "rich.events.json", "rich.events.yaml", "rich.events.pb",
		"rich.partial.json", "rich.partial.pb", "rich.partial-v1beta1.json",
		"rich.table.json", "rich.table-object.json", "rich.table-none.json",
		"bare.core.json", "bare.table.yaml", "bare.table-v1beta1.json", "plain.core.json"};
	struct tt_buf out;

	tt_buf_init(&out, OUT_MAX);
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		struct tt_representation r = form_of(files[i]);
		struct tt_arena arena = {0};
		char source[32];
		struct tt_event e;

		(void)snprintf(source, sizeof(source), "%.*s.core.json",
			(int)strcspn(files[i], "."), files[i]);
		struct tt_buf json = golden(source);

		tap_int(tt_event_decode(&e, TT_ENCODING_JSON, tt_buf_view(&json), &arena, NULL), 0);
		tt_represent_event(&out, &r, &e);
		check_same(&out, files[i]);
		tt_buf_release(&json);
		tt_arena_release(&arena);
	}
	tt_buf_release(&out);
}

struct list {
	struct tt_buf *to;
	const struct tt_representation *r;
	size_t n;
};

static int put_item(void *arg, const struct tt_event *e, const struct tt_err *item_err)
{
	struct list *list = arg;

	tap_ok(item_err == NULL);
	tt_represent_list_item(list->to, list->r, e, list->n++ == 0);
	return 0;
}

/* Puts the pieces together as their header says. */
static void put_list(struct tt_buf *to, const struct tt_representation *r,
	const struct tt_listmeta *meta, struct tt_str items)
{
	struct tt_buf whole;

	if (r->format == TT_FORMAT_PROTOBUF) {
		tt_represent_list_head_protobuf(to, r, meta, items.len);
		tt_buf_str(to, items);
		tt_represent_list_tail_protobuf(to, r);
		return;
	}
	tt_buf_init(&whole, OUT_MAX);
	tt_represent_list_begin(&whole, r, meta);
	tt_buf_str(&whole, items);
	tt_represent_list_end(&whole, r);
	tt_represent_text(to, r, tt_buf_view(&whole));
	tt_buf_release(&whole);
}

static void a_list_is_what_the_server_answers(void)
{
	static const char *const files[] = {"list.core.json", "list.core.yaml", "list.core.pb",
		"list.events.json", "list.events.yaml", "list.events.pb", "list.partial.json",
		"list.partial.yaml", "list.partial.pb", "list.partial-v1beta1.json",
		"list.table.json", "list.pretty.json", "empty.core.json", "empty.core.pb",
		"empty.table.json"};
	struct tt_buf out, items;

	tt_buf_init(&out, OUT_MAX);
	tt_buf_init(&items, OUT_MAX);
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		struct tt_representation r = form_of(files[i]);
		struct list list = {&items, &r, 0};
		struct tt_arena arena = {0};
		struct tt_listmeta meta;
		struct tt_buf json = golden(
			files[i][0] == 'e' ? "empty.core.json" : "list.core.json");

		tap_int(tt_eventlist_decode(&meta, TT_ENCODING_JSON, tt_buf_view(&json), &arena,
				&(struct tt_list_sink){put_item, &list}, NULL),
			0);
		put_list(&out, &r, &meta, tt_buf_view(&items));
		check_same(&out, files[i]);
		tt_buf_clear(&items);
		tt_buf_release(&json);
		tt_arena_release(&arena);
	}
	tt_buf_release(&out);
	tt_buf_release(&items);
}

static void frames_are_what_the_server_sends(void)
{
	static const char *const files[] = {"watch.core.json", "watch.core.pb", "watch.events.json",
		"watch.events.pb", "watch.partial.json", "watch.partial.pb", "watch.table.json",
		"watch.table-object.json"};
	struct tt_buf json = golden("watch.core.json"), out;

	tt_buf_init(&out, OUT_MAX);
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		struct tt_representation r = form_of(files[i]);
		struct tt_str rest = tt_buf_view(&json);

		if (strcmp(files[i], "watch.table-object.json") == 0)
			r.group = TT_GROUP_CORE;
		for (bool first = true; rest.len > 0; first = false) {
			struct tt_str line = tt_str_split(&rest, '\n');
			struct tt_arena arena = {0};
			struct tt_watch_frame frame;

			tap_int(tt_watch_frame_decode(&frame, TT_ENCODING_JSON, line, &arena, NULL),
				0);
			tt_represent_frame(&out, &r, frame.type, &frame.event, first);
			tt_arena_release(&arena);
		}
		check_same(&out, files[i]);
	}
	tt_buf_release(&json);
	tt_buf_release(&out);
	tap_str(tt_str_from(tt_representation_content_type(
			&(struct tt_representation){TT_FORMAT_PROTOBUF}, true)),
		"application/vnd.kubernetes.protobuf;stream=watch");
	tap_str(tt_str_from(tt_representation_content_type(
			&(struct tt_representation){TT_FORMAT_JSON}, true)),
		"application/json");
}

/* Reads a Status from one golden file and writes it as another. */
static void check_status(const char *from, const char *to, const struct tt_representation *r)
{
	bool is_pb = strstr(from, ".pb") != NULL;
	struct tt_buf bytes = golden(from), out;
	struct tt_arena arena = {0};
	struct tt_status s;

	tt_buf_init(&out, OUT_MAX);
	tap_int(tt_status_decode(&s, is_pb ? TT_ENCODING_PROTOBUF : TT_ENCODING_JSON,
			tt_buf_view(&bytes), &arena, NULL),
		0);
	tt_represent_status(&out, r, &s);
	check_same(&out, to);
	tt_arena_release(&arena);
	tt_buf_release(&bytes);
	tt_buf_release(&out);
}

static void a_status_is_what_the_server_answers(void)
{
	static const char *const names[] = {"status404.core", "status404.events", "status409.core",
		"status409.events", "status410", "status422.core", "status422.events", "status504"};
	static const struct tt_representation json = {.as = TT_AS_TABLE},
					      pb = {TT_FORMAT_PROTOBUF, TT_AS_PARTIAL};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		char in_json[32], in_pb[32];

		(void)snprintf(in_json, sizeof(in_json), "%s.json", names[i]);
		(void)snprintf(in_pb, sizeof(in_pb), "%s.pb", names[i]);
		check_status(in_json, in_pb, &pb);
		check_status(in_pb, in_json, &json);
	}
	check_status("deleted.bare.json", "deleted.bare.json", &json);
	check_status("deleted.plain.pb", "deleted.plain.pb", &pb);
	check_status("status404.core.json", "status404.yaml",
		&(struct tt_representation){TT_FORMAT_YAML});
	check_status("status404.core.json", "status404.pretty.json",
		&(struct tt_representation){.pretty = true});
}

static void an_error_frame_is_what_the_server_sends(void)
{
	struct tt_buf json = golden("expired.json"), out;
	struct tt_arena arena = {0};
	struct tt_watch_frame frame;

	tt_buf_init(&out, OUT_MAX);
	tap_int(tt_watch_frame_decode(&frame, TT_ENCODING_JSON, tt_buf_view(&json), &arena, NULL),
		0);
	tap_int(frame.type, TT_WATCH_ERROR);
	tt_represent_status_frame(
		&out, &(struct tt_representation){.as = TT_AS_TABLE}, &frame.status);
	check_same(&out, "expired.json");
	tt_represent_status_frame(
		&out, &(struct tt_representation){TT_FORMAT_PROTOBUF}, &frame.status);
	check_same(&out, "expired.pb");
	tt_arena_release(&arena);
	tt_buf_release(&json);
	tt_buf_release(&out);
}

static void what_does_not_fit_fails(void)
{
	struct tt_buf json = golden("list.core.json");
	struct tt_arena arena = {0};
	struct tt_listmeta meta;
	struct tt_event e;

	tt_event_init(&e);
	e.metadata.name = TT_STR("some-name");
	meta = (struct tt_listmeta){.resource_version = TT_STR("1")};
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++)
		for (size_t max = 0; max < 64; max++) {
			const struct tt_representation *r = &forms[i].r;
			struct tt_buf out;

			tt_buf_init(&out, max);
			tt_represent_event(&out, r, &e);
			tap_okf(out.failed, "%s in %zu bytes", forms[i].end, max);
			tt_buf_clear(&out);
			if (r->format == TT_FORMAT_PROTOBUF)
				tt_represent_list_head_protobuf(&out, r, &meta, 1000);
			else
				tt_represent_list_begin(&out, r, &meta);
			tt_buf_release(&out);
		}
	tt_arena_release(&arena);
	tt_buf_release(&json);
}

int main(void)
{
	tap_test("an_event_is_what_the_server_answers", an_event_is_what_the_server_answers);
	tap_test("a_list_is_what_the_server_answers", a_list_is_what_the_server_answers);
	tap_test("frames_are_what_the_server_sends", frames_are_what_the_server_sends);
	tap_test("a_status_is_what_the_server_answers", a_status_is_what_the_server_answers);
	tap_test(
		"an_error_frame_is_what_the_server_sends", an_error_frame_is_what_the_server_sends);
	tap_test("what_does_not_fit_fails", what_does_not_fit_fails);
	return tap_done();
}
