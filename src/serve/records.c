/* SPDX-License-Identifier: Apache-2.0 */
/* GET /v1/records: the log in order from a cursor, waiting for more if asked. Answers are sent
 * piece by piece, so that memory does not grow with `limit`; a reader is borrowed per piece and
 * never held while waiting. */
#include "base/arena.h"
#include "base/clock.h"
#include "base/log.h"
#include "net/http_server.h"
#include "serve/internal.h"
#include "store/ingest.h"
#include "store/record_json.h"
#include "store/store.h"

enum {
	LIMIT_DEFAULT = 1000,
	LIMIT_MAX = 10000,
	PIECE_RECORDS = 500,
	RECENT_MAX = 16,
	WAIT_SLICE_MS = 500, /* how soon a hang-up is noticed */
};

struct records_stream {
	struct tt_serve *serve;
	struct tt_serve_params params; /* texts live as long as the call */
	uint64_t cursor;
	size_t left;
	bool sent_any;
	int64_t deadline_ns, authorized_until_ns;
	size_t piece_bytes; /* beyond which the piece ends */
	size_t reserved;
};

/* False if the piece was full before the last of them. */
static bool put_passing(struct records_stream *s, const struct tt_batch *batch, struct tt_buf *out)
{
	for (size_t i = 0; i < batch->n; i++) {
		const struct tt_record *record = &batch->records[i];

		if (record->seq <= s->cursor)
			continue;
		if (s->left == 0 || out->len >= s->piece_bytes)
			return false;
		if (tt_filter_matches(&s->params.filter, record)) {
			tt_record_put_json(out, record);
			s->left--;
			s->sent_any = true;
		}
		s->cursor = record->seq;
	}
	return true;
}

/* From the batches still in memory; false if the cursor lies behind them. */
static bool put_recent(struct records_stream *s, struct tt_buf *out)
{
	struct tt_batch *batches[RECENT_MAX];
	size_t n = tt_ingest_recent(s->serve->ingest, s->cursor, batches, RECENT_MAX);
	bool room = true;

	for (size_t i = 0; i < n; i++) {
		room = room && put_passing(s, batches[i], out);
		tt_batch_unref(batches[i]);
	}
	return n > 0;
}

static int put_read(struct records_stream *s, struct tt_buf *out)
{
	size_t limit = s->left < PIECE_RECORDS ? s->left : PIECE_RECORDS;
	struct tt_batch *batch = NULL;
	struct tt_reader *reader;
	struct tt_err err;
	uint64_t cursor = s->cursor;
	int rc = tt_readers_borrow(&s->serve->readers, &reader, &err);

	if (rc != 0)
		return rc;
	rc = tt_reader_read(reader, &cursor, limit, &s->params.filter, &batch, &err);
	tt_readers_done(&s->serve->readers, reader);
	if (rc == 0) {
		if (put_passing(s, batch, out))
			s->cursor = cursor;
	} else {
		tt_log_error(s->serve->log, "cannot read the log", TT_FS("error", err.msg));
	}
	tt_batch_unref(batch);
	return rc;
}

static bool should_wait(struct records_stream *s)
{
	return !s->sent_any && tt_clock_mono_ns(s->serve->clock) < s->deadline_ns;
}

static int put_piece(struct records_stream *s, struct tt_http_call *call, struct tt_buf *out)
{
	uint64_t head = tt_store_head(s->serve->store);

	if (s->left > 0 && s->cursor >= head && should_wait(s) && !tt_http_is_stopping(call)) {
		head = tt_ingest_wait(
			s->serve->ingest, s->cursor, (int64_t)WAIT_SLICE_MS * TT_NS_PER_MS);
		if (head <= s->cursor)
			return 1;
	}
	if (s->left > 0 && s->cursor < head && !tt_http_is_stopping(call)) {
		s->piece_bytes = tt_serve_next_piece(call, &s->reserved);
		if (put_recent(s, out))
			return 1;
		return put_read(s, out) == 0 ? 1 : -1;
	}
	tt_record_put_cursor(out, s->cursor);
	return 0;
}

static int records_next(void *arg, struct tt_http_call *call, struct tt_buf *out)
{
	struct records_stream *s = arg;

	tt_serve_piece_made(call, &s->reserved, 0); /* the one before has been sent */
	if (!tt_serve_may_go_on(s->serve, call, &s->authorized_until_ns))
		return -1;
	int rc = put_piece(s, call, out);

	tt_serve_piece_made(call, &s->reserved, out->len);
	return rc;
}

void tt_serve_get_records(struct tt_serve *serve, struct tt_http_call *call)
{
	static const char *const allowed[] = {
		"after", "limit", "wait", "cluster", "fieldSelector", "since", "until", NULL};
	struct tt_serve_params params = {.limit = LIMIT_DEFAULT};

	if (!tt_serve_params(call, allowed, &params) ||
		!tt_serve_knows_cluster(serve, call, &params))
		return;
	uint64_t head = tt_store_head(serve->store);

	if (params.after > head) {
		tt_serve_fail(call, 410, "after=%llu is beyond the head of the log, %llu",
			(unsigned long long)params.after, (unsigned long long)head);
		return;
	}
	struct records_stream *s = tt_arena_new(tt_http_arena(call), struct records_stream, 1);

	*s = (struct records_stream){
		.serve = serve,
		.params = params,
		.cursor = params.after,
		.left = params.limit < LIMIT_MAX ? params.limit : LIMIT_MAX,
		.deadline_ns = tt_clock_mono_ns(serve->clock) + params.wait_ns,
		.authorized_until_ns = tt_serve_authorized_until(serve),
	};
	if (s->params.filter.selector != NULL)
		s->params.filter.selector = &s->params.selector;
	tt_http_reply_stream(call, 200, "application/x-ndjson", records_next, NULL, s);
}
