/* SPDX-License-Identifier: Apache-2.0 */
#include "collect/watcher.h"

#include <stdio.h>

#include "base/clock.h"
#include "base/log.h"
#include "store/ingest.h"
#include "store/reader.h"

bool tt_watcher_is_stopping(struct tt_watcher *w)
{
	return __atomic_load_n(&w->collector->stopping, __ATOMIC_ACQUIRE);
}

/* What other threads may see of the state. */
static void publish(struct tt_watcher *w)
{
	const struct tt_collect *s = &w->state;
	struct tt_collector_status *shown = &w->shown;

	pthread_mutex_lock(&w->lock);
	shown->state = tt_collect_state_name(s->state);
	shown->resource_version = s->position.rv;
	shown->last_proof_us = s->position.last_proof_us;
	shown->last_event_us = s->last_event_us;
	shown->connected = s->connected;
	shown->moves = s->moves;
	shown->listed = s->listed;
	for (int i = 0; i < TT_OUTCOME_N; i++)
		shown->requests[i] = s->requests[i];
	(void)snprintf(w->shown_problem, sizeof(w->shown_problem), "%s", s->problem);
	pthread_mutex_unlock(&w->lock);
}

static void trace_move(struct tt_watcher *w)
{
	const struct tt_collector_options *o = &w->collector->options;
	const struct tt_collect *s = &w->state;
	size_t n;
	const struct tt_collect_move *move = &tt_collect_moves(&n)[w->out.move];
	struct tt_field cluster = TT_FV("cluster", o->cluster);
	struct tt_field namespace = TT_FV("namespace", w->namespace);

	tt_log_debug(o->log, "move", cluster, namespace,
		TT_FS("from", tt_collect_state_name(move->from)), TT_FS("input", move->input),
		TT_FS("to", tt_collect_state_name(move->to)), TT_FS("why", move->why));
	if (w->out.move == TT_MOVE_OTHER_CLUSTER)
		tt_log_error(
			o->log, "collecting stopped", cluster, namespace, TT_FS("why", s->problem));
	else if (move->to == TT_COLLECT_BACKING_OFF)
		tt_log_warn(o->log, "not collecting", cluster, namespace, TT_FS("why", s->problem),
			TT_FI("retry_ms", w->out.wait_ns / TT_NS_PER_MS));
	else if (move->to == TT_COLLECT_LISTING)
		tt_log_info(o->log, "listing", cluster, namespace, TT_FS("why", move->why));
}

static void trace_gap(struct tt_watcher *w)
{
	const struct tt_collector_options *o = &w->collector->options;
	const struct tt_gap *gap = &w->out.gap;

	tt_log_info(o->log, "gap", TT_FV("cluster", o->cluster),
		TT_FV("namespace", w->out.gap_namespace),
		TT_FS("lost", gap->lost == TT_LOST_EVENTS ? "events" : "updates"),
		TT_FV("reason", gap->reason));
}

void tt_watcher_step(struct tt_watcher *w, struct tt_collect_input *in)
{
	const struct tt_clock *clock = w->collector->options.clock;
	bool was_connected = w->state.connected, ok = true;

	w->now_ns = tt_clock_mono_ns(clock);
	if (in->type != TT_INPUT_FRAME || w->now_ns - w->wall_ns >= TT_NS_PER_MS) {
		w->wall_us = tt_clock_wall_us(clock);
		w->wall_ns = w->now_ns;
	}
	in->now_us = w->wall_us;
	in->now_ns = w->now_ns;
	tt_collect_step(&w->state, in, &w->out);
	if (w->out.take != TT_TAKE_NONE || w->out.has_gap)
		tt_watcher_take(w, in);
	if (w->out.has_gap)
		trace_gap(w);
	if (w->out.discard)
		tt_watcher_discard(w);
	else if (w->out.commit || (tt_watcher_is_full(w) && w->out.next != TT_NEXT_LOOK_UP))
		ok = tt_watcher_hand_over(w);
	if (w->out.close) {
		tt_kube_watch_close(w->watch);
		w->watch = NULL;
	}
	if (w->out.move != TT_MOVE_NONE)
		trace_move(w);
	if (w->out.move != TT_MOVE_NONE || w->out.commit)
		publish(w);
	if (w->state.connected && !was_connected)
		tt_log_info(w->collector->options.log, "watching",
			TT_FV("cluster", w->collector->options.cluster),
			TT_FV("namespace", w->namespace),
			TT_FI("resourceVersion", w->state.position.rv));
	if (!ok) {
		struct tt_collect_input full = {.type = TT_INPUT_QUEUE_FULL};

		tt_watcher_step(w, &full);
	}
}

/* The first input; false if the log cannot be read now. A collector of the same cluster that was
 * stopped just before may have handed over records, and with them a position, that are not
 * committed yet. */
static bool start(struct tt_watcher *w)
{
	struct tt_collect_input in = {.type = TT_INPUT_STARTED};
	struct tt_position *position = NULL;
	struct tt_err err = {.msg = "it does not take records"};
	int rc = tt_ingest_flush(w->collector->options.ingest, TT_NS_PER_S);

	if (rc == 0)
		rc = tt_watcher_load(w, &position, &err);
	if (rc == 0)
		rc = tt_watcher_overlap(w, &in.rv, &err);
	if (rc < 0) {
		tt_log_error(w->collector->options.log, "the log cannot be read",
			TT_FV("cluster", w->collector->options.cluster), TT_FS("why", err.msg));
		return false;
	}
	in.position = position;
	tt_watcher_step(w, &in);
	return true;
}

static void pause_start(struct tt_watcher *w)
{
	struct tt_collector *c = w->collector;
	struct timespec until;

	(void)clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec++;
	pthread_mutex_lock(&c->lock);
	if (!c->stopping)
		(void)pthread_cond_timedwait(&c->changed, &c->lock, &until);
	pthread_mutex_unlock(&c->lock);
}

static void finish(struct tt_watcher *w)
{
	struct tt_collector *c = w->collector;

	tt_watcher_discard(w);
	tt_kube_watch_close(w->watch);
	tt_reader_close(w->reader);
	tt_arena_release(&w->arena);
	pthread_mutex_lock(&c->lock); /* another thread may be waking the client */
	tt_kube_client_free(w->client);
	w->client = NULL;
	c->running--;
	pthread_cond_broadcast(&c->changed);
	pthread_mutex_unlock(&c->lock);
}

void *tt_watcher_run(void *arg)
{
	struct tt_watcher *w = arg;
	bool started = false;

	while (!started && !tt_watcher_is_stopping(w)) {
		started = start(w);
		if (!started)
			pause_start(w);
	}
	while (started && w->out.next != TT_NEXT_END) {
		struct tt_collect_input stop = {.type = TT_INPUT_STOP};

		if (tt_watcher_is_stopping(w))
			tt_watcher_step(w, &stop);
		else
			tt_watcher_perform(w);
	}
	publish(w);
	finish(w);
	return NULL;
}
