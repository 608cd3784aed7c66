/* SPDX-License-Identifier: Apache-2.0 */
/* auth.h - the present credentials of a target: the token file re-read when what we hold is older
 * than 50 s, the exec plugin run when its credential has expired or was rejected, certificate
 * files looked at every 5 minutes (client-go's numbers). Belongs to one thread. Only for
 * src/kube. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "kube/exec.h"

struct tt_clock;
struct tt_http_header;
struct tt_kube_target;
struct tt_log;
struct tt_tls;

struct tt_kube_auth {
	const struct tt_kube_target *target;
	const struct tt_clock *clock;
	const struct tt_log *log;
	int wake_fd; /* interrupts an exec plugin */
	bool secure; /* https; else no credential is ever sent */
	bool uses_exec;
	struct tt_buf token;        /* last read from the token file; empty: none */
	int64_t token_read_ns;      /* monotonic, of the last try; 0: none, or rejected */
	struct tt_arena exec_arena; /* of `exec` */
	struct tt_exec_credential exec;
	bool exec_valid;
	uint64_t tls_hash; /* of the content of the TLS files; 0: unreadable */
	int64_t tls_read_ns;
	int64_t hint_from_ns; /* the hour in which install hints are counted */
	unsigned hints;
};

/* `target`, `clock` and `log` outlive it. */
void tt_kube_auth_init(struct tt_kube_auth *auth, const struct tt_kube_target *target,
	const struct tt_clock *clock, const struct tt_log *log, int wake_fd);
void tt_kube_auth_release(struct tt_kube_auth *auth);

/* Before each request: brings the credentials up to date. `*ret_tls_changed` says that connections
 * made before must be closed. TT_ECANCELED, or why there are none. */
int tt_kube_auth_prepare(struct tt_kube_auth *auth, bool *ret_tls_changed, struct tt_err *err);

/* How to speak TLS now; borrowed until the next prepare. */
void tt_kube_auth_tls(const struct tt_kube_auth *auth, struct tt_tls *ret);

/* How many headers tt_kube_auth_headers() writes at most. */
size_t tt_kube_auth_max_headers(const struct tt_kube_auth *auth);

/* Writes Authorization and Impersonate-* headers to `to`, texts into `arena`; returns their number,
 * or TT_EINVAL if a value holds what no header may. */
int tt_kube_auth_headers(const struct tt_kube_auth *auth, struct tt_http_header *to,
	struct tt_arena *arena, struct tt_err *err);

/* The server answered 401: what can be renewed is renewed by the next prepare. */
void tt_kube_auth_rejected(struct tt_kube_auth *auth);
