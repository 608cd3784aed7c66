/* SPDX-License-Identifier: Apache-2.0 */
/* Who may use the paths that are no Kubernetes API. /v1 knows no namespaces that are somebody's:
 * it is for those who may read, or write, the events of all of them. */
#include "net/http_server.h"
#include "serve/auth/auth.h"
#include "serve/internal.h"

static void fail_auth(struct tt_http_call *call, const struct tt_err *err)
{
	if (err->code == TT_EDENIED)
		tt_serve_fail(call, 401, "%s", err->msg);
	else if (err->code == TT_EAGAIN)
		tt_serve_fail(call, 503, "%s", err->msg);
	else
		tt_serve_fail_err(call, err);
}

static void forbid(
	struct tt_http_call *call, const struct tt_user *user, const struct tt_access *access)
{
	if (access->non_resource)
		tt_serve_fail(call, 403, "forbidden: User \"%.*s\" cannot %.*s path \"%.*s\"",
			TT_STR_ARG(user->name), TT_STR_ARG(access->verb), TT_STR_ARG(access->path));
	else
		tt_serve_fail(call, 403,
			"events is forbidden: User \"%.*s\" cannot %.*s resource \"events\" in API "
			"group \"\" at the cluster scope of cluster \"%.*s\"",
			TT_STR_ARG(user->name), TT_STR_ARG(access->verb),
			TT_STR_ARG(access->cluster));
}

/* Whether `user` may; else answers. */
static bool check(struct tt_serve *serve, struct tt_http_call *call, const struct tt_user *user,
	const struct tt_access *access)
{
	struct tt_err err;
	int rc = tt_auth_allows(serve->auth, user, access, &err);

	if (rc == 1)
		return true;
	if (rc == 0)
		forbid(call, user, access);
	else
		fail_auth(call, &err);
	return false;
}

/* Whether he may in each cluster, of those that are configured and of those in the log. */
static bool check_all(struct tt_serve *serve, struct tt_http_call *call, const struct tt_user *user,
	struct tt_access *access)
{
	struct tt_arena *arena = tt_http_arena(call);
	struct tt_store_status status;
	struct tt_str *names;
	struct tt_err err;
	size_t n = 0;

	if (tt_store_status(serve->store, &status, arena, &err) != 0) {
		tt_serve_fail_err(call, &err);
		return false;
	}
	(void)pthread_rwlock_rdlock(&serve->clusters_lock);
	names = tt_arena_new(arena, struct tt_str, serve->n_clusters + status.n_clusters);
	for (size_t i = 0; i < serve->n_clusters; i++)
		names[n++] = tt_str_dup(arena, serve->names[i]);
	(void)pthread_rwlock_unlock(&serve->clusters_lock);
	for (size_t i = 0; i < status.n_clusters; i++)
		names[n++] = status.clusters[i].name;
	for (size_t i = 0; i < n; i++) {
		access->cluster = names[i];
		if (!check(serve, call, user, access))
			return false;
	}
	if (n == 0)
		tt_serve_fail(call, 404, "there is no cluster yet");
	return n > 0;
}

static bool is_public(struct tt_str path)
{
	return tt_str_is(path, "/livez") || tt_str_is(path, "/readyz") ||
	       tt_str_is(path, "/version");
}

/* What answers for one cluster alone, if it is asked for one. */
static bool is_of_one_cluster(struct tt_str path)
{
	return tt_str_is(path, "/v1/records") || tt_str_is(path, "/v1/events");
}

bool tt_serve_authorize(struct tt_serve *serve, struct tt_http_call *call)
{
	struct tt_str path = tt_http_path(call), method = tt_http_method(call), asked = {0};
	bool is_native = tt_str_starts(path, TT_STR("/v1/"));
	bool writes = !tt_str_is(method, "GET") && !tt_str_is(method, "HEAD");
	struct tt_access access = {.verb = TT_STR("get"), .non_resource = true, .path = path};
	enum tt_cluster_kind kind;
	struct tt_user user;
	struct tt_err err;

	if (serve->auth == NULL || is_public(path))
		return true;
	if (is_of_one_cluster(path))
		(void)tt_http_query(call, "cluster", &asked);
	access.cluster = asked;
	if (asked.len == 0)
		(void)tt_serve_find_cluster(
			serve, asked, &access.cluster, &kind, tt_http_arena(call));
	if (tt_auth_authenticate(
		    serve->auth, call, access.cluster, &user, tt_http_arena(call), &err) != 0) {
		fail_auth(call, &err);
		return false;
	}
	if (is_native) {
		access.non_resource = false;
		access.resource = TT_STR("events");
		access.verb = writes ? TT_STR("create") : TT_STR("list");
	}
	return is_native && asked.len == 0 ? check_all(serve, call, &user, &access)
					   : check(serve, call, &user, &access);
}
