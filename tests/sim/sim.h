/* SPDX-License-Identifier: Apache-2.0 */
/* sim.h - a collector in a pretended world: the real step, a model of the log behind it, and
 * faults. What the step asks for is answered from the world, which lives on meanwhile. */
#pragma once

#include "collect/step.h"
#include "sim/world.h"

/* An entry of the model log. */
struct sim_record {
	bool is_gap;
	uint32_t epoch;
	struct sim_change *change; /* of an event */
	struct tt_gap gap;
	bool refusal; /* a gap that names an object */
	int64_t recorded_at_us;
};

struct sim_batch {
	struct {
		struct sim_record *items;
		size_t n, cap;
	} records;
	uint64_t received, duplicates, deletions, refused;
	struct tt_position position;
	int64_t shortest_us; /* these as the simulation itself has counted them */
	bool list_justified;
	unsigned branch;
};

/* Chances of 1 in n per step, request, or thing of the watch; 0: never. */
struct sim_chances {
	unsigned crash, request_fails, breaks, early_end, stalls, server_error, prevkv, queue_full;
	unsigned page_breaks, commit;
	unsigned create, update, remove, remove_namespace, bump, compact,
		backup; /* relative weights */
	unsigned partition, down, deny, busy, disk_full;
};

struct sim {
	struct sim_world world;
	struct tt_arena arena;
	struct tt_rand rand;
	struct sim_chances chances;
	int64_t op_every_us; /* mean time between operations of the world; 0: none */
	int64_t next_op_us;
	struct tt_collect_options options;
	struct tt_str uid;   /* of kube-system; "": not readable */
	uint64_t overlap_rv; /* how far another watch of the cluster has recorded */
	bool half_open;      /* a dead connection is not noticed by itself */
	size_t page_size;    /* 0: random */

	/* the collector and its log */
	struct tt_collect state;
	struct tt_collect_actions out;
	struct sim_batch *pending;
	struct {
		struct sim_batch **items;
		size_t n, cap;
	} queue;
	struct {
		struct sim_record *items;
		size_t n, cap;
	} log;
	bool has_committed;
	struct tt_position committed;
	uint64_t received, recorded, duplicates, deletions, refused; /* committed */
	struct sim_change *current;                                  /* what the input is about */

	/* the server as the collector sees it */
	int64_t partition_until_us, down_until_us, denied_until_us, busy_until_us, full_until_us;
	bool restore_after_down;
	unsigned breaks; /* how often connections were cut */
	bool gone_410;   /* an expired position is HTTP 410, not a frame (old servers) */

	/* the open watch */
	bool open, stalled, expired, probing;
	unsigned open_breaks;
	size_t cursor;
	int64_t end_us;

	/* the list under way */
	struct sim_changes page;
	uint64_t page_rev;
	size_t page_at;
	int64_t page_us;
	unsigned page_branch;

	/* what is true, for the oracle */
	unsigned seen_branch, committed_branch; /* the history that the position belongs to */
	int64_t shortest_us, committed_shortest_us;
	bool list_justified, committed_justified;
	bool probe_refused;
	struct tt_collect_history history;
	uint32_t history_epochs[TT_COLLECT_CANDIDATES]; /* in which they were recorded */
	uint64_t lists, epochs, undetected, crashes, steps;
	struct tt_position before; /* the step */
	uint64_t checked_rv;       /* the largest version that this process was told */
	bool trace;                /* print each move */
	char failure[512];         /* "" while all is well */
};

void sim_init(struct sim *s, uint64_t seed, int64_t ttl_us);
void sim_release(struct sim *s);

/* Notes the first thing that is wrong. */
__attribute__((format(printf, 2, 3))) void sim_fail(struct sim *s, const char *fmt, ...);

/* A point in time as seconds since the world began, for messages. */
double sim_seconds(int64_t us);

/* Starts the collector from what is committed. */
void sim_start(struct sim *s);

/* Does what the step asked for last, and gives it the answer. */
void sim_perform(struct sim *s);

/* Performs until the collector watches and has read everything there is, or fails after
 * `max_steps`. */
void sim_settle(struct sim *s, unsigned max_steps);

/* Performs until `until_us`. */
void sim_run_until(struct sim *s, int64_t until_us);

/* The process dies: what was not committed is lost, except for `commits` batches of the queue. */
void sim_crash(struct sim *s, size_t commits);

/* Commits the oldest `n` batches of the queue. */
void sim_commit(struct sim *s, size_t n);

/* Lets time pass, in which the world's own operations happen. */
void sim_pass(struct sim *s, int64_t us);

/* ops.c: one random operation of the world. */
void sim_random_op(struct sim *s);

/* Whether the watch of this collector sees the change. */
bool sim_is_watched(const struct sim *s, const struct sim_change *c);

/* The newest record of the identity of `c`, or NULL. */
struct sim_record *sim_newest(struct sim *s, const struct sim_change *c);

/* oracle.c: what the rules say, worked out from the whole truth, at the moments at which the
 * collector decides; and at the end of a run. */
void sim_judge_list_start(struct sim *s);
void sim_judge_epoch(struct sim *s);
void sim_judge_gap(struct sim *s);
void sim_judge_resumed(struct sim *s);
void sim_judge_log(struct sim *s);

/* Gaps in the log that end lists (not those that name an object), and of them with `lost`. */
size_t sim_count_gaps(const struct sim *s);
size_t sim_count_lost(const struct sim *s, enum tt_lost lost);
