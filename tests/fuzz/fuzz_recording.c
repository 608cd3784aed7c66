/* SPDX-License-Identifier: Apache-2.0 */
/* A recording, measured and then read: both see the same events. */
#include "fuzz.h"

#include "collect/recording.h"
#include "event/codec.h"

static uint64_t count_events(struct tt_recording *r)
{
	struct tt_arena arena = {0};
	struct tt_watch_frame frame;
	uint64_t n = 0;
	int rc;

	while ((rc = tt_recording_next(r, &arena, &frame, NULL)) != 0 && rc != TT_EIO) {
		n += rc == 1 && (frame.type == TT_WATCH_ADDED || frame.type == TT_WATCH_MODIFIED);
		tt_arena_clear(&arena);
	}
	tt_arena_release(&arena);
	return n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct tt_recording_extent extent;
	struct tt_recording *r = NULL;
	char path[32];
	int fd = fuzz_file(data, size, path);

	tt_assert(tt_recording_open(&r, path, NULL) == 0);
	tt_assert(tt_recording_measure(r, &extent, NULL) == 0);
	tt_assert(count_events(r) == extent.events);
	tt_recording_close(r);
	(void)close(fd);
	return 0;
}
