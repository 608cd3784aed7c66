/* SPDX-License-Identifier: Apache-2.0 */
#include "telltale/source.h"

#include "base/clock.h"
#include "store/data_dir.h"
#include "telltale/api.h"
#include "telltale/cli.h"
#include "telltale/kinds.h"

static const char local_url[] = "http://127.0.0.1:7447";
static const char local_tls_url[] = "https://127.0.0.1:7447";
static const int64_t PROBE_NS = (int64_t)2 * TT_NS_PER_S;

int tt_place_of(const struct tt_globals *globals, enum tt_place *ret, struct tt_err *err)
{
	const char *flag = globals->server != NULL       ? "--server"
			   : globals->token_file != NULL ? "--token-file"
			   : globals->ca != NULL         ? "--ca"
							 : NULL;

	if (flag != NULL && globals->data != NULL)
		return tt_fail(err, TT_EINVAL,
			"%s and --data exclude each other: give only one of them", flag);
	*ret = flag != NULL            ? TT_PLACE_SERVER
	       : globals->data != NULL ? TT_PLACE_DATA
				       : TT_PLACE_DEFAULT;
	return 0;
}

const char *tt_place_url(const struct tt_globals *globals)
{
	if (globals->server != NULL)
		return globals->server;
	return globals->ca != NULL || globals->token_file != NULL ? local_tls_url : local_url;
}

int tt_place_local_daemon(struct tt_api **ret, struct tt_err *err)
{
	const struct tt_globals plain = {0};
	struct tt_arena arena = {0};
	struct tt_api *api;
	struct tt_str body;
	int rc = tt_api_open(&api, local_url, &plain, PROBE_NS / 2, err);

	if (rc != 0)
		return rc;
	rc = tt_api_get_all(api, "/v1/status", PROBE_NS, &arena, &body, err);
	if (rc == 0 && !tt_str_starts(body, TT_STR("{\"log\":")))
		rc = tt_fail(err, TT_EIO, "what answers at %s is no telltaled", local_url);
	tt_arena_release(&arena);
	if (rc == 0)
		*ret = api;
	else
		tt_api_close(api);
	return rc;
}

static int open_default(struct tt_source **ret, struct tt_cli *cli, struct tt_err *err)
{
	struct tt_err no_daemon;
	struct tt_api *api;

	if (tt_place_local_daemon(&api, &no_daemon) == 0) {
		tt_source_open_api(ret, api);
		return 0;
	}
	const char *dir = tt_data_dir_default(&cli->arena);
	int rc = tt_source_open_data(ret, dir, err);

	if (rc == 0)
		tt_cli_say(cli, "no telltaled answers at %s; reading %s itself", local_url, dir);
	if (rc == TT_ENOTFOUND)
		return tt_fail(err, TT_ENOTFOUND,
			"no telltaled answers at %s (%s), and there is no log in %s; "
			"use --server URL or --data DIR",
			local_url, no_daemon.msg, dir);
	return rc;
}

int tt_source_open(struct tt_source **ret, struct tt_cli *cli, const struct tt_globals *globals,
	struct tt_err *err)
{
	enum tt_place place;
	struct tt_api *api;
	int rc = tt_place_of(globals, &place, err);

	if (rc != 0)
		return rc;
	if (place == TT_PLACE_DEFAULT)
		return open_default(ret, cli, err);
	if (place == TT_PLACE_DATA)
		return tt_source_open_data(ret, globals->data, err);
	rc = tt_api_open(&api, tt_place_url(globals), globals, 0, err);
	if (rc == 0)
		tt_source_open_api(ret, api);
	return rc;
}

void tt_source_close(struct tt_source *s)
{
	if (s != NULL)
		s->ops->close(s);
}

/* How likely it is that this cluster is meant. */
static int rank(const struct tt_cluster_info *c)
{
	if (tt_str_is(c->kind, "collected"))
		return c->n_watches > 0 && c->state.len > 0 ? 4 : 3;
	return tt_str_is(c->kind, "hosted") ? 2 : 1;
}

