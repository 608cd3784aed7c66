/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/json.h"

#include "base/arena.h"
#include "base/mem.h"
#include "tap/tap.h"

/* A reader of a copy of `text` that ends where its memory ends, so that a sanitizer sees every
 * byte read behind it. */
static void reader_of(struct tt_json_reader *r, struct tt_arena *arena, const char *text)
{
	size_t n = strlen(text);
	char *copy = tt_arena_alloc(arena, n > 0 ? n : 1, 1);

	memcpy(copy, text, n);
	tt_json_reader_init(r, (struct tt_str){copy, n}, arena);
}

static void strings_are_unescaped(void)
{
	static const struct {
		const char *json, *want;
	} cases[] = {
		{"\"\"", ""},
		{"\"plain\"", "plain"},
		{"\"longer than sixteen bytes, so that whole blocks are scanned\"",
			"longer than sixteen bytes, so that whole blocks are scanned"},
		{"\"a\\\"b\\\\c\\/d\\b\\f\\n\\r\\t\"", "a\"b\\c/d\b\f\n\r\t"},
		{"\"\\u0041\\u00e4\\u20AC\"", "A\xc3\xa4\xe2\x82\xac"},
		{"\"\\ud83d\\ude00\"", "\xf0\x9f\x98\x80"},
		{"\"\\ud83d\"", "\xef\xbf\xbd"},
		{"\"\\ude00x\"", "\xef\xbf\xbdx"},
		{"\"\\ud83d\\u0041\"", "\xef\xbf\xbd"
				       "A"},
		{"\"\\ud83d\\ud83d\\ude00\"", "\xef\xbf\xbd\xf0\x9f\x98\x80"},
		{"\"\xc3\xa4 and \xe2\x82\xac\"", "\xc3\xa4 and \xe2\x82\xac"},
		{" \n\t\r\"spaced\" ", "spaced"},
		{"null", ""},
		{"\"0123456789abcde\\n0123456789abcdef0123456789\\n\"",
			"0123456789abcde\n0123456789abcdef0123456789\n"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct tt_arena arena = {0};
		struct tt_json_reader r;
		struct tt_err err = {0};

		reader_of(&r, &arena, cases[i].json);
		struct tt_str got = tt_json_string(&r);

		tap_okf(tt_json_reader_end(&r, true, &err) == 0, "%s: %s", cases[i].json, err.msg);
		tap_str(got, cases[i].want);
		tt_arena_release(&arena);
	}
}

static void escaped_nul_is_kept(void)
{
	struct tt_arena arena = {0};
	struct tt_json_reader r;

	reader_of(&r, &arena, "\"a\\u0000b\"");
	tap_ok(tt_str_eq(tt_json_string(&r), (struct tt_str){"a\0b", 3}));
	tt_arena_release(&arena);
}

/* Reads `json` as a string and by skipping; both must say `problem`. */
static void wrong_strings_are_refused(void)
{
	static const char *const cases[] = {
		"\"",
		"\"abc",
		"\"abc\\\"",
		"\"\\",
		"\"\\x\"",
		"\"\\u\"",
		"\"\\u12\"",
		"\"\\u12g4\"",
		"\"\\ud83d\\u12\"",
		"\"a\nb\"",
		"\"\x01\"",
		"\"\x80\"",
		"\"\xc3\"",
		"\"\xc0\x80\"",
		"\"\xed\xa0\x80\"",
		"\"\xf5\x80\x80\x80\"",
		"\"0123456789abcdef\xff 0123456789abcdef\"",
		"\"0123456789abcdef\\n\xff\"",
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct tt_arena arena = {0};
		struct tt_json_reader r;

		reader_of(&r, &arena, cases[i]);
		(void)tt_json_string(&r);
		tap_okf(tt_json_reader_end(&r, true, NULL) == TT_EINVAL, "case %zu read", i);
		reader_of(&r, &arena, cases[i]);
		(void)tt_json_skip(&r);
		tap_okf(tt_json_reader_end(&r, true, NULL) == TT_EINVAL, "case %zu skipped", i);
		tt_arena_release(&arena);
	}
}

/* Whatever block of a scan it falls into. */
static void a_wrong_byte_is_seen_at_any_place(void)
{
	static const char wrong[] = {'\x00', '\x01', '\x1f', '\x80', '\xff', '\xc3'};
	char text[50];

	for (size_t i = 0; i < sizeof(wrong); i++)
		for (size_t at = 1; at < sizeof(text) - 1; at++) {
			struct tt_arena arena = {0};
			struct tt_json_reader r;

			memset(text, 'x', sizeof(text));
			text[0] = text[sizeof(text) - 1] = '"';
			text[at] = wrong[i];
			tt_json_reader_init(&r, (struct tt_str){text, sizeof(text)}, &arena);
			(void)tt_json_string(&r);
			tap_okf(tt_json_reader_end(&r, true, NULL) == TT_EINVAL, "%zu at %zu", i,
				at);
			tt_json_reader_init(&r, (struct tt_str){text, sizeof(text)}, &arena);
			(void)tt_json_skip(&r);
			tap_okf(tt_json_reader_end(&r, true, NULL) == TT_EINVAL, "%zu at %zu", i,
				at);
			text[at] = '\x7f'; /* no control byte in JSON */
			tt_json_reader_init(&r, (struct tt_str){text, sizeof(text)}, &arena);
			tap_int(tt_json_string(&r).len, sizeof(text) - 2);
			tt_arena_release(&arena);
		}
}

static void integers_must_be_whole_and_fit(void)
{
	static const struct {
		const char *json;
		bool ok;
		int64_t want;
	} cases[] = {
		{"0", true, 0},
		{"-0", true, 0},
		{"7", true, 7},
		{"-12", true, -12},
		{"9223372036854775807", true, INT64_MAX},
		{"-9223372036854775808", true, INT64_MIN},
		{"null", true, 0},
		{"9223372036854775808", false, 0},
		{"-9223372036854775809", false, 0},
		{"99999999999999999999999", false, 0},
		{"1.0", false, 0},
		{"1e3", false, 0},
		{"01", false, 0},
		{"-", false, 0},
		{"\"1\"", false, 0},
		{"true", false, 0},
		{"", false, 0},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct tt_arena arena = {0};
		struct tt_json_reader r;

		reader_of(&r, &arena, cases[i].json);
		tap_int(tt_json_int(&r), cases[i].want);
		tap_okf((tt_json_reader_end(&r, true, NULL) == 0) == cases[i].ok, "%s",
			cases[i].json);
		tt_arena_release(&arena);
	}
}

static void objects_and_arrays_are_walked(void)
{
	struct tt_arena arena = {0};
	struct tt_json_reader r;
	struct tt_str key;
	int64_t sum = 0;
	bool flag = false;

	reader_of(&r, &arena,
		" { \"a\" : [ 1 , 2,3 ] , \"skip\":{\"x\":[{},[],\"}\"]}, "
		"\"no\":null,\"b\":true,\"e\":{} } ");
	tap_int(tt_json_peek(&r), TT_JSON_OBJECT_VALUE);
	if (tt_json_enter_object(&r))
		while (tt_json_next_key(&r, &key)) {
			if (tt_str_is(key, "a") && tt_json_enter_array(&r))
				while (tt_json_next_item(&r))
					sum += tt_json_int(&r);
			else if (tt_str_is(key, "no"))
				tap_ok(!tt_json_enter_object(&r));
			else if (tt_str_is(key, "b"))
				flag = tt_json_bool(&r);
			else if (tt_str_is(key, "e"))
				tap_ok(tt_json_enter_object(&r) && !tt_json_next_key(&r, &key));
			else
				tap_str(tt_json_skip(&r), "{\"x\":[{},[],\"}\"]}");
		}
	tap_int(tt_json_reader_end(&r, true, NULL), 0);
	tap_int(sum, 6);
	tap_ok(flag);
	tap_int(r.depth, 0);
	tt_arena_release(&arena);
}

static void a_key_is_guessed_only_where_it_stands(void)
{
	static const struct {
		const char *json;
		bool first,
			second; /* whether "uid" is guessed right as first key, "kind" behind it */
	} cases[] = {
		{"{\"uid\":1,\"kind\":2}", true, true},
		{"{\"uid\":1 ,\"kind\":2}", true, false},
		{"{\"uid\":1, \"kind\":2}", true, false},
		{"{\"uid\":1,\"kind\" :2}", true, false},
		{"{\"uid\":1\"kind\":2}", true, false},
		{"{\"uid\":1,\"kinds\":2}", true, false},
		{"{\"uid\":1,\"kin\":2}", true, false},
		{"{\"uid\":1}", true, false},
		{"{\"uid\":1", true, false},
		{"{,\"uid\":1}", false, false},
		{"{\"uix\":1}", false, false},
		{"{\"", false, false},
		{"{", false, false},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct tt_arena arena = {0};
		struct tt_json_reader r;
		bool first, second;

		reader_of(&r, &arena, cases[i].json);
		(void)tt_json_enter_object(&r);
		first = tt_json_guess_key(&r, TT_STR("\"uid\":"));
		second = first && tt_json_int(&r) == 1 &&
			 tt_json_guess_key(&r, TT_STR("\"kind\":"));
		tap_okf(first == cases[i].first && second == cases[i].second, "%s", cases[i].json);
		tap_ok(!second || tt_json_int(&r) == 2);
		tt_arena_release(&arena);
	}
}

/* Walks any value by the reader's calls, without skip. */
static void walk(struct tt_json_reader *r)
{
	struct tt_str key;

	switch (tt_json_peek(r)) {
	case TT_JSON_OBJECT_VALUE:
		if (tt_json_enter_object(r))
			while (tt_json_next_key(r, &key))
				walk(r);
		break;
	case TT_JSON_ARRAY:
		if (tt_json_enter_array(r))
			while (tt_json_next_item(r))
				walk(r);
		break;
	case TT_JSON_STRING: (void)tt_json_string(r); break;
	case TT_JSON_NUMBER: (void)tt_json_int(r); break;
	case TT_JSON_BOOL: (void)tt_json_bool(r); break;
	case TT_JSON_NULL: (void)tt_json_string(r); break;
	case TT_JSON_NONE: tt_json_reader_fail(r, "expected a value"); break;
	}
}

static void structure_is_checked_both_ways(void)
{
	static const struct {
		const char *json;
		bool ok;
	} cases[] = {
		{"{}", true},
		{"[]", true},
		{"[[],{}]", true},
		{"{\"a\":{\"b\":[1,{\"c\":null}]}}", true},
		{"[true,false,null,-3,\"x\"]", true},
		{"", false},
		{" ", false},
		{"{", false},
		{"[", false},
		{"{]", false},
		{"[}", false},
		{"{\"a\":1", false},
		{"{\"a\":1,}", false},
		{"{,}", false},
		{"[,]", false},
		{"[1,]", false},
		{"[1 2]", false},
		{"{\"a\" 1}", false},
		{"{\"a\":}", false},
		{"{a:1}", false},
		{"{\"a\":1 \"b\":2}", false},
		{"{1:2}", false},
		{"[1]]", false},
		{"{}{}", false},
		{"nul", false},
		{"tru", false},
		{"[nullx]", false},
		{"'a'", false},
		{"[1}", false},
		{"{\"a\":[}", false},
		{"[--1]", false},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct tt_arena arena = {0};
		struct tt_json_reader r;

		reader_of(&r, &arena, cases[i].json);
		walk(&r);
		tap_okf((tt_json_reader_end(&r, true, NULL) == 0) == cases[i].ok, "walk %s",
			cases[i].json);
		reader_of(&r, &arena, cases[i].json);
		(void)tt_json_skip(&r);
		tap_okf((tt_json_reader_end(&r, true, NULL) == 0) == cases[i].ok, "skip %s",
			cases[i].json);
		tt_arena_release(&arena);
	}
}

static void skipped_numbers_are_checked(void)
{
	static const struct {
		const char *json;
		bool ok;
	} cases[] = {
		{"0", true},
		{"-1.5", true},
		{"1e9", true},
		{"1.25E-3", true},
		{"10e+2", true},
		{"1.", false},
		{".5", false},
		{"1e", false},
		{"1e+", false},
		{"00", false},
		{"-", false},
		{"+1", false},
		{"0x10", false},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct tt_arena arena = {0};
		struct tt_json_reader r;

		reader_of(&r, &arena, cases[i].json);
		(void)tt_json_skip(&r);
		tap_okf((tt_json_reader_end(&r, true, NULL) == 0) == cases[i].ok, "%s",
			cases[i].json);
		tt_arena_release(&arena);
	}
}

static void depth_is_limited(void)
{
	for (unsigned depth = TT_JSON_MAX_DEPTH - 1; depth <= TT_JSON_MAX_DEPTH + 1; depth++) {
		struct tt_arena arena = {0};
		struct tt_json_reader r;
		struct tt_buf b;
		bool ok = depth <= TT_JSON_MAX_DEPTH;

		tt_buf_init(&b, 1000);
		for (unsigned i = 0; i < depth; i++)
			tt_buf_char(&b, '[');
		for (unsigned i = 0; i < depth; i++)
			tt_buf_char(&b, ']');
		tt_json_reader_init(&r, tt_buf_view(&b), &arena);
		walk(&r);
		tap_okf((tt_json_reader_end(&r, true, NULL) == 0) == ok, "walk %u", depth);
		tt_json_reader_init(&r, tt_buf_view(&b), &arena);
		(void)tt_json_skip(&r);
		tap_okf((tt_json_reader_end(&r, true, NULL) == 0) == ok, "skip %u", depth);
		tt_buf_release(&b);
		tt_arena_release(&arena);
	}
}

static void the_first_problem_stays(void)
{
	struct tt_arena arena = {0};
	struct tt_json_reader r;
	struct tt_str key;
	struct tt_err err = {0};

	reader_of(&r, &arena, "{\"count\":\"many\",\"other\":1}");
	tap_ok(tt_json_enter_object(&r) && tt_json_next_key(&r, &key));
	tap_int(tt_json_int(&r), 0);
	tap_ok(!tt_json_next_key(&r, &key));
	tap_int(tt_json_string(&r).len, 0);
	tap_int(tt_json_skip(&r).len, 0);
	tap_ok(!tt_json_enter_array(&r) && !tt_json_bool(&r));
	tt_json_reader_fail(&r, "another");
	tap_int(tt_json_reader_end(&r, true, &err), TT_EINVAL);
	tap_str(tt_str_from(err.msg),
		"expected a number at offset 9: \"{\"count\":\"many\",\"other\":1}\"");
	tt_arena_release(&arena);
}

static void excerpts_are_clipped_and_printable(void)
{
	struct tt_arena arena = {0};
	struct tt_json_reader r;
	struct tt_err err = {0};

	reader_of(&r, &arena,
		"[\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\",\x1b\xff,"
		"bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb");
	walk(&r);
	(void)tt_json_reader_end(&r, true, &err);
	tap_str(tt_str_from(err.msg),
		"expected a value at offset 50: "
		"\"...aaaaaaaaaaaaaa\",\\x1b\\xff,bbbbbbbbbbbbbbbbbbbbb...\"");
	tt_arena_release(&arena);
}

static void strings_are_written_as_go_does(void)
{
	static const struct {
		struct tt_str text;
		const char *want;
	} cases[] = {
		{{"", 0}, "\"\""},
		{{"plain text", 10}, "\"plain text\""},
		{{"<a&b>", 5}, "\"\\u003ca\\u0026b\\u003e\""},
		{{"q\"b\\s/", 6}, "\"q\\\"b\\\\s/\""},
		{{"\b\f\n\r\t\1\x1f\x7f\0", 9}, "\"\\b\\f\\n\\r\\t\\u0001\\u001f\x7f\\u0000\""},
		{{"\xe2\x80\xa8\xe2\x80\xa9\xe2\x80\xaa", 9}, "\"\\u2028\\u2029\xe2\x80\xaa\""},
		{{"\xc3\xa4\xf0\x9f\x98\x80", 6}, "\"\xc3\xa4\xf0\x9f\x98\x80\""},
		{{"a\xff\xe2\x82z", 5}, "\"a\\ufffd\\ufffd\\ufffdz\""},
		{{"0123456789abcdef<0123456789abcdef\xc3\xa4", 35},
			"\"0123456789abcdef\\u003c0123456789abcdef\xc3\xa4\""},
		{{"\xef\xbf\xbd", 3}, "\"\xef\xbf\xbd\""},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct tt_buf b;

		tt_buf_init(&b, 1000);
		tt_json_put_string(&b, cases[i].text);
		tap_str(tt_buf_view(&b), cases[i].want);
		tt_buf_release(&b);
	}
}

/* As the table above, but at every place of a long string. */
static void every_byte_is_escaped_that_must_be(void)
{
	for (unsigned c = 0; c < 256; c++)
		for (size_t at = 0; at < 40; at += 13) {
			bool plain = c >= 0x20 && c < 0x80 && strchr("\"\\<>&", (int)c) == NULL;
			char text[40];
			struct tt_buf b;

			memset(text, 'x', sizeof(text));
			text[at] = (char)c;
			tt_buf_init(&b, 1000);
			tt_json_put_string(&b, (struct tt_str){text, sizeof(text)});
			tap_okf((b.len == sizeof(text) + 2) == plain, "byte %u at %zu", c, at);
			tt_buf_release(&b);
		}
}

int main(void)
{
	tap_test("strings are unescaped", strings_are_unescaped);
	tap_test("an escaped NUL is kept", escaped_nul_is_kept);
	tap_test("wrong strings are refused", wrong_strings_are_refused);
	tap_test("a wrong byte is seen at any place", a_wrong_byte_is_seen_at_any_place);
	tap_test("integers must be whole and fit", integers_must_be_whole_and_fit);
	tap_test("objects and arrays are walked", objects_and_arrays_are_walked);
	tap_test("a key is guessed only where it stands", a_key_is_guessed_only_where_it_stands);
	tap_test("structure is checked, read or skipped", structure_is_checked_both_ways);
	tap_test("skipped numbers are checked", skipped_numbers_are_checked);
	tap_test("depth is limited, read or skipped", depth_is_limited);
	tap_test("the first problem stays", the_first_problem_stays);
	tap_test("excerpts are clipped and printable", excerpts_are_clipped_and_printable);
	tap_test("strings are written as Go does", strings_are_written_as_go_does);
	tap_test("every byte is escaped that must be", every_byte_is_escaped_that_must_be);
	return tap_done();
}
