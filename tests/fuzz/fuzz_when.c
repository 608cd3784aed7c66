/* SPDX-License-Identifier: Apache-2.0 */
#include "fuzz.h"

#include "event/duration.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int64_t us;
	struct tt_err err;
	char age[TT_AGE_SIZE];

	if (tt_when_parse(fuzz_text(data, size), 1795603008123456, &us, &err) == 0)
		(void)tt_age_format(us, 1795603008123456, age);
	return 0;
}
