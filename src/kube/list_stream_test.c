/* SPDX-License-Identifier: Apache-2.0 */
#include "kube/list_stream.h"

#include <stdio.h>
#include <string.h>

#include "tap/tap.h"
#include "wire/protobuf.h"

enum { MAX_ITEM_BYTES = 4096, ITEMS = 4 };

/* What the callback was given, as text: "name@rv" or "name!" for an error, then a blank. */
struct seen {
	char text[512];
	struct tt_str rv_at_first; /* of the list, when the first item came */
	const struct tt_listmeta *meta;
	int n, stop_at;
};

static int see(void *arg, const struct tt_event *e, const struct tt_err *item_err)
{
	struct seen *seen = arg;
	size_t at = strlen(seen->text);

	if (seen->n++ == 0)
		seen->rv_at_first = seen->meta->resource_version;
	(void)snprintf(seen->text + at, sizeof(seen->text) - at, "%.*s%s%.*s ",
		TT_STR_ARG(e->metadata.name), item_err != NULL ? "!" : "@",
		TT_STR_ARG(e->metadata.resource_version));
	return seen->n == seen->stop_at ? TT_EDENIED : 0;
}

static void make_event(struct tt_event *e, int i, struct tt_str message)
{
	static const char *const names[] = {"a", "b", "c", "d"}, *const rvs[] = {
									 "1", "2", "3", "4"};

	tt_event_init(e);
	e->metadata.name = tt_str_from(names[i]);
	e->metadata.namespace = TT_STR("default");
	e->metadata.resource_version = tt_str_from(rvs[i]);
	e->message = message;
}

static void put_item(struct tt_buf *to, int i, struct tt_str message, enum tt_encoding encoding)
{
	struct tt_event e;
	struct tt_buf item;

	make_event(&e, i, message);
	if (encoding == TT_ENCODING_JSON) {
		tt_event_encode_json(to, &e, TT_JSON_LIST_ITEM);
		return;
	}
	tt_buf_init(&item, 1 << 20);
	tt_event_encode_protobuf(&item, &e, false);
	tt_pb_put_bytes(to, 2, tt_buf_view(&item));
	tt_buf_release(&item);
}

/* A list of four events, the message of the third being `message`, as a server writes it. */
static void make_list(struct tt_buf *to, enum tt_encoding encoding, struct tt_str message)
{
	struct tt_str none = TT_STR("{\"}]");

	tt_buf_init(to, 1 << 22);
	if (encoding == TT_ENCODING_JSON) {
		tt_buf_text(to,
			"{\"kind\":\"EventList\",\"apiVersion\":\"v1\",\"odd\" : [1, {}],"
			"\"metadata\":{\"resourceVersion\":\"77\",\"continue\":\"go\\u002don\","
			"\"remainingItemCount\":5},\"items\": [");
		for (int i = 0; i < ITEMS; i++) {
			put_item(to, i, i == 2 ? message : none, encoding);
			tt_buf_text(to, i < ITEMS - 1 ? ", " : "]}\n");
		}
		return;
	}
	tt_buf_add(to, "k8s", 4);
	size_t type = tt_pb_begin(to, 1);

	tt_pb_put_bytes(to, 1, TT_STR("v1"));
	tt_pb_put_bytes(to, 2, TT_STR("EventList"));
	tt_pb_end(to, type);
	size_t list = tt_pb_begin(to, 2), meta = tt_pb_begin(to, 1);

	tt_pb_put_bytes(to, 1, TT_STR(""));
	tt_pb_put_bytes(to, 2, TT_STR("77"));
	tt_pb_put_bytes(to, 3, TT_STR("go-on"));
	tt_pb_put_varint(to, 4, 5);
	tt_pb_end(to, meta);
	for (int i = 0; i < ITEMS; i++)
		put_item(to, i, i == 2 ? message : none, encoding);
	tt_pb_end(to, list);
	tt_pb_put_bytes(to, 3, TT_STR(""));
	tt_pb_put_bytes(to, 4, TT_STR(""));
}

