/* SPDX-License-Identifier: Apache-2.0 */
#include "base/clock.h"
#include "base/mem.h"
#include "kube/internal.h"
#include "kube/salvage.h"
#include "net/http_client.h"
#include "wire/frame.h"

enum {
	MAX_PATH_BYTES = 4096,
	HEAD_BYTES = 4096, /* of an oversized frame, to find its name in */
	MAX_HEAD_BYTES = 64 << 10,
	MAX_BELIEVED_BYTES = 64 << 20, /* a longer frame is no frame: the stream is garbage */
};

struct tt_kube_watch {
	struct tt_kube_client *client;
	struct tt_http_exchange *x;
	enum tt_encoding encoding;
	struct tt_framer framer;
	enum tt_kube_watch_event ended; /* TT_KUBE_END or TT_KUBE_BROKEN; else still going on */
	struct tt_err why;              /* it is broken */
};

static void make_path(struct tt_buf *to, const struct tt_kube_watch_params *params)
{
	tt_kube_put_events_path(to, params->namespace);
	tt_buf_printf(to, "?watch=true&allowWatchBookmarks=true&resourceVersion=%llu",
		(unsigned long long)params->resource_version);
	if (params->timeout_seconds > 0)
		tt_buf_printf(to, "&timeoutSeconds=%u", params->timeout_seconds);
}

static struct tt_kube_watch *watch_new(
	struct tt_kube_client *client, struct tt_http_exchange *x, enum tt_encoding encoding)
{
	struct tt_kube_watch *watch = tt_calloc(1, sizeof(*watch));

	watch->client = client;
	watch->x = x;
	watch->encoding = encoding;
	watch->ended = TT_KUBE_FRAME;
	client->watching = true;
	tt_framer_init(&watch->framer,
		encoding == TT_ENCODING_PROTOBUF ? TT_FRAME_LENGTH32 : TT_FRAME_JSON,
		client->options.max_object_bytes);
	return watch;
}

int tt_kube_watch_open(struct tt_kube_client *client, const struct tt_kube_watch_params *params,
	struct tt_kube_watch **ret, struct tt_arena *arena, struct tt_kube_reply *reply,
	struct tt_err *err)
{
	struct tt_http_exchange *x = NULL;
	struct tt_buf path;

	*ret = NULL;
	tt_buf_init(&path, MAX_PATH_BYTES);
	make_path(&path, params);
	struct tt_kube_request request = {.path = path.data, .watch = true};
	int rc = tt_kube_open(client, &request, arena, reply, &x, err);

	tt_buf_release(&path);
	if (rc == 0 && x != NULL)
		*ret = watch_new(client, x, reply->encoding);
	return rc;
}

void tt_kube_watch_close(struct tt_kube_watch *watch)
{
	if (watch == NULL)
		return;
	watch->client->watching = false;
	tt_http_close(watch->x);
	tt_framer_release(&watch->framer);
	tt_free(watch);
}

/* Ends the watch for good: every later call says the same. */
static enum tt_kube_watch_event end(
	struct tt_kube_watch *watch, enum tt_kube_watch_event event, struct tt_err *err)
{
	watch->ended = event;
	if (event == TT_KUBE_BROKEN && err != NULL)
		*err = watch->why;
	return event;
}

/* The frame is copied as a whole and decoded in place of its copy: one move of the bytes, and no
 * allocation but the arena's. The framer's own bytes last only until it is fed again. */
static enum tt_kube_watch_event decode(struct tt_kube_watch *watch, struct tt_str bytes,
	struct tt_arena *arena, struct tt_watch_frame *frame, struct tt_err *err)
{
	struct tt_str copy = tt_str_dup(arena, bytes);

	if (tt_watch_frame_decode(frame, watch->encoding, copy, arena, err) < 0)
		return TT_KUBE_BAD_FRAME;
	return TT_KUBE_FRAME;
}

/* 1: more was fed to the framer; 0: the body has ended; else as tt_http_read(). */
static int feed(struct tt_kube_watch *watch, int64_t timeout_ns, struct tt_err *err)
{
	struct tt_str piece;
	int rc = tt_http_read(watch->x, timeout_ns, &piece, err);

	if (rc > 0)
		tt_framer_feed(&watch->framer, piece);
	return rc;
}

