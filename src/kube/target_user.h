/* SPDX-License-Identifier: Apache-2.0 */
/* target_user.h - the user of a kubeconfig: how to say who one is. Only for src/kube. */
#pragma once

#include "base/err.h"

struct tt_kube_target;
struct tt_kubeconfig_entry;

/* Fills the credentials and the impersonation of `target` from a user's entry, whose name stands
 * in the messages. Texts go into the target's arena. */
int tt_target_take_user(struct tt_kube_target *target, const struct tt_kubeconfig_entry *user,
	const char *name, struct tt_err *err);
