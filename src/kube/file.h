/* SPDX-License-Identifier: Apache-2.0 */
/* file.h - reading small files whole: kubeconfigs, tokens, certificates. */
#pragma once

#include <stddef.h>

#include "base/err.h"
#include "base/str.h"

struct tt_arena;

/* The content of the regular file `path` (at most `max` bytes, else TT_ELIMIT) in `arena`, with a
 * NUL behind it. TT_ENOTFOUND, TT_EDENIED or TT_EIO, with a sentence that names the file. */
int tt_file_read(const char *path, size_t max, struct tt_arena *arena, struct tt_str *ret,
	struct tt_err *err);
