/* SPDX-License-Identifier: Apache-2.0 */
/* delete_options.h - DeleteOptions of meta/v1, in the query or the body of a DELETE, with the
 * checks and words of a Kubernetes API server. Private to this folder. */
#pragma once

#include <stdbool.h>

#include "base/err.h"
#include "base/str.h"
#include "event/codec.h"
#include "serve/kubernetes/write_options.h"

struct tt_api_request;
struct tt_arena;
struct tt_causes;

/* What matters of them for an event, which nothing depends on and which goes at once. */
struct tt_delete_options {
	bool has_uid, has_version; /* preconditions, which may be empty */
	struct tt_str uid, resource_version;
	bool has_orphan; /* orphanDependents is given; of no effect, as the next */
	bool has_policy;
	struct tt_str policy; /* propagationPolicy */
	struct tt_dry_run dry_run;
};

/* Reads a body; texts borrow from it or from `arena`. TT_EINVAL, TT_ELIMIT: it holds something
 * else. */
int tt_delete_options_parse(struct tt_delete_options *ret, enum tt_format format,
	struct tt_str body, struct tt_arena *arena, struct tt_err *err);

/* Reads the options of a request, from the query only if its body is empty, and checks them; false:
 * answered. */
bool tt_api_delete_options(
	struct tt_api_request *r, struct tt_str body, struct tt_delete_options *ret);
