/* SPDX-License-Identifier: Apache-2.0 */
#include "event/codec.h"

#include "base/arena.h"
#include "base/mem.h"
#include "event/golden_test.h"
#include "wire/frame.h"

/* Events as four files each: both encodings of both API groups. */
static const char *const events[] = {"bare", "full", "kubelet", "managed", "node", "scheduler"};

enum { N_EVENTS = sizeof(events) / sizeof(events[0]) };

static const char *file_of(const char *name, const char *form)
{
	static char file[64];

	(void)snprintf(file, sizeof(file), "%s.%s", name, form);
	return file;
}

static enum tt_encoding encoding_of(const char *form)
{
	return strstr(form, "json") != NULL ? TT_ENCODING_JSON : TT_ENCODING_PROTOBUF;
}

static void all_four_forms_decode_to_the_same_event(void)
{
	static const char *const forms[] = {"core.json", "core.pb", "events.json", "events.pb"};

	for (size_t i = 0; i < N_EVENTS; i++) {
		struct tt_arena arena = {0};
		struct tt_event first, e;

		for (size_t k = 0; k < 4; k++) {
			struct tt_buf b = golden_read(file_of(events[i], forms[k]));
			struct tt_err err = {0};

			tap_okf(tt_event_decode(&e, encoding_of(forms[k]), tt_buf_view(&b), &arena,
					&err) == 0,
				"%s.%s: %s", events[i], forms[k], err.msg);
			if (k == 0)
				tt_event_copy(&first, &e, &arena);
			tap_okf(tt_event_equal(&e, &first), "%s.%s", events[i], forms[k]);
			tt_buf_release(&b);
		}
		tt_arena_release(&arena);
	}
}

static void every_field_is_read(void)
{
	struct tt_buf b = golden_read("full.core.pb");
	struct tt_arena arena = {0};
	struct tt_event e;

	if (!tap_int(tt_event_decode(&e, TT_ENCODING_PROTOBUF, tt_buf_view(&b), &arena, NULL), 0))
		return;
	const struct tt_objectmeta *m = &e.metadata;

	tap_str(m->name, "full");
	tap_str(m->namespace, "default");
	tap_str(m->uid, "23bcd814-f192-4d9e-8dc1-c9ad65d6bb89");
	tap_str(m->resource_version, "308");
	tap_int(m->creation_us, 1795603008000000);
	tap_int(m->deletion_us, 1795603008000000);
	tap_ok(m->has_deletion_grace_period && m->deletion_grace_period_seconds == 0);
	tap_int(m->n_labels, 3);
	tap_str(m->labels[0].key, "a/b");
	tap_str(m->labels[0].value, "");
	tap_str(m->labels[2].value, "26");
	tap_int(m->n_annotations, 2);
	tap_str(m->annotations[1].value, "<a> & \"b\"\n\xe2\x80\xa8");
	tap_int(m->n_owner_references, 2);
	tap_str(m->owner_references[0].api_version, "apps/v1");
	tap_int(m->owner_references[0].controller, 1);
	tap_int(m->owner_references[0].block_owner_deletion, 0);
	tap_int(m->owner_references[1].controller, -1);
	tap_int(m->n_finalizers, 2);
	tap_str(m->finalizers[1], "b.example/x");
	tap_ok(e.first_timestamp_us == TT_TIME_ZERO);
	tap_int(e.last_timestamp_us, -2000000);
	tap_int(e.count, -5);
	tap_int(e.event_time_us, 1767323045000006);
	tap_ok(e.has_series && e.series_count == 0 && e.series_last_observed_us == TT_TIME_ZERO);
	tap_ok(e.has_related && e.related.name.len == 0);
	tap_str(e.action, "act");
	tap_str(e.reporting_component, "example.com/ctl");
	tt_arena_release(&arena);
	tt_buf_release(&b);
}

