/* SPDX-License-Identifier: Apache-2.0 */
#include "serve/kubernetes/leavers.h"

#include <pthread.h>

#include "base/arena.h"
#include "base/assert.h"
#include "base/clock.h"
#include "base/mem.h"
#include "serve/internal.h"
#include "serve/kubernetes/state.h"
#include "serve/kubernetes/view.h"

enum {
	EDGES_MAX = 256,     /* whose leavers are looked up for all their watches */
	LEAVERS_MAX = 10000, /* of one step, held for all watches */
	LEAVERS_MAX_BYTES = 8 << 20,
	HELD_MAX_BYTES = 64 << 20, /* of all steps */
};

static const int64_t STEP_NS = 5ll * TT_NS_PER_S;
static const int64_t BEHIND_NS = 60ll * TT_NS_PER_S;

struct tt_edge {
	unsigned refs; /* watches that have joined */
	struct tt_arena arena;
	struct tt_str cluster;
	int64_t window_us;
	struct tt_edge_step *newest; /* a reference; NULL before the first */
	struct tt_edge_step *oldest; /* a reference: of the last minute, what leads to `newest` */
	bool moving;                 /* somebody looks for the next leavers, */
	bool looks;                  /* for all watches: it is one of EDGES_MAX */
	uint64_t moving_seq;         /* of the step that is being made */
	struct tt_edge *next;
};

struct tt_edges {
	pthread_mutex_t lock;
	pthread_cond_t moved;
	struct tt_edge *first;
	unsigned n_looking;
	size_t held_bytes; /* by the leavers of all steps */
};

struct tt_edges *tt_edges_new(void)
{
	struct tt_edges *edges = tt_calloc(1, sizeof(*edges));

	(void)pthread_mutex_init(&edges->lock, NULL);
	(void)pthread_cond_init(&edges->moved, NULL);
	return edges;
}

void tt_edges_free(struct tt_edges *edges)
{
	if (edges == NULL)
		return;
	tt_assert(edges->first == NULL);
	(void)pthread_mutex_destroy(&edges->lock);
	(void)pthread_cond_destroy(&edges->moved);
	tt_free(edges);
}

static void let_go(struct tt_edges *edges, struct tt_edge_step *step)
{
	if (step->leavers != NULL)
		edges->held_bytes -= step->leavers->arena.bytes;
	tt_batch_unref(step->leavers);
	step->leavers = NULL;
}

/* Counts what the new step holds; what is too much is not held. */
static void hold(struct tt_edges *edges, struct tt_edge_step *step)
{
	if (step->leavers == NULL)
		return;
	edges->held_bytes += step->leavers->arena.bytes;
	if (edges->held_bytes > HELD_MAX_BYTES) {
		let_go(edges, step);
		step->crowded = true;
	}
}

/* The lock is held. A step keeps the next alive, so that a chain goes from its old end. */
static void unref_step(struct tt_edges *edges, struct tt_edge_step *step)
{
	while (step != NULL && --step->refs == 0) {
		struct tt_edge_step *next = step->next;

		let_go(edges, step);
		tt_free(step);
		step = next;
	}
}

static struct tt_edge *find_edge(struct tt_edges *edges, struct tt_str cluster, int64_t window_us)
{
	struct tt_edge *edge = edges->first;

	while (edge != NULL && (edge->window_us != window_us || !tt_str_eq(edge->cluster, cluster)))
		edge = edge->next;
	if (edge != NULL)
		return edge;
	edge = tt_calloc(1, sizeof(*edge));
	edge->cluster = tt_str_dup(&edge->arena, cluster);
	edge->window_us = window_us;
	edge->next = edges->first;
	edges->first = edge;
	return edge;
}

/* Whether the oldest step is needed no more: no watch is at it, or it is a minute behind. */
static bool is_done(const struct tt_edge *edge)
{
	const struct tt_edge_step *step = edge->oldest;

	return step != edge->newest &&
	       (step->refs == 1 || edge->newest->made_ns > step->next->made_ns + BEHIND_NS);
}

/* Lets go of such steps. A watch whose client does not read never ends by itself: it keeps the step
 * it is at, and not all that came after it. The lock is held. */
static void cut_chain(struct tt_edges *edges, struct tt_edge *edge)
{
	while (edge->oldest != NULL && is_done(edge)) {
		struct tt_edge_step *step = edge->oldest;

		edge->oldest = step->next; /* takes over the reference of `step` */
		step->next = NULL;
		step->cut = true;
		unref_step(edges, step);
	}
}

/* Lets the edge be one of those that look for all their watches, if there is room. */
static void admit(struct tt_edges *edges, struct tt_edge *edge)
{
	if (!edge->looks && edges->n_looking < EDGES_MAX) {
		edge->looks = true;
		edges->n_looking++;
	}
}

/* What of `edge` has left since the step before, unless it is too much to be held. */
static int look_up(struct tt_serve *serve, const struct tt_edge *edge,
	const struct tt_edge_step *before, struct tt_edge_step *step, struct tt_err *err)
{
	struct tt_api_passage passage = {.cluster = edge->cluster,
		.seq = step->seq,
		.from_us = before->edge_us,
		.to_us = step->edge_us,
		.limit = LEAVERS_MAX};
	struct tt_locations places = {0};
	struct tt_reader *reader;
	int rc;

	step->crowded = !edge->looks;
	if (step->crowded)
		return 0;
	rc = tt_readers_borrow(&serve->readers, &reader, err);
	if (rc != 0)
		return rc;
	rc = tt_api_view_passage(reader, &passage, &places, err);
	size_t n = places.n;

	step->crowded = places.truncated;
	if (rc == 0 && n > 0 && !step->crowded)
		rc = tt_reader_fetch(reader, &places, LEAVERS_MAX_BYTES, &step->leavers, err);
	tt_readers_done(&serve->readers, reader);
	tt_free(places.items);
	if (rc == 0 && places.n < n) {
		tt_batch_unref(step->leavers);
		step->leavers = NULL;
		step->crowded = true;
	}
	return rc;
}

