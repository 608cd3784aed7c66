/* SPDX-License-Identifier: Apache-2.0 */
/* roundtrip.h - all decoders of event/codec.h on the same bytes, for the fuzz targets. */
#pragma once

#include "event/represent.h"
#include "fuzz.h"

/* Writes `e` in `encoding` and reads it again, which must give the same. */
static inline void fuzz_roundtrip(
	const struct tt_event *e, enum tt_encoding encoding, struct tt_arena *arena)
{
	struct tt_buf bytes;
	struct tt_event again;

	tt_buf_init(&bytes, 64 << 20);
	if (encoding == TT_ENCODING_JSON)
		tt_event_encode_json(&bytes, e, TT_JSON_OBJECT);
	else
		tt_event_encode_protobuf(&bytes, e, true);
	tt_assert(tt_event_decode(&again, encoding, tt_buf_view(&bytes), arena, NULL) == 0);
	tt_assert(tt_event_equal(&again, e));
	tt_buf_release(&bytes);
}

static inline int fuzz_item(void *arg, const struct tt_event *e, const struct tt_err *item_err)
{
	if (item_err == NULL)
		fuzz_roundtrip(e, TT_ENCODING_JSON, arg);
	return 0;
}

/* Writes `s` in every format; what can be read must be readable again. */
static inline void fuzz_status(const struct tt_status *s, struct tt_arena *arena)
{
	for (enum tt_format format = TT_FORMAT_JSON; format <= TT_FORMAT_PROTOBUF; format++) {
		enum tt_encoding encoding = format == TT_FORMAT_PROTOBUF ? TT_ENCODING_PROTOBUF
									 : TT_ENCODING_JSON;
		struct tt_representation r = {.format = format};
		struct tt_status again;
		struct tt_buf bytes;

		tt_buf_init(&bytes, 64 << 20);
		tt_represent_status(&bytes, &r, s);
		tt_assert(!bytes.failed);
		if (format != TT_FORMAT_YAML) {
			tt_assert(tt_status_decode(
					  &again, encoding, tt_buf_view(&bytes), arena, NULL) == 0);
			tt_assert(again.has_details == s->has_details && again.code == s->code);
			tt_assert(!s->has_details || again.n_causes == s->n_causes);
			tt_assert(tt_str_eq(again.message, s->message));
		}
		tt_buf_release(&bytes);
	}
}

static inline int fuzz_decoders(enum tt_encoding encoding, struct tt_str bytes)
{
	struct tt_arena arena = {0};
	struct tt_watch_frame frame;
	struct tt_listmeta meta;
	struct tt_status status;
	struct tt_event e;
	struct tt_err err;

	if (tt_event_decode(&e, encoding, bytes, &arena, &err) == 0) {
		fuzz_roundtrip(&e, TT_ENCODING_JSON, &arena);
		fuzz_roundtrip(&e, TT_ENCODING_PROTOBUF, &arena);
	}
	(void)tt_event_decode_item(&e, encoding, bytes, &arena, &err);
	(void)tt_watch_frame_decode(&frame, encoding, bytes, &arena, &err);
	if (tt_status_decode(&status, encoding, bytes, &arena, &err) == 0)
		fuzz_status(&status, &arena);
	(void)tt_eventlist_decode(
		&meta, encoding, bytes, &arena, &(struct tt_list_sink){fuzz_item, &arena}, &err);
	tt_arena_release(&arena);
	return 0;
}
