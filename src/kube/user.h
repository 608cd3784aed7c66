/* SPDX-License-Identifier: Apache-2.0 */
/* user.h - a user of somebody's kubeconfig, to be written into another kubeconfig. */
#pragma once

#include <stddef.h>

#include "base/err.h"
#include "base/str.h"

struct tt_arena;

/* What the user `name` is known by, as the JSON of a kubeconfig's `user` in `arena`: as it stands
 * there, with its secrets, but file names made absolute, since they were relative to that file.
 * From $KUBECONFIG (a list of files, merged), else ~/.kube/config. TT_ENOTFOUND: no file or no
 * such user. */
int tt_kube_user_json(
	struct tt_str name, struct tt_arena *arena, struct tt_str *ret_json, struct tt_err *err);

/* `path` from the root on, links in it left as they are; in `arena`. A relative one starts at
 * `dir`, and that at the working directory. */
const char *tt_kube_path_absolute(struct tt_arena *arena, const char *dir, struct tt_str path);
