/* SPDX-License-Identifier: Apache-2.0 */
/* Watching: what each frame means for the log and for the position, and how a watch ends. */
#include <stdio.h>
#include <string.h>

#include "base/assert.h"
#include "base/clock.h"
#include "collect/step_private.h"

enum {
	MIN_WATCH_SECONDS = 120, /* asked for: random up to MAX, well below etcd's compaction */
	MAX_WATCH_SECONDS = 150,
	GRACE_SECONDS = 30, /* how much longer a watch may stay silent than it may live */
	QUIET_SECONDS = 10,
	CALM_SECONDS = 10, /* a position that expires again earlier is not relisted at once */
};

int64_t tt_step_quiet_ns(const struct tt_collect *s)
{
	int64_t half = (int64_t)s->timeout_seconds * TT_NS_PER_S / 2;
	int64_t most = (int64_t)QUIET_SECONDS * TT_NS_PER_S;

	return half < most ? half : most;
}

void tt_step_open(struct tt_collect *s, enum tt_collect_phase phase, struct tt_collect_actions *out)
{
	unsigned spread = MAX_WATCH_SECONDS - MIN_WATCH_SECONDS + 1;

	s->phase = phase;
	s->timeout_seconds = s->options.watch_seconds;
	if (s->timeout_seconds == 0)
		s->timeout_seconds = MIN_WATCH_SECONDS + (unsigned)tt_rand_below(&s->rand, spread);
	if (phase == TT_PHASE_PROBE_OPEN && s->probe_seconds < s->timeout_seconds)
		s->timeout_seconds = s->probe_seconds;
	out->next = TT_NEXT_OPEN;
	out->open_rv = s->position.rv;
	out->timeout_seconds = s->timeout_seconds;
}

static void set_deadline(struct tt_collect *s)
{
	s->deadline_ns = s->heard_ns + (s->timeout_seconds + GRACE_SECONDS) * (int64_t)TT_NS_PER_S;
}

void tt_step_opened(
	struct tt_collect *s, const struct tt_collect_input *in, struct tt_collect_actions *out)
{
	s->open_ns = s->heard_ns = in->now_ns;
	if (s->phase == TT_PHASE_PROBE_OPEN) {
		s->phase = TT_PHASE_PROBE;
		set_deadline(s);
		return;
	}
	tt_assert(s->phase == TT_PHASE_OPEN);
	tt_step_move(s, TT_MOVE_WATCH, out);
	s->phase = TT_PHASE_FOLLOW;
	s->probe_seconds = TT_STEP_PROBE_SECONDS;
	s->caught_up = s->position.rv >= s->server_rv;
	s->suspect = s->doubt = false;
	s->cause = TT_CAUSE_NONE;
	s->connected = true;
	s->problem[0] = '\0';
	set_deadline(s);
}

/* All up to `rv` has been seen. */
static void advance(struct tt_collect *s, uint64_t rv)
{
	if (rv > s->position.rv)
		s->position.rv = rv;
	if (rv >= s->server_rv)
		s->caught_up = true;
}

/* All that the server has sent has been read. If that is more than it had when it was asked last,
 * it is not part of a replay of the past, and proves that nothing was missed until now. */
static void drained(
	struct tt_collect *s, const struct tt_collect_input *in, struct tt_collect_actions *out)
{
	if (s->caught_up)
		s->position.last_proof_us = in->now_us;
	s->denied = false;
	out->commit = true;
}

/* An event is gone; for all that can be known because its TTL has passed. One with a time ahead
 * of ours was not written when it says. */
static void note_lifetime(struct tt_collect *s, const struct tt_event *e, int64_t now_us)
{
	int64_t lifetime = now_us - tt_event_time_us(e, INT64_MAX);
	int64_t *shortest = &s->position.shortest_lifetime_us;

	if (lifetime < 0)
		return;
	if (lifetime == 0)
		lifetime = 1;
	if (*shortest == 0 || lifetime < *shortest)
		*shortest = lifetime;
}

static void take(struct tt_collect *s, const struct tt_collect_input *in, enum tt_change change,
	bool known, struct tt_collect_actions *out)
{
	const struct tt_event *e = in->type == TT_INPUT_FRAME ? &in->frame->event : in->event;
	int64_t t = tt_event_time_us(e, in->now_us);
	uint64_t rv = 0;

	(void)tt_event_rv(e, &rv);
	out->take = known ? TT_TAKE_DUPLICATE : TT_TAKE_RECORD;
	out->change = change;
	if (t > s->last_event_us)
		s->last_event_us = t;
	advance(s, rv);
}

static void change_frame(
	struct tt_collect *s, const struct tt_collect_input *in, struct tt_collect_actions *out)
{
	const struct tt_watch_frame *frame = in->frame;
	uint64_t rv;

	if (!tt_event_rv(&frame->event, &rv)) {
		tt_step_refuse(s, in, &frame->event, NULL, out);
		return;
	}
	if (frame->type == TT_WATCH_DELETED) {
		note_lifetime(s, &frame->event, in->now_us);
		out->take = TT_TAKE_DELETION;
		advance(s, rv);
		return;
	}
	s->pending = frame->type == TT_WATCH_ADDED ? TT_CHANGE_ADDED : TT_CHANGE_MODIFIED;
	if (rv > s->position.rv && rv <= s->overlap_rv) {
		out->next = TT_NEXT_LOOK_UP;
		out->exact = true;
		return;
	}
	take(s, in, s->pending, rv <= s->position.rv, out);
}