/* What is there of a frame that is too large. `at` is where it begins in the framer. Of a length
 * that was only announced, the first bytes may still have to come. */
static struct tt_str oversized_head(struct tt_kube_watch *watch, size_t at, int64_t timeout_ns)
{
	struct tt_framer *f = &watch->framer;

	if (watch->encoding == TT_ENCODING_PROTOBUF) {
		while (f->buf.len - f->at < HEAD_BYTES && f->buf.len - f->at < f->skipping &&
			feed(watch, timeout_ns, NULL) > 0)
			continue;
		at = f->at;
	}
	size_t len = f->buf.len - at;

	return (struct tt_str){f->buf.data + at, len < MAX_HEAD_BYTES ? len : MAX_HEAD_BYTES};
}

static enum tt_kube_watch_event refuse_oversized(struct tt_kube_watch *watch, size_t at,
	int64_t timeout_ns, struct tt_arena *arena, struct tt_watch_frame *frame)
{
	if (watch->encoding == TT_ENCODING_PROTOBUF &&
		watch->framer.skipping > MAX_BELIEVED_BYTES) {
		(void)tt_fail(&watch->why, TT_EIO, "the watch stream is garbage");
		return TT_KUBE_BROKEN;
	}
	struct tt_str head = tt_str_dup(arena, oversized_head(watch, at, timeout_ns));

	*frame = (struct tt_watch_frame){.type = TT_WATCH_ADDED};
	tt_event_init(&frame->event);
	tt_salvage_frame(&frame->event.metadata, watch->encoding, head, arena);
	return TT_KUBE_BAD_FRAME;
}

/* The end of the body: clean only between two frames. */
static enum tt_kube_watch_event end_of_body(struct tt_kube_watch *watch, struct tt_err *err)
{
	if (!tt_framer_is_partial(&watch->framer))
		return end(watch, TT_KUBE_END, err);
	(void)tt_fail(&watch->why, TT_EIO, "the watch ended in the middle of a frame");
	return end(watch, TT_KUBE_BROKEN, err);
}

/* Reads more of the stream. TT_KUBE_FRAME: go on. */
static enum tt_kube_watch_event read_more(
	struct tt_kube_watch *watch, int64_t timeout_ns, struct tt_err *err)
{
	int rc = feed(watch, timeout_ns, &watch->why);

	if (rc > 0)
		return TT_KUBE_FRAME;
	if (rc == 0)
		return end_of_body(watch, err);
	if (rc == TT_EAGAIN)
		return TT_KUBE_IDLE;
	if (rc == TT_ECANCELED)
		return TT_KUBE_CANCELED;
	return end(watch, TT_KUBE_BROKEN, err);
}

/* What is left of `timeout_ns`, the clock being asked only when it is positive. */
static int64_t time_left(int64_t timeout_ns, int64_t *deadline_ns)
{
	if (timeout_ns <= 0)
		return 0;
	int64_t now_ns = tt_clock_mono_ns(&tt_clock_system);

	if (*deadline_ns == 0)
		*deadline_ns = now_ns + timeout_ns;
	return *deadline_ns > now_ns ? *deadline_ns - now_ns : 0;
}

enum tt_kube_watch_event tt_kube_watch_next(struct tt_kube_watch *watch, int64_t timeout_ns,
	struct tt_arena *arena, struct tt_watch_frame *frame, struct tt_err *err)
{
	int64_t deadline_ns = 0;

	if (watch->ended != TT_KUBE_FRAME)
		return end(watch, watch->ended, err);
	for (;;) {
		struct tt_str bytes;
		size_t at = watch->framer.at;
		int rc = tt_framer_next(&watch->framer, &bytes, &watch->why);

		if (rc == 1)
			return decode(watch, bytes, arena, frame, err);
		if (rc == TT_ELIMIT && err != NULL)
			*err = watch->why;
		if (rc == TT_ELIMIT &&
			refuse_oversized(watch, at, timeout_ns, arena, frame) == TT_KUBE_BAD_FRAME)
			return TT_KUBE_BAD_FRAME;
		if (rc < 0)
			return end(watch, TT_KUBE_BROKEN, err);
		enum tt_kube_watch_event event = read_more(
			watch, time_left(timeout_ns, &deadline_ns), err);

		if (event != TT_KUBE_FRAME)
			return event;
	}
}
