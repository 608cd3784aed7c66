/* SPDX-License-Identifier: Apache-2.0 */
/* Stored filters; and one made of the input's words of 8 bytes holds each of them. */
#include "fuzz.h"

#include "store/filter.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct tt_packer filter = {0}, keys = {0};

	tt_pack_bytes(&keys, data, size);
	tt_filter_pack(&filter, (uint64_t *)keys.data, size / 8);
	for (size_t i = 0; i < size / 8; i++)
		tt_assert(tt_filter_may_have(fuzz_view(&filter), ((uint64_t *)keys.data)[i]));
	tt_assert(tt_filter_may_have(fuzz_text(data, size), size) || size > 4);
	tt_packer_release(&filter);
	tt_packer_release(&keys);
	return 0;
}
