/* SPDX-License-Identifier: Apache-2.0 */
/* protobuf_decode.h - the protobuf side of codec.h, on results that are initialised. Only for
 * src/event. */
#pragma once

#include "event/codec.h"
#include "event/members.h"

/* tt_watch_frame_decode(). */
int tt_watch_frame_decode_protobuf(struct tt_watch_frame *frame, struct tt_str bytes,
	struct tt_arena *arena, struct tt_err *err);

/* Opens the envelope of any object: what it is, and its bytes. */
int tt_envelope_decode_protobuf(struct tt_str *ret_api_version, struct tt_str *ret_kind,
	struct tt_str *ret_raw, struct tt_str bytes, struct tt_arena *arena, struct tt_err *err);

/* An Event without envelope, by the table of its API group. */
int tt_message_decode_protobuf(struct tt_event *e, const struct tt_message *m, struct tt_str bytes,
	struct tt_arena *arena, struct tt_err *err);

/* tt_event_decode(). */
int tt_event_decode_protobuf(
	struct tt_event *e, struct tt_str bytes, struct tt_arena *arena, struct tt_err *err);

/* tt_event_decode_item(). */
int tt_event_decode_item_protobuf(
	struct tt_event *e, struct tt_str bytes, struct tt_arena *arena, struct tt_err *err);

/* tt_status_decode(). */
int tt_status_decode_protobuf(
	struct tt_status *status, struct tt_str bytes, struct tt_arena *arena, struct tt_err *err);

/* tt_eventlist_decode(). */
int tt_eventlist_decode_protobuf(struct tt_listmeta *ret_meta, struct tt_str bytes,
	struct tt_arena *arena, const struct tt_list_sink *sink, struct tt_err *err);