/* Feeds `bytes` in pieces of `piece`, the first being `first` long; what feed and end said. */
static int run(struct seen *seen, enum tt_encoding encoding, struct tt_str bytes, size_t first,
	size_t piece)
{
	struct tt_arena arena = {0};
	struct tt_listmeta meta;
	struct tt_list_stream s;
	int rc = 0;

	tt_list_stream_init(&s, encoding, MAX_ITEM_BYTES, &meta, &arena);
	s.sink = (struct tt_list_sink){see, seen};
	seen->meta = &meta;
	for (size_t at = 0, n = first; at < bytes.len && rc == 0; at += n, n = piece) {
		if (n == 0)
			n = piece;
		if (n > bytes.len - at)
			n = bytes.len - at;
		rc = tt_list_stream_feed(&s, (struct tt_str){bytes.data + at, n}, NULL);
	}
	if (rc == 0)
		rc = tt_list_stream_end(&s, NULL);
	if (rc == 0) {
		tap_str(meta.resource_version, "77");
		tap_str(meta.continue_token, "go-on");
		tap_int(meta.remaining_item_count, 5);
		tap_str(seen->rv_at_first, "77");
	}
	tt_list_stream_release(&s);
	tt_arena_release(&arena);
	return rc;
}

static void items_come_whole_wherever_the_list_is_cut(void)
{
	for (int encoding = TT_ENCODING_JSON; encoding <= TT_ENCODING_PROTOBUF; encoding++) {
		struct tt_buf list;

		make_list(&list, encoding, TT_STR("\\\"{["));
		for (size_t cut = 0; cut <= list.len; cut++) {
			struct seen seen = {0};

			tap_int(run(&seen, encoding, tt_buf_view(&list), cut, list.len), 0);
			tap_str(tt_str_from(seen.text), "a@1 b@2 c@3 d@4 ");
		}
		for (size_t piece = 1; piece < 20; piece++) {
			struct seen seen = {0};

			tap_int(run(&seen, encoding, tt_buf_view(&list), piece, piece), 0);
			tap_str(tt_str_from(seen.text), "a@1 b@2 c@3 d@4 ");
		}
		tt_buf_release(&list);
	}
}

static void a_list_that_breaks_off_is_noticed(void)
{
	for (int encoding = TT_ENCODING_JSON; encoding <= TT_ENCODING_PROTOBUF; encoding++) {
		struct tt_buf list;

		make_list(&list, encoding, TT_STR("x"));
		/* In JSON a newline, in protobuf two empty fields of the envelope, may be missing.
		 */
		size_t whole = list.len - (encoding == TT_ENCODING_JSON ? 1 : 4);

		for (size_t n = 0; n < whole; n++) {
			struct seen seen = {0};

			tap_okf(run(&seen, encoding, (struct tt_str){list.data, n}, n, n) == TT_EIO,
				"cut at %zu of %zu", n, list.len);
		}
		tt_buf_release(&list);
	}
}

static void an_oversized_item_is_named_and_passed_over(void)
{
	static char big[3 * MAX_ITEM_BYTES];

	memset(big, 'x', sizeof(big));
	for (int encoding = TT_ENCODING_JSON; encoding <= TT_ENCODING_PROTOBUF; encoding++) {
		struct tt_buf list;
		static const size_t pieces[] = {1, 7, 1000, 100000};

		make_list(&list, encoding, (struct tt_str){big, sizeof(big)});
		for (size_t i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++) {
			struct seen seen = {0};

			tap_int(run(&seen, encoding, tt_buf_view(&list), pieces[i], pieces[i]), 0);
			tap_str(tt_str_from(seen.text), "a@1 b@2 c!3 d@4 ");
		}
		tt_buf_release(&list);
	}
}

static void an_item_that_cannot_be_decoded_is_named_and_passed_over(void)
{
	struct tt_buf list, json;
	struct seen seen = {0}, seen_json = {0};
	/* The lengths stay as they are; only the second item's field 2 is broken. */
	make_list(&list, TT_ENCODING_PROTOBUF, TT_STR("x"));
	char *second = memmem(list.data, list.len, "\x0a\x01\x62", 3);
	char *involved = second != NULL ? memmem(second, list.len - (size_t)(second - list.data),
						  "\x12\x0e", 2)
					: NULL;

	if (!tap_ok(involved != NULL))
		return;
	involved[1] = 0x7f;
	tap_int(run(&seen, TT_ENCODING_PROTOBUF, tt_buf_view(&list), 9, 9), 0);
	tap_str(tt_str_from(seen.text), "a@1 b!2 c@3 d@4 ");
	tt_buf_release(&list);
	make_list(&json, TT_ENCODING_JSON, TT_STR("x"));
	second = strstr(json.data, "\"name\":\"b\"");
	memcpy(strstr(second, "null"), "1111", 4);
	tap_int(run(&seen_json, TT_ENCODING_JSON, tt_buf_view(&json), 9, 9), 0);
	tap_str(tt_str_from(seen_json.text), "a@1 b!2 c@3 d@4 ");
	tt_buf_release(&json);
}

