/* SPDX-License-Identifier: Apache-2.0 */
#include "event/validate.h"

#include "base/clock.h"
#include "base/rand.h"
#include "base/timestamp.h"
#include "event/golden_case_test.h"

static void check_case(const struct golden_case *c, struct tt_arena *arena)
{
	struct tt_causes causes;
	struct tt_event e, old;

	tt_causes_init(&causes, arena);
	tap_int(tt_event_decode(&e, TT_ENCODING_JSON, c->event, arena, NULL), 0);
	if (c->old.data != NULL) {
		tap_int(tt_event_decode(&old, TT_ENCODING_JSON, c->old, arena, NULL), 0);
		tt_event_prepare_update(&e, &old, arena);
		tt_event_validate_update(&e, &old, c->group, &causes);
	} else {
		tt_event_generate_name(&e, &(struct tt_rand){{1, 2, 3, 4}}, arena);
		tt_event_prepare_create(&e, TT_STR("u"), 0, arena);
		tt_event_validate(&e, c->group, &causes);
	}
	golden_causes_check(c, &causes, e.metadata.name);
}

static void invalid_events_are_refused_as_by_the_api_server(void)
{
	struct tt_buf golden = golden_read("validate.ndjson");
	struct tt_str lines = tt_str_trim(tt_buf_view(&golden));
	struct tt_arena arena = {0};
	struct golden_case c;
	unsigned n = 0, invalid = 0;

	for (; golden_case_next(&lines, &c, &arena); n++) {
		check_case(&c, &arena);
		invalid += c.code == 422;
	}
	tap_okf(n > 150 && invalid > 120, "%u cases, %u invalid", n, invalid);
	tt_arena_release(&arena);
	tt_buf_release(&golden);
}

static struct tt_event valid(void)
{
	struct tt_event e;

	tt_event_init(&e);
	e.metadata.name = TT_STR("web.1");
	e.metadata.namespace = TT_STR("default");
	return e;
}

static void annotations_have_a_size_in_all(void)
{
	struct tt_arena arena = {0};
	char *text = tt_arena_zalloc(&arena, 256 << 10, 1);
	struct tt_label annotations[] = {
		{TT_STR("a"), {text, 128 << 10}}, {TT_STR("b"), {text, (128 << 10) - 2}}};
	struct tt_event e = valid();
	struct tt_causes causes;

	e.metadata.annotations = annotations;
	e.metadata.n_annotations = 2;
	tt_causes_init(&causes, &arena);
	tt_event_validate(&e, TT_GROUP_CORE, &causes);
	tap_int(causes.n, 0);
	annotations[0].value.len++;
	tt_event_validate(&e, TT_GROUP_CORE, &causes);
	if (tap_ok(causes.n == 1)) {
		tap_str(causes.items[0].reason, "FieldValueTooLong");
		tap_str(causes.items[0].field, "metadata.annotations");
		tap_str(causes.items[0].message, "Too long: may not be more than 262144 bytes");
	}
	tt_arena_release(&arena);
}

static void what_is_deleted_gets_no_new_finalizers(void)
{
	struct tt_str before[] = {TT_STR("a/a")},
		      after[] = {TT_STR("a/c"), TT_STR("a/a"), TT_STR("a/b")};
	struct tt_event old = valid(), e = valid();
	struct tt_arena arena = {0};
	struct tt_causes causes;

	old.metadata.deletion_us = TT_US_PER_S;
	old.metadata.resource_version = TT_STR("1");
	old.metadata.finalizers = before;
	old.metadata.n_finalizers = 1;
	e.metadata.finalizers = after;
	e.metadata.n_finalizers = 3;
	tt_causes_init(&causes, &arena);
	tt_event_prepare_update(&e, &old, &arena);
	tt_event_validate_update(&e, &old, TT_GROUP_CORE, &causes);
	if (tap_ok(causes.n == 1))
		tap_str(causes.items[0].message,
			"Forbidden: no new finalizers can be added if the object is being deleted, "
			"found new finalizers []string{\"a/b\", \"a/c\"}");
	tt_arena_release(&arena);
}

