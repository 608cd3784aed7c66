/* SPDX-License-Identifier: Apache-2.0 */
/* Records on their way into the log: their rows, hashes and predecessors. */
#include "base/vec.h"
#include "store/look.h"
#include "store/writer.h"

void tt_writer_stage(struct tt_writer *w, const struct tt_record *record, uint32_t cluster)
{
	w->staged = tt_vec_grow(w->staged, w->n_staged, &w->cap_staged, sizeof(*w->staged));
	struct tt_staged *s = &w->staged[w->n_staged++];

	s->record = record;
	s->added = 0;
	tt_row_from_record(&s->row, record, &w->extras);
	s->row.cluster = cluster;
	tt_row_hash(&s->hashes, record, w->dictionary.seed);
	if (record->kind != TT_RECORD_EVENT)
		return;
	s->identity = tt_identity_hash(w->store->identity_seed, cluster,
		record->event.metadata.namespace, record->event.metadata.name);
	tt_identities_prefetch(&w->identities, s->identity);
}

/* Whether an event may have been observed before, by its looks. */
static bool may_repeat(const struct tt_record *r)
{
	return r->change != TT_CHANGE_ADDED || r->event.has_series || r->event.count > 1;
}

/* Whether a predecessor that the map does not know could be in the log: it would have been
 * recorded after the object was created, and the map may not reach back so far. */
static bool may_be_unknown(const struct tt_writer *w, const struct tt_record *r)
{
	return tt_look_back_to(r) < w->identities.complete_since_us;
}

/* The newest known observation of the identity of a staged record, in blocks too if need be. */
static bool find_before(
	struct tt_writer *w, const struct tt_staged *s, bool listed, struct tt_identity *ret)
{
	if (tt_identities_get(&w->identities, s->identity, ret))
		return true;
	if (!may_be_unknown(w, s->record) || !(listed || may_repeat(s->record)))
		return false;
	return tt_look_for_identity(w, s->record, s->row.cluster, s->identity, ret);
}

void tt_writer_link(struct tt_writer *w, struct tt_staged *s, bool listed)
{
	const struct tt_record *r = s->record;

	if (r->kind != TT_RECORD_EVENT)
		return;
	uint32_t occurrences = tt_event_occurrences(&r->event);
	struct tt_identity before;

	if (find_before(w, s, listed, &before)) {
		s->row.pred = before.seq;
		s->added = occurrences > before.occurrences ? occurrences - before.occurrences : 0;
	} else {
		s->added = r->change == TT_CHANGE_ADDED ? occurrences : 1;
	}
	if (r->change == TT_CHANGE_DELETED)
		s->added = 0;
	tt_identities_put(&w->identities,
		&(struct tt_identity){
			.hash = s->identity, .seq = r->seq, .occurrences = occurrences});
}
