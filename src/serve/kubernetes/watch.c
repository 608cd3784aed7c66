/* SPDX-License-Identifier: Apache-2.0 */
/* Watches: what changes in a live view, frame by frame.
 *
 * What a client has is always V(cursor, edge): the log up to `cursor`, without what has t <= edge.
 * A record of the log moves the cursor, a step of the edge (leavers.h) takes out what it passes;
 * both in the order of the log, so that the client can follow either. */
#include "base/arena.h"
#include "base/assert.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "net/http_server.h"
#include "serve/internal.h"
#include "serve/kubernetes/access.h"
#include "serve/kubernetes/answer.h"
#include "serve/kubernetes/leavers.h"
#include "serve/kubernetes/memo.h"
#include "serve/kubernetes/options.h"
#include "serve/kubernetes/request.h"
#include "serve/kubernetes/state.h"
#include "serve/kubernetes/ticket.h"
#include "serve/kubernetes/view.h"
#include "store/ingest.h"

enum {
	PIECE_EVENTS = 200,
	PAGE_EVENTS = 1000,
	PIECE_BYTES = 256 << 10,
	ROOM_BYTES = 4000, /* more than what glibc keeps for each thread when a buffer grows */
	READ_RECORDS = 500,
	RECENT_MAX = 16,
	WAIT_MS = 500,  /* how soon a hang-up is noticed */
	PACE_MS = 80,   /* between two looks at a log that is being written */
	MAKING_MS = 20, /* until a step of the edge that another watch makes may be there */
};

struct watch {
	struct tt_api_request *r;
	struct tt_api_view view; /* its filter has no window: the edge says that */
	struct tt_edge *edge;    /* NULL: of a view of the past, which is silent */
	struct tt_edge_step *step;
	int64_t edge_us;
	uint64_t cursor;
	struct tt_locations places; /* to be sent before all else: ADDED or DELETED */
	size_t at;
	size_t reserved; /* for those that the watch begins with */
	enum tt_watch_type places_type;
	size_t leaver;             /* the next of the present step */
	struct tt_location passed; /* of a step that is crowded: the last one found; seq 0: none */
	bool step_done;
	uint64_t reach; /* no step that is still to come is of an earlier record */
	bool fixed;     /* what passes the filter has always passed it */
	bool bookmarks, initial_bookmark;
	bool any; /* a frame was sent */
	int64_t caught_up_ns;
	int64_t deadline_ns, bookmark_ns;
	struct tt_api_grant grant;
};

static void drop_places(struct watch *w)
{
	tt_free(w->places.items);
	w->places = (struct tt_locations){0};
	w->at = 0;
	tt_http_unreserve(w->r->call, w->reserved);
	w->reserved = 0;
}

static void watch_done(void *arg)
{
	struct watch *w = arg;

	drop_places(w);
	if (w->edge != NULL)
		tt_edge_leave(w->r->serve, w->edge, w->step);
}

/* --- frames --- */

static void put_frame(struct watch *w, struct tt_buf *out, enum tt_watch_type type,
	const struct tt_event *event, uint64_t version)
{
	struct tt_event e = *event;
	char text[TT_U64_SIZE];

	if (out->len == 0)
		(void)tt_buf_reserve(out, ROOM_BYTES);
	e.metadata.resource_version = tt_str_of_u64(version, text);
	tt_represent_frame(out, &w->r->as, type, &e, !w->any);
	w->any = true;
}

static void put_bookmark(struct watch *w, struct tt_buf *out, bool initial_end)
{
	struct tt_label annotation = {TT_STR(TT_API_INITIAL_END), TT_STR("true")};
	struct tt_event e;

	tt_event_init(&e);
	if (initial_end) {
		e.metadata.annotations = &annotation;
		e.metadata.n_annotations = 1;
	}
	put_frame(w, out, TT_WATCH_BOOKMARK, &e, w->cursor);
	w->bookmark_ns = tt_clock_mono_ns(w->r->serve->clock) + TT_API_BOOKMARK_NS;
}

/* --- what was found --- */

