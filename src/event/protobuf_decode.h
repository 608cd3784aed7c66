/* SPDX-License-Identifier: Apache-2.0 */
/* protobuf_decode.h - the protobuf side of codec.h: the functions there of the same names, on
 * results that are initialised. Only for src/event. */
#pragma once

#include "event/codec.h"

int tt_watch_frame_decode_protobuf(struct tt_watch_frame *frame, struct tt_str bytes,
	struct tt_arena *arena, struct tt_err *err);
int tt_event_decode_protobuf(
	struct tt_event *e, struct tt_str bytes, struct tt_arena *arena, struct tt_err *err);
int tt_event_decode_item_protobuf(
	struct tt_event *e, struct tt_str bytes, struct tt_arena *arena, struct tt_err *err);
int tt_status_decode_protobuf(
	struct tt_status *status, struct tt_str bytes, struct tt_arena *arena, struct tt_err *err);
int tt_eventlist_decode_protobuf(struct tt_listmeta *ret_meta, struct tt_str bytes,
	struct tt_arena *arena, tt_list_item_fn *item, void *arg, struct tt_err *err);
