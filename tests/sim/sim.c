/* SPDX-License-Identifier: Apache-2.0 */
#include "sim/sim.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/map.h"
#include "base/vec.h"

void sim_fail(struct sim *s, const char *fmt, ...)
{
	va_list ap;

	if (s->failure[0] != '\0')
		return;
	va_start(ap, fmt);
	(void)vsnprintf(s->failure, sizeof(s->failure), fmt, ap);
	va_end(ap);
}

double sim_seconds(int64_t us)
{
	return ((double)us - 1764500000e6) / 1e6;
}

void sim_init(struct sim *s, uint64_t seed, int64_t ttl_us)
{
	memset(s, 0, sizeof(*s));
	sim_world_init(&s->world, seed, ttl_us);
	tt_rand_init(&s->rand, seed ^ 0x5eed);
	s->options = (struct tt_collect_options){
		.cluster = TT_STR("prod"),
		.event_ttl_us = ttl_us,
		.seed = seed,
	};
	s->uid = TT_STR("11111111-2222");
	s->next_op_us = INT64_MAX;
}

static void batch_free(struct sim_batch *b)
{
	if (b == NULL)
		return;
	tt_vec_release(&b->records);
	tt_free(b);
}

void sim_release(struct sim *s)
{
	batch_free(s->pending);
	for (size_t i = 0; i < s->queue.n; i++)
		batch_free(s->queue.items[i]);
	tt_vec_release(&s->queue);
	tt_vec_release(&s->log);
	tt_vec_release(&s->page);
	sim_world_release(&s->world);
	tt_arena_release(&s->arena);
}

bool sim_is_watched(const struct sim *s, const struct sim_change *c)
{
	return s->options.namespace.len == 0 ||
	       tt_str_eq(s->options.namespace, c->event.metadata.namespace);
}

struct sim_record *sim_newest(struct sim *s, const struct sim_change *c)
{
	for (size_t i = s->log.n; i-- > 0;)
		if (!s->log.items[i].is_gap && s->log.items[i].change->key == c->key)
			return &s->log.items[i];
	return NULL;
}

/* The log */

static struct sim_batch *pending(struct sim *s)
{
	if (s->pending == NULL)
		s->pending = tt_calloc(1, sizeof(*s->pending));
	return s->pending;
}

static void copy_position(struct sim *s, struct tt_position *to, const struct tt_position *from)
{
	*to = *from;
	to->last_key = tt_str_dup(&s->arena, from->last_key);
	to->system_uid = tt_str_dup(&s->arena, from->system_uid);
}

void sim_commit(struct sim *s, size_t n)
{
	if (n == 0)
		return;
	for (size_t i = 0; i < n; i++) {
		struct sim_batch *b = s->queue.items[i];
		uint64_t events = 0;

		tt_vec_each (r, &b->records) {
			r->recorded_at_us = s->world.now_us;
			events += !r->is_gap;
			*tt_vec_push(&s->log) = *r;
		}
		if (b->received != events + b->duplicates + b->deletions + b->refused)
			sim_fail(s, "the books of a batch do not balance");
		s->received += b->received;
		s->recorded += events;
		s->duplicates += b->duplicates;
		s->deletions += b->deletions;
		s->refused += b->refused;
		s->committed = b->position;
		s->committed_shortest_us = b->shortest_us;
		s->committed_justified = b->list_justified;
		s->committed_branch = b->branch;
		s->has_committed = true;
		batch_free(b);
	}
	s->queue.n -= n;
	memmove(s->queue.items, s->queue.items + n, s->queue.n * sizeof(s->queue.items[0]));
}

static void take(struct sim *s)
{
	if (s->trace && s->out.take != TT_TAKE_NONE)
		printf("#   %d: %llu of %.*s/%.*s\n", s->out.take,
			(unsigned long long)s->current->rev,
			TT_STR_ARG(s->current->event.metadata.namespace),
			TT_STR_ARG(s->current->event.metadata.name));
	struct sim_batch *b = pending(s);

	b->received += s->out.take != TT_TAKE_NONE;
	b->duplicates += s->out.take == TT_TAKE_DUPLICATE;
	b->deletions += s->out.take == TT_TAKE_DELETION;
	b->refused += s->out.take == TT_TAKE_REFUSAL;
	if (s->out.take == TT_TAKE_RECORD) {
		struct sim_record *r = tt_vec_push(&b->records);

		*r = (struct sim_record){.change = s->current, .epoch = s->state.position.epoch};
	}
	if (s->out.has_gap) {
		struct sim_record *r = tt_vec_push(&b->records);

		*r = (struct sim_record){
			.is_gap = true,
			.refusal = s->out.take == TT_TAKE_REFUSAL,
			.epoch = s->out.gap.epoch,
			.gap = s->out.gap,
		};
		r->gap.reason = tt_str_dup(&s->arena, s->out.gap.reason);
		r->gap.namespaces = NULL;
	}
}