static int put_places(struct watch *w, struct tt_buf *out, struct tt_err *err)
{
	size_t left = w->places.n - w->at;
	struct tt_locations piece = {
		.items = w->places.items + w->at, .n = left < PIECE_EVENTS ? left : PIECE_EVENTS};
	bool are_new = w->places_type == TT_WATCH_ADDED;
	struct tt_batch *events;
	struct tt_reader *reader;
	int rc = tt_readers_borrow(&w->r->serve->readers, &reader, err);

	if (rc != 0)
		return rc;
	rc = tt_reader_fetch(reader, &piece, PIECE_BYTES, &events, err);
	tt_readers_done(&w->r->serve->readers, reader);
	if (rc != 0)
		return rc;
	if (events->n < piece.n && !are_new) /* what is dropped meanwhile cannot be told to leave */
		rc = tt_fail(err, TT_EGONE, "%s", TT_API_WATCH_EXPIRED);
	for (size_t i = 0; rc == 0 && i < events->n; i++)
		put_frame(w, out, w->places_type, &events->records[i].event,
			are_new ? events->records[i].seq : w->cursor);
	tt_batch_unref(events);
	w->at += piece.n;
	if (w->at == w->places.n)
		drop_places(w);
	return rc;
}

/* --- the log --- */

/* Whether an event that passes the filter has always passed it: what the selector looks at does not
 * change from one observation to the next. */
static bool is_fixed(const struct tt_filter *filter)
{
	const struct tt_fieldselector *s = filter->selector;

	if (filter->labels != NULL)
		return false;
	for (size_t i = 0; s != NULL && i < s->n; i++)
		if (s->terms[i].label > TT_LABEL_INVOLVED_API_VERSION)
			return false;
	return true;
}

/* Whether the observation `seq` is inside the window, by its time alone. */
static int is_inside(struct watch *w, uint64_t seq, struct tt_err *err)
{
	struct tt_memo *memo = tt_api_memo(w->r->serve);
	struct tt_record_times times;
	struct tt_reader *reader;
	int64_t t_us;

	if (tt_memo_find(memo, seq, &t_us))
		return t_us > w->edge_us;
	int rc = tt_readers_borrow(&w->r->serve->readers, &reader, err);

	if (rc != 0)
		return rc;
	rc = tt_reader_times(reader, seq, &times, err);
	tt_readers_done(&w->r->serve->readers, reader);
	if (rc != 0)
		return rc == TT_EGONE ? 0 : rc;
	tt_memo_note(memo, seq, times.t);
	return times.t > w->edge_us;
}

/* The observation before `record`, if the client has it: 1, with a batch of it where it had to be
 * looked at, 0 or negative. */
static int find_shown(
	struct watch *w, const struct tt_record *record, struct tt_batch **ret, struct tt_err *err)
{
	const struct tt_objectmeta *m = &record->event.metadata;
	struct tt_identity_name identity = {record->cluster, m->namespace, m->name};
	struct tt_range before = {record->seq - 1, w->edge_us + 1, 0};
	struct tt_reader *reader;

	if (record->predecessor_seq == 0)
		return 0;
	if (w->fixed && record->change != TT_CHANGE_ADDED) /* which may come after a deletion */
		return is_inside(w, record->predecessor_seq, err);
	int rc = tt_readers_borrow(&w->r->serve->readers, &reader, err);

	if (rc != 0)
		return rc;
	struct tt_batch *found = NULL;

	rc = tt_reader_get(reader, &identity, &before, &found, err);
	tt_readers_done(&w->r->serve->readers, reader);
	if (rc != 0)
		return rc == TT_ENOTFOUND ? 0 : rc;
	if (tt_filter_matches(&w->view.filter, &found->records[0])) {
		*ret = found;
		return 1;
	}
	tt_batch_unref(found);
	return 0;
}

/* Whether it is an event of the cluster and namespace that are watched. */
static bool is_ours(const struct watch *w, const struct tt_record *record)
{
	const struct tt_filter *filter = &w->view.filter;

	return record->kind == TT_RECORD_EVENT && tt_str_eq(record->cluster, filter->cluster) &&
	       (filter->namespace.len == 0 ||
		       tt_str_eq(record->event.metadata.namespace, filter->namespace));
}

