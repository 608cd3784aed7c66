/* SPDX-License-Identifier: Apache-2.0 */
#include "telltale/terminal.h"

#include "base/clock.h"
#include "tap/tap.h"

enum { TEXT_MAX = 4096 };

static void test_progress_fits_the_terminal(void)
{
	static const struct {
		unsigned width;
		uint64_t done, total;
		const char *note;
		int64_t elapsed_s;
		const char *want;
	} rows[] = {
		{80, 0, 100, "", 0, "copying [>                                       ]   0%"},
		{80, 50, 100, "", 0, "copying [====================>                   ]  50%"},
		{80, 100, 100, "", 0, "copying [========================================] 100%"},
		{80, 120, 100, "", 0, "copying [========================================] 100%"},
		{80, 50, 100, "9 events", 10,
			"copying [====================>                   ]"
			"  50%  9 events  10s left"},
		{30, 50, 100, "", 0, "copying [=======>       ]  50%"},
		{16, 50, 100, "", 0, "copying  50%"},
		{10, 50, 100, "", 0, "copying  5"},
		{80, 7, 0, "7 events", 3, "copying  7 events"},
	};
	struct tt_buf to;

	tt_buf_init(&to, TEXT_MAX);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct tt_progress_state state = {"copying", rows[i].done, rows[i].total,
			tt_str_from(rows[i].note), rows[i].elapsed_s * TT_NS_PER_S};

		tt_buf_clear(&to);
		tt_progress_format(&to, rows[i].width, &state);
		tap_str(tt_buf_view(&to), rows[i].want);
	}
	tt_buf_release(&to);
}

static void test_progress_is_silent_off_a_terminal(void)
{
	const struct tt_terminal none = {.width = 80};
	struct tt_progress p;

	tt_progress_init(&p, &none, &tt_clock_system, "copying");
	p.started_ns -= (int64_t)10 * TT_NS_PER_S;
	tt_progress_draw(&p, 1, 2, TT_STR(""));
	tap_ok(!p.shown);
}

static void test_sizes_are_for_people(void)
{
	static const struct {
		uint64_t number;
		const char *size;
	} rows[] = {
		{0, "0 B"},
		{999, "999 B"},
		{1023, "1023 B"},
		{1024, "1.0 KiB"},
		{1234567, "1.2 MiB"},
		{1073741823, "1.0 GiB"},
		{UINT64_MAX, "16.0 EiB"},
	};
	struct tt_buf to;

	tt_buf_init(&to, TEXT_MAX);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		tt_buf_clear(&to);
		tt_bytes_put(&to, rows[i].number);
		tap_str(tt_buf_view(&to), rows[i].size);
	}
	tt_buf_release(&to);
}

static void test_colour_is_put_around_a_word(void)
{
	struct tt_buf to;

	tt_buf_init(&to, TEXT_MAX);
	tt_buf_text(&to, "Warning 1s   Warning   BackOff");
	tt_colour_word(&to, 8, TT_STR("Warning"), TT_COLOUR_YELLOW);
	tap_str(tt_buf_view(&to), "Warning 1s   \033[33mWarning\033[0m   BackOff");
	tt_colour_word(&to, 8, TT_STR("Normal"), TT_COLOUR_YELLOW);
	tap_str(tt_buf_view(&to), "Warning 1s   \033[33mWarning\033[0m   BackOff");
	tt_buf_clear(&to);
	tt_colour_put(&to, false, TT_COLOUR_RED, TT_STR("GAP"));
	tap_str(tt_buf_view(&to), "GAP");
	tt_buf_release(&to);
}

int main(void)
{
	tap_test("progress_fits_the_terminal", test_progress_fits_the_terminal);
	tap_test("progress_is_silent_off_a_terminal", test_progress_is_silent_off_a_terminal);
	tap_test("sizes_are_for_people", test_sizes_are_for_people);
	tap_test("colour_is_put_around_a_word", test_colour_is_put_around_a_word);
	return tap_done();
}