static bool is_full(struct sim *s)
{
	unsigned chance = s->chances.queue_full;

	if (s->world.now_us >= s->full_until_us &&
		(chance == 0 || tt_rand_below(&s->rand, chance) > 0))
		return false;
	sim_pass(s, 5 * (int64_t)TT_US_PER_S);
	return true;
}

static bool hand_over(struct sim *s)
{
	if (is_full(s)) {
		batch_free(s->pending);
		s->pending = NULL;
		return false;
	}
	struct sim_batch *b = pending(s);

	copy_position(s, &b->position, &s->state.position);
	b->shortest_us = s->shortest_us;
	b->list_justified = s->list_justified;
	b->branch = s->seen_branch;
	*tt_vec_push(&s->queue) = b;
	s->pending = NULL;
	return true;
}

/* The step */

static void trace(const struct sim *s)
{
	size_t n;
	const struct tt_collect_move *m = &tt_collect_moves(&n)[s->out.move];

	printf("# %10.3f step %llu rev %llu/%llu branch %u: %s -> %s (%s: %s) epoch %u rv %llu "
	       "listing %d %llu [%s] %s\n",
		sim_seconds(s->world.now_us), (unsigned long long)s->steps,
		(unsigned long long)s->world.compacted, (unsigned long long)s->world.rev,
		s->world.branch, tt_collect_state_name(m->from), tt_collect_state_name(m->to),
		m->input, m->why, s->state.position.epoch, (unsigned long long)s->state.position.rv,
		s->state.position.listing, (unsigned long long)s->state.position.list_rv,
		s->state.last_key, s->state.problem);
}

static void step(struct sim *s, struct tt_collect_input *in)
{
	enum tt_collect_state before = s->state.state;
	bool ok = true;

	in->now_us = s->world.now_us;
	in->now_ns = s->world.now_us * TT_NS_PER_US;
	s->before = s->state.position;
	tt_collect_step(&s->state, in, &s->out);
	s->steps++;
	if (s->trace && s->out.move != TT_MOVE_NONE)
		trace(s);
	if (before != TT_COLLECT_STOPPED && s->out.move != TT_MOVE_RELOADED &&
		s->state.position.epoch != s->before.epoch)
		sim_judge_epoch(s);
	if (s->out.has_gap && s->out.take != TT_TAKE_REFUSAL)
		sim_judge_gap(s);
	if (s->out.take != TT_TAKE_NONE || s->out.has_gap)
		take(s);
	if (s->out.discard) {
		batch_free(s->pending);
		s->pending = NULL;
	} else if (s->out.commit || (s->pending != NULL && s->pending->received >= 20 &&
					    s->out.next != TT_NEXT_LOOK_UP)) {
		ok = hand_over(s);
	}
	if (s->out.close)
		s->open = false;
	if (s->state.state == TT_COLLECT_WATCHING && before != TT_COLLECT_WATCHING)
		sim_judge_resumed(s);
	if (!ok) {
		struct tt_collect_input full = {.type = TT_INPUT_QUEUE_FULL};

		step(s, &full);
	}
}

/* What is true of the committed position. */
static void restore_truth(struct sim *s)
{
	s->shortest_us = s->committed_shortest_us;
	s->list_justified = s->committed_justified;
	s->seen_branch = s->committed_branch;
}

void sim_start(struct sim *s)
{
	struct tt_collect_input in = {.type = TT_INPUT_STARTED};

	s->options.seed++;
	s->checked_rv = 0;
	tt_collect_init(&s->state, &s->options);
	s->open = false;
	restore_truth(s);
	in.position = s->has_committed ? &s->committed : NULL;
	in.rv = s->overlap_rv;
	step(s, &in);
}

