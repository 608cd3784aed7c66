/* SPDX-License-Identifier: Apache-2.0 */
#include "base/arena.h"
#include "base/timestamp.h"
#include "net/http_server.h"
#include "serve/internal.h"
#include "serve/kubernetes/request.h"

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

int tt_api_warn(struct tt_api_request *r, struct tt_reader *reader, const struct tt_filter *filter,
	size_t n_events, bool reads_all, struct tt_err *err)
{
	struct tt_notices notices = {0};
	struct tt_open_gap *open = NULL;
	/* what is disconnected now says nothing about the past */
	size_t n_open = r->url.is_at ? 0 : tt_serve_open_gaps(r->serve, &open, r->arena);
	/* where else events are is not for those who may not read them */
	size_t n_shown = n_events == 0 && !reads_all ? 1 : n_events;
	struct tt_str how = how_to_see_more(r);
	struct tt_notices_about about = {.filter = filter,
		.n_events = n_shown,
		.open = open,
		.n_open = n_open,
		.now_us = r->now_us,
		.since = how.data,
		.one_cluster = r->serve->auth != NULL};
	int rc = tt_notices_make(&notices, reader, &about, r->arena, err);

	for (size_t i = 0; rc == 0 && i < notices.n; i++)
		tt_serve_warn(r->call, notices.sentences[i]);
	return rc;
}
