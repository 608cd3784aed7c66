/* SPDX-License-Identifier: Apache-2.0 */
/* Dictionary entries; the first byte says of which kind. */
#include "fuzz.h"

#include "base/hash.h"
#include "store/chunk.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t head = size > 0;
	struct tt_packer blob = fuzz_container(data + head, size - head);
	struct tt_chunk *c = tt_chunk_from_container(
		head ? data[0] % TT_CHUNK_KINDS : 0, fuzz_view(&blob), NULL);

	for (uint32_t i = 0; c != NULL && i < c->texts.n; i++)
		(void)tt_hash(tt_texts_get(&c->texts, i).data, tt_texts_get(&c->texts, i).len, 0);
	tt_chunk_free(c);
	tt_packer_release(&blob);
	return 0;
}
