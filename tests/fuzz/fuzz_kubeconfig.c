/* SPDX-License-Identifier: Apache-2.0 */
#include <stdint.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/assert.h"
#include "kube/target.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct tt_kube_target *target = NULL;
	struct tt_err err = {0};
	char path[64];
	int fd = memfd_create("kubeconfig", MFD_CLOEXEC);

	tt_assert(fd >= 0 && write(fd, data, size) == (ssize_t)size);
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	int rc = tt_kube_target_load(&target, path, NULL, &err);

	tt_assert((rc == 0) == (target != NULL) && (rc == 0 || err.msg[0] != '\0'));
	tt_kube_target_free(target);
	(void)close(fd);
	return 0;
}