void sim_crash(struct sim *s, size_t commits)
{
	sim_commit(s, commits);
	for (size_t i = 0; i < s->queue.n; i++)
		batch_free(s->queue.items[i]);
	s->queue.n = 0;
	batch_free(s->pending);
	s->pending = NULL;
	s->crashes++;
}

/* Time */

static void end_outage(struct sim *s)
{
	if (s->down_until_us == 0 || s->world.now_us < s->down_until_us)
		return;
	s->world.frozen = false;
	s->down_until_us = 0;
	if (s->restore_after_down)
		sim_restore(&s->world);
	s->restore_after_down = false;
}

void sim_pass(struct sim *s, int64_t us)
{
	int64_t to = s->world.now_us + us;

	while (s->world.now_us < to) {
		int64_t next = to;

		if (s->down_until_us > 0 && s->down_until_us < next)
			next = s->down_until_us;
		if (s->down_until_us == 0 && s->next_op_us < next)
			next = s->next_op_us;
		sim_world_advance(&s->world, next);
		end_outage(s);
		if (s->down_until_us == 0 && s->world.now_us >= s->next_op_us)
			sim_random_op(s);
	}
}

static bool hits(struct sim *s, unsigned chance)
{
	return chance > 0 && tt_rand_below(&s->rand, chance) == 0;
}

static bool is_reachable(struct sim *s)
{
	return s->world.now_us >= s->partition_until_us && s->down_until_us == 0;
}

/* Requests */

static void fail(struct sim *s, int status, int retry_after, const char *why)
{
	struct tt_kube_reply reply = {.http_status = status, .retry_after_seconds = retry_after};
	struct tt_err err = {.code = TT_EIO};
	struct tt_collect_input in = {.type = TT_INPUT_FAILED, .reply = &reply, .err = &err};

	(void)snprintf(err.msg, sizeof(err.msg), "%s", why);
	step(s, &in);
}

/* Whether a request gets its answer; if not the failure has been reported. */
static bool request(struct sim *s)
{
	static const int others[] = {0, 500, 503, 429};

	sim_pass(s, (int64_t)tt_rand_below(&s->rand, 50 * TT_US_PER_MS) + 1);
	if (!is_reachable(s)) {
		sim_pass(s, TT_US_PER_S);
		fail(s, 0, -1, "connection refused");
		return false;
	}
	if (s->world.now_us < s->denied_until_us) {
		fail(s, 403, -1, "events is forbidden");
		return false;
	}
	if (s->world.now_us < s->busy_until_us) {
		fail(s, 429, 1 + (int)tt_rand_below(&s->rand, 8), "too many requests");
		return false;
	}
	if (hits(s, s->chances.request_fails)) {
		int status = others[tt_rand_below(&s->rand, 4)];

		fail(s, status, tt_rand_below(&s->rand, 2) ? 2 : -1, "bad luck");
		return false;
	}
	return true;
}

static void check(struct sim *s)
{
	struct tt_collect_input in = {.type = TT_INPUT_CHECKED};

	if (!request(s))
		return;
	in.rv = s->world.rev;
	if (in.rv > s->checked_rv)
		s->checked_rv = in.rv;
	step(s, &in);
}

static void read_uid(struct sim *s)
{
	struct tt_collect_input in = {.type = TT_INPUT_UID, .text = s->uid};

	if (!request(s))
		return;
	if (s->uid.len == 0)
		fail(s, 403, -1, "namespaces is forbidden");
	else
		step(s, &in);
}

/* Whether all that was handed over is on disk; if not that has been reported. */
static bool await_disk(struct sim *s)
{
	struct tt_err err = {.code = TT_EAGAIN, .msg = "the log does not take records"};
	struct tt_collect_input in = {.type = TT_INPUT_FAILED, .err = &err};

	if (s->world.now_us >= s->full_until_us) {
		sim_commit(s, s->queue.n);
		return true;
	}
	sim_pass(s, 5 * (int64_t)TT_US_PER_S);
	step(s, &in);
	return false;
}

