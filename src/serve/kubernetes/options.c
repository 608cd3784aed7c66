/* SPDX-License-Identifier: Apache-2.0 */
#include "serve/kubernetes/options.h"

#include "base/arena.h"
#include "base/clock.h"
#include "base/rand.h"
#include "net/http_server.h"
#include "serve/internal.h"
#include "serve/kubernetes/answer.h"
#include "serve/kubernetes/request.h"
#include "serve/kubernetes/view.h"

enum {
	TIMEOUT_MIN_S = 1800,
	TIMEOUT_SPAN_S = 1800,
	TIMEOUT_MAX_S = 24 * 3600,
};

static void not_supported(struct tt_causes *c, struct tt_str value, const char *supported)
{
	tt_causes_unsupported(c, "resourceVersionMatch",
		tt_str_printf(c->arena, "\"%.*s\"", TT_STR_ARG(value)), supported);
}

/* In the words of an API server, which are others for a watch. */
static void fail_version(struct tt_api_request *r, struct tt_str version)
{
	struct tt_str text = tt_str_printf(r->arena,
		"resourceVersion: Invalid value: \"%.*s\": strconv.ParseUint: parsing \"%.*s\": "
		"invalid syntax",
		TT_STR_ARG(version), TT_STR_ARG(version));

	if (r->verb != TT_VERB_WATCH)
		tt_api_fail(r, 400, "invalid resource version: %.*s", TT_STR_ARG(text));
	else
		tt_api_answer_status(
			r, &(struct tt_status){
				   .status = TT_STR("Failure"), .message = text, .code = 500});
}

static bool parse_version(struct tt_api_request *r, struct tt_list_options *o)
{
	unsigned long long version = 0;

	(void)tt_http_query(r->call, "resourceVersion", &o->resource_version);
	if (o->resource_version.len > 0 && !tt_str_u64(o->resource_version, &version)) {
		fail_version(r, o->resource_version);
		return false;
	}
	o->version = version;
	return true;
}

static void parse_bools(struct tt_api_request *r, struct tt_list_options *o)
{
	struct tt_str text;

	o->bookmarks = tt_api_query_bool(r, "allowWatchBookmarks");
	if (tt_http_query(r->call, "sendInitialEvents", &text))
		o->initial = tt_api_query_bool(r, "sendInitialEvents");
}

static void check_list(struct tt_causes *c, const struct tt_list_options *o, struct tt_str match)
{
	if (match.len > 0 && o->resource_version.len == 0)
		tt_causes_forbidden(c, "resourceVersionMatch",
			"resourceVersionMatch is forbidden unless resourceVersion is provided");
	if (match.len > 0 && o->continue_token.len > 0)
		tt_causes_forbidden(c, "resourceVersionMatch",
			"resourceVersionMatch is forbidden when continue is provided");
	if (match.len > 0 && o->match == TT_MATCH_UNSET)
		not_supported(c, match, "\"Exact\", \"NotOlderThan\", \"\"");
	if (o->match == TT_MATCH_EXACT && tt_str_is(o->resource_version, "0"))
		tt_causes_forbidden(c, "resourceVersionMatch",
			"resourceVersionMatch \"exact\" is forbidden for resourceVersion \"0\"");
	if (o->initial >= 0)
		tt_causes_forbidden(
			c, "sendInitialEvents", "sendInitialEvents is forbidden for list");
}

static void check_watch(struct tt_causes *c, const struct tt_list_options *o, struct tt_str match)
{
	if (o->initial >= 0 && o->match != TT_MATCH_NOT_OLDER)
		tt_causes_forbidden(c, "resourceVersionMatch",
			"sendInitialEvents requires setting resourceVersionMatch to NotOlderThan");
	if (match.len > 0 && o->initial < 0)
		tt_causes_forbidden(c, "resourceVersionMatch",
			"resourceVersionMatch is forbidden for watch unless sendInitialEvents is "
			"provided");
	if (match.len > 0 && o->match != TT_MATCH_NOT_OLDER)
		not_supported(c, match, "\"NotOlderThan\"");
	if (match.len > 0 && o->continue_token.len > 0)
		tt_causes_forbidden(c, "resourceVersionMatch",
			"resourceVersionMatch is forbidden when continue is provided");
}

