/* SPDX-License-Identifier: Apache-2.0 */
/* Lists read while they arrive; the first byte says the size of the pieces, and the encoding. */
#include "fuzz.h"

#include "kube/list_stream.h"

static int take(void *arg, const struct tt_event *e, const struct tt_err *item_err)
{
	return e->metadata.name.len == 13 ? TT_ECANCELED : 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t piece = size > 0 ? (data[0] & 127) + 1 : 1;
	struct tt_arena arena = {0};
	struct tt_listmeta meta;
	struct tt_list_stream s;

	tt_list_stream_init(&s, size > 0 && data[0] > 127, 1000, &meta, &arena);
	s.sink.item = take;
	for (size_t at = 1, n = piece; at < size; at += n) {
		n = n < size - at ? n : size - at;
		if (tt_list_stream_feed(&s, (struct tt_str){(const char *)data + at, n}, NULL) < 0)
			break;
	}
	(void)tt_list_stream_end(&s, NULL);
	tt_list_stream_release(&s);
	tt_arena_release(&arena);
	return 0;
}
