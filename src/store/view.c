/* SPDX-License-Identifier: Apache-2.0 */
/* Views: of the observations inside a range, those that are not superseded inside it.
 *
 * The log is gone through from its end, for the oldest from its beginning. What passes is kept as
 * (t, seq) in a heap of the newest (or oldest) `limit` and one more, which says whether anything
 * was left out; only those kept are made into records at the end. The search ends when no other
 * block can hold anything that would be kept rather. */
#include <stdlib.h>

#include "base/hash.h"
#include "base/vec.h"
#include "store/excerpt.h"
#include "store/read.h"

enum { EXCERPT_ROWS = 64 /* at most; more are read from the block itself */ };

static const uint64_t FOUND_SEED = 0x666f756e64u;

struct namespaces;

struct view {
	struct tt_reader *r;
	struct tt_match match;
	int64_t since_us, until_us, hidden_before_us;
	int64_t shown_until_us; /* what is later only supersedes */
	uint64_t max_seq;
	size_t limit; /* records kept: the answer's limit and one; SIZE_MAX: all */
	bool observations, oldest;
	struct tt_location after; /* with `oldest`: what is shown lies behind it */
	struct {
		struct tt_location *items; /* a heap, once it is full: on top what gives way */
		size_t n, cap;
	} found;
	struct tt_map superseded; /* seq -> 1, by records of the tail */
	bool *marks;
	size_t cap_marks;
	struct tt_arena arena; /* for records made only to be looked at */
	uint32_t columns;      /* wanted beside those of the match */
	/* What is done with a row that passed; NULL: it is kept in `found`. */
	void (*take)(struct view *v, struct tt_dict *dict, const struct tt_block *b, uint32_t i);
	struct namespaces *namespaces; /* of take */
	struct tt_batch *now;          /* records are made at once; NULL: when all is found */
	struct tt_copier *copier;      /* into `now` */
	size_t max_bytes;              /* of texts in an answer */
};

static bool is_older(const struct tt_location *a, const struct tt_location *b)
{
	return a->t != b->t ? a->t < b->t : a->seq < b->seq;
}

static int compare_found(const void *a, const void *b)
{
	return is_older(a, b) ? -1 : is_older(b, a);
}

static void sort(void *items, size_t n, size_t size, int (*compare)(const void *, const void *))
{
	if (n > 1)
		qsort(items, n, size, compare);
}

/* Whether `a` gives way to `b` when there is room for one. */
static bool gives_way(
	const struct view *v, const struct tt_location *a, const struct tt_location *b)
{
	return v->oldest ? is_older(b, a) : is_older(a, b);
}

static void sift_down(struct view *v, size_t i)
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

static void add_found(struct view *v, struct tt_location f)
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
static bool is_beyond(const struct view *v, int64_t t_min, int64_t t_max)
{
	if (t_max < v->since_us || t_min > v->shown_until_us)
		return true;
	if (v->found.n < v->limit)
		return false;
	return v->oldest ? t_min > v->found.items[0].t : t_max < v->found.items[0].t;
}

/* The dear last question: a record is made to be asked. */
static bool record_matches(
	struct view *v, struct tt_dict *dict, const struct tt_block *b, uint32_t i)
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

static bool row_passes(struct view *v, struct tt_dict *dict, const struct tt_block *b, uint32_t i)
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
	struct view *v, struct tt_dict *dict, const struct tt_block *b, uint32_t first)
{
	for (uint32_t i = b->n; i-- > first;) {
		if (!row_passes(v, dict, b, i))
			continue;
		if (v->take != NULL)
			v->take(v, dict, b, i);
		else
			add_found(v, (struct tt_location){b->t[i], tt_block_seq(b, i)});
	}
}

/* Successors inside the block, as marks on their predecessors. */
static void mark_own(struct view *v, const struct tt_block *b)
{
	for (uint32_t i = 0; i < b->n; i++)
		if (b->pred[i] >= b->first_seq && tt_block_seq(b, i) <= v->max_seq &&
			b->t[i] <= v->until_us)
			v->marks[b->pred[i] - b->first_seq] = true;
}

