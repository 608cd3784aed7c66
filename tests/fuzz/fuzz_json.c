/* SPDX-License-Identifier: Apache-2.0 */
/* Skipping a value, and reading it as a string: what is read is written and read again. */
#include "fuzz.h"

#include "wire/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct tt_arena arena = {0};
	struct tt_json_reader r;
	struct tt_buf b;

	tt_buf_init(&b, 16 << 20);
	tt_json_reader_init(&r, fuzz_text(data, size), &arena);
	(void)tt_json_skip(&r);
	bool well_formed = tt_json_reader_end(&r, true, NULL) == 0;

	tt_json_reader_init(&r, fuzz_text(data, size), &arena);
	struct tt_str s = tt_json_string(&r);

	if (tt_json_reader_end(&r, true, NULL) == 0) {
		tt_assert(well_formed);
		tt_json_put_string(&b, s);
		tt_json_reader_init(&r, tt_buf_view(&b), &arena);
		tt_assert(tt_str_eq(tt_json_string(&r), s));
	}
	tt_buf_release(&b);
	tt_arena_release(&arena);
	return 0;
}
