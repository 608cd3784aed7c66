/* SPDX-License-Identifier: Apache-2.0 */
#include "base/arena.h"
#include "tap/tap.h"
#include "wire/json.h"
#include "wire/json_text.h"
#include "wire/yaml_text.h"

enum { TEXT_MAX = 1 << 16 };

static void test_json_is_indented_as_go_does(void)
{
	static const struct {
		const char *json, *want;
	} rows[] = {
		{"{}", "{}"},
		{"[]", "[]"},
		{"{\"a\":1}", "{\n    \"a\": 1\n}"},
		{"{\"a\":{},\"b\":[]}", "{\n    \"a\": {},\n    \"b\": []\n}"},
		{"[1,\"x,y:{\"]", "[\n    1,\n    \"x,y:{\"\n]"},
		{"{\"a\":\"\\\"}\\\\\"}", "{\n    \"a\": \"\\\"}\\\\\"\n}"},
		{"{\"a\":{\"b\":null}}", "{\n    \"a\": {\n        \"b\": null\n    }\n}"},
	};
	struct tt_buf to;

	tt_buf_init(&to, TEXT_MAX);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		tt_buf_clear(&to);
		tt_json_put_indented(&to, tt_str_from(rows[i].json), 4, 0);
		tap_str(tt_buf_view(&to), rows[i].want);
	}
	tt_buf_clear(&to);
	tt_json_put_indented(&to, TT_STR("{\"a\":1}"), 4, 1);
	tap_str(tt_buf_view(&to), "{\n        \"a\": 1\n    }");
	tt_buf_release(&to);
}

/* What kubectl 1.34.4 events -o yaml printed behind "message:" for each message. */
static const struct {
	const char *message, *yaml;
} scalars[] = {
	{"plain text", " plain text\n"},
	{"'x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x"
	 " x x x x x x x x x x x x x x x ",
		" '''x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x "
		"x\n    x x x x x x x x x x x x x x x x '\n"},
	{"\n", " |2+\n\n"},
	{"NaN", " NaN\n"},
	{"line\r\nline2\r\n", " \"line\\r\\nline2\\r\\n\"\n"},
	{"2026-02-30", " 2026-02-30\n"},
	{"1e400", " 1e400\n"},
	{"colon: inside", " 'colon: inside'\n"},
	{"1:99", " 1:99\n"},
	{"x: |", " 'x: |'\n"},
	{"a\n ", " \"a\\n \"\n"},
	{"tab\t", " \"tab\\t\"\n"},
	{"# hash", " '# hash'\n"},
	{"trail ", " 'trail '\n"},
	{"  lead", " '  lead'\n"},
	{"two\nlines", " |-\n    two\n    lines\n"},
	{"two\nlines\n", " |\n    two\n    lines\n"},
	{"\nleading newline", " |2-\n\n    leading newline\n"},
	{"  indented\nthen\n", " |2\n      indented\n    then\n"},
	{"tab\tinside", " \"tab\\tinside\"\n"},
	{"yes", " \"yes\"\n"},
	{"null", " \"null\"\n"},
	{"~", " \"~\"\n"},
	{"12", " \"12\"\n"},
	{"1.5", " \"1.5\"\n"},
	{"0x1f", " \"0x1f\"\n"},
	{"1e3", " \"1e3\"\n"},
	{"2001-01-01", " \"2001-01-01\"\n"},
	{"1:20", " \"1:20\"\n"},
	{"- dash", " '- dash'\n"},
	{"-dash", " -dash\n"},
	{"'single'", " '''single'''\n"},
	{"\"double\"", " '\"double\"'\n"},
	{"back\\slash", " back\\slash\n"},
	{"emoji \360\237\230\200 text", " \"emoji \\U0001F600 text\"\n"},
	{"{brace}", " '{brace}'\n"},
	{"a, b", " a, b\n"},
	{"@at", " '@at'\n"},
	{"%pct", " '%pct'\n"},
	{"&amp", " '&amp'\n"},
	{"*star", " '*star'\n"},
	{"<b>&amp;</b>", " <b>&amp;</b>\n"},
	{"a\rb", " \"a\\rb\"\n"},
	{"long word word word word word word word word word word word word word "
	 "word word word word word word word word word word word word word word "
	 "word word word word word word word word word word word word word ",
		" 'long word word word word word word word word word word word word wor"
		"d\n    word word word word word word word word word word word word wor"
		"d word word word\n    word word word word word word word word word wor"
		"d word '\n"},
	{"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
	 "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
		" xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
		"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\n"},
	{"lines long\nword word word word word word word word word word word wor"
	 "d word word word word word word word word word word word word word wor"
	 "d word word word word word word word word word word word word word wor"
	 "d \nend",
		" \"lines long\\nword word word word word word word word word word word"
		" word\n    word word word word word word word word word word word word"
		" word word word word\n    word word word word word word word word word"
		" word word word \\nend\"\n"},
	{"key: value\n  nested", " |-\n    key: value\n      nested\n"},
	{"trailing newlines\n\n\n", " |+\n    trailing newlines\n\n\n"},
	{"a #b", " 'a #b'\n"},
	{"a: ", " 'a: '\n"},
	{"ends with:", " 'ends with:'\n"},
	{"<<", " <<\n"},
	{"...", " '...'\n"},
	{"---", " '---'\n"},
	{"017", " \"017\"\n"},
	{"1_000", " \"1_000\"\n"},
	{"nbsp\302\240x", " nbsp\302\240x\n"},
	{"line1\n\ttab line\n", " \"line1\\n\\ttab line\\n\"\n"},
	{" ", " ' '\n"},
};

