/* SPDX-License-Identifier: Apache-2.0 */
#include "store/view_search.h"

#include <stdlib.h>

#include "base/hash.h"
#include "base/vec.h"
#include "store/excerpt.h"

enum { MADE_COST = 8 /* rows that are looked at in the time in which one is made a record */ };

static bool is_older(const struct tt_location *a, const struct tt_location *b)
{
	return a->t != b->t ? a->t < b->t : a->seq < b->seq;
}

static int compare_found(const void *a, const void *b)
{
	return is_older(a, b) ? -1 : is_older(b, a);
}

/* Whether `a` gives way to `b` when there is room for one. */
static bool gives_way(
	const struct tt_view_search *v, const struct tt_location *a, const struct tt_location *b)
{
	return v->oldest ? is_older(b, a) : is_older(a, b);
}

static void sift_down(struct tt_view_search *v, size_t i)
{
	struct tt_location *heap = v->found.items;
	size_t n = v->found.n;

	for (;;) {
		size_t child = 2 * i + 1;

		if (child + 1 < n && gives_way(v, &heap[child + 1], &heap[child]))
			child++;
		if (child >= n || !gives_way(v, &heap[child], &heap[i]))
			return;
		struct tt_location swap = heap[i];

		heap[i] = heap[child];
		heap[child] = swap;
		i = child;
	}
}

void tt_view_search_keep(struct tt_view_search *v, struct tt_location f)
{
	if (v->found.n >= v->limit) { /* a heap */
		v->found.items[0] = f;
		sift_down(v, 0);
		return;
	}
	*tt_vec_push(&v->found) = f;
	if (v->found.n == v->limit)
		for (size_t i = v->found.n; i-- > 0;)
			sift_down(v, i);
}

/* Whether nothing with a t of t_min..t_max would be kept any more. */
static bool is_beyond(const struct tt_view_search *v, int64_t t_min, int64_t t_max)
{
	if (t_max < v->since_us || t_min > v->shown_until_us)
		return true;
	if (v->found.n < v->limit)
		return false;
	return v->oldest ? t_min > v->found.items[0].t : t_max < v->found.items[0].t;
}

/* The dear last question: a record is made to be asked. */
static bool record_matches(
	struct tt_view_search *v, struct tt_dict *dict, const struct tt_block *b, uint32_t i)
{
	struct tt_copier copier;
	struct tt_record record = {0};

	if (v->match.exact)
		return true;
	tt_arena_clear(&v->arena);
	tt_copier_init(&copier, &v->arena);
	return tt_dict_record(dict, v->r->store, b, i, &record, &copier) &&
	       tt_filter_matches(v->match.filter, &record);
}

static bool row_passes(
	struct tt_view_search *v, struct tt_dict *dict, const struct tt_block *b, uint32_t i)
{
	const struct tt_location place = {b->t[i], tt_block_seq(b, i)};

	return place.seq <= v->max_seq && !is_beyond(v, place.t, place.t) &&
	       (v->after.seq == 0 || is_older(&v->after, &place)) && tt_match_row(&v->match, i) &&
	       (v->found.n < v->limit || gives_way(v, &v->found.items[0], &place)) &&
	       (v->observations || !v->marks[tt_block_place(b, i)]) &&
	       record_matches(v, dict, b, i);
}

/* The rows of a block, or those of a tail blob from row `first` on that are in no block. */
static void go_through(
	struct tt_view_search *v, struct tt_dict *dict, const struct tt_block *b, uint32_t first)
{
	for (uint32_t i = b->n; i-- > first;) {
		if (!row_passes(v, dict, b, i))
			continue;
		if (v->take != NULL)
			v->take(v, dict, b, i);
		else
			tt_view_search_keep(v, (struct tt_location){b->t[i], tt_block_seq(b, i)});
	}
}

/* Successors inside the block, as marks on their predecessors. */
static void mark_own(struct tt_view_search *v, const struct tt_block *b)
{
	for (uint32_t i = 0; i < b->n; i++)
		if (b->pred[i] >= b->first_seq && tt_block_seq(b, i) <= v->max_seq &&
			b->t[i] <= v->until_us)
			v->marks[b->pred[i] - b->first_seq] = true;
}

