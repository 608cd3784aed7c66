/* SPDX-License-Identifier: Apache-2.0 */
/* golden_case_test.h - the lines of validate.ndjson and patch.ndjson, which
 * tests/golden/record_writes.py took from an API server. */
#pragma once

#include "base/arena.h"
#include "event/causes.h"
#include "event/codec.h"
#include "event/golden_test.h"
#include "event/prepare.h"
#include "event/validate.h"
#include "wire/json.h"

struct golden_case {
	struct tt_str event, old, patch, type, message; /* data is NULL if absent */
	enum tt_api_group group;                        /* of `event` or `old` */
	int code;
	struct tt_status_cause causes[32];
	uint32_t n_causes;
};

static inline void golden_cause_read(struct tt_json_reader *r, struct tt_status_cause *cause)
{
	struct tt_str key;

	*cause = (struct tt_status_cause){.reason = {0}};
	(void)tt_json_enter_object(r);
	while (tt_json_next_key(r, &key))
		*(tt_str_is(key, "reason")          ? &cause->reason
			: tt_str_is(key, "message") ? &cause->message
						    : &cause->field) = tt_json_string(r);
}

/* The next line of `*lines` into `c`; false at their end, or if it cannot be read. */
static inline bool golden_case_next(
	struct tt_str *lines, struct golden_case *c, struct tt_arena *arena)
{
	struct tt_json_reader r;
	struct tt_str key;

	if (lines->data == NULL)
		return false;
	*c = (struct golden_case){.code = 0};
	tt_json_reader_init(&r, tt_str_split(lines, '\n'), arena);
	(void)tt_json_enter_object(&r);
	while (tt_json_next_key(&r, &key)) {
		if (tt_str_is(key, "event"))
			c->event = tt_json_skip(&r);
		else if (tt_str_is(key, "old"))
			c->old = tt_json_skip(&r);
		else if (tt_str_is(key, "patch"))
			c->patch = tt_json_string(&r);
		else if (tt_str_is(key, "type"))
			c->type = tt_json_skip(&r);
		else if (tt_str_is(key, "message"))
			c->message = tt_json_string(&r);
		else if (tt_str_is(key, "code"))
			c->code = (int)tt_json_int(&r);
		else if (tt_json_enter_array(&r))
			while (tt_json_next_item(&r))
				golden_cause_read(&r, &c->causes[c->n_causes++]);
	}
	struct tt_str object = c->old.data != NULL ? c->old : c->event;

	c->group = tt_str_find(object, TT_STR("\"events.k8s.io/v1\"")) >= 0 ? TT_GROUP_EVENTS
									    : TT_GROUP_CORE;
	return tap_okf(tt_json_reader_end(&r, true, NULL) == 0, "a golden line cannot be read");
}

/* Holds `got` against the causes of the case, and their text against its message. */
static inline void golden_causes_check(
	const struct golden_case *c, const struct tt_causes *got, struct tt_str name)
{
	struct tt_buf message;
	struct tt_str begin;

	tap_okf(got->n == c->n_causes, "%u causes instead of %u:\n%.*s", got->n, c->n_causes,
		TT_STR_ARG(c->patch.data != NULL ? c->patch : c->event));
	for (uint32_t i = 0; i < got->n && i < c->n_causes; i++) {
		tap_okf(tt_str_eq(got->items[i].field, c->causes[i].field), "%.*s, not %.*s",
			TT_STR_ARG(got->items[i].field), TT_STR_ARG(c->causes[i].field));
		tap_okf(tt_str_eq(got->items[i].reason, c->causes[i].reason), "%.*s, not %.*s",
			TT_STR_ARG(got->items[i].reason), TT_STR_ARG(c->causes[i].reason));
		tap_okf(tt_str_eq(got->items[i].message, c->causes[i].message), "%.*s\nnot\n%.*s",
			TT_STR_ARG(got->items[i].message), TT_STR_ARG(c->causes[i].message));
	}
	if (c->message.len == 0)
		return;
	tt_buf_init(&message, 1 << 20);
	tt_buf_text(&message, "Event ");
	tt_causes_quote(&message, name);
	tt_buf_text(&message, " is invalid: ");
	tt_causes_message(&message, got);
	begin = tt_buf_view(&message);
	tap_okf(tt_str_eq(begin, c->message), "%.*s\nnot\n%.*s", TT_STR_ARG(begin),
		TT_STR_ARG(c->message));
	tt_buf_release(&message);
}
