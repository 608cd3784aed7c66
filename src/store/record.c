/* SPDX-License-Identifier: Apache-2.0 */
#include "store/record.h"

#include "base/assert.h"
#include "base/mem.h"
#include "base/vec.h"

struct tt_batch *tt_batch_new(struct tt_str cluster)
{
	struct tt_batch *b = tt_calloc(1, sizeof(*b));

	b->refs = 1;
	b->cluster = tt_str_dup(&b->arena, cluster);
	return b;
}

struct tt_batch *tt_batch_ref(struct tt_batch *b)
{
	if (b != NULL)
		__atomic_add_fetch(&b->refs, 1, __ATOMIC_RELAXED);
	return b;
}

void tt_batch_unref(struct tt_batch *b)
{
	if (b == NULL)
		return;
	tt_assert(__atomic_load_n(&b->refs, __ATOMIC_RELAXED) > 0);
	if (__atomic_sub_fetch(&b->refs, 1, __ATOMIC_ACQ_REL) > 0)
		return;
	tt_arena_release(&b->arena);
	tt_free(b->records);
	tt_free(b);
}

static struct tt_record *add(struct tt_batch *b, enum tt_record_kind kind)
{
	b->records = tt_vec_grow(b->records, b->n, &b->cap, sizeof(*b->records));
	struct tt_record *r = &b->records[b->n++];

	*r = (struct tt_record){.kind = kind, .cluster = b->cluster, .time_us = TT_TIME_ZERO};
	return r;
}

struct tt_record *tt_batch_add_event(struct tt_batch *b, enum tt_change change)
{
	struct tt_record *r = add(b, TT_RECORD_EVENT);

	r->change = change;
	tt_event_init(&r->event);
	return r;
}

struct tt_record *tt_batch_add_gap(struct tt_batch *b)
{
	struct tt_record *r = add(b, TT_RECORD_GAP);

	r->gap = (struct tt_gap){.from_us = TT_TIME_ZERO, .to_us = TT_TIME_ZERO};
	return r;
}

void tt_batch_set_position(struct tt_batch *b, const struct tt_position *position)
{
	struct tt_position *p = tt_arena_new(&b->arena, struct tt_position, 1);

	*p = *position;
	p->cluster = tt_str_dup(&b->arena, position->cluster);
	p->namespace = tt_str_dup(&b->arena, position->namespace);
	p->last_key = tt_str_dup(&b->arena, position->last_key);
	p->system_uid = tt_str_dup(&b->arena, position->system_uid);
	b->position = p;
}
