/* SPDX-License-Identifier: Apache-2.0 */
#include "collect/step.h"

#include <stdio.h>
#include <string.h>

#include "base/assert.h"
#include "base/clock.h"
#include "base/hash.h"
#include "collect/step_private.h"

enum {
	MAX_RETRIES = 10,        /* of one request that is answered with Retry-After */
	MAX_RETRY_SECONDS = 300, /* what a server may ask for */
};

#define DEFAULT_TTL_US ((int64_t)3600 * TT_US_PER_S)

void tt_collect_init(struct tt_collect *s, const struct tt_collect_options *options)
{
	memset(s, 0, sizeof(*s));
	s->options = *options;
	s->state = TT_COLLECT_STOPPED;
	s->last_event_us = TT_TIME_ZERO;
	s->position = (struct tt_position){
		.cluster = options->cluster,
		.namespace = options->namespace,
		.epoch = 1,
		.last_proof_us = TT_TIME_ZERO,
	};
	s->probe_seconds = TT_STEP_PROBE_SECONDS;
	tt_rand_init(&s->rand, options->seed);
	tt_backoff_init(&s->backoff);
}

uint64_t tt_collect_key_hash(const struct tt_event *e)
{
	uint64_t hash = tt_hash_str(e->metadata.namespace, 1);

	return tt_hash_str(e->metadata.uid, tt_hash_str(e->metadata.name, hash));
}

int64_t tt_collect_ttl_us(const struct tt_collect *s)
{
	int64_t ttl = s->options.event_ttl_us > 0 ? s->options.event_ttl_us : DEFAULT_TTL_US;
	int64_t shortest = s->position.shortest_lifetime_us;

	return shortest > 0 && shortest < ttl ? shortest : ttl;
}

void tt_step_move(struct tt_collect *s, enum tt_collect_move_id id, struct tt_collect_actions *out)
{
	size_t n;
	const struct tt_collect_move *row = &tt_collect_moves(&n)[id];

	tt_assert(row->from == s->state);
	s->state = row->to;
	s->moves++;
	s->move_counts[id]++;
	out->move = (int)id;
}

/* `from` in a buffer of the state's, where it outlives the input; what does not fit is dropped
 * whole, which its users allow for. */
static struct tt_str keep(char *to, size_t size, struct tt_str from)
{
	if (from.len >= size)
		from.len = 0;
	if (from.len > 0)
		memmove(to, from.data, from.len);
	to[from.len] = '\0';
	return (struct tt_str){to, from.len};
}

/* Everything before this position is on disk, and nothing after it. */
static void adopt(struct tt_collect *s, const struct tt_position *committed)
{
	struct tt_position fresh = {.epoch = 1, .last_proof_us = TT_TIME_ZERO};

	s->position = committed != NULL ? *committed : fresh;
	s->position.cluster = s->options.cluster;
	s->position.namespace = s->options.namespace;
	s->position.last_key = keep(s->last_key, sizeof(s->last_key), s->position.last_key);
	s->position.system_uid = keep(s->system_uid, sizeof(s->system_uid), s->position.system_uid);
	s->token[0] = '\0';
	s->unpaged = false;
}

void tt_step_check(struct tt_collect *s, struct tt_collect_actions *out)
{
	s->phase = TT_PHASE_CHECK;
	out->next = TT_NEXT_CHECK;
}

static void set_problem(struct tt_collect *s, struct tt_str why)
{
	(void)snprintf(s->problem, sizeof(s->problem), "%.*s", TT_STR_ARG(why));
}

void tt_step_back_off(struct tt_collect *s, enum tt_collect_move_id id,
	const struct tt_collect_input *in, struct tt_str why, int retry_after_seconds,
	struct tt_collect_actions *out)
{
	bool listing = s->state == TT_COLLECT_LISTING;

	tt_step_move(s, id, out);
	set_problem(s, why);
	s->suspect = true;
	s->connected = false;
	s->phase = TT_PHASE_WAIT;
	out->commit = true;
	out->close = !listing;
	out->next = TT_NEXT_WAIT;
	if (retry_after_seconds >= 0 && s->retries++ < MAX_RETRIES) {
		int seconds = retry_after_seconds < MAX_RETRY_SECONDS ? retry_after_seconds
								      : MAX_RETRY_SECONDS;

		out->wait_ns = (seconds > 0 ? seconds : 1) * (int64_t)TT_NS_PER_S;
		return;
	}
	out->wait_ns = tt_backoff_next_ns(&s->backoff, in->now_ns, &s->rand);
}

