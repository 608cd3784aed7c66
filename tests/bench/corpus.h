/* SPDX-License-Identifier: Apache-2.0 */
/* corpus.h - a deterministic stream of Events with the shape of a busy cluster's.
 *
 * 5,000 pod slots of 420 apps in 50 namespaces on 200 nodes live through scheduling, pulling,
 * starting, failing probes, crashing and being replaced; about 20 % of the events are repetitions
 * (MODIFIED), 22 % are warnings, a third of the messages occur once. An event comes every 518 ms on
 * average, so 5 million of them are 30 days. The same seed gives the same bytes on every machine.
 * corpus_test.c holds the statistics. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "event/codec.h"
#include "event/event.h"

enum { CORPUS_EVENT_US = 518400 }; /* mean distance of two events */

/* What every figure is measured with: the seed, and the time of the first event, 2025-12-01. */
enum { CORPUS_SEED = 24 };
#define CORPUS_START_US ((int64_t)1764547200 * 1000000)

struct corpus;

/* One event of the stream; its texts live until the next call of corpus_next(). */
struct corpus_event {
	bool modified; /* MODIFIED, else ADDED */
	struct tt_event event;
};

/* A stream that begins at `start_us`. The caller frees it; it needs some 5 MB. */
struct corpus *corpus_new(uint64_t seed, int64_t start_us);
void corpus_free(struct corpus *c);

/* The next event. */
void corpus_next(struct corpus *c, struct corpus_event *ret);

/* The time of the newest event, in microseconds since 1970. */
int64_t corpus_now_us(const struct corpus *c);

/* Appends the watch frame in which an API server sends `e`, with its 4-byte length in protobuf and
 * a newline in JSON. With `managed` it carries managedFields, as real ones always do. */
void corpus_put_frame(
	struct tt_buf *to, enum tt_encoding encoding, const struct corpus_event *e, bool managed);

/* Appends `e` as an item of a protobuf EventList. */
void corpus_put_list_item(struct tt_buf *to, const struct corpus_event *e, bool managed);
