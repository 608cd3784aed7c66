/* SPDX-License-Identifier: Apache-2.0 */
#include "base/assert.h"
#include "base/clock.h"
#include "base/hash.h"
#include "collect/watcher.h"
#include "store/ingest.h"

enum {
	MAX_RECORDS = 500,
	MAX_BYTES = 1 << 20,  /* of records */
	MAX_MEMORY = 4 << 20, /* with what came along: managedFields, deletions, duplicates */
	RECORD_BYTES = 64,    /* about what a record takes beside its texts */
	PUT_SLICE_MS = 100,
	PUT_MS = 5000,
};

struct tt_batch *tt_watcher_batch(struct tt_watcher *w)
{
	if (w->batch == NULL)
		w->batch = tt_batch_new(w->collector->options.cluster);
	return w->batch;
}

void tt_watcher_discard(struct tt_watcher *w)
{
	tt_batch_unref(w->batch);
	w->batch = NULL;
}

bool tt_watcher_is_full(const struct tt_watcher *w)
{
	const struct tt_batch *b = w->batch;

	return b != NULL &&
	       (b->n >= MAX_RECORDS || b->bytes >= MAX_BYTES || b->arena.bytes >= MAX_MEMORY);
}

static size_t text_bytes(const struct tt_event *e)
{
	const struct tt_objectmeta *m = &e->metadata;
	const struct tt_objectref *o = &e->involved_object;
	size_t n = m->name.len + m->namespace.len + m->uid.len + m->resource_version.len;

	for (uint32_t i = 0; i < m->n_annotations; i++)
		n += m->annotations[i].key.len + m->annotations[i].value.len;
	for (uint32_t i = 0; i < m->n_labels; i++)
		n += m->labels[i].key.len + m->labels[i].value.len;
	n += o->kind.len + o->namespace.len + o->name.len + o->uid.len + o->field_path.len;
	n += e->reason.len + e->message.len + e->source_component.len + e->source_host.len;
	return n + e->reporting_component.len + e->reporting_instance.len + e->action.len;
}

/* The texts of a frame are in the batch's arena already; those of a listed object are lent. */
static void add_event(struct tt_watcher *w, const struct tt_event *e, bool lent)
{
	struct tt_batch *b = w->batch;
	struct tt_record *record = tt_batch_add_event(b, w->out.change);

	b->listed |= lent;
	if (lent)
		tt_event_copy(&record->event, e, &b->arena);
	else
		record->event = *e;
	b->bytes += RECORD_BYTES + text_bytes(e);
}

static void add_gap(struct tt_watcher *w, const struct tt_gap *gap)
{
	struct tt_batch *b = w->batch;
	struct tt_record *record = tt_batch_add_gap(b);

	record->gap = *gap;
	record->gap.reason = tt_str_dup(&b->arena, gap->reason);
	record->gap.namespaces = tt_arena_new(&b->arena, struct tt_str, gap->n_namespaces);
	for (uint32_t i = 0; i < gap->n_namespaces; i++)
		record->gap.namespaces[i] = tt_str_dup(&b->arena, gap->namespaces[i]);
	b->bytes += RECORD_BYTES + gap->reason.len;
}

void tt_watcher_take(struct tt_watcher *w, const struct tt_collect_input *in)
{
	const struct tt_event *e = in->frame != NULL ? &in->frame->event : in->event;
	struct tt_batch_counts *counts = &tt_watcher_batch(w)->counts;

	counts->received += w->out.take != TT_TAKE_NONE;
	switch (w->out.take) {
	case TT_TAKE_NONE: break;
	case TT_TAKE_RECORD: add_event(w, e, w->watch == NULL); break;
	case TT_TAKE_DUPLICATE: counts->duplicates++; break;
	case TT_TAKE_DELETION: counts->deletions++; break;
	case TT_TAKE_REFUSAL: counts->refused[w->out.refusal]++; break;
	}
	if (w->out.has_gap)
		add_gap(w, &w->out.gap);
}

/* Two positions with the same digest are the same. */
static uint64_t position_digest(const struct tt_position *p)
{
	const uint64_t numbers[] = {p->epoch, p->rv, (uint64_t)p->last_proof_us,
		(uint64_t)p->shortest_lifetime_us, p->listing, p->list_rv};

	return tt_hash_str(
		p->system_uid, tt_hash_str(p->last_key, tt_hash(numbers, sizeof(numbers), 1)));
}

static int put(struct tt_watcher *w)
{
	int64_t slice_ns = (int64_t)PUT_SLICE_MS * TT_NS_PER_MS;
	int rc = TT_EAGAIN;

	for (int ms = 0; rc == TT_EAGAIN && ms < PUT_MS; ms += PUT_SLICE_MS) {
		rc = tt_ingest_put(w->collector->options.ingest, w->batch, slice_ns);
		if (tt_watcher_is_stopping(w))
			break;
	}
	return rc;
}

/* The pages of a list do not pile up in memory: each waits until the one before is on disk. */
static void settle(struct tt_watcher *w)
{
	int64_t slice_ns = (int64_t)PUT_SLICE_MS * TT_NS_PER_MS;

	for (int ms = 0; ms < PUT_MS && !tt_watcher_is_stopping(w); ms += PUT_SLICE_MS)
		if (tt_ingest_flush(w->collector->options.ingest, slice_ns) == 0)
			break;
}

bool tt_watcher_hand_over(struct tt_watcher *w)
{
	uint64_t digest = position_digest(&w->state.position);
	struct tt_batch *b = w->batch;

	if ((b == NULL || (b->n == 0 && b->counts.received == 0)) && digest == w->handed_over) {
		tt_watcher_discard(w);
		return true;
	}
	b = tt_watcher_batch(w);
	tt_batch_set_position(b, &w->state.position);
	if (put(w) < 0) {
		tt_watcher_discard(w);
		w->handed_over = 0;
		return false;
	}
	w->batch = NULL; /* the queue has taken the reference */
	if (w->watch == NULL)
		settle(w);
	w->handed_over = digest;
	w->handed_over_ns = tt_clock_mono_ns(w->collector->options.clock);
	return true;
}