bool tt_step_expires_again(struct tt_collect *s, int64_t now_ns)
{
	bool again = s->has_expired && now_ns - s->expired_ns < CALM_SECONDS * (int64_t)TT_NS_PER_S;

	s->has_expired = true;
	s->expired_ns = now_ns;
	return again;
}

/* The position is refused: a list is due, at once unless the last one is only just over. */
static void lost(
	struct tt_collect *s, const struct tt_collect_input *in, struct tt_collect_actions *out)
{
	tt_step_due(s);
	if (tt_step_expires_again(s, in->now_ns)) {
		tt_step_back_off(s, TT_MOVE_EXPIRED_AGAIN, in, in->frame->status.message, -1, out);
		return;
	}
	out->commit = true;
	out->close = true;
	tt_step_relist(
		s, s->cause == TT_CAUSE_PREVKV ? TT_MOVE_PREVKV : TT_MOVE_WATCH_EXPIRED, out);
}

static void error_frame(
	struct tt_collect *s, const struct tt_collect_input *in, struct tt_collect_actions *out)
{
	const struct tt_status *status = &in->frame->status;
	char sentence[TT_COLLECT_TEXT_SIZE];

	if (tt_step_is_lost(s, status)) {
		lost(s, in, out);
		return;
	}
	(void)snprintf(sentence, sizeof(sentence), "the API server ended the watch with %d: %.*s",
		status->code, TT_STR_ARG(status->message));
	s->denied = status->code == 401 || status->code == 403;
	tt_step_back_off(s, TT_MOVE_WATCH_ERROR, in, tt_str_from(sentence),
		status->retry_after_seconds > 0 ? status->retry_after_seconds : -1, out);
}

static void frame(
	struct tt_collect *s, const struct tt_collect_input *in, struct tt_collect_actions *out)
{
	uint64_t rv;

	s->heard_ns = in->now_ns;
	switch (in->frame->type) {
	case TT_WATCH_ADDED:
	case TT_WATCH_MODIFIED:
	case TT_WATCH_DELETED: change_frame(s, in, out); break;
	case TT_WATCH_BOOKMARK:
		if (tt_event_rv(&in->frame->event, &rv))
			advance(s, rv);
		break;
	case TT_WATCH_ERROR: error_frame(s, in, out); return;
	}
	set_deadline(s);
}

static void bad_frame(
	struct tt_collect *s, const struct tt_collect_input *in, struct tt_collect_actions *out)
{
	uint64_t rv;

	s->heard_ns = in->now_ns;
	set_deadline(s);
	tt_step_refuse(s, in, in->event, in->err, out);
	if (in->event != NULL && tt_event_rv(in->event, &rv))
		advance(s, rv);
}

/* A watch that ends by its time has delivered everything up to the version that was asked for
 * before it was opened, unless it was cut off in the middle of a replay: then it was not quiet. */
static void end(
	struct tt_collect *s, const struct tt_collect_input *in, struct tt_collect_actions *out)
{
	bool silent = s->heard_ns == s->open_ns;
	int64_t age_ns = in->now_ns - s->open_ns;

	if (in->now_ns - s->heard_ns >= tt_step_quiet_ns(s)) {
		if (s->server_rv > s->position.rv)
			s->position.rv = s->server_rv;
		s->position.last_proof_us = in->now_us;
	}
	s->denied = false;
	if (silent && age_ns < TT_NS_PER_S) {
		tt_step_back_off(s, TT_MOVE_SHORT_END, in,
			TT_STR("the API server ends watches at once"), -1, out);
		return;
	}
	if (age_ns < (s->timeout_seconds - 1) * (int64_t)TT_NS_PER_S)
		s->suspect = true;
	out->commit = true;
	out->close = true;
	tt_step_move(s, TT_MOVE_END, out);
	tt_step_check(s, out);
}

static void idle(
	struct tt_collect *s, const struct tt_collect_input *in, struct tt_collect_actions *out)
{
	if (in->now_ns < s->deadline_ns)
		return;
	tt_step_back_off(s, TT_MOVE_SILENT, in,
		TT_STR("the connection is dead: the API server has not even ended the watch"), -1,
		out);
}

void tt_step_follow(
	struct tt_collect *s, const struct tt_collect_input *in, struct tt_collect_actions *out)
{
	switch (in->type) {
	case TT_INPUT_FRAME: frame(s, in, out); return;
	case TT_INPUT_LOOKED_UP: take(s, in, s->pending, in->known.recorded, out); return;
	case TT_INPUT_BAD_FRAME: bad_frame(s, in, out); return;
	case TT_INPUT_DRAINED: drained(s, in, out); return;
	case TT_INPUT_IDLE: idle(s, in, out); return;
	case TT_INPUT_END: end(s, in, out); return;
	default: break;
	}
	tt_assert(in->type == TT_INPUT_BROKEN);
	tt_step_back_off(s, TT_MOVE_BROKEN, in, tt_str_from(in->err->msg), -1, out);
}