/* Successors in the tail. */
static void mark_from_tail(struct view *v, const struct tt_block *b)
{
	if (v->superseded.n == 0)
		return;
	for (uint32_t i = 0; i < b->n; i++)
		v->marks[tt_block_place(b, i)] |= tt_map_get(&v->superseded, tt_block_seq(b, i)) !=
						  NULL;
}

static void clear_marks(struct view *v, uint32_t n)
{
	if (n > v->cap_marks) {
		v->cap_marks = n;
		v->marks = tt_realloc(v->marks, n, sizeof(*v->marks));
	}
	memset(v->marks, 0, n * sizeof(*v->marks));
}

static void note_tail(struct view *v, const struct tt_block *b)
{
	for (uint32_t i = 0; i < b->n; i++)
		if (b->pred[i] != 0 && b->first_seq + i <= v->max_seq && b->t[i] <= v->until_us)
			(void)tt_map_put(&v->superseded, b->pred[i], NULL);
}

/* Makes what was found in `b`, which has all columns, into records. */
static void make_now(struct view *v, struct tt_dict *dict, const struct tt_block *b)
{
	for (size_t i = 0; i < v->found.n; i++) {
		uint32_t row = tt_block_find(b, v->found.items[i].seq);

		if (!tt_dict_record(dict, v->r->store, b, row,
			    tt_batch_add_event(v->now, TT_CHANGE_ADDED), v->copier))
			v->now->n--;
	}
	v->found.n = 0;
}

static void view_tail(struct view *v, const struct tt_reader_tail *t)
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

static void note_tails(struct view *v)
{
	tt_vec_each (t, &v->r->tail)
		if (t->item != NULL && !v->observations)
			note_tail(v, t->tail->block);
}

static void view_tails(struct view *v)
{
	struct tt_reader *r = v->r;

	for (size_t i = r->tail.n; i-- > 0;)
		if (r->tail.items[i].item != NULL)
			view_tail(v, &r->tail.items[i]);
}

/* A block that was sealed after the state was taken holds what the tail at hand holds too. */
static bool block_may_pass(const struct view *v, const struct tt_block_info *info)
{
	return info->id <= v->r->sealed_end && info->id <= v->max_seq &&
	       !is_beyond(v, info->t_min, info->t_max) &&
	       info->recorded_max >= v->hidden_before_us && tt_match_zone(&v->match, info);
}

static int view_columns(
	struct view *v, const struct tt_block_info *info, struct tt_block *b, struct tt_err *err)
{
	uint32_t columns = v->match.exact ? tt_match_columns(&v->match) : TT_ALL_COLUMNS;

	columns |= v->columns | 1u << TT_COLUMN_T | 1u << TT_COLUMN_PRED;
	return tt_reader_columns(v->r, info, b, columns, err);
}

/* Marks what is superseded. 1, 0 if the block is gone, negative. */
static int mark(struct view *v, const struct tt_block_info *info, const struct tt_block *b,
	struct tt_err *err)
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
	struct view *v = arg;
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
static bool is_about_objects(const struct view *v)
{
	return v->match.objects_known && !v->match.odd_names && !v->match.dict->incomplete;
}

/* As view_block(), of a block of which few rows are wanted. */
static int view_excerpt(struct view *v, const struct tt_block_info *info, struct tt_err *err)
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

static int view_block_rows(
	struct view *v, const struct tt_block_info *info, struct tt_block *b, struct tt_err *err)
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

static int view_block(struct view *v, const struct tt_block_info *info, struct tt_err *err)
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
static int filter_blocks(struct view *v, bool *maybe, struct tt_err *err)
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

static int view_epoch(struct view *v, struct tt_err *err)
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
		int block = view_block(v, info, err);

		rc = block < 0 ? block : 1;
	}
	tt_match_dict(&v->match, NULL);
	tt_free(maybe);
	return rc < 0 ? rc : 0;
}

