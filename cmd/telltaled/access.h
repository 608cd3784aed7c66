/* SPDX-License-Identifier: Apache-2.0 */
/* access.h - what lets users reach the API: certificates, and who knows users and their rights. */
#pragma once

#include "base/err.h"

struct tt_arena;
struct tt_auth;
struct tt_config;
struct tt_http_server_tls;
struct tt_log;

/* Starts what knows users and their rights; NULL without authentication. The log's directory must
 * exist. */
int tt_access_start_auth(const struct tt_config *config, struct tt_auth **ret,
	const struct tt_log *log, struct tt_err *err);

/* Tells it the clusters, and how to reach their API servers, over connections of its own. NULL is
 * allowed. */
int tt_access_set_clusters(
	struct tt_auth *auth, const struct tt_config *config, struct tt_err *err);

/* Reads certificate, key and CA of clients into `arena`, and logs the fingerprint. Without a given
 * certificate one is made in the data directory, which must exist, and kept there. */
int tt_access_load_tls(const struct tt_config *config, struct tt_http_server_tls *ret,
	struct tt_arena *arena, const struct tt_log *log, struct tt_err *err);
