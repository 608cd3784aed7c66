/* SPDX-License-Identifier: Apache-2.0 */
/* Watch frames and lists in JSON. Servers write "type" before "object" and the metadata of a list
 * before its items; any other order costs a second pass over the object. */
#include "event/json_decode.h"

#include "base/arena.h"
#include "event/watch.h"

static void read_object(
	struct tt_json_reader *r, struct tt_watch_frame *frame, enum tt_watch_type type)
{
	frame->type = type;
	if (type == TT_WATCH_ERROR)
		tt_message_read_json(r, &tt_message_status, &frame->status);
	else
		tt_event_read_json(r, &frame->event, &tt_message_event);
}

int tt_watch_frame_decode_json(struct tt_watch_frame *frame, struct tt_str bytes,
	struct tt_arena *arena, struct tt_err *err)
{
	struct tt_json_reader r, object;
	struct tt_str key;
	bool has_type = false, has_object = false, deferred = false;
	enum tt_watch_type type = TT_WATCH_ADDED;

	tt_json_reader_init(&r, bytes, arena);
	if (!tt_json_enter_object(&r))
		tt_json_reader_fail(&r, "expected a watch event");
	while (tt_json_next_key(&r, &key)) {
		if (tt_str_is(key, "type")) {
			has_type = tt_watch_type_parse(tt_json_string(&r), &type);
			if (!has_type)
				tt_json_reader_fail(&r, "unknown type of watch event");
		} else if (tt_str_is(key, "object") && has_type) {
			read_object(&r, frame, type);
			has_object = true;
			deferred = false;
		} else if (tt_str_is(key, "object")) {
			object = r;
			(void)tt_json_skip(&r);
			deferred = true;
		} else {
			(void)tt_json_skip(&r);
		}
	}
	if (deferred && has_type && r.problem == NULL) {
		read_object(&object, frame, type);
		if (object.problem != NULL)
			return tt_json_reader_end(&object, false, err);
	} else if (!has_object) {
		tt_json_reader_fail(&r, "watch event without type or object");
	}
	return tt_json_reader_end(&r, true, err);
}

struct list {
	struct tt_json_reader r;
	const struct tt_message *message; /* of the items */
	const struct tt_list_sink *sink;
	int rc; /* what the callback returned, if negative */
};

/* An item that could not be read: gives the callback what was, and goes on behind it if its end
 * can be found. */
static void recover_item(struct list *l, const struct tt_json_reader *start, struct tt_event *e)
{
	struct tt_err item_err = {0};
	struct tt_json_reader behind = *start;

	(void)tt_json_reader_end(&l->r, false, &item_err);
	(void)tt_json_skip(&behind);
	if (behind.problem != NULL)
		return; /* not even well-formed: the problem stays that of the list */
	l->r = behind;
	l->rc = l->sink->item(l->sink->arg, e, &item_err);
}

static void read_items(struct list *l)
{
	if (!tt_json_enter_array(&l->r))
		return;
	while (l->rc >= 0 && tt_json_next_item(&l->r)) {
		struct tt_json_reader start = l->r;
		struct tt_event *e = tt_arena_alloc(
			l->r.arena, sizeof(*e), _Alignof(struct tt_event));

		start.fresh = false;
		tt_event_read_json(&l->r, e, l->message);
		if (l->r.problem != NULL)
			recover_item(l, &start, e);
		else
			l->rc = l->sink->item(l->sink->arg, e, NULL);
	}
}

static void read_list_member(struct list *l, struct tt_str key, struct tt_listmeta *meta)
{
	if (tt_str_is(key, "kind")) {
		struct tt_str kind = tt_json_string(&l->r);

		if (kind.len > 0 && !tt_str_is(kind, "EventList") && !tt_str_is(kind, "List"))
			tt_json_reader_fail(&l->r, "kind is not EventList");
	} else if (tt_str_is(key, "apiVersion")) {
		l->message = tt_event_message(tt_json_string(&l->r));
		if (l->message == NULL)
			tt_json_reader_fail(&l->r, "apiVersion is none that has Events");
	} else if (tt_str_is(key, "metadata")) {
		tt_message_read_json(&l->r, &tt_message_listmeta, meta);
	} else if (tt_str_is(key, "items")) {
		read_items(l);
	} else {
		(void)tt_json_skip(&l->r);
	}
}

int tt_eventlist_decode_json(struct tt_listmeta *ret_meta, struct tt_str bytes,
	struct tt_arena *arena, const struct tt_list_sink *sink, struct tt_err *err)
{
	struct list l = {.message = &tt_message_event, .sink = sink};
	struct tt_str key;

	tt_json_reader_init(&l.r, bytes, arena);
	if (!tt_json_enter_object(&l.r))
		tt_json_reader_fail(&l.r, "expected an EventList");
	while (l.rc >= 0 && tt_json_next_key(&l.r, &key))
		read_list_member(&l, key, ret_meta);
	if (l.rc < 0)
		return l.rc;
	return tt_json_reader_end(&l.r, true, err);
}