/* The frame that takes the client from the observation before `record` to it. What no longer
 * matches is shown as it was before. */
static int put_record(
	struct watch *w, const struct tt_record *record, struct tt_buf *out, struct tt_err *err)
{
	bool is_deletion = record->change == TT_CHANGE_DELETED;
	struct tt_batch *before = NULL;

	if (!is_ours(w, record))
		return 0;
	tt_memo_note(tt_api_memo(w->r->serve), record->seq,
		is_deletion ? TT_TIME_ZERO : record->time_us);
	bool matches = tt_filter_matches(&w->view.filter, record);

	if (!matches && w->fixed)
		return 0;
	int was = find_shown(w, record, &before, err);

	if (was < 0)
		return was;
	tt_assert(matches || was == 0 || before != NULL);
	if (matches && !is_deletion && record->time_us > w->edge_us)
		put_frame(w, out, was ? TT_WATCH_MODIFIED : TT_WATCH_ADDED, &record->event,
			record->seq);
	else if (was)
		put_frame(w, out, TT_WATCH_DELETED,
			matches ? &record->event : &before->records[0].event, record->seq);
	tt_batch_unref(before);
	return 0;
}

/* The last record that may be sent before the edge moves on. */
static uint64_t barrier(const struct watch *w)
{
	return w->step_done ? w->reach : w->step->seq;
}

/* Whether the record stands for others that cannot be read any more. What they would have told the
 * client is lost to it, so that it has to list anew. */
static bool is_loss(const struct tt_record *record)
{
	return record->kind == TT_RECORD_GAP && record->gap.by_reader;
}

/* 1 if all of them are done with, 0 if the piece was full before, or the edge has to move first. */
static int put_records(
	struct watch *w, const struct tt_batch *batch, struct tt_buf *out, struct tt_err *err)
{
	for (size_t i = 0; i < batch->n; i++) {
		const struct tt_record *record = &batch->records[i];

		if (record->seq <= w->cursor)
			continue;
		if (is_loss(record))
			return tt_fail(err, TT_EGONE, "%s", TT_API_WATCH_EXPIRED);
		if (record->seq > barrier(w) || out->len >= PIECE_BYTES)
			return 0;
		int rc = put_record(w, record, out, err);

		if (rc != 0)
			return rc;
		w->cursor = record->seq;
	}
	return 1;
}

/* From the batches still in memory: 1, or 0 if the cursor lies behind them. */
static int put_recent(struct watch *w, struct tt_buf *out, struct tt_err *err)
{
	struct tt_batch *batches[RECENT_MAX];
	size_t n = tt_ingest_recent(w->r->serve->ingest, w->cursor, batches, RECENT_MAX);
	int rc = 1;

	for (size_t i = 0; i < n; i++) {
		if (rc > 0)
			rc = put_records(w, batches[i], out, err);
		tt_batch_unref(batches[i]);
	}
	return rc < 0 ? rc : n > 0;
}

static int put_read(struct watch *w, struct tt_buf *out, struct tt_err *err)
{
	struct tt_batch *batch = NULL;
	struct tt_reader *reader;
	uint64_t cursor = w->cursor;
	int rc = tt_readers_borrow(&w->r->serve->readers, &reader, err);

	if (rc != 0)
		return rc;
	/* what a selector leaves out may have been there before */
	const struct tt_filter all = {
		.cluster = w->view.filter.cluster, .namespace = w->view.filter.namespace};

	rc = tt_reader_read(reader, &cursor, READ_RECORDS, &all, &batch, err);
	tt_readers_done(&w->r->serve->readers, reader);
	if (rc == 0)
		rc = put_records(w, batch, out, err);
	if (rc > 0)
		w->cursor = cursor < barrier(w) ? cursor : barrier(w);
	tt_batch_unref(batch);
	return rc < 0 ? rc : 0;
}

/* --- the edge --- */

/* The client is told all that the present step has passed, or will be before anything else. */
static void pass_step(struct watch *w)
{
	if (w->step->edge_us > w->edge_us)
		w->edge_us = w->step->edge_us;
	w->step_done = true;
}