bool tt_step_status_is_expired(const struct tt_status *status)
{
	return status->code == 410 || tt_str_is(status->reason, "Expired") ||
	       tt_str_is(status->reason, "Gone");
}

bool tt_step_is_lost(struct tt_collect *s, const struct tt_status *status)
{
	if (tt_step_status_is_expired(status)) {
		s->cause = TT_CAUSE_EXPIRED;
		return true;
	}
	if (status->code == 500 && tt_str_find(status->message, TT_STR("PrevKv=nil")) >= 0) {
		s->cause = TT_CAUSE_PREVKV;
		return true;
	}
	return false;
}

bool tt_step_is_expired(const struct tt_kube_reply *reply)
{
	return reply != NULL &&
	       (reply->http_status == 410 ||
		       (reply->http_status != 0 && tt_step_status_is_expired(&reply->status)));
}

static enum tt_collect_outcome outcome(const struct tt_kube_reply *reply)
{
	if (reply->http_status < 300)
		return TT_OUTCOME_NO_ANSWER; /* or it broke off */
	if (tt_step_is_expired(reply))
		return TT_OUTCOME_EXPIRED;
	if (reply->http_status == 429)
		return TT_OUTCOME_BUSY;
	if (reply->http_status >= 500)
		return TT_OUTCOME_FAILED;
	return TT_OUTCOME_REFUSED;
}

/* What the server, or our side of the connection, says about a failed request. */
static struct tt_str failure_sentence(const struct tt_collect_input *in, char *to, size_t size)
{
	const struct tt_kube_reply *reply = in->reply;

	if (reply != NULL && reply->http_status >= 300) {
		struct tt_str said = reply->status.message;

		(void)snprintf(to, size, "the API server answered %d%s%.*s", reply->http_status,
			said.len > 0 ? ": " : "", TT_STR_ARG(tt_str_trim(said)));
		return tt_str_from(to);
	}
	if (in->err != NULL && in->err->msg[0] != '\0')
		return tt_str_from(in->err->msg);
	return TT_STR("the API server does not answer");
}

void tt_step_request_failed(struct tt_collect *s, enum tt_collect_move_id id,
	const struct tt_collect_input *in, struct tt_collect_actions *out)
{
	const struct tt_kube_reply *reply = in->reply;
	char sentence[TT_COLLECT_TEXT_SIZE];
	int retry_after = -1;

	if (reply != NULL) {
		int status = reply->http_status;

		if (status == 429 || status >= 500)
			retry_after = reply->retry_after_seconds;
		s->denied = status == 401 || status == 403;
	}
	tt_step_back_off(
		s, id, in, failure_sentence(in, sentence, sizeof(sentence)), retry_after, out);
}

static void started(
	struct tt_collect *s, const struct tt_collect_input *in, struct tt_collect_actions *out)
{
	adopt(s, in->position);
	s->overlap_rv = in->rv;
	s->suspect = true;
	tt_step_move(s, TT_MOVE_START, out);
	tt_step_check(s, out);
}

static void stop(struct tt_collect *s, struct tt_collect_actions *out)
{
	static const enum tt_collect_move_id moves[TT_COLLECT_N_STATES] = {
		[TT_COLLECT_CONNECTING] = TT_MOVE_STOP_CONNECTING,
		[TT_COLLECT_LISTING] = TT_MOVE_STOP_LISTING,
		[TT_COLLECT_WATCHING] = TT_MOVE_STOP_WATCHING,
		[TT_COLLECT_BACKING_OFF] = TT_MOVE_STOP_WAITING,
	};

	out->next = TT_NEXT_END;
	s->connected = false;
	if (s->state == TT_COLLECT_STOPPED)
		return;
	tt_step_move(s, moves[s->state], out);
	s->phase = TT_PHASE_NONE;
	out->commit = true;
	out->close = true;
}