/* The newest record of each identity, the latest eight by event time. */
static void find_candidates(struct sim *s, struct tt_collect_history *h)
{
	struct sim_record *best[TT_COLLECT_CANDIDATES + 1];
	struct tt_map seen;

	tt_map_init(&seen);
	for (size_t i = s->log.n; i-- > 0;) {
		struct sim_record *r = &s->log.items[i];
		bool newest;
		size_t at;

		if (r->is_gap || (tt_map_put(&seen, r->change->key, &newest), !newest))
			continue;
		for (at = h->n; at > 0; at--)
			if (best[at - 1]->change->event.last_timestamp_us >=
				r->change->event.last_timestamp_us)
				break;
		if (at == TT_COLLECT_CANDIDATES)
			continue;
		if (h->n < TT_COLLECT_CANDIDATES)
			h->n++;
		memmove(&best[at + 1], &best[at], (h->n - 1 - at) * sizeof(best[0]));
		best[at] = r;
	}
	tt_map_release(&seen);
	for (size_t i = 0; i < h->n; i++) {
		const struct tt_event *e = &best[i]->change->event;
		struct tt_collect_candidate *c = &h->candidates[i];
		struct sim_object *o = sim_find(&s->world, e->metadata.namespace, e->metadata.name);

		c->key = tt_collect_key_hash(e);
		c->rv = best[i]->change->rev;
		s->history_epochs[i] = best[i]->epoch;
		c->time_us = tt_event_time_us(e, INT64_MAX);
		c->recorded_at_us = best[i]->recorded_at_us;
		c->answer = o == NULL         ? TT_CANDIDATE_MISSING
			    : o->last->poison ? TT_CANDIDATE_UNKNOWN
					      : TT_CANDIDATE_FOUND;
		c->server_rv = o != NULL ? o->last->rev : 0;
	}
}

static void fetch_history(struct sim *s)
{
	struct tt_collect_history *h = &s->history;
	struct tt_collect_input in = {.type = TT_INPUT_HISTORY, .history = h};

	if (!await_disk(s) || !request(s))
		return;
	*h = (struct tt_collect_history){.last_gap_us = TT_TIME_ZERO};
	tt_vec_each (r, &s->log)
		if (r->is_gap && r->gap.to_us > h->last_gap_us)
			h->last_gap_us = r->gap.to_us;
	find_candidates(s, h);
	step(s, &in);
}

static void flush(struct sim *s)
{
	struct tt_collect_input in = {.type = TT_INPUT_FLUSHED};

	if (!await_disk(s))
		return;
	in.position = s->has_committed ? &s->committed : NULL;
	if (s->state.state == TT_COLLECT_BACKING_OFF) {
		restore_truth(s);
	}
	step(s, &in);
}

static void look_up(struct sim *s, struct tt_collect_input *in)
{
	struct sim_record *newest = sim_newest(s, s->current);

	in->type = TT_INPUT_LOOKED_UP;
	in->event = &s->current->event;
	in->known = (struct tt_collect_known){.recorded_at_us = TT_TIME_ZERO};
	if (newest != NULL) {
		in->known.recorded_at_us = newest->recorded_at_us;
		in->known.same = newest->change == s->current;
	}
	tt_vec_each (r, &s->log)
		if (!r->is_gap && r->change == s->current)
			in->known.recorded = true;
	step(s, in);
}

/* Lists */

static void capture(struct sim *s)
{
	s->page.n = 0;
	s->page_at = 0;
	s->page_rev = s->world.rev;
	s->page_us = s->world.now_us;
	s->page_branch = s->world.branch;
	for (size_t i = 0; i < s->world.live.n; i++)
		if (sim_is_watched(s, s->world.live.items[i].last))
			*tt_vec_push(&s->page) = s->world.live.items[i].last;
}

/* One object; false if the list is not to go on. */
static bool give_item(struct sim *s, struct sim_change *c)
{
	struct tt_err err = {.code = TT_EINVAL, .msg = "it is damaged"};
	struct tt_collect_input in = {
		.type = TT_INPUT_ITEM,
		.event = &c->event,
		.err = c->poison ? &err : NULL,
	};

	s->current = c;
	step(s, &in);
	if (s->out.next == TT_NEXT_LOOK_UP)
		look_up(s, &in);
	return s->out.next == TT_NEXT_CONTINUE;
}

