/* SPDX-License-Identifier: Apache-2.0 */
#include "conf/yaml_json.h"

#include "base/arena.h"
#include "base/buf.h"
#include "tap/tap.h"

static void scalars_are_what_go_yaml_makes_of_them(void)
{
	static const struct {
		const char *yaml, *json;
	} rows[] = {
		{"", "null"},
		{"~", "null"},
		{"null", "null"},
		{"''", "\"\""},
		{"text", "\"text\""},
		{"'12'", "\"12\""},
		{"yes", "true"},
		{"y", "true"},
		{"On", "true"},
		{"n", "false"},
		{"tRUE", "\"tRUE\""},
		{"12", "12"},
		{"-12", "-12"},
		{"+12", "12"},
		{"-0", "0"},
		{"1_000", "1000"},
		{"0x1F", "31"},
		{"-0xf", "-15"},
		{"0b101", "5"},
		{"0o17", "15"},
		{"010", "8"},
		{"08", "8"},
		{"0", "0"},
		{"9223372036854775807", "9223372036854775807"},
		{"18446744073709551615", "18446744073709551615"},
		{"-9223372036854775808", "-9223372036854775808"},
		{"1e3", "1000"},
		{"1.0", "1"},
		{"1.", "1"},
		{".5", "0.5"},
		{"-.5", "-0.5"},
		{"1.5", "1.5"},
		{"1e400", "\"1e400\""},
		{"0x", "\"0x\""},
		{"1:20", "\"1:20\""},
		{"2026-11-20", "\"2026-11-20\""},
		{"2026-11-20T03:00:00Z", "\"2026-11-20T03:00:00Z\""},
		{"1.2.3", "\"1.2.3\""},
		{"\"a\\0b\"", "\"a\\u0000b\""},
		{"<a>", "\"\\u003ca\\u003e\""},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct tt_arena arena = {0};
		struct tt_str json, twice;

		tap_int(tt_yaml_text_to_json(
				&json, &twice, tt_str_from(rows[i].yaml), &arena, NULL),
			0);
		tap_okf(tt_str_is(json, rows[i].json), "%s is %.*s", rows[i].yaml,
			TT_STR_ARG(json));
		tt_arena_release(&arena);
	}
}

static void keys_are_text_in_order(void)
{
	struct tt_arena arena = {0};
	struct tt_str json, twice;

	tap_int(tt_yaml_text_to_json(&json, &twice,
			TT_STR("b: [1, {d: x, c: z}]\n1: a\nyes: b\n1.5: c\n'a': d\n"), &arena,
			NULL),
		0);
	tap_str(json, "{\"1\":\"a\",\"1.5\":\"c\",\"a\":\"d\",\"b\":[1,{\"c\":\"z\",\"d\":\"x\"}],"
		      "\"true\":\"b\"}");
	tap_str(twice, "");
	tt_arena_release(&arena);
}

static void of_a_key_given_twice_the_last_value_stays(void)
{
	struct tt_arena arena = {0};
	struct tt_str json, twice;

	tap_int(tt_yaml_text_to_json(&json, &twice,
			TT_STR("a: 1\nb: {x: 1, x: 2}\na: 3\n"
			       "01: x\n1: z\n"),
			&arena, NULL),
		0);
	tap_str(json, "{\"1\":\"z\",\"a\":3,\"b\":{\"x\":2}}");
	tap_str(twice, "\n  line 2: key \"x\" already set in map\n"
		       "  line 3: key \"a\" already set in map");
	tt_arena_release(&arena);
}

static void only_the_first_document_counts(void)
{
	struct tt_arena arena = {0};
	struct tt_str json, twice;

	tap_int(tt_yaml_text_to_json(&json, &twice, TT_STR("a: 1\n---\n]"), &arena, NULL), 0);
	tap_str(json, "{\"a\":1}");
	tt_arena_release(&arena);
}

static void what_is_no_yaml_or_too_much_is_refused(void)
{
	static const char *const texts[] = {
		"{", "a: *b", "a: !!str 1", "[a]: 1", "\xff", "a: b: c"};
	struct tt_arena arena = {0};
	struct tt_str json, twice;
	struct tt_err err = {0};
	struct tt_buf b;

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		tap_int(tt_yaml_text_to_json(&json, &twice, tt_str_from(texts[i]), &arena, &err),
			TT_EINVAL);
	tt_buf_init(&b, 4 << 20);
	for (size_t i = 0; i < 100001; i++)
		tt_buf_text(&b, "-\n");
	tap_int(tt_yaml_text_to_json(&json, &twice, tt_buf_view(&b), &arena, &err), TT_EINVAL);
	tap_ok(strstr(err.msg, "more than 100000 values") != NULL);
	while (b.len <= 3 << 20)
		tt_buf_text(&b, "# a comment\n");
	tap_int(tt_yaml_text_to_json(&json, &twice, tt_buf_view(&b), &arena, &err), TT_ELIMIT);
	tt_buf_release(&b);
	tt_arena_release(&arena);
}

int main(void)
{
	tap_test("scalars_are_what_go_yaml_makes_of_them", scalars_are_what_go_yaml_makes_of_them);
	tap_test("keys_are_text_in_order", keys_are_text_in_order);
	tap_test("of_a_key_given_twice_the_last_value_stays",
		of_a_key_given_twice_the_last_value_stays);
	tap_test("only_the_first_document_counts", only_the_first_document_counts);
	tap_test("what_is_no_yaml_or_too_much_is_refused", what_is_no_yaml_or_too_much_is_refused);
	return tap_done();
}
