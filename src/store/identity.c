/* SPDX-License-Identifier: Apache-2.0 */
#include "store/identity.h"

#include <string.h>

#include "base/hash.h"
#include "base/mem.h"
#include "base/vec.h"

enum { FIRST_SLOTS = 1 << 12 };

void tt_identities_init(struct tt_identities *ids, size_t max_slots, int64_t complete_since_us)
{
	*ids = (struct tt_identities){
		.n_slots = max_slots < FIRST_SLOTS ? max_slots : FIRST_SLOTS,
		.max_slots = max_slots,
		.complete_since_us = complete_since_us,
	};
	ids->young.since_us = ids->old.since_us = complete_since_us;
}

void tt_identities_release(struct tt_identities *ids)
{
	tt_free(ids->young.slots);
	tt_free(ids->old.slots);
	tt_free(ids->journal);
	*ids = (struct tt_identities){0};
}

uint64_t tt_identity_hash(
	uint64_t seed, uint32_t cluster, struct tt_str namespace, struct tt_str name)
{
	uint64_t hash = tt_hash_str(name, tt_hash_str(namespace, seed ^ cluster));

	return hash != 0 ? hash : 1;
}

/* The slot of `hash`, empty if it is not there. */
static struct tt_identity *find(
	const struct tt_identities *ids, const struct tt_identity_table *t, uint64_t hash)
{
	size_t mask = ids->n_slots - 1, i = hash >> 7 & mask;

	while (t->slots[i].seq != 0 && t->slots[i].hash != hash)
		i = (i + 1) & mask;
	return &t->slots[i];
}

void tt_identities_prefetch(const struct tt_identities *ids, uint64_t hash)
{
	size_t i = hash >> 7 & (ids->n_slots - 1);

	if (ids->young.slots != NULL)
		__builtin_prefetch(&ids->young.slots[i]);
	if (ids->old.slots != NULL)
		__builtin_prefetch(&ids->old.slots[i]);
}

bool tt_identities_get(const struct tt_identities *ids, uint64_t hash, struct tt_identity *ret)
{
	const struct tt_identity_table *tables[] = {&ids->young, &ids->old};

	for (int i = 0; i < 2; i++) {
		if (tables[i]->slots == NULL)
			continue;
		*ret = *find(ids, tables[i], hash);
		if (ret->seq != 0)
			return true;
	}
	return false;
}

static bool is_full(const struct tt_identities *ids, const struct tt_identity_table *t)
{
	return t->n >= ids->n_slots / 2; /* with more, those that are not there take long to miss */
}

/* The young table becomes the old one. */
static void turn(struct tt_identities *ids, int64_t recorded_us)
{
	struct tt_identity *slots = ids->old.slots;

	ids->complete_since_us = ids->young.since_us;
	ids->old = ids->young;
	if (slots != NULL)
		memset(slots, 0, ids->n_slots * sizeof(*slots));
	ids->young = (struct tt_identity_table){slots, 0, recorded_us + 1};
}

/* Moves all entries to tables of `n_slots`. */
static void rebuild(struct tt_identities *ids, size_t n_slots)
{
	struct tt_identity_table *tables[] = {&ids->young, &ids->old};
	size_t n_before = ids->n_slots;

	ids->n_slots = n_slots;
	for (int i = 0; i < 2; i++) {
		struct tt_identity *before = tables[i]->slots;

		if (before == NULL)
			continue;
		tables[i]->slots = tt_calloc(ids->n_slots, sizeof(*before));
		for (size_t j = 0; j < n_before; j++)
			if (before[j].seq != 0)
				*find(ids, tables[i], before[j].hash) = before[j];
		tt_free(before);
	}
}

void tt_identities_put(struct tt_identities *ids, const struct tt_identity *identity)
{
	if (ids->young.slots == NULL)
		ids->young.slots = tt_calloc(ids->n_slots, sizeof(*ids->young.slots));
	if (ids->young.n + 1 >= ids->n_slots) { /* no room before the next commit */
		rebuild(ids, ids->n_slots * 2);
		ids->rebuilt = true;
	}
	struct tt_identity *slot = find(ids, &ids->young, identity->hash);

	if (ids->n_journal >= ids->cap_journal)
		ids->journal = tt_vec_grow(
			ids->journal, ids->n_journal, &ids->cap_journal, sizeof(*ids->journal));
	ids->journal[ids->n_journal] = *slot;
	ids->journal[ids->n_journal++].hash = identity->hash;
	ids->young.n += slot->seq == 0;
	*slot = *identity;
}

void tt_identities_commit(struct tt_identities *ids, int64_t recorded_us)
{
	ids->n_journal = 0;
	ids->rebuilt = false;
	if (!is_full(ids, &ids->young))
		return;
	if (ids->n_slots < ids->max_slots)
		rebuild(ids, ids->n_slots * 2);
	else
		turn(ids, recorded_us);
}

void tt_identities_rollback(struct tt_identities *ids)
{
	while (ids->n_journal > 0) {
		const struct tt_identity *before = &ids->journal[--ids->n_journal];
		struct tt_identity *slot = find(ids, &ids->young, before->hash);

		/* newest first: the slot emptied here was the last one taken, so that no probe
		 * sequence leads past it, unless all were taken anew in another order */
		if (before->seq == 0) {
			*slot = (struct tt_identity){0};
			ids->young.n--;
		} else {
			*slot = *before;
		}
		if (ids->rebuilt && before->seq == 0)
			rebuild(ids, ids->n_slots);
	}
	ids->rebuilt = false;
}

bool tt_identities_put_older(struct tt_identities *ids, const struct tt_identity *identity)
{
	struct tt_identity known;

	if (tt_identities_get(ids, identity->hash, &known))
		return true;
	if (ids->old.slots == NULL)
		ids->old.slots = tt_calloc(ids->n_slots, sizeof(*ids->old.slots));
	if (is_full(ids, &ids->old) && ids->n_slots < ids->max_slots)
		rebuild(ids, ids->n_slots * 2);
	if (is_full(ids, &ids->old))
		return false;
	*find(ids, &ids->old, identity->hash) = *identity;
	ids->old.n++;
	return true;
}
