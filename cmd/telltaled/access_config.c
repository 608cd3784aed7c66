/* SPDX-License-Identifier: Apache-2.0 */
#include "telltaled/access_config.h"

#include "conf/units.h"

#define AT(type, member) .offset = offsetof(struct type, member)

const struct tt_option tt_tls_options[] = {
	{.name = "cert",
		.type = TT_OPTION_TEXT,
		AT(tt_tls_config, cert),
		.help = "File with the certificate of the API and the chain behind it, as PEM; if "
			"not given one is made at the first start, in the folder tls of the data "
			"directory"},
	{.name = "key",
		.type = TT_OPTION_TEXT,
		AT(tt_tls_config, key),
		.help = "File with the key of the certificate, as PEM"},
	{.name = "names",
		.type = TT_OPTION_TEXTS,
		AT(tt_tls_config, names),
		.help = "Further host names and addresses for the certificate that is made"},
	{.name = "clientCA",
		.type = TT_OPTION_TEXT,
		AT(tt_tls_config, client_ca),
		.help = "File with the CAs whose client certificates name a user (common name) and "
			"his groups (organizations), as PEM"},
	{0},
};

const struct tt_option tt_authentication_options[] = {
	{.name = "tokenFile",
		.type = TT_OPTION_TEXT,
		AT(tt_authentication_config, token_file),
		.help = "File with tokens, as kube-apiserver reads it by --token-auth-file: "
			"token,user,uid,\"group1,group2\""},
	{.name = "tokenReview",
		.type = TT_OPTION_BOOL,
		AT(tt_authentication_config, token_review),
		.fallback = "false",
		.help = "Let the API server of a collected cluster say whose tokens are sent for "
			"it; needs the role system:auth-delegator there"},
	{0},
};

const struct tt_option tt_authorization_options[] = {
	{.name = "rules",
		.type = TT_OPTION_TEXT,
		AT(tt_authorization_config, rules),
		.help = "File with rules that say who may do what"},
	{.name = "subjectAccessReview",
		.type = TT_OPTION_BOOL,
		AT(tt_authorization_config, subject_access_review),
		.fallback = "false",
		.help = "Let the API server of a collected cluster say who may read its events; "
			"needs the role system:auth-delegator there"},
	{0},
};

bool tt_access_is_authenticated(const struct tt_access_config *config)
{
	return config->tls.client_ca != NULL || config->authentication.token_file != NULL ||
	       config->authentication.token_review;
}

static bool is_authorized(const struct tt_access_config *config)
{
	return config->authorization.rules != NULL || config->authorization.subject_access_review;
}

bool tt_access_is_tls(const struct tt_access_config *config)
{
	return tt_access_is_authenticated(config) || config->tls.cert != NULL;
}

static int check_methods(
	const struct tt_access_config *config, bool has_collected, struct tt_err *err)
{
	bool reviews = config->authentication.token_review ||
		       config->authorization.subject_access_review;

	if ((config->tls.cert == NULL) != (config->tls.key == NULL))
		return tt_fail(err, TT_EINVAL, "tls: cert and key are given together or not");
	if (tt_access_is_authenticated(config) && !is_authorized(config))
		return tt_fail(err, TT_EINVAL,
			"with authentication but without authorization nobody could do anything: "
			"give authorization.rules or authorization.subjectAccessReview");
	if (is_authorized(config) && !tt_access_is_authenticated(config))
		return tt_fail(err, TT_EINVAL,
			"with authorization but without authentication nobody could do anything: "
			"give tls.clientCA, authentication.tokenFile or "
			"authentication.tokenReview");
	if (reviews && !has_collected)
		return tt_fail(err, TT_EINVAL,
			"tokenReview and subjectAccessReview ask the API server of a collected "
			"cluster, and there is none");
	return 0;
}

int tt_access_check(const struct tt_access_config *config, const char *listen, bool has_collected,
	struct tt_err *err)
{
	bool loopback;
	uint16_t port;
	int rc = check_methods(config, has_collected, err);

	if (rc == 0)
		rc = tt_address_parse(tt_str_from(listen), &loopback, &port, err);
	if (rc != 0 || loopback || tt_access_is_authenticated(config))
		return rc;
	return tt_fail(err, TT_EINVAL,
		"listen: %s is not a loopback address, so that the API needs authentication "
		"(tls.clientCA, authentication.tokenFile or authentication.tokenReview) and "
		"authorization (authorization.rules or authorization.subjectAccessReview); or use "
		"127.0.0.1, where everybody on this machine may do everything (healthListen may be "
		"any address)",
		listen);
}
