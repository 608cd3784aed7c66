/* SPDX-License-Identifier: Apache-2.0 */
/* What must be true, worked out from everything that the collector cannot see. */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/map.h"
#include "base/vec.h"
#include "sim/sim.h"

static const int64_t minute_us = 60LL * TT_US_PER_S;

/* A frame proves that nothing was missed until now, but what was written in the seconds before
 * may still be on its way. */
static const int64_t from_slack_us = 20LL * TT_US_PER_S;
static const int64_t to_slack_us = 1LL * TT_US_PER_S;

/* Whether the history has been replaced by one that differs below `rv`. */
static bool is_other_history(const struct sim *s, uint64_t rv)
{
	for (unsigned b = s->seen_branch + 1; b <= s->world.branch; b++)
		if (s->world.forks[b] < rv)
			return true;
	return false;
}

static uint64_t seen_rv(const struct tt_position *p)
{
	return p->listing && p->list_rv > p->rv ? p->list_rv : p->rv;
}

static int64_t ttl_us(const struct sim *s)
{
	int64_t ttl = s->options.event_ttl_us;

	return s->shortest_us > 0 && s->shortest_us < ttl ? s->shortest_us : ttl;
}

/* Whether the replay from `rv` says that the object was deleted. */
static bool is_named(const struct sim *s, uint64_t rv, uint64_t key)
{
	for (size_t i = 0; i < s->world.history.n; i++) {
		const struct sim_change *c = s->world.history.items[i];

		if (c->rev > rv && c->kind == SIM_DELETED && tt_collect_key_hash(&c->event) == key)
			return true;
	}
	return false;
}

/* Whether the rule tells the other history: an object is older than recorded, or all are missing
 * although young and the replay names none of them. */
static bool is_detectable(const struct sim *s, uint64_t rv)
{
	const struct tt_collect_history *h = &s->history;
	bool all_missing = h->n > 0;

	for (size_t i = 0; i < h->n; i++) {
		const struct tt_collect_candidate *c = &h->candidates[i];

		if (c->answer == TT_CANDIDATE_FOUND && c->server_rv < c->rv &&
			s->history_epochs[i] == s->state.position.epoch)
			return true;
		if (c->answer != TT_CANDIDATE_MISSING || c->recorded_at_us <= h->last_gap_us ||
			s->world.now_us - c->time_us >= ttl_us(s) - minute_us ||
			is_named(s, rv, c->key))
			all_missing = false;
	}
	return all_missing;
}

/* The collector has taken another history for the same, or has not. What it misses by that is
 * excused only where the rule cannot tell. */
static void judge_history(struct sim *s, uint64_t rv)
{
	if (!is_other_history(s, rv))
		return;
	if (is_detectable(s, rv)) {
		sim_fail(s, "another history was taken for the same");
		return;
	}
	s->undetected++;
	for (size_t i = 0; i < s->world.history.n; i++) {
		struct sim_change *c = s->world.history.items[i];

		if (c->rev <= rv && c->branch > s->seen_branch)
			c->excused = true;
	}
	s->seen_branch = s->world.branch;
}

void sim_judge_resumed(struct sim *s)
{
	judge_history(s, s->state.position.rv);
	s->probe_refused = false;
}

void sim_judge_epoch(struct sim *s)
{
	bool none_found = s->history.n > 0;
	uint64_t seen = seen_rv(&s->before);

	if (s->before.listing && s->page_rev > seen)
		seen = s->page_rev; /* it has recorded something of a list that did not end */

	s->epochs++;
	for (size_t i = 0; i < s->history.n; i++)
		if (s->history.candidates[i].answer == TT_CANDIDATE_FOUND)
			none_found = false;
	if (s->checked_rv > seen)
		seen = s->checked_rv;
	if (s->before.rv > 0 && !is_other_history(s, seen) && !(s->probe_refused && none_found))
		sim_fail(s, "a new epoch, although the history is the same");
	s->list_justified = true;
	s->probe_refused = false;
	s->checked_rv = s->world.rev;
}