static void the_callback_can_end_the_list(void)
{
	for (int encoding = TT_ENCODING_JSON; encoding <= TT_ENCODING_PROTOBUF; encoding++) {
		struct tt_buf list;
		struct seen seen = {.stop_at = 2};

		make_list(&list, encoding, TT_STR("x"));
		tap_int(run(&seen, encoding, tt_buf_view(&list), 100000, 1), TT_EDENIED);
		tap_str(tt_str_from(seen.text), "a@1 b@2 ");
		tt_buf_release(&list);
	}
}

static void what_is_no_list_is_refused(void)
{
	static const struct {
		enum tt_encoding encoding;
		const char *text;
	} cases[] = {
		{TT_ENCODING_JSON, "[]"},
		{TT_ENCODING_JSON, "<html>"},
		{TT_ENCODING_JSON, "{\"items\":[1]}"},
		{TT_ENCODING_JSON, "{\"items\":{}}"},
		{TT_ENCODING_JSON, "{\"items\":[{}{}]}"},
		{TT_ENCODING_JSON, "{\"items\":[{},]}"},
		{TT_ENCODING_JSON, "{\"items\" []}"},
		{TT_ENCODING_JSON, "{\"metadata\":7,\"items\":[]}"},
		{TT_ENCODING_JSON, "{,}"},
		{TT_ENCODING_JSON, "{items:[]}"},
		{TT_ENCODING_JSON, "{\"items\":[]} x"},
		{TT_ENCODING_JSON, "{\"items\":[]}}"},
		{TT_ENCODING_PROTOBUF, "k9s"},
		{TT_ENCODING_PROTOBUF, "{\"items\":[]}"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct seen seen = {0};

		tap_okf(run(&seen, cases[i].encoding, tt_str_from(cases[i].text), 1, 1) == TT_EIO,
			"%s is refused", cases[i].text);
	}
}

static void an_empty_list_is_a_list(void)
{
	static const char *const texts[] = {
		"{\"metadata\":{\"resourceVersion\":\"9\"},\"items\":[]}",
		" {\"items\" : null , \"metadata\":{\"resourceVersion\":\"9\"} } ",
		"{\"items\":[ ],\"metadata\":{\"resourceVersion\":\"9\",\"continue\":null}}",
	};
	/* The golden bytes of an empty EventList with resourceVersion 1000. */
	static const char protobuf[] = "k8s\0\x0a\x0f\x0a\x02v1\x12\x09"
				       "EventList\x12\x0c\x0a\x0a\x0a\0\x12\x04"
				       "1000\x1a\0\x1a\0\"\0";

	for (size_t i = 0; i <= sizeof(texts) / sizeof(texts[0]); i++) {
		bool last = i == sizeof(texts) / sizeof(texts[0]);
		struct tt_arena arena = {0};
		struct tt_listmeta meta;
		struct tt_list_stream s;
		struct tt_str bytes = last ? (struct tt_str){protobuf, sizeof(protobuf) - 1}
					   : tt_str_from(texts[i]);

		tt_list_stream_init(&s, last ? TT_ENCODING_PROTOBUF : TT_ENCODING_JSON,
			MAX_ITEM_BYTES, &meta, &arena);
		tap_int(tt_list_stream_feed(&s, bytes, NULL), 0);
		tap_int(tt_list_stream_end(&s, NULL), 0);
		tap_str(meta.resource_version, last ? "1000" : "9");
		tap_int(meta.continue_token.len, 0);
		tap_int(meta.remaining_item_count, -1);
		tt_list_stream_release(&s);
		tt_arena_release(&arena);
	}
}

int main(void)
{
	tap_test("items_come_whole_wherever_the_list_is_cut",
		items_come_whole_wherever_the_list_is_cut);
	tap_test("a_list_that_breaks_off_is_noticed", a_list_that_breaks_off_is_noticed);
	tap_test("an_oversized_item_is_named_and_passed_over",
		an_oversized_item_is_named_and_passed_over);
	tap_test("an_item_that_cannot_be_decoded_is_named_and_passed_over",
		an_item_that_cannot_be_decoded_is_named_and_passed_over);
	tap_test("the_callback_can_end_the_list", the_callback_can_end_the_list);
	tap_test("what_is_no_list_is_refused", what_is_no_list_is_refused);
	tap_test("an_empty_list_is_a_list", an_empty_list_is_a_list);
	return tap_done();
}
