/* SPDX-License-Identifier: Apache-2.0 */
/* Who may use the paths that are no Kubernetes API. /v1 knows no namespaces that are somebody's:
 * it is for those who may read, or write, the events of all of them. */
#include "base/clock.h"
#include "net/http_server.h"
#include "serve/auth/auth.h"
#include "serve/internal.h"

static const int64_t AUTHORIZED_NS = 30ll * TT_NS_PER_S;

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

/* Who asks, and for what. */
struct asked {
	struct tt_user user;
	struct tt_access access;
};

/* Whether he may in each cluster, of those that are configured and of those in the log: 1, 0 with
 * the cluster in which he may not, or negative. */
static int judge_all(
	struct tt_serve *serve, struct asked *a, struct tt_arena *arena, struct tt_err *err)
{
	struct tt_store_status status;
	struct tt_str *names;
	size_t n = 0;
	int rc = tt_store_status(serve->store, &status, arena, err);

	if (rc != 0)
		return rc;
	(void)pthread_rwlock_rdlock(&serve->clusters_lock);
	names = tt_arena_new(arena, struct tt_str, serve->n_clusters + status.n_clusters);
	for (size_t i = 0; i < serve->n_clusters; i++)
		names[n++] = tt_str_dup(arena, serve->names[i]);
	(void)pthread_rwlock_unlock(&serve->clusters_lock);
	for (size_t i = 0; i < status.n_clusters; i++)
		names[n++] = status.clusters[i].name;
	if (n == 0)
		return tt_fail(err, TT_ENOTFOUND, "there is no cluster yet");
	rc = 1;
	for (size_t i = 0; rc == 1 && i < n; i++) {
		a->access.cluster = names[i];
		rc = tt_auth_allows(serve->auth, &a->user, &a->access, err);
	}
	return rc;
}

static bool is_public(struct tt_str path)
{
	return tt_str_is(path, "/healthz") || tt_str_is(path, "/livez") ||
	       tt_str_is(path, "/readyz") || tt_str_is(path, "/version");
}

/* What answers for one cluster alone, if it is asked for one. */
static bool is_of_one_cluster(struct tt_str path)
{
	return tt_str_is(path, "/v1/records") || tt_str_is(path, "/v1/events");
}

/* Who asks, into `*a`, and whether he may: 1, 0 or negative. */
static int judge(struct tt_serve *serve, struct tt_http_call *call, struct asked *a,
	struct tt_arena *arena, struct tt_err *err)
{
	struct tt_str path = tt_http_path(call), method = tt_http_method(call), cluster = {0};
	bool is_native = tt_str_starts(path, TT_STR("/v1/"));
	bool writes = !tt_str_is(method, "GET") && !tt_str_is(method, "HEAD");
	enum tt_cluster_kind kind;

	a->access = (struct tt_access){.verb = TT_STR("get"), .non_resource = true, .path = path};
	if (is_of_one_cluster(path))
		(void)tt_http_query(call, "cluster", &cluster);
	a->access.cluster = cluster;
	if (cluster.len == 0)
		(void)tt_serve_find_cluster(serve, cluster, &a->access.cluster, &kind, arena);
	int rc = tt_auth_authenticate(serve->auth, call, a->access.cluster, &a->user, arena, err);

	if (rc != 0)
		return rc;
	if (serve->auth == NULL)
		return 1;
	if (is_native) {
		a->access.non_resource = false;
		a->access.resource = TT_STR("events");
		a->access.verb = writes ? TT_STR("create") : TT_STR("list");
	}
	return is_native && cluster.len == 0
		       ? judge_all(serve, a, arena, err)
		       : tt_auth_allows(serve->auth, &a->user, &a->access, err);
}

bool tt_serve_authorize(struct tt_serve *serve, struct tt_http_call *call)
{
	struct asked asked;
	struct tt_err err;

	if (is_public(tt_http_path(call)))
		return true;
	int rc = judge(serve, call, &asked, tt_http_arena(call), &err);

	if (rc == 0)
		forbid(call, &asked.user, &asked.access);
	else if (rc < 0)
		fail_auth(call, &err);
	return rc == 1;
}

int64_t tt_serve_authorized_until(const struct tt_serve *serve)
{
	return tt_clock_mono_ns(serve->clock) + AUTHORIZED_NS;
}

bool tt_serve_may_go_on(struct tt_serve *serve, struct tt_http_call *call, int64_t *until_ns)
{
	struct tt_arena arena = {0};
	struct asked asked;
	struct tt_err err;

	if (serve->auth == NULL || tt_clock_mono_ns(serve->clock) < *until_ns)
		return true;
	bool may = judge(serve, call, &asked, &arena, &err) == 1;

	*until_ns = tt_serve_authorized_until(serve);
	tt_arena_release(&arena);
	return may;
}
