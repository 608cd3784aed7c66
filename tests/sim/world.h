/* SPDX-License-Identifier: Apache-2.0 */
/* world.h - a pretended etcd behind a pretended API server, in virtual time: revisions, leases,
 * compaction, backup and restore. It does nothing by itself but let leases expire and compact. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/rand.h"
#include "event/event.h"

enum sim_kind { SIM_ADDED, SIM_MODIFIED, SIM_DELETED };

/* One revision of one event. */
struct sim_change {
	uint64_t rev;
	enum sim_kind kind;
	bool by_ttl; /* of DELETED */
	bool poison; /* its bytes cannot be decoded */
	int64_t at_us;
	struct tt_event event;       /* as a watch shows it */
	struct sim_change *previous; /* of the same object, or NULL */
	unsigned branch;             /* the history in which it was made */
	uint64_t key;                /* a number for namespace and name */
	uint64_t object;             /* and one for the object, as its uid has it */
	bool recorded, excused;      /* for the oracle */
};

struct sim_changes {
	struct sim_change **items;
	size_t n, cap;
};

struct sim_object {
	struct sim_change *last;
	int64_t expires_us;
};

struct sim_world {
	struct tt_rand rand;
	struct tt_arena arena;
	int64_t now_us;
	uint64_t rev, compacted; /* revisions below `compacted` cannot be replayed */
	int64_t ttl_us;
	int64_t compaction_us;      /* 0: never by itself */
	bool frozen;                /* etcd is down: no lease expires, nothing is compacted */
	struct sim_changes history; /* of the present branch, ascending */
	struct sim_changes all;     /* of every branch */
	struct {
		struct sim_object *items; /* ascending by namespace and name */
		size_t n, cap;
	} live;
	unsigned branch;
	uint64_t forks[64]; /* revision at which branch i left the one before it */

	int64_t compact_at_us;
	uint64_t compact_rev; /* what the next compaction takes */
	uint64_t backup_rev;
	size_t backup_n;
	uint64_t objects; /* numbers given so far */
};

/* A world that begins at `now_us` with nothing in it. */
void sim_world_init(struct sim_world *w, uint64_t seed, int64_t ttl_us);
void sim_world_release(struct sim_world *w);

/* Lets time pass until `to_us`. */
void sim_world_advance(struct sim_world *w, int64_t to_us);

/* When the next lease expires; INT64_MAX. */
int64_t sim_world_next_us(const struct sim_world *w);

/* Writes an event, anew or once more; it may be one that no client can decode. */
struct sim_change *sim_write(struct sim_world *w, const char *ns, const char *name, bool poison);

/* Deletes as a user does: one event, or all of a namespace. */
void sim_delete(struct sim_world *w, const char *ns, const char *name);
void sim_delete_namespace(struct sim_world *w, const char *ns);

/* Other things than events are written. */
void sim_bump(struct sim_world *w, uint64_t revisions);

/* Forgets what happened before `rev`, as etcd does. */
void sim_compact(struct sim_world *w, uint64_t rev);

/* Takes a backup; and goes back to the last one (a new branch). */
void sim_backup(struct sim_world *w);
void sim_restore(struct sim_world *w);

/* The live object of that name, or NULL. */
struct sim_object *sim_find(struct sim_world *w, struct tt_str ns, struct tt_str name);

/* Order of two events by namespace and name. */
int sim_key_cmp(const struct tt_event *a, const struct tt_event *b);
