/* SPDX-License-Identifier: Apache-2.0 */
#include "base/arena.h"
#include "event/codec.h"
#include "event/golden_test.h"

#define TYPE "\"kind\":\"Event\",\"apiVersion\":\"v1\","

/* Each field told of, ended by a comma and a space, as the messages of an API server list them. */
static const char *told(const struct tt_event_body *body)
{
	static char text[4096];
	size_t n = 0;

	text[0] = '\0';
	for (size_t i = 0; i < body->n_unknown; i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n, "%s%.*s", i > 0 ? ", " : "",
			TT_STR_ARG(body->unknown[i]));
	return text;
}

/* The rows are what a Kubernetes 1.34.4 API server answered with fieldValidation=Strict. */
static void unknown_and_repeated_fields_are_told(void)
{
	static const struct {
		enum tt_format format;
		enum tt_api_group group;
		const char *body, *told;
	} rows[] = {
		{TT_FORMAT_JSON, TT_GROUP_CORE,
			"{" TYPE "\"metadata\":{\"name\":\"x\"},\"reason\":\"r\"}", ""},
		{TT_FORMAT_JSON, TT_GROUP_CORE, "{" TYPE "\"foo\":1}", "unknown field \"foo\""},
		{TT_FORMAT_JSON, TT_GROUP_CORE, "{" TYPE "\"foo\":1,\"foo\":2}",
			"unknown field \"foo\""},
		{TT_FORMAT_JSON, TT_GROUP_CORE,
			"{" TYPE "\"reason\":\"a\",\"reason\":\"b\",\"bar\":{\"a\":1,\"a\":2}}",
			"duplicate field \"reason\", unknown field \"bar\""},
		{TT_FORMAT_JSON, TT_GROUP_CORE,
			"{" TYPE "\"metadata\":{\"name\":\"x\",\"name\":\"y\",\"zip\":1,"
			"\"labels\":{\"a\":\"b\",\"a\":\"c\"},\"ownerReferences\":[{\"uid\":\"u\"},"
			"{\"uid\":\"u\",\"uid\":\"v\",\"zap\":1,\"zap\":2}]},"
			"\"series\":{\"foo\":1},"
			"\"involvedObject\":{\"Kind\":\"x\",\"kind\":\"y\"},\"zz\":1,"
			"\"aa\":{\"bb\":1},\"source\":{\"x\":1}}",
			"duplicate field \"metadata.name\", unknown field \"metadata.zip\", "
			"duplicate field \"metadata.labels.a\", duplicate field "
			"\"metadata.ownerReferences[1].uid\", unknown field "
			"\"metadata.ownerReferences[1].zap\", unknown field \"series.foo\", "
			"unknown field \"involvedObject.Kind\", unknown field \"zz\", "
			"unknown field \"aa\", unknown field \"source.x\""},
		{TT_FORMAT_JSON, TT_GROUP_CORE,
			"{" TYPE TYPE "\"metadata\":{\"name\":\"x\"},"
			"\"metadata\":{\"name\":\"y\",\"foo\":1}}",
			"duplicate field \"kind\", duplicate field \"apiVersion\", duplicate field "
			"\"metadata\", unknown field \"metadata.foo\""},
		{TT_FORMAT_JSON, TT_GROUP_EVENTS,
			"{\"kind\":\"Event\",\"apiVersion\":\"events.k8s.io/v1\",\"metadata\":"
			"{\"foo\":1},\"message\":\"a\",\"reason\":\"b\",\"involvedObject\":{}}",
			"unknown field \"metadata.foo\", unknown field \"message\", unknown field "
			"\"involvedObject\""},
		{TT_FORMAT_JSON, TT_GROUP_EVENTS, "{\"note\":\"a\",\"regarding\":{}}", ""},
		{TT_FORMAT_JSON, TT_GROUP_CORE, "{\"note\":\"a\",\"\\\"<\\n\":{}}",
			"unknown field \"note\", unknown field \"\\\"<\\n\""},
		{TT_FORMAT_JSON, TT_GROUP_CORE,
			"{\"metadata\":{\"managedFields\":[{}],\"creationTimestamp\":null}}", ""},
		{TT_FORMAT_JSON, TT_GROUP_CORE, "null", ""},
		{TT_FORMAT_YAML, TT_GROUP_CORE, "", ""},
		{TT_FORMAT_YAML, TT_GROUP_CORE, "kind: Event\nreason: r\nzz: 1\nmetadata: {foo: 1}",
			"unknown field \"metadata.foo\", unknown field \"zz\""},
		{TT_FORMAT_YAML, TT_GROUP_CORE,
			"{" TYPE "\"foo\":1,\"reason\":\"a\",\"reason\":\"b\"}",
			"yaml: unmarshal errors:\n  line 1: key \"reason\" already set in map, "
			"unknown field \"foo\""},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct tt_arena arena = {0};
		struct tt_event_body body;
		struct tt_err err = {0};

		tap_okf(tt_event_body_decode(&body, rows[i].format, rows[i].group,
				tt_str_from(rows[i].body), &arena, &err) == 0,
			"%s: %s", rows[i].body, err.msg);
		tap_str(tt_str_from(told(&body)), rows[i].told);
		tt_arena_release(&arena);
	}
}

