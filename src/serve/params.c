/* SPDX-License-Identifier: Apache-2.0 */
#include "base/arena.h"
#include "base/clock.h"
#include "base/timestamp.h"
#include "conf/units.h"
#include "net/http_server.h"
#include "serve/internal.h"
#include "store/store.h"

enum { LIST_MAX = 32, WAIT_MAX_S = 300 };

static bool known_names_only(struct tt_http_call *call, const char *const *allowed)
{
	struct tt_str name, value;

	for (size_t n = 0; tt_http_query_nth(call, n, &name, &value); n++) {
		const char *const *known = allowed;

		while (*known != NULL && !tt_str_is(name, *known))
			known++;
		if (*known == NULL) {
			tt_serve_fail(
				call, 400, "unknown query parameter \"%.*s\"", TT_STR_ARG(name));
			return false;
		}
	}
	return true;
}

static bool get_number(struct tt_http_call *call, const char *name, unsigned long long max,
	unsigned long long *ret)
{
	struct tt_str text;
	unsigned long long value;

	if (!tt_http_query(call, name, &text))
		return true;
	if (!tt_str_u64(text, &value) || value > max) {
		tt_serve_fail(call, 400, "%s: \"%.*s\" is not a number from 0 to %llu", name,
			TT_STR_ARG(text), max);
		return false;
	}
	*ret = value;
	return true;
}

static bool get_time(struct tt_http_call *call, const char *name, int64_t *ret)
{
	struct tt_str text;

	*ret = TT_TIME_ZERO;
	if (!tt_http_query(call, name, &text) || tt_time_parse(text, false, ret))
		return true;
	tt_serve_fail(call, 400,
		"%s: \"%.*s\" is not an RFC 3339 time such as 2026-11-20T03:00:00Z", name,
		TT_STR_ARG(text));
	return false;
}

static bool get_wait(struct tt_http_call *call, int64_t *ret_ns)
{
	struct tt_str text;
	struct tt_err err;
	int64_t us;

	if (!tt_http_query(call, "wait", &text))
		return true;
	if (tt_duration_parse(text, &us, &err) != 0) {
		tt_serve_fail(call, 400, "wait: %s", err.msg);
		return false;
	}
	if (us > (int64_t)WAIT_MAX_S * TT_US_PER_S)
		us = (int64_t)WAIT_MAX_S * TT_US_PER_S;
	*ret_ns = us * TT_NS_PER_US;
	return true;
}

/* A comma-separated list. */
static bool get_list(
	struct tt_http_call *call, const char *name, const struct tt_str **ret, size_t *ret_n)
{
	struct tt_str text;

	if (!tt_http_query(call, name, &text) || text.len == 0)
		return true;
	struct tt_str *items = tt_arena_new(tt_http_arena(call), struct tt_str, LIST_MAX);
	size_t n = 0;

	while (text.data != NULL && n < LIST_MAX)
		items[n++] = tt_str_split(&text, ',');
	if (text.data != NULL) {
		tt_serve_fail(call, 400, "%s: more than %d values", name, LIST_MAX);
		return false;
	}
	*ret = items;
	*ret_n = n;
	return true;
}

static bool get_selector(struct tt_http_call *call, struct tt_serve_params *p)
{
	struct tt_str text;
	struct tt_err err;

	if (!tt_http_query(call, "fieldSelector", &text) || text.len == 0)
		return true;
	if (tt_fieldselector_parse(&p->selector, TT_GROUP_CORE, text, tt_http_arena(call), &err) !=
		0) {
		tt_serve_fail(call, 400, "%s", err.msg);
		return false;
	}
	p->filter.selector = &p->selector;
	return true;
}

bool tt_serve_params(
	struct tt_http_call *call, const char *const *allowed, struct tt_serve_params *ret)
{
	unsigned long long after = 0, limit = ret->limit;
	struct tt_str text;

	if (!known_names_only(call, allowed) || !get_number(call, "after", UINT64_MAX, &after) ||
		!get_number(call, "limit", SIZE_MAX, &limit) ||
		!get_time(call, "since", &ret->filter.since_us) ||
		!get_time(call, "until", &ret->filter.until_us) || !get_wait(call, &ret->wait_ns) ||
		!get_list(call, "type", &ret->filter.types, &ret->filter.n_types) ||
		!get_list(call, "reason", &ret->filter.reasons, &ret->filter.n_reasons) ||
		!get_selector(call, ret))
		return false;
	(void)tt_http_query(call, "cluster", &ret->filter.cluster);
	(void)tt_http_query(call, "namespace", &ret->filter.namespace);
	(void)tt_http_query(call, "kind", &ret->filter.kind);
	(void)tt_http_query(call, "name", &ret->filter.name);
	(void)tt_http_query(call, "grep", &ret->filter.grep);
	ret->observations = tt_http_query(call, "observations", &text) && tt_str_is(text, "true");
	ret->after = after;
	ret->limit = limit;
	return true;
}

bool tt_serve_knows_cluster(
	struct tt_serve *serve, struct tt_http_call *call, const struct tt_serve_params *params)
{
	struct tt_str name = params->filter.cluster;

	if (name.len == 0 || tt_store_has_cluster(serve->store, name))
		return true;
	tt_serve_fail(call, 404, "there is no cluster \"%.*s\"", TT_STR_ARG(name));
	return false;
}
