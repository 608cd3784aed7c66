/* SPDX-License-Identifier: Apache-2.0 */
/* Listing: every object is recorded unless it is known to be, and how far the list has come is
 * stored with what it gave, so that a crash in its middle repeats nothing.
 *
 * Of a list that is stored as having come to (list_rv, last_key) all objects with key <= last_key
 * are recorded as they were at list_rv or later. One of them with a larger version may have been
 * recorded by an attempt that ended before it got that far again: the log is asked. */
#include <string.h>

#include "base/assert.h"
#include "collect/step_private.h"

enum { MAX_SURVIVOR_LOOKUPS = 1000 };

static void begin_anew(struct tt_collect *s)
{
	s->token[0] = '\0';
	s->first_rv = 0;
}

/* A list from its first page. */
static void begin_attempt(struct tt_collect *s, int64_t now_us)
{
	begin_anew(s);
	s->disordered = s->survivor = false;
	s->lookups = 0;
	s->listed = 0;
	s->list_start_us = now_us;
}

/* What comes may have been stored before: by an attempt that ended early, or by the same page. */
static void remember_stored(struct tt_collect *s)
{
	struct tt_str stored = s->position.last_key;

	s->passed = false;
	s->start_rv = s->position.list_rv;
	if (stored.len > 0)
		memcpy(s->start_key, stored.data, stored.len);
	s->start_key[stored.len] = '\0';
}

void tt_step_due(struct tt_collect *s)
{
	struct tt_position *p = &s->position;

	if (p->listing)
		return;
	p->listing = true;
	p->list_rv = s->server_rv;
	p->last_key.len = 0;
	s->unpaged = false;
	begin_anew(s);
}

void tt_step_relist(
	struct tt_collect *s, enum tt_collect_move_id id, struct tt_collect_actions *out)
{
	tt_step_move(s, id, out);
	tt_step_due(s);
	s->connected = false;
	s->phase = TT_PHASE_FLUSH;
	out->next = TT_NEXT_FLUSH;
}

void tt_step_new_epoch(
	struct tt_collect *s, enum tt_collect_move_id id, struct tt_collect_actions *out)
{
	struct tt_position *p = &s->position;

	p->epoch++;
	p->rv = 0;
	p->listing = false;
	s->overlap_rv = 0;
	s->behind = s->doubt = false;
	s->n_suspects = 0;
	tt_step_relist(s, id, out);
	p->list_rv = 0;
	out->commit = true;
}

static void request_page(struct tt_collect *s, struct tt_collect_actions *out)
{
	s->phase = TT_PHASE_PAGE;
	out->next = TT_NEXT_LIST;
	out->limit = s->unpaged ? 0 : TT_COLLECT_PAGE;
}

static void flushed(
	struct tt_collect *s, const struct tt_collect_input *in, struct tt_collect_actions *out)
{
	if (s->token[0] == '\0')
		begin_attempt(s, in->now_us);
	remember_stored(s);
	request_page(s, out);
}

/* "namespace/name" in `to`; empty if it is longer than any valid one. */
static struct tt_str object_key(const struct tt_event *e, char to[TT_COLLECT_KEY_SIZE])
{
	struct tt_str ns = e->metadata.namespace, name = e->metadata.name;

	if (ns.len + name.len + 1 >= TT_COLLECT_KEY_SIZE)
		return (struct tt_str){to, 0};
	if (ns.len > 0)
		memcpy(to, ns.data, ns.len);
	to[ns.len] = '/';
	if (name.len > 0)
		memcpy(to + ns.len + 1, name.data, name.len);
	return (struct tt_str){to, ns.len + 1 + name.len};
}

/* The list has dealt with the object `key`. Keys of etcd ascend; should they not, nothing is
 * claimed about how far the list has come. */
static void pass(struct tt_collect *s, struct tt_str key)
{
	struct tt_position *p = &s->position;

	if (s->passed && tt_str_cmp(key, p->last_key) <= 0)
		s->disordered = true;
	if (s->disordered)
		p->last_key.len = 0;
	if (s->disordered || tt_str_cmp(key, p->last_key) <= 0)
		return;
	memcpy(s->last_key, key.data, key.len);
	p->last_key = (struct tt_str){s->last_key, key.len};
	s->passed = true;
}

static bool has_stored_key(const struct tt_collect *s, struct tt_str key)
{
	return key.len > 0 && tt_str_cmp(key, tt_str_from(s->start_key)) <= 0;
}

/* Whether an object that was recorded before the outage might prove that nothing has expired
 * during it: see tt_step_list_gap(). */
static bool may_survive(struct tt_collect *s, const struct tt_event *e)
{
	int64_t from = s->position.last_proof_us;

	return !s->survivor && from != TT_TIME_ZERO && s->lookups < MAX_SURVIVOR_LOOKUPS &&
	       e->metadata.creation_us <= from - TT_LEASE_SLACK_US;
}

enum verdict { NEW, KNOWN, ASK };

static enum verdict judge(
	struct tt_collect *s, const struct tt_event *e, uint64_t rv, struct tt_str key)
{
	const struct tt_position *p = &s->position;

	if (rv <= p->rv)
		return s->doubt || may_survive(s, e) ? ASK : KNOWN;
	if (has_stored_key(s, key))
		return rv <= s->start_rv ? KNOWN : ASK;
	if (p->rv == 0 && (p->epoch > 1 || s->overlap_rv > 0))
		return ASK;
	return NEW;
}

