/* SPDX-License-Identifier: Apache-2.0 */
/* frame.h - cutting a byte stream into watch frames: 4-byte big-endian lengths for protobuf,
 * consecutive JSON values for JSON (not lines). A framer holds the bytes of at most one
 * unfinished frame, up to a maximum. */
#pragma once

#include <stdbool.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

enum tt_frame_kind { TT_FRAME_LENGTH32, TT_FRAME_JSON };

struct tt_framer {
	enum tt_frame_kind kind;
	struct tt_buf buf; /* bytes that were fed and are not yet returned */
	size_t at;         /* start of the unreturned part */
	size_t scanned;    /* JSON: how far the search for the end has come */
	unsigned depth;
	bool in_string, escaped;
	size_t skipping;  /* length32: bytes of an oversized frame still to drop; JSON: in one */
	size_t max_bytes; /* of a frame */
};

/* Frames longer than `max_bytes` are dropped whole and reported by TT_ELIMIT. */
void tt_framer_init(struct tt_framer *f, enum tt_frame_kind kind, size_t max_bytes);
void tt_framer_release(struct tt_framer *f);

/* Takes the next piece of the stream, of any length. Memory stays bounded if the caller takes
 * all whole frames between two pieces. */
void tt_framer_feed(struct tt_framer *f, struct tt_str bytes);

/* The next whole frame, borrowed until the next feed: 1 with `*ret_frame`, 0 if more bytes are
 * needed, TT_ELIMIT for a frame that was too long (call again to go on behind it), TT_EINVAL if
 * the stream is no JSON, or no objects (and so for ever after). A frame is found by its brackets;
 * whether it is well-formed inside is for its decoder to say. */
int tt_framer_next(struct tt_framer *f, struct tt_str *ret_frame, struct tt_err *err);

/* Whether the stream ends here in the middle of a frame. */
bool tt_framer_is_partial(const struct tt_framer *f);