/* Successors in the tail. */
static void mark_from_tail(struct tt_view_search *v, const struct tt_block *b)
{
	if (v->superseded.n == 0)
		return;
	for (uint32_t i = 0; i < b->n; i++)
		v->marks[tt_block_place(b, i)] |= tt_map_get(&v->superseded, tt_block_seq(b, i)) !=
						  NULL;
}

static void clear_marks(struct tt_view_search *v, uint32_t n)
{
	if (n > v->cap_marks) {
		v->cap_marks = n;
		v->marks = tt_realloc(v->marks, n, sizeof(*v->marks));
	}
	memset(v->marks, 0, n * sizeof(*v->marks));
}

static void note_tail(struct tt_view_search *v, const struct tt_block *b)
{
	for (uint32_t i = 0; i < b->n; i++)
		if (b->pred[i] != 0 && b->first_seq + i <= v->max_seq && b->t[i] <= v->until_us)
			(void)tt_map_put(&v->superseded, b->pred[i], NULL);
}

/* Makes what was found in `b`, which has all columns, into records. */
static void make_now(struct tt_view_search *v, struct tt_dict *dict, const struct tt_block *b)
{
	for (size_t i = 0; i < v->found.n; i++) {
		uint32_t row = tt_block_find(b, v->found.items[i].seq);

		if (!tt_dict_record(dict, v->r->store, b, row,
			    tt_batch_add_event(v->now, TT_CHANGE_ADDED), v->copier))
			v->now->n--;
	}
	v->found.n = 0;
}

static void view_tail(struct tt_view_search *v, const struct tt_reader_tail *t)
{
	const struct tt_block *b = t->tail->block;
	uint64_t end = v->r->sealed_end, first = end >= t->first_seq ? end + 1 - t->first_seq : 0;
	struct tt_dict dict;

	if (t->first_seq > v->max_seq || b->recorded[b->n - 1] < v->hidden_before_us)
		return;
	tt_dict_of_tail(&dict, t->tail);
	tt_match_dict(&v->match, &dict);
	clear_marks(v, b->n);
	mark_from_tail(v, b);
	if (tt_match_block(&v->match, b))
		go_through(v, &dict, b, (uint32_t)first);
	if (v->now != NULL)
		make_now(v, &dict, b);
	tt_match_dict(&v->match, NULL);
	tt_dict_release(&dict);
}

static void note_tails(struct tt_view_search *v)
{
	tt_vec_each (t, &v->r->tail)
		if (t->item != NULL && !v->observations)
			note_tail(v, t->tail->block);
}

static void view_tails(struct tt_view_search *v)
{
	struct tt_reader *r = v->r;

	for (size_t i = r->tail.n; i-- > 0;)
		if (r->tail.items[i].item != NULL)
			view_tail(v, &r->tail.items[i]);
}

/* A block that was sealed after the state was taken holds what the tail at hand holds too. */
static bool block_may_pass(const struct tt_view_search *v, const struct tt_block_info *info)
{
	return info->id <= v->r->sealed_end && info->id <= v->max_seq &&
	       !is_beyond(v, info->t_min, info->t_max) &&
	       info->recorded_max >= v->hidden_before_us && tt_match_zone(&v->match, info);
}

static int view_columns(struct tt_view_search *v, const struct tt_block_info *info,
	struct tt_block *b, struct tt_err *err)
{
	uint32_t columns = v->match.exact ? tt_match_columns(&v->match) : TT_ALL_COLUMNS;

	columns |= v->columns | 1u << TT_COLUMN_T | 1u << TT_COLUMN_PRED;
	return tt_reader_columns(v->r, info, b, columns, err);
}

/* Whether another block may be looked at. */
static bool afford(struct tt_view_search *v, const struct tt_block_info *info)
{
	size_t cost = (size_t)info->n * (v->match.exact ? 1 : MADE_COST);

	v->cut = v->cut || cost > v->records_left;
	v->records_left -= v->cut ? 0 : cost;
	return !v->cut;
}

/* Marks what is superseded. 1, 0 if the block is gone, negative. */
static int mark(struct tt_view_search *v, const struct tt_block_info *info,
	const struct tt_block *b, struct tt_err *err)
{
	clear_marks(v, info->n);
	mark_own(v, b);
	mark_from_tail(v, b);
	int rc = tt_reader_mark_links(v->r, info, v->max_seq, v->until_us, v->marks, err);

	if (rc < 0)
		return rc;
	/* dropped meanwhile, and perhaps the links before they were read? */
	return tt_reader_has_block(v->r, info->id);
}

