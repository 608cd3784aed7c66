/* SPDX-License-Identifier: Apache-2.0 */
#include "fuzz.h"

#include "kube/target.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct tt_kube_target *target = NULL;
	struct tt_err err = {0};
	char path[32];
	int fd = fuzz_file(data, size, path), rc = tt_kube_target_load(&target, path, NULL, &err);

	tt_assert((rc == 0) == (target != NULL) && (rc == 0 || err.msg[0] != '\0'));
	tt_kube_target_free(target);
	(void)close(fd);
	return 0;
}
