/* SPDX-License-Identifier: Apache-2.0 */
#include "serve/kubernetes/request.h"

#include "net/http_server.h"
#include "serve/kubernetes/negotiate.h"

const char *tt_api_verb_name(enum tt_api_verb verb)
{
	static const char *const names[] = {
		"get", "list", "watch", "create", "update", "patch", "delete", "deletecollection"};

	return names[verb];
}

/* As Go's strconv.ParseBool. */
static bool parse_bool(struct tt_str text, bool *ret)
{
	static const char *const yes[] = {"1", "t", "T", "TRUE", "true", "True"};
	static const char *const no[] = {"0", "f", "F", "FALSE", "false", "False"};

	for (size_t i = 0; i < sizeof(yes) / sizeof(yes[0]); i++) {
		*ret = tt_str_is(text, yes[i]);
		if (*ret || tt_str_is(text, no[i]))
			return true;
	}
	return false;
}

bool tt_api_query_bool(const struct tt_api_request *r, const char *name, bool *ret_bad)
{
	struct tt_str text;
	bool value;

	if (!tt_http_query(r->call, name, &text) || text.len == 0)
		return false;
	if (parse_bool(text, &value))
		return value;
	*ret_bad = true;
	return false;
}

bool tt_api_gzip(const struct tt_api_request *r)
{
	return tt_negotiate_gzip(tt_http_request_header(r->call, "Accept-Encoding"));
}

bool tt_api_is_writable(const struct tt_api_request *r)
{
	return r->kind == TT_CLUSTER_HOSTED && !r->url.has_time;
}
