/* SPDX-License-Identifier: Apache-2.0 */
/* exec.h - asking an exec credential plugin (client.authentication.k8s.io v1 and v1beta1) for
 * credentials. Only for src/kube. */
#pragma once

#include <stdint.h>

#include "base/err.h"
#include "base/str.h"

struct tt_arena;
struct tt_buf;
struct tt_kube_target;

struct tt_exec_credential {
	const char *token;              /* NULL: none */
	const char *cert_pem, *key_pem; /* NULL: none; never half a pair */
	int64_t expires_us;             /* TT_TIME_ZERO: never */
};

/* Runs the plugin of `target` (which has one) for at most `timeout_ns`; TT_ECANCELED when
 * `wake_fd` becomes readable. Texts go into `arena`. TT_ENOTFOUND if it is not installed. What it
 * printed is in no message. */
int tt_exec_run(const struct tt_kube_target *target, int wake_fd, int64_t timeout_ns,
	struct tt_arena *arena, struct tt_exec_credential *ret, struct tt_err *err);

/* Reads what a plugin printed; `api_version` is the one it must answer in. */
int tt_exec_credential_parse(struct tt_exec_credential *ret, struct tt_str text,
	const char *api_version, struct tt_arena *arena, struct tt_err *err);

/* Appends the ExecCredential that is handed to the plugin in KUBERNETES_EXEC_INFO. */
void tt_exec_put_info(struct tt_buf *to, const struct tt_kube_target *target, bool interactive,
	struct tt_arena *arena);
