/* SPDX-License-Identifier: Apache-2.0 */
/* leavers.h - what leaves the window of live watches as time goes by. Private to this folder.
 *
 * All watches of one cluster and one width share an edge: every five seconds it moves on, and what
 * it has passed is looked up once, by whichever watch comes first. The steps form a list in which
 * each watch goes at its own pace; a step is freed when all have passed it. What many pass at once
 * is not held for all of them: each watch then looks for what it has of it, and so it does where
 * there are too many edges. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"

struct tt_batch;
struct tt_serve;

/* One step of an edge, immutable but for the link to the next. It keeps that alive, for a minute.
 */
struct tt_edge_step {
	unsigned refs;
	uint64_t seq;             /* of the log, when it was made */
	int64_t edge_us;          /* what has t <= this is outside */
	int64_t made_ns;          /* monotonic */
	int64_t dropped_at_us;    /* when retention had dropped something last */
	bool lost;                /* retention has dropped what a watch may not know of */
	struct tt_batch *leavers; /* current at `seq`, between the edge before and this one */
	bool crowded;             /* they are not held, as they, or the edges, are too many */
	bool cut;                 /* nothing follows any more: a minute behind the newest */
	struct tt_edge_step *next;
};

struct tt_edge;  /* of one cluster and width, as long as a watch has it */
struct tt_edges; /* all of them */

/* No edges yet. */
struct tt_edges *tt_edges_new(void);
/* No watch may have an edge any more. NULL is allowed. */
void tt_edges_free(struct tt_edges *edges);

/* The edge for windows of `window_us` of a cluster, and its newest step, which is not older than
 * five seconds. To be given back with tt_edge_leave(). */
int tt_edge_join(struct tt_serve *serve, struct tt_str cluster, int64_t window_us,
	struct tt_edge **ret, struct tt_edge_step **ret_step, struct tt_err *err);

/* Exchanges `*step` for the one after it, which is made if it is due: 1, or 0 if there is none yet.
 * What follows `*step` then is of record `*ret_limit` or a later one than the head now.
 * TT_ECANCELED: a minute behind the newest, so that the watch is to be ended, as steps are kept for
 * it. On failure all stays. */
int tt_edge_next(struct tt_serve *serve, struct tt_edge *edge, struct tt_edge_step **step,
	uint64_t *ret_limit, struct tt_err *err);

/* Gives both back. */
void tt_edge_leave(struct tt_serve *serve, struct tt_edge *edge, struct tt_edge_step *step);
