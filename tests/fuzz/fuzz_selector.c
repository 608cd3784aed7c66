/* SPDX-License-Identifier: Apache-2.0 */
#include "fuzz.h"

#include "event/event.h"
#include "event/selector.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct tt_arena arena = {0};
	struct tt_fieldselector s;
	struct tt_event e;
	struct tt_err err;

	tt_event_init(&e);
	if (tt_fieldselector_parse(
		    &s, (enum tt_api_group)(size & 1), fuzz_text(data, size), &arena, &err) == 0)
		(void)tt_fieldselector_matches(&s, &e);
	tt_arena_release(&arena);
	return 0;
}
