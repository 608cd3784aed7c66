/* SPDX-License-Identifier: Apache-2.0 */
#include "serve/kubernetes/listing.h"

#include "base/arena.h"
#include "base/log.h"
#include "base/mem.h"
#include "event/represent.h"
#include "net/http_server.h"
#include "serve/internal.h"
#include "serve/kubernetes/access.h"
#include "serve/kubernetes/answer.h"
#include "serve/kubernetes/gzip.h"
#include "serve/kubernetes/negotiate.h"
#include "serve/kubernetes/request.h"

enum {
	PIECE_EVENTS = 500,
	WHOLE_BYTES = 256 << 10,   /* an answer up to here is sent in one go */
	HELD_BYTES = 4 << 20,      /* of a protobuf list: made once, to be counted and sent */
	TEXT_MAX_BYTES = 64 << 20, /* of a list that cannot be made piece by piece */
	TEXT_STEP_BYTES = 1 << 20,
	PIECE_MAX_BYTES = 112 << 20, /* of one event at worst, see MAX_STREAM_BYTES */
};

struct listing {
	struct tt_api_request *r;
	struct tt_api_grant grant;
	struct tt_representation as;
	struct tt_listmeta meta;
	struct tt_locations places;
	size_t at;           /* the next place */
	bool any;            /* an item was written */
	bool begun, over;    /* head and tail are written */
	size_t items_bytes;  /* of a protobuf list, as its head says */
	size_t made_bytes;   /* of them, so far */
	struct tt_buf plain; /* made, but not sent yet */
	struct tt_gzip *gzip;
	size_t reserved; /* for what is held, and for the piece that is being sent */
};

static void listing_done(void *arg)
{
	struct listing *l = arg;

	tt_free(l->places.items);
	l->places.items = NULL;
	tt_buf_release(&l->plain);
	tt_gzip_free(l->gzip);
	l->gzip = NULL;
}

/* Appends the items of the next places. */
static int put_items(struct listing *l, size_t max_bytes, struct tt_buf *out, struct tt_err *err)
{
	size_t left = l->places.n - l->at;
	struct tt_locations piece = {
		.items = l->places.items + l->at, .n = left < PIECE_EVENTS ? left : PIECE_EVENTS};
	struct tt_batch *events;
	struct tt_reader *reader;
	int rc = tt_readers_borrow(&l->r->serve->readers, &reader, err);

	if (rc != 0)
		return rc;
	rc = tt_reader_fetch(reader, &piece, max_bytes, &events, err);
	tt_readers_done(&l->r->serve->readers, reader);
	if (rc != 0)
		return rc;
	for (size_t i = 0; i < events->n; i++) {
		struct tt_event e = events->records[i].event;
		char version[TT_U64_SIZE];

		e.metadata.resource_version = tt_str_of_u64(events->records[i].seq, version);
		tt_represent_list_item(out, &l->as, &e, !l->any);
		l->any = true;
	}
	l->at += piece.n;
	tt_batch_unref(events);
	return out->failed ? tt_fail(err, TT_ELIMIT, "an event is too large to be shown") : 0;
}

/* Whether to hold one more piece of a protobuf list. What goes beyond an answer in one go is
 * counted, and gives way when memory is scarce. */
static bool may_hold(struct listing *l, struct tt_http_call *call)
{
	size_t wanted = l->plain.len + WHOLE_BYTES;

	if (l->plain.len < WHOLE_BYTES)
		return true;
	if (l->plain.len >= HELD_BYTES || tt_http_is_crowded(call) ||
		!tt_http_reserve(call, wanted - l->reserved))
		return false;
	l->reserved = wanted;
	return true;
}

/* Adds up the length of the items from the next place on, which are made again to be sent. */
static int measure(struct listing *l, struct tt_err *err)
{
	struct tt_buf scratch;
	size_t at = l->at;
	int rc = 0;

	tt_buf_init(&scratch, PIECE_MAX_BYTES);
	while (rc == 0 && l->at < l->places.n) {
		rc = put_items(l, WHOLE_BYTES, &scratch, err);
		l->items_bytes += scratch.len;
		tt_buf_clear(&scratch);
	}
	tt_buf_release(&scratch);
	l->at = at;
	return rc;
}

