/* SPDX-License-Identifier: Apache-2.0 */
#include "fuzz.h"

#include "conf/yaml.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct tt_arena arena = {0};
	struct tt_yaml *root;
	struct tt_err err;

	if (tt_yaml_parse(&root, fuzz_text(data, size), "f", &arena, &err) == 0)
		(void)tt_yaml_bool(tt_yaml_get(root, "a"), true);
	tt_arena_release(&arena);
	return 0;
}
