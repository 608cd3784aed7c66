/* SPDX-License-Identifier: Apache-2.0 */
#include "base/buf.h"

#include "tap/tap.h"

static void pieces_are_joined_and_ended_by_nul(void)
{
	struct tt_buf b;

	tt_buf_init(&b, 1000);
	tt_buf_text(&b, "a");
	tt_buf_char(&b, 'b');
	tt_buf_add(&b, "c\0d", 3);
	tt_buf_str(&b, TT_STR("e"));
	tt_buf_str(&b, (struct tt_str){NULL, 0});
	tt_buf_printf(&b, "%s=%d;", "f", 7);
	tap_ok(tt_str_eq(tt_buf_view(&b), TT_STR("abc\0def=7;")));
	tap_int(b.data[b.len], '\0');
	tt_buf_release(&b);
	tap_int(b.max, 1000);
}

static void numbers_are_decimal(void)
{
	static const struct {
		int64_t value;
		const char *want;
	} cases[] = {{0, "0"}, {9, "9"}, {10, "10"}, {-1, "-1"}, {INT64_MAX, "9223372036854775807"},
		{INT64_MIN, "-9223372036854775808"}};
	struct tt_buf b;

	tt_buf_init(&b, 100);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		tt_buf_clear(&b);
		tt_buf_i64(&b, cases[i].value);
		tap_str(tt_buf_view(&b), cases[i].want);
	}
	tt_buf_clear(&b);
	tt_buf_u64(&b, UINT64_MAX);
	tap_str(tt_buf_view(&b), "18446744073709551615");
	tt_buf_release(&b);
}

static void thousands_are_set_apart(void)
{
	static const struct {
		uint64_t value;
		const char *want;
	} cases[] = {
		{0, "0"},
		{999, "999"},
		{1000, "1,000"},
		{1024, "1,024"},
		{1002003, "1,002,003"},
		{UINT64_MAX, "18,446,744,073,709,551,615"},
	};
	struct tt_buf b;

	tt_buf_init(&b, 100);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		tt_buf_clear(&b);
		tt_buf_grouped(&b, cases[i].value);
		tap_str(tt_buf_view(&b), cases[i].want);
	}
	tt_buf_release(&b);
}

static void the_maximum_can_be_reached_and_not_passed(void)
{
	struct tt_buf b;

	tt_buf_init(&b, 8);
	tt_buf_text(&b, "12345678");
	tap_ok(!b.failed);
	tap_int(b.len, 8);
	tt_buf_char(&b, '9');
	tap_ok(b.failed);
	tap_str(tt_buf_view(&b), "12345678");
	tt_buf_clear(&b);
	tap_ok(!b.failed);
	tt_buf_text(&b, "abc");
	tap_str(tt_buf_view(&b), "abc");
	tt_buf_release(&b);
}

static void failure_is_sticky(void)
{
	struct tt_buf b;

	tt_buf_init(&b, 8);
	tt_buf_printf(&b, "%09d", 1);
	tap_ok(b.failed);
	tt_buf_text(&b, "x");
	tap_int(b.len, 0);
	tap_ok(tt_buf_reserve(&b, 1) == NULL);
	tt_buf_release(&b);
}

static void reserved_room_becomes_content(void)
{
	struct tt_buf b;

	tt_buf_init(&b, 1 << 20);
	for (int i = 0; i < 1000; i++) {
		char *to = tt_buf_reserve(&b, 100);

		if (!tap_ok(to != NULL))
			return;
		memset(to, 'a' + i % 26, 100);
		b.len += 100;
	}
	tap_int(b.len, 100000);
	tap_int(b.data[99], 'a');
	tap_int(b.data[99999], 'a' + 999 % 26);
	tt_buf_release(&b);
}

static void consume_drops_the_front(void)
{
	struct tt_buf b;

	tt_buf_init(&b, 100);
	tt_buf_consume(&b, 0);
	tt_buf_text(&b, "headtail");
	tt_buf_consume(&b, 4);
	tap_str(tt_buf_view(&b), "tail");
	tap_int(b.data[4], '\0');
	tt_buf_consume(&b, 4);
	tap_int(b.len, 0);
	tt_buf_release(&b);
}

int main(void)
{
	tap_test("thousands are set apart", thousands_are_set_apart);
	tap_test("pieces_are_joined_and_ended_by_nul", pieces_are_joined_and_ended_by_nul);
	tap_test("numbers_are_decimal", numbers_are_decimal);
	tap_test("the_maximum_can_be_reached_and_not_passed",
		the_maximum_can_be_reached_and_not_passed);
	tap_test("failure_is_sticky", failure_is_sticky);
	tap_test("reserved_room_becomes_content", reserved_room_becomes_content);
	tap_test("consume_drops_the_front", consume_drops_the_front);
	return tap_done();
}
