/* SPDX-License-Identifier: Apache-2.0 */
/* One event by its name. */
#include "base/arena.h"
#include "base/buf.h"
#include "net/http_server.h"
#include "serve/internal.h"
#include "serve/kubernetes/access.h"
#include "serve/kubernetes/answer.h"
#include "serve/kubernetes/options.h"
#include "serve/kubernetes/request.h"
#include "serve/kubernetes/view.h"

enum {
	EVENT_MAX_BYTES = 64 << 20,
	UNCOUNTED_BYTES = 256 << 10, /* an answer up to here is not worth counting */
};

void tt_api_send_event(
	struct tt_api_request *r, int code, const struct tt_event *event, struct tt_str version)
{
	struct tt_event e = *event;
	struct tt_buf body;

	e.metadata.resource_version = version;
	tt_buf_init(&body, EVENT_MAX_BYTES);
	tt_represent_event(&body, &r->as, &e);
	if (body.len <= UNCOUNTED_BYTES || tt_serve_reserve(r->call, body.len))
		tt_api_send(r, code, tt_representation_content_type(&r->as, false), &body);
	tt_buf_release(&body);
}

struct tt_str tt_api_version(struct tt_api_request *r, uint64_t seq)
{
	return tt_str_printf(r->arena, "%llu", (unsigned long long)seq);
}

/* The event that the request names. If it is not there, a gap may be why, which is said; where
 * there are others is not. */
static int find(struct tt_api_request *r, const struct tt_api_view *view, struct tt_batch **ret,
	struct tt_err *err)
{
	struct tt_identity_name identity = {r->cluster, r->url.namespace, r->url.name};
	struct tt_range range = {view->seq, view->filter.since_us, view->filter.until_us};
	struct tt_reader *reader;
	int rc = tt_readers_borrow(&r->serve->readers, &reader, err);

	if (rc != 0)
		return rc;
	rc = tt_reader_get(reader, &identity, &range, ret, err);
	if (rc == TT_ENOTFOUND && tt_api_warn(r, reader, view, 1, false, err) != 0)
		rc = err->code;
	tt_readers_done(&r->serve->readers, reader);
	return rc;
}

void tt_api_get(struct tt_api_request *r)
{
	struct tt_list_options options;
	struct tt_batch *batch = NULL;
	struct tt_api_view view;
	struct tt_err err;
	uint64_t head = tt_store_head(r->serve->store);

	if (!tt_api_list_options(r, &options) || !tt_api_view_make(r, &view) ||
		!tt_api_restrict(r, &view))
		return;
	if (options.version > head) {
		tt_api_fail_too_large(r, options.version, head);
		return;
	}
	int rc = find(r, &view, &batch, &err);

	if (rc == TT_ENOTFOUND)
		tt_api_fail_not_found(r);
	else if (rc != 0)
		tt_api_fail_err(r, &err);
	else
		tt_api_send_event(
			r, 200, &batch->records[0].event, tt_api_version(r, batch->records[0].seq));
	if (rc == 0)
		tt_batch_unref(batch);
}
