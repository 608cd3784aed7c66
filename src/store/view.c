/* SPDX-License-Identifier: Apache-2.0 */
/* Views: of the observations inside a range, those that are not superseded inside it. What the
 * search found is made into records here. */
#include <stdlib.h>

#include "base/hash.h"
#include "base/vec.h"
#include "store/excerpt.h"
#include "store/view_search.h"

enum { EXCERPT_ROWS = 64 /* at most; more are read from the block itself */ };

static const uint64_t FOUND_SEED = 0x666f756e64u;

/* What holds records: a block, or an excerpt of one. */
struct held {
	struct tt_cached *item; /* NULL: nothing */
	const struct tt_block *b;
	uint64_t first_seq, last_seq; /* that it was asked for */
	bool is_excerpt;
};

static void let_go(struct tt_view_search *v, struct held *h)
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
static int hold(struct tt_view_search *v, const struct tt_block_info *info, size_t at,
	struct held *ret, struct tt_err *err)
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
static int make_record(struct tt_view_search *v, size_t at, struct tt_batch *to, struct held *held,
	struct tt_err *err)
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
	struct tt_view_search *v, uint64_t seq, struct tt_batch *to, struct tt_copier *copier)
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

/* In the order of the log, block by block, and put in order then. */
int tt_view_make_records(struct tt_view_search *v, struct tt_batch *to, struct tt_err *err)
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
	if (to->n > 1)
		qsort(to->records, to->n, sizeof(*to->records), compare_records);
	return rc < 0 ? rc : i < v->found.n;
}

int tt_reader_view(struct tt_reader *r, const struct tt_view *view, struct tt_view_answer *ret,
	struct tt_err *err)
{
	struct tt_batch *batch = tt_batch_new(
		view->filter != NULL ? view->filter->cluster : TT_STR(""));
	struct tt_copier copier;
	struct tt_view_search v;

	tt_view_search_init(&v, r, view->filter);
	tt_copier_init(&copier, &batch->arena);
	v.copier = &copier;
	v.observations = view->observations;
	if (view->limit > 0)
		v.limit = view->limit + 1;
	else
		v.now = batch;
	int rc = tt_view_search_run(&v, view->max_seq, err);
	bool truncated = view->limit > 0 && v.found.n > view->limit;

	if (rc == 0 && truncated) {
		tt_view_search_sort(&v);
		v.found.items[0] = v.found.items[--v.found.n];
	}
	if (rc == 0)
		rc = tt_view_make_records(&v, batch, err);
	*ret = (struct tt_view_answer){batch, v.max_seq, truncated};
	tt_view_search_release(&v);
	if (rc != 0) {
		tt_batch_unref(batch);
		ret->batch = NULL;
	}
	return rc;
}

int tt_reader_find(struct tt_reader *r, const struct tt_view *view, struct tt_locations *ret,
	struct tt_err *err)
{
	struct tt_view_search v;

	tt_view_search_init(&v, r, view->filter);
	v.observations = view->observations;
	if (view->limit > 0 && view->limit < SIZE_MAX)
		v.limit = view->limit + 1;
	if (view->before_us != 0 && view->before_us <= v.until_us)
		v.shown_until_us = view->before_us - 1;
	if (view->before_us != 0)
		v.hidden_before_us = INT64_MIN; /* who was shown it must be told that it leaves */
	if (view->max_records > 0)
		v.records_left = view->max_records;
	v.oldest = view->oldest;
	v.after = view->after;
	if (v.oldest && v.after.seq > 0 && v.after.t > v.since_us)
		v.since_us = v.after.t;
	int rc = tt_view_search_run(&v, view->max_seq, err);

	*ret = (struct tt_locations){.seq = v.max_seq};
	if (rc == 0) {
		tt_view_search_sort(&v);
		ret->truncated = v.limit < SIZE_MAX && v.found.n == v.limit;
		ret->n = v.found.n - ret->truncated;
		if (ret->truncated && !v.oldest)
			memmove(v.found.items, v.found.items + 1, ret->n * sizeof(*ret->items));
		ret->items = v.found.items;
		v.found.items = NULL;
	}
	tt_view_search_release(&v);
	return rc;
}

