/* SPDX-License-Identifier: Apache-2.0 */
/* identity.h - which observation of an identity came last: a bounded map from the hash of
 * (cluster, namespace, event name) to the newest record.
 *
 * Two generations bound it: new and refreshed entries go to the young one; when that is half of
 * the capacity it becomes the old one and the old one is forgotten. Whatever was observed since
 * `complete_since` is certainly there. Changes can be taken back until committed. Writing thread
 * only. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

struct tt_identity {
	uint64_t hash;
	uint64_t seq;         /* 0: an empty slot */
	uint32_t occurrences; /* of that observation */
	uint32_t unused;
};

struct tt_identity_table {
	struct tt_identity *slots;
	size_t n;
	int64_t since_us; /* what was recorded at or after this is in it, or in a younger one */
};

struct tt_identities {
	struct tt_identity_table young, old;
	size_t n_slots, max_slots;   /* of each table, powers of two */
	int64_t complete_since_us;   /* every identity recorded at or after this is known */
	struct tt_identity *journal; /* what slots of the young table held before, newest last */
	size_t n_journal, cap_journal;
	bool rebuilt; /* since the last commit or rollback */
};

/* The tables grow up to `max_slots`. `complete_since_us` is INT64_MIN for an empty log, INT64_MAX
 * if nothing is known. */
void tt_identities_init(struct tt_identities *ids, size_t max_slots, int64_t complete_since_us);
void tt_identities_release(struct tt_identities *ids);

/* The hash of an identity. `seed` is the store's and secret, so that nobody can choose a name with
 * the hash of somebody else's event. */
uint64_t tt_identity_hash(
	uint64_t seed, uint32_t cluster, struct tt_str namespace, struct tt_str name);

/* Begins to fetch what tt_identities_get() will look at, which is seldom near. */
void tt_identities_prefetch(const struct tt_identities *ids, uint64_t hash);

/* The newest observation; false if none is known. */
bool tt_identities_get(const struct tt_identities *ids, uint64_t hash, struct tt_identity *ret);

/* Notes a newer observation. */
void tt_identities_put(struct tt_identities *ids, const struct tt_identity *identity);

/* Keeps, or takes back, all changes since the last commit or rollback. `recorded_us` is when
 * what was committed was recorded. */
void tt_identities_commit(struct tt_identities *ids, int64_t recorded_us);
void tt_identities_rollback(struct tt_identities *ids);

/* Notes an observation older than all those known (filling backwards); false if there is no room
 * for more. */
bool tt_identities_put_older(struct tt_identities *ids, const struct tt_identity *identity);
