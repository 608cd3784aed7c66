/* SPDX-License-Identifier: Apache-2.0 */
/* Byte for byte as Kubernetes' generated marshallers: ascending field numbers, what is no pointer
 * written even when empty, a zero time as an empty message. */
#include "base/clock.h"
#include "event/message_encode.h"
#include "wire/protobuf.h"

static void put_time(struct tt_buf *to, uint32_t number, int64_t us, bool micros)
{
	size_t mark = tt_pb_begin(to, number);

	if (us != TT_TIME_ZERO) {
		int64_t seconds = us / TT_US_PER_S - (us % TT_US_PER_S < 0);
		int64_t nanos = (us - seconds * TT_US_PER_S) * TT_NS_PER_US;

		tt_pb_put_varint(to, 1, (uint64_t)seconds);
		tt_pb_put_varint(to, 2, micros ? (uint64_t)nanos : 0);
	}
	tt_pb_end(to, mark);
}

static void put_label(struct tt_buf *to, uint32_t number, const struct tt_label *label)
{
	size_t mark = tt_pb_begin(to, number);

	tt_pb_put_bytes(to, 1, label->key);
	tt_pb_put_bytes(to, 2, label->value);
	tt_pb_end(to, mark);
}

static void put_items(struct tt_buf *to, const struct tt_member *member, const void *base)
{
	uint32_t n = *(const uint32_t *)tt_member_of(base, member->presence);
	uint32_t number = member->key >> 3;
	const char *items;

	memcpy(&items, tt_member_of(base, member->offset), sizeof(items));
	for (uint32_t i = 0; i < n; i++) {
		if (member->type == TT_MEMBER_MESSAGES)
			tt_message_put_field(to, number, member->message,
				items + (size_t)i * member->message->size);
		else if (member->type == TT_MEMBER_MAP)
			put_label(to, number, (const struct tt_label *)(const void *)items + i);
		else
			tt_pb_put_bytes(
				to, number, ((const struct tt_str *)(const void *)items)[i]);
	}
}

static void put_member(struct tt_buf *to, const struct tt_member *member, const void *base)
{
	const void *at = tt_member_of(base, member->offset);
	uint32_t number = member->key >> 3;

	switch (member->type) {
	case TT_MEMBER_STRING: tt_pb_put_bytes(to, number, *(const struct tt_str *)at); break;
	case TT_MEMBER_INT32:
		tt_pb_put_varint(to, number, (uint64_t)(int64_t) * (const int32_t *)at);
		break;
	case TT_MEMBER_INT64: tt_pb_put_varint(to, number, (uint64_t) * (const int64_t *)at); break;
	case TT_MEMBER_TIME: put_time(to, number, *(const int64_t *)at, false); break;
	case TT_MEMBER_MICROTIME: put_time(to, number, *(const int64_t *)at, true); break;
	case TT_MEMBER_BOOL: tt_pb_put_varint(to, number, *(const int8_t *)at != 0); break;
	case TT_MEMBER_MESSAGE: tt_message_put_field(to, number, member->message, at); break;
	default: put_items(to, member, base); break;
	}
}

void tt_message_put_protobuf(struct tt_buf *to, const struct tt_message *m, const void *base)
{
	for (const struct tt_member *member = m->members; member < m->members + m->n; member++)
		if ((member->flags & TT_MEMBER_OPTIONAL) == 0 || tt_member_is_set(member, base))
			put_member(to, member, base);
}

void tt_message_put_field(
	struct tt_buf *to, uint32_t number, const struct tt_message *m, const void *base)
{
	size_t mark = tt_pb_begin(to, number);

	tt_message_put_protobuf(to, m, base);
	tt_pb_end(to, mark);
}

void tt_envelope_begin_protobuf(struct tt_buf *to, struct tt_str api_version, struct tt_str kind)
{
	tt_buf_add(to, "k8s\0", 4);
	size_t type_meta = tt_pb_begin(to, 1);

	tt_pb_put_bytes(to, 1, api_version);
	tt_pb_put_bytes(to, 2, kind);
	tt_pb_end(to, type_meta);
}

void tt_envelope_end_protobuf(struct tt_buf *to)
{
	tt_pb_put_bytes(to, 3, TT_STR("")); /* contentEncoding */
	tt_pb_put_bytes(to, 4, TT_STR("")); /* contentType */
}

void tt_object_put_protobuf(struct tt_buf *to, const struct tt_object *o)
{
	tt_envelope_begin_protobuf(to, o->api_version, o->kind);
	tt_message_put_field(to, 2, o->message, o->base);
	tt_envelope_end_protobuf(to);
}

void tt_frame_put_protobuf(struct tt_buf *to, enum tt_watch_type type, const struct tt_object *o)
{
	size_t start = to->len;

	tt_buf_add(to, "\0\0\0\0", 4);
	tt_pb_put_bytes(to, 1, tt_str_from(tt_watch_type_name(type)));
	size_t object = tt_pb_begin(to, 2), raw = tt_pb_begin(to, 1);

	tt_object_put_protobuf(to, o);
	tt_pb_end(to, raw);
	tt_pb_end(to, object);
	if (to->failed)
		return;
	size_t len = to->len - start - 4;

	for (int i = 0; i < 4; i++)
		to->data[start + i] = (char)(len >> (24 - 8 * i));
}
