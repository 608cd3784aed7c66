/* SPDX-License-Identifier: Apache-2.0 */
/* feed.h - the corpus as a collector meets it: bytes of a watch, cut into frames, decoded, and put
 * into batches. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/clock.h"
#include "corpus.h"
#include "wire/frame.h"

struct tt_arena;
struct tt_batch;

/* A clock that stands at the newest event of a corpus, so that records are dated like events. */
struct feed_clock {
	struct tt_clock clock; /* first */
	const struct corpus *corpus;
};

struct feed {
	enum tt_encoding encoding;
	struct corpus *corpus;
	struct feed_clock clock;
	struct tt_buf bytes; /* frames that were made, with managedFields */
	size_t at;           /* how far they are fed */
	struct tt_framer framer;
	uint64_t rv; /* of the newest event decoded */
	/* Two Pods that the bytes tell of: one that was just scheduled and will live as most do,
	 * and one that crashes over and over. And the newest event. */
	struct feed_name {
		char name[160], namespace[64];
	} usual, noisy, newest;
};

/* A feed from the beginning of the corpus. */
void feed_init(struct feed *f, enum tt_encoding encoding, int64_t start_us);
void feed_release(struct feed *f);

/* Makes the bytes of `n` more events, replacing those before, which must all have been decoded. */
void feed_make(struct feed *f, size_t n);

/* The next frame of what was made, decoded; it borrows from the feed until the next call. False
 * when nothing is left. */
bool feed_frame(struct feed *f, struct tt_watch_frame *ret, struct tt_arena *arena);

/* Decodes up to `max` events of what was made into a new batch with a position; an empty batch
 * (without records) when nothing is left. */
struct tt_batch *feed_batch(struct feed *f, size_t max);
