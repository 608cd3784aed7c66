/* SPDX-License-Identifier: Apache-2.0 */
/* The first byte says what is negotiated; the rest is a header. */
#include "fuzz.h"

#include "serve/kubernetes/negotiate.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct tt_representation r = {0};
	enum tt_format format;
	struct tt_str as;

	if (size == 0)
		return 0;
	struct tt_str header = fuzz_text(data + 1, size - 1);

	(void)tt_negotiate_accept(&r, header, (enum tt_negotiable)(data[0] % 3), &as);
	(void)tt_negotiate_discovery(header);
	(void)tt_negotiate_body(&format, header);
	(void)tt_negotiate_gzip(header);
	return 0;
}