/* Whether an epoch, by its row, may hold anything. */
static bool epoch_may_pass(const struct view *v, const struct tt_epoch_info *e)
{
	return e->first_block <= v->max_seq && !is_beyond(v, e->t_min, e->t_max) &&
	       e->recorded_max >= v->hidden_before_us;
}

static int view_epochs_down(struct view *v, struct tt_err *err)
{
	struct tt_reader *r = v->r;
	int rc = tt_reader_epoch_of(r, r->last_block, err);

	while (rc > 0) {
		int64_t older = r->epoch.t_max_before;
		uint64_t id = r->epoch.id;

		rc = epoch_may_pass(v, &r->epoch) ? view_epoch(v, err) : 0;
		if (rc != 0 || is_beyond(v, INT64_MIN, older) ||
			r->epoch.recorded_max < v->hidden_before_us)
			break;
		rc = tt_reader_epoch_before(r, id, err);
	}
	return rc < 0 ? rc : 0;
}

static int view_epochs_up(struct view *v, struct tt_err *err)
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

/* --- making the answer --- */

/* What holds records: a block, or an excerpt of one. */
struct held {
	struct tt_cached *item; /* NULL: nothing */
	const struct tt_block *b;
	uint64_t first_seq, last_seq; /* that it was asked for */
	bool is_excerpt;
};

static void let_go(struct view *v, struct held *h)
{
	if (h->is_excerpt)
		tt_cache_done(v->r->store->cache, h->item, 0);
	else
		tt_reader_done(v->r, h->item);
	*h = (struct held){0};
}

/* Some of what was found, all in one block. */
struct found_rows {
	const struct tt_location *items;
	uint32_t n;
};

static uint32_t choose_found(void *arg, const struct tt_block *b, uint32_t *rows)
{
	const struct found_rows *found = arg;

	for (uint32_t i = 0; i < found->n; i++)
		rows[i] = (uint32_t)(found->items[i].seq - b->first_seq);
	return found->n;
}

/* Takes hold of what was found in block `info`, from place `at` of `found` on: of few rows as an
 * excerpt. 1, 0 if it is damaged or gone, negative. */
static int hold(struct view *v, const struct tt_block_info *info, size_t at, struct held *ret,
	struct tt_err *err)
{
	struct found_rows rows = {.items = &v->found.items[at]};
	int rc;

	while (at + rows.n < v->found.n && rows.items[rows.n].seq < info->id + info->n)
		rows.n++;
	if (rows.n <= EXCERPT_ROWS) {
		const struct tt_choice choice = {
			.hash = tt_hash(rows.items, rows.n * sizeof(*rows.items), FOUND_SEED),
			.choose = choose_found,
			.arg = &rows};

		rc = tt_reader_excerpt(v->r, info, &choice, &ret->item, &ret->b, err);
		ret->is_excerpt = rc > 0;
	} else {
		rc = tt_reader_block(v->r, info, TT_ALL_COLUMNS, &ret->item, err);
		ret->b = rc > 0 ? ret->item->data : NULL;
	}
	ret->first_seq = info->id;
	ret->last_seq = rows.items[rows.n - 1].seq;
	return rc;
}

/* Record `at` of what was found in blocks, added to `to`. 1; 0 if it is lost. */
static int make_record(
	struct view *v, size_t at, struct tt_batch *to, struct held *held, struct tt_err *err)
{
	struct tt_reader *r = v->r;
	uint64_t seq = v->found.items[at].seq;

	if (held->item == NULL || seq < held->first_seq || seq > held->last_seq) {
		let_go(v, held);
		int rc = tt_reader_epoch_of(r, seq, err);

		for (size_t i = 0; rc > 0 && i < r->blocks.n; i++) {
			const struct tt_block_info *info = &r->blocks.items[i];

			if (seq < info->id || seq >= info->id + info->n)
				continue;
			rc = hold(v, info, at, held, err);
			if (rc == 0)
				tt_reader_note_damage(r, info);
			break;
		}
		if (rc <= 0 || held->item == NULL)
			return rc < 0 ? rc : 0;
	}
	struct tt_record *record = tt_batch_add_event(to, TT_CHANGE_ADDED);