static void list(struct sim *s)
{
	struct tt_collect_input in = {.type = TT_INPUT_PAGE_END};
	bool first = s->state.token[0] == '\0';
	/* pages are short here, so that there are many */
	size_t page = s->page_size > 0 ? s->page_size : 1 + tt_rand_below(&s->rand, 8);
	size_t limit = s->out.limit > 0 ? page : SIZE_MAX;
	char token[32];

	if (first)
		sim_judge_list_start(s);
	if (!request(s))
		return;
	if (first)
		capture(s);
	else
		s->page_at = strtoul(s->state.token, NULL, 10); /* as the token says */
	if (!first && (s->world.compacted > s->page_rev || s->page_branch != s->world.branch)) {
		fail(s, 410, -1, "The provided continue parameter is too old");
		return;
	}
	for (size_t n = 0; n < limit && s->page_at < s->page.n; n++) {
		if (hits(s, s->chances.page_breaks)) {
			fail(s, 200, -1, "the list broke off");
			return;
		}
		if (!give_item(s, s->page.items[s->page_at]))
			return;
		s->page_at++;
	}
	(void)snprintf(token, sizeof(token), "%zu", s->page_at);
	in.rv = s->page_rev;
	if (s->page_at < s->page.n)
		in.text = tt_str_from(token);
	else
		s->seen_branch = s->world.branch;
	step(s, &in);
}

/* Watches */

static void open_watch(struct sim *s)
{
	struct tt_collect_input in = {.type = TT_INPUT_OPENED};
	unsigned timeout = s->out.timeout_seconds;
	uint64_t from = s->out.open_rv;

	s->probing = s->state.phase == TT_PHASE_PROBE_OPEN;
	if (!request(s))
		return;
	s->expired = from < s->world.compacted;
	if (s->expired) {
		s->list_justified = true;
		s->probe_refused = s->probing;
		if (s->gone_410) {
			fail(s, 410, -1, "The resourceVersion for the provided watch is too old.");
			return;
		}
	}
	s->open = true;
	s->stalled = false;
	s->open_breaks = s->breaks;
	s->end_us = s->world.now_us + timeout * (int64_t)TT_US_PER_S;
	for (s->cursor = 0; s->cursor < s->world.history.n; s->cursor++)
		if (s->world.history.items[s->cursor]->rev > from)
			break;
	step(s, &in);
}

static void give_error(struct sim *s, int code, const char *reason, const char *message)
{
	struct tt_watch_frame frame = {.type = TT_WATCH_ERROR};
	struct tt_collect_input in = {.type = TT_INPUT_FRAME, .frame = &frame};

	frame.status.code = code;
	frame.status.reason = tt_str_from(reason);
	frame.status.message = tt_str_from(message);
	s->open = false;
	step(s, &in);
}

static void note_delivery(struct sim *s, const struct sim_change *c)
{
	int64_t lifetime = s->world.now_us - tt_event_time_us(&c->event, INT64_MAX);

	if (s->probing || c->poison)
		return;
	if (!c->poison)
		s->seen_branch = s->world.branch;
	if (c->kind == SIM_DELETED && lifetime >= 0 &&
		(s->shortest_us == 0 || lifetime < s->shortest_us))
		s->shortest_us = lifetime > 0 ? lifetime : 1;
}

static void give_frame(struct sim *s, struct sim_change *c)
{
	static const enum tt_watch_type types[] = {
		TT_WATCH_ADDED, TT_WATCH_MODIFIED, TT_WATCH_DELETED};
	struct tt_watch_frame frame = {.type = types[c->kind], .event = c->event};
	struct tt_err err = {.code = TT_ELIMIT, .msg = "it is too large"};
	struct tt_collect_input in = {.type = TT_INPUT_FRAME, .frame = &frame};

	if (c->poison) {
		in.type = TT_INPUT_BAD_FRAME;
		in.event = &frame.event;
		in.err = &err;
	}
	s->current = c;
	note_delivery(s, c);
	step(s, &in);
	if (s->out.next == TT_NEXT_LOOK_UP)
		look_up(s, &in);
}

static void end_watch(struct sim *s, enum tt_collect_input_type type)
{
	struct tt_err err = {.code = TT_EIO, .msg = "connection reset by peer"};
	struct tt_collect_input in = {.type = type, .err = &err};

	if (type != TT_INPUT_IDLE)
		s->open = false;
	step(s, &in);
}

static bool interrupt(struct sim *s)
{
	if (s->expired) {
		give_error(s, 410, "Expired",
			"The resourceVersion for the provided watch is too old.");
	} else if (hits(s, s->chances.breaks)) {
		end_watch(s, TT_INPUT_BROKEN);
	} else if (hits(s, s->chances.early_end)) {
		end_watch(s, TT_INPUT_END);
	} else if (hits(s, s->chances.server_error)) {
		give_error(s, 500, "InternalError", "something else");
	} else if (hits(s, s->chances.prevkv)) {
		s->list_justified = true;
		s->probe_refused = s->probing;
		give_error(s, 500, "InternalError", "etcd event received with PrevKv=nil");
	} else {
		return false;
	}
	return true;
}