static void take(
	struct tt_collect *s, bool known, struct tt_str key, struct tt_collect_actions *out)
{
	out->take = known ? TT_TAKE_DUPLICATE : TT_TAKE_RECORD;
	out->change = TT_CHANGE_ADDED;
	pass(s, key);
}

static void item(
	struct tt_collect *s, const struct tt_collect_input *in, struct tt_collect_actions *out)
{
	const struct tt_event *e = in->event;
	char buf[TT_COLLECT_KEY_SIZE];
	struct tt_str key = object_key(e, buf);
	uint64_t rv = 0;
	bool has_rv = tt_event_rv(e, &rv);

	s->listed++;
	if (in->err != NULL || !has_rv) {
		bool known = has_rv && (rv <= s->position.rv ||
					       (has_stored_key(s, key) && rv <= s->start_rv));

		if (known)
			out->take = TT_TAKE_DUPLICATE;
		else
			tt_step_refuse(s, in, e, in->err, out);
		return;
	}
	int64_t t = tt_event_time_us(e, in->now_us);

	if (t > s->last_event_us)
		s->last_event_us = t;
	switch (judge(s, e, rv, key)) {
	case NEW: take(s, false, key, out); return;
	case KNOWN: take(s, true, key, out); return;
	case ASK: out->next = TT_NEXT_LOOK_UP; return;
	}
}

static void looked_up(
	struct tt_collect *s, const struct tt_collect_input *in, struct tt_collect_actions *out)
{
	char buf[TT_COLLECT_KEY_SIZE];
	struct tt_str key = object_key(in->event, buf);
	const struct tt_collect_known *known = &in->known;
	uint64_t rv = 0;

	(void)tt_event_rv(in->event, &rv);
	if (rv > s->position.rv) {
		take(s, known->same, key, out);
		return;
	}
	if (s->doubt && !known->same) {
		tt_step_new_epoch(s, TT_MOVE_LIST_UNKNOWN, out);
		return;
	}
	s->lookups++;
	if (known->same && s->position.last_proof_us != TT_TIME_ZERO &&
		known->recorded_at_us <= s->position.last_proof_us - TT_LEASE_SLACK_US)
		s->survivor = true;
	take(s, true, key, out);
}

/* Everything at `first_rv` is recorded: one gap, and on from there. */
static void finish(struct tt_collect *s, struct tt_collect_actions *out)
{
	struct tt_position *p = &s->position;

	tt_step_list_gap(s, out);
	p->rv = s->first_rv;
	p->last_proof_us = s->list_start_us;
	p->listing = false;
	p->list_rv = 0;
	p->last_key.len = 0;
	s->unpaged = false;
	begin_anew(s);
	s->doubt = s->suspect = s->denied = false;
	out->commit = true;
	tt_step_move(s, TT_MOVE_LISTED, out);
	tt_step_check(s, out);
}

static void page_end(
	struct tt_collect *s, const struct tt_collect_input *in, struct tt_collect_actions *out)
{
	struct tt_str token = in->text;

	if (in->rv == 0) {
		tt_step_back_off(s, TT_MOVE_LIST_FAILED, in,
			TT_STR("the API server's list has no usable resourceVersion"), -1, out);
		return;
	}
	if (s->first_rv == 0 && in->rv < s->position.rv) {
		tt_step_new_epoch(s, TT_MOVE_LIST_BEHIND, out);
		return;
	}
	if (s->first_rv == 0)
		s->first_rv = in->rv;
	if (s->passed && !s->disordered)
		s->position.list_rv = s->first_rv;
	if (token.len == 0) {
		finish(s, out);
		return;
	}
	out->commit = true;
	if (token.len < sizeof(s->token)) {
		memcpy(s->token, token.data, token.len);
		s->token[token.len] = '\0';
		request_page(s, out);
		return;
	}
	begin_anew(s);
	s->unpaged = true;
	s->phase = TT_PHASE_FLUSH;
	out->next = TT_NEXT_FLUSH;
}

static void failed(
	struct tt_collect *s, const struct tt_collect_input *in, struct tt_collect_actions *out)
{
	if (s->phase == TT_PHASE_FLUSH)
		s->reload = true;
	if (s->phase == TT_PHASE_PAGE && s->token[0] != '\0' && tt_step_is_expired(in->reply)) {
		begin_anew(s);
		s->unpaged = true;
		out->commit = true;
		tt_step_relist(s, TT_MOVE_PAGE_EXPIRED, out);
		return;
	}
	tt_step_request_failed(s, TT_MOVE_LIST_FAILED, in, out);
}

void tt_step_list_input(
	struct tt_collect *s, const struct tt_collect_input *in, struct tt_collect_actions *out)
{
	switch (in->type) {
	case TT_INPUT_FLUSHED: flushed(s, in, out); return;
	case TT_INPUT_ITEM: item(s, in, out); return;
	case TT_INPUT_LOOKED_UP: looked_up(s, in, out); return;
	case TT_INPUT_PAGE_END: page_end(s, in, out); return;
	default: break;
	}
	tt_assert(in->type == TT_INPUT_FAILED);
	failed(s, in, out);
}
