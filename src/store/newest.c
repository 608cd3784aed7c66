/* SPDX-License-Identifier: Apache-2.0 */
/* The newest observations of many identities at once: tail and blocks are gone through but once,
 * and the hash of each record's identity is kept beside what was decoded. */
#include "base/vec.h"
#include "store/db.h"
#include "store/known.h"
#include "store/read.h"

/* What filters know an identity by. */
struct keys {
	uint64_t event, object;
};

struct search {
	struct tt_reader *r;
	const struct tt_cluster_entry *cluster;
	struct tt_newest *items;
	struct keys *keys;
	size_t n, left;      /* left: not found yet */
	struct tt_map index; /* place in items, + 1, by the hash of the identity */
};

static void free_known(void *data)
{
	tt_free(data);
}

/* 1 with an item of the cache, 0 if the block is damaged or gone, negative. */
static int known_of_block(struct tt_reader *r, const struct tt_block_info *info,
	struct tt_cached **ret, struct tt_err *err)
{
	struct tt_cached *block;

	*ret = tt_cache_get(r->store->cache, TT_CACHE_KNOWN, info->id);
	if (*ret != NULL)
		return 1;
	int rc = tt_reader_block(r, info, TT_ALL_COLUMNS, &block, err);

	if (rc <= 0)
		return rc;
	*ret = tt_cache_put(r->store->cache, TT_CACHE_KNOWN, info->id,
		tt_known_new(&r->dict, block->data, r->store->identity_seed),
		info->n * sizeof(struct tt_known), free_known);
	tt_reader_done(r, block);
	return 1;
}

/* The search goes down from the end, so that the first one found is the newest. */
static void look_through(
	struct search *s, const struct tt_known *known, uint64_t first_seq, uint32_t n)
{
	for (uint32_t i = n; i-- > 0 && s->left > 0;) {
		const uint64_t *at = known[i].hash != 0 ? tt_map_get(&s->index, known[i].hash)
							: NULL;
		struct tt_newest *item = at != NULL ? &s->items[*at - 1] : NULL;

		if (item == NULL || item->seq != 0)
			continue;
		item->seq = first_seq + i;
		item->rv = known[i].rv;
		s->left--;
	}
}

static void search_tails(struct search *s)
{
	for (size_t i = s->r->tail.n; i-- > 0;) {
		const struct tt_reader_tail *t = &s->r->tail.items[i];

		if (t->item != NULL)
			look_through(s, tt_known_of_tail(t->tail, s->r->store->identity_seed),
				t->first_seq, t->n);
	}
}

/* Whether a block may hold anything of what is left, but for its filter. */
static bool block_may_have(const struct search *s, const struct tt_block_info *info)
{
	return info->id <= s->r->sealed_end &&
	       (info->zone.clusters >> s->cluster->id % 64 & 1) != 0;
}

static bool filter_may_have(const struct search *s, struct tt_str filter)
{
	if (!tt_filter_verify(filter))
		return true;
	for (size_t i = 0; i < s->n; i++)
		if (s->items[i].seq == 0 && (tt_filter_has(filter, s->keys[i].object) ||
						    tt_filter_has(filter, s->keys[i].event)))
			return true;
	return false;
}

/* Clears `maybe` where a filter rules out all that is left. The blocks are [first, last]. */
static int ask_filters(struct search *s, bool *maybe, size_t first, size_t last, struct tt_err *err)
{
	struct tt_reader *r = s->r;
	sqlite3_stmt *stmt = r->sql[TT_READ_FILTERS];
	size_t at = first;
	int rc;

	(void)sqlite3_bind_int64(stmt, 1, (int64_t)r->blocks.items[first].id);
	(void)sqlite3_bind_int64(stmt, 2, (int64_t)r->blocks.items[last].id);
	while ((rc = tt_db_step(stmt, err)) > 0) {
		uint64_t id = (uint64_t)sqlite3_column_int64(stmt, 0);

		while (at < last && r->blocks.items[at].id < id)
			at++;
		if (maybe[at] && r->blocks.items[at].id == id)
			maybe[at] = filter_may_have(s, tt_db_column(stmt, 1));
	}
	(void)sqlite3_reset(stmt);
	return rc;
}

static int search_block(struct search *s, const struct tt_block_info *info, struct tt_err *err)
{
	struct tt_cached *item;
	int rc = known_of_block(s->r, info, &item, err);

	if (rc == 0)
		tt_reader_note_damage(s->r, info);
	if (rc <= 0)
		return rc;
	look_through(s, item->data, info->id, info->n);
	tt_cache_done(s->r->store->cache, item, 0);
	return 0;
}

static int search_epoch(struct search *s, struct tt_err *err)
{
	struct tt_reader *r = s->r;
	bool *maybe = tt_calloc(r->blocks.n, sizeof(*maybe));
	size_t first = r->blocks.n, last = 0;
	int rc = 0;

	for (size_t i = 0; i < r->blocks.n; i++) {
		maybe[i] = block_may_have(s, &r->blocks.items[i]);
		if (maybe[i]) {
			first = i < first ? i : first;
			last = i;
		}
	}
	if (first < r->blocks.n)
		rc = ask_filters(s, maybe, first, last, err);
	for (size_t i = r->blocks.n; rc == 0 && i-- > 0 && s->left > 0;)
		if (maybe[i])
			rc = search_block(s, &r->blocks.items[i], err);
	tt_free(maybe);
	return rc;
}

static int search_epochs(struct search *s, struct tt_err *err)
{
	struct tt_reader *r = s->r;
	int rc = r->sealed_end > 0 ? tt_reader_epoch_of(r, r->last_block, err) : 0;

	while (rc > 0 && s->left > 0) {
		uint64_t id = r->epoch.id;

		rc = search_epoch(s, err);
		if (rc == 0)
			rc = tt_reader_epoch_before(r, id, err);
	}
	return rc < 0 ? rc : 0;
}

static void note_item(struct search *s, size_t i)
{
	struct tt_newest *item = &s->items[i];
	const char *dot = item->name.len > 0 ? memrchr(item->name.data, '.', item->name.len) : NULL;
	struct tt_str object = item->name;
	bool is_new;
	uint64_t *at = tt_map_put(&s->index,
		tt_identity_hash(
			s->r->store->identity_seed, s->cluster->id, item->namespace, item->name),
		&is_new);

	item->seq = item->rv = 0;
	if (is_new) {
		*at = i + 1;
		s->left++;
	}
	if (dot != NULL)
		object.len = (size_t)(dot - item->name.data);
	s->keys[i].event = tt_object_key(item->name);
	s->keys[i].object = tt_object_key(object);
}

int tt_reader_newest_of(struct tt_reader *r, struct tt_str cluster, struct tt_newest *items,
	size_t n, struct tt_err *err)
{
	struct search s = {
		.r = r, .cluster = tt_store_cluster(r->store, cluster), .items = items, .n = n};

	if (s.cluster == NULL || n == 0) {
		for (size_t i = 0; i < n; i++)
			items[i].seq = items[i].rv = 0;
		return 0;
	}
	s.keys = tt_malloc(n * sizeof(*s.keys));
	for (size_t i = 0; i < n; i++)
		note_item(&s, i);
	int rc = tt_reader_take_state(r, err);

	if (rc == 0) {
		search_tails(&s);
		rc = search_epochs(&s, err);
	}
	tt_reader_drop_state(r);
	tt_map_release(&s.index);
	tt_free(s.keys);
	return rc;
}
