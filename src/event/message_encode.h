/* SPDX-License-Identifier: Apache-2.0 */
/* message_encode.h - encoding a message by its table, and the objects made of one. Only for
 * src/event. */
#pragma once

#include "event/codec.h"
#include "event/members.h"

/* A message that stands for itself, with its kind. */
struct tt_object {
	const struct tt_message *message;
	const void *base;
	struct tt_str api_version, kind;
};

/* A core/v1 Event. */
struct tt_object tt_object_of_event(const struct tt_event *e);

/* The members of a message in `base`, separated by commas, with one before the first unless
 * `first`. */
void tt_members_put_json(
	struct tt_buf *to, const struct tt_message *m, const void *base, bool first);

/* The message as an object in braces. */
void tt_message_put_json(struct tt_buf *to, const struct tt_message *m, const void *base);

/* The same with kind and apiVersion. */
void tt_object_put_json(struct tt_buf *to, const struct tt_object *o);

/* The fields of a message. */
void tt_message_put_protobuf(struct tt_buf *to, const struct tt_message *m, const void *base);

/* The message as field `number` of another. */
void tt_message_put_field(
	struct tt_buf *to, uint32_t number, const struct tt_message *m, const void *base);

/* The envelope of an object, k8s\0 and runtime.Unknown, up to its raw bytes and behind them. */
void tt_envelope_begin_protobuf(struct tt_buf *to, struct tt_str api_version, struct tt_str kind);
void tt_envelope_end_protobuf(struct tt_buf *to);

/* An object in its envelope. */
void tt_object_put_protobuf(struct tt_buf *to, const struct tt_object *o);

/* A frame of a watch that carries an object: with a newline, and with its 4-byte length. */
void tt_frame_put_json(struct tt_buf *to, enum tt_watch_type type, const struct tt_object *o);
void tt_frame_put_protobuf(struct tt_buf *to, enum tt_watch_type type, const struct tt_object *o);