static bool drain(struct sim *s)
{
	struct tt_collect_input in = {.type = TT_INPUT_DRAINED};

	if (s->pending == NULL || s->pending->received == 0)
		return true;
	step(s, &in);
	return s->state.state == TT_COLLECT_WATCHING;
}

/* Nothing is there to be read: waits for it. */
static void wait_for_frame(struct sim *s)
{
	int64_t deadline = s->state.deadline_ns / TT_NS_PER_US + 1;
	int64_t until = s->end_us < deadline && !s->stalled ? s->end_us : deadline;
	int64_t step_us = until - s->world.now_us;
	int64_t expiry = sim_world_next_us(&s->world);

	if (!s->stalled && s->next_op_us < until)
		step_us = s->next_op_us - s->world.now_us;
	if (!s->stalled && expiry - s->world.now_us < step_us)
		step_us = expiry - s->world.now_us;
	sim_pass(s, step_us > 0 ? step_us : 1);
	if (s->world.now_us >= deadline)
		end_watch(s, TT_INPUT_IDLE);
	else if (s->world.now_us >= s->end_us && !s->stalled)
		end_watch(s, TT_INPUT_END);
}

static void follow(struct sim *s)
{
	struct sim_changes *history = &s->world.history;

	if (!s->stalled && (s->breaks != s->open_breaks || hits(s, s->chances.stalls)))
		s->stalled = true;
	if (s->stalled && !s->half_open && tt_rand_below(&s->rand, 2) == 0) {
		end_watch(s, TT_INPUT_BROKEN);
		return;
	}
	if (!s->stalled && interrupt(s))
		return;
	while (!s->stalled && s->cursor < history->n) {
		struct sim_change *c = history->items[s->cursor++];

		if (!sim_is_watched(s, c))
			continue;
		give_frame(s, c);
		sim_pass(s, (int64_t)tt_rand_below(&s->rand, 3000));
		return;
	}
	if (drain(s))
		wait_for_frame(s);
}

void sim_perform(struct sim *s)
{
	struct tt_collect_input in = {.type = TT_INPUT_WAITED};

	if (s->queue.n > 0 && s->world.now_us >= s->full_until_us &&
		(s->chances.commit == 0 || hits(s, s->chances.commit)))
		sim_commit(s, 1 + tt_rand_below(&s->rand, s->queue.n));
	switch (s->out.next) {
	case TT_NEXT_CONTINUE: follow(s); break;
	case TT_NEXT_CHECK: check(s); break;
	case TT_NEXT_UID: read_uid(s); break;
	case TT_NEXT_HISTORY: fetch_history(s); break;
	case TT_NEXT_FLUSH: flush(s); break;
	case TT_NEXT_LIST: list(s); break;
	case TT_NEXT_OPEN: open_watch(s); break;
	case TT_NEXT_WAIT:
		sim_pass(s, s->out.wait_ns / TT_NS_PER_US + 1);
		step(s, &in);
		break;
	case TT_NEXT_LOOK_UP:
	case TT_NEXT_END: break;
	}
}

void sim_settle(struct sim *s, unsigned max_steps)
{
	for (unsigned i = 0; i < max_steps && s->failure[0] == '\0'; i++) {
		bool settled = s->state.state == TT_COLLECT_WATCHING && s->open && !s->stalled &&
			       !s->expired && s->open_breaks == s->breaks &&
			       s->cursor == s->world.history.n;

		if (settled && drain(s) && s->state.state == TT_COLLECT_WATCHING) {
			sim_commit(s, s->queue.n);
			return;
		}
		if (s->out.next == TT_NEXT_END)
			return;
		sim_perform(s);
	}
	sim_fail(s, "does not come to rest: state %s, problem \"%s\"",
		tt_collect_state_name(s->state.state), s->state.problem);
}

void sim_run_until(struct sim *s, int64_t until_us)
{
	while (s->world.now_us < until_us && s->failure[0] == '\0' && s->out.next != TT_NEXT_END)
		sim_perform(s);
}