static void a_hundred_fields_are_told_at_most(void)
{
	struct tt_arena arena = {0};
	struct tt_event_body body;
	struct tt_buf json;

	tt_buf_init(&json, 1 << 20);
	tt_buf_text(&json, "{\"x\":1");
	for (int i = 0; i < 20000; i++)
		tt_buf_printf(&json, ",\"f%d\":1", i);
	tt_buf_text(&json, ",\"reason\":\"r\"}");
	tap_int(tt_event_body_decode(
			&body, TT_FORMAT_JSON, TT_GROUP_CORE, tt_buf_view(&json), &arena, NULL),
		0);
	tap_int(body.n_unknown, 100);
	tap_str(body.unknown[99], "unknown field \"f98\"");
	tap_str(body.event.reason, "r");
	tt_buf_clear(&json);
	tt_buf_text(&json, "{\"");
	for (int i = 0; i < 20000; i++)
		tt_buf_char(&json, 'k');
	tt_buf_text(&json, "\":1,\"metadata\":{\"k\":1}}");
	tap_int(tt_event_body_decode(
			&body, TT_FORMAT_JSON, TT_GROUP_CORE, tt_buf_view(&json), &arena, NULL),
		0);
	tap_int(body.n_unknown, 2);
	tap_str(body.unknown[1], "unknown field \"metadata.k\"");
	tt_buf_release(&json);
	tt_arena_release(&arena);
}

static void every_format_and_group_gives_the_same_event(void)
{
	static const struct {
		const char *file;
		enum tt_format format;
		const char *api_version;
	} rows[] = {
		{"../represent/rich.core.json", TT_FORMAT_JSON, "v1"},
		{"../represent/rich.core.yaml", TT_FORMAT_YAML, "v1"},
		{"../represent/rich.core.pb", TT_FORMAT_PROTOBUF, "v1"},
		{"../represent/rich.pretty.json", TT_FORMAT_JSON, "v1"},
		{"../represent/rich.events.json", TT_FORMAT_JSON, "events.k8s.io/v1"},
		{"../represent/rich.events.yaml", TT_FORMAT_YAML, "events.k8s.io/v1"},
		{"../represent/rich.events.pb", TT_FORMAT_PROTOBUF, "events.k8s.io/v1"},
	};
	struct tt_buf first = golden_read(rows[0].file);
	struct tt_arena arena = {0};
	struct tt_event want;

	tap_int(tt_event_decode(&want, TT_ENCODING_JSON, tt_buf_view(&first), &arena, NULL), 0);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct tt_buf b = golden_read(rows[i].file);
		struct tt_event_body body;
		struct tt_err err = {0};

		/* the group of the request does not count if the body names one */
		tap_okf(tt_event_body_decode(&body, rows[i].format, TT_GROUP_CORE, tt_buf_view(&b),
				&arena, &err) == 0,
			"%s: %s", rows[i].file, err.msg);
		tap_okf(tt_event_equal(&body.event, &want), "%s", rows[i].file);
		tap_str(body.api_version, rows[i].api_version);
		tap_str(body.kind, "Event");
		tap_int(body.n_unknown, 0);
		tt_buf_release(&b);
	}
	tt_buf_release(&first);
	tt_arena_release(&arena);
}

