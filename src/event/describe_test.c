/* SPDX-License-Identifier: Apache-2.0 */
#include "event/describe.h"

#include "base/arena.h"
#include "base/clock.h"
#include "base/timestamp.h"
#include "event/codec.h"
#include "event/golden_test.h"
#include "wire/json.h"

enum { EVENTS_MAX = 32 };

struct events {
	struct tt_event items[EVENTS_MAX];
	const struct tt_event *pointers[EVENTS_MAX];
	size_t n;
};

static int take(void *arg, const struct tt_event *e, const struct tt_err *item_err)
{
	struct events *events = arg;

	tap_ok(item_err == NULL && events->n < EVENTS_MAX);
	events->items[events->n] = *e;
	events->pointers[events->n] = &events->items[events->n];
	events->n++;
	return 0;
}

static void check_line(struct tt_str line, struct tt_arena *arena)
{
	struct tt_str key, text = {0}, list = {0};
	struct events events = {.n = 0};
	struct tt_json_reader r;
	struct tt_listmeta meta;
	struct tt_buf got;
	int64_t now_us = 0;

	tt_json_reader_init(&r, line, arena);
	(void)tt_json_enter_object(&r);
	while (tt_json_next_key(&r, &key)) {
		if (tt_str_is(key, "list"))
			list = tt_json_skip(&r);
		else if (tt_str_is(key, "text"))
			text = tt_json_string(&r);
		else
			tap_ok(tt_time_parse(tt_json_string(&r), false, &now_us));
	}
	tap_int(tt_eventlist_decode(&meta, TT_ENCODING_JSON, list, arena,
			&(struct tt_list_sink){take, &events}, NULL),
		0);
	tt_buf_init(&got, 1 << 20);
	tt_describe_events(&got, events.pointers, events.n, now_us);
	tap_okf(tt_str_eq(tt_buf_view(&got), text), "%.*s\nnot\n%.*s",
		TT_STR_ARG(tt_buf_view(&got)), TT_STR_ARG(text));
	tt_buf_release(&got);
}

static void events_are_described_as_by_kubectl(void)
{
	struct tt_buf golden = golden_read("describe.ndjson");
	struct tt_str lines = tt_str_trim(tt_buf_view(&golden));
	struct tt_arena arena = {0};
	unsigned n = 0;

	for (; lines.data != NULL; n++)
		check_line(tt_str_split(&lines, '\n'), &arena);
	tap_int(n, 2);
	tt_arena_release(&arena);
	tt_buf_release(&golden);
}

static void a_part_of_the_object_is_named(void)
{
	const struct tt_event *events[1];
	struct tt_event e;
	struct tt_buf to;

	tt_event_init(&e);
	e.type = TT_STR("Normal");
	e.reason = TT_STR("Pulled");
	e.message = TT_STR(" done ");
	e.source_component = TT_STR("kubelet");
	e.involved_object.field_path = TT_STR("spec.containers{a}");
	e.first_timestamp_us = e.last_timestamp_us = 0;
	events[0] = &e;
	tt_buf_init(&to, 1000);
	tt_describe_events(&to, events, 1, 5 * TT_US_PER_S);
	tap_str(tt_buf_view(&to), "Events:\n"
				  "  Type    Reason  Age   From     Message\n"
				  "  ----    ------  ----  ----     -------\n"
				  "  Normal  Pulled  5s    kubelet  spec.containers{a}: done\n");
	tt_buf_release(&to);
}

static void events_of_the_same_time_keep_their_order(void)
{
	enum { N = 30 };
	const struct tt_event *pointers[N];
	struct tt_event events[N];
	char number[8];
	struct tt_arena arena = {0};
	struct tt_buf to;
	const char *at;

	for (int i = 0; i < N; i++) {
		tt_event_init(&events[i]);
		events[i].last_timestamp_us = (i % 2) * TT_US_PER_S;
		events[i].message = tt_str_printf(&arena, "<%d>", i);
		pointers[i] = &events[i];
	}
	tt_buf_init(&to, 10000);
	tt_describe_events(&to, pointers, N, 5 * TT_US_PER_S);
	at = to.data;
	for (int i = 0; i < N && at != NULL; i++) {
		(void)snprintf(number, sizeof(number), "<%d>", i < N / 2 ? 2 * i : 2 * i - N + 1);
		at = strstr(at, number);
		tap_okf(at != NULL, "%s is not in its place", number);
	}
	tt_buf_release(&to);
	tt_arena_release(&arena);
}

int main(void)
{
	tap_test("events are described as by kubectl", events_are_described_as_by_kubectl);
	tap_test("a part of the object is named", a_part_of_the_object_is_named);
	tap_test("events of the same time keep their order",
		events_of_the_same_time_keep_their_order);
	return tap_done();
}
