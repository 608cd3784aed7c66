/* SPDX-License-Identifier: Apache-2.0 */
/* What the step asks for next, done with the API server, the log, or the time. */
#include <errno.h>
#include <stdio.h>
#include <time.h>

#include "base/clock.h"
#include "collect/watcher.h"
#include "store/ingest.h"

enum {
	FLUSH_SLICE_MS = 100,
	FLUSH_MS = 5000,
	MAX_PATH_BYTES = 4096,
	GATHER_NS = 20 * TT_NS_PER_MS,
	MOMENT_NS = TT_NS_PER_MS,
};

/* Reports a request that failed, unless it was only interrupted. */
static void fail(struct tt_watcher *w, const struct tt_kube_reply *reply, const struct tt_err *err)
{
	struct tt_collect_input in = {.type = TT_INPUT_FAILED, .reply = reply, .err = err};

	if (!tt_watcher_is_stopping(w))
		tt_watcher_step(w, &in);
}

/* 0 if the answer is a success; else the failure has been reported. */
static int judge(
	struct tt_watcher *w, int rc, const struct tt_kube_reply *reply, const struct tt_err *err)
{
	if (rc == 0 && reply->http_status >= 200 && reply->http_status < 300)
		return 0;
	fail(w, reply, err);
	return TT_EIO;
}

static int ignore_item(void *arg, const struct tt_event *e, const struct tt_err *item_err)
{
	return 0;
}

static void check(struct tt_watcher *w)
{
	struct tt_kube_list_params params = {
		.namespace = w->namespace, .limit = 1, .sink = {ignore_item, NULL}};
	struct tt_collect_input in = {.type = TT_INPUT_CHECKED};
	struct tt_kube_reply reply;
	struct tt_listmeta meta;
	unsigned long long rv;
	struct tt_err err = {0};
	int rc = tt_kube_list(w->client, &params, &meta, &w->arena, &reply, &err);

	if (judge(w, rc, &reply, &err) < 0)
		return;
	if (!tt_str_u64(meta.resource_version, &rv) || rv == 0) {
		(void)tt_fail(&err, TT_EINVAL,
			"the API server's list has no usable resourceVersion: \"%.*s\"",
			TT_STR_ARG(meta.resource_version));
		fail(w, &reply, &err);
		return;
	}
	in.rv = rv;
	tt_watcher_step(w, &in);
}

static void read_uid(struct tt_watcher *w)
{
	struct tt_collect_input in = {.type = TT_INPUT_UID};
	struct tt_kube_reply reply;
	struct tt_str body;
	struct tt_err err = {0};
	int rc = tt_kube_get(
		w->client, "/api/v1/namespaces/kube-system", &w->arena, &reply, &body, &err);

	if (judge(w, rc, &reply, &err) < 0)
		return;
	if (tt_object_uid(reply.encoding, body, &in.text, &w->arena, &err) < 0) {
		fail(w, &reply, &err);
		return;
	}
	tt_watcher_step(w, &in);
}

