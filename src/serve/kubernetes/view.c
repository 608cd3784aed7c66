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
	(void)tt_http_query(r->call, "labelSelector", &labels);
	ret->check = check_of(r, fields, labels);
	return true;
}

static size_t first_behind(const struct tt_locations *places, struct tt_location after)
{
	size_t low = 0, high = places->n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;
		struct tt_location at = places->items[mid];

		if (at.t < after.t || (at.t == after.t && at.seq <= after.seq))
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

int tt_api_view_find(struct tt_reader *reader, const struct tt_api_view *view,
	struct tt_location after, size_t limit, struct tt_locations *ret, struct tt_err *err)
{
	struct tt_view all = {.filter = &view->filter, .max_seq = view->seq};
	int rc = tt_reader_find(reader, &all, ret, err);

	if (rc != 0)
		return rc;
	size_t first = after.seq > 0 ? first_behind(ret, after) : 0;

	ret->n -= first;
	if (first > 0 && ret->n > 0)
		memmove(ret->items, ret->items + first, ret->n * sizeof(*ret->items));
	if (limit > 0 && ret->n > limit) {
		ret->n = limit;
		ret->truncated = true;
	}
	return 0;
}

int tt_api_view_passage(struct tt_reader *reader, const struct tt_api_passage *passage,
	struct tt_locations *ret, struct tt_err *err)
{
	struct tt_filter filter = passage->filter != NULL ? *passage->filter
							  : (struct tt_filter){0};
	struct tt_view view = {.filter = &filter, .max_seq = passage->seq};

	filter.cluster = passage->cluster;
	filter.since_us = passage->from_us + 1;
	filter.until_us = 0;
	int rc = tt_reader_find(reader, &view, ret, err);

	while (rc == 0 && ret->n > 0 && ret->items[ret->n - 1].t > passage->to_us)
		ret->n--;
	return rc;
}

int tt_api_view_get(struct tt_reader *reader, const struct tt_api_view *view,
	struct tt_str namespace, struct tt_str name, struct tt_batch **ret, struct tt_err *err)
{
	struct tt_field_term term = {TT_LABEL_METADATA_NAME, false, name};
	struct tt_fieldselector only = {&term, 1};
	struct tt_filter filter = view->filter;
	struct tt_view one = {.filter = &filter, .max_seq = view->seq, .limit = 1};
	struct tt_locations places = {0};

	filter.namespace = namespace;
	filter.selector = &only;
	int rc = tt_reader_find(reader, &one, &places, err);

	if (rc == 0 && places.n == 0)
		rc = tt_fail(err, TT_ENOTFOUND, "there is no such event");
	if (rc == 0)
		rc = tt_reader_fetch(reader, &places, SIZE_MAX, ret, err);
	tt_free(places.items);
	if (rc == 0 && (*ret)->n == 0) {
		tt_batch_unref(*ret);
		rc = tt_fail(err, TT_ENOTFOUND, "there is no such event");
	}
	return rc;
}

int tt_api_recorded_at(struct tt_reader *reader, uint64_t seq, int64_t *ret_us, struct tt_err *err)
{
	const struct tt_filter all = {0};
	struct tt_batch *batch = NULL;
	uint64_t cursor = seq - 1;

	if (seq == 0)
		return tt_fail(err, TT_EGONE, "there is no record 0");
	int rc = tt_reader_read(reader, &cursor, 1, &all, &batch, err);

	if (rc != 0)
		return rc;
	if (batch->n == 1 && batch->records[0].seq == seq && batch->records[0].recorded_at_us > 0)
		*ret_us = batch->records[0].recorded_at_us;
	else
		rc = tt_fail(
			err, TT_EGONE, "record %llu is no longer kept", (unsigned long long)seq);
	tt_batch_unref(batch);
	return rc;
}
