/* SPDX-License-Identifier: Apache-2.0 */
#include "store/record_json.h"

#include "base/buf.h"
#include "store/record.h"
#include "store/sample_test.h"
#include "tap/tap.h"

static const int64_t NOW = 1790000000123456;

static void an_event_has_the_documented_form(void)
{
	struct tt_batch *b = tt_batch_new(TT_STR("prod"));
	struct tt_buf text;

	sample_event(b, 3, 1, NOW);
	b->records[0].seq = 17;
	b->records[0].recorded_at_us = NOW;
	tt_buf_init(&text, 1 << 20);
	tt_record_put_json(&text, &b->records[0]);
	static const char start[] =
		"{\"seq\":17,\"kind\":\"event\",\"cluster\":\"prod\","
		"\"recordedAt\":\"2026-09-21T14:13:20.123456Z\",\"change\":\"ADDED\","
		"\"event\":{\"kind\":\"Event\",\"apiVersion\":\"v1\","
		"\"metadata\":{\"name\":\"web-1.";

	tap_ok(tt_str_starts(tt_buf_view(&text), tt_str_from(start)));
	tap_ok(tt_str_ends(tt_buf_view(&text), TT_STR("}}\n")));
	tt_buf_release(&text);
	tt_batch_unref(b);
}

static void gaps_and_cursors_have_the_documented_form(void)
{
	struct tt_batch *b = tt_batch_new(TT_STR("prod"));
	struct tt_record *r = tt_batch_add_gap(b);
	struct tt_str namespaces[] = {TT_STR("a"), TT_STR("b")};
	struct tt_buf text;

	r->seq = 18;
	r->recorded_at_us = r->gap.to_us = NOW;
	r->gap.lost = TT_LOST_EVENTS;
	r->gap.reason = TT_STR("collection began");
	tt_buf_init(&text, 1 << 20);
	tt_record_put_json(&text, r);
	tap_str(tt_buf_view(&text),
		"{\"seq\":18,\"kind\":\"gap\",\"cluster\":\"prod\","
		"\"recordedAt\":\"2026-09-21T14:13:20.123456Z\",\"namespaces\":[],\"from\":null,"
		"\"to\":\"2026-09-21T14:13:20.123456Z\",\"lost\":\"events\","
		"\"reason\":\"collection began\"}\n");
	tt_buf_clear(&text);
	r->gap.namespaces = namespaces;
	r->gap.n_namespaces = 2;
	r->gap.lost = TT_LOST_UPDATES;
	r->gap.from_us = 0;
	tt_record_put_json(&text, r);
	tap_ok(tt_str_find(tt_buf_view(&text), TT_STR("\"namespaces\":[\"a\",\"b\"],\"from\":"
						      "\"1970-01-01T00:00:00.000000Z\",\"to\":")) >
		0);
	tt_buf_clear(&text);
	tt_record_put_cursor(&text, 42);
	tap_str(tt_buf_view(&text), "{\"kind\":\"cursor\",\"seq\":42}\n");
	tt_buf_release(&text);
	tt_batch_unref(b);
}

static void what_is_written_is_read_back(void)
{
	struct tt_batch *b = tt_batch_new(TT_STR("prod")), *back = tt_batch_new(TT_STR("x"));
	struct tt_buf text;
	uint64_t cursor = 0;

	tt_buf_init(&text, 1 << 20);
	sample_event(b, 10, 3, NOW);
	struct tt_record *gap = tt_batch_add_gap(b);

	gap->gap.to_us = NOW;
	gap->gap.reason = TT_STR("position <expired>");
	for (size_t i = 0; i < b->n; i++) {
		b->records[i].seq = i + 1;
		b->records[i].recorded_at_us = NOW;
		b->records[i].time_us = tt_event_time_us(&b->records[i].event, NOW);
		tt_buf_clear(&text);
		tt_record_put_json(&text, &b->records[i]);
		tap_int(tt_record_parse_json(back, tt_str_trim(tt_buf_view(&text)), &cursor, NULL),
			1);
		tap_ok(sample_same(&b->records[i], &back->records[i]));
	}
	tt_buf_clear(&text);
	tt_record_put_cursor(&text, 99);
	tap_int(tt_record_parse_json(back, tt_buf_view(&text), &cursor, NULL), 0);
	tap_int(cursor, 99);
	tap_int(back->n, 2);
	tt_buf_release(&text);
	tt_batch_unref(b);
	tt_batch_unref(back);
}

static void wrong_lines_are_refused_with_a_reason(void)
{
	static const struct {
		const char *line, *reason;
	} cases[] = {
		{"", "object"},
		{"[]", "object"},
		{"{\"kind\":\"event\"", "offset"},
		{"{\"kind\":\"wish\"}", "kind must be event, gap or cursor"},
		{"{\"kind\":\"event\",\"change\":\"GONE\",\"event\":{}}", "change must be"},
		{"{\"kind\":\"event\",\"change\":\"ADDED\"}", "has no event"},
		{"{\"kind\":\"event\",\"change\":\"ADDED\",\"event\":7}", "event: "},
		{"{\"kind\":\"gap\",\"lost\":\"all\"}", "lost must be"},
		{"{\"kind\":\"gap\",\"lost\":\"events\",\"to\":\"soon\"}",
			"to is no time: \"soon\""},
		{"{\"kind\":\"cursor\",\"seq\":-1}", "negative"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct tt_batch *b = tt_batch_new(TT_STR("prod"));
		struct tt_err err = {0};
		uint64_t cursor;
		int rc = tt_record_parse_json(b, tt_str_from(cases[i].line), &cursor, &err);

		tap_okf(rc == TT_EINVAL, "%s gives %d", cases[i].line, rc);
		tap_okf(strstr(err.msg, cases[i].reason) != NULL, "%s says: %s", cases[i].line,
			err.msg);
		tap_int(b->n, 0);
		tt_batch_unref(b);
	}
}

int main(void)
{
	tap_test("an event has the documented form", an_event_has_the_documented_form);
	tap_test("gaps and cursors have the documented form",
		gaps_and_cursors_have_the_documented_form);
	tap_test("what is written is read back", what_is_written_is_read_back);
	tap_test("wrong lines are refused with a reason", wrong_lines_are_refused_with_a_reason);
	return tap_done();
}
