/* SPDX-License-Identifier: Apache-2.0 */
/* Before a watch is opened or a list is made: is this the same cluster, and is its history the
 * one that the position belongs to? An etcd restored from a backup may be behind the position,
 * which its version tells; or already past it, which only the recorded objects can tell. */
#include <stdio.h>
#include <string.h>

#include "base/assert.h"
#include "collect/step_private.h"

/* The history is as far as can be seen the same: list if that is due, else watch. */
static void proceed(struct tt_collect *s, struct tt_collect_actions *out)
{
	s->n_suspects = 0;
	if (s->position.listing)
		tt_step_relist(s, TT_MOVE_RESUME_LIST, out);
	else if (s->position.rv == 0)
		tt_step_relist(s, TT_MOVE_FIRST_LIST, out);
	else
		tt_step_open(s, TT_PHASE_OPEN, out);
}

/* The largest version that this history is known to have. */
static uint64_t seen_rv(const struct tt_collect *s)
{
	const struct tt_position *p = &s->position;

	return p->listing && p->list_rv > p->rv ? p->list_rv : p->rv;
}

/* Whether anything has been recorded in this epoch. */
static bool has_recorded(const struct tt_collect *s)
{
	return s->position.rv > 0 || s->position.last_key.len > 0;
}

static void compare_versions(struct tt_collect *s, struct tt_collect_actions *out)
{
	if (s->server_rv < seen_rv(s) || s->behind) {
		tt_step_new_epoch(s, TT_MOVE_BEHIND, out);
	} else if (s->suspect && has_recorded(s)) {
		s->phase = TT_PHASE_HISTORY;
		out->next = TT_NEXT_HISTORY;
	} else {
		proceed(s, out);
	}
}

void tt_step_checked(
	struct tt_collect *s, const struct tt_collect_input *in, struct tt_collect_actions *out)
{
	bool went_back = in->rv < s->server_rv;

	s->server_rv = in->rv;
	if (went_back)
		s->behind = true;
	if (s->phase == TT_PHASE_RECHECK) {
		tt_step_open(s, TT_PHASE_PROBE_OPEN, out);
		return;
	}
	tt_assert(s->phase == TT_PHASE_CHECK);
	if (s->suspect) {
		s->phase = TT_PHASE_UID;
		out->next = TT_NEXT_UID;
	} else {
		compare_versions(s, out);
	}
}

static void other_cluster(struct tt_collect *s, struct tt_str uid, struct tt_collect_actions *out)
{
	tt_step_move(s, TT_MOVE_OTHER_CLUSTER, out);
	(void)snprintf(s->problem, sizeof(s->problem),
		"another cluster answers: its namespace kube-system has uid %.*s, that of %.*s has "
		"%.*s; give it a name of its own",
		TT_STR_ARG(uid), TT_STR_ARG(s->options.cluster),
		TT_STR_ARG(s->position.system_uid));
	s->phase = TT_PHASE_NONE;
	s->connected = false;
	out->next = TT_NEXT_END;
}

void tt_step_uid(
	struct tt_collect *s, const struct tt_collect_input *in, struct tt_collect_actions *out)
{
	struct tt_str known = s->position.system_uid;

	if (in->text.len > 0 && known.len > 0 && !tt_str_eq(in->text, known)) {
		other_cluster(s, in->text, out);
		return;
	}
	if (in->text.len > 0 && in->text.len < sizeof(s->system_uid)) {
		memcpy(s->system_uid, in->text.data, in->text.len);
		s->position.system_uid = (struct tt_str){s->system_uid, in->text.len};
	}
	compare_versions(s, out);
}

/* Whether the server's object cannot be one that this history has led to: it is older than
 * recorded, or below the position and yet not recorded. After the first epoch what was recorded
 * may be of another one, and says nothing about versions beyond the position. */
static bool is_different(
	const struct tt_collect *s, const struct tt_collect_candidate *c, bool certain)
{
	bool below = c->server_rv <= s->position.rv;

	if (c->answer != TT_CANDIDATE_FOUND)
		return false;
	if (c->server_rv < c->rv)
		return below || s->position.epoch == 1;
	return certain && below && c->server_rv != c->rv;
}

/* Whether a missing object should still be there: recorded after all gaps, so that every deletion
 * since has been seen and has lowered the TTL below its age if it was of this object. */
static bool is_missed(const struct tt_collect *s, const struct tt_collect_candidate *c,
	bool certain, int64_t now_us)
{
	bool clock_is_wrong = c->time_us > c->recorded_at_us;

	return c->answer == TT_CANDIDATE_MISSING && certain && !clock_is_wrong &&
	       now_us - c->time_us < tt_collect_ttl_us(s) - TT_LEASE_SLACK_US;
}

void tt_step_history(
	struct tt_collect *s, const struct tt_collect_input *in, struct tt_collect_actions *out)
{
	const struct tt_collect_history *h = in->history;
	size_t found = 0;

