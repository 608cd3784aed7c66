/* SPDX-License-Identifier: Apache-2.0 */
#include "sim/world.h"

#include <stdio.h>
#include <string.h>

#include "base/assert.h"
#include "base/clock.h"
#include "base/hash.h"
#include "base/vec.h"

static const int64_t epoch_us = 1764500000LL * TT_US_PER_S;
static const int64_t lease_share_us = 60LL * TT_US_PER_S;

void sim_world_init(struct sim_world *w, uint64_t seed, int64_t ttl_us)
{
	memset(w, 0, sizeof(*w));
	tt_rand_init(&w->rand, seed);
	w->now_us = epoch_us;
	w->rev = w->compact_rev = 100;
	w->ttl_us = ttl_us;
	sim_backup(w);
}

void sim_world_release(struct sim_world *w)
{
	tt_vec_release(&w->history);
	tt_vec_release(&w->all);
	tt_vec_release(&w->live);
	tt_arena_release(&w->arena);
}

int sim_key_cmp(const struct tt_event *a, const struct tt_event *b)
{
	int order = tt_str_cmp(a->metadata.namespace, b->metadata.namespace);

	return order != 0 ? order : tt_str_cmp(a->metadata.name, b->metadata.name);
}

struct sim_object *sim_find(struct sim_world *w, struct tt_str ns, struct tt_str name)
{
	for (size_t i = 0; i < w->live.n; i++) {
		const struct tt_objectmeta *m = &w->live.items[i].last->event.metadata;

		if (tt_str_eq(m->namespace, ns) && tt_str_eq(m->name, name))
			return &w->live.items[i];
	}
	return NULL;
}

static struct sim_change *add_change(struct sim_world *w, enum sim_kind kind, uint64_t rev)
{
	struct sim_change *c = tt_arena_new(&w->arena, struct sim_change, 1);

	c->rev = rev;
	c->kind = kind;
	c->at_us = w->now_us;
	c->branch = w->branch;
	*tt_vec_push(&w->history) = c;
	*tt_vec_push(&w->all) = c;
	return c;
}

/* A lease is shared by the events of up to a minute, and is granted for that much longer. */
static int64_t lease_end(struct sim_world *w)
{
	int64_t share = w->ttl_us / 20 < lease_share_us ? w->ttl_us / 20 : lease_share_us;

	return w->now_us + w->ttl_us + (int64_t)tt_rand_below(&w->rand, (uint64_t)share + 1);
}

static struct sim_object *insert(struct sim_world *w, struct sim_change *c)
{
	size_t at = 0;

	(void)tt_vec_push(&w->live);
	while (at < w->live.n - 1 && sim_key_cmp(&w->live.items[at].last->event, &c->event) < 0)
		at++;
	memmove(&w->live.items[at + 1], &w->live.items[at],
		(w->live.n - 1 - at) * sizeof(w->live.items[0]));
	return &w->live.items[at];
}

static int64_t whole_seconds(int64_t us)
{
	return us - us % TT_US_PER_S;
}

static uint64_t key_of(const struct tt_event *e)
{
	return tt_hash_str(e->metadata.name, tt_hash_str(e->metadata.namespace, 7));
}

struct sim_change *sim_write(struct sim_world *w, const char *ns, const char *name, bool poison)
{
	struct sim_object *object = sim_find(w, tt_str_from(ns), tt_str_from(name));
	struct sim_change *c = add_change(w, object ? SIM_MODIFIED : SIM_ADDED, ++w->rev);
	struct tt_event *e = &c->event;

	if (object != NULL) {
		c->previous = object->last;
		c->object = object->last->object;
		c->poison = object->last->poison;
		*e = object->last->event;
	} else {
		tt_event_init(e);
		c->poison = poison;
		e->metadata.namespace = tt_str_dup(&w->arena, tt_str_from(ns));
		e->metadata.name = tt_str_dup(&w->arena, tt_str_from(name));
		c->object = w->objects++;
		e->metadata.uid = tt_str_printf(
			&w->arena, "uid-%llu", (unsigned long long)c->object);
		e->metadata.creation_us = whole_seconds(w->now_us);
		e->first_timestamp_us = whole_seconds(w->now_us);
		object = insert(w, c);
	}
	e->last_timestamp_us = whole_seconds(w->now_us);
	e->count++;
	e->metadata.resource_version = tt_str_printf(&w->arena, "%llu", (unsigned long long)c->rev);
	c->key = key_of(e);
	object->last = c;
	object->expires_us = lease_end(w);
	return c;
}

