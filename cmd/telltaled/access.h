/* SPDX-License-Identifier: Apache-2.0 */
/* access.h - who may reach the API, as it is configured: TLS, authentication, authorization. */
#pragma once

#include <stdbool.h>

#include "base/err.h"
#include "conf/options.h"

struct tt_arena;
struct tt_auth;
struct tt_config;
struct tt_http_server_tls;
struct tt_log;

struct tt_tls_config {
	const char *cert, *key, *client_ca;
	struct tt_texts names;
};

struct tt_authentication_config {
	const char *token_file;
	bool token_review;
};

struct tt_authorization_config {
	const char *rules;
	bool subject_access_review;
};

extern const struct tt_option tt_tls_options[];
extern const struct tt_option tt_authentication_options[];
extern const struct tt_option tt_authorization_options[];

/* Whether users are known by name; else everybody may do everything, on loopback alone. */
bool tt_access_is_authenticated(const struct tt_config *config);

/* Whether the API speaks TLS: with authentication always, since clients send tokens over nothing
 * else, or if a certificate is given. */
bool tt_access_is_tls(const struct tt_config *config);

/* TT_EINVAL with a sentence for what does not go together, or would leave the API open. */
int tt_access_check(const struct tt_config *config, struct tt_err *err);

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