	s->n_suspects = 0;
	for (size_t i = 0; i < h->n; i++) {
		const struct tt_collect_candidate *c = &h->candidates[i];
		bool certain = h->last_gap_us == TT_TIME_ZERO || c->recorded_at_us > h->last_gap_us;

		found += c->answer == TT_CANDIDATE_FOUND;
		if (is_different(s, c, certain)) {
			tt_step_new_epoch(s, TT_MOVE_OTHER_HISTORY, out);
			return;
		}
		if (is_missed(s, c, certain, in->now_us))
			s->suspects[s->n_suspects++] = c->key;
	}
	if (s->n_suspects == 0) {
		proceed(s, out);
		return;
	}
	if (s->position.rv == 0) {
		/* Nothing is known yet of which it could be said that it was lost: what has been
		 * recorded is looked up, which is right in any history. */
		tt_step_new_epoch(s, TT_MOVE_OTHER_HISTORY, out);
		return;
	}
	s->all_missing = found == 0;
	s->phase = TT_PHASE_RECHECK;
	out->next = TT_NEXT_CHECK;
}

/* The replay was refused and tells nothing. If no candidate is left the history counts as
 * another one; else the list decides, by looking up what should be known. */
static void probe_expired(struct tt_collect *s, struct tt_collect_actions *out)
{
	out->close = true;
	if (s->all_missing) {
		tt_step_new_epoch(s, TT_MOVE_UNCONFIRMED, out);
		return;
	}
	s->doubt = true;
	tt_step_due(s);
	tt_step_relist(s, TT_MOVE_OPEN_EXPIRED, out);
}

void tt_step_connect_failed(
	struct tt_collect *s, const struct tt_collect_input *in, struct tt_collect_actions *out)
{
	const struct tt_kube_reply *reply = in->reply;
	int status = reply != NULL ? reply->http_status : 0;

	if (s->phase == TT_PHASE_UID && (status == 403 || status == 404)) {
		compare_versions(s, out);
		return;
	}
	if (s->phase == TT_PHASE_OPEN && tt_step_is_expired(reply)) {
		s->cause = TT_CAUSE_EXPIRED;
		tt_step_due(s);
		if (tt_step_expires_again(s, in->now_ns))
			tt_step_request_failed(s, TT_MOVE_CONNECT_FAILED, in, out);
		else
			tt_step_relist(s, TT_MOVE_OPEN_EXPIRED, out);
		return;
	}
	if (s->phase == TT_PHASE_PROBE_OPEN && tt_step_is_expired(reply)) {
		s->cause = TT_CAUSE_EXPIRED;
		probe_expired(s, out);
		return;
	}
	tt_step_request_failed(s, TT_MOVE_CONNECT_FAILED, in, out);
}

/* A DELETED that explains why an object is missing. */
static void explain(struct tt_collect *s, const struct tt_event *e)
{
	uint64_t key = tt_collect_key_hash(e);

	for (size_t i = 0; i < s->n_suspects; i++)
		if (s->suspects[i] == key)
			s->suspects[i--] = s->suspects[--s->n_suspects];
}

static void probe_frame(
	struct tt_collect *s, const struct tt_collect_input *in, struct tt_collect_actions *out)
{
	const struct tt_watch_frame *frame = in->frame;
	uint64_t rv;

	s->heard_ns = in->now_ns;
	if (frame->type == TT_WATCH_ERROR) {
		if (tt_step_is_lost(s, &frame->status)) {
			probe_expired(s, out);
			return;
		}
		tt_step_back_off(s, TT_MOVE_PROBE_FAILED, in, frame->status.message, -1, out);
		return;
	}
	if (frame->type == TT_WATCH_DELETED)
		explain(s, &frame->event);
	if (s->n_suspects == 0) {
		s->suspect = false;
		out->close = true;
		tt_step_check(s, out);
	} else if (tt_event_rv(&frame->event, &rv) && rv > s->server_rv) {
		out->close = true;
		tt_step_new_epoch(s, TT_MOVE_UNCONFIRMED, out);
	}
}

/* Only a clean end says that nothing more would have come; silence may be a dead connection. */
static void probe_end(
	struct tt_collect *s, const struct tt_collect_input *in, struct tt_collect_actions *out)
{
	if (in->now_ns - s->heard_ns >= tt_step_quiet_ns(s)) {
		out->close = true;
		tt_step_new_epoch(s, TT_MOVE_UNCONFIRMED, out);
		return;
	}
	s->probe_seconds *= 2;
	tt_step_back_off(s, TT_MOVE_PROBE_FAILED, in,
		TT_STR("the replay ended before it could tell whether the API server's storage was "
		       "restored"),
		-1, out);
}

void tt_step_probe(
	struct tt_collect *s, const struct tt_collect_input *in, struct tt_collect_actions *out)
{
	tt_assert(s->phase == TT_PHASE_PROBE);
	switch (in->type) {
	case TT_INPUT_FRAME: probe_frame(s, in, out); return;
	case TT_INPUT_BAD_FRAME: s->heard_ns = in->now_ns; return;
	case TT_INPUT_END: probe_end(s, in, out); return;
	case TT_INPUT_IDLE:
		if (in->now_ns < s->deadline_ns)
			return;
		tt_step_back_off(
			s, TT_MOVE_PROBE_FAILED, in, TT_STR("the replay is silent"), -1, out);
		return;
	default: break;
	}
	tt_assert(in->type == TT_INPUT_BROKEN);
	tt_step_back_off(s, TT_MOVE_PROBE_FAILED, in, tt_str_from(in->err->msg), -1, out);
}