static void remove_at(struct sim_world *w, size_t i, bool by_ttl, uint64_t rev)
{
	struct sim_change *last = w->live.items[i].last;
	struct sim_change *c = add_change(w, SIM_DELETED, rev);

	c->by_ttl = by_ttl;
	c->previous = last;
	c->poison = last->poison;
	c->key = last->key;
	c->object = last->object;
	c->event = last->event;
	c->event.metadata.resource_version = tt_str_printf(
		&w->arena, "%llu", (unsigned long long)rev);
	w->live.n--;
	memmove(&w->live.items[i], &w->live.items[i + 1],
		(w->live.n - i) * sizeof(w->live.items[0]));
}

void sim_delete(struct sim_world *w, const char *ns, const char *name)
{
	struct sim_object *object = sim_find(w, tt_str_from(ns), tt_str_from(name));

	if (object != NULL)
		remove_at(w, (size_t)(object - w->live.items), false, ++w->rev);
}

void sim_delete_namespace(struct sim_world *w, const char *ns)
{
	for (size_t i = 0; i < w->live.n;) {
		if (tt_str_is(w->live.items[i].last->event.metadata.namespace, ns))
			remove_at(w, i, false, ++w->rev);
		else
			i++;
	}
}

void sim_bump(struct sim_world *w, uint64_t revisions)
{
	w->rev += revisions;
}

void sim_compact(struct sim_world *w, uint64_t rev)
{
	if (rev > w->compacted)
		w->compacted = rev;
}

void sim_backup(struct sim_world *w)
{
	w->backup_rev = w->rev;
	w->backup_n = w->history.n;
}

static void revive(struct sim_world *w, struct sim_change *c)
{
	struct sim_object *object = sim_find(
		w, c->event.metadata.namespace, c->event.metadata.name);

	if (c->kind == SIM_DELETED) {
		tt_assert(object != NULL);
		w->live.n--;
		memmove(object, object + 1,
			(w->live.n - (size_t)(object - w->live.items)) * sizeof(*object));
		return;
	}
	if (object == NULL)
		object = insert(w, c);
	object->last = c;
	object->expires_us = lease_end(w);
}

void sim_restore(struct sim_world *w)
{
	for (size_t i = w->backup_n; i < w->history.n; i++)
		w->history.items[i]->excused = true; /* nobody can know of it any more */
	w->history.n = w->backup_n;
	w->rev = w->compact_rev = w->backup_rev;
	if (w->compacted > w->rev)
		w->compacted = w->rev;
	w->branch++;
	tt_assert(w->branch < sizeof(w->forks) / sizeof(w->forks[0]));
	w->forks[w->branch] = w->rev;
	w->live.n = 0;
	for (size_t i = 0; i < w->history.n; i++)
		revive(w, w->history.items[i]);
}

int64_t sim_world_next_us(const struct sim_world *w)
{
	int64_t next = INT64_MAX;

	for (size_t i = 0; i < w->live.n; i++)
		if (w->live.items[i].expires_us < next)
			next = w->live.items[i].expires_us;
	return next;
}

/* All leases that have ended are revoked; some in one revision, as etcd does. */
static void expire(struct sim_world *w)
{
	uint64_t rev = ++w->rev;

	for (size_t i = 0; i < w->live.n;) {
		if (w->live.items[i].expires_us > w->now_us) {
			i++;
			continue;
		}
		remove_at(w, i, true, rev);
		if (tt_rand_below(&w->rand, 2) == 0)
			rev = ++w->rev;
	}
}

static void tick(struct sim_world *w)
{
	if (sim_world_next_us(w) <= w->now_us)
		expire(w);
	if (w->compaction_us > 0 && w->now_us >= w->compact_at_us) {
		sim_compact(w, w->compact_rev);
		w->compact_rev = w->rev;
		w->compact_at_us = w->now_us + w->compaction_us;
	}
}

void sim_world_advance(struct sim_world *w, int64_t to_us)
{
	while (!w->frozen) {
		int64_t next = sim_world_next_us(w);

		if (w->compaction_us > 0 && w->compact_at_us < next)
			next = w->compact_at_us;
		if (next > to_us)
			break;
		if (next > w->now_us)
			w->now_us = next;
		tick(w);
	}
	if (to_us > w->now_us)
		w->now_us = to_us;
}
