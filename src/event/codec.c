/* SPDX-License-Identifier: Apache-2.0 */
/* What is the same for both encodings, and the choice between them. */
#include "event/codec.h"

#include "event/json_decode.h"
#include "event/message_encode.h"
#include "event/protobuf_decode.h"
#include "event/watch.h"

static const struct tt_str watch_type_names[] = {
	[TT_WATCH_ADDED] = {"ADDED", 5},
	[TT_WATCH_MODIFIED] = {"MODIFIED", 8},
	[TT_WATCH_DELETED] = {"DELETED", 7},
	[TT_WATCH_BOOKMARK] = {"BOOKMARK", 8},
	[TT_WATCH_ERROR] = {"ERROR", 5},
};

const char *tt_watch_type_name(enum tt_watch_type type)
{
	if (type < TT_WATCH_ADDED || type > TT_WATCH_ERROR)
		return "UNKNOWN";
	return watch_type_names[type].data;
}

bool tt_watch_type_parse(struct tt_str name, enum tt_watch_type *ret_type)
{
	for (int type = TT_WATCH_ADDED; type <= TT_WATCH_ERROR; type++)
		if (tt_str_eq(name, watch_type_names[type])) {
			*ret_type = (enum tt_watch_type)type;
			return true;
		}
	return false;
}

int tt_watch_frame_decode(struct tt_watch_frame *frame, enum tt_encoding encoding,
	struct tt_str bytes, struct tt_arena *arena, struct tt_err *err)
{
	frame->type = TT_WATCH_ADDED;
	frame->status = (struct tt_status){0};
	tt_event_init(&frame->event);
	if (encoding == TT_ENCODING_PROTOBUF)
		return tt_watch_frame_decode_protobuf(frame, bytes, arena, err);
	return tt_watch_frame_decode_json(frame, bytes, arena, err);
}

int tt_event_decode(struct tt_event *e, enum tt_encoding encoding, struct tt_str bytes,
	struct tt_arena *arena, struct tt_err *err)
{
	struct tt_json_reader r;

	tt_event_init(e);
	if (encoding == TT_ENCODING_PROTOBUF)
		return tt_event_decode_protobuf(e, bytes, arena, err);
	tt_json_reader_init(&r, bytes, arena);
	tt_event_read_json(&r, e, &tt_message_event);
	return tt_json_reader_end(&r, true, err);
}

int tt_event_decode_item(struct tt_event *e, enum tt_encoding encoding, struct tt_str bytes,
	struct tt_arena *arena, struct tt_err *err)
{
	if (encoding == TT_ENCODING_JSON) /* apiVersion decides, and core/v1 without one */
		return tt_event_decode(e, encoding, bytes, arena, err);
	tt_event_init(e);
	return tt_event_decode_item_protobuf(e, bytes, arena, err);
}

int tt_status_decode(struct tt_status *status, enum tt_encoding encoding, struct tt_str bytes,
	struct tt_arena *arena, struct tt_err *err)
{
	struct tt_json_reader r;

	*status = (struct tt_status){0};
	if (encoding == TT_ENCODING_PROTOBUF)
		return tt_status_decode_protobuf(status, bytes, arena, err);
	tt_json_reader_init(&r, bytes, arena);
	tt_message_read_json(&r, &tt_message_status, status);
	return tt_json_reader_end(&r, true, err);
}

int tt_eventlist_decode(struct tt_listmeta *ret_meta, enum tt_encoding encoding,
	struct tt_str bytes, struct tt_arena *arena, const struct tt_list_sink *sink,
	struct tt_err *err)
{
	*ret_meta = (struct tt_listmeta){.remaining_item_count = -1};
	if (encoding == TT_ENCODING_PROTOBUF)
		return tt_eventlist_decode_protobuf(ret_meta, bytes, arena, sink, err);
	return tt_eventlist_decode_json(ret_meta, bytes, arena, sink, err);
}

struct tt_object tt_object_of_event(const struct tt_event *e)
{
	return (struct tt_object){&tt_message_event, e, TT_STR("v1"), TT_STR("Event")};
}

void tt_event_encode_json(struct tt_buf *to, const struct tt_event *e, enum tt_json_form form)
{
	struct tt_object object = tt_object_of_event(e);

	if (form == TT_JSON_LIST_ITEM)
		tt_message_put_json(to, object.message, e);
	else
		tt_object_put_json(to, &object);
}

void tt_event_encode_protobuf(struct tt_buf *to, const struct tt_event *e, bool envelope)
{
	struct tt_object object = tt_object_of_event(e);

	if (envelope)
		tt_object_put_protobuf(to, &object);
	else
		tt_message_put_protobuf(to, object.message, e);
}

void tt_watch_frame_encode(struct tt_buf *to, enum tt_encoding encoding, enum tt_watch_type type,
	const struct tt_event *e)
{
	struct tt_object object = tt_object_of_event(e);

	if (encoding == TT_ENCODING_JSON)
		tt_frame_put_json(to, type, &object);
	else
		tt_frame_put_protobuf(to, type, &object);
}
