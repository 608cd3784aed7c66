/* SPDX-License-Identifier: Apache-2.0 */
/* Blobs of the tail: a block of three records and its dictionary. */
#include "fuzz.h"

#include "store/tail.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct tt_packer blob = fuzz_container(data, size);

	tt_tail_free(tt_tail_unpack(fuzz_view(&blob), 1, 3));
	tt_packer_release(&blob);
	return 0;
}
