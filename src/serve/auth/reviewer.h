/* SPDX-License-Identifier: Apache-2.0 */
/* reviewer.h - asking one API server with telltaled's own credentials, from many threads over a few
 * connections. Only for src/serve/auth.
 *
 * Two lanes with a few connections each keep questions about tokens, which anybody can cause by
 * sending some, from holding up those about users who are known. A server that did not answer is
 * left alone for a second, in which every question fails at once. */
#pragma once

#include <stdint.h>

#include "base/err.h"
#include "base/str.h"

struct tt_arena;
struct tt_clock;
struct tt_kube_target;
struct tt_log;
struct tt_reviewer;

enum tt_lane { TT_LANE_TOKENS, TT_LANE_RIGHTS, TT_LANES };

/* One for `cluster`, which takes `target`. It is counted by reference. */
struct tt_reviewer *tt_reviewer_new(struct tt_str cluster, struct tt_kube_target *target,
	const struct tt_clock *clock, const struct tt_log *log);
struct tt_reviewer *tt_reviewer_ref(struct tt_reviewer *r);
/* The last one frees it. NULL is allowed. */
void tt_reviewer_unref(struct tt_reviewer *r);

/* Every question fails from now on, and those under way soon. */
void tt_reviewer_stop(struct tt_reviewer *r);

struct tt_ask {
	enum tt_lane lane;
	const char *path;
	struct tt_str json; /* to POST; empty: GET */
};

/* The body of a success, in `arena`. TT_ENOTFOUND: 404. Anything else that is no success is
 * TT_EAGAIN: why is in `err`, and in the log now and then. */
int tt_reviewer_ask(struct tt_reviewer *r, const struct tt_ask *ask, struct tt_arena *arena,
	struct tt_str *ret_body, struct tt_err *err);
