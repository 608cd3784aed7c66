/* SPDX-License-Identifier: Apache-2.0 */
#include "event/patch.h"

#include "event/golden_case_test.h"

/* What the API server answers 500 to, for a patch that is wrong, we call wrong. */
static int wanted_code(const struct golden_case *c)
{
	if (c->code == 422 && tt_str_is(c->causes[0].field, "patch"))
		return TT_EUNFIT;
	bool later = tt_str_find(c->message, TT_STR("the object")) >= 0 ||
		     tt_str_find(c->message, TT_STR("provided object")) >= 0;

	return c->code == 200 || c->code == 422 || later ? 0 : TT_EINVAL;
}

static struct tt_str json_of(const struct tt_event *e, struct tt_buf *to)
{
	tt_buf_clear(to);
	tt_event_encode_json(to, e, TT_JSON_OBJECT);
	return tt_buf_view(to);
}

static void check_patched(const struct golden_case *c, const struct tt_event *e,
	const struct tt_event *old, struct tt_arena *arena)
{
	struct tt_buf a, b;
	struct tt_event wanted;

	if (c->code == 400) { /* for the name or the namespace, which is for the caller to see */
		tap_ok(!tt_str_eq(e->metadata.name, old->metadata.name) ||
			!tt_str_eq(e->metadata.namespace, old->metadata.namespace));
		return;
	}
	if (c->code != 200)
		return;
	tt_buf_init(&a, 1 << 20);
	tt_buf_init(&b, 1 << 20);
	tap_int(tt_event_decode(&wanted, TT_ENCODING_JSON, c->event, arena, NULL), 0);
	tap_okf(tt_event_equal(e, &wanted), "%.*s\n%.*s\nnot\n%.*s", TT_STR_ARG(c->patch),
		TT_STR_ARG(json_of(e, &a)), TT_STR_ARG(json_of(&wanted, &b)));
	tt_buf_release(&a);
	tt_buf_release(&b);
}

static void check_type(const struct golden_case *c, enum tt_patch_type type,
	enum tt_api_group group, const struct tt_event *old)
{
	struct tt_arena arena = {0};
	struct tt_causes causes;
	struct tt_err err = {0};
	struct tt_event e = *old;
	int rc = tt_event_patch(&e, type, group, c->patch, &arena, &err);

	tap_okf(rc == wanted_code(c), "%d (%s) instead of %d: %.*s", rc, err.msg, wanted_code(c),
		TT_STR_ARG(c->patch));
	tap_int(err.code, rc);
	if (tt_str_find(c->message, TT_STR("invalid patch")) >= 0)
		tap_okf(tt_str_is(c->message, err.msg), "%s: %.*s", err.msg, TT_STR_ARG(c->patch));
	tt_causes_init(&causes, &arena);
	if (rc == 0 && c->code != 400) {
		tt_event_prepare_update(&e, old, &arena);
		tt_event_validate_update(&e, old, group, &causes);
		golden_causes_check(c, &causes, old->metadata.name);
	}
	if (rc == 0)
		check_patched(c, &e, old, &arena);
	tt_arena_release(&arena);
}

static void patches_are_applied_as_by_the_api_server(void)
{
	struct tt_buf golden = golden_read("patch.ndjson");
	struct tt_str lines = tt_str_trim(tt_buf_view(&golden));
	enum tt_api_group group = TT_GROUP_CORE;
	struct tt_arena arena = {0};
	struct tt_event old, untouched;
	struct golden_case c;
	unsigned n = 0;

	for (; golden_case_next(&lines, &c, &arena); n++) {
		if (c.old.data != NULL) {
			group = c.group;
			tap_int(tt_event_decode(&old, TT_ENCODING_JSON, c.old, &arena, NULL), 0);
			tt_event_copy(&untouched, &old, &arena);
			continue;
		}
		if (tt_str_find(c.type, TT_STR("\"merge-patch\"")) >= 0)
			check_type(&c, TT_PATCH_MERGE, group, &old);
		if (tt_str_find(c.type, TT_STR("\"strategic-merge-patch\"")) >= 0)
			check_type(&c, TT_PATCH_STRATEGIC, group, &old);
		tap_okf(tt_event_equal(&old, &untouched), "the old event was changed by %.*s",
			TT_STR_ARG(c.patch));
	}
	tap_okf(n > 150, "%u cases", n);
	tt_arena_release(&arena);
	tt_buf_release(&golden);
}

int main(void)
{
	tap_test("patches are applied as by the API server",
		patches_are_applied_as_by_the_api_server);
	return tap_done();
}
