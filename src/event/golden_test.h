/* SPDX-License-Identifier: Apache-2.0 */
/* golden_test.h - bytes that a Kubernetes 1.34.4 API server answered, for tests of the codecs. */
#pragma once

#include <stdio.h>

#include "base/buf.h"
#include "tap/tap.h"

/* The content of a file in tests/golden/event; the caller releases it. */
static inline struct tt_buf golden_read(const char *name)
{
	struct tt_buf b;
	char path[512], piece[4096];
	size_t n;

	tt_buf_init(&b, 1 << 20);
	(void)snprintf(path, sizeof(path), "%s/%s", GOLDEN_DIR, name);
	FILE *f = fopen(path, "rb");

	if (!tap_okf(f != NULL, "cannot open %s", path))
		return b;
	while ((n = fread(piece, 1, sizeof(piece), f)) > 0)
		tt_buf_add(&b, piece, n);
	(void)fclose(f);
	return b;
}
