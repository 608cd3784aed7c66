/* SPDX-License-Identifier: Apache-2.0 */
/* process.h - running a program and taking what it prints, with a time limit and a way to be
 * interrupted. No shell is involved; the child gets no descriptor but 0, 1 and 2. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

struct tt_process {
	char *const *argv; /* argv[0] is looked for in PATH if it has no slash; ended by NULL */
	char *const *envp;
	bool keep_stdin;    /* the child may talk to our terminal; else it reads /dev/null */
	int wake_fd;        /* readable: give up with TT_ECANCELED; -1: none */
	int64_t timeout_ns; /* then the child is killed, and TT_EIO */
};

/* Runs it to its end. What it prints is appended to `out`; more than fits is TT_ELIMIT. Returns 0
 * and the wait status in `*ret_status`; TT_ENOTFOUND or TT_EDENIED if there is no such program.
 * When it returns, the child is gone. Its standard error is ours. */
int tt_process_run(
	const struct tt_process *process, struct tt_buf *out, int *ret_status, struct tt_err *err);