/* The rows about wanted objects, and what supersedes them. */
static uint32_t choose_objects(void *arg, const struct tt_block *b, uint32_t *rows)
{
	struct tt_view_search *v = arg;
	uint32_t n = 0;

	clear_marks(v, b->n);
	for (uint32_t i = 0; i < b->n; i++) {
		v->marks[i] = tt_map_get(&v->match.objects, b->object[i]) != NULL ||
			      (b->pred[i] >= b->first_seq && v->marks[b->pred[i] - b->first_seq]);
		if (v->marks[i])
			rows[n++] = i;
	}
	return n;
}

/* Whether only rows about objects that are known by number can pass. */
static bool is_about_objects(const struct tt_view_search *v)
{
	return v->match.objects_known && !v->match.odd_names && !v->match.dict->incomplete;
}

/* As view_block(), of a block of which few rows are wanted. */
static int view_excerpt(
	struct tt_view_search *v, const struct tt_block_info *info, struct tt_err *err)
{
	const struct tt_filter *f = v->match.filter;
	const struct tt_choice objects = {
		.hash = tt_hash_str(v->match.name, tt_hash_str(f->kind, info->epoch)),
		.columns = 1u << TT_COLUMN_OBJECT | 1u << TT_COLUMN_PRED,
		.choose = choose_objects,
		.arg = v};
	const struct tt_block *b;
	struct tt_cached *item;
	int rc = tt_reader_excerpt(v->r, info, &objects, &item, &b, err);

	if (rc <= 0)
		return rc;
	if (b != NULL && tt_match_block(&v->match, b)) {
		if (!v->observations)
			rc = mark(v, info, b, err);
		if (rc > 0)
			go_through(v, &v->r->dict, b, 0);
		if (rc > 0 && v->now != NULL)
			make_now(v, &v->r->dict, b);
	}
	tt_cache_done(v->r->store->cache, item, 0);
	return rc;
}

static int view_block_rows(struct tt_view_search *v, const struct tt_block_info *info,
	struct tt_block *b, struct tt_err *err)
{
	if (!tt_match_block(&v->match, b))
		return 1;
	int rc = view_columns(v, info, b, err);

	if (rc > 0 && !v->observations)
		rc = mark(v, info, b, err);
	if (rc > 0)
		go_through(v, &v->r->dict, b, 0);
	if (rc > 0 && v->now != NULL && v->found.n > 0) {
		rc = tt_reader_columns(v->r, info, b, TT_ALL_COLUMNS, err);
		if (rc > 0)
			make_now(v, &v->r->dict, b);
		v->found.n = 0;
	}
	return rc;
}

static int view_block(
	struct tt_view_search *v, const struct tt_block_info *info, struct tt_err *err)
{
	struct tt_cached *item;
	int rc;

	if (is_about_objects(v)) {
		rc = view_excerpt(v, info, err);
	} else if ((rc = tt_reader_block(v->r, info, 1u << TT_COLUMN_SIG, &item, err)) > 0) {
		rc = view_block_rows(v, info, item->data, err);
		tt_reader_done(v->r, item);
	}
	if (rc == 0)
		tt_reader_note_damage(v->r, info);
	return rc < 0 ? rc : 0;
}

/* Which blocks at hand are worth a look by their filters; false if none is. */
static int filter_blocks(struct tt_view_search *v, bool *maybe, struct tt_err *err)
{
	struct tt_reader *r = v->r;
	int rc = tt_reader_filters(r, v->match.keys, v->match.n_keys, maybe, err);
	bool any = false;

	for (size_t i = 0; rc == 0 && i < r->blocks.n; i++)
		any |= maybe[i];
	if (rc != 0 || !any)
		return rc;
	tt_match_dict(&v->match, &r->dict);
	return tt_match_objects(&v->match, maybe) || v->match.odd_names ? 1 : 0;
}

