/* SPDX-License-Identifier: Apache-2.0 */
#include "base/log.h"

#include <sys/mman.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/utf8.h"
#include "tap/tap.h"

static int64_t fixed_wall_us(const struct tt_clock *clock)
{
	(void)clock;
	return 1763780461123456;
}

static const struct tt_clock fixed_clock = {.wall_us = fixed_wall_us};

static char written[40000];

static struct tt_log log_new(bool json)
{
	return (struct tt_log){memfd_create("log", MFD_CLOEXEC), TT_LOG_INFO, json, &fixed_clock};
}

/* What was written since the log was made, borrowed until the next call; closes it. */
static struct tt_str log_take(struct tt_log *log)
{
	ssize_t n = pread(log->fd, written, sizeof(written), 0);

	(void)close(log->fd);
	return (struct tt_str){written, n > 0 ? (size_t)n : 0};
}

static void lines_carry_time_level_message_and_fields(void)
{
	struct tt_log log = log_new(false);

	tt_log_info(&log, "watching", TT_FS("cluster", "prod"), TT_FI("resourceVersion", -17));
	tt_log_error(&log, "disk full");
	tap_str(log_take(&log),
		"time=2025-11-22T03:01:01.123456Z level=info msg=watching cluster=prod "
		"resourceVersion=-17\n"
		"time=2025-11-22T03:01:01.123456Z level=error msg=\"disk full\"\n");
	log = log_new(true);
	tt_log_warn(&log, "disk full", TT_FV("path", TT_STR("/var")), TT_FI("free", 0));
	tap_str(log_take(&log), "{\"time\":\"2025-11-22T03:01:01.123456Z\",\"level\":\"warn\","
				"\"msg\":\"disk full\","
				"\"path\":\"/var\",\"free\":0}\n");
}

static void values_are_escaped(void)
{
	static const struct {
		const char *value, *logfmt, *json;
	} cases[] = {
		{"", "\"\"", "\"\""},
		{"plain", "plain", "\"plain\""},
		{"a b", "\"a b\"", "\"a b\""},
		{"a=b", "\"a=b\"", "\"a=b\""},
		{"say \"x\"", "\"say \\\"x\\\"\"", "\"say \\\"x\\\"\""},
		{"c:\\d", "\"c:\\\\d\"", "\"c:\\\\d\""},
		{"two\nlines", "\"two\\nlines\"", "\"two\\nlines\""},
		{"\x1b[31m", "\"\\u001b[31m\"", "\"\\u001b[31m\""},
		{"\x7f", "\"\\u007f\"", "\"\\u007f\""},
		{"\xc2\x9b", "\"\\u009b\"", "\"\\u009b\""},
		{"\xc3\xa4", "\xc3\xa4", "\"\xc3\xa4\""},
		{"\xff!", "\"\xef\xbf\xbd!\"", "\"\xef\xbf\xbd!\""},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		for (int json = 0; json < 2; json++) {
			const char *form = json ? "\",\"k\":" : " k=";
			struct tt_log log = log_new(json);

			tt_log_info(&log, "m", TT_FS("k", cases[i].value), TT_FI("end", 1));
			struct tt_str line = log_take(&log);
			ptrdiff_t at = tt_str_find(line, tt_str_from(form));

			if (!tap_ok(at >= 0))
				continue;
			line.data += at + (ptrdiff_t)strlen(form);
			line.len = strlen(json ? cases[i].json : cases[i].logfmt);
			tap_str(line, json ? cases[i].json : cases[i].logfmt);
			tap_int(line.data[line.len], json ? ',' : ' ');
		}
}

static void long_lines_are_cut_and_stay_whole(void)
{
	static const char *const fills[] = {"x", "\x01", "\"", "\xff", "\xe2\x82\xac"};
	static char value[30000];

	for (size_t i = 0; i < sizeof(fills) / sizeof(fills[0]); i++) {
		struct tt_log log = log_new(true);

		value[0] = '\0';
		for (size_t n = 0; n + strlen(fills[i]) < sizeof(value); n += strlen(fills[i]))
			memcpy(value + n, fills[i], strlen(fills[i]) + 1);
		tt_log_info(&log, value, TT_FS("a", value), TT_FS("b", value), TT_FS("c", value),
			TT_FS("d", value), TT_FS("e", value));
		struct tt_str line = log_take(&log);

		tap_okf(line.len <= 8192 && line.len > 2000, "fill %zu: %zu bytes", i, line.len);
		tap_ok(tt_str_ends(line, TT_STR("\"}\n")));
		tap_ok(tt_utf8_valid(line));
	}
}

static void low_levels_and_no_log_are_silent(void)
{
	struct tt_log log = log_new(false);

	tt_log_debug(&log, "hidden");
	tt_log_info(NULL, "nowhere", TT_FI("n", 1));
	tap_str(log_take(&log), "");
}

static void level_names_are_read(void)
{
	enum tt_log_level level;

	tap_ok(tt_log_level_parse(TT_STR("warn"), &level) && level == TT_LOG_WARN);
	tap_ok(tt_log_level_parse(TT_STR("debug"), &level) && level == TT_LOG_DEBUG);
	tap_ok(!tt_log_level_parse(TT_STR("WARN"), &level));
	tap_ok(!tt_log_level_parse(TT_STR(""), &level));
}

int main(void)
{
	tap_test("lines_carry_time_level_message_and_fields",
		lines_carry_time_level_message_and_fields);
	tap_test("values_are_escaped", values_are_escaped);
	tap_test("long_lines_are_cut_and_stay_whole", long_lines_are_cut_and_stay_whole);
	tap_test("low_levels_and_no_log_are_silent", low_levels_and_no_log_are_silent);
	tap_test("level_names_are_read", level_names_are_read);
	return tap_done();
}
