/* SPDX-License-Identifier: Apache-2.0 */
/* namespaces.h - asking an API server for the creationTimestamps of its namespaces. Only for
 * src/serve/auth. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"

struct tt_clock;
struct tt_reviewer;
struct tt_since;

/* Whether a namespace could be called so (RFC 1123): no other is asked for. */
bool tt_namespace_is_valid(struct tt_str namespace);

/* The creationTimestamp of one, noted in `since`. TT_ENOTFOUND: it does not exist. */
int tt_namespace_ask(struct tt_reviewer *reviewer, struct tt_str cluster, struct tt_str namespace,
	struct tt_since *since, const struct tt_clock *clock, int64_t *ret_us);

/* Notes those of all namespaces. */
int tt_namespaces_ask_all(struct tt_reviewer *reviewer, struct tt_str cluster,
	struct tt_since *since, const struct tt_clock *clock);
