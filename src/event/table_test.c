/* SPDX-License-Identifier: Apache-2.0 */
#include "event/table.h"

#include "base/arena.h"
#include "base/clock.h"
#include "event/codec.h"
#include "event/golden_test.h"

static void aligned(enum tt_tab_style style, const char *const *parts, const char *want)
{
	struct tt_buf to;
	struct tt_tabwriter *w;

	tt_buf_init(&to, 10000);
	w = tt_tabwriter_new(style, &to);
	for (; *parts != NULL; parts++) {
		if (strcmp(*parts, "flush") == 0)
			tt_tabwriter_flush(w);
		else
			tt_tabwriter_write(w, tt_str_from(*parts));
	}
	tt_tabwriter_flush(w);
	tap_str(tt_buf_view(&to), want);
	tt_tabwriter_free(w);
	tt_buf_release(&to);
}

#define ALIGNED(style, want, ...) aligned((style), (const char *const[]){__VA_ARGS__, NULL}, (want))

static void columns_are_aligned(void)
{
	ALIGNED(TT_TAB_GET, "A        BBBBBBB   C\nlonger   b         c\n",
		"A\tBBBBBBB\tC\nlonger\tb\tc\n");
	ALIGNED(TT_TAB_GET, "a     b\n", "a\tb\n");
	ALIGNED(TT_TAB_GET, "abc   b\n", "abc\tb\n");
	ALIGNED(TT_TAB_GET, "abcd   b\n", "abcd\tb\n");
	ALIGNED(TT_TAB_DESCRIBE, "a  b\nccc  d\n", "a\tb\n", "flush", "ccc\td\n");
	ALIGNED(TT_TAB_DESCRIBE, "  Type     Reason\n  ----     ------\n  Warning  BackOff\n",
		"  Type\tReason\n  ----\t------\n  Warning\tBackOff\n");
	ALIGNED(TT_TAB_GET, "", "");
	ALIGNED(TT_TAB_GET, "\n\nx\n", "\n\nx\n");
	ALIGNED(TT_TAB_GET, "a     b", "a\tb");
}

static void widths_are_remembered_over_a_flush(void)
{
	ALIGNED(TT_TAB_GET, "wide cell   x\na           y\nb           z\n", "wide cell\tx\n",
		"flush", "a\ty\n", "flush", "b\tz\n");
	ALIGNED(TT_TAB_GET, "a     x\nwider cell   y\nb            z\n", "a\tx\n", "flush",
		"wider cell\ty\n", "flush", "b\tz\n");
	ALIGNED(TT_TAB_DESCRIBE, "wide cell  x\na  y\n", "wide cell\tx\n", "flush", "a\ty\n");
}

static void a_line_without_tab_ends_the_columns(void)
{
	ALIGNED(TT_TAB_DESCRIBE, "aaaa  b\nsingle\nc  d\n", "aaaa\tb\nsingle\nc\td\n");
	ALIGNED(TT_TAB_DESCRIBE, "a  b\n\nlong cell  d\n", "a\tb\n\nlong cell\td\n");
	ALIGNED(TT_TAB_DESCRIBE, "aaaa  b\n\nc  d\n", "aaaa\tb\n\fc\td\n");
}

static void a_line_without_tab_is_written_at_once(void)
{
	struct tt_buf to;
	struct tt_tabwriter *w;

	tt_buf_init(&to, 1000);
	w = tt_tabwriter_new(TT_TAB_GET, &to);
	tt_tabwriter_write(w, TT_STR("a\tb\nc"));
	tap_int(to.len, 0);
	tt_tabwriter_write(w, TT_STR("d\n"));
	tap_str(tt_buf_view(&to), "a     b\ncd\n");
	tt_tabwriter_free(w);
	tt_buf_release(&to);
}

static void columns_nest_to_the_right(void)
{
	/* the second column is a block of its own in the first two lines, and in the last two */
	ALIGNED(TT_TAB_DESCRIBE, "a  bbbb  c\nd  e     f\ng  h\ni  j    k\nl  mmm  n\n",
		"a\tbbbb\tc\nd\te\tf\ng\th\ni\tj\tk\nl\tmmm\tn\n");
}