static void the_group_of_the_request_counts_if_the_body_names_none(void)
{
	static const struct {
		enum tt_format format;
		struct tt_str body;
	} rows[] = {
		{TT_FORMAT_JSON, {"{\"note\":\"m\"}", 12}},
		{TT_FORMAT_YAML, {"note: m", 7}},
		{TT_FORMAT_PROTOBUF, {"k8s\0\x12\x03\x52\x01m", 9}},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct tt_arena arena = {0};
		struct tt_event_body body;

		tap_int(tt_event_body_decode(
				&body, rows[i].format, TT_GROUP_EVENTS, rows[i].body, &arena, NULL),
			0);
		tap_str(body.event.message, "m");
		tap_int(body.api_version.len + body.kind.len, 0);
		tt_arena_release(&arena);
	}
}

static void another_kind_is_left_to_the_caller(void)
{
	static const struct {
		enum tt_format format;
		struct tt_str body;
	} rows[] = {
		{TT_FORMAT_JSON, {"{\"metadata\":7,\"kind\":\"Pod\",\"apiVersion\":\"v9\"}", 45}},
		{TT_FORMAT_YAML, {"{metadata: 7, kind: Pod, apiVersion: v9}", 40}},
		{TT_FORMAT_PROTOBUF, {"k8s\0\x0a\x09\x0a\x02v9\x12\x03Pod\x12\x01\xff", 18}},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct tt_arena arena = {0};
		struct tt_event_body body;
		struct tt_err err = {0};

		tap_okf(tt_event_body_decode(&body, rows[i].format, TT_GROUP_CORE, rows[i].body,
				&arena, &err) == 0,
			"%zu: %s", i, err.msg);
		tap_str(body.kind, "Pod");
		tap_str(body.api_version, "v9");
		tt_arena_release(&arena);
	}
}

static void what_is_malformed_is_refused(void)
{
	static const struct {
		enum tt_format format;
		struct tt_str body;
	} rows[] = {
		{TT_FORMAT_JSON, {"", 0}},
		{TT_FORMAT_JSON, {"[]", 2}},
		{TT_FORMAT_JSON, {"{", 1}},
		{TT_FORMAT_JSON, {"{} x", 4}},
		{TT_FORMAT_JSON, {"{\"count\":\"a\"}", 13}},
		{TT_FORMAT_JSON, {"{\"count\":1.5}", 13}},
		{TT_FORMAT_JSON, {"{\"count\":9999999999}", 20}},
		{TT_FORMAT_JSON, {"{\"kind\":1}", 10}},
		{TT_FORMAT_JSON, {"{\"metadata\":[]}", 15}},
		{TT_FORMAT_JSON, {"{\"eventTime\":\"2020-01-01T00:00:00Z\"}", 36}},
		{TT_FORMAT_YAML, {"{", 1}},
		{TT_FORMAT_YAML, {"reason: yes", 11}},
		{TT_FORMAT_YAML, {"reason: 12", 10}},
		{TT_FORMAT_PROTOBUF, {"", 0}},
		{TT_FORMAT_PROTOBUF, {"garbage", 7}},
		{TT_FORMAT_PROTOBUF, {"k8s\0", 4}},
		{TT_FORMAT_PROTOBUF, {"k8s\0\x12\x01\xff", 7}},
		{TT_FORMAT_PROTOBUF, {"k8s\0\x0a\x03\x0a\x01\xff\x12\x00", 11}},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct tt_arena arena = {0};
		struct tt_event_body body;
		struct tt_err err = {0};

		tap_okf(tt_event_body_decode(&body, rows[i].format, TT_GROUP_CORE, rows[i].body,
				&arena, &err) == TT_EINVAL &&
				err.msg[0] != '\0',
			"%zu: %.*s", i, TT_STR_ARG(rows[i].body));
		tt_arena_release(&arena);
	}
}

int main(void)
{
	tap_test("unknown_and_repeated_fields_are_told", unknown_and_repeated_fields_are_told);
	tap_test("a_hundred_fields_are_told_at_most", a_hundred_fields_are_told_at_most);
	tap_test("every_format_and_group_gives_the_same_event",
		every_format_and_group_gives_the_same_event);
	tap_test("the_group_of_the_request_counts_if_the_body_names_none",
		the_group_of_the_request_counts_if_the_body_names_none);
	tap_test("another_kind_is_left_to_the_caller", another_kind_is_left_to_the_caller);
	tap_test("what_is_malformed_is_refused", what_is_malformed_is_refused);
	return tap_done();
}
