/* SPDX-License-Identifier: Apache-2.0 */
/* Lists of events, page by page, each page of the same view. */
#include "base/arena.h"
#include "base/clock.h"
#include "base/mem.h"
#include "net/http_server.h"
#include "serve/internal.h"
#include "serve/kubernetes/access.h"
#include "serve/kubernetes/answer.h"
#include "serve/kubernetes/continue.h"
#include "serve/kubernetes/listing.h"
#include "serve/kubernetes/options.h"
#include "serve/kubernetes/request.h"
#include "serve/kubernetes/state.h"
#include "serve/kubernetes/ticket.h"
#include "serve/kubernetes/view.h"

/* Words of k8s.io/apiserver's storage. */
#define TOKEN_EXPIRED                                                                              \
	"The provided continue parameter is too old to display a consistent list result. You can " \
	"start a new list without the continue parameter."

static uint64_t oldest_of(struct tt_api_request *r)
{
	struct tt_store_status status;

	if (tt_store_status(r->serve->store, &status, r->arena, NULL) != 0)
		return 0;
	return status.oldest;
}

/* Whether something that the rest of the list should hold may be gone. */
static bool is_expired(struct tt_api_request *r, const struct tt_continue *token)
{
	struct tt_store_status status;

	if (token->seq > tt_store_head(r->serve->store))
		return true;
	if (tt_store_status(r->serve->store, &status, r->arena, NULL) != 0 ||
		status.oldest <= token->oldest)
		return false;
	return status.first_recorded_us == TT_TIME_ZERO ||
	       token->after.t < status.first_recorded_us;
}

/* Goes on with the view of a token; false: answered. */
static bool take_token(struct tt_api_request *r, const struct tt_list_options *o,
	struct tt_api_view *view, struct tt_continue *token)
{
	if (o->resource_version.len > 0 && !tt_str_is(o->resource_version, "0")) {
		tt_api_fail(
			r, 400, "specifying resource version is not allowed when using continue");
		return false;
	}
	if (!tt_continue_parse(token, o->continue_token)) {
		tt_api_fail(r, 400, "invalid continue token: continue key is not valid: %s",
			tt_continue_problem(r->arena, o->continue_token));
		return false;
	}
	if (token->check != view->check) {
		tt_api_fail(r, 400,
			"invalid continue token: continue key is not valid: it is of "
			"another list");
		return false;
	}
	if (is_expired(r, token)) {
		tt_api_fail(r, 410, "%s", TOKEN_EXPIRED);
		return false;
	}
	view->seq = token->seq;
	tt_api_view_set_time(r, view, token->at_us);
	return true;
}

/* Answers with the events at `places`, and a token if they are not the last. */
static void send(struct tt_api_request *r, const struct tt_api_view *view,
	struct tt_continue *token, struct tt_locations *places)
{
	struct tt_listmeta meta = {.remaining_item_count = -1};
	struct tt_buf text;

	meta.resource_version = tt_str_printf(r->arena, "%llu", (unsigned long long)view->seq);
	if (places->truncated && places->n > 0) {
		if (token->check == 0)
			token->oldest = oldest_of(r);
		token->check = view->check;
		token->seq = view->seq;
		token->at_us = view->at_us;
		token->after = places->items[places->n - 1];
		tt_buf_init(&text, 256);
		tt_continue_put(&text, token);
		meta.continue_token = tt_str_dup(r->arena, tt_buf_view(&text));
		tt_buf_release(&text);
	}
	if (!r->url.is_at)
		tt_ticket_leave(tt_api_tickets(r->serve), tt_api_view_client(r, view), view->seq,
			view->at_us, tt_clock_mono_ns(r->serve->clock));
	tt_api_send_list(r, &meta, places, view->floor_us);
}

/* Everything that needs a reader; false: answered. */
static bool query(struct tt_api_request *r, const struct tt_list_options *o,
	struct tt_api_view *view, struct tt_continue *token, struct tt_locations *ret)
{
	struct tt_reader *reader;
	struct tt_err err;
	bool is_first = o->continue_token.len == 0, taken;
	bool reads_all = is_first &&
			 tt_api_may_read_all(r); /* may ask an API server: no reader yet */
	int rc = 0;

	if (tt_readers_borrow(&r->serve->readers, &reader, &err) != 0) {
		tt_api_fail_err(r, &err);
		return false;
	}
	taken = is_first ? tt_api_take_version(r, reader, o, view) : take_token(r, o, view, token);
	if (taken)
		rc = tt_api_view_find(reader, view, token->after, o->limit, ret, &err);
	if (taken && rc == 0 && is_first)
		rc = tt_api_warn(r, reader, view, ret->n, reads_all, &err);
	tt_readers_done(&r->serve->readers, reader);
	if (rc != 0)
		tt_api_fail_err(r, &err);
	return taken && rc == 0;
}

void tt_api_list(struct tt_api_request *r)
{
	struct tt_locations places = {0};
	struct tt_continue token = {0};
	struct tt_list_options options;
	struct tt_api_view view;

	if (!tt_api_list_options(r, &options) || !tt_api_view_make(r, &view) ||
		!tt_api_restrict(r, &view))
		return;
	if (query(r, &options, &view, &token, &places))
		send(r, &view, &token, &places);
	else
		tt_free(places.items);
}
