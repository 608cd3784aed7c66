/* SPDX-License-Identifier: Apache-2.0 */
/* runtime.Unknown holds the EventList in its field 2; the EventList holds its ListMeta in field 1
 * and the items in field 2. */
#include "kube/list_stream.h"
#include "kube/varint.h"
#include "wire/protobuf.h"

enum { MAX_META_BYTES = 1 << 20, HEAD_BYTES = 4096 };

static const struct tt_str magic = {"k8s", 4}; /* with its NUL */

static struct tt_str unused(const struct tt_list_stream *s)
{
	return (struct tt_str){s->buf.data + s->at, s->buf.len - s->at};
}

static int fail_garbage(struct tt_err *err)
{
	return tt_fail(err, TT_EIO, "the answer is no EventList in protobuf");
}

/* Drops what has come of what is skipped; 1 if that was all of it. */
static int drop(struct tt_list_stream *s)
{
	size_t n = s->buf.len - s->at;

	n = n < s->skipping ? n : (size_t)s->skipping;
	s->at += n;
	s->skipping -= n;
	return s->skipping == 0;
}

static int read_meta(struct tt_list_stream *s, struct tt_str bytes, struct tt_err *err)
{
	struct tt_pb_reader r;
	struct tt_pb_field field;

	tt_pb_reader_init(&r, bytes);
	while (tt_pb_next(&r, &field))
		switch (field.key) {
		case TT_PB_KEY(2, TT_PB_LENGTH):
			s->meta->resource_version = tt_str_dup(s->meta_arena, field.bytes);
			break;
		case TT_PB_KEY(3, TT_PB_LENGTH):
			s->meta->continue_token = tt_str_dup(s->meta_arena, field.bytes);
			break;
		case TT_PB_KEY(4, TT_PB_VARINT):
			s->meta->remaining_item_count = (int64_t)field.value;
			break;
		default: break;
		}
	return tt_pb_reader_end(&r, NULL) < 0 ? fail_garbage(err) : 1;
}

static int step_start(struct tt_list_stream *s, struct tt_err *err)
{
	struct tt_str have = unused(s);

	if (have.len < magic.len)
		return 0;
	if (!tt_str_starts(have, magic))
		return fail_garbage(err);
	s->at += magic.len;
	s->place = TT_LIST_ENVELOPE;
	return 1;
}

static int step_envelope(struct tt_list_stream *s, struct tt_err *err)
{
	struct tt_field_head head;
	int rc = tt_field_head_read(&head, unused(s));

	if (rc <= 0)
		return rc < 0 ? fail_garbage(err) : 0;
	s->at += head.bytes;
	if (head.key == TT_PB_KEY(2, TT_PB_LENGTH)) {
		s->has_list = true;
		s->left = head.value;
		s->place = TT_LIST_FIELDS;
	} else if ((head.key & 7) != TT_PB_VARINT) {
		s->skipping = head.value;
	}
	return 1;
}

/* An item whose head was read; the whole field has `bytes`. */
static int step_item(struct tt_list_stream *s, const struct tt_field_head *head)
{
	struct tt_str have = unused(s);
	size_t wanted = head->value > s->max_item_bytes
				? (head->value < HEAD_BYTES ? (size_t)head->value : HEAD_BYTES)
				: (size_t)head->value;

	if (have.len - head->bytes < wanted)
		return 0;
	struct tt_str bytes = {have.data + head->bytes, wanted};

	s->left -= head->bytes + head->value;
	s->at += head->bytes;
	if (head->value <= s->max_item_bytes) {
		s->at += wanted;
		return tt_list_give_item(s, bytes);
	}
	s->skipping = head->value;
	return tt_list_give_oversized(s, bytes);
}

static int step_fields(struct tt_list_stream *s, struct tt_err *err)
{
	struct tt_field_head head;
	struct tt_str have = unused(s);

	if (s->left == 0) {
		s->place = TT_LIST_ENVELOPE;
		return 1;
	}
	int rc = tt_field_head_read(&head, have);

	if (rc <= 0)
		return rc < 0 ? fail_garbage(err) : 0;
	uint64_t content = (head.key & 7) == TT_PB_VARINT ? 0 : head.value;

	if (head.bytes > s->left || content > s->left - head.bytes)
		return fail_garbage(err);
	if (head.key == TT_PB_KEY(2, TT_PB_LENGTH))
		return step_item(s, &head);
	if (head.key == TT_PB_KEY(1, TT_PB_LENGTH) && content > MAX_META_BYTES)
		return fail_garbage(err);
	if (head.key == TT_PB_KEY(1, TT_PB_LENGTH) && have.len - head.bytes < content)
		return 0;
	s->left -= head.bytes + content;
	s->at += head.bytes;
	s->skipping = content;
	if (head.key == TT_PB_KEY(1, TT_PB_LENGTH))
		return read_meta(s, (struct tt_str){have.data + head.bytes, (size_t)content}, err);
	return 1;
}

int tt_list_step_protobuf(struct tt_list_stream *s, struct tt_err *err)
{
	if (s->skipping > 0)
		return drop(s);
	switch (s->place) {
	case TT_LIST_START: return step_start(s, err);
	case TT_LIST_ENVELOPE: return step_envelope(s, err);
	default: return step_fields(s, err);
	}
}