static void queue_full(struct tt_collect *s, struct tt_collect_actions *out)
{
	static const enum tt_collect_move_id moves[TT_COLLECT_N_STATES] = {
		[TT_COLLECT_CONNECTING] = TT_MOVE_CONNECT_FULL,
		[TT_COLLECT_LISTING] = TT_MOVE_LIST_FULL,
		[TT_COLLECT_WATCHING] = TT_MOVE_WATCH_FULL,
		[TT_COLLECT_BACKING_OFF] = TT_MOVE_STILL_FULL,
	};

	out->discard = true;
	out->close = true;
	if (s->state == TT_COLLECT_STOPPED) {
		out->next = TT_NEXT_END;
		return;
	}
	tt_step_move(s, moves[s->state], out);
	set_problem(s, TT_STR("the log does not take records"));
	s->connected = false;
	s->suspect = true;
	s->reload = true;
	s->phase = TT_PHASE_RELOAD;
	out->next = TT_NEXT_FLUSH;
}

/* Inputs of the state backing-off. */
static void waiting(
	struct tt_collect *s, const struct tt_collect_input *in, struct tt_collect_actions *out)
{
	if (in->type == TT_INPUT_FLUSHED) {
		s->reload = false;
		adopt(s, in->position);
		tt_step_move(s, TT_MOVE_RELOADED, out);
		tt_step_check(s, out);
		return;
	}
	if (in->type == TT_INPUT_FAILED) {
		s->phase = TT_PHASE_WAIT;
		out->next = TT_NEXT_WAIT;
		out->wait_ns = tt_backoff_next_ns(&s->backoff, in->now_ns, &s->rand);
		return;
	}
	tt_assert(in->type == TT_INPUT_WAITED);
	if (s->reload) {
		s->phase = TT_PHASE_RELOAD;
		out->next = TT_NEXT_FLUSH;
		return;
	}
	tt_step_move(s, TT_MOVE_WAITED, out);
	tt_step_check(s, out);
}

static void connecting(
	struct tt_collect *s, const struct tt_collect_input *in, struct tt_collect_actions *out)
{
	switch (in->type) {
	case TT_INPUT_CHECKED: tt_step_checked(s, in, out); return;
	case TT_INPUT_UID: tt_step_uid(s, in, out); return;
	case TT_INPUT_HISTORY: tt_step_history(s, in, out); return;
	case TT_INPUT_FAILED: tt_step_connect_failed(s, in, out); return;
	case TT_INPUT_OPENED: tt_step_opened(s, in, out); return;
	default: tt_step_probe(s, in, out); return;
	}
}

static void reset(struct tt_collect_actions *out)
{
	out->move = TT_MOVE_NONE;
	out->take = TT_TAKE_NONE;
	out->has_gap = out->discard = out->commit = out->close = out->exact = false;
	out->next = TT_NEXT_CONTINUE;
	out->wait_ns = 0;
	out->limit = 0;
	out->timeout_seconds = 0;
}

static bool is_answer(enum tt_collect_input_type type)
{
	return type == TT_INPUT_CHECKED || type == TT_INPUT_UID || type == TT_INPUT_PAGE_END ||
	       type == TT_INPUT_OPENED;
}

static void count_request(struct tt_collect *s, const struct tt_collect_input *in)
{
	if (is_answer(in->type)) {
		s->requests[TT_OUTCOME_OK]++;
		s->retries = 0;
	} else if (in->type == TT_INPUT_FAILED && in->reply != NULL) {
		s->requests[outcome(in->reply)]++;
	}
}

void tt_collect_step(
	struct tt_collect *s, const struct tt_collect_input *in, struct tt_collect_actions *out)
{
	reset(out);
	count_request(s, in);
	if (in->type == TT_INPUT_STOP) {
		stop(s, out);
		return;
	}
	if (in->type == TT_INPUT_QUEUE_FULL) {
		queue_full(s, out);
		return;
	}
	switch (s->state) {
	case TT_COLLECT_WATCHING: tt_step_follow(s, in, out); return;
	case TT_COLLECT_LISTING: tt_step_list_input(s, in, out); return;
	case TT_COLLECT_CONNECTING: connecting(s, in, out); return;
	case TT_COLLECT_BACKING_OFF: waiting(s, in, out); return;
	default: break;
	}
	tt_assert(in->type == TT_INPUT_STARTED);
	started(s, in, out);
}
