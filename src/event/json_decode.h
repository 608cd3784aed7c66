/* SPDX-License-Identifier: Apache-2.0 */
/* json_decode.h - the JSON side of codec.h. Only for src/event. */
#pragma once

#include "event/codec.h"
#include "event/members.h"
#include "wire/json.h"

/* Reads an object by its table into `base`, which is initialised. Members that are not in the
 * table are skipped. A problem stays in `r`. */
void tt_message_read_json(struct tt_json_reader *r, const struct tt_message *m, void *base);

/* Reads the value of one member of `base`; null unsets an optional one. A problem stays in `r`. */
void tt_member_read_json(struct tt_json_reader *r, const struct tt_member *member, void *base);

/* Reads an Event, which is initialised first, by the table that its apiVersion asks for, or by
 * `m` if it has none. A problem stays in `r`. */
void tt_event_read_json(struct tt_json_reader *r, struct tt_event *e, const struct tt_message *m);

/* tt_watch_frame_decode() of an initialised frame. */
int tt_watch_frame_decode_json(struct tt_watch_frame *frame, struct tt_str bytes,
	struct tt_arena *arena, struct tt_err *err);

/* tt_eventlist_decode() into an initialised `*ret_meta`. */
int tt_eventlist_decode_json(struct tt_listmeta *ret_meta, struct tt_str bytes,
	struct tt_arena *arena, const struct tt_list_sink *sink, struct tt_err *err);
