/* SPDX-License-Identifier: Apache-2.0 */
/* message_protobuf.h - decoding a protobuf message by its table. Only for src/event. */
#pragma once

#include "base/err.h"
#include "event/members.h"

struct tt_arena;

/* One decoding, of one piece of foreign bytes: the first problem found in it. */
struct tt_pb_decoding {
	struct tt_str bytes; /* all of them: offsets in errors count from here */
	struct tt_arena *arena;
	const char *problem; /* NULL while all is well */
	const void *bad;     /* where it is, in `bytes` */
};

/* Reads the message in `bytes` into `base`, which is initialised; false at a problem. Text that is
 * not UTF-8 is copied into the arena with U+FFFD for each wrong byte, as an API server shows it
 * in JSON. Fields that are not in the table are ignored. */
bool tt_message_read_protobuf(
	struct tt_pb_decoding *d, const struct tt_message *m, struct tt_str bytes, void *base);

/* Notes a problem (a constant text) at `at`, if it is the first; returns false. */
bool tt_pb_decoding_fail(struct tt_pb_decoding *d, const char *problem, const void *at);

/* 0, or TT_EINVAL with the problem, its offset and an excerpt. */
int tt_pb_decoding_end(const struct tt_pb_decoding *d, struct tt_err *err);
