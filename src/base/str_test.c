/* SPDX-License-Identifier: Apache-2.0 */
#include "base/str.h"

#include "base/arena.h"
#include "tap/tap.h"

static const struct tt_str none = {NULL, 0};

static void equality_is_by_bytes(void)
{
	tap_ok(tt_str_eq(TT_STR("a\0b"), TT_STR("a\0b")));
	tap_ok(!tt_str_eq(TT_STR("a\0b"), TT_STR("a\0c")));
	tap_ok(!tt_str_eq(TT_STR("ab"), TT_STR("abc")));
	tap_ok(tt_str_eq(none, TT_STR("")));
	tap_ok(tt_str_is(tt_str_from(NULL), ""));
}

static int sign(int n)
{
	return (n > 0) - (n < 0);
}

static void order_is_by_bytes_with_a_prefix_first(void)
{
	static const struct {
		const char *a, *b;
		int want;
	} cases[] = {{"", "", 0}, {"", "a", -1}, {"a", "ab", -1}, {"b", "ab", 1}, {"ab", "ab", 0},
		{"a\x7f", "a\xc3\xa4", -1}};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct tt_str a = tt_str_from(cases[i].a), b = tt_str_from(cases[i].b);

		tap_int(sign(tt_str_cmp(a, b)), cases[i].want);
		tap_int(sign(tt_str_cmp(b, a)), -cases[i].want);
	}
	tap_int(tt_str_cmp(none, none), 0);
}

static void parts_are_found(void)
{
	static const struct {
		const char *s, *part;
		bool starts, ends;
		int at;
	} cases[] = {
		{"", "", true, true, 0},
		{"abc", "", true, true, 0},
		{"abcab", "ab", true, true, 0},
		{"xaab", "ab", false, true, 2},
		{"abc", "abcd", false, false, -1},
		{"", "a", false, false, -1},
		{"abc", "b", false, false, 1},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct tt_str s = tt_str_from(cases[i].s), part = tt_str_from(cases[i].part);

		tap_int(tt_str_starts(s, part), cases[i].starts);
		tap_int(tt_str_ends(s, part), cases[i].ends);
		tap_int(tt_str_find(s, part), cases[i].at);
	}
	tap_int(tt_str_find(none, none), 0);
}

static void split_visits_every_field(void)
{
	static const struct {
		const char *s, *want;
	} cases[] = {{"", "[]"}, {"a", "[a]"}, {"a,b", "[a][b]"}, {",", "[][]"},
		{"a,,b,", "[a][][b][]"}};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char got[100] = "";
		struct tt_str rest = tt_str_from(cases[i].s);

		while (rest.data != NULL) {
			struct tt_str field = tt_str_split(&rest, ',');

			strncat(got, "[", sizeof(got) - strlen(got) - 1);
			strncat(got, field.data, field.len);
			strncat(got, "]", sizeof(got) - strlen(got) - 1);
		}
		tap_str(tt_str_from(got), cases[i].want);
	}
}

static void trim_takes_ascii_white_space(void)
{
	tap_str(tt_str_trim(TT_STR(" \t\r\n\v\fa b \n")), "a b");
	tap_str(tt_str_trim(TT_STR(" \n")), "");
	tap_str(tt_str_trim(none), "");
	tap_str(tt_str_trim(TT_STR("\xc2\xa0x")), "\xc2\xa0x");
}

static void numbers_are_whole_and_fit(void)
{
	static const struct {
		const char *s;
		bool ok;
		unsigned long long want;
	} cases[] = {
		{"0", true, 0},
		{"007", true, 7},
		{"18446744073709551615", true, UINT64_MAX},
		{"18446744073709551616", false, 0},
		{"99999999999999999999", false, 0},
		{"", false, 0},
		{"-1", false, 0},
		{"+1", false, 0},
		{"1 ", false, 0},
		{"1a", false, 0},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		unsigned long long got = 0;

		tap_okf(tt_str_u64(tt_str_from(cases[i].s), &got) == cases[i].ok, "\"%s\"",
			cases[i].s);
		tap_int(got, cases[i].want);
	}
}

static void numbers_are_written_as_they_are_read(void)
{
	static const char *const cases[] = {"0", "7", "10", "4294967296", "18446744073709551615"};
	char text[TT_U64_SIZE];
	unsigned long long value = 1;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		tap_ok(tt_str_u64(tt_str_from(cases[i]), &value));
		tap_str(tt_str_of_u64(value, text), cases[i]);
	}
}

static void copies_live_in_the_arena(void)
{
	struct tt_arena arena = {0};
	char text[] = "one two";
	struct tt_str view = {text, 3};
	struct tt_str copy = tt_str_dup(&arena, view);
	const char *cstr = tt_str_cstr(&arena, view);
	struct tt_str printed = tt_str_printf(&arena, "%d-%s", 42, text);

	text[0] = 'X';
	tap_str(copy, "one");
	tap_str(tt_str_from(cstr), "one");
	tap_str(printed, "42-one two");
	tap_int(strlen(tt_str_cstr(&arena, none)), 0);
	tt_arena_release(&arena);
}

int main(void)
{
	tap_test("equality_is_by_bytes", equality_is_by_bytes);
	tap_test("order_is_by_bytes_with_a_prefix_first", order_is_by_bytes_with_a_prefix_first);
	tap_test("parts_are_found", parts_are_found);
	tap_test("split_visits_every_field", split_visits_every_field);
	tap_test("trim_takes_ascii_white_space", trim_takes_ascii_white_space);
	tap_test("numbers_are_whole_and_fit", numbers_are_whole_and_fit);
	tap_test("numbers_are_written_as_they_are_read", numbers_are_written_as_they_are_read);
	tap_test("copies_live_in_the_arena", copies_live_in_the_arena);
	return tap_done();
}
