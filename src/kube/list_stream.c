/* SPDX-License-Identifier: Apache-2.0 */
#include "kube/list_stream.h"

#include "kube/salvage.h"

enum { MAX_BUFFERED_PIECE = 1 << 20 };

void tt_list_stream_init(struct tt_list_stream *s, enum tt_encoding encoding, size_t max_item_bytes,
	struct tt_listmeta *ret_meta, struct tt_arena *meta_arena)
{
	*s = (struct tt_list_stream){.encoding = encoding,
		.max_item_bytes = max_item_bytes,
		.meta = ret_meta,
		.meta_arena = meta_arena};
	*ret_meta = (struct tt_listmeta){.remaining_item_count = -1};
	tt_arena_init(&s->item_arena);
	tt_buf_init(&s->buf, max_item_bytes + 2 * MAX_BUFFERED_PIECE);
}

void tt_list_stream_release(struct tt_list_stream *s)
{
	tt_buf_release(&s->buf);
	tt_arena_release(&s->item_arena);
}

static int feed_some(struct tt_list_stream *s, struct tt_str piece, struct tt_err *err)
{
	int rc;

	tt_buf_consume(&s->buf, s->at);
	s->scanned -= s->scanned < s->at ? s->scanned : s->at;
	s->at = 0;
	tt_buf_str(&s->buf, piece);
	if (s->buf.failed)
		return tt_fail(err, TT_EIO, "the list is garbage: a part of it has no end");
	do
		rc = s->encoding == TT_ENCODING_PROTOBUF ? tt_list_step_protobuf(s, err)
							 : tt_list_step_json(s, err);
	while (rc > 0);
	return rc;
}

int tt_list_stream_feed(struct tt_list_stream *s, struct tt_str piece, struct tt_err *err)
{
	int rc = 0;

	while (piece.len > 0 && rc == 0) {
		size_t n = piece.len < MAX_BUFFERED_PIECE ? piece.len : MAX_BUFFERED_PIECE;

		rc = feed_some(s, (struct tt_str){piece.data, n}, err);
		piece = (struct tt_str){piece.data + n, piece.len - n};
	}
	return rc;
}

int tt_list_stream_end(const struct tt_list_stream *s, struct tt_err *err)
{
	bool whole = s->encoding == TT_ENCODING_PROTOBUF
			     ? s->place == TT_LIST_ENVELOPE && s->has_list && s->at == s->buf.len &&
				       s->skipping == 0
			     : s->place == TT_LIST_DONE;

	if (!whole)
		return tt_fail(err, TT_EIO, "the answer ended in the middle of the list");
	return 0;
}

static int give(struct tt_list_stream *s, const struct tt_event *e, const struct tt_err *item_err)
{
	int rc = s->sink.item(s->sink.arg, e, item_err);

	tt_arena_clear(&s->item_arena);
	return rc < 0 ? rc : 1;
}

int tt_list_give_item(struct tt_list_stream *s, struct tt_str bytes)
{
	struct tt_event e;
	struct tt_err item_err;
	int rc = tt_event_decode_item(&e, s->encoding, bytes, &s->item_arena, &item_err);

	return give(s, &e, rc < 0 ? &item_err : NULL);
}

int tt_list_give_oversized(struct tt_list_stream *s, struct tt_str head)
{
	struct tt_event e;
	struct tt_err item_err;

	tt_event_init(&e);
	tt_salvage_item(&e.metadata, s->encoding, head, &s->item_arena);
	(void)tt_fail(
		&item_err, TT_ELIMIT, "the event is larger than %zu bytes", s->max_item_bytes);
	return give(s, &e, &item_err);
}
