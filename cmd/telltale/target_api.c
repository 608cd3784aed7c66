/* SPDX-License-Identifier: Apache-2.0 */
/* A target that posts to a running telltaled. */
#include <time.h>

#include "base/arena.h"
#include "base/mem.h"
#include "event/codec.h"
#include "telltale/api.h"
#include "telltale/target.h"
#include "wire/json.h"

enum { BODY_MAX_BYTES = 16 << 20, POST_BYTES = 2 << 20, TRIES = 60 };

struct api_target {
	struct tt_target base;
	struct tt_api *api;
	struct tt_buf body, path;
	uint64_t frames; /* in the body */
};

static uint64_t read_count(struct tt_json_reader *r)
{
	int64_t n = tt_json_int(r);

	return n > 0 ? (uint64_t)n : 0;
}

static int take_reply(
	struct api_target *t, struct tt_str json, struct tt_arena *arena, struct tt_err *err)
{
	struct tt_target_counts *counts = &t->base.counts;
	struct tt_json_reader r;
	struct tt_str key;

	tt_json_reader_init(&r, json, arena);
	if (tt_json_enter_object(&r))
		while (tt_json_next_key(&r, &key)) {
			if (tt_str_is(key, "recorded"))
				counts->recorded += read_count(&r);
			else if (tt_str_is(key, "duplicates"))
				counts->duplicates += read_count(&r);
			else if (tt_str_is(key, "deletions"))
				counts->deletions += read_count(&r);
			else
				tt_json_skip(&r);
		}
	return tt_json_reader_end(&r, true, err);
}

static int api_flush(struct tt_target *base, struct tt_err *err)
{
	struct api_target *t = (struct api_target *)base;
	const struct timespec pause = {1, 0};
	struct tt_arena arena = {0};
	struct tt_str reply;
	int rc = TT_EAGAIN;

	if (t->frames == 0)
		return 0;
	for (int i = 0; i < TRIES && rc == TT_EAGAIN; i++) {
		if (i > 0)
			(void)nanosleep(&pause, NULL);
		rc = tt_api_post(t->api, t->path.data, tt_buf_view(&t->body), &arena, &reply, err);
	}
	if (rc == 0)
		rc = take_reply(t, reply, &arena, err);
	if (rc == 0)
		base->counts.received += t->frames;
	t->frames = 0;
	tt_buf_clear(&t->body);
	tt_arena_release(&arena);
	return rc;
}

static int api_add(struct tt_target *base, const struct tt_watch_frame *frame, struct tt_err *err)
{
	struct api_target *t = (struct api_target *)base;

	tt_watch_frame_encode(&t->body, TT_ENCODING_JSON, frame->type, &frame->event);
	t->frames++;
	return t->body.len >= POST_BYTES ? api_flush(base, err) : 0;
}

static void api_close(struct tt_target *base)
{
	struct api_target *t = (struct api_target *)base;

	tt_api_close(t->api);
	tt_buf_release(&t->body);
	tt_buf_release(&t->path);
	tt_free(t);
}

static const struct tt_target_ops api_ops = {
	.add = api_add,
	.flush = api_flush,
	.close = api_close,
};

void tt_target_open_api(struct tt_target **ret, struct tt_api *api, struct tt_str cluster)
{
	struct api_target *t = tt_calloc(1, sizeof(*t));

	t->base = (struct tt_target){.ops = &api_ops, .where = tt_api_url(api)};
	t->api = api;
	tt_buf_init(&t->body, BODY_MAX_BYTES);
	tt_buf_init(&t->path, 4096);
	tt_buf_text(&t->path, "/v1/records");
	tt_api_put_param(&t->path, "cluster", cluster);
	*ret = &t->base;
}
