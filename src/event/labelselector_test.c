/* SPDX-License-Identifier: Apache-2.0 */
#include "event/labelselector.h"

#include "base/arena.h"
#include "event/event.h"
#include "event/golden_test.h"
#include "wire/json.h"

/* A line of the golden file: a selector, and what the API server said of it, or null. */
static bool read_case(
	struct tt_json_reader *r, struct tt_str *ret_selector, struct tt_str *ret_message)
{
	struct tt_str key;

	*ret_selector = *ret_message = (struct tt_str){0};
	if (!tt_json_enter_object(r))
		return false;
	while (tt_json_next_key(r, &key))
		*(tt_str_is(key, "selector") ? ret_selector : ret_message) = tt_json_string(r);
	return true;
}

static void selectors_are_taken_and_refused_as_by_the_api_server(void)
{
	struct tt_buf golden = golden_read("labelselectors.ndjson");
	struct tt_str lines = tt_str_trim(tt_buf_view(&golden)), selector, message;
	struct tt_arena arena = {0};
	unsigned n = 0;

	while (lines.data != NULL) {
		struct tt_json_reader r;
		struct tt_labelselector s;
		struct tt_err err = {0};

		tt_json_reader_init(&r, tt_str_split(&lines, '\n'), &arena);
		if (!tap_okf(read_case(&r, &selector, &message), "line %u", n))
			break;
		int rc = tt_labelselector_parse(&s, selector, &arena, &err);

		if (message.len > sizeof(err.msg) - 1)
			message.len = sizeof(err.msg) - 1;
		tap_okf(rc == (message.len > 0 ? TT_EINVAL : 0), "%.*s: %d", TT_STR_ARG(selector),
			rc);
		tap_okf(tt_str_is(message, err.msg), "%.*s:\n%s\n%.*s", TT_STR_ARG(selector),
			err.msg, TT_STR_ARG(message));
		n++;
	}
	tap_ok(n > 70);
	tt_arena_release(&arena);
	tt_buf_release(&golden);
}

static void labels_are_matched(void)
{
	static const struct {
		const char *selector;
		bool matches;
	} cases[] = {
		{"", true},
		{"app", true},
		{"ap", false},
		{"!app", false},
		{"!none", true},
		{"app=web", true},
		{"app==web", true},
		{"app=Web", false},
		{"app!=web", false},
		{"none!=web", true},
		{"none=", false},
		{"empty=", true},
		{"empty", true},
		{"app in (a,web,z)", true},
		{"app in (a,z)", false},
		{"app in ()", false},
		{"empty in ()", true},
		{"empty in (a,)", true},
		{"empty in (,a)", true},
		{"empty in (a,,b)", true},
		{"empty in (a,b)", false},
		{"app notin (a,z)", true},
		{"app notin (web)", false},
		{"none notin (web)", true},
		{"tier>2", true},
		{"tier>3", false},
		{"tier<4", true},
		{"tier<3", false},
		{"app>1", false},
		{"none<1", false},
		{"app=web,tier=3", true},
		{"app=web,tier=4", false},
		{"app=web,app=x", false},
	};
	struct tt_label labels[] = {
		{TT_STR("app"), TT_STR("web")},
		{TT_STR("empty"), TT_STR("")},
		{TT_STR("tier"), TT_STR("3")},
	};
	struct tt_arena arena = {0};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct tt_labelselector s;
		struct tt_str text = tt_str_from(cases[i].selector);

		tap_int(tt_labelselector_parse(&s, text, &arena, NULL), 0);
		tap_okf(tt_labelselector_matches(&s, labels, 3) == cases[i].matches, "%s",
			cases[i].selector);
	}
	tt_arena_release(&arena);
}

static void an_object_without_labels_matches_only_absence(void)
{
	struct tt_arena arena = {0};
	struct tt_labelselector s;

	tap_int(tt_labelselector_parse(&s, TT_STR("!a,b!=c"), &arena, NULL), 0);
	tap_ok(tt_labelselector_matches(&s, NULL, 0));
	tap_int(tt_labelselector_parse(&s, TT_STR("a"), &arena, NULL), 0);
	tap_ok(!tt_labelselector_matches(&s, NULL, 0));
	tt_arena_release(&arena);
}

int main(void)
{
	tap_test("selectors are taken and refused as by the API server",
		selectors_are_taken_and_refused_as_by_the_api_server);
	tap_test("labels are matched", labels_are_matched);
	tap_test("an object without labels matches only absence",
		an_object_without_labels_matches_only_absence);
	return tap_done();
}