struct tt_str tt_source_default_cluster(const struct tt_source_info *info)
{
	const struct tt_cluster_info *best = NULL;

	for (size_t i = 0; i < info->n_clusters; i++)
		if (best == NULL || rank(&info->clusters[i]) > rank(best))
			best = &info->clusters[i];
	return best != NULL ? best->name : TT_STR("");
}

const struct tt_cluster_info *tt_source_cluster(
	const struct tt_source_info *info, struct tt_str name)
{
	for (size_t i = 0; i < info->n_clusters; i++)
		if (tt_str_eq(info->clusters[i].name, name))
			return &info->clusters[i];
	return NULL;
}

struct tt_str tt_source_other_clusters(
	const struct tt_source_info *info, struct tt_str but, struct tt_arena *arena)
{
	struct tt_str names = TT_STR("");

	for (size_t i = 0; i < info->n_clusters; i++)
		if (!tt_str_eq(info->clusters[i].name, but))
			names = tt_str_printf(arena, "%.*s%s%.*s", TT_STR_ARG(names),
				names.len > 0 ? ", " : "", TT_STR_ARG(info->clusters[i].name));
	return names;
}

int tt_source_check_cluster(
	const struct tt_source_info *info, struct tt_str name, struct tt_err *err)
{
	struct tt_arena arena = {0};

	if (name.len == 0 || tt_source_cluster(info, name) != NULL)
		return 0;
	if (info->n_clusters == 0)
		return tt_fail(err, TT_ENOTFOUND, "there is no cluster in the log yet");
	(void)tt_fail(err, TT_ENOTFOUND, "there is no cluster \"%.*s\"; there is: %.*s",
		TT_STR_ARG(name), TT_STR_ARG(tt_source_other_clusters(info, name, &arena)));
	tt_arena_release(&arena);
	return TT_ENOTFOUND;
}

int tt_source_choose_cluster(struct tt_cli *cli, const struct tt_source_info *info,
	struct tt_str *cluster, struct tt_err *err)
{
	if (cluster->len > 0)
		return tt_source_check_cluster(info, *cluster, err);
	*cluster = tt_source_default_cluster(info);
	if (info->n_clusters > 1 && cli->terminal.err)
		tt_cli_say(cli, "showing cluster %.*s; --cluster chooses another: %.*s",
			TT_STR_ARG(*cluster),
			TT_STR_ARG(tt_source_other_clusters(info, *cluster, &cli->arena)));
	return 0;
}

/* A kind that is none of Kubernetes' own may be a plural or short name in the cluster. */
static void look_for_kind(struct tt_cli *cli, struct tt_source *source, struct tt_query *query)
{
	struct tt_filter *f = &query->filter;

	if (f->kind.len > 0 && tt_kind_scope(f->kind) == TT_SCOPE_UNKNOWN)
		query->strange_kind = !source->ops->kind(
			source, f->cluster, f->kind, &cli->arena, &f->kind);
}

int tt_source_show(struct tt_cli *cli, const struct tt_globals *globals, struct tt_query *query,
	tt_source_show_fn show, const void *options)
{
	struct tt_source *source = NULL;
	struct tt_source_info info;
	struct tt_err err;
	int rc = tt_source_open(&source, cli, globals, &err);

	if (rc == 0)
		rc = source->ops->info(source, &info, &cli->arena, &err);
	if (rc == 0)
		rc = tt_source_choose_cluster(cli, &info, &query->filter.cluster, &err);
	if (rc == 0)
		look_for_kind(cli, source, query);
	if (rc == 0)
		rc = show(cli, source, &info, query, options, &err);
	int status = rc == 0 ? TT_EXIT_DONE : tt_cli_fail(cli, &err);

	tt_source_close(source);
	return status;
}
