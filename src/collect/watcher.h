/* SPDX-License-Identifier: Apache-2.0 */
/* watcher.h - the shell around the step: one watch, its thread, its connection, and the batch
 * that is being filled. Everything but `lock` and what it guards belongs to the thread. */
#pragma once

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "collect/collect.h"
#include "collect/step.h"

struct tt_reader;

struct tt_watcher {
	struct tt_collector *collector;
	pthread_t thread;
	struct tt_str namespace;
	struct tt_kube_client *client;
	struct tt_kube_watch *watch; /* open, or NULL */
	struct tt_reader *reader;    /* NULL until first needed */
	struct tt_batch *batch;      /* being filled, or NULL */
	struct tt_watch_frame frame; /* read last */
	struct tt_arena arena;       /* of the request under way */
	struct tt_collect state;
	struct tt_collect_actions out; /* of the last step */
	bool list_ended;               /* the step wants something else than the rest of the list */
	int64_t now_ns;                /* monotonic, at the last step */
	int64_t wall_us, wall_ns; /* the wall clock, and when it was read: frames need no better */
	int64_t handed_over_ns;   /* when the last batch was */
	uint64_t handed_over;     /* digest of the position of the last batch */

	pthread_mutex_t lock;
	struct tt_collector_status shown;
	char shown_problem[TT_COLLECT_TEXT_SIZE];
};

struct tt_collector {
	struct tt_arena arena;
	struct tt_collector_options options; /* texts in the arena */
	struct tt_watcher *watchers;
	size_t n;

	pthread_mutex_t lock;
	pthread_cond_t changed; /* stopping, or a thread has ended; monotonic clock */
	bool stopping;          /* atomic, and under `lock` for those who wait */
	size_t running;
};

/* The thread of a watcher; `arg` is the watcher. */
void *tt_watcher_run(void *arg);

/* Whether the collector is to stop. */
bool tt_watcher_is_stopping(struct tt_watcher *w);

/* Gives `input` to the step, with the time filled in, and does what it says but for `next`. */
void tt_watcher_step(struct tt_watcher *w, struct tt_collect_input *input);

/* request.c: does what `out.next` says and reports it to the step; returns without a step if it
 * was interrupted because the collector is to stop. */
void tt_watcher_perform(struct tt_watcher *w);

/* batch.c: the batch that is being filled, made if need be. */
struct tt_batch *tt_watcher_batch(struct tt_watcher *w);

/* Adds the event of `input` and the gap of `out` as the step has decided. */
void tt_watcher_take(struct tt_watcher *w, const struct tt_collect_input *input);

/* Whether the batch has as much as one may carry. */
bool tt_watcher_is_full(const struct tt_watcher *w);

/* Gives the batch and the position to the ingest queue, waiting up to 5 s while that is full:
 * false if it stays so. Nothing is given if there is nothing new. */
bool tt_watcher_hand_over(struct tt_watcher *w);

/* Forgets the batch. */
void tt_watcher_discard(struct tt_watcher *w);

/* lookup.c: what the log has: the committed position (NULL in `*ret` if none), in the arena; how
 * far watches with an overlapping scope have come; an event; the newest objects. */
int tt_watcher_load(struct tt_watcher *w, struct tt_position **ret, struct tt_err *err);
int tt_watcher_overlap(struct tt_watcher *w, uint64_t *ret_rv, struct tt_err *err);
struct tt_collect_known tt_watcher_look_up(
	struct tt_watcher *w, const struct tt_event *e, bool exact);
int tt_watcher_candidates(
	struct tt_watcher *w, struct tt_batch **ret, int64_t *ret_last_gap_us, struct tt_err *err);

/* uid.c: metadata.uid of any object as the API server sends it; empty if it has none. */
int tt_object_uid(enum tt_encoding encoding, struct tt_str bytes, struct tt_str *ret,
	struct tt_arena *arena, struct tt_err *err);
