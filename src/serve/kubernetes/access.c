/* SPDX-License-Identifier: Apache-2.0 */
#include "serve/kubernetes/access.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "net/http_server.h"
#include "serve/internal.h"
#include "serve/kubernetes/answer.h"
#include "serve/kubernetes/request.h"
#include "serve/kubernetes/served.h"
#include "serve/kubernetes/view.h"
#include "wire/json.h"

static const int64_t GRANTED_NS = 30ll * TT_NS_PER_S;

/* Answers for what the layer below could not or would not say. */
static void refuse(struct tt_api_request *r, const struct tt_err *err)
{
	if (err->code == TT_EAGAIN)
		tt_api_fail(r, 503, "%s", err->msg);
	else if (err->code == TT_EINVAL)
		tt_api_fail(r, 400, "%s", err->msg);
	else
		tt_api_fail(r, 401, "%s", err->msg);
}

bool tt_api_authenticate(struct tt_api_request *r)
{
	struct tt_err err;
	int rc = tt_auth_authenticate(
		r->serve->auth, r->call, r->cluster, &r->user, r->arena, &err);

	if (rc != 0)
		refuse(r, &err);
	return rc == 0;
}

void tt_api_put_user(struct tt_api_request *r, struct tt_buf *to)
{
	if (r->serve->auth == NULL) {
		tt_buf_text(to, "{\"username\":\"system:anonymous\","
				"\"groups\":[\"system:unauthenticated\"]}");
		return;
	}
	tt_buf_text(to, "{\"username\":");
	tt_json_put_string(to, r->user.name);
	if (r->user.uid.len > 0) {
		tt_buf_text(to, ",\"uid\":");
		tt_json_put_string(to, r->user.uid);
	}
	tt_buf_text(to, ",\"groups\":[");
	for (size_t i = 0; i < r->user.n_groups; i++) {
		if (i > 0)
			tt_buf_char(to, ',');
		tt_json_put_string(to, r->user.groups[i]);
	}
	tt_buf_text(to, "]}");
}

static struct tt_access access_of(const struct tt_api_request *r)
{
	return (struct tt_access){.cluster = r->cluster,
		.verb = tt_str_from(tt_api_verb_name(r->verb)),
		.group = r->url.group,
		.resource = r->url.resource,
		.namespace = r->url.namespace,
		.name = r->name};
}

int tt_api_may_read(struct tt_api_request *r, struct tt_str namespace)
{
	struct tt_access access = {.cluster = r->cluster,
		.verb = TT_STR("list"),
		.resource = TT_STR("events"),
		.namespace = namespace};

	return r->serve->auth == NULL ? 1 : tt_auth_allows(r->serve->auth, &r->user, &access, NULL);
}

/* Rights to a namespace itself are, as in Kubernetes, looked for in that namespace. */
static int may_get_namespace(
	struct tt_api_request *r, const struct tt_access *access, struct tt_err *err)
{
	struct tt_access own = *access;

	own.namespace = access->name;
	return tt_api_may_read(r, access->name) == 1
		       ? 1
		       : tt_auth_allows(r->serve->auth, &r->user, &own, err);
}

int tt_api_may(struct tt_api_request *r, const struct tt_access *access, struct tt_err *err)
{
	if (r->serve->auth == NULL)
		return 1;
	if (tt_str_is(access->resource, "events"))
		return tt_auth_allows(r->serve->auth, &r->user, access, err);
	if (tt_str_is(access->resource, "namespaces") && tt_str_is(access->verb, "get"))
		return may_get_namespace(r, access, err);
	return tt_auth_may_know(r->serve->auth, &r->user, access->cluster, err);
}

/* Kubernetes' words. */
static void forbid(struct tt_api_request *r)
{
	struct tt_api_url *url = &r->url;
	bool named = r->name.len > 0;
	struct tt_str namespace = tt_str_is(url->resource, "namespaces") ? url->name
									 : url->namespace;
	struct tt_str where = TT_STR("at the cluster scope"), text;

	if (namespace.len > 0)
		where = tt_str_printf(r->arena, "in the namespace \"%.*s\"", TT_STR_ARG(namespace));
	text = tt_str_printf(r->arena,
		"%.*s%s%.*s%s%.*s%s is forbidden: User \"%.*s\" cannot %s resource \"%.*s\" in "
		"API group \"%.*s\" %.*s",
		TT_STR_ARG(url->resource), url->group.len > 0 ? "." : "", TT_STR_ARG(url->group),
		named ? " \"" : "", TT_STR_ARG(r->name), named ? "\"" : "",
		TT_STR_ARG(r->user.name), tt_api_verb_name(r->verb), TT_STR_ARG(url->resource),
		TT_STR_ARG(url->group), TT_STR_ARG(where));
	tt_api_answer_status(r, &(struct tt_status){.status = TT_STR("Failure"),
					.message = text,
					.reason = TT_STR("Forbidden"),
					.code = 403,
					.has_details = true,
					.name = r->name,
					.group = url->group,
					.kind = url->resource});
}

