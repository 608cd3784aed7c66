/* SPDX-License-Identifier: Apache-2.0 */
#include "net/metrics.h"

#include <math.h>

#include "tap/tap.h"

static void family_and_samples(void)
{
	static const struct tt_metric_label labels[] = {
		{"cluster", TT_STR("prod")}, {"odd", TT_STR("a\"b\\c\nd")}, {0}};
	struct tt_buf text;

	tt_buf_init(&text, 1000);
	tt_metric_family(&text, "tt_events_total", "counter", "Events\\ seen,\n\"all\"");
	tt_metric_u64(&text, "tt_events_total", labels, UINT64_MAX);
	tt_metric_u64(&text, "tt_events_total", NULL, 0);
	tt_metric_u64(&text, "tt_events_total", labels + 2, 1);
	tap_str(tt_buf_view(&text),
		"# HELP tt_events_total Events\\\\ seen,\\n\"all\"\n"
		"# TYPE tt_events_total counter\n"
		"tt_events_total{cluster=\"prod\",odd=\"a\\\"b\\\\c\\nd\"} 18446744073709551615\n"
		"tt_events_total 0\n"
		"tt_events_total 1\n");
	tt_buf_release(&text);
}

static void doubles_are_short_and_exact(void)
{
	static const struct {
		double value;
		const char *want;
	} cases[] = {{0, "x 0\n"}, {1, "x 1\n"}, {-0.5, "x -0.5\n"}, {0.1, "x 0.1\n"},
		{1.0 / 3, "x 0.3333333333333333\n"}, {1e300, "x 1e+300\n"},
		{1732243200.123456, "x 1732243200.123456\n"}, {NAN, "x NaN\n"},
		{INFINITY, "x +Inf\n"}, {-INFINITY, "x -Inf\n"}};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct tt_buf text;

		tt_buf_init(&text, 100);
		tt_metric_double(&text, "x", NULL, cases[i].value);
		tap_str(tt_buf_view(&text), cases[i].want);
		tt_buf_release(&text);
	}
}

int main(void)
{
	tap_test("family_and_samples_are_escaped", family_and_samples);
	tap_test("doubles_are_short_and_exact", doubles_are_short_and_exact);
	return tap_done();
}
