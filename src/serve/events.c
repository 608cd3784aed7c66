/* SPDX-License-Identifier: Apache-2.0 */
/* GET /v1/events: the newest observation of each event in a window, the gaps of the window, and
 * as `Warning` headers what a person must be told. */
#include "base/arena.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "net/http_server.h"
#include "serve/internal.h"
#include "store/record_json.h"

enum {
	LIMIT_DEFAULT = 500,
	PIECE_RECORDS = 500,
};

/* Of an answer only the places of its events are kept; the events are read when they are sent. */
struct events_stream {
	struct tt_serve *serve;
	struct tt_locations places;
	struct tt_batch *gaps;
	size_t at_event, at_gap;
	size_t reserved; /* for the piece that is being sent */
	int64_t authorized_until_ns;
};

static int put_events(struct events_stream *s, size_t max_bytes, struct tt_buf *out)
{
	size_t left = s->places.n - s->at_event;
	struct tt_locations piece = {.items = s->places.items + s->at_event,
		.n = left < PIECE_RECORDS ? left : PIECE_RECORDS,
		.gaps = s->gaps};
	struct tt_batch *events;
	struct tt_reader *reader;
	struct tt_err err;
	int rc = tt_readers_borrow(&s->serve->readers, &reader, &err);

	if (rc != 0)
		return rc == TT_EAGAIN ? 1 : -1;
	rc = tt_reader_fetch(reader, &piece, max_bytes, &events, &err);
	tt_readers_done(&s->serve->readers, reader);
	if (rc != 0) {
		tt_log_error(s->serve->log, "cannot read the log", TT_FS("error", err.msg));
		return -1;
	}
	for (size_t i = 0; i < events->n; i++)
		tt_record_put_json(out, &events->records[i]);
	s->at_event += piece.n;
	tt_batch_unref(events);
	return 1;
}

static int put_piece(struct events_stream *s, size_t max_bytes, struct tt_buf *out)
{
	if (s->at_event < s->places.n)
		return put_events(s, max_bytes, out);
	for (; s->at_gap < s->gaps->n && out->len < max_bytes; s->at_gap++)
		tt_record_put_json(out, &s->gaps->records[s->at_gap]);
	if (s->at_gap < s->gaps->n)
		return 1;
	tt_record_put_cursor(out, s->places.seq);
	return 0;
}

static int events_next(void *arg, struct tt_http_call *call, struct tt_buf *out)
{
	struct events_stream *s = arg;

	if (!tt_serve_may_go_on(s->serve, call, &s->authorized_until_ns))
		return -1;
	int rc = put_piece(s, tt_serve_next_piece(call, &s->reserved), out);

	tt_serve_piece_made(call, &s->reserved, out->len);
	return rc;
}

static void events_done(void *arg)
{
	struct events_stream *s = arg;

	tt_free(s->places.items);
	tt_batch_unref(s->gaps);
}

/* Everything that needs a reader, with the one borrowed for this request. */
static int query(struct tt_serve *serve, struct tt_http_call *call, struct tt_reader *reader,
	const struct tt_serve_params *p, struct events_stream *s, struct tt_err *err)
{
	const struct tt_filter *f = &p->filter;
	struct tt_view view = {.filter = f, .limit = p->limit, .observations = p->observations};
	struct tt_notices notices = {0};
	struct tt_arena *arena = tt_http_arena(call);
	struct tt_open_gap *open;
	size_t n_open = tt_serve_open_gaps(serve, &open, arena);
	int64_t now_us = tt_clock_wall_us(serve->clock);
	int rc = tt_reader_find(reader, &view, &s->places, err);

	if (rc != 0)
		return rc;
	rc = tt_reader_gaps(reader, f->cluster, f->since_us, f->until_us, &s->gaps, err);
	if (rc == 0)
		rc = tt_notices_make(&notices, reader,
			&(struct tt_notices_about){f, s->places.n, open, n_open, now_us, "--since ",
				serve->auth != NULL ? TT_REACH_CLUSTER : TT_REACH_LOG,
				TT_TIME_ZERO},
			arena, err);
	for (size_t i = 0; rc == 0 && i < notices.n; i++)
		tt_serve_warn(call, notices.sentences[i]);
	if (rc == 0 && s->places.truncated)
		tt_http_add_header(call, "Telltale-Truncated", "true");
	return rc;
}

void tt_serve_get_events(struct tt_serve *serve, struct tt_http_call *call)
{
	static const char *const allowed[] = {"cluster", "namespace", "kind", "name", "type",
		"reason", "grep", "fieldSelector", "since", "until", "limit", "observations", NULL};
	struct tt_serve_params params = {.limit = LIMIT_DEFAULT};
	struct events_stream *s = tt_arena_new(tt_http_arena(call), struct events_stream, 1);
	struct tt_reader *reader;
	struct tt_err err;

	if (!tt_serve_params(call, allowed, &params) ||
		!tt_serve_knows_cluster(serve, call, &params))
		return;
	s->serve = serve;
	s->authorized_until_ns = tt_serve_authorized_until(serve);
	if (tt_readers_borrow(&serve->readers, &reader, &err) != 0) {
		tt_serve_fail_err(call, &err);
		return;
	}
	int rc = query(serve, call, reader, &params, s, &err);

	tt_readers_done(&serve->readers, reader);
	if (rc == 0 && !tt_serve_reserve(call, s->places.n * sizeof(*s->places.items))) {
		events_done(s);
		return;
	}
	if (rc == 0) {
		tt_http_reply_stream(
			call, 200, "application/x-ndjson", events_next, events_done, s);
		return;
	}
	events_done(s);
	tt_serve_fail_err(call, &err);
}