static void encoders_write_the_bytes_of_the_server(void)
{
	for (size_t i = 0; i < N_EVENTS; i++) {
		struct tt_buf json = golden_read(file_of(events[i], "core.json"));
		struct tt_buf pb = golden_read(file_of(events[i], "core.pb"));
		struct tt_arena arena = {0};
		struct tt_buf out;
		struct tt_event e;

		tt_buf_init(&out, 1 << 20);
		(void)tt_event_decode(&e, TT_ENCODING_JSON, tt_buf_view(&json), &arena, NULL);
		tt_event_encode_protobuf(&out, &e, true);
		bool managed = strcmp(events[i], "managed") == 0; /* managedFields are dropped */

		tap_okf(managed || tt_str_eq(tt_buf_view(&out), tt_buf_view(&pb)), "%s as protobuf",
			events[i]);
		tt_buf_clear(&out);
		(void)tt_event_decode(&e, TT_ENCODING_PROTOBUF, tt_buf_view(&pb), &arena, NULL);
		tt_event_encode_json(&out, &e, TT_JSON_OBJECT);
		tt_buf_char(&out, '\n');
		if (!managed)
			tap_str(tt_buf_view(&out), json.data);
		tt_buf_release(&out);
		tt_buf_release(&json);
		tt_buf_release(&pb);
		tt_arena_release(&arena);
	}
}

static void managed_fields_are_dropped(void)
{
	struct tt_buf b = golden_read("managed.core.json");
	struct tt_arena arena = {0};
	struct tt_buf out;
	struct tt_event e;

	tt_buf_init(&out, 1 << 20);
	tap_int(tt_event_decode(&e, TT_ENCODING_JSON, tt_buf_view(&b), &arena, NULL), 0);
	tt_event_encode_json(&out, &e, TT_JSON_OBJECT);
	tap_ok(tt_str_find(tt_buf_view(&b), TT_STR("managedFields")) > 0);
	tap_ok(tt_str_find(tt_buf_view(&out), TT_STR("managedFields")) < 0);
	tap_str(e.message, "Successfully pulled image \"nginx\" in 1.2s");
	tt_buf_release(&out);
	tt_buf_release(&b);
	tt_arena_release(&arena);
}

/* A description of a watch stream: type, name and resourceVersion of each frame. */
static void describe_stream(struct tt_buf *to, enum tt_encoding encoding, struct tt_str bytes)
{
	struct tt_arena arena = {0};
	struct tt_framer framer;
	struct tt_watch_frame frame;
	struct tt_str text;
	struct tt_err err = {0};

	tt_framer_init(
		&framer, encoding == TT_ENCODING_JSON ? TT_FRAME_JSON : TT_FRAME_LENGTH32, 1 << 20);
	tt_framer_feed(&framer, bytes);
	while (tt_framer_next(&framer, &text, &err) > 0) {
		if (!tap_okf(tt_watch_frame_decode(&frame, encoding, text, &arena, &err) == 0, "%s",
			    err.msg))
			break;
		tt_buf_text(to, tt_watch_type_name(frame.type));
		tt_buf_char(to, ' ');
		tt_buf_str(to, frame.event.metadata.name);
		tt_buf_char(to, '@');
		tt_buf_str(to, frame.event.metadata.resource_version);
		if (frame.type == TT_WATCH_ERROR)
			tt_buf_printf(
				to, "%d %.*s", frame.status.code, TT_STR_ARG(frame.status.reason));
		tt_buf_char(to, ';');
	}
	tap_ok(!tt_framer_is_partial(&framer));
	tt_framer_release(&framer);
	tt_arena_release(&arena);
}