bool tt_api_authorize(struct tt_api_request *r)
{
	struct tt_access access = access_of(r);
	struct tt_err err;
	int may = r->cluster.len > 0 ? tt_api_may(r, &access, &err) : 1;

	if (may == 0)
		forbid(r);
	else if (may < 0)
		refuse(r, &err);
	return may > 0;
}

bool tt_api_may_know(struct tt_api_request *r)
{
	struct tt_err err;
	int may = 1;

	if (r->serve->auth != NULL && r->cluster.len > 0)
		may = tt_auth_may_know(r->serve->auth, &r->user, r->cluster, &err);
	if (may == 0 && r->url.place == TT_API_OBJECT)
		forbid(r);
	else if (may == 0)
		tt_api_fail(r, 403, "forbidden: User \"%.*s\" cannot get path \"%.*s\"",
			TT_STR_ARG(r->user.name), TT_STR_ARG(r->url.rest));
	else if (may < 0)
		refuse(r, &err);
	return may > 0;
}

int tt_api_may_get(struct tt_api_request *r, struct tt_str path, struct tt_err *err)
{
	struct tt_access access = {
		.cluster = r->cluster, .verb = TT_STR("get"), .non_resource = true, .path = path};

	if (tt_served_path(path))
		return 1;
	if (r->url.base.len > 0 || !tt_str_is(path, "/metrics")) /* which tell of all clusters */
		return 0;
	return r->serve->auth == NULL ? 1 : tt_auth_allows(r->serve->auth, &r->user, &access, err);
}

bool tt_api_may_read_all(struct tt_api_request *r)
{
	return tt_api_may_read(r, TT_STR("")) == 1;
}

/* Before when nothing of the namespace is for this user. */
static int find_floor(struct tt_api_request *r, int64_t *ret_us, struct tt_err *err)
{
	*ret_us = TT_TIME_ZERO;
	if (r->serve->auth == NULL || r->url.namespace.len == 0 || tt_api_may_read_all(r))
		return 0;
	return tt_auth_namespace_since(r->serve->auth, r->cluster, r->url.namespace, ret_us, err);
}

bool tt_api_restrict(struct tt_api_request *r, struct tt_api_view *view)
{
	struct tt_err err;

	if (find_floor(r, &view->floor_us, &err) != 0) {
		refuse(r, &err);
		return false;
	}
	tt_api_view_set_time(r, view, view->at_us);
	return true;
}

static bool is_still_allowed(struct tt_api_request *r, int64_t floor_us)
{
	struct tt_access access = access_of(r);
	struct tt_user known = r->user;
	struct tt_arena arena = {0};
	int64_t now_floor_us = floor_us;
	struct tt_err err;
	int may = 1;

	if (r->serve->auth == NULL)
		return true;
	int rc = tt_auth_authenticate(r->serve->auth, r->call, r->cluster, &r->user, &arena, &err);

	if (rc == 0)
		may = tt_api_may(r, &access, &err);
	if (rc == 0 && may > 0)
		rc = find_floor(r, &now_floor_us, &err);
	r->user = known;
	tt_arena_release(&arena);
	return rc == 0 && may > 0 && now_floor_us == floor_us;
}

void tt_api_grant_init(struct tt_api_grant *g, const struct tt_api_request *r, int64_t floor_us)
{
	g->floor_us = floor_us;
	g->until_ns = tt_clock_mono_ns(r->serve->clock) + GRANTED_NS;
}

bool tt_api_grant_holds(struct tt_api_grant *g, struct tt_api_request *r)
{
	int64_t now_ns = tt_clock_mono_ns(r->serve->clock);

	if (now_ns < g->until_ns)
		return true;
	g->until_ns = now_ns + GRANTED_NS;
	return is_still_allowed(r, g->floor_us);
}
