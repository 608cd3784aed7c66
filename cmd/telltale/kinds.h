/* SPDX-License-Identifier: Apache-2.0 */
/* kinds.h - the kinds of Kubernetes objects as people type them. */
#pragma once

#include "base/err.h"
#include "base/str.h"

/* The kind that `word` means: "po", "pods", "Pod", "deployments.apps" and so on of the resources
 * that come with Kubernetes; without its API group. Another word stays as it is. Borrows `word`. */
struct tt_str tt_kind_of(struct tt_str word);

/* Where objects of a kind live; of a kind that does not come with Kubernetes nobody knows. */
enum tt_scope { TT_SCOPE_UNKNOWN, TT_SCOPE_NAMESPACE, TT_SCOPE_CLUSTER };
enum tt_scope tt_kind_scope(struct tt_str kind);

/* The kind that `word`, which is none of Kubernetes' own, may have been meant for, or NULL. */
const char *tt_kind_near(struct tt_str word);

/* Takes "KIND/NAME" apart. */
int tt_object_parse(
	struct tt_str text, struct tt_str *ret_kind, struct tt_str *ret_name, struct tt_err *err);