/* 1 if the records at these places would take more than `max_bytes`. */
static int fetch(struct tt_reader *r, const struct tt_locations *places, size_t max_bytes,
	struct tt_batch *to, struct tt_err *err)
{
	struct tt_copier copier;
	struct tt_view_search v;

	tt_view_search_init(&v, r, NULL);
	tt_copier_init(&copier, &to->arena);
	v.copier = &copier;
	v.max_bytes = places->n > 1 ? max_bytes : SIZE_MAX;
	for (size_t i = 0; i < places->n; i++)
		*tt_vec_push(&v.found) = places->items[i];
	int rc = tt_reader_take_state(r, err);

	if (rc == 0)
		rc = tt_view_make_records(&v, to, err);
	tt_view_search_release(&v);
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

struct counting {
	struct tt_map index; /* by what the block has for a name: place in items */
	struct tt_event_count *items;
	size_t n, cap;
	struct tt_arena *arena;
};

static void count(struct counting *all, uint64_t key, struct tt_str name)
{
	bool is_new;
	uint64_t *at = tt_map_put(&all->index, key, &is_new);

	if (is_new) {
		*at = all->n;
		*tt_vec_push(all) = (struct tt_event_count){tt_str_dup(all->arena, name), 0};
	}
	all->items[*at].events++;
}

static void take_namespace(
	struct tt_view_search *v, struct tt_dict *dict, const struct tt_block *b, uint32_t i)
{
	struct tt_str name;

	if (tt_dict_string(dict, b->namespace[i], &name))
		count(v->take_arg, tt_hash_str(name, 0), name);
}

static void take_cluster(
	struct tt_view_search *v, struct tt_dict *dict, const struct tt_block *b, uint32_t i)
{
	const struct tt_cluster_entry *c = tt_store_cluster_by_id(v->r->store, b->cluster[i]);

	(void)dict;
	if (c != NULL)
		count(v->take_arg, c->id, c->name);
}

static int compare_counts(const void *a, const void *b)
{
	const struct tt_event_count *x = a, *y = b;

	if (x->events != y->events)
		return x->events > y->events ? -1 : 1;
	return tt_str_cmp(x->name, y->name);
}

static int count_all(struct tt_reader *r, const struct tt_view *view, bool by_cluster,
	struct tt_event_counts *ret, struct tt_arena *arena, struct tt_err *err)
{
	struct tt_filter everywhere = *view->filter;
	struct counting all = {.arena = arena};
	struct tt_view_search v;

	*(by_cluster ? &everywhere.cluster : &everywhere.namespace) = TT_STR("");
	tt_view_search_init(&v, r, &everywhere);
	v.columns = 1u << (by_cluster ? TT_COLUMN_CLUSTER : TT_COLUMN_NAMESPACE);
	v.take = by_cluster ? take_cluster : take_namespace;
	v.take_arg = &all;
	if (view->max_records > 0)
		v.records_left = view->max_records;
	int rc = tt_view_search_run(&v, view->max_seq, err);

	*ret = (struct tt_event_counts){.items = tt_arena_new(arena, struct tt_event_count, all.n),
		.n = all.n,
		.partial = v.cut};
	if (all.n > 1)
		qsort(all.items, all.n, sizeof(*all.items), compare_counts);
	for (size_t i = 0; i < all.n; i++) {
		ret->items[i] = all.items[i];
		ret->events += all.items[i].events;
	}
	tt_view_search_release(&v);
	tt_map_release(&all.index);
	tt_vec_release(&all);
	return rc;
}

int tt_reader_count_namespaces(struct tt_reader *r, const struct tt_view *view,
	struct tt_event_counts *ret, struct tt_arena *arena, struct tt_err *err)
{
	return count_all(r, view, false, ret, arena, err);
}

int tt_reader_count_clusters(struct tt_reader *r, const struct tt_view *view,
	struct tt_event_counts *ret, struct tt_arena *arena, struct tt_err *err)
{
	return count_all(r, view, true, ret, arena, err);
}
