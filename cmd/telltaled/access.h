/* SPDX-License-Identifier: Apache-2.0 */
/* access.h - what lets users reach the API: who knows them and their rights. */
#pragma once

#include "base/err.h"

struct tt_auth;
struct tt_config;
struct tt_log;

/* Starts what knows users and their rights; NULL without authentication. The log's directory must
 * exist. */
int tt_access_start_auth(const struct tt_config *config, struct tt_auth **ret,
	const struct tt_log *log, struct tt_err *err);

/* Tells it the clusters, and how to reach their API servers, over connections of its own. NULL is
 * allowed. */
int tt_access_set_clusters(
	struct tt_auth *auth, const struct tt_config *config, struct tt_err *err);
