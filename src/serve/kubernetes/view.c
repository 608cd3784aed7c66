/* SPDX-License-Identifier: Apache-2.0 */
#include "serve/kubernetes/view.h"

#include "base/hash.h"
#include "base/mem.h"
#include "net/http_server.h"
#include "serve/internal.h"
#include "serve/kubernetes/answer.h"
#include "serve/kubernetes/request.h"

void tt_api_view_set_time(struct tt_api_request *r, struct tt_api_view *view, int64_t at_us)
{
	int64_t window_us = r->url.window_us;

	view->at_us = at_us;
	view->filter.until_us = at_us != 0 ? at_us : 1; /* 0 would be: open */
	view->filter.since_us = at_us > INT64_MIN + 1 + window_us ? at_us - window_us + 1
								  : TT_TIME_ZERO;
	if (view->floor_us > view->filter.since_us)
		view->filter.since_us = view->floor_us;
}

static uint64_t check_of(struct tt_api_request *r, struct tt_str fields, struct tt_str labels)
{
	uint64_t h = tt_hash_str(r->cluster, 0);

	h = tt_hash_str(r->url.base, h);
	h = tt_hash_str(r->url.namespace, h);
	h = tt_hash_str(fields, h);
	return tt_hash_str(labels, h);
}

bool tt_api_view_make(struct tt_api_request *r, struct tt_api_view *ret)
{
	struct tt_str fields = {0}, labels = {0};
	struct tt_err err;

	*ret = (struct tt_api_view){
		.seq = tt_store_head(r->serve->store), .floor_us = TT_TIME_ZERO};
	ret->filter.cluster = r->cluster;
	ret->filter.namespace = r->url.namespace;
	tt_api_view_set_time(r, ret, r->url.is_at ? r->url.at_us : r->now_us);
	if (tt_http_query(r->call, "fieldSelector", &fields) && fields.len > 0) {
		if (tt_fieldselector_parse(&ret->fields, r->group, fields, r->arena, &err) != 0) {
			tt_api_fail(r, 400, "%s", err.msg);
			return false;
		}
		ret->filter.selector = &ret->fields;
	}
	if (tt_http_query(r->call, "labelSelector", &labels) && labels.len > 0) {
		if (tt_labelselector_parse(&ret->labels, labels, r->arena, &err) != 0) {
			tt_api_fail(r, 400, "%s", err.msg);
			return false;
		}
		ret->filter.labels = &ret->labels;
	}
	ret->check = check_of(r, fields, labels);
	return true;
}

uint64_t tt_api_view_client(const struct tt_api_request *r, const struct tt_api_view *view)
{
	struct tt_str agent = tt_http_request_header(r->call, "User-Agent");

	return tt_hash_str(agent, tt_hash_str(r->user.name, view->check));
}

int tt_api_view_find(struct tt_reader *reader, const struct tt_api_view *view,
	struct tt_location after, size_t limit, struct tt_locations *ret, struct tt_err *err)
{
	struct tt_view page = {.filter = &view->filter,
		.max_seq = view->seq,
		.limit = limit,
		.oldest = true,
		.after = after};

	return tt_reader_find(reader, &page, ret, err);
}

int tt_api_view_passage(struct tt_reader *reader, const struct tt_api_passage *passage,
	struct tt_locations *ret, struct tt_err *err)
{
	struct tt_filter filter = passage->filter != NULL ? *passage->filter
							  : (struct tt_filter){0};
	struct tt_view view = {.filter = &filter,
		.max_seq = passage->seq,
		.before_us = passage->to_us + 1,
		.oldest = true,
		.after = passage->after,
		.limit = passage->limit};

	filter.cluster = passage->cluster;
	filter.since_us = passage->from_us + 1;
	filter.until_us = 0;
	return tt_reader_find(reader, &view, ret, err);
}