/* Whether retention has taken since the step before what the window, or the passage, reached.
 * Nothing has t after it was recorded. */
static int look_at_rest(struct tt_serve *serve, const struct tt_edge_step *before,
	struct tt_edge_step *step, struct tt_err *err)
{
	struct tt_dropped dropped;
	int rc = tt_store_dropped(serve->store, &dropped, err);

	step->dropped_at_us = dropped.at_us;
	step->lost = before != NULL && dropped.at_us != before->dropped_at_us &&
		     dropped.recorded_us > before->edge_us;
	return rc;
}

/* Makes the next step; the lock is held at both ends, and given up in between. */
static int move(
	struct tt_serve *serve, struct tt_edges *edges, struct tt_edge *edge, struct tt_err *err)
{
	struct tt_edge_step *before = edge->newest, *step = tt_calloc(1, sizeof(*step));
	int rc;

	edge->moving = true;
	admit(edges, edge);
	edge->moving_seq = step->seq = tt_store_head(serve->store);
	(void)pthread_mutex_unlock(&edges->lock);
	step->made_ns = tt_clock_mono_ns(serve->clock);
	step->edge_us = tt_clock_wall_us(serve->clock) - edge->window_us;
	if (before != NULL && step->edge_us < before->edge_us)
		step->edge_us = before->edge_us; /* the clock was set back */
	rc = before != NULL ? look_up(serve, edge, before, step, err) : 0;
	if (rc == 0)
		rc = look_at_rest(serve, before, step, err);
	(void)pthread_mutex_lock(&edges->lock);
	edge->moving = false;
	(void)pthread_cond_broadcast(&edges->moved);
	hold(edges, step);
	if (rc != 0) {
		step->refs = 1;
		unref_step(edges, step);
		return rc;
	}
	step->refs = 2; /* of edge->newest, and of the step before or edge->oldest */
	if (before != NULL)
		before->next = step;
	else
		edge->oldest = step;
	unref_step(edges, before);
	edge->newest = step;
	cut_chain(edges, edge);
	return 0;
}

static bool is_due(struct tt_serve *serve, const struct tt_edge *edge)
{
	return edge->newest == NULL ||
	       tt_clock_mono_ns(serve->clock) >= edge->newest->made_ns + STEP_NS;
}

int tt_edge_join(struct tt_serve *serve, struct tt_str cluster, int64_t window_us,
	struct tt_edge **ret, struct tt_edge_step **ret_step, struct tt_err *err)
{
	struct tt_edges *edges = tt_api_edges(serve);
	int rc = 0;

	(void)pthread_mutex_lock(&edges->lock);
	struct tt_edge *edge = find_edge(edges, cluster, window_us);

	edge->refs++;
	while (edge->moving)
		(void)pthread_cond_wait(&edges->moved, &edges->lock);
	if (is_due(serve, edge))
		rc = move(serve, edges, edge, err);
	if (rc == 0) {
		*ret = edge;
		*ret_step = edge->newest;
		edge->newest->refs++;
	}
	(void)pthread_mutex_unlock(&edges->lock);
	if (rc != 0)
		tt_edge_leave(serve, edge, NULL);
	return rc;
}

int tt_edge_next(struct tt_serve *serve, struct tt_edge *edge, struct tt_edge_step **step,
	uint64_t *ret_limit, struct tt_err *err)
{
	struct tt_edges *edges = tt_api_edges(serve);
	struct tt_edge_step *next;
	int rc = 0;

	(void)pthread_mutex_lock(&edges->lock);
	if ((*step)->next == NULL && !(*step)->cut && !edge->moving && is_due(serve, edge))
		rc = move(serve, edges, edge, err);
	next = (*step)->next;
	*ret_limit = edge->moving ? edge->moving_seq : UINT64_MAX;
	if (rc == 0 && (*step)->cut)
		rc = tt_fail(err, TT_ECANCELED, "too far behind");
	if (rc == 0 && next != NULL) {
		next->refs++;
		unref_step(edges, *step);
		*step = next;
		cut_chain(edges, edge);
		rc = 1;
	}
	(void)pthread_mutex_unlock(&edges->lock);
	return rc;
}

void tt_edge_leave(struct tt_serve *serve, struct tt_edge *edge, struct tt_edge_step *step)
{
	struct tt_edges *edges = tt_api_edges(serve);

	(void)pthread_mutex_lock(&edges->lock);
	unref_step(edges, step);
	cut_chain(edges, edge);
	if (--edge->refs == 0) {
		struct tt_edge **at = &edges->first;

		while (*at != edge)
			at = &(*at)->next;
		*at = edge->next;
		edges->n_looking -= edge->looks;
		unref_step(edges, edge->newest);
		unref_step(edges, edge->oldest);
		tt_arena_release(&edge->arena);
		tt_free(edge);
	}
	(void)pthread_mutex_unlock(&edges->lock);
}
