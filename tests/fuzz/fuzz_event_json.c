/* SPDX-License-Identifier: Apache-2.0 */
/* Everything that reads JSON of the API; an Event that was read is written and read again. */
#include "roundtrip.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	return fuzz_decoders(TT_ENCODING_JSON, (struct tt_str){(const char *)data, size});
}
