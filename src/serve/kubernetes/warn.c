/* SPDX-License-Identifier: Apache-2.0 */
#include "base/arena.h"
#include "base/timestamp.h"
#include "net/http_server.h"
#include "serve/internal.h"
#include "serve/kubernetes/request.h"
#include "serve/kubernetes/view.h"

/* What prints a kubeconfig for a wider view of the same; a duration is to follow. */
static struct tt_str how_to_see_more(struct tt_api_request *r)
{
	struct tt_str cluster = r->url.cluster, text = TT_STR("telltale kubeconfig ");
	char at[TT_TIME_SIZE];

	if (cluster.len > 0)
		text = tt_str_printf(
			r->arena, "%.*s--cluster %.*s ", TT_STR_ARG(text), TT_STR_ARG(cluster));
	if (r->url.is_at) {
		tt_time_format(r->url.at_us, TT_TIME_SECONDS, at);
		text = tt_str_printf(r->arena, "%.*s--at %s ", TT_STR_ARG(text), at);
	}
	return tt_str_printf(r->arena, "%.*s--last ", TT_STR_ARG(text));
}

static enum tt_notices_reach reach_of(struct tt_api_request *r, bool reads_all)
{
	if (r->serve->auth == NULL)
		return TT_REACH_LOG;
	return reads_all ? TT_REACH_CLUSTER : TT_REACH_NAMESPACE;
}

int tt_api_warn(struct tt_api_request *r, struct tt_reader *reader, const struct tt_api_view *view,
	size_t n_events, bool reads_all, struct tt_err *err)
{
	struct tt_notices notices = {0};
	struct tt_open_gap *open = NULL;
	/* what is disconnected now says nothing about the past */
	size_t n_open = r->url.is_at ? 0 : tt_serve_open_gaps(r->serve, &open, r->arena);
	struct tt_str how = how_to_see_more(r);
	struct tt_notices_about about = {.filter = &view->filter,
		.n_events = n_events,
		.open = open,
		.n_open = n_open,
		.now_us = r->now_us,
		.since = how.data,
		.reach = reach_of(r, reads_all),
		.floor_us = view->floor_us};
	int rc = tt_notices_make(&notices, reader, &about, r->arena, err);

	for (size_t i = 0; rc == 0 && i < notices.n; i++)
		tt_serve_warn(r->call, notices.sentences[i]);
	return rc;
}
