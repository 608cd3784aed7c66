/* SPDX-License-Identifier: Apache-2.0 */
#include "fuzz.h"

#include "event/event.h"
#include "event/labelselector.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct tt_label labels[] = {{TT_STR("a"), TT_STR("1")}, {TT_STR("in"), TT_STR("x")}};
	struct tt_arena arena = {0};
	struct tt_labelselector s;
	struct tt_err err;

	if (tt_labelselector_parse(&s, fuzz_text(data, size), &arena, &err) == 0)
		(void)tt_labelselector_matches(&s, labels, 2);
	tt_arena_release(&arena);
	return 0;
}
