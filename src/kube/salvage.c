/* SPDX-License-Identifier: Apache-2.0 */
#include "kube/salvage.h"

#include "base/utf8.h"
#include "kube/varint.h"
#include "wire/protobuf.h"

/* The content of the next length-delimited field with `number`, as far as it is there, and the
 * place behind it in `*message`. False if there is none. */
static bool next_field(struct tt_str *message, uint32_t *ret_number, struct tt_str *ret)
{
	struct tt_field_head head;

	while (tt_field_head_read(&head, *message) == 1) {
		size_t left = message->len - head.bytes;
		bool varint = (head.key & 7) == TT_PB_VARINT;
		size_t len = varint ? 0 : head.value < left ? (size_t)head.value : left;

		*ret = (struct tt_str){message->data + head.bytes, len};
		*message = (struct tt_str){ret->data + len, left - len};
		*ret_number = head.key >> 3;
		if ((head.key & 7) == TT_PB_LENGTH && len == head.value)
			return true; /* whole */
		if ((head.key & 7) == TT_PB_LENGTH)
			return message->len == 0; /* the last, cut off */
	}
	return false;
}

static struct tt_str descend(struct tt_str message, uint32_t number)
{
	struct tt_str content;
	uint32_t found;

	while (next_field(&message, &found, &content))
		if (found == number)
			return content;
	return (struct tt_str){0};
}

/* Fields of ObjectMeta; a text that is cut off is left out. */
static void salvage_meta(struct tt_objectmeta *ret, struct tt_str meta)
{
	struct tt_field_head head;

	while (tt_field_head_read(&head, meta) == 1) {
		bool varint = (head.key & 7) == TT_PB_VARINT;
		size_t left = meta.len - head.bytes, len = varint ? 0 : (size_t)head.value;

		if (len > left)
			return;
		struct tt_str text = {meta.data + head.bytes, len};

		meta = (struct tt_str){text.data + len, left - len};
		if (!tt_utf8_valid(text))
			continue;
		switch (head.key) {
		case TT_PB_KEY(1, TT_PB_LENGTH): ret->name = text; break;
		case TT_PB_KEY(3, TT_PB_LENGTH): ret->namespace = text; break;
		case TT_PB_KEY(5, TT_PB_LENGTH): ret->uid = text; break;
		case TT_PB_KEY(6, TT_PB_LENGTH): ret->resource_version = text; break;
		default: break;
		}
	}
}

void tt_salvage_item(struct tt_objectmeta *ret, enum tt_encoding encoding, struct tt_str head,
	struct tt_arena *arena)
{
	struct tt_event e;

	tt_event_init(&e);
	if (encoding == TT_ENCODING_JSON)
		(void)tt_event_decode(&e, encoding, head, arena, NULL);
	else
		salvage_meta(&e.metadata, descend(head, 1));
	*ret = e.metadata;
}

void tt_salvage_frame(struct tt_objectmeta *ret, enum tt_encoding encoding, struct tt_str head,
	struct tt_arena *arena)
{
	static const struct tt_str magic = {"k8s", 4}; /* with its NUL */
	struct tt_watch_frame frame = {0};

	tt_event_init(&frame.event);
	if (encoding == TT_ENCODING_JSON) {
		(void)tt_watch_frame_decode(&frame, encoding, head, arena, NULL);
		*ret = frame.event.metadata;
		return;
	}
	struct tt_str object = descend(descend(head, 2), 1);

	*ret = frame.event.metadata;
	if (!tt_str_starts(object, magic))
		return;
	object = (struct tt_str){object.data + magic.len, object.len - magic.len};
	tt_salvage_item(ret, encoding, descend(object, 2), arena);
}
