/* SPDX-License-Identifier: Apache-2.0 */
/* A line of the native API that was read is written and read again. */
#include "fuzz.h"

#include "store/record.h"
#include "store/record_json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct tt_batch *b = tt_batch_new(TT_STR("prod"));
	struct tt_buf text;
	uint64_t cursor;

	tt_buf_init(&text, 16 << 20);
	if (tt_record_parse_json(b, fuzz_text(data, size), &cursor, NULL) > 0) {
		tt_record_put_json(&text, &b->records[0]);
		struct tt_str line = tt_str_trim(tt_buf_view(&text));

		tt_assert(tt_record_parse_json(b, line, &cursor, NULL) == 1);
	}
	tt_buf_release(&text);
	tt_batch_unref(b);
	return 0;
}