/* The events that the present step of the edge has passed. */
static void put_leavers(struct watch *w, struct tt_buf *out)
{
	struct tt_batch *leavers = w->step->leavers;
	size_t n = leavers != NULL ? leavers->n : 0;

	for (; w->leaver < n && out->len < PIECE_BYTES; w->leaver++) {
		const struct tt_record *record = &leavers->records[w->leaver];

		if (record->time_us > w->edge_us && tt_filter_matches(&w->view.filter, record))
			put_frame(w, out, TT_WATCH_DELETED, &record->event, w->cursor);
	}
	if (w->leaver == n)
		pass_step(w);
}

/* Finds the next page of them in the log, where they are not held. */
static int find_leavers(struct watch *w, struct tt_err *err)
{
	const struct tt_api_passage passage = {.cluster = w->view.filter.cluster,
		.filter = &w->view.filter,
		.seq = w->step->seq,
		.from_us = w->edge_us,
		.to_us = w->step->edge_us,
		.after = w->passed,
		.limit = PAGE_EVENTS};
	struct tt_dropped dropped;
	struct tt_reader *reader;
	int rc = tt_readers_borrow(&w->r->serve->readers, &reader, err);

	if (rc != 0)
		return rc;
	rc = tt_api_view_passage(reader, &passage, &w->places, err);
	tt_readers_done(&w->r->serve->readers, reader);
	if (rc == 0)
		rc = tt_store_dropped(w->r->serve->store, &dropped, err);
	if (rc != 0)
		return rc;
	if (dropped.at_us != w->step->dropped_at_us && dropped.recorded_us > w->edge_us)
		return tt_fail(err, TT_EGONE, "%s", TT_API_WATCH_EXPIRED);
	w->places_type = TT_WATCH_DELETED;
	if (w->places.truncated)
		w->passed = w->places.items[w->places.n - 1];
	else
		pass_step(w);
	return 0;
}

/* The next step, if it is there. */
static int move_edge(struct watch *w, struct tt_err *err)
{
	uint64_t limit;
	int rc = tt_edge_next(w->r->serve, w->edge, &w->step, &limit, err);

	if (w->reach > limit)
		w->reach = limit;
	if (rc > 0) {
		w->step_done = false;
		w->leaver = 0;
		w->passed = (struct tt_location){0};
	}
	if (rc > 0 && w->step->lost)
		return tt_fail(err, TT_EGONE, "%s", TT_API_WATCH_EXPIRED);
	return rc < 0 ? rc : 0;
}

/* --- the stream --- */

/* A watch that has just caught up lets things gather for a moment: what comes after a quiet time is
 * told at once, but a thousand watches need not wake for each of many commits. */
static void pace(const struct watch *w)
{
	int64_t now_ns = tt_clock_mono_ns(w->r->serve->clock);
	int64_t left_ns = w->caught_up_ns + (int64_t)PACE_MS * TT_NS_PER_MS - now_ns;

	if (left_ns > 0)
		tt_http_rest(w->r->call, (int)(left_ns / TT_NS_PER_MS));
}

/* Brings the client up to `head`, or as far as one piece reaches. */
static int catch_up(struct watch *w, uint64_t head, struct tt_buf *out, struct tt_err *err)
{
	int rc = put_recent(w, out, err);

	if (w->cursor < head && rc == 0)
		rc = put_read(w, out, err);
	if (w->cursor >= head)
		w->caught_up_ns = tt_clock_mono_ns(w->r->serve->clock);
	return rc < 0 ? rc : 0;
}

/* What has happened since, about one piece of it; waits for it a while. */
static int put_changes(struct watch *w, struct tt_buf *out, struct tt_err *err)
{
	int rc = 0;

	pace(w);
	if (w->step_done)
		rc = move_edge(w, err);
	if (rc != 0)
		return rc;
	if (!w->step_done && w->cursor >= w->step->seq && w->step->crowded)
		return find_leavers(w, err);
	if (!w->step_done && w->cursor >= w->step->seq) {
		put_leavers(w, out);
		return 0;
	}
	/* the head of the store moves before the newest batches can be had from memory */
	uint64_t head = tt_ingest_wait(
		w->r->serve->ingest, w->cursor, (int64_t)WAIT_MS * TT_NS_PER_MS);

	w->reach = head;
	if (w->step_done)
		rc = move_edge(w, err);
	if (rc == 0 && w->cursor >= barrier(w) && w->cursor < head && w->step_done)
		tt_http_rest(w->r->call, MAKING_MS);
	else if (rc == 0 && w->cursor < head)
		rc = catch_up(w, head, out, err);
	return rc;
}

