/* SPDX-License-Identifier: Apache-2.0 */
/* Blocks of three records: each is made from its columns if all of them can be decoded. */
#include "fuzz.h"

#include "store/block.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct tt_packer blob = fuzz_container(data, size);
	struct tt_block *b = tt_block_new(1, 3);
	struct tt_batch *batch = tt_batch_new(TT_STR("prod"));
	struct tt_row_texts texts = {0};
	struct tt_row row;
	struct tt_str extra;
	bool ok = tt_block_set_part(b, TT_PART_SCAN, fuzz_view(&blob)) &&
		  tt_block_set_part(b, TT_PART_REST, fuzz_view(&blob));

	for (uint32_t i = 0; ok && tt_block_need_all(b, NULL) && i < b->n; i++) {
		tt_block_row(b, i, &row, &extra);
		(void)tt_row_to_record(tt_batch_add_event(batch, TT_CHANGE_ADDED), &row, &texts,
			extra, &batch->arena);
	}
	tt_batch_unref(batch);
	tt_block_free(b);
	tt_packer_release(&blob);
	return 0;
}