static void widths_are_code_points(void)
{
	ALIGNED(TT_TAB_DESCRIBE, "\xc3\xa4\xf0\x9f\x98\x80  x\nab  y\n",
		"\xc3\xa4\xf0\x9f\x98\x80\tx\nab\ty\n");
	ALIGNED(TT_TAB_DESCRIBE, "\xfe\xe2\x82  x\nabc  y\n", "\xfe\xe2\x82\tx\nabc\ty\n");
}

static void escaped_text_is_literal(void)
{
	ALIGNED(TT_TAB_DESCRIBE,
		"\xff"
		"a\tb\n\xff    c\nwidest  d\n",
		"\xff"
		"a\tb\n\xff\tc\nwidest\td\n");
}

static void text_may_come_in_any_pieces(void)
{
	ALIGNED(TT_TAB_GET, "A        BBBBBBB   C\nlonger   b         c\n", "A", "\tBBB", "BBBB\tC",
		"\nlon", "ger\tb\t", "c\n");
}

static void foreign_tabs_do_not_exhaust_the_stack(void)
{
	struct tt_buf to, text;
	struct tt_tabwriter *w;

	tt_buf_init(&to, 64 << 20);
	tt_buf_init(&text, 1 << 20);
	for (int i = 0; i < 1000000; i++)
		tt_buf_char(&text, '\t');
	w = tt_tabwriter_new(TT_TAB_GET, &to);
	tt_tabwriter_write(w, tt_buf_view(&text));
	tt_tabwriter_flush(w);
	tap_ok(!to.failed && to.len > 1000000 - 256);
	tt_tabwriter_free(w);
	tt_buf_release(&to);
	tt_buf_release(&text);
}

static const int64_t NOW = 1795603008123456; /* 2026-11-25T10:36:48.123456Z */

static struct tt_event sample(void)
{
	struct tt_event e;

	tt_event_init(&e);
	e.metadata.name = TT_STR("web.1");
	e.metadata.namespace = TT_STR("shop");
	e.involved_object.kind = TT_STR("Pod");
	e.involved_object.name = TT_STR("web");
	e.involved_object.field_path = TT_STR("spec.containers{app}");
	e.type = TT_STR("Warning");
	e.reason = TT_STR("BackOff");
	e.message = TT_STR("\n Back-off\nrestarting\xe2\x80\x83\xc2\x85 ");
	e.source_component = TT_STR("kubelet");
	e.source_host = TT_STR("n1");
	e.first_timestamp_us = NOW - 67ll * 60 * TT_US_PER_S;
	e.last_timestamp_us = NOW - 204ll * TT_US_PER_S;
	e.count = 7;
	return e;
}

/* The row of `e`. */
static struct tt_str row(struct tt_buf *to, enum tt_table_form form, const struct tt_event *e)
{
	tt_buf_clear(to);
	tt_table_row(to, form, true, e, NOW);
	return tt_buf_view(to);
}