static void test_yaml_text_is_what_kubectl_prints(void)
{
	struct tt_buf json, want, got;

	tt_buf_init(&json, TEXT_MAX);
	tt_buf_init(&want, TEXT_MAX);
	tt_buf_init(&got, TEXT_MAX);
	for (size_t i = 0; i < sizeof(scalars) / sizeof(scalars[0]); i++) {
		tt_buf_clear(&json);
		tt_buf_clear(&want);
		tt_buf_clear(&got);
		tt_buf_text(&json, "{\"message\":");
		tt_json_put_string(&json, tt_str_from(scalars[i].message));
		tt_buf_char(&json, '}');
		tt_buf_printf(&want,
			"apiVersion: v1\nitems:\n- message:%skind: EventList\nmetadata: {}\n",
			scalars[i].yaml);
		struct tt_yaml_list *list = tt_yaml_list_begin(&got);

		tt_yaml_list_add(list, tt_buf_view(&json));
		tap_int(tt_yaml_list_end(list, "EventList", NULL), 0);
		tap_str(tt_buf_view(&got), want.data);
	}
	tt_buf_release(&json);
	tt_buf_release(&want);
	tt_buf_release(&got);
}

static void test_yaml_has_keys_in_order_and_empty_containers(void)
{
	struct tt_err err;
	struct tt_buf got;

	tt_buf_init(&got, TEXT_MAX);
	tap_int(tt_yaml_put_object(&got,
			TT_STR("{\"kind\":\"Event\",\"apiVersion\":\"v1\",\"n\":null,\"l\":[],"
			       "\"m\":{\"b10\":\"1\",\"b9\":true,\"A\":1,\"a/b\":[1,{\"x\":2}]}}"),
			&err),
		0);
	tap_str(tt_buf_view(&got), "apiVersion: v1\nkind: Event\nl: []\nm:\n  A: 1\n  a/b:\n  - 1\n"
				   "  - x: 2\n  b9: true\n  b10: \"1\"\n\"n\": null\n");
	tt_buf_clear(&got);
	tap_int(tt_yaml_put_object(&got, TT_STR("{\"a\":"), &err), TT_EINVAL);
	tt_buf_release(&got);
}

static void test_what_looks_like_a_number_is_no_text(void)
{
	static const struct {
		const char *text;
		bool is_text;
	} rows[] = {
		{"", false},
		{"~", false},
		{"true", false},
		{"True", false},
		{"tRUE", true},
		{"y", false},
		{"yy", true},
		{"on", false},
		{"0", false},
		{"-1", false},
		{"+1", false},
		{"1_000", false},
		{"0x1f", false},
		{"0x", true},
		{"0xg", true},
		{"0o17", false},
		{"0b12", true},
		{"0b11", false},
		{"08", false},
		{"1.", false},
		{".5", false},
		{".", true},
		{"1e3", false},
		{"1e", true},
		{"1e400", true},
		{"-", true},
		{"--", true},
		{"0x99999999999999999999999", true},
		{"99999999999999999999999", false},
		{"1.2.3", true},
		{"1:20", false},
		{"1:99", true},
		{"12:30:45", false},
		{"2026-11-20", false},
		{"2026-1-1", false},
		{"2026-02-30", true},
		{"2026-13-01", true},
		{"2026-11-20T03:00:00Z", false},
		{"2026-11-20T03:00:00", true},
		{"2026-11-20 03:00:00", false},
		{"2026-11-20T03:00:00+01:00", false},
		{"pod/web", true},
		{".inf", false},
		{"-.inf", false},
		{".nan", false},
		{"<<", true},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		tap_okf(tt_yaml_is_text(tt_str_from(rows[i].text)) == rows[i].is_text, "\"%s\"",
			rows[i].text);
}

static void test_keys_are_in_natural_order(void)
{
	/* each before the next, as go-yaml sorts them */
	static const char *const keys[] = {"", "1", "2", "10", "A", "a", "a/b", "a1", "a2", "a10",
		"aa", "b9", "b09", "b10", "ba"};

	for (size_t i = 0; i + 1 < sizeof(keys) / sizeof(keys[0]); i++) {
		struct tt_str a = tt_str_from(keys[i]), b = tt_str_from(keys[i + 1]);

		tap_okf(tt_yaml_key_cmp(a, b) < 0, "%s < %s", keys[i], keys[i + 1]);
		tap_okf(tt_yaml_key_cmp(b, a) > 0, "%s > %s", keys[i + 1], keys[i]);
		tap_int(tt_yaml_key_cmp(a, a), 0);
	}
}

int main(void)
{
	tap_test("json_is_indented_as_go_does", test_json_is_indented_as_go_does);
	tap_test("yaml_text_is_what_kubectl_prints", test_yaml_text_is_what_kubectl_prints);
	tap_test("yaml_has_keys_in_order_and_empty_containers",
		test_yaml_has_keys_in_order_and_empty_containers);
	tap_test("what_looks_like_a_number_is_no_text", test_what_looks_like_a_number_is_no_text);
	tap_test("keys_are_in_natural_order", test_keys_are_in_natural_order);
	return tap_done();
}