void sim_judge_list_start(struct sim *s)
{
	const struct tt_position *p = &s->state.position;

	if (p->rv == 0 && p->epoch == 1)
		return;
	if (!s->list_justified)
		sim_fail(s, "a list without reason, in state %s",
			tt_collect_state_name(s->state.state));
}

static bool has_survivor(struct sim *s)
{
	for (size_t i = 0; i < s->page.n; i++) {
		struct sim_change *c = s->page.items[i];
		struct sim_record *newest = sim_newest(s, c);

		if (!c->poison && c->rev <= s->before.rv && newest != NULL && newest->change == c &&
			newest->recorded_at_us <= s->before.last_proof_us - minute_us)
			return true;
	}
	return false;
}

void sim_judge_gap(struct sim *s)
{
	const struct tt_gap *gap = &s->out.gap;
	enum tt_lost want = TT_LOST_EVENTS;
	int64_t from = s->before.last_proof_us;

	s->lists++;
	s->list_justified = false;
	if (gap->from_us != from)
		sim_fail(s, "a gap begins at another time than the last proof");
	if (gap->to_us > s->page_us || s->page_us - gap->to_us > 2 * TT_US_PER_S)
		sim_fail(s, "a gap ends at another time than its list");
	if (s->before.rv > 0) {
		judge_history(s, s->before.rv);
		if (has_survivor(s) || gap->to_us - from < ttl_us(s) - minute_us)
			want = TT_LOST_UPDATES;
	}
	if (gap->lost != want)
		sim_fail(s, "a gap says that %s are lost, but it is %s (%s)",
			gap->lost == TT_LOST_EVENTS ? "events" : "updates",
			want == TT_LOST_EVENTS ? "events" : "updates", gap->reason.data);
	if (want == TT_LOST_EVENTS)
		s->seen_branch = s->page_branch;
}

/* The end of a run */

/* What is known of the objects of the world, by number. */
struct fates {
	struct fate {
		bool recorded, poison, ended_by_ttl;
	} * items;
};

static void learn_fates(struct sim *s, struct fates *f)
{
	f->items = tt_calloc(s->world.objects, sizeof(*f->items));
	tt_vec_each (at, &s->world.all) {
		struct fate *fate = &f->items[(*at)->object];

		fate->recorded |= (*at)->recorded;
		fate->poison |= (*at)->poison;
		fate->ended_by_ttl |= (*at)->kind == SIM_DELETED && (*at)->by_ttl;
	}
}

static bool covers(const struct sim_record *r, const struct sim_change *c)
{
	return (r->gap.from_us == TT_TIME_ZERO || r->gap.from_us <= c->at_us + from_slack_us) &&
	       c->at_us <= r->gap.to_us + to_slack_us;
}

struct gaps {
	struct sim_record **items; /* that end lists */
	size_t n, cap;
};

static bool is_covered(struct gaps *gaps, const struct sim_change *c, bool by_events)
{
	tt_vec_each (r, gaps)
		if (covers(*r, c) && (!by_events || (*r)->gap.lost == TT_LOST_EVENTS))
			return true;
	return false;
}

static void judge_change(
	struct sim *s, struct gaps *gaps, const struct sim_change *c, const struct fate *fate)
{
	if (c->recorded || c->excused || c->poison || c->kind == SIM_DELETED ||
		!sim_is_watched(s, c))
		return;
	if (!is_covered(gaps, c, false))
		sim_fail(s,
			"revision %llu of %.*s/%.*s, written at %.3f in branch %u, is lost in "
			"silence",
			(unsigned long long)c->rev, TT_STR_ARG(c->event.metadata.namespace),
			TT_STR_ARG(c->event.metadata.name), sim_seconds(c->at_us), c->branch);
	else if (!fate->recorded && !fate->poison && fate->ended_by_ttl &&
		 !is_covered(gaps, c, true))
		sim_fail(s, "%.*s/%.*s is lost whole, and the gap speaks of updates",
			TT_STR_ARG(c->event.metadata.namespace),
			TT_STR_ARG(c->event.metadata.name));
}