static void rows_have_the_cells_of_kubectl(void)
{
	struct tt_buf to;
	struct tt_event e = sample();

	tt_buf_init(&to, 10000);
	tap_str(row(&to, TT_TABLE_EVENTS, &e),
		"shop\t3m24s (x7 over 67m)\tWarning\tBackOff\tPod/web\tBack-off\nrestarting\n");
	tap_str(row(&to, TT_TABLE_GET, &e),
		"shop\t3m24s\tWarning\tBackOff\tpod/web\tBack-off...\n");
	tap_str(row(&to, TT_TABLE_GET_WIDE, &e),
		"shop\t3m24s\tWarning\tBackOff\tpod/web\tspec.containers{app}\tkubelet, n1\t"
		"Back-off...\t67m\t7\tweb.1\n");

	e.involved_object.kind = TT_STR("Deployment");
	e.involved_object.name = TT_STR("");
	e.source_component = e.source_host = TT_STR("");
	e.reporting_component = TT_STR("ctl");
	e.first_timestamp_us = e.last_timestamp_us = TT_TIME_ZERO;
	e.count = 0;
	e.message = TT_STR("\x1b[31mred\rback\x1b");
	tap_str(row(&to, TT_TABLE_EVENTS, &e),
		"shop\t<unknown>\tWarning\tBackOff\tDeployment/\t^[[31mred\\rback^[\n");
	tap_str(row(&to, TT_TABLE_GET_WIDE, &e),
		"shop\t<unknown>\tWarning\tBackOff\tdeployment\tspec.containers{app}\tctl\t"
		"^[[31mred...\t<unknown>\t1\tweb.1\n");

	e.reporting_instance = TT_STR("ctl-1");
	e.event_time_us = NOW - 5ll * TT_US_PER_S;
	tap_str(row(&to, TT_TABLE_GET_WIDE, &e),
		"shop\t5s\tWarning\tBackOff\tdeployment\tspec.containers{app}\tctl, ctl-1\t"
		"^[[31mred...\t5s\t1\tweb.1\n");
	e.has_series = true;
	e.series_count = 9;
	e.series_last_observed_us = NOW - 2ll * TT_US_PER_S;
	e.first_timestamp_us = NOW - 8ll * TT_US_PER_S;
	tap_str(row(&to, TT_TABLE_GET_WIDE, &e),
		"shop\t2s\tWarning\tBackOff\tdeployment\tspec.containers{app}\tctl, ctl-1\t"
		"^[[31mred...\t8s\t9\tweb.1\n");
	tap_str(row(&to, TT_TABLE_EVENTS, &e),
		"shop\t2s (x9 over 5s)\tWarning\tBackOff\tDeployment/\t^[[31mred\\rback^[\n");
	tt_buf_release(&to);
}