bool tt_api_list_options(struct tt_api_request *r, struct tt_list_options *ret)
{
	struct tt_causes causes;
	int64_t limit = 0, timeout_s = 0;
	struct tt_str match = {0};

	*ret = (struct tt_list_options){.initial = -1};
	tt_causes_init(&causes, r->arena);
	(void)tt_http_query(r->call, "continue", &ret->continue_token);
	(void)tt_http_query(r->call, "resourceVersionMatch", &match);
	if (tt_str_is(match, "Exact"))
		ret->match = TT_MATCH_EXACT;
	else if (tt_str_is(match, "NotOlderThan"))
		ret->match = TT_MATCH_NOT_OLDER;
	if (!parse_version(r, ret))
		return false;
	if (r->verb == TT_VERB_GET)
		return true;
	if (!tt_api_query_int(r, "limit", &limit) ||
		!tt_api_query_int(r, "timeoutSeconds", &timeout_s))
		return false;
	ret->limit = limit > 0 ? (size_t)limit : 0; /* below zero is none */
	ret->timeout_s = timeout_s > 0 ? timeout_s : 0;
	parse_bools(r, ret);
	if (r->verb == TT_VERB_WATCH)
		check_watch(&causes, ret, match);
	else
		check_list(&causes, ret, match);
	return tt_api_check_options(r, "ListOptions", &causes);
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
					.causes = &cause,
					.n_causes = 1});
}

bool tt_api_take_version(struct tt_api_request *r, struct tt_reader *reader,
	const struct tt_list_options *o, struct tt_api_view *view)
{
	uint64_t head = tt_store_head(r->serve->store);
	struct tt_record_times times;
	struct tt_err err;

	if (o->version > head) {
		tt_api_fail_too_large(r, o->version, head);
		return false;
	}
	if (o->version == 0 || o->match == TT_MATCH_NOT_OLDER ||
		(o->match == TT_MATCH_UNSET && o->limit == 0))
		return true;
	int rc = tt_reader_times(reader, o->version, &times, &err);

	if (rc == TT_EGONE)
		tt_api_fail(r, 410, "The resourceVersion for the provided list is too old.");
	else if (rc != 0)
		tt_api_fail_err(r, &err);
	if (rc != 0)
		return false;
	view->seq = o->version;
	if (!r->url.is_at || times.recorded_at_us < r->url.at_us)
		tt_api_view_set_time(r, view, times.recorded_at_us);
	return true;
}

bool tt_api_check_watched_version(struct tt_api_request *r, const struct tt_list_options *o)
{
	uint64_t head = tt_store_head(r->serve->store);

	if (o->version <= head)
		return true;
	if (o->initial == 1)
		tt_api_fail_too_large(r, o->version, head);
	else
		tt_api_fail(r, 410, "%s", TT_API_WATCH_EXPIRED);
	return false;
}

int64_t tt_api_watch_deadline_ns(struct tt_api_request *r, const struct tt_list_options *o)
{
	int64_t now_ns = tt_clock_mono_ns(r->serve->clock);
	int64_t timeout_s = o->timeout_s < TIMEOUT_MAX_S ? o->timeout_s : TIMEOUT_MAX_S;
	struct tt_rand rand;

	if (timeout_s == 0) {
		tt_rand_init(&rand, (uint64_t)now_ns ^ (uintptr_t)r);
		timeout_s = TIMEOUT_MIN_S + (int64_t)tt_rand_below(&rand, TIMEOUT_SPAN_S);
	}
	return now_ns + timeout_s * TT_NS_PER_S;
}