/* A segment of a URL path. */
static void put_segment(struct tt_buf *to, struct tt_str s)
{
	for (size_t i = 0; i < s.len; i++) {
		unsigned char c = (unsigned char)s.data[i];
		bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
			     (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_' || c == '~';

		if (plain)
			tt_buf_char(to, (char)c);
		else
			tt_buf_printf(to, "%%%02X", c);
	}
}

/* Asks the server about a recorded object. */
static int fetch(struct tt_watcher *w, const struct tt_event *recorded,
	struct tt_collect_candidate *c, struct tt_kube_reply *reply, struct tt_err *err)
{
	struct tt_buf path;
	struct tt_str body;
	struct tt_event e;

	tt_buf_init(&path, MAX_PATH_BYTES);
	tt_buf_text(&path, "/api/v1/namespaces/");
	put_segment(&path, recorded->metadata.namespace);
	tt_buf_text(&path, "/events/");
	put_segment(&path, recorded->metadata.name);
	int rc = path.failed ? TT_ELIMIT
			     : tt_kube_get(w->client, path.data, &w->arena, reply, &body, err);

	tt_buf_release(&path);
	c->answer = TT_CANDIDATE_UNKNOWN;
	if (rc == TT_ELIMIT)
		return 0;
	if (rc < 0)
		return rc;
	if (reply->http_status == 404)
		c->answer = TT_CANDIDATE_MISSING;
	if (reply->http_status == 403 || reply->http_status == 404)
		return 0;
	if (reply->http_status != 200)
		return TT_EIO;
	if (tt_event_decode(&e, reply->encoding, body, &w->arena, err) == 0 &&
		tt_event_rv(&e, &c->server_rv))
		c->answer = TT_CANDIDATE_FOUND;
	return 0;
}

/* Waits until all that was handed over is on disk. */
static int await_disk(struct tt_watcher *w, struct tt_err *err)
{
	int64_t slice_ns = (int64_t)FLUSH_SLICE_MS * TT_NS_PER_MS;
	int rc = TT_EAGAIN;

	for (int ms = 0; rc == TT_EAGAIN && ms < FLUSH_MS; ms += FLUSH_SLICE_MS) {
		if (tt_watcher_is_stopping(w))
			return tt_fail(err, TT_ECANCELED, "stopping");
		rc = tt_ingest_flush(w->collector->options.ingest, slice_ns);
	}
	return rc < 0 ? tt_fail(err, rc, "the log does not take records") : 0;
}

static void fetch_history(struct tt_watcher *w)
{
	struct tt_collect_history history = {.last_gap_us = TT_TIME_ZERO};
	struct tt_collect_input in = {.type = TT_INPUT_HISTORY, .history = &history};
	struct tt_kube_reply reply = {.retry_after_seconds = -1};
	struct tt_batch *newest = NULL;
	struct tt_err err = {0};
	int rc = await_disk(w, &err);

	if (rc == 0)
		rc = tt_watcher_candidates(w, &newest, &history.last_gap_us, &err);
	if (rc < 0) {
		fail(w, NULL, &err);
		return;
	}
	for (size_t i = 0; rc == 0 && i < newest->n && history.n < TT_COLLECT_CANDIDATES; i++) {
		const struct tt_record *r = &newest->records[i];
		struct tt_collect_candidate *c = &history.candidates[history.n];

		if (r->kind != TT_RECORD_EVENT || !tt_event_rv(&r->event, &c->rv))
			continue;
		c->key = tt_collect_key_hash(&r->event);
		c->time_us = tt_event_time_us(&r->event, INT64_MAX);
		c->recorded_at_us = r->recorded_at_us;
		rc = fetch(w, &r->event, c, &reply, &err);
		history.n++;
	}
	tt_batch_unref(newest);
	if (rc < 0)
		fail(w, &reply, &err);
	else
		tt_watcher_step(w, &in);
}

static int list_item(void *arg, const struct tt_event *e, const struct tt_err *item_err)
{
	struct tt_watcher *w = arg;
	struct tt_collect_input in = {.type = TT_INPUT_ITEM, .event = e, .err = item_err};

	if (tt_watcher_is_stopping(w))
		return TT_ECANCELED;
	tt_watcher_step(w, &in);
	if (w->out.next == TT_NEXT_LOOK_UP) {
		in.type = TT_INPUT_LOOKED_UP;
		in.known = tt_watcher_look_up(w, e, w->out.exact);
		tt_watcher_step(w, &in);
	}
	w->list_ended = w->out.next != TT_NEXT_CONTINUE;
	return w->list_ended ? TT_ECANCELED : 0;
}

static void list(struct tt_watcher *w)
{
	struct tt_kube_list_params params = {
		.namespace = w->namespace,
		.limit = w->out.limit,
		.continue_token = tt_str_dup(&w->arena, tt_str_from(w->state.token)),
		.sink = {list_item, w},
	};
	struct tt_collect_input in = {.type = TT_INPUT_PAGE_END};
	struct tt_kube_reply reply;
	struct tt_listmeta meta;
	unsigned long long rv = 0;
	struct tt_err err = {0};

	w->list_ended = false;
	int rc = tt_kube_list(w->client, &params, &meta, &w->arena, &reply, &err);

	if (w->list_ended || judge(w, rc, &reply, &err) < 0)
		return;
	if (tt_str_u64(meta.resource_version, &rv))
		in.rv = rv;
	in.text = meta.continue_token;
	tt_watcher_step(w, &in);
}

static void open_watch(struct tt_watcher *w)
{
	struct tt_kube_watch_params params = {
		.namespace = w->namespace,
		.resource_version = w->out.open_rv,
		.timeout_seconds = w->out.timeout_seconds,
	};
	struct tt_collect_input in = {.type = TT_INPUT_OPENED};
	struct tt_kube_reply reply;
	struct tt_err err = {0};
	int rc = tt_kube_watch_open(w->client, &params, &w->watch, &w->arena, &reply, &err);

	if (judge(w, rc, &reply, &err) == 0)
		tt_watcher_step(w, &in);
}

static void flush(struct tt_watcher *w)
{
	struct tt_collect_input in = {.type = TT_INPUT_FLUSHED};
	struct tt_position *position = NULL;
	struct tt_err err = {0};
	int rc = await_disk(w, &err);

	if (rc == 0)
		rc = tt_watcher_load(w, &position, &err);
	if (rc < 0) {
		fail(w, NULL, &err);
		return;
	}
	in.position = position;
	tt_watcher_step(w, &in);
}

static void wait_ns(struct tt_watcher *w, int64_t ns)
{
	struct tt_collector *c = w->collector;
	struct tt_collect_input in = {.type = TT_INPUT_WAITED};
	struct timespec until;
	int rc = 0;

	(void)clock_gettime(CLOCK_MONOTONIC, &until);
	ns += until.tv_nsec;
	until.tv_sec += ns / TT_NS_PER_S;
	until.tv_nsec = ns % TT_NS_PER_S;
	pthread_mutex_lock(&c->lock);
	while (!c->stopping && rc != ETIMEDOUT)
		rc = pthread_cond_timedwait(&c->changed, &c->lock, &until);
	bool stopping = c->stopping;

	pthread_mutex_unlock(&c->lock);
	if (!stopping)
		tt_watcher_step(w, &in);
}

/* How long to wait for the next thing of the watch. What is buffered is read first; when nothing
 * is, the batch is handed over before anything is waited for. But while things come in quick
 * succession a moment more makes batches that are worth waking the writing thread for. */
static int64_t patience_ns(const struct tt_watcher *w, bool filling)
{
	int64_t left = w->state.deadline_ns - w->now_ns;

	if (!filling)
		return left > 0 ? left : 0;
	return w->now_ns - w->handed_over_ns < GATHER_NS ? MOMENT_NS : 0;
}

/* The next thing of the watch. */
static void follow(struct tt_watcher *w)
{
	struct tt_batch *b = tt_watcher_batch(w);
	bool filling = b->n > 0 || b->counts.received > 0;
	struct tt_collect_input in = {0};
	struct tt_err err = {0};

	switch (tt_kube_watch_next(w->watch, patience_ns(w, filling), &b->arena, &w->frame, &err)) {
	case TT_KUBE_FRAME:
		in.type = TT_INPUT_FRAME;
		in.frame = &w->frame;
		break;
	case TT_KUBE_BAD_FRAME:
		in.type = TT_INPUT_BAD_FRAME;
		in.event = &w->frame.event;
		in.err = &err;
		break;
	case TT_KUBE_END: in.type = TT_INPUT_END; break;
	case TT_KUBE_BROKEN:
		in.type = TT_INPUT_BROKEN;
		in.err = &err;
		break;
	case TT_KUBE_IDLE: in.type = filling ? TT_INPUT_DRAINED : TT_INPUT_IDLE; break;
	case TT_KUBE_CANCELED: return;
	}
	tt_watcher_step(w, &in);
}

static void look_up(struct tt_watcher *w)
{
	struct tt_collect_input in = {
		.type = TT_INPUT_LOOKED_UP,
		.event = &w->frame.event,
		.known = tt_watcher_look_up(w, &w->frame.event, w->out.exact),
	};

	tt_watcher_step(w, &in);
}

void tt_watcher_perform(struct tt_watcher *w)
{
	if (w->out.next != TT_NEXT_CONTINUE && w->out.next != TT_NEXT_LOOK_UP)
		tt_arena_clear(&w->arena);
	switch (w->out.next) {
	case TT_NEXT_CONTINUE: follow(w); break;
	case TT_NEXT_CHECK: check(w); break;
	case TT_NEXT_UID: read_uid(w); break;
	case TT_NEXT_HISTORY: fetch_history(w); break;
	case TT_NEXT_FLUSH: flush(w); break;
	case TT_NEXT_LIST: list(w); break;
	case TT_NEXT_LOOK_UP: look_up(w); break;
	case TT_NEXT_OPEN: open_watch(w); break;
	case TT_NEXT_WAIT: wait_ns(w, w->out.wait_ns); break;
	case TT_NEXT_END: break;
	}
}
