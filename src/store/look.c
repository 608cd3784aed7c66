/* SPDX-License-Identifier: Apache-2.0 */
#include "store/look.h"

#include "base/clock.h"
#include "base/vec.h"
#include "store/db.h"
#include "store/read.h"

#define DAY_US (86400 * (int64_t)TT_US_PER_S)

int64_t tt_look_back_to(const struct tt_record *record)
{
	const struct tt_event *e = &record->event;
	const int64_t times[] = {e->metadata.creation_us, e->first_timestamp_us, e->event_time_us};

	for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++)
		if (times[i] != TT_TIME_ZERO)
			return times[i];
	return record->time_us > INT64_MIN + DAY_US ? record->time_us - DAY_US : INT64_MIN;
}

static struct tt_reader *reader_of(struct tt_writer *w)
{
	if (w->reader == NULL && tt_reader_open(&w->reader, w->store, NULL) != 0)
		return NULL;
	return w->reader;
}

/* Notes the identities of a block, newest first; false if there is no room for all. */
static bool note_block(struct tt_writer *w, struct tt_reader *r, const struct tt_block *b)
{
	struct tt_arena arena = {0};
	bool room = true;

	for (uint32_t i = b->n; i-- > 0 && room;) {
		struct tt_str name, namespace;

		tt_arena_clear(&arena);
		if (tt_shape_get(tt_block_shape(b, i), TT_SHAPE_GAP, 1) ||
			!tt_dict_event_name(&r->dict, b, i, &arena, &name) ||
			!tt_dict_string(&r->dict, b->namespace[i], &namespace))
			continue;
		room = tt_identities_put_older(&w->identities,
			&(struct tt_identity){.hash = tt_identity_hash(w->store->identity_seed,
						      b->cluster[i], namespace, name),
				.seq = b->first_seq + i,
				.occurrences = b->count[i] > 0 ? (uint32_t)b->count[i] : 1});
	}
	tt_arena_release(&arena);
	return room;
}

/* Makes the newest block that is not known yet known; false if that is not possible. */
static bool extend(struct tt_writer *w, struct tt_reader *r)
{
	struct tt_cached *item;
	const struct tt_block_info *info = NULL;

	if (w->extended_to <= 1 || tt_reader_epoch_of(r, w->extended_to - 1, NULL) <= 0)
		return false;
	for (size_t i = 0; i < r->blocks.n; i++)
		if (r->blocks.items[i].id < w->extended_to)
			info = &r->blocks.items[i];
	if (info == NULL || tt_reader_block(r, info, TT_ALL_COLUMNS, &item, NULL) <= 0)
		return false;
	bool room = note_block(w, r, item->data);

	tt_reader_done(r, item);
	if (!room)
		return false;
	w->extended_to = info->id;
	w->identities.complete_since_us = info->id == 1 ? INT64_MIN : info->recorded_min + 1;
	return true;
}

/* The newest record in blocks, through the filters. */
static bool find(struct tt_writer *w, struct tt_reader *r, const struct tt_record *record,
	uint32_t cluster, struct tt_identity *ret)
{
	const struct tt_cluster_entry *c = tt_store_cluster_by_id(w->store, cluster);
	const struct tt_objectmeta *m = &record->event.metadata;
	struct tt_batch *batch;

	if (c == NULL)
		return false;
	struct tt_identity_name name = {c->name, m->namespace, m->name};
	struct tt_range everything = {0};

	if (tt_reader_find_newest(r, &name, &everything, tt_look_back_to(record), &batch, NULL) <=
		0)
		return false;
	*ret = (struct tt_identity){.seq = batch->records[0].seq,
		.occurrences = tt_event_occurrences(&batch->records[0].event)};
	tt_batch_unref(batch);
	return true;
}

bool tt_look_for_identity(struct tt_writer *w, const struct tt_record *record, uint32_t cluster,
	uint64_t hash, struct tt_identity *ret)
{
	struct tt_reader *r = reader_of(w);

	if (r == NULL)
		return false;
	while (w->identities.complete_since_us > tt_look_back_to(record)) {
		if (w->cannot_extend || !extend(w, r)) {
			w->cannot_extend = true;
			w->lookups++;
			return find(w, r, record, cluster, ret);
		}
		if (tt_identities_get(&w->identities, hash, ret))
			return true;
	}
	return false;
}
