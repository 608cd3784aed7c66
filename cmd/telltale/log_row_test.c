/* SPDX-License-Identifier: Apache-2.0 */
#include "telltale/log_row.h"

#include "base/clock.h"
#include "store/record.h"
#include "tap/tap.h"

static const int64_t AT_US = (int64_t)1700000000 * TT_US_PER_S; /* 2023-11-14T22:13:20Z */

static void check_row(const struct tt_record *record, const char *want)
{
	struct tt_buf to;

	tt_buf_init(&to, 4096);
	tt_log_row_put(&to, record);
	tap_str(tt_buf_view(&to), want);
	tt_buf_release(&to);
}

static void test_an_event_is_one_line(void)
{
	struct tt_record r = {
		.seq = 17,
		.kind = TT_RECORD_EVENT,
		.change = TT_CHANGE_MODIFIED,
		.cluster = TT_STR("prod"),
		.recorded_at_us = AT_US + 123456,
	};

	tt_event_init(&r.event);
	r.event.metadata.namespace = TT_STR("shop");
	r.event.type = TT_STR("Warning");
	r.event.reason = TT_STR("BackOff");
	r.event.involved_object.kind = TT_STR("Pod");
	r.event.involved_object.name = TT_STR("web-0");
	r.event.message = TT_STR(" two\nlines\tand a tab \n");
	r.event.count = 4;
	check_row(&r,
		"17\t2023-11-14T22:13:20Z\tprod\tMODIFIED\tshop\tWarning\tBackOff\tPod/web-0\t"
		"two lines and a tab (x4)\n");
	r.event.count = 1;
	r.change = TT_CHANGE_DELETED;
	r.event.message = TT_STR("ok");
	check_row(&r, "17\t2023-11-14T22:13:20Z\tprod\tDELETED\tshop\tWarning\tBackOff\tPod/web-0\t"
		      "ok\n");
}

static void test_a_gap_is_a_sentence(void)
{
	struct tt_str namespaces[] = {TT_STR("a"), TT_STR("b")};
	struct tt_record r = {
		.seq = 18,
		.kind = TT_RECORD_GAP,
		.cluster = TT_STR("prod"),
		.recorded_at_us = AT_US,
		.gap = {.from_us = TT_TIME_ZERO, .to_us = AT_US, .lost = TT_LOST_EVENTS},
	};

	check_row(&r, "18\t2023-11-14T22:13:20Z\tprod\tGAP\t"
		      "nothing is known from before 2023-11-14T22:13:20Z\n");
	r.gap.from_us = AT_US - TT_US_PER_S;
	r.gap.reason = TT_STR("position expired");
	check_row(&r, "18\t2023-11-14T22:13:20Z\tprod\tGAP\tevents may be missing from "
		      "2023-11-14T22:13:19Z to 2023-11-14T22:13:20Z: position expired\n");
	r.gap.lost = TT_LOST_UPDATES;
	r.gap.namespaces = namespaces;
	r.gap.n_namespaces = 2;
	check_row(&r, "18\t2023-11-14T22:13:20Z\tprod\tGAP\tupdates of events may be missing from "
		      "2023-11-14T22:13:19Z to 2023-11-14T22:13:20Z in a, b: position expired\n");
}

static void test_what_retention_took_is_no_beginning(void)
{
	struct tt_record r = {
		.seq = 34,
		.kind = TT_RECORD_GAP,
		.recorded_at_us = AT_US,
		.gap = {.from_us = TT_TIME_ZERO,
			.to_us = AT_US,
			.lost = TT_LOST_EVENTS,
			.reason = TT_STR("records 1 to 34 are no longer kept")},
	};

	check_row(&r, "34\t2023-11-14T22:13:20Z\t\tGAP\trecords 1 to 34 are no longer kept\n");
}

int main(void)
{
	tap_test("what_retention_took_is_no_beginning", test_what_retention_took_is_no_beginning);
	tap_test("an_event_is_one_line", test_an_event_is_one_line);
	tap_test("a_gap_is_a_sentence", test_a_gap_is_a_sentence);
	return tap_done();
}
