/* SPDX-License-Identifier: Apache-2.0 */
#include "serve/kubernetes/options.h"

#include "base/arena.h"
#include "net/http_server.h"
#include "serve/internal.h"
#include "serve/kubernetes/answer.h"
#include "serve/kubernetes/request.h"
#include "serve/kubernetes/view.h"

enum { CAUSES_MAX = 4 };

/* What is wrong with the options, for one 422. */
struct complaints {
	struct tt_api_request *r;
	struct tt_status_cause causes[CAUSES_MAX];
	uint32_t n;
};

static void forbid(struct complaints *c, const char *field, const char *detail)
{
	struct tt_str text = tt_str_printf(c->r->arena, "Forbidden: %s", detail);

	if (c->n < CAUSES_MAX)
		c->causes[c->n++] = (struct tt_status_cause){
			TT_STR("FieldValueForbidden"), text, tt_str_from(field)};
}

static void not_supported(struct complaints *c, struct tt_str value, const char *supported)
{
	struct tt_str text = tt_str_printf(c->r->arena,
		"Unsupported value: \"%.*s\": supported values: %s", TT_STR_ARG(value), supported);

	if (c->n < CAUSES_MAX)
		c->causes[c->n++] = (struct tt_status_cause){
			TT_STR("FieldValueNotSupported"), text, TT_STR("resourceVersionMatch")};
}

static bool parse_number(
	struct tt_api_request *r, const char *name, unsigned long long max, unsigned long long *ret)
{
	struct tt_str text;

	if (!tt_http_query(r->call, name, &text) || text.len == 0)
		return true;
	if (tt_str_u64(text, ret) && *ret <= max)
		return true;
	tt_api_fail(r, 400, "%s: \"%.*s\" is not a whole number from 0 to %llu", name,
		TT_STR_ARG(text), max);
	return false;
}

static bool parse_version(struct tt_api_request *r, struct tt_list_options *o)
{
	unsigned long long version = 0;

	(void)tt_http_query(r->call, "resourceVersion", &o->resource_version);
	if (o->resource_version.len > 0 && !tt_str_u64(o->resource_version, &version)) {
		tt_api_fail(r, 400,
			"invalid resource version: resourceVersion: Invalid value: \"%.*s\": must "
			"be a whole number",
			TT_STR_ARG(o->resource_version));
		return false;
	}
	o->version = version;
	return true;
}

static bool parse_bools(struct tt_api_request *r, struct tt_list_options *o)
{
	struct tt_str text;
	bool bad = false;

	o->bookmarks = tt_api_query_bool(r, "allowWatchBookmarks", &bad);
	if (tt_http_query(r->call, "sendInitialEvents", &text) && text.len > 0)
		o->initial = tt_api_query_bool(r, "sendInitialEvents", &bad);
	if (bad)
		tt_api_fail(r, 400, "allowWatchBookmarks and sendInitialEvents are true or false");
	return !bad;
}

static void check_list(struct complaints *c, const struct tt_list_options *o, struct tt_str match)
{
	if (match.len > 0 && o->resource_version.len == 0)
		forbid(c, "resourceVersionMatch",
			"resourceVersionMatch is forbidden unless resourceVersion is provided");
	if (match.len > 0 && o->continue_token.len > 0)
		forbid(c, "resourceVersionMatch",
			"resourceVersionMatch is forbidden when continue is provided");
	if (match.len > 0 && o->match == TT_MATCH_UNSET)
		not_supported(c, match, "\"Exact\", \"NotOlderThan\", \"\"");
	if (o->match == TT_MATCH_EXACT && tt_str_is(o->resource_version, "0"))
		forbid(c, "resourceVersionMatch",
			"resourceVersionMatch \"exact\" is forbidden for resourceVersion \"0\"");
	if (o->initial >= 0)
		forbid(c, "sendInitialEvents", "sendInitialEvents is forbidden for list");
}