static void messages_are_trimmed_of_unicode_white_space(void)
{
	static const struct {
		const char *message, *want;
	} cases[] = {
		{"  a b  ", "a b"},
		{"", ""},
		{" \t\n", ""},
		{"\xc2\xa0 a\xe3\x80\x80", "a"},
		{"\xe2\x80\xa8"
		 "a\xe2\x80\xaf",
			"a"},
		{"\xe2\x80\x8b"
		 "a",
			"\xe2\x80\x8b"
			"a"},
		{"a\xc3\xa4", "a\xc3\xa4"},
		{"\xe1\x9a\x80"
		 "a\xe2\x81\x9f",
			"a"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct tt_buf to;
		struct tt_event e;

		tt_buf_init(&to, 1000);
		tt_event_init(&e);
		e.message = tt_str_from(cases[i].message);
		tt_table_row(&to, TT_TABLE_GET, false, &e, NOW);
		tap_ok(tt_str_starts(tt_buf_view(&to), TT_STR("<unknown>\t\t\t\t")));
		to.len -= 1;
		tap_str(((struct tt_str){to.data + 13, to.len - 13}), cases[i].want);
		tt_buf_release(&to);
	}
}

static void headers_are_those_of_kubectl(void)
{
	struct tt_buf to;

	tt_buf_init(&to, 1000);
	tt_table_header(&to, TT_TABLE_EVENTS, true);
	tt_table_header(&to, TT_TABLE_GET, false);
	tt_table_header(&to, TT_TABLE_GET_WIDE, false);
	tap_str(tt_buf_view(&to), "NAMESPACE\tLAST SEEN\tTYPE\tREASON\tOBJECT\tMESSAGE\n"
				  "LAST SEEN\tTYPE\tREASON\tOBJECT\tMESSAGE\n"
				  "LAST SEEN\tTYPE\tREASON\tOBJECT\tSUBOBJECT\tSOURCE\tMESSAGE\t"
				  "FIRST SEEN\tCOUNT\tNAME\n");
	tt_buf_release(&to);
}

enum { MAX_EVENTS = 32 };

struct events {
	const struct tt_event *items[MAX_EVENTS];
	size_t n;
};

static int collect(void *arg, const struct tt_event *e, const struct tt_err *item_err)
{
	struct events *events = arg;

	tap_ok(item_err == NULL && events->n < MAX_EVENTS);
	events->items[events->n++] = e;
	return 0;
}

/* Brings the events into the order of `names`. kubectl's own sort is not stable, so that the order
 * of equal times is no rule to test. */
static void arrange(struct events *events, const char *const *names)
{
	for (size_t at = 0; names[at] != NULL; at++)
		for (size_t i = at; i < events->n; i++)
			if (tt_str_starts(
				    events->items[i]->metadata.name, tt_str_from(names[at]))) {
				const struct tt_event *swap = events->items[i];

				events->items[i] = events->items[at];
				events->items[at] = swap;
				break;
			}
}

/* In `to`, as kubectl's table; only those of namespace `only` if that is not empty. */
static void put_table(
	struct tt_buf *to, struct events *events, enum tt_table_form form, struct tt_str only)
{
	static const int64_t then = 1795603692000000; /* when kubectl ran */
	struct tt_tabwriter *w = tt_tabwriter_new(TT_TAB_GET, to);
	struct tt_buf cells;

	tt_buf_init(&cells, 100000);
	tt_table_header(&cells, form, only.len == 0);
	for (size_t i = 0; i < events->n; i++)
		if (only.len == 0 || tt_str_eq(events->items[i]->metadata.namespace, only))
			tt_table_row(&cells, form, only.len == 0, events->items[i], then);
	tt_tabwriter_write(w, tt_buf_view(&cells));
	tt_tabwriter_flush(w);
	tt_tabwriter_free(w);
	tt_buf_release(&cells);
}

/* kubectl 1.34.4 printed the events of kubectl.list.json, among them some with line breaks, TABs,
 * escape sequences and wide characters. */
static void tables_are_byte_for_byte_those_of_kubectl(void)
{
	static const char *const all[] = {"full", "bare", "fp", "ff", "noname", "nl", "esc", "uni",
		"web-1", "node.1", "managed", "toobig", "future", NULL};
	static const char *const shop[] = {
		"fp", "ff", "noname", "esc", "nl", "uni", "future", NULL};
	static const struct {
		const char *file;
		enum tt_table_form form;
		struct tt_str only;
		const char *const *order; /* by time; NULL for that of the list */
	} cases[] = {
		{"kubectl.get.txt", TT_TABLE_GET, {"", 0}, NULL},
		{"kubectl.wide.txt", TT_TABLE_GET_WIDE, {"", 0}, NULL},
		{"kubectl.events.txt", TT_TABLE_EVENTS, {"", 0}, all},
		{"kubectl.events-shop.txt", TT_TABLE_EVENTS, {"shop", 4}, shop},
	};
	struct tt_buf list = golden_read("kubectl.list.json");
	struct tt_arena arena = {0};
	struct events events = {0};
	struct tt_listmeta meta;

	tap_int(tt_eventlist_decode(&meta, TT_ENCODING_JSON, tt_buf_view(&list), &arena,
			&(struct tt_list_sink){collect, &events}, NULL),
		0);
	tap_int(events.n, 13);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct tt_buf want = golden_read(cases[i].file), got;

		if (cases[i].order != NULL)
			arrange(&events, cases[i].order);
		tt_buf_init(&got, 100000);
		put_table(&got, &events, cases[i].form, cases[i].only);
		tap_str(tt_buf_view(&got), want.data);
		tt_buf_release(&got);
		tt_buf_release(&want);
	}
	tt_buf_release(&list);
	tt_arena_release(&arena);
}

int main(void)
{
	tap_test("tables are byte for byte those of kubectl",
		tables_are_byte_for_byte_those_of_kubectl);
	tap_test("columns are aligned", columns_are_aligned);
	tap_test("widths are remembered over a flush", widths_are_remembered_over_a_flush);
	tap_test("a line without TAB ends the columns", a_line_without_tab_ends_the_columns);
	tap_test("a line without TAB is written at once", a_line_without_tab_is_written_at_once);
	tap_test("columns nest to the right", columns_nest_to_the_right);
	tap_test("widths are code points", widths_are_code_points);
	tap_test("escaped text is literal", escaped_text_is_literal);
	tap_test("text may come in any pieces", text_may_come_in_any_pieces);
	tap_test("foreign TABs do not exhaust the stack", foreign_tabs_do_not_exhaust_the_stack);
	tap_test("rows have the cells of kubectl", rows_have_the_cells_of_kubectl);
	tap_test("messages are trimmed of Unicode white space",
		messages_are_trimmed_of_unicode_white_space);
	tap_test("headers are those of kubectl", headers_are_those_of_kubectl);
	return tap_done();
}
