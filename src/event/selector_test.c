/* SPDX-License-Identifier: Apache-2.0 */
#include "event/selector.h"

#include "base/arena.h"
#include "event/event.h"
#include "tap/tap.h"

static struct tt_event sample(void)
{
	struct tt_event e;

	tt_event_init(&e);
	e.metadata.name = TT_STR("web.1");
	e.metadata.namespace = TT_STR("shop");
	e.involved_object = (struct tt_objectref){TT_STR("Pod"), TT_STR("shop"), TT_STR("web"),
		TT_STR("u-1"), TT_STR("v1"), TT_STR("42"), TT_STR("spec.containers{a=b,c}")};
	e.reason = TT_STR("BackOff");
	e.type = TT_STR("Warning");
	e.reporting_component = TT_STR("kubelet");
	return e;
}

static void terms_are_matched_exactly(void)
{
	static const struct {
		const char *selector;
		bool matches;
	} cases[] = {
		{"", true},
		{",", true},
		{",,reason=BackOff,,", true},
		{"metadata.name=web.1", true},
		{"metadata.name=web", false},
		{"metadata.namespace==shop", true},
		{"involvedObject.kind=Pod,involvedObject.namespace=shop,involvedObject.name=web",
			true},
		{"involvedObject.kind=pod", false},
		{"involvedObject.uid=u-1", true},
		{"involvedObject.apiVersion=v1", true},
		{"involvedObject.resourceVersion=42", true},
		{"involvedObject.fieldPath=spec.containers{a\\=b\\,c}", true},
		{"involvedObject.namespace=", false},
		{"involvedObject.namespace!=", true},
		{"reason!=BackOff", false},
		{"reason!=Killing", true},
		{"type=Warning,reason!=Killing", true},
		{"type=Warning,reason=Killing", false},
		{"reportingComponent=kubelet", true},
		{"source=kubelet", true},
		{"reason=Back\\\\Off", false},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct tt_arena arena = {0};
		struct tt_fieldselector s;
		struct tt_event e = sample();
		struct tt_err err = {0};

		tap_okf(tt_fieldselector_parse(&s, TT_GROUP_CORE, tt_str_from(cases[i].selector),
				&arena, &err) == 0,
			"%s: %s", cases[i].selector, err.msg);
		tap_okf(tt_fieldselector_matches(&s, &e) == cases[i].matches, "%s",
			cases[i].selector);
		tt_arena_release(&arena);
	}
}

static void source_prefers_the_component_of_the_source(void)
{
	struct tt_arena arena = {0};
	struct tt_fieldselector s;
	struct tt_event e = sample();

	e.source_component = TT_STR("scheduler");
	(void)tt_fieldselector_parse(&s, TT_GROUP_CORE, TT_STR("source=scheduler"), &arena, NULL);
	tap_ok(tt_fieldselector_matches(&s, &e));
	(void)tt_fieldselector_parse(&s, TT_GROUP_CORE, TT_STR("source=kubelet"), &arena, NULL);
	tap_ok(!tt_fieldselector_matches(&s, &e));
	tt_arena_release(&arena);
}

static void wrong_selectors_are_refused_with_a_sentence(void)
{
	static const struct {
		const char *selector, *says;
	} cases[] = {
		{"message=x", "field label not supported: message"},
		{"source.component=x", "field label not supported: source.component"},
		{"regarding.name=x", "field label not supported: regarding.name"},
		{" reason=x", "field label not supported:  reason"},
		{"=x", "field label not supported: "},
		{"type=x,reason", "invalid selector: 'type=x,reason'; can't understand 'reason'"},
		{"reason=a=b", "invalid field selector: unescaped character in value: 61"},
		{"reason===b", "invalid field selector: unescaped character in value: 61"},
		{"reason=a\\b", "invalid field selector: invalid escape sequence: \\b"},
		{"reason=a\\\xc3\xa9",
			"invalid field selector: invalid escape sequence: \\\xc3\xa9"},
		{"reason=a\\", "invalid field selector: invalid escape sequence: \\"},
		{"reason=a\\,", NULL},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct tt_arena arena = {0};
		struct tt_fieldselector s;
		struct tt_err err = {0};
		int rc = tt_fieldselector_parse(
			&s, TT_GROUP_CORE, tt_str_from(cases[i].selector), &arena, &err);

		tap_int(rc, cases[i].says != NULL ? TT_EINVAL : 0);
		if (cases[i].says != NULL)
			tap_str(tt_str_from(err.msg), cases[i].says);
		tt_arena_release(&arena);
	}
}

static void each_group_has_its_own_labels(void)
{
	static const char *const core[] = {"involvedObject.kind=Pod",
		"involvedObject.namespace=shop", "involvedObject.name=web",
		"involvedObject.uid=u-1", "involvedObject.apiVersion=v1",
		"involvedObject.resourceVersion=42",
		"involvedObject.fieldPath=spec.containers{a\\=b\\,c}",
		"reportingComponent=kubelet"};
	static const char *const events[] = {"regarding.kind=Pod", "regarding.namespace=shop",
		"regarding.name=web", "regarding.uid=u-1", "regarding.apiVersion=v1",
		"regarding.resourceVersion=42", "regarding.fieldPath=spec.containers{a\\=b\\,c}",
		"reportingController=kubelet"};
	static const char *const both[] = {"metadata.name=web.1", "metadata.namespace=shop",
		"reason=BackOff", "type=Warning", "source=kubelet"};
	struct tt_arena arena = {0};
	struct tt_event e = sample();
	struct tt_fieldselector s;

	for (size_t i = 0; i < sizeof(core) / sizeof(core[0]); i++) {
		struct tt_str in_core = tt_str_from(core[i]), in_events = tt_str_from(events[i]);

		tap_int(tt_fieldselector_parse(&s, TT_GROUP_CORE, in_events, &arena, NULL),
			TT_EINVAL);
		tap_int(tt_fieldselector_parse(&s, TT_GROUP_EVENTS, in_core, &arena, NULL),
			TT_EINVAL);
		tap_int(tt_fieldselector_parse(&s, TT_GROUP_EVENTS, in_events, &arena, NULL), 0);
		tap_okf(tt_fieldselector_matches(&s, &e), "%s", events[i]);
	}
	for (size_t i = 0; i < sizeof(both) / sizeof(both[0]); i++) {
		tap_int(tt_fieldselector_parse(
				&s, TT_GROUP_EVENTS, tt_str_from(both[i]), &arena, NULL),
			0);
		tap_okf(tt_fieldselector_matches(&s, &e), "%s", both[i]);
	}
	tt_arena_release(&arena);
}

int main(void)
{
	tap_test("terms are matched exactly", terms_are_matched_exactly);
	tap_test("source prefers the component of the source",
		source_prefers_the_component_of_the_source);
	tap_test("wrong selectors are refused with a sentence",
		wrong_selectors_are_refused_with_a_sentence);
	tap_test("each group has its own labels", each_group_has_its_own_labels);
	return tap_done();
}
