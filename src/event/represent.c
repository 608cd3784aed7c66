/* SPDX-License-Identifier: Apache-2.0 */
#include "event/represent.h"

#include "base/assert.h"
#include "event/represent_object.h"
#include "event/represent_table.h"
#include "wire/json_text.h"
#include "wire/protobuf.h"
#include "wire/yaml_text.h"

enum { PRETTY_INDENT = 2 };

const char *tt_representation_content_type(const struct tt_representation *r, bool stream)
{
	switch (r->format) {
	case TT_FORMAT_YAML: return "application/yaml";
	case TT_FORMAT_PROTOBUF:
		return stream ? "application/vnd.kubernetes.protobuf;stream=watch"
			      : "application/vnd.kubernetes.protobuf";
	default: return "application/json";
	}
}

/* The list without its items; of a Table there is none but in JSON. */
static struct tt_object list_of(const struct tt_representation *r, const struct tt_listmeta *meta)
{
	bool whole = r->as == TT_AS_OBJECT;
	struct tt_object object = tt_represented_object(r, NULL, whole);

	object.message = &tt_message_list_head;
	object.base = meta;
	object.kind = whole ? TT_STR("EventList") : TT_STR("PartialObjectMetadataList");
	return object;
}

static bool is_compact_json(const struct tt_representation *r)
{
	return r->format == TT_FORMAT_JSON && !r->pretty;
}

/* Turns what stands from `start` on, which is compact JSON, into what is asked for. */
static void finish_text(struct tt_buf *to, const struct tt_representation *r, size_t start)
{
	struct tt_buf json;

	if (is_compact_json(r)) {
		tt_buf_char(to, '\n');
		return;
	}
	if (to->failed)
		return;
	tt_buf_init(&json, to->max);
	tt_buf_add(&json, to->data + start, to->len - start);
	to->len = start;
	tt_represent_text(to, r, tt_buf_view(&json));
	tt_buf_release(&json);
}

void tt_represent_event(
	struct tt_buf *to, const struct tt_representation *r, const struct tt_event *e)
{
	struct tt_object object = tt_represented_object(r, e, r->as == TT_AS_OBJECT);
	size_t start = to->len;

	if (r->format == TT_FORMAT_PROTOBUF) {
		tt_assert(r->as != TT_AS_TABLE);
		tt_object_put_protobuf(to, &object);
		return;
	}
	if (r->as == TT_AS_TABLE)
		tt_table_put_single(to, r, e, true);
	else
		tt_object_put_json(to, &object);
	finish_text(to, r, start);
}

void tt_represent_list_begin(
	struct tt_buf *to, const struct tt_representation *r, const struct tt_listmeta *meta)
{
	struct tt_object list = list_of(r, meta);

	if (r->as == TT_AS_TABLE) {
		tt_table_put_begin(to, r, meta, true);
		return;
	}
	tt_object_put_json(to, &list);
	if (!to->failed)
		to->len--; /* the brace, as the list goes on */
	tt_buf_text(to, ",\"items\":[");
}

void tt_represent_list_item(
	struct tt_buf *to, const struct tt_representation *r, const struct tt_event *e, bool first)
{
	struct tt_object object = tt_represented_object(r, e, r->as == TT_AS_OBJECT);

	if (r->format == TT_FORMAT_PROTOBUF) {
		tt_message_put_field(to, 2, object.message, e);
		return;
	}
	if (!first)
		tt_buf_char(to, ',');
	if (r->as == TT_AS_TABLE)
		tt_table_put_row(to, r, e);
	else if (r->as == TT_AS_PARTIAL)
		tt_object_put_json(to, &object);
	else
		tt_message_put_json(to, object.message, e);
}

void tt_represent_list_end(struct tt_buf *to, const struct tt_representation *r)
{
	tt_buf_text(to, is_compact_json(r) ? "]}\n" : "]}");
}

void tt_represent_list_head_protobuf(struct tt_buf *to, const struct tt_representation *r,
	const struct tt_listmeta *meta, size_t items_bytes)
{
	struct tt_object list = list_of(r, meta);
	struct tt_buf head;

	tt_buf_init(&head, to->max);
	tt_message_put_protobuf(&head, list.message, meta);
	tt_envelope_begin_protobuf(to, list.api_version, list.kind);
	tt_pb_put_raw_varint(to, TT_PB_KEY(2, TT_PB_LENGTH));
	tt_pb_put_raw_varint(to, head.len + items_bytes);
	tt_buf_str(to, tt_buf_view(&head));
	to->failed |= head.failed;
	tt_buf_release(&head);
}

void tt_represent_list_tail_protobuf(struct tt_buf *to, const struct tt_representation *r)
{
	(void)r;
	tt_envelope_end_protobuf(to);
}

void tt_represent_text(struct tt_buf *to, const struct tt_representation *r, struct tt_str json)
{
	if (r->format == TT_FORMAT_YAML)
		to->failed |= tt_yaml_put_object(to, json, NULL) < 0;
	else if (r->pretty)
		tt_json_put_indented(to, json, PRETTY_INDENT, 0);
	else
		tt_buf_str(to, json);
}

static void put_table_frame(struct tt_buf *to, const struct tt_representation *r,
	enum tt_watch_type type, const struct tt_event *e, bool first)
{
	tt_buf_text(to, "{\"type\":\"");
	tt_buf_text(to, tt_watch_type_name(type));
	tt_buf_text(to, "\",\"object\":");
	tt_table_put_single(to, r, e, first);
	tt_buf_text(to, "}\n");
}

static void put_frame(struct tt_buf *to, const struct tt_representation *r, enum tt_watch_type type,
	const struct tt_object *object)
{
	if (r->format == TT_FORMAT_PROTOBUF)
		tt_frame_put_protobuf(to, type, object);
	else
		tt_frame_put_json(to, type, object);
}

void tt_represent_frame(struct tt_buf *to, const struct tt_representation *r,
	enum tt_watch_type type, const struct tt_event *e, bool first)
{
	struct tt_object object = tt_represented_object(r, e, r->as == TT_AS_OBJECT);

	if (r->as == TT_AS_TABLE)
		put_table_frame(to, r, type, e, first);
	else
		put_frame(to, r, type, &object);
}

static struct tt_object object_of_status(const struct tt_status *s)
{
	return (struct tt_object){&tt_message_status, s, TT_STR("v1"), TT_STR("Status")};
}

void tt_represent_status(
	struct tt_buf *to, const struct tt_representation *r, const struct tt_status *s)
{
	struct tt_object object = object_of_status(s);
	size_t start = to->len;

	if (r->format == TT_FORMAT_PROTOBUF) {
		tt_object_put_protobuf(to, &object);
		return;
	}
	tt_object_put_json(to, &object);
	finish_text(to, r, start);
}

void tt_represent_status_frame(
	struct tt_buf *to, const struct tt_representation *r, const struct tt_status *s)
{
	struct tt_object object = object_of_status(s);

	put_frame(to, r, TT_WATCH_ERROR, &object);
}