static void check_watch(struct complaints *c, const struct tt_list_options *o, struct tt_str match)
{
	if (o->initial >= 0 && o->match != TT_MATCH_NOT_OLDER)
		forbid(c, "resourceVersionMatch",
			"sendInitialEvents requires setting resourceVersionMatch to NotOlderThan");
	if (match.len > 0 && o->initial < 0)
		forbid(c, "resourceVersionMatch",
			"resourceVersionMatch is forbidden for watch unless sendInitialEvents is "
			"provided");
	if (match.len > 0 && o->match != TT_MATCH_NOT_OLDER)
		not_supported(c, match, "\"NotOlderThan\"");
	if (match.len > 0 && o->continue_token.len > 0)
		forbid(c, "resourceVersionMatch",
			"resourceVersionMatch is forbidden when continue is provided");
}

static bool complain(struct complaints *c)
{
	if (c->n == 0)
		return true;
	tt_api_fail_invalid(c->r, TT_STR("ListOptions.meta.k8s.io"), TT_STR(""),
		&(struct tt_status){.group = TT_STR("meta.k8s.io"),
			.kind = TT_STR("ListOptions"),
			.causes = c->causes,
			.n_causes = c->n});
	return false;
}

bool tt_api_list_options(struct tt_api_request *r, struct tt_list_options *ret)
{
	struct complaints complaints = {.r = r};
	unsigned long long limit = 0, timeout = 0;
	struct tt_str match = {0};

	*ret = (struct tt_list_options){.initial = -1};
	(void)tt_http_query(r->call, "continue", &ret->continue_token);
	(void)tt_http_query(r->call, "resourceVersionMatch", &match);
	if (tt_str_is(match, "Exact"))
		ret->match = TT_MATCH_EXACT;
	else if (tt_str_is(match, "NotOlderThan"))
		ret->match = TT_MATCH_NOT_OLDER;
	if (!parse_version(r, ret) || !parse_number(r, "limit", INT64_MAX, &limit) ||
		!parse_number(r, "timeoutSeconds", INT64_MAX, &timeout) || !parse_bools(r, ret))
		return false;
	ret->limit = limit;
	ret->timeout_s = (int64_t)timeout;
	if (r->verb == TT_VERB_WATCH)
		check_watch(&complaints, ret, match);
	else
		check_list(&complaints, ret, match);
	return complain(&complaints);
}

void tt_api_fail_too_large(struct tt_api_request *r, uint64_t version, uint64_t head)
{
	struct tt_status_cause cause = {TT_STR("ResourceVersionTooLarge"),
		TT_STR("Too large resource version"), TT_STR("")};
	struct tt_str text = tt_str_printf(r->arena,
		"Timeout: Too large resource version: %llu, current: %llu",
		(unsigned long long)version, (unsigned long long)head);

	tt_api_answer_status(r, &(struct tt_status){.status = TT_STR("Failure"),
					.message = text,
					.reason = TT_STR("Timeout"),
					.code = 504,
					.has_details = true,
					.retry_after_seconds = 1,
					.causes = &cause,
					.n_causes = 1});
}

bool tt_api_take_version(struct tt_api_request *r, struct tt_reader *reader,
	const struct tt_list_options *o, struct tt_api_view *view)
{
	uint64_t head = tt_store_head(r->serve->store);
	struct tt_err err;
	int64_t at_us;

	if (o->version > head) {
		tt_api_fail_too_large(r, o->version, head);
		return false;
	}
	if (o->version == 0 || o->match == TT_MATCH_NOT_OLDER ||
		(o->match == TT_MATCH_UNSET && o->limit == 0))
		return true;
	int rc = tt_api_recorded_at(reader, o->version, &at_us, &err);

	if (rc == TT_EGONE)
		tt_api_fail(r, 410, "The resourceVersion for the provided list is too old.");
	else if (rc != 0)
		tt_api_fail_err(r, &err);
	if (rc != 0)
		return false;
	view->seq = o->version;
	if (!r->url.is_at || at_us < r->url.at_us)
		tt_api_view_set_time(r, view, at_us);
	return true;
}
