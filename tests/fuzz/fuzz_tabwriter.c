/* SPDX-License-Identifier: Apache-2.0 */
#include "fuzz.h"

#include "event/table.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct tt_buf to;

	tt_buf_init(&to, 1 << 20);
	struct tt_tabwriter *w = tt_tabwriter_new(size % 2, &to);

	tt_tabwriter_write(w, fuzz_text(data, size / 2));
	tt_tabwriter_flush(w);
	tt_tabwriter_write(w, fuzz_text(data + size / 2, size - size / 2));
	tt_tabwriter_flush(w);
	tt_tabwriter_free(w);
	tt_buf_release(&to);
	return 0;
}