	if (tt_dict_record(
		    &r->dict, r->store, held->b, tt_block_find(held->b, seq), record, v->copier))
		return 1;
	to->n--;
	return 0;
}

static bool make_from_tail(
	struct view *v, uint64_t seq, struct tt_batch *to, struct tt_copier *copier)
{
	tt_vec_each (t, &v->r->tail) {
		struct tt_dict dict;

		if (t->item == NULL || seq < t->first_seq || seq >= t->first_seq + t->n)
			continue;
		tt_dict_of_tail(&dict, t->tail);
		if (!tt_dict_record(&dict, v->r->store, t->tail->block,
			    (uint32_t)(seq - t->first_seq), tt_batch_add_event(to, TT_CHANGE_ADDED),
			    copier))
			to->n--;
		tt_dict_release(&dict);
		return true;
	}
	return false;
}

static int compare_seq(const void *a, const void *b)
{
	const struct tt_location *x = a, *y = b;

	return (x->seq > y->seq) - (x->seq < y->seq);
}

static int compare_records(const void *a, const void *b)
{
	const struct tt_record *x = a, *y = b;

	if (x->time_us != y->time_us)
		return x->time_us < y->time_us ? -1 : 1;
	return (x->seq > y->seq) - (x->seq < y->seq);
}

/* Records are made in the order of the log, block by block, and put in order then. 1 if they would
 * take too much memory. */
static int make_answer(struct view *v, struct tt_batch *to, struct tt_err *err)
{
	struct held held = {0};
	int rc = 0;

	if (v->found.n > 1)
		qsort(v->found.items, v->found.n, sizeof(*v->found.items), compare_seq);
	size_t i = 0;

	for (; rc >= 0 && i < v->found.n && to->arena.bytes <= v->max_bytes; i++)
		if (v->found.items[i].seq <= v->r->sealed_end ||
			!make_from_tail(v, v->found.items[i].seq, to, v->copier))
			rc = make_record(v, i, to, &held, err);
	let_go(v, &held);
	sort(to->records, to->n, sizeof(*to->records), compare_records);
	return rc < 0 ? rc : i < v->found.n;
}

static void view_init(struct view *v, struct tt_reader *r, const struct tt_filter *filter)
{
	*v = (struct view){.r = r, .since_us = INT64_MIN, .until_us = INT64_MAX};
	tt_match_init(&v->match, filter, r->store);
	if (filter != NULL && filter->since_us != 0 && filter->since_us != TT_TIME_ZERO)
		v->since_us = filter->since_us;
	if (filter != NULL && filter->until_us != 0 && filter->until_us != TT_TIME_ZERO)
		v->until_us = filter->until_us;
	v->shown_until_us = v->until_us;
	v->hidden_before_us = tt_store_hidden_before(r->store);
	v->limit = v->max_bytes = SIZE_MAX;
}

static void view_release(struct view *v)
{
	tt_match_release(&v->match);
	tt_map_release(&v->superseded);
	tt_vec_release(&v->found);
	tt_free(v->marks);
	tt_arena_release(&v->arena);
	tt_reader_drop_state(v->r);
}

/* Finds everything; the state of the log stays taken. */
static int view_find(struct view *v, uint64_t max_seq, struct tt_err *err)
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

int tt_reader_view(struct tt_reader *r, const struct tt_view *view, struct tt_view_answer *ret,
	struct tt_err *err)
{
	struct tt_batch *batch = tt_batch_new(
		view->filter != NULL ? view->filter->cluster : TT_STR(""));
	struct tt_copier copier;
	struct view v;

	view_init(&v, r, view->filter);
	tt_copier_init(&copier, &batch->arena);
	v.copier = &copier;
	v.observations = view->observations;
	if (view->limit > 0)
		v.limit = view->limit + 1;
	else
		v.now = batch;
	int rc = view_find(&v, view->max_seq, err);
	bool truncated = view->limit > 0 && v.found.n > view->limit;

