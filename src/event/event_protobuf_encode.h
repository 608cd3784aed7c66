/* SPDX-License-Identifier: Apache-2.0 */
/* event_protobuf_encode.h - the protobuf side of tt_watch_frame_encode(). Only for src/event. */
#pragma once

#include "event/codec.h"

/* tt_watch_frame_encode(). */
void tt_watch_frame_encode_protobuf(
	struct tt_buf *to, enum tt_watch_type type, const struct tt_event *e);
