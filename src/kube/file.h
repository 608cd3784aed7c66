/* SPDX-License-Identifier: Apache-2.0 */
/* file.h - reading small files whole: kubeconfigs, tokens, certificates. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

#include "base/err.h"
#include "base/str.h"

struct tt_arena;

/* The content of the regular file `path` (at most `max` bytes, else TT_ELIMIT) in `arena`, with a
 * NUL behind it. TT_ENOTFOUND, TT_EDENIED or TT_EIO, with a sentence that names the file. */
int tt_file_read(const char *path, size_t max, struct tt_arena *arena, struct tt_str *ret,
	struct tt_err *err);

/* Replaces the file `path` as a whole, by way of `path`.new; only its owner may read it. TT_EIO. */
int tt_file_write(const char *path, struct tt_str text, struct tt_err *err);

/* What tells the file `path` (NULL: none) as it is now from what it was, or will be; all zero if it
 * is not there. To be taken before the file is read, so that what changes meanwhile is read again.
 */
struct stat tt_file_look(const char *path);
bool tt_file_same(const struct stat *a, const struct stat *b);