static void put_begin(struct listing *l, struct tt_buf *out)
{
	if (l->as.format == TT_FORMAT_PROTOBUF)
		tt_represent_list_head_protobuf(out, &l->as, &l->meta, l->items_bytes);
	else
		tt_represent_list_begin(out, &l->as, &l->meta);
	l->begun = true;
}

static void put_end(struct listing *l, struct tt_buf *out)
{
	if (l->as.format == TT_FORMAT_PROTOBUF)
		tt_represent_list_tail_protobuf(out, &l->as);
	else
		tt_represent_list_end(out, &l->as);
	l->over = true;
}

/* Appends what comes next, about `max_bytes` of it. */
static int put_next(struct listing *l, size_t max_bytes, struct tt_buf *out, struct tt_err *err)
{
	int rc = 0;

	if (!l->begun)
		put_begin(l, out);
	size_t before = out->len;

	if (l->at < l->places.n)
		rc = put_items(l, max_bytes, out, err);
	l->made_bytes += out->len - before;
	if (rc == 0 && l->at == l->places.n && l->as.format == TT_FORMAT_PROTOBUF &&
		l->made_bytes != l->items_bytes) /* better broken off than wrong */
		rc = tt_fail(err, TT_EGONE, "some events are not kept any more");
	if (rc == 0 && l->at == l->places.n)
		put_end(l, out);
	return rc;
}

/* Whether all of it has been made, and nothing of that is left. */
static bool is_over(const struct listing *l)
{
	return l->over && l->plain.len == 0;
}

static int next_plain(struct listing *l, struct tt_http_call *call, struct tt_buf *out)
{
	struct tt_err err;
	int rc;

	if (l->plain.len > 0) { /* made before the head could be, or before it was too much */
		if (!l->begun)
			put_begin(l, out);
		else
			tt_buf_swap(out, &l->plain);
		return 0;
	}
	rc = put_next(l, tt_serve_next_piece(call, &l->reserved), out, &err);
	if (rc != 0 && rc != TT_EAGAIN)
		tt_log_error(l->r->serve->log, "cannot read the log", TT_FS("error", err.msg));
	return rc == TT_EAGAIN ? 0 : rc;
}

static int listing_next(void *arg, struct tt_http_call *call, struct tt_buf *out)
{
	struct listing *l = arg;
	struct tt_buf plain;
	int rc;

	if (!tt_api_grant_holds(&l->grant, l->r))
		return -1;
	if (l->gzip == NULL) {
		rc = next_plain(l, call, out);
	} else {
		tt_buf_init(&plain, PIECE_MAX_BYTES);
		rc = next_plain(l, call, &plain);
		tt_gzip_put(l->gzip, tt_buf_view(&plain), is_over(l), out);
		tt_buf_release(&plain);
	}
	tt_serve_piece_made(call, &l->reserved, out->len + l->plain.len);
	return rc != 0 ? -1 : !is_over(l);
}

/* Counts what `json_bytes` of JSON, and the text made of them, take; false: answered with 429. */
static bool reserve_text(struct tt_api_request *r, size_t json_bytes, size_t *reserved)
{
	size_t wanted = json_bytes * 3 + TEXT_STEP_BYTES;

	if (wanted <= *reserved)
		return true;
	if (!tt_serve_reserve(r->call, wanted - *reserved))
		return false;
	*reserved = wanted;
	return true;
}