static void an_update_keeps_what_is_not_the_clients(void)
{
	struct tt_event old = valid(), e = valid();
	struct tt_arena arena = {0};

	old.metadata.uid = TT_STR("u");
	old.metadata.resource_version = TT_STR("7");
	old.metadata.creation_us = 5 * TT_US_PER_S;
	old.metadata.generation = 3;
	e.metadata.creation_us = 9 * TT_US_PER_S;
	e.metadata.generation = 4;
	tt_event_prepare_update(&e, &old, &arena);
	tap_str(e.metadata.uid, "u");
	tap_str(e.metadata.resource_version, "7");
	tap_int(e.metadata.creation_us, 5 * TT_US_PER_S);
	tap_int(e.metadata.generation, 3);
	e.metadata.uid = TT_STR("other");
	e.metadata.resource_version = TT_STR("6");
	tt_event_prepare_update(&e, &old, &arena);
	tap_str(e.metadata.uid, "other");
	tap_str(e.metadata.resource_version, "6");
	tt_arena_release(&arena);
}

static void a_new_event_has_what_the_server_sets(void)
{
	struct tt_event e = valid();
	struct tt_arena arena = {0};

	e.metadata.uid = TT_STR("mine");
	e.metadata.self_link = TT_STR("/x");
	e.metadata.deletion_us = 1;
	e.metadata.has_deletion_grace_period = true;
	tt_event_prepare_create(&e, TT_STR("u"), 1999999, &arena);
	tap_str(e.metadata.uid, "u");
	tap_str(e.metadata.self_link, "");
	tap_int(e.metadata.creation_us, TT_US_PER_S);
	tap_ok(e.metadata.deletion_us == TT_TIME_ZERO);
	tap_ok(!e.metadata.has_deletion_grace_period);
	tt_arena_release(&arena);
}

static void a_generated_name_has_five_letters_more(void)
{
	static const char *const bases[] = {
		"web-", "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"};
	struct tt_arena arena = {0};
	struct tt_rand rand;

	tt_rand_init(&rand, 1);
	for (size_t i = 0; i < 2; i++) {
		struct tt_str base = tt_str_from(bases[i]), name;
		struct tt_event e = valid();

		e.metadata.name = TT_STR("");
		e.metadata.generate_name = base;
		tt_event_generate_name(&e, &rand, &arena);
		name = e.metadata.name;
		base.len = base.len > 58 ? 58 : base.len;
		tap_int(name.len, base.len + 5);
		tap_ok(tt_str_starts(name, base));
		for (size_t at = base.len; at < name.len; at++)
			tap_ok(strchr("bcdfghjklmnpqrstvwxz2456789", name.data[at]) != NULL);
	}
	tt_arena_release(&arena);
}

static void a_name_that_is_given_stays(void)
{
	struct tt_event e = valid();
	struct tt_arena arena = {0};
	struct tt_rand rand;

	tt_rand_init(&rand, 1);
	e.metadata.generate_name = TT_STR("x-");
	tt_event_generate_name(&e, &rand, &arena);
	tap_str(e.metadata.name, "web.1");
	tt_arena_release(&arena);
}

static void causes_are_bounded(void)
{
	enum { N = 3000 };
	struct tt_arena arena = {0};
	struct tt_label *labels = tt_arena_new(&arena, struct tt_label, N);
	struct tt_event e = valid();
	struct tt_causes causes;

	for (size_t i = 0; i < N; i++)
		labels[i] = (struct tt_label){tt_str_printf(&arena, "-%zu", i), {0}};
	e.metadata.labels = labels;
	e.metadata.n_labels = N;
	tt_causes_init(&causes, &arena);
	tt_event_validate(&e, TT_GROUP_CORE, &causes);
	tap_int(causes.n, TT_CAUSES_MAX);
	tt_arena_release(&arena);
}

int main(void)
{
	tap_test("invalid events are refused as by the API server",
		invalid_events_are_refused_as_by_the_api_server);
	tap_test("annotations have a size in all", annotations_have_a_size_in_all);
	tap_test("what is deleted gets no new finalizers", what_is_deleted_gets_no_new_finalizers);
	tap_test("an update keeps what is not the client's",
		an_update_keeps_what_is_not_the_clients);
	tap_test("a new event has what the server sets", a_new_event_has_what_the_server_sets);
	tap_test("a generated name has five letters more", a_generated_name_has_five_letters_more);
	tap_test("a name that is given stays", a_name_that_is_given_stays);
	tap_test("causes are bounded", causes_are_bounded);
	return tap_done();
}
