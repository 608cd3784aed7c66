/* SPDX-License-Identifier: Apache-2.0 */
#include "fuzz.h"

#include "serve/kubernetes/url.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct tt_api_url url;
	struct tt_err err;

	if (tt_api_url_parse(&url, fuzz_text(data, size), &err) == 0)
		tt_assert(url.base.len + url.rest.len == size && url.window_us > 0);
	return 0;
}