/* YAML, or JSON with line breaks: made of the compact JSON of all. */
static int send_text(struct tt_api_request *r, struct listing *l, struct tt_err *err)
{
	struct tt_representation compact = l->as;
	struct tt_buf json, text;
	size_t reserved = 0;
	bool counted = true;
	int rc = 0;

	compact.format = TT_FORMAT_JSON;
	compact.pretty = false;
	l->as = compact;
	tt_buf_init(&json, TEXT_MAX_BYTES);
	tt_buf_init(&text, 4 * (size_t)TEXT_MAX_BYTES);
	while (rc == 0 && !l->over && (counted = reserve_text(r, json.len, &reserved)))
		rc = put_next(l, WHOLE_BYTES, &json, err);
	if (rc == TT_ELIMIT || (rc == 0 && json.failed))
		rc = tt_fail(err, TT_ELIMIT, "the list is too large for this format: use limit");
	if (rc == 0 && counted && reserve_text(r, json.len, &reserved)) {
		tt_represent_text(&text, &r->as, tt_buf_view(&json));
		tt_api_send(r, 200, tt_representation_content_type(&r->as, false), &text);
	}
	tt_buf_release(&json);
	tt_buf_release(&text);
	return rc;
}

/* Puts the head before a list that is small enough to be sent in one go. */
static void put_head_first(struct listing *l)
{
	struct tt_buf rest;

	tt_buf_init(&rest, PIECE_MAX_BYTES);
	tt_buf_swap(&rest, &l->plain);
	put_begin(l, &l->plain);
	tt_buf_str(&l->plain, tt_buf_view(&rest));
	tt_buf_release(&rest);
}

/* The items of a protobuf list are made before its head, which tells their length. What cannot be
 * held until then is made again to be sent. */
static int make_items(struct listing *l, struct tt_http_call *call, struct tt_err *err)
{
	int rc = 0;

	while (rc == 0 && l->at < l->places.n && may_hold(l, call))
		rc = put_items(l, WHOLE_BYTES, &l->plain, err);
	l->items_bytes = l->made_bytes = l->plain.len;
	if (rc != 0)
		return rc;
	if (l->at < l->places.n)
		return measure(l, err);
	put_end(l, &l->plain);
	if (l->reserved == 0)
		put_head_first(l);
	return 0;
}

/* Makes as much as is sent in one go; `l->over` if that is all. */
static int make_first(struct listing *l, struct tt_err *err)
{
	int rc = 0;

	while (rc == 0 && !l->over && l->plain.len < WHOLE_BYTES)
		rc = put_next(l, WHOLE_BYTES, &l->plain, err);
	return rc;
}

static int send_pieces(struct tt_api_request *r, struct listing *l, struct tt_err *err)
{
	const char *type = tt_representation_content_type(&l->as, false);
	int rc = l->as.format == TT_FORMAT_PROTOBUF ? make_items(l, r->call, err)
						    : make_first(l, err);

	if (rc != 0)
		return rc;
	if (l->over && l->begun) {
		tt_api_send(r, 200, type, &l->plain);
		return 0;
	}
	if (tt_api_begin_gzip(r))
		l->gzip = tt_gzip_new();
	tt_http_reply_stream(r->call, 200, type, listing_next, listing_done, l);
	return 1;
}

void tt_api_send_list(struct tt_api_request *r, const struct tt_listmeta *meta,
	const struct tt_locations *places, int64_t floor_us)
{
	struct listing *l = tt_arena_new(r->arena, struct listing, 1);
	struct tt_err err;
	bool is_text = r->as.format == TT_FORMAT_YAML ||
		       (r->as.format == TT_FORMAT_JSON && r->as.pretty);

	*l = (struct listing){.r = r, .as = r->as, .meta = *meta, .places = *places};
	tt_api_grant_init(&l->grant, r, floor_us);
	tt_buf_init(&l->plain, PIECE_MAX_BYTES);
	if (!tt_serve_reserve(r->call, places->n * sizeof(*places->items))) {
		listing_done(l);
		return;
	}
	int rc = is_text ? send_text(r, l, &err) : send_pieces(r, l, &err);

	if (rc < 0)
		tt_api_fail_err(r, &err);
	if (rc <= 0)
		listing_done(l);
}
