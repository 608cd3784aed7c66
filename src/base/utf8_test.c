/* SPDX-License-Identifier: Apache-2.0 */
#include "base/utf8.h"

#include "tap/tap.h"

static void well_formed_text_is_told_from_the_rest(void)
{
	static const struct {
		const char *s;
		bool valid;
	} cases[] = {
		{"", true},
		{"plain ascii text", true},
		{"\x7f", true},
		{"\xc2\x80", true},
		{"\xdf\xbf", true},
		{"\xe0\xa0\x80", true},
		{"\xed\x9f\xbf", true},
		{"\xee\x80\x80", true},
		{"\xef\xbf\xbd", true}, /* U+FFFD itself */
		{"\xef\xbf\xbf", true},
		{"\xf0\x90\x80\x80", true},
		{"\xf4\x8f\xbf\xbf", true},
		{"12345678\xc3\xa4", true},
		{"\x80", false},
		{"\xbf", false},
		{"\xc0\x80", false}, /* overlong */
		{"\xc1\xbf", false},
		{"\xe0\x9f\xbf", false},
		{"\xf0\x8f\xbf\xbf", false},
		{"\xed\xa0\x80", false}, /* surrogates */
		{"\xed\xbf\xbf", false},
		{"\xf4\x90\x80\x80", false}, /* above U+10FFFF */
		{"\xf5\x80\x80\x80", false},
		{"\xff", false},
		{"\xc3", false}, /* cut */
		{"\xe2\x82", false},
		{"\xf0\x9f\x98", false},
		{"\xc3\x28", false},
		{"\xe2\x28\xa1", false},
		{"1234567\xff", false},
		{"12345678\xff", false},
		{"123456781234567\xc3", false},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		tap_okf(tt_utf8_valid(tt_str_from(cases[i].s)) == cases[i].valid, "case %zu", i);
}

static void every_scalar_value_goes_round(void)
{
	for (uint32_t c = 0; c <= 0x10ffff; c++) {
		char bytes[4];
		size_t len;

		if (c == 0xd800)
			c = 0xe000;
		size_t n = tt_utf8_encode(c, bytes);
		struct tt_str s = {bytes, n};

		if (!tap_int(tt_utf8_decode(s, &len), c) || !tap_int(len, n) ||
			!tap_ok(tt_utf8_valid(s)))
			return;
	}
}

static void damaged_bytes_decode_one_at_a_time(void)
{
	static const char *const cases[] = {"\x80", "\xc3", "\xe2\x82", "\xed\xa0\x80", "\xff\xff"};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct tt_str s = tt_str_from(cases[i]);
		size_t len;

		tap_int(tt_utf8_decode(s, &len), 0xfffd);
		tap_int(len, 1);
		tap_int(tt_utf8_count(s), s.len);
	}
}

static void code_points_are_counted(void)
{
	tap_int(tt_utf8_count(TT_STR("")), 0);
	tap_int(tt_utf8_count(TT_STR("a\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80z")), 5);
	tap_int(tt_utf8_count(TT_STR("a\xe2\x82z")), 4);
}

int main(void)
{
	tap_test("well_formed_text_is_told_from_the_rest", well_formed_text_is_told_from_the_rest);
	tap_test("every_scalar_value_goes_round", every_scalar_value_goes_round);
	tap_test("damaged_bytes_decode_one_at_a_time", damaged_bytes_decode_one_at_a_time);
	tap_test("code_points_are_counted", code_points_are_counted);
	return tap_done();
}