	if (rc == 0 && truncated) {
		sort(v.found.items, v.found.n, sizeof(*v.found.items), compare_found);
		v.found.items[0] = v.found.items[--v.found.n];
	}
	if (rc == 0)
		rc = make_answer(&v, batch, err);
	*ret = (struct tt_view_answer){batch, v.max_seq, truncated};
	view_release(&v);
	if (rc != 0) {
		tt_batch_unref(batch);
		ret->batch = NULL;
	}
	return rc;
}

int tt_reader_find(struct tt_reader *r, const struct tt_view *view, struct tt_locations *ret,
	struct tt_err *err)
{
	struct view v;

	view_init(&v, r, view->filter);
	v.observations = view->observations;
	if (view->limit > 0 && view->limit < SIZE_MAX)
		v.limit = view->limit + 1;
	if (view->before_us != 0 && view->before_us <= v.until_us)
		v.shown_until_us = view->before_us - 1;
	v.oldest = view->oldest;
	v.after = view->after;
	if (v.oldest && v.after.seq > 0 && v.after.t > v.since_us)
		v.since_us = v.after.t;
	int rc = view_find(&v, view->max_seq, err);

	*ret = (struct tt_locations){.seq = v.max_seq};
	if (rc == 0) {
		sort(v.found.items, v.found.n, sizeof(*v.found.items), compare_found);
		ret->truncated = v.limit < SIZE_MAX && v.found.n == v.limit;
		ret->n = v.found.n - ret->truncated;
		if (ret->truncated && !v.oldest)
			memmove(v.found.items, v.found.items + 1, ret->n * sizeof(*ret->items));
		ret->items = v.found.items;
		v.found.items = NULL;
	}
	view_release(&v);
	return rc;
}

/* 1 if the records at these places would take more than `max_bytes`. */
static int fetch(struct tt_reader *r, const struct tt_locations *places, size_t max_bytes,
	struct tt_batch *to, struct tt_err *err)
{
	struct tt_copier copier;
	struct view v;

	view_init(&v, r, NULL);
	tt_copier_init(&copier, &to->arena);
	v.copier = &copier;
	v.max_bytes = places->n > 1 ? max_bytes : SIZE_MAX;
	for (size_t i = 0; i < places->n; i++)
		*tt_vec_push(&v.found) = places->items[i];
	int rc = tt_reader_take_state(r, err);

	if (rc == 0)
		rc = make_answer(&v, to, err);
	view_release(&v);
	return rc;
}

int tt_reader_fetch(struct tt_reader *r, struct tt_locations *places, size_t max_bytes,
	struct tt_batch **ret, struct tt_err *err)
{
	int rc;

	do {
		*ret = tt_batch_new(TT_STR(""));
		rc = fetch(r, places, max_bytes, *ret, err);
		if (rc != 0) {
			tt_batch_unref(*ret);
			*ret = NULL;
			places->n = rc > 0 ? (places->n + 1) / 2 : places->n;
		}
	} while (rc > 0);
	if (rc == 0)
		rc = tt_reader_add_missing(r, places, *ret, err);
	if (rc != 0) {
		tt_batch_unref(*ret);
		*ret = NULL;
	}
	return rc;
}

/* The search goes down from the end, so that the first one found is the newest. */
static void take_first(struct view *v, struct tt_dict *dict, const struct tt_block *b, uint32_t i)
{
	add_found(v, (struct tt_location){b->t[i], b->first_seq + i});
	v->since_us = INT64_MAX; /* nothing more is wanted */
}