static void watch_streams_are_decoded(void)
{
	static const struct {
		const char *file, *want;
	} cases[] = {
		{"watch.core.json", "ADDED live@313;MODIFIED live@314;DELETED live@315;"},
		{"watch.core.pb", "ADDED live@313;MODIFIED live@314;DELETED live@315;"},
		{"watch.events.pb", "ADDED live@313;MODIFIED live@314;DELETED live@315;"},
		{"bookmark.core.json", "ADDED bare@306;BOOKMARK @315;"},
		{"bookmark.core.pb", "ADDED bare@306;BOOKMARK @315;"},
		{"expired.json", "ERROR @410 Expired;"},
		{"expired.pb", "ERROR @410 Expired;"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct tt_buf b = golden_read(cases[i].file), out;

		tt_buf_init(&out, 1000);
		describe_stream(&out, encoding_of(cases[i].file), tt_buf_view(&b));
		tap_str(tt_buf_view(&out), cases[i].want);
		tt_buf_release(&b);
		tt_buf_release(&out);
	}
}

/* Decodes a stream without managedFields and encodes it again. */
static void watch_frames_are_written_as_by_the_server(void)
{
	static const char *const files[] = {"bookmark.core.json", "bookmark.core.pb"};

	for (size_t i = 0; i < 2; i++) {
		struct tt_buf b = golden_read(files[i]), out;
		enum tt_encoding encoding = encoding_of(files[i]);
		struct tt_arena arena = {0};
		struct tt_framer framer;
		struct tt_watch_frame frame;
		struct tt_str text;

		tt_buf_init(&out, 1 << 20);
		tt_framer_init(&framer,
			encoding == TT_ENCODING_JSON ? TT_FRAME_JSON : TT_FRAME_LENGTH32, 1 << 20);
		tt_framer_feed(&framer, tt_buf_view(&b));
		while (tt_framer_next(&framer, &text, NULL) > 0) {
			(void)tt_watch_frame_decode(&frame, encoding, text, &arena, NULL);
			tt_watch_frame_encode(&out, encoding, frame.type, &frame.event);
		}
		tap_okf(tt_str_eq(tt_buf_view(&out), tt_buf_view(&b)), "%s", files[i]);
		tt_framer_release(&framer);
		tt_arena_release(&arena);
		tt_buf_release(&b);
		tt_buf_release(&out);
	}
}

struct seen {
	struct tt_buf text;
	int stop_after; /* return TT_ECANCELED at this item, or 0 */
	int n;
};

static int note_item(void *arg, const struct tt_event *e, const struct tt_err *item_err)
{
	struct seen *seen = arg;

	tt_buf_str(&seen->text, e->metadata.name);
	tt_buf_char(&seen->text, '@');
	tt_buf_str(&seen->text, e->metadata.resource_version);
	if (item_err != NULL)
		tt_buf_text(&seen->text, " refused");
	tt_buf_char(&seen->text, ';');
	return ++seen->n == seen->stop_after ? TT_ECANCELED : 0;
}

static void lists_are_decoded(void)
{
	static const char *const files[] = {
		"list.core.json", "list.core.pb", "list.events.json", "list.events.pb"};

	for (size_t i = 0; i < 4; i++) {
		struct tt_buf b = golden_read(files[i]);
		struct tt_arena arena = {0};
		struct seen seen = {0};
		struct tt_listmeta meta;
		struct tt_err err = {0};

		tt_buf_init(&seen.text, 1000);
		tap_okf(tt_eventlist_decode(&meta, encoding_of(files[i]), tt_buf_view(&b), &arena,
				&(struct tt_list_sink){note_item, &seen}, &err) == 0,
			"%s: %s", files[i], err.msg);
		tap_str(tt_buf_view(&seen.text), "bare@306;full@308;");
		tap_str(meta.resource_version, "312");
		tap_ok(meta.continue_token.len > 10);
		tap_int(meta.remaining_item_count, 4);
		seen.n = 0;
		seen.stop_after = 1;
		tt_buf_clear(&seen.text);
		tap_int(tt_eventlist_decode(&meta, encoding_of(files[i]), tt_buf_view(&b), &arena,
				&(struct tt_list_sink){note_item, &seen}, &err),
			TT_ECANCELED);
		tap_str(tt_buf_view(&seen.text), "bare@306;");
		tt_buf_release(&seen.text);
		tt_buf_release(&b);
		tt_arena_release(&arena);
	}
}

static void a_wrong_list_item_does_not_end_the_list(void)
{
	static const struct {
		enum tt_encoding encoding;
		struct tt_str bytes;
		const char *want;
		int rc;
	} cases[] = {
		{TT_ENCODING_JSON,
			TT_STR("{\"kind\":\"EventList\",\"metadata\":{\"resourceVersion\":\"9\"},"
			       "\"items\":["
			       "{\"metadata\":{\"name\":\"a\",\"resourceVersion\":\"1\"},\"count\":"
			       "\"x\"},"
			       "{\"metadata\":{\"name\":\"b\",\"resourceVersion\":\"2\"}}]}"),
			"a@1 refused;b@2;", 0},
		{TT_ENCODING_JSON,
			TT_STR("{\"items\":[{\"metadata\":{\"name\":\"a\"}},{\"metadata\":{"
			       "\"name\":\"b\"},]}"),
			"a@;", TT_EINVAL},
		{TT_ENCODING_JSON, TT_STR("{\"kind\":\"PodList\",\"items\":[{}]}"), "", TT_EINVAL},
		{TT_ENCODING_JSON, TT_STR("{\"metadata\":null,\"items\":null}"), "", 0},
		{TT_ENCODING_JSON,
			TT_STR("{\"kind\":\"List\",\"apiVersion\":\"v1\",\"items\":[{"
			       "\"apiVersion\":\"v1\","
			       "\"kind\":\"Event\",\"metadata\":{\"name\":\"a\"}}]}"),
			"a@;", 0},
		{TT_ENCODING_PROTOBUF,
			{"k8s\0\x12\x18"
			 "\x12\x0c\x0a\x06\x0a\x01"
			 "a\x32\x01"
			 "1\x52\x02\x08\x80"
			 "\x12\x08\x0a\x06\x0a\x01"
			 "b\x32\x01"
			 "2",
				30},
			"a@1 refused;b@2;", 0},
		{TT_ENCODING_PROTOBUF, {"k8s\0\x12\x04\x12\x09\x0a\x00", 10}, "", TT_EINVAL},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct tt_arena arena = {0};
		struct seen seen = {0};
		struct tt_listmeta meta;
		struct tt_err err = {0};

		tt_buf_init(&seen.text, 1000);
		tap_okf(tt_eventlist_decode(&meta, cases[i].encoding, cases[i].bytes, &arena,
				&(struct tt_list_sink){note_item, &seen}, &err) == cases[i].rc,
			"case %zu: %s", i, err.msg);
		tap_str(tt_buf_view(&seen.text), cases[i].want);
		tap_int(meta.remaining_item_count, -1);
		tt_buf_release(&seen.text);
		tt_arena_release(&arena);
	}
}

/* The items of a list by themselves, without envelope or kind. */
static void an_item_is_decoded_by_itself(void)
{
	static const enum tt_encoding encodings[] = {TT_ENCODING_JSON, TT_ENCODING_PROTOBUF};
	struct tt_buf golden = golden_read("full.core.json");

	for (size_t i = 0; i < 2; i++) {
		struct tt_arena arena = {0};
		struct tt_event e, again;
		struct tt_err err = {0};
		struct tt_buf b;

		tt_buf_init(&b, 1 << 20);
		tap_int(tt_event_decode(&e, TT_ENCODING_JSON, tt_buf_view(&golden), &arena, NULL),
			0);
		if (encodings[i] == TT_ENCODING_JSON)
			tt_event_encode_json(&b, &e, TT_JSON_LIST_ITEM);
		else
			tt_event_encode_protobuf(&b, &e, false);
		tap_ok(tt_str_find(tt_buf_view(&b), TT_STR("\"kind\":\"Event\"")) < 0);
		tap_int(tt_event_decode_item(&again, encodings[i], tt_buf_view(&b), &arena, NULL),
			0);
		tap_ok(tt_event_equal(&again, &e));
		b.len -= 3;
		tap_int(tt_event_decode_item(&again, encodings[i], tt_buf_view(&b), &arena, &err),
			TT_EINVAL);
		tap_str(again.metadata.name, "full");
		tt_buf_release(&b);
		tt_arena_release(&arena);
	}
	tt_buf_release(&golden);
}

static void statuses_are_decoded(void)
{
	static const struct {
		const char *file, *reason, *message;
		int code;
		bool has_token;
	} cases[] = {
		{"status404.json", "NotFound", "events \"absent\" not found", 404, false},
		{"status404.pb", "NotFound", "events \"absent\" not found", 404, false},
		{"continue410.json", "Expired", NULL, 410, true},
		{"continue410.pb", "Expired", NULL, 410, true},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct tt_buf b = golden_read(cases[i].file);
		struct tt_arena arena = {0};
		struct tt_status s;

		tap_int(tt_status_decode(
				&s, encoding_of(cases[i].file), tt_buf_view(&b), &arena, NULL),
			0);
		tap_str(s.status, "Failure");
		tap_str(s.reason, cases[i].reason);
		if (cases[i].message != NULL)
			tap_str(s.message, cases[i].message);
		tap_int(s.code, cases[i].code);
		tap_ok((s.continue_token.len > 0) == cases[i].has_token);
		tap_int(s.has_details, cases[i].code == 404);
		tap_str(s.name, s.has_details ? "absent" : "");
		tap_str(s.kind, s.has_details ? "events" : "");
		tt_buf_release(&b);
		tt_arena_release(&arena);
	}
	struct tt_arena arena = {0};
	struct tt_status s;

	tap_int(tt_status_decode(&s, TT_ENCODING_JSON,
			TT_STR("{\"details\":{\"causes\":[{\"field\":\"a.b\",\"reason\":\"R\"},"
			       "{\"message\":\"m\"}],\"retryAfterSeconds\":7},\"code\":429}"),
			&arena, NULL),
		0);
	tap_int(s.retry_after_seconds, 7);
	tap_ok(s.has_details);
	tap_int(s.n_causes, 2);
	tap_str(s.causes[0].reason, "R");
	tap_str(s.causes[0].field, "a.b");
	tap_str(s.causes[1].message, "m");
	tt_arena_release(&arena);
}

/* Decodes one frame; the result of it, with what was read in `frame`. */
static int decode_frame(struct tt_watch_frame *frame, enum tt_encoding encoding,
	struct tt_str bytes, struct tt_arena *arena, struct tt_err *err)
{
	return tt_watch_frame_decode(frame, encoding, bytes, arena, err);
}

static void json_frames_in_any_order_are_read(void)
{
	static const char *const cases[] = {
		"{\"type\":\"ADDED\",\"object\":{\"kind\":\"Event\",\"apiVersion\":\"events.k8s.io/"
		"v1\","
		"\"metadata\":{\"name\":\"n\"},\"note\":\"m\",\"deprecatedCount\":3}}",
		"{\"object\":{\"note\":\"m\",\"deprecatedCount\":3,\"metadata\":{\"name\":\"n\"},"
		"\"apiVersion\":\"events.k8s.io/v1\",\"kind\":\"Event\"},\"type\":\"ADDED\"}",
		"{\"object\":{\"metadata\":{\"name\":\"n\"},\"message\":\"m\",\"note\":\"other\","
		"\"count\":3},"
		"\"extra\":[1,{}],\"type\":\"ADDED\"}",
		"{\"type\":\"ADDED\",\"object\":{\"count\":3,\"message\":\"x\",\"message\":\"m\","
		"\"metadata\":{\"name\":\"n\"},\"apiVersion\":\"v1\"}}",
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct tt_arena arena = {0};
		struct tt_watch_frame frame;
		struct tt_err err = {0};

		tap_okf(decode_frame(
				&frame, TT_ENCODING_JSON, tt_str_from(cases[i]), &arena, &err) == 0,
			"case %zu: %s", i, err.msg);
		tap_int(frame.type, TT_WATCH_ADDED);
		tap_str(frame.event.metadata.name, "n");
		tap_str(frame.event.message, "m");
		tap_int(frame.event.count, 3);
		tt_arena_release(&arena);
	}
}

#define JSON_FRAME(object) "{\"type\":\"ADDED\",\"object\":" object "}"
#define NAMED              "\"metadata\":{\"name\":\"n\",\"resourceVersion\":\"7\"}"

static void wrong_json_frames_are_refused_with_reason_and_name(void)
{
	static const struct {
		const char *bytes, *says;
		bool named;
	} cases[] = {
		{"", "expected an object", false},
		{"[]", "expected an object", false},
		{"null", "expected a watch event", false},
		{"{}", "without type or object", false},
		{"{\"type\":\"ADDED\"}", "without type or object", false},
		{"{\"object\":{}}", "without type or object", false},
		{"{\"type\":\"EXPLODED\",\"object\":{}}", "unknown type", false},
		{JSON_FRAME("null"), "expected an Event", false},
		{JSON_FRAME("{\"kind\":\"Pod\"}"), "kind is not Event at offset 38", false},
		{JSON_FRAME("{\"apiVersion\":\"v2\"}"), "apiVersion", false},
		{JSON_FRAME("{" NAMED ",\"count\":2147483648}"), "32 bits", true},
		{JSON_FRAME("{" NAMED ",\"count\":1.5}"), "whole number at offset", true},
		{JSON_FRAME("{" NAMED ",\"reason\":7}"), "expected a string", true},
		{JSON_FRAME("{" NAMED ",\"firstTimestamp\":\"2026-01-01T00:00:00\"}"),
			"expected a time like", true},
		{JSON_FRAME("{" NAMED ",\"firstTimestamp\":\"\"}"), "expected a time like", true},
		{JSON_FRAME("{" NAMED ",\"eventTime\":\"2026-01-01T00:00:00Z\"}"), ".000000Z",
			true},
		{JSON_FRAME("{" NAMED ",\"eventTime\":\"2026-01-01T00:00:00.123Z\"}"), ".000000Z",
			true},
		{JSON_FRAME("{" NAMED ",\"message\":\"\xff\"}"), "UTF-8", true},
		{JSON_FRAME("{" NAMED "}") "x", "behind the value", true},
		{JSON_FRAME("{" NAMED ",\"message\":\"cut"), "unfinished", true},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct tt_arena arena = {0};
		struct tt_watch_frame frame;
		struct tt_err err = {0};

		tap_int(decode_frame(&frame, TT_ENCODING_JSON, tt_str_from(cases[i].bytes), &arena,
				&err),
			TT_EINVAL);
		tap_okf(strstr(err.msg, cases[i].says) != NULL, "case %zu: %s", i, err.msg);
		tap_str(frame.event.metadata.name, cases[i].named ? "n" : "");
		tap_str(frame.event.metadata.resource_version, cases[i].named ? "7" : "");
		tt_arena_release(&arena);
	}
}

static void wrong_protobuf_is_refused(void)
{
	static const struct {
		struct tt_str bytes;
		const char *says;
	} cases[] = {
		{{"", 0}, "expected k8s"},
		{{"k8s", 3}, "expected k8s"},
		{{"k8s\1\x12\0", 6}, "expected k8s"},
		{{"k8s\0", 4}, "envelope without an object at offset 0"},
		{{"k8s\0\x12\x05", 6}, "malformed envelope at offset 5"},
		{{"k8s\0\x0a\x05\x12\x03Pod\x12\0", 13}, "kind is not Event"},
		{{"k8s\0\x0a\x04\x0a\x02v9\x12\0", 12}, "apiVersion is none"},
		{{"k8s\0\x12\x02\x18\x01", 8}, "wrong wire type"},
		{{"k8s\0\x12\x04\x52\x02\x08\x80", 10}, "malformed time"},
		{{"k8s\0\x12\x05\x0a\x03\x5a\x01\x0a", 11}, "malformed map entry"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct tt_arena arena = {0};
		struct tt_event e;
		struct tt_err err = {0};

		tap_int(tt_event_decode(&e, TT_ENCODING_PROTOBUF, cases[i].bytes, &arena, &err),
			TT_EINVAL);
		tap_okf(strstr(err.msg, cases[i].says) != NULL, "case %zu: %s", i, err.msg);
		tt_arena_release(&arena);
	}
}

/* Puts the bytes that `hex` spells into `to`. */
static void put_hex(struct tt_buf *to, const char *hex)
{
	for (; hex[0] != '\0'; hex += 2) {
		unsigned byte = 0;

		(void)sscanf(hex, "%2x", &byte);
		tt_buf_char(to, (char)byte);
	}
}

static void the_smallest_added_frame_is_as_documented(void)
{
	struct tt_buf want, out;
	struct tt_event e;

	tt_buf_init(&want, 1000);
	tt_buf_init(&out, 1000);
	put_hex(&want,
		"000000650a054144444544125c0a5a6b3873000a0b0a02763112054576656e7412430a110a0161"
		"12001a0022002a00320038004200120e0a0012001a0022002a0032003a001a0022002a040a0012"
		"0032003a0040004a064e6f726d616c5200620072007a001a002200");
	tt_event_init(&e);
	e.metadata.name = TT_STR("a");
	e.type = TT_STR("Normal");
	tt_watch_frame_encode(&out, TT_ENCODING_PROTOBUF, TT_WATCH_ADDED, &e);
	tap_ok(tt_str_eq(tt_buf_view(&out), tt_buf_view(&want)));
	tt_buf_release(&want);
	tt_buf_release(&out);
}

/* broken.pb was posted to an API server, which took it and answered this message in JSON. */
static void text_that_is_no_utf8_is_repaired_as_the_server_shows_it(void)
{
	struct tt_buf b = golden_read("broken.pb");
	struct tt_arena arena = {0};
	struct tt_event e;

	tap_int(tt_event_decode(&e, TT_ENCODING_PROTOBUF, tt_buf_view(&b), &arena, NULL), 0);
#define BAD "\xef\xbf\xbd"
	tap_str(e.message, "a" BAD BAD BAD "zz " BAD BAD BAD " " BAD BAD BAD);
	tt_buf_release(&b);
	tt_arena_release(&arena);
}

/* In texts of any length, at any place. */
static void every_byte_of_text_is_checked(void)
{
	for (size_t n = 1; n < 50; n++)
		for (size_t at = 0; at < n; at++) {
			char bytes[64] = "k8s\0\x12?\x22?";
			struct tt_arena arena = {0};
			struct tt_event e;

			bytes[5] = (char)(n + 2);
			bytes[7] = (char)n;
			memset(bytes + 8, 'x', n);
			bytes[8 + at] = '\x80';
			(void)tt_event_decode(&e, TT_ENCODING_PROTOBUF,
				(struct tt_str){bytes, n + 8}, &arena, NULL);
			tap_int(tt_str_find(e.message, TT_STR("\xef\xbf\xbd")), at);
			tap_int(e.message.len, n + 2);
			tt_arena_release(&arena);
		}
}

static void labels_are_sorted_and_the_last_of_a_key_stays(void)
{
	struct tt_arena arena = {0};
	struct tt_event e;

	tap_int(tt_event_decode(&e, TT_ENCODING_JSON,
			TT_STR("{\"metadata\":{\"labels\":{\"c\":\"1\",\"a\":\"2\",\"b\":null,"
			       "\"a\":\"3\","
			       "\"ab\":\"4\",\"c\":\"5\"},\"annotations\":null}}"),
			&arena, NULL),
		0);
	if (tap_int(e.metadata.n_labels, 4)) {
		tap_str(e.metadata.labels[0].key, "a");
		tap_str(e.metadata.labels[0].value, "3");
		tap_str(e.metadata.labels[1].key, "ab");
		tap_str(e.metadata.labels[2].value, "");
		tap_str(e.metadata.labels[3].value, "5");
	}
	tap_int(e.metadata.n_annotations, 0);
	tt_arena_release(&arena);
}

/* Many entries in few bytes neither take much memory nor long. */
static void items_are_limited(void)
{
	for (int limit_reached = 0; limit_reached < 2; limit_reached++) {
		struct tt_arena arena = {0};
		struct tt_event e;
		struct tt_buf b;
		int n = limit_reached ? 65537 : 65536;

		tt_buf_init(&b, 1 << 20);
		tt_buf_add(&b, "k8s\0", 4);
		tt_buf_add(&b, limit_reached ? "\x12\x86\x80\x08" : "\x12\x84\x80\x08", 4);
		tt_buf_add(&b, limit_reached ? "\x0a\x82\x80\x08" : "\x0a\x80\x80\x08", 4);
		for (int i = 0; i < n; i++)
			tt_buf_add(&b, "\x5a\0", 2);
		int rc = tt_event_decode(&e, TT_ENCODING_PROTOBUF, tt_buf_view(&b), &arena, NULL);

		tap_int(rc, limit_reached ? TT_EINVAL : 0);
		if (!limit_reached)
			tap_int(e.metadata.n_labels, 1);
		tap_ok(arena.bytes < 16 << 20);
		tt_buf_release(&b);
		tt_arena_release(&arena);
	}
}

static void times_out_of_range_are_taken_as_the_nearest(void)
{
	static const struct {
		const char *hex;
		int64_t want;
	} cases[] = {
		{"6b387300120b320908c582d1ffaf071000", 253402300741000000},
		{"6b387300120e320c08ffffffffffffffff7f1000", 253402300799000000},
		{"6b387300120f320d08808080808080808080011000", -62167219200000000},
		{"6b38730012023200", TT_TIME_ZERO},
		{"6b387300120f320d088092b8c398feffffff011000", TT_TIME_ZERO},
		{"6b3873001206320408001000", 0},
		{"6b387300120a3208080510ff93ebdc03", 5000000},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct tt_arena arena = {0};
		struct tt_event e;
		struct tt_buf b;
		struct tt_err err = {0};

		tt_buf_init(&b, 1000);
		put_hex(&b, cases[i].hex);
		tap_okf(tt_event_decode(&e, TT_ENCODING_PROTOBUF, tt_buf_view(&b), &arena, &err) ==
				0,
			"case %zu: %s", i, err.msg);
		tap_okf(e.first_timestamp_us == cases[i].want, "case %zu: %lld", i,
			(long long)e.first_timestamp_us);
		tt_buf_release(&b);
		tt_arena_release(&arena);
	}
}

int main(void)
{
	tap_test(
		"all four forms decode to the same event", all_four_forms_decode_to_the_same_event);
	tap_test("every field is read", every_field_is_read);
	tap_test("encoders write the bytes of the server", encoders_write_the_bytes_of_the_server);
	tap_test("managedFields are dropped", managed_fields_are_dropped);
	tap_test("watch streams are decoded", watch_streams_are_decoded);
	tap_test("watch frames are written as by the server",
		watch_frames_are_written_as_by_the_server);
	tap_test("lists are decoded", lists_are_decoded);
	tap_test(
		"a wrong list item does not end the list", a_wrong_list_item_does_not_end_the_list);
	tap_test("an item is decoded by itself", an_item_is_decoded_by_itself);
	tap_test("statuses are decoded", statuses_are_decoded);
	tap_test("JSON frames in any order are read", json_frames_in_any_order_are_read);
	tap_test("wrong JSON frames are refused with reason and name",
		wrong_json_frames_are_refused_with_reason_and_name);
	tap_test("wrong protobuf is refused", wrong_protobuf_is_refused);
	tap_test("the smallest ADDED frame is as documented",
		the_smallest_added_frame_is_as_documented);
	tap_test("text that is no UTF-8 is repaired as the server shows it",
		text_that_is_no_utf8_is_repaired_as_the_server_shows_it);
	tap_test("every byte of text is checked", every_byte_of_text_is_checked);
	tap_test("labels are sorted and the last of a key stays",
		labels_are_sorted_and_the_last_of_a_key_stays);
	tap_test("items are limited", items_are_limited);
	tap_test("times out of range are taken as the nearest",
		times_out_of_range_are_taken_as_the_nearest);
	return tap_done();
}
