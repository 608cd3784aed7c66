/* SPDX-License-Identifier: Apache-2.0 */
/* Both framers; the first byte says the size of the pieces in which the stream comes. */
#include "fuzz.h"

#include "wire/frame.h"

static void cut(enum tt_frame_kind kind, const char *p, size_t n, size_t piece)
{
	struct tt_framer f;
	struct tt_str frame;
	int rc;

	tt_framer_init(&f, kind, 1000);
	for (; n > 0; p += piece, n -= piece) {
		piece = piece < n ? piece : n;
		tt_framer_feed(&f, (struct tt_str){p, piece});
		while ((rc = tt_framer_next(&f, &frame, NULL)) > 0 || rc == TT_ELIMIT)
			tt_assert(frame.len <= 1000);
	}
	(void)tt_framer_is_partial(&f);
	tt_framer_release(&f);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	for (int kind = TT_FRAME_LENGTH32; size > 0 && kind <= TT_FRAME_JSON; kind++)
		cut(kind, (const char *)data + 1, size - 1, (size_t)data[0] + 1);
	return 0;
}