/* Ends the stream with an ERROR frame. */
static int put_error(struct watch *w, struct tt_buf *out, int code, const char *message)
{
	struct tt_status status = {.status = TT_STR("Failure"),
		.message = tt_str_from(message),
		.reason = tt_str_from(tt_serve_reason(code)),
		.code = code};

	tt_represent_status_frame(out, &w->r->as, &status);
	return 0;
}

/* What is due by the clock; false: the stream ends. */
static bool keep_time(struct watch *w, struct tt_buf *out)
{
	int64_t now_ns = tt_clock_mono_ns(w->r->serve->clock);

	if (now_ns >= w->deadline_ns)
		return false;
	if (!tt_api_grant_holds(&w->grant, w->r))
		return false;
	if (w->bookmarks && w->at == w->places.n && now_ns >= w->bookmark_ns)
		put_bookmark(w, out, false);
	return true;
}

/* A watch of the past: nothing changes there. */
static void wait_in_the_past(struct watch *w)
{
	(void)tt_ingest_wait(w->r->serve->ingest, tt_store_head(w->r->serve->store),
		(int64_t)WAIT_MS * TT_NS_PER_MS);
}

static int watch_next(void *arg, struct tt_http_call *call, struct tt_buf *out)
{
	struct watch *w = arg;
	struct tt_err err;
	int rc = 0;

	if (!keep_time(w, out))
		return 0;
	if (!w->r->url.is_at)
		w->r->as.now_us = tt_clock_wall_us(w->r->serve->clock);
	if (w->at < w->places.n) {
		rc = put_places(w, out, &err);
	} else if (w->initial_bookmark) {
		put_bookmark(w, out, true);
		w->initial_bookmark = false;
	} else if (w->edge == NULL) {
		wait_in_the_past(w);
	} else {
		rc = put_changes(w, out, &err);
	}
	if (rc == 0 || rc == TT_EAGAIN)
		return 1;
	if (rc == TT_ECANCELED)
		return 0;
	if (rc == TT_EGONE)
		return put_error(w, out, 410, TT_API_WATCH_EXPIRED);
	tt_log_error(w->r->serve->log, "cannot read the log", TT_FS("error", err.msg));
	return put_error(w, out, 500, "the log cannot be read");
}

/* --- the beginning --- */

/* Begins with all that the view holds. */
static int begin_with_all(struct watch *w, struct tt_reader *reader, struct tt_err *err)
{
	w->places_type = TT_WATCH_ADDED;
	w->cursor = w->view.seq;
	return tt_api_view_find(reader, &w->view, (struct tt_location){0}, 0, &w->places, err);
}

/* Whether retention has dropped, since `version` was the newest at `then_us`, what has t above
 * `edge_us`. Clocks may be set back, numbers not. */
static int has_lost(
	struct watch *w, uint64_t version, int64_t then_us, int64_t edge_us, struct tt_err *err)
{
	struct tt_dropped dropped;
	int rc = tt_store_dropped(w->r->serve->store, &dropped, err);
	bool since = version < dropped.head ||
		     (version == dropped.head && dropped.at_us >= then_us);

	return rc != 0 ? rc : since && dropped.recorded_us > edge_us;
}