static void judge_changes(struct sim *s)
{
	struct fates fates;
	struct gaps gaps = {0};

	learn_fates(s, &fates);
	tt_vec_each (r, &s->log)
		if (r->is_gap && !r->refusal)
			*tt_vec_push(&gaps) = r;
	tt_vec_each (c, &s->world.all)
		judge_change(s, &gaps, *c, &fates.items[(*c)->object]);
	tt_vec_release(&gaps);
	tt_free(fates.items);
}

static void judge_live(struct sim *s)
{
	tt_vec_each (object, &s->world.live) {
		const struct sim_change *c = object->last;

		if (sim_is_watched(s, c) && !c->recorded && !c->excused && !c->poison)
			sim_fail(s, "the API has %.*s/%.*s at %llu, and the log has not",
				TT_STR_ARG(c->event.metadata.namespace),
				TT_STR_ARG(c->event.metadata.name), (unsigned long long)c->rev);
	}
}

/* Record `i` against the older ones of its identity, which `older` chains. */
static void judge_repeat(struct sim *s, const size_t *older, size_t i)
{
	const struct sim_record *r = &s->log.items[i];
	bool newest = true;

	for (size_t k = older[i]; k != SIZE_MAX; k = older[k]) {
		const struct sim_record *old = &s->log.items[k];

		if (old->change->rev == r->change->rev && old->epoch == r->epoch &&
			(old->change == r->change || s->undetected == 0))
			sim_fail(s, "revision %llu is recorded twice",
				(unsigned long long)r->change->rev);
		if (newest && old->change == r->change)
			sim_fail(s, "revision %llu is recorded again in a new epoch",
				(unsigned long long)r->change->rev);
		newest = false;
	}
}

static void judge_repeats(struct sim *s)
{
	size_t *older = tt_calloc(s->log.n, sizeof(*older));
	struct tt_map last;

	tt_map_init(&last);
	for (size_t i = 0; i < s->log.n; i++) {
		bool first;
		uint64_t *place;

		if (s->log.items[i].is_gap)
			continue;
		place = tt_map_put(&last, s->log.items[i].change->key, &first);
		older[i] = first ? SIZE_MAX : *place;
		*place = i;
		judge_repeat(s, older, i);
	}
	tt_map_release(&last);
	tt_free(older);
}

static void judge_books(struct sim *s)
{
	size_t refusals = 0, lists = 0, begun = 0;

	tt_vec_each (r, &s->log) {
		refusals += r->refusal;
		lists += r->is_gap && !r->refusal;
		begun += r->is_gap && r->gap.from_us == TT_TIME_ZERO;
	}
	if (s->received != s->recorded + s->duplicates + s->deletions + s->refused)
		sim_fail(s, "the books do not balance");
	if (refusals != s->refused)
		sim_fail(s, "%zu gaps name a refused object, but %llu were refused", refusals,
			(unsigned long long)s->refused);
	if (begun != 1)
		sim_fail(s, "collection began %zu times", begun);
	if (lists > s->lists)
		sim_fail(s, "%zu gaps of %llu lists", lists, (unsigned long long)s->lists);
}

void sim_judge_log(struct sim *s)
{
	tt_vec_each (r, &s->log) {
		if (!r->is_gap)
			r->change->recorded = true;
		else if (s->trace && !r->refusal)
			printf("# gap %.3f to %.3f, epoch %u, lost %d: %.*s\n",
				sim_seconds(r->gap.from_us), sim_seconds(r->gap.to_us), r->epoch,
				r->gap.lost, TT_STR_ARG(r->gap.reason));
	}
	judge_repeats(s);
	judge_books(s);
	judge_live(s);
	judge_changes(s);
}

size_t sim_count_gaps(const struct sim *s)
{
	return sim_count_lost(s, TT_LOST_EVENTS) + sim_count_lost(s, TT_LOST_UPDATES);
}

size_t sim_count_lost(const struct sim *s, enum tt_lost lost)
{
	size_t n = 0;

	for (size_t i = 0; i < s->log.n; i++)
		n += s->log.items[i].is_gap && !s->log.items[i].refusal &&
		     s->log.items[i].gap.lost == lost;
	return n;
}
