/* SPDX-License-Identifier: Apache-2.0 */
#include "base/arena.h"
#include "kube/exec.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct tt_exec_credential credential;
	struct tt_arena arena = {0};
	struct tt_str text = {(const char *)data, size};

	(void)tt_exec_credential_parse(
		&credential, text, "client.authentication.k8s.io/v1", &arena, NULL);
	tt_arena_release(&arena);
	return 0;
}
