/* SPDX-License-Identifier: Apache-2.0 */
#include "conf/units.h"

#include <string.h>

#include "tap/tap.h"

#define S  1000000LL
#define MS 1000LL

static void durations_are_read(void)
{
	static const struct {
		const char *text;
		int64_t want; /* -1: an error */
	} cases[] = {{"0", 0}, {"90s", 90 * S}, {"15m", 900 * S}, {"1h30m", 5400 * S},
		{"7d", 604800 * S}, {"2w", 1209600 * S}, {"1.5h", 5400 * S}, {"250ms", 250 * MS},
		{"0.25ms", 250}, {"1d1h1m1s1ms", 90061 * S + MS}, {"0s", 0}, {"", -1}, {"1", -1},
		{"s", -1}, {"1y", -1}, {"1.s", -1}, {".5s", -1}, {"1..5s", -1}, {"-1s", -1},
		{"1 s", -1}, {"1s ", -1}, {"1S", -1}, {"0.0001ms", -1},
		/* a fraction whose scale does not fit into 64 bits */
		{"0.0000000000000000000000000000000000000000000000000000000000000000s", -1},
		{"0.00000000000000000000000001s", -1}, {"106751991d", 106751991LL * 86400 * S},
		{"106751992d", -1}, {"99999999999999999999s", -1}, {"1h30", -1}};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct tt_err err = {0};
		int64_t us = -1;
		int rc = tt_duration_parse(tt_str_from(cases[i].text), &us, &err);

		tap_okf(rc == (cases[i].want < 0 ? TT_EINVAL : 0), "%s: %d", cases[i].text, rc);
		tap_okf(us == cases[i].want, "%s: %lld", cases[i].text, (long long)us);
		tap_ok((rc < 0) == (err.msg[0] != '\0'));
	}
}

static void durations_are_written_as_short_as_exact(void)
{
	static const struct {
		int64_t us;
		const char *want;
	} cases[] = {{0, "0"}, {90 * S, "90s"}, {60 * S, "1m"}, {900 * S, "15m"}, {5400 * S, "90m"},
		{3600 * S, "1h"}, {86400 * S, "1d"}, {30 * 86400 * S, "30d"}, {86401 * S, "1d1s"},
		{250 * MS, "0.25s"}, {2500 * MS, "2.5s"}, {5 * MS, "5ms"}, {50 * MS, "50ms"},
		{1, "0.001ms"}, {INT64_MAX, NULL}};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct tt_buf text;
		int64_t back = -1;

		tt_buf_init(&text, 100);
		tt_duration_put(&text, cases[i].us);
		if (cases[i].want != NULL)
			tap_str(tt_buf_view(&text), cases[i].want);
		tap_int(tt_duration_parse(tt_buf_view(&text), &back, NULL), 0);
		tap_int(back, cases[i].us);
		tt_buf_release(&text);
	}
}

static void sizes_are_read(void)
{
	static const struct {
		const char *text;
		uint64_t want;
		int rc;
	} cases[] = {{"0", 0, 0}, {"1000", 1000, 0}, {"64KiB", 65536, 0}, {"20GiB", 21474836480, 0},
		{"5GB", 5000000000, 0}, {"1.5KiB", 1536, 0}, {"7B", 7, 0}, {"1kB", 1000, 0},
		{"18446744073709551615", UINT64_MAX, 0}, {"18446744073709551616", 0, TT_EINVAL},
		{"16384PiB", 0, TT_EINVAL}, {"", 0, TT_EINVAL}, {"GiB", 0, TT_EINVAL},
		{"1G", 0, TT_EINVAL}, {"1GiB1", 0, TT_EINVAL}, {"-1", 0, TT_EINVAL},
		{"0.3B", 0, TT_EINVAL}};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint64_t bytes = 0;

		tap_okf(tt_size_parse(tt_str_from(cases[i].text), &bytes, NULL) == cases[i].rc,
			"%s", cases[i].text);
		tap_okf(bytes == cases[i].want, "%s: %llu", cases[i].text,
			(unsigned long long)bytes);
	}
}

static void sizes_are_written_as_short_as_exact(void)
{
	static const struct {
		uint64_t bytes;
		const char *want;
	} cases[] = {{0, "0"}, {7, "7"}, {1000, "1KB"}, {1024, "1KiB"}, {1001, "1001"},
		{21474836480, "20GiB"}, {5000000000, "5GB"}, {1536, "1536"},
		{UINT64_MAX, "18446744073709551615"}};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct tt_buf text;
		uint64_t back = 1;

		tt_buf_init(&text, 100);
		tt_size_put(&text, cases[i].bytes);
		tap_str(tt_buf_view(&text), cases[i].want);
		tap_int(tt_size_parse(tt_buf_view(&text), &back, NULL), 0);
		tap_ok(back == cases[i].bytes);
		tt_buf_release(&text);
	}
}

static void addresses(void)
{
	static const struct {
		const char *text;
		int rc, port;
		bool loopback;
	} cases[] = {{"127.0.0.1:7447", 0, 7447, true}, {"127.9.9.9:0", 0, 0, true},
		{"0.0.0.0:7448", 0, 7448, false}, {"[::1]:80", 0, 80, true},
		{"[::]:80", 0, 80, false}, {"[::ffff:127.0.0.1]:80", 0, 80, true},
		{"localhost:80", 0, 80, true}, {"10.0.0.1:65535", 0, 65535, false},
		{"10.0.0.1:65536", TT_EINVAL, 0, false}, {"10.0.0.1", TT_EINVAL, 0, false},
		{":80", TT_EINVAL, 0, false}, {"::1:80", TT_EINVAL, 0, false},
		{"[::1:80", TT_EINVAL, 0, false}, {"example.com:80", TT_EINVAL, 0, false},
		{"127.0.0.1:", TT_EINVAL, 0, false}, {"127.0.0.1:http", TT_EINVAL, 0, false},
		{"", TT_EINVAL, 0, false}, {"127.0.0.1:+1", TT_EINVAL, 0, false}};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct tt_err err = {0};
		bool loopback = false;
		uint16_t port = 0;
		int rc = tt_address_parse(tt_str_from(cases[i].text), &loopback, &port, &err);

		tap_okf(rc == cases[i].rc, "%s: %d", cases[i].text, rc);
		tap_okf(port == cases[i].port, "%s: port %u", cases[i].text, port);
		tap_okf(rc < 0 || loopback == cases[i].loopback, "%s: loopback", cases[i].text);
		tap_ok((rc < 0) == (err.msg[0] != '\0'));
	}
}

int main(void)
{
	tap_test("durations_are_read", durations_are_read);
	tap_test(
		"durations_are_written_as_short_as_exact", durations_are_written_as_short_as_exact);
	tap_test("sizes_are_read", sizes_are_read);
	tap_test("sizes_are_written_as_short_as_exact", sizes_are_written_as_short_as_exact);
	tap_test("addresses_are_checked", addresses);
	return tap_done();
}