/* Goes on at `version`: with DELETED for what has left the window since it was the newest. */
static int begin_at(struct watch *w, struct tt_reader *reader, uint64_t version, struct tt_err *err)
{
	struct tt_api_passage passage = {.cluster = w->view.filter.cluster,
		.filter = &w->view.filter,
		.seq = version,
		.to_us = w->edge_us};
	int64_t floor_us = w->view.floor_us;
	struct tt_record_times then;
	struct tt_serve *serve = w->r->serve;
	int rc = tt_reader_times(reader, version, &then, err);

	if (rc != 0)
		return rc;
	w->places_type = TT_WATCH_DELETED;
	w->cursor = version;
	(void)tt_ticket_take(tt_api_tickets(serve), tt_api_view_client(w->r, &w->view), version,
		tt_clock_mono_ns(serve->clock), &then.recorded_at_us);
	passage.from_us = then.recorded_at_us - w->r->url.window_us;
	if (floor_us != TT_TIME_ZERO && passage.from_us < floor_us - 1)
		passage.from_us = floor_us - 1;
	rc = has_lost(w, version, then.recorded_at_us, passage.from_us, err);
	if (rc > 0)
		return tt_fail(err, TT_EGONE, "%s", TT_API_WATCH_EXPIRED);
	if (rc < 0 || passage.from_us >= passage.to_us)
		return rc;
	return tt_api_view_passage(reader, &passage, &w->places, err);
}

static bool begins_with_all(const struct tt_list_options *o)
{
	return o->initial == 1 || (o->initial < 0 && o->version == 0);
}

static int begin(struct watch *w, struct tt_reader *reader, const struct tt_list_options *o,
	struct tt_err *err)
{
	int rc = 0;

	if (begins_with_all(o))
		rc = begin_with_all(w, reader, err);
	else if (o->version > 0 && w->edge != NULL)
		rc = begin_at(w, reader, o->version, err);
	else
		w->cursor = w->view.seq;
	w->initial_bookmark = o->initial == 1 && o->bookmarks;
	w->bookmarks = o->bookmarks;
	w->fixed = is_fixed(&w->view.filter);
	return rc;
}

static void set_times(struct watch *w, const struct tt_list_options *o)
{
	int64_t now_ns = tt_clock_mono_ns(w->r->serve->clock);

	w->deadline_ns = tt_api_watch_deadline_ns(w->r, o);
	w->bookmark_ns = now_ns + TT_API_BOOKMARK_NS;
	tt_api_grant_init(&w->grant, w->r, w->view.floor_us);
}

static int prepare(struct watch *w, const struct tt_list_options *o, struct tt_err *err)
{
	struct tt_serve *serve = w->r->serve;
	struct tt_reader *reader;
	bool is_list = begins_with_all(o);
	bool reads_all = is_list && tt_api_may_read_all(w->r); /* may ask: no reader yet */
	int rc = 0;

	if (!w->r->url.is_at) {
		rc = tt_edge_join(
			serve, w->r->cluster, w->r->url.window_us, &w->edge, &w->step, err);
		if (rc != 0)
			return rc;
		w->edge_us = w->view.filter.since_us - 1; /* the step may be older */
		w->step_done = true;
	}
	rc = tt_readers_borrow(&serve->readers, &reader, err);
	if (rc != 0)
		return rc;
	rc = begin(w, reader, o, err);
	if (rc == 0 && is_list) /* others have listed, and been told */
		rc = tt_api_warn(w->r, reader, &w->view, w->places.n, reads_all, err);
	tt_readers_done(&serve->readers, reader);
	/* from here on the edge is the window */
	w->view.filter.since_us = TT_TIME_ZERO;
	w->view.filter.until_us = 0;
	return rc;
}

void tt_api_watch(struct tt_api_request *r)
{
	struct watch *w = tt_arena_new(r->arena, struct watch, 1);
	struct tt_list_options options;
	struct tt_err err;

	w->r = r;
	if (!tt_api_list_options(r, &options) || !tt_api_check_watched_version(r, &options) ||
		!tt_api_view_make(r, &w->view) || !tt_api_restrict(r, &w->view))
		return;
	int rc = prepare(w, &options, &err);

	size_t bytes = w->places.n * sizeof(*w->places.items);

	if (rc == 0 && !tt_serve_reserve(r->call, bytes)) {
		watch_done(w);
		return;
	}
	if (rc == 0) {
		w->reserved = bytes;
		set_times(w, &options);
		tt_api_send_watch(r, watch_next, watch_done, w);
		return;
	}
	watch_done(w);
	tt_api_fail_watch(r, &err);
}
