/* SPDX-License-Identifier: Apache-2.0 */
/* A watch of namespaces: which have come and gone is found out anew every few seconds. */
#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/log.h"
#include "net/http_server.h"
#include "serve/internal.h"
#include "serve/kubernetes/access.h"
#include "serve/kubernetes/answer.h"
#include "serve/kubernetes/namespace_object.h"
#include "serve/kubernetes/namespaces.h"
#include "serve/kubernetes/options.h"
#include "serve/kubernetes/request.h"
#include "serve/kubernetes/view.h"

enum { WAIT_MS = 500 /* how soon a hang-up is noticed */ };

static const int64_t LOOK_NS = 20ll * TT_NS_PER_S;

struct watch {
	struct tt_api_request *r;
	struct tt_api_view view;    /* its seq: what the client has is of that version */
	struct tt_namespaces known; /* to the client */
	struct tt_arena arena;      /* of `known` */
	bool bookmarks, initial_bookmark;
	bool any; /* a frame was sent */
	int64_t deadline_ns, bookmark_ns, look_ns;
	struct tt_api_grant grant;
};

static void watch_done(void *arg)
{
	struct watch *w = arg;

	tt_arena_release(&w->arena);
}

static void put_frame(
	struct watch *w, struct tt_buf *out, enum tt_watch_type type, struct tt_str name)
{
	struct tt_namespace n = {.name = name, .version = w->view.seq};

	tt_namespace_put_frame(w->r, out, type, &n, !w->any);
	w->any = true;
}

static void put_bookmark(struct watch *w, struct tt_buf *out, bool ends_initial)
{
	struct tt_namespace n = {.version = w->view.seq, .ends_initial = ends_initial};

	tt_namespace_put_frame(w->r, out, TT_WATCH_BOOKMARK, &n, !w->any);
	w->any = true;
	w->bookmark_ns = tt_clock_mono_ns(w->r->serve->clock) + TT_API_BOOKMARK_NS;
}

/* What takes the client from those it knows to those that are `there`; both are sorted. */
static void put_difference(struct watch *w, const struct tt_namespaces *there, struct tt_buf *out)
{
	const struct tt_namespaces *known = &w->known;
	size_t i = 0, j = 0;

	while (i < known->n || j < there->n) {
		int order = i == known->n   ? 1
			    : j == there->n ? -1
					    : tt_str_cmp(known->names[i], there->names[j]);

		if (order < 0)
			put_frame(w, out, TT_WATCH_DELETED, known->names[i]);
		else if (order > 0)
			put_frame(w, out, TT_WATCH_ADDED, there->names[j]);
		i += order <= 0;
		j += order >= 0;
	}
}

/* Those that are there, for who asks, whose groups may be others by now. */
static int find(
	struct watch *w, struct tt_namespaces *ret, struct tt_arena *arena, struct tt_err *err)
{
	struct tt_api_request *r = w->r;
	struct tt_auth *auth = r->serve->auth;
	struct tt_user before = r->user;
	int rc = 0;

	if (auth != NULL)
		rc = tt_auth_authenticate(auth, r->call, r->cluster, &r->user, arena, err);
	if (rc == 0)
		rc = tt_api_find_namespaces(r, &w->view, &w->known, ret, arena, err);
	r->user = before;
	return rc;
}

/* Looks which there are now, and tells the difference. */
static int look(struct watch *w, struct tt_buf *out, struct tt_err *err)
{
	struct tt_serve *serve = w->r->serve;
	struct tt_namespaces there;
	struct tt_arena arena = {0};

	w->view.seq = tt_store_head(serve->store);
	if (!w->r->url.is_at)
		tt_api_view_set_time(w->r, &w->view, tt_clock_wall_us(serve->clock));
	w->r->as.now_us = w->view.at_us;
	int rc = find(w, &there, &arena, err);

	if (rc != 0) {
		tt_arena_release(&arena);
		return rc;
	}
	put_difference(w, &there, out);
	tt_arena_release(&w->arena);
	w->arena = arena;
	w->known = there;
	w->look_ns = w->r->url.is_at ? INT64_MAX : tt_clock_mono_ns(serve->clock) + LOOK_NS;
	return 0;
}

static int watch_next(void *arg, struct tt_http_call *call, struct tt_buf *out)
{
	struct watch *w = arg;
	struct tt_serve *serve = w->r->serve;
	int64_t now_ns = tt_clock_mono_ns(serve->clock);
	struct tt_err err;

	if (now_ns >= w->deadline_ns || tt_http_is_stopping(call) ||
		!tt_api_grant_holds(&w->grant, w->r))
		return 0;
	if (now_ns < w->look_ns) {
		tt_http_rest(call, WAIT_MS);
	} else if (look(w, out, &err) != 0) {
		tt_log_warn(serve->log, "a watch of namespaces ends", TT_FS("error", err.msg));
		return 0;
	}
	if (w->initial_bookmark)
		put_bookmark(w, out, true);
	w->initial_bookmark = false;
	if (w->bookmarks && now_ns >= w->bookmark_ns)
		put_bookmark(w, out, false);
	return 1;
}

/* What the client knows if it goes on at the version asked for. */
static int begin_at(struct watch *w, const struct tt_list_options *o, struct tt_err *err)
{
	struct tt_serve *serve = w->r->serve;
	struct tt_record_times then;
	struct tt_reader *reader;
	int rc = tt_readers_borrow(&serve->readers, &reader, err);

	if (rc != 0)
		return rc;
	rc = tt_reader_times(reader, o->version, &then, err);
	tt_readers_done(&serve->readers, reader);
	if (rc != 0)
		return rc;
	w->view.seq = o->version;
	if (!w->r->url.is_at)
		tt_api_view_set_time(w->r, &w->view, then.recorded_at_us);
	return tt_api_find_namespaces(w->r, &w->view, NULL, &w->known, &w->arena, err);
}

void tt_api_watch_namespaces(struct tt_api_request *r)
{
	struct watch *w = tt_arena_new(r->arena, struct watch, 1);
	struct tt_list_options o;
	struct tt_err err;
	int rc = 0;

	w->r = r;
	if (!tt_api_list_options(r, &o) || !tt_api_check_watched_version(r, &o) ||
		!tt_api_view_make(r, &w->view))
		return;
	if (r->as.format == TT_FORMAT_PROTOBUF)
		r->as.format = TT_FORMAT_JSON; /* the Content-Type says so */
	w->bookmarks = o.bookmarks;
	w->initial_bookmark = o.initial == 1 && o.bookmarks;
	w->deadline_ns = tt_api_watch_deadline_ns(r, &o);
	w->bookmark_ns = tt_clock_mono_ns(r->serve->clock) + TT_API_BOOKMARK_NS;
	tt_api_grant_init(&w->grant, r, w->view.floor_us);
	if (o.initial != 1 && o.version > 0)
		rc = begin_at(w, &o, &err);
	else if (o.initial == 0)
		rc = tt_api_find_namespaces(r, &w->view, NULL, &w->known, &w->arena, &err);
	if (rc == 0) {
		tt_api_send_watch(r, watch_next, watch_done, w);
		return;
	}
	watch_done(w);
	tt_api_fail_watch(r, &err);
}