static int view_epoch(struct tt_view_search *v, struct tt_err *err)
{
	struct tt_reader *r = v->r;
	size_t n = r->blocks.n;
	bool *maybe = NULL;
	int rc = 1;

	if (v->match.n_keys > 0) {
		maybe = tt_malloc(n);
		rc = filter_blocks(v, maybe, err);
	} else {
		tt_match_dict(&v->match, &r->dict);
	}
	for (size_t k = 0; rc > 0 && k < n; k++) {
		size_t i = v->oldest ? k : n - 1 - k;
		const struct tt_block_info *info = &r->blocks.items[i];

		if ((maybe != NULL && !maybe[i]) || !block_may_pass(v, info) ||
			!tt_match_any_message(&v->match, i + 1))
			continue;
		if (!afford(v, info))
			break;
		int block = view_block(v, info, err);

		rc = block < 0 ? block : 1;
	}
	tt_match_dict(&v->match, NULL);
	tt_free(maybe);
	return rc < 0 ? rc : 0;
}

/* Whether an epoch, by its row, may hold anything. */
static bool epoch_may_pass(const struct tt_view_search *v, const struct tt_epoch_info *e)
{
	return e->first_block <= v->max_seq && !is_beyond(v, e->t_min, e->t_max) &&
	       e->recorded_max >= v->hidden_before_us;
}

static int view_epochs_down(struct tt_view_search *v, struct tt_err *err)
{
	struct tt_reader *r = v->r;
	int rc = tt_reader_epoch_of(r, r->last_block, err);

	while (rc > 0) {
		int64_t older = r->epoch.t_max_before;
		uint64_t id = r->epoch.id;

		rc = epoch_may_pass(v, &r->epoch) ? view_epoch(v, err) : 0;
		if (rc != 0 || v->cut || is_beyond(v, INT64_MIN, older) ||
			r->epoch.recorded_max < v->hidden_before_us)
			break;
		rc = tt_reader_epoch_before(r, id, err);
	}
	return rc < 0 ? rc : 0;
}

static int view_epochs_up(struct tt_view_search *v, struct tt_err *err)
{
	struct tt_reader *r = v->r;
	int64_t until_us = v->shown_until_us;
	uint64_t id = 0;
	int rc;

	while ((rc = tt_reader_epoch_after(r, id, v->since_us, until_us, err)) > 0 &&
		r->epoch.first_block <= v->max_seq) {
		id = r->epoch.id;
		rc = epoch_may_pass(v, &r->epoch) ? view_epoch(v, err) : 0;
		if (rc != 0)
			break;
		if (v->found.n >= v->limit)
			until_us = v->found.items[0].t;
	}
	return rc < 0 ? rc : 0;
}

void tt_view_search_init(
	struct tt_view_search *v, struct tt_reader *r, const struct tt_filter *filter)
{
	*v = (struct tt_view_search){.r = r, .since_us = INT64_MIN, .until_us = INT64_MAX};
	tt_match_init(&v->match, filter, r->store);
	if (filter != NULL && filter->since_us != 0 && filter->since_us != TT_TIME_ZERO)
		v->since_us = filter->since_us;
	if (filter != NULL && filter->until_us != 0 && filter->until_us != TT_TIME_ZERO)
		v->until_us = filter->until_us;
	v->shown_until_us = v->until_us;
	v->hidden_before_us = tt_store_hidden_before(r->store);
	v->limit = v->records_left = v->max_bytes = SIZE_MAX;
}

void tt_view_search_release(struct tt_view_search *v)
{
	tt_match_release(&v->match);
	tt_map_release(&v->superseded);
	tt_vec_release(&v->found);
	tt_free(v->marks);
	tt_arena_release(&v->arena);
	tt_reader_drop_state(v->r);
}

int tt_view_search_run(struct tt_view_search *v, uint64_t max_seq, struct tt_err *err)
{
	int rc = tt_reader_take_state(v->r, err);

	if (rc != 0)
		return rc;
	v->max_seq = max_seq > 0 && max_seq < v->r->head ? max_seq : v->r->head;
	if (v->match.impossible)
		return 0;
	note_tails(v);
	if (!v->oldest)
		view_tails(v);
	if (v->r->sealed_end > 0)
		rc = v->oldest ? view_epochs_up(v, err) : view_epochs_down(v, err);
	if (v->oldest)
		view_tails(v);
	return rc;
}

void tt_view_search_sort(struct tt_view_search *v)
{
	if (v->found.n > 1)
		qsort(v->found.items, v->found.n, sizeof(*v->found.items), compare_found);
}
