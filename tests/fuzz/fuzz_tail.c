/* SPDX-License-Identifier: Apache-2.0 */
/* A blob of the log whose checksums are right but whose streams are anything: an id, a length, the
 * bytes, and so on. */
#include "store/tail.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct tt_stream streams[TT_CONTAINER_MAX_STREAMS];
	struct tt_unpacker u = {data, data + size, false};
	struct tt_packer blob = {0};
	size_t n = 0;

	while (n < TT_CONTAINER_MAX_STREAMS && u.at < u.end) {
		streams[n].id = (uint8_t)tt_unpack_fixed(&u, 1);
		streams[n].random = true;
		streams[n++].bytes = tt_unpack_str(&u);
	}
	tt_container_pack(&blob, streams, n, NULL);
	tt_tail_free(tt_tail_unpack((struct tt_str){(const char *)blob.data, blob.len}, 1, 3));
	tt_packer_release(&blob);
	return 0;
}
