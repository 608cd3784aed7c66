/* SPDX-License-Identifier: Apache-2.0 */
#include "net/http_server.h"
#include "serve/internal.h"
#include "serve/kubernetes/request.h"

int tt_api_warn(struct tt_api_request *r, struct tt_reader *reader, const struct tt_filter *filter,
	size_t n_events, bool reads_all, struct tt_err *err)
{
	struct tt_notices notices = {0};
	struct tt_open_gap *open = NULL;
	/* what is disconnected now says nothing about the past */
	size_t n_open = r->url.is_at ? 0 : tt_serve_open_gaps(r->serve, &open, r->arena);
	/* where else events are is not for those who may not read them */
	size_t n_shown = n_events == 0 && !reads_all ? 1 : n_events;
	struct tt_notices_about about = {.filter = filter,
		.n_events = n_shown,
		.open = open,
		.n_open = n_open,
		.now_us = r->now_us,
		.one_cluster = r->serve->auth != NULL};
	int rc = tt_notices_make(&notices, reader, &about, r->arena, err);

	for (size_t i = 0; rc == 0 && i < notices.n; i++)
		tt_serve_warn(r->call, notices.sentences[i]);
	return rc;
}
