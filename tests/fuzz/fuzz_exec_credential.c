/* SPDX-License-Identifier: Apache-2.0 */
#include "fuzz.h"

#include "kube/exec.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct tt_exec_credential credential;
	struct tt_arena arena = {0};

	(void)tt_exec_credential_parse(&credential, fuzz_text(data, size),
		"client.authentication.k8s.io/v1", &arena, NULL);
	tt_arena_release(&arena);
	return 0;
}