int tt_reader_find_newest(struct tt_reader *r, const struct tt_identity_name *identity,
	const struct tt_range *range, struct tt_batch **ret, struct tt_err *err)
{
	struct tt_field_term term = {.label = TT_LABEL_METADATA_NAME, .value = identity->name};
	struct tt_fieldselector selector = {&term, 1};
	struct tt_filter filter = {.cluster = identity->cluster,
		.namespace = identity->namespace,
		.selector = &selector,
		.since_us = range->since_us,
		.until_us = range->until_us};
	struct tt_batch *batch = tt_batch_new(identity->cluster);
	struct tt_copier copier;
	struct view v;

	view_init(&v, r, &filter);
	tt_copier_init(&copier, &batch->arena);
	v.copier = &copier;
	v.observations = v.match.deleted = true;
	v.take = take_first;
	int rc = view_find(&v, range->max_seq, err);

	if (rc == 0)
		rc = make_answer(&v, batch, err);
	view_release(&v);
	if (rc == 0 && batch->n > 0) {
		*ret = batch;
		return 1;
	}
	tt_batch_unref(batch);
	return rc;
}

static int fail_absent(const struct tt_identity_name *identity, struct tt_err *err)
{
	return tt_fail(err, TT_ENOTFOUND, "there is no event \"%.*s\" in namespace \"%.*s\"",
		TT_STR_ARG(identity->name), TT_STR_ARG(identity->namespace));
}

int tt_reader_get(struct tt_reader *r, const struct tt_identity_name *identity,
	const struct tt_range *range, struct tt_batch **ret, struct tt_err *err)
{
	int rc = tt_reader_find_newest(r, identity, range, ret, err);

	if (rc > 0 && (*ret)->records[0].change != TT_CHANGE_DELETED)
		return 0;
	if (rc > 0)
		tt_batch_unref(*ret);
	return rc < 0 ? rc : fail_absent(identity, err);
}

int tt_reader_newest(struct tt_reader *r, struct tt_str cluster, struct tt_str namespace,
	struct tt_str name, struct tt_batch **ret, struct tt_err *err)
{
	struct tt_identity_name identity = {cluster, namespace, name};
	int rc = tt_reader_find_newest(r, &identity, &(struct tt_range){0}, ret, err);

	if (rc > 0)
		return 0;
	return rc < 0 ? rc : fail_absent(&identity, err);
}

/* --- counting --- */

struct namespaces {
	struct tt_map index; /* by hash of the name: place in items, + 1 */
	struct tt_namespace_count *items;
	size_t n, cap;
	struct tt_arena *arena;
};

static void take_namespace(
	struct view *v, struct tt_dict *dict, const struct tt_block *b, uint32_t i)
{
	struct namespaces *all = v->namespaces;
	struct tt_str name;
	bool is_new;

	if (!tt_dict_string(dict, b->namespace[i], &name))
		return;
	uint64_t *at = tt_map_put(&all->index, tt_hash_str(name, 0), &is_new);

	if (is_new) {
		*at = all->n;
		*tt_vec_push(all) = (struct tt_namespace_count){tt_str_dup(all->arena, name), 0};
	}
	all->items[*at].events++;
}

static int compare_counts(const void *a, const void *b)
{
	const struct tt_namespace_count *x = a, *y = b;

	if (x->events != y->events)
		return x->events > y->events ? -1 : 1;
	return tt_str_cmp(x->namespace, y->namespace);
}

int tt_reader_count_namespaces(struct tt_reader *r, const struct tt_filter *filter,
	struct tt_namespace_count **ret, size_t *ret_n, struct tt_arena *arena, struct tt_err *err)
{
	struct namespaces all = {.arena = arena};
	struct tt_filter everywhere = filter != NULL ? *filter : (struct tt_filter){0};
	struct view v;

	everywhere.namespace = TT_STR("");
	view_init(&v, r, &everywhere);
	v.columns = 1u << TT_COLUMN_NAMESPACE;
	v.take = take_namespace;
	v.namespaces = &all;
	int rc = view_find(&v, 0, err);

	view_release(&v);
	if (rc == 0) {
		*ret_n = all.n;
		*ret = tt_arena_new(arena, struct tt_namespace_count, all.n);
		if (all.n > 1)
			qsort(all.items, all.n, sizeof(*all.items), compare_counts);
		if (all.n > 0)
			memcpy(*ret, all.items, all.n * sizeof(**ret));
	}
	tt_map_release(&all.index);
	tt_vec_release(&all);
	return rc;
}
