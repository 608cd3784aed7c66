/* SPDX-License-Identifier: Apache-2.0 */
/* recording.h - recordings of watches: files of watch events as JSON, one after the other, as
 * `telltale record` and `kubectl get --raw ...?watch=true` write them. Each begins on a line of
 * its own; lines that go on with one begin with white space or a closing bracket, so that what
 * `kubectl get events --watch --output-watch-events -o json` prints is a recording too. What is
 * damaged costs only itself. An Event that stands alone is read as ADDED.
 *
 * A recording belongs to one thread. */
#pragma once

#include <stdint.h>

#include "base/err.h"

struct tt_arena;
struct tt_event;
struct tt_recording;
struct tt_watch_frame;

/* Opens the file `path`; "-" is standard input. TT_ENOTFOUND, TT_EDENIED, TT_EIO. */
int tt_recording_open(struct tt_recording **ret, const char *path, struct tt_err *err);

/* NULL is allowed. */
void tt_recording_close(struct tt_recording *r);

/* The next watch event: 1 with `*ret_frame`, whose texts live in `arena`; 0 at the end; TT_EINVAL
 * for something that is no watch event and TT_ELIMIT for one of more than 8 MiB, with the line in
 * the sentence (call again to go on behind it); TT_EIO if reading failed. Bookmarks are passed
 * over. */
int tt_recording_next(struct tt_recording *r, struct tt_arena *arena,
	struct tt_watch_frame *ret_frame, struct tt_err *err);

/* What a recording holds: ADDED and MODIFIED events, and the oldest and newest event time among
 * them, TT_TIME_ZERO if there are none. */
struct tt_recording_extent {
	uint64_t events;
	int64_t oldest_us, newest_us;
};

/* Reads the recording to its end and goes back to its beginning; what is damaged is passed over.
 * A pipe is copied into an unnamed temporary file first. Call it before tt_recording_next(). */
int tt_recording_measure(
	struct tt_recording *r, struct tt_recording_extent *ret, struct tt_err *err);

/* How far reading has come in bytes, and the size of the file, 0 if that is not known. */
void tt_recording_progress(const struct tt_recording *r, uint64_t *ret_done, uint64_t *ret_total);

/* By how much events must move so that one that happened at `newest_us` happens at `now_us`: whole
 * seconds, so that times without a fraction keep none, and at most a second too little. */
int64_t tt_recording_shift_us(int64_t newest_us, int64_t now_us);

/* Moves every time of `e` by `by_us`; times that are not set stay so. */
void tt_recording_shift(struct tt_event *e, int64_t by_us);
