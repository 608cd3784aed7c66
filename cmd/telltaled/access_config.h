/* SPDX-License-Identifier: Apache-2.0 */
/* access_config.h - who may reach the API, as it is configured: TLS, authentication,
 * authorization. */
#pragma once

#include <stdbool.h>

#include "base/err.h"
#include "conf/options.h"

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

struct tt_access_config {
	struct tt_tls_config tls;
	struct tt_authentication_config authentication;
	struct tt_authorization_config authorization;
};

extern const struct tt_option tt_tls_options[];
extern const struct tt_option tt_authentication_options[];
extern const struct tt_option tt_authorization_options[];

/* Whether users are known by name; else everybody may do everything, on loopback alone. */
bool tt_access_is_authenticated(const struct tt_access_config *config);

/* Whether the API speaks TLS: with authentication always, since clients send tokens over nothing
 * else, or if a certificate is given. */
bool tt_access_is_tls(const struct tt_access_config *config);

/* TT_EINVAL with a sentence for what does not go together, or would leave the API, which listens at
 * `listen`, open. Only a collected cluster has an API server that could be asked. */
int tt_access_check(const struct tt_access_config *config, const char *listen, bool has_collected,
	struct tt_err *err);
