/* SPDX-License-Identifier: Apache-2.0 */
/* One event by its name: the newest observation of its identity inside a range.
 *
 * What is not in the tail is sought where it began, since recorders write that into the name, and
 * followed from there by the links; going through all newer blocks about the same object comes
 * last. */
#include "base/clock.h"
#include "base/hash.h"
#include "store/db.h"
#include "store/excerpt.h"
#include "store/known.h"
#include "store/view_search.h"

static const int64_t EARLY_US = 2 * TT_US_PER_S; /* clocks differ */
static const int64_t LATE_US = 120 * TT_US_PER_S;
static const uint64_t SUFFIX_SEED = 0x737566666978u;

/* What is sought. */
struct get {
	struct tt_reader *r;
	const struct tt_identity_name *name;
	uint32_t cluster;
	uint64_t hash; /* of the identity */
	uint64_t max_seq;
	int64_t until_us, hidden_before_us;
	struct tt_batch *batch;
	struct tt_copier *copier; /* into it */
};

static bool is_open(int64_t bound_us)
{
	return bound_us == 0 || bound_us == TT_TIME_ZERO;
}

static bool is_inside(const struct get *g, const struct tt_location *place)
{
	return place->seq <= g->max_seq && place->t <= g->until_us;
}

static struct tt_location place_of(const struct tt_block *b, uint32_t row)
{
	return (struct tt_location){b->t[row], tt_block_seq(b, row)};
}

/* Makes the record in a row; false if it is lost. */
static bool make(struct get *g, struct tt_dict *dict, const struct tt_block *b, uint32_t row)
{
	struct tt_record *record = tt_batch_add_event(g->batch, TT_CHANGE_ADDED);

	if (tt_dict_record(dict, g->r->store, b, row, record, g->copier))
		return true;
	g->batch->n--;
	return false;
}

/* --- the tail --- */

/* Looks from the end for a record that is in no block yet. */
static bool find_in_blob(struct get *g, const struct tt_reader_tail *t)
{
	const struct tt_known *known = tt_known_of_tail(t->tail, g->r->store->identity_seed);
	const struct tt_block *b = t->tail->block;
	struct tt_dict dict;

	for (uint32_t i = b->n; i-- > 0 && tt_block_seq(b, i) > g->r->sealed_end;) {
		const struct tt_location place = place_of(b, i);

		if (known[i].hash != g->hash || !is_inside(g, &place))
			continue;
		tt_dict_of_tail(&dict, t->tail);
		bool made = make(g, &dict, b, i);

		tt_dict_release(&dict);
		return made;
	}
	return false;
}

static bool find_in_tail(struct get *g)
{
	for (size_t i = g->r->tail.n; i-- > 0;) {
		const struct tt_reader_tail *t = &g->r->tail.items[i];

		if (t->item != NULL && t->tail->block->recorded[t->n - 1] >= g->hidden_before_us &&
			find_in_blob(g, t))
			return true;
	}
	return false;
}

/* --- from its beginning --- */

/* The block in which the event began: its observations there. */
struct early {
	struct tt_str object;
	uint64_t suffix; /* of its name: when it began, ns */
	struct tt_cached *item;
	const struct tt_block *rows; /* these, and of others with this suffix */
	uint32_t newest;             /* row of the newest inside the range */
	uint64_t last;               /* seq of the last, in it or not */
};

/* Whether the name says when the event began. */
static bool split_name(struct tt_str name, struct early *ret)
{
	const char *dot = name.len > 0 ? memrchr(name.data, '.', name.len) : NULL;

	if (dot == NULL)
		return false;
	ret->object = (struct tt_str){name.data, (size_t)(dot - name.data)};
	return tt_row_name_suffix(name, ret->object, &ret->suffix);
}

/* Rows whose names end alike but for whole seconds, and what follows them. */
static uint32_t choose_suffix(void *arg, const struct tt_block *b, uint32_t *rows)
{
	const struct early *e = arg;
	bool *marks = tt_calloc(b->n, sizeof(*marks));
	uint32_t n = 0;

	tt_block_mark_nanos(b, (uint32_t)(e->suffix % TT_NS_PER_S), marks);
	for (uint32_t i = 0; i < b->n; i++) {
		marks[i] |= b->pred[i] >= b->first_seq && marks[b->pred[i] - b->first_seq];
		if (marks[i])
			rows[n++] = i;
	}
	tt_free(marks);
	return n;
}

/* Whether the block may hold the event: 1, 0, negative. */
static int block_may_hold(
	struct get *g, const struct tt_block_info *info, const struct early *e, struct tt_err *err)
{
	sqlite3_stmt *stmt = g->r->sql[TT_READ_FILTERS];

	if (info->id > g->r->sealed_end || info->id > g->max_seq ||
		info->recorded_max < g->hidden_before_us ||
		(info->zone.clusters >> g->cluster % 64 & 1) == 0)
		return 0;
	(void)sqlite3_bind_int64(stmt, 1, (int64_t)info->id);
	(void)sqlite3_bind_int64(stmt, 2, (int64_t)info->id);
	int rc = tt_db_step(stmt, err);

	if (rc >= 0)
		rc = rc == 0 || tt_filter_may_have(tt_db_column(stmt, 1), tt_object_key(e->object));
	(void)sqlite3_reset(stmt);
	return rc;
}

static bool find_rows(struct get *g, struct early *e)
{
	struct tt_known *known = tt_known_new(&g->r->dict, e->rows, g->r->store->identity_seed);
	bool found = false;

	for (uint32_t i = 0; i < e->rows->n; i++) {
		const struct tt_location place = place_of(e->rows, i);

		if (known[i].hash != g->hash)
			continue;
		e->last = place.seq;
		if (is_inside(g, &place)) {
			e->newest = i;
			found = true;
		}
	}
	tt_free(known);
	return found;
}

/* 1 if `e` is found in the block, else 0, negative. */
static int find_in_block(
	struct get *g, const struct tt_block_info *info, struct early *e, struct tt_err *err)
{
	const struct tt_choice choice = {
		.hash = tt_hash(&e->suffix, sizeof(e->suffix), SUFFIX_SEED),
		.columns = 1u << TT_COLUMN_NANOS | 1u << TT_COLUMN_PRED,
		.choose = choose_suffix,
		.arg = e};
	int rc = block_may_hold(g, info, e, err);

	if (rc <= 0)
		return rc;
	rc = tt_reader_excerpt(g->r, info, &choice, &e->item, &e->rows, err);
	if (rc == 0)
		tt_reader_note_damage(g->r, info);
	if (rc <= 0)
		return rc;
	if (e->rows != NULL && find_rows(g, e))
		return 1;
	tt_cache_done(g->r->store->cache, e->item, 0);
	e->item = NULL;
	return 0;
}

/* The same, in any block of about that time. */
static int find_early(struct get *g, struct early *e, struct tt_err *err)
{
	struct tt_reader *r = g->r;
	int64_t began_us = (int64_t)(e->suffix / TT_NS_PER_US), since_us = began_us - EARLY_US;
	int64_t until_us = began_us + LATE_US < g->until_us ? began_us + LATE_US : g->until_us;
	uint64_t id = 0;
	int rc;

	while ((rc = tt_reader_epoch_after(r, id, since_us, until_us, err)) > 0 &&
		r->epoch.first_block <= g->max_seq) {
		id = r->epoch.id;
		for (size_t i = 0; i < r->blocks.n; i++) {
			const struct tt_block_info *info = &r->blocks.items[i];

			rc = info->t_max >= since_us && info->t_min <= until_us
				     ? find_in_block(g, info, e, err)
				     : 0;
			if (rc != 0)
				return rc;
		}
	}
	return rc < 0 ? rc : 0;
}

/* Exchanges `*newest` for the newest of the observations that follow record `last` of a block and
 * are inside the range. 1, 0 if a block of them is lost, negative. */
static int follow(struct get *g, uint64_t last, struct tt_location *newest, struct tt_err *err)
{
	struct tt_location next = {.seq = last};
	int rc = tt_reader_successor_behind(g->r, &next, err);

	while (rc > 0 && next.seq != 0) {
		if (is_inside(g, &next))
			*newest = next;
		rc = tt_reader_successor(g->r, &next, err);
	}
	return rc;
}

/* Makes the record at a place in a block. */
static int make_at(struct get *g, struct tt_location place, struct tt_err *err)
{
	struct tt_view_search v;

	tt_view_search_init(&v, g->r, NULL);
	v.copier = g->copier;
	tt_view_search_keep(&v, place);
	int rc = tt_view_make_records(&v, g->batch, err);

	tt_view_search_release(&v);
	return rc;
}

static int search_from_its_beginning(struct get *g, struct tt_err *err)
{
	struct early e = {0};
	int rc = split_name(g->name->name, &e) ? find_early(g, &e, err) : 0;

	if (rc <= 0)
		return rc;
	struct tt_location found = place_of(e.rows, e.newest), newest = found;

	rc = follow(g, e.last, &newest, err);
	if (rc > 0 && newest.seq != found.seq)
		rc = make_at(g, newest, err);
	else if (rc > 0 && (rc = tt_reader_epoch_of(g->r, found.seq, err)) > 0)
		(void)make(g, &g->r->dict, e.rows, e.newest);
	tt_cache_done(g->r->store->cache, e.item, 0);
	return rc < 0 ? rc : 0;
}

/* --- everywhere --- */

/* The search goes down from the end, so that the first one found is the newest. */
static void take_first(
	struct tt_view_search *v, struct tt_dict *dict, const struct tt_block *b, uint32_t i)
{
	(void)dict;
	tt_view_search_keep(v, place_of(b, i));
	v->since_us = INT64_MAX; /* nothing more is wanted */
}

static int search_down(struct get *g, int64_t not_before_us, struct tt_err *err)
{
	struct tt_field_term term = {.label = TT_LABEL_METADATA_NAME, .value = g->name->name};
	struct tt_fieldselector selector = {&term, 1};
	struct tt_filter filter = {.cluster = g->name->cluster,
		.namespace = g->name->namespace,
		.selector = &selector,
		.until_us = g->until_us};
	struct tt_view_search v;

	tt_view_search_init(&v, g->r, &filter);
	v.copier = g->copier;
	v.observations = v.match.deleted = true;
	v.since_us = not_before_us; /* what has left the window hides the older ones */
	v.take = take_first;
	int rc = tt_view_search_run(&v, g->max_seq, err);

	if (rc == 0)
		rc = tt_view_make_records(&v, g->batch, err);
	tt_view_search_release(&v);
	return rc;
}

static int search(struct get *g, int64_t not_before_us, struct tt_err *err)
{
	int rc = tt_reader_take_state(g->r, err);

	if (rc == 0 && !find_in_tail(g))
		rc = search_from_its_beginning(g, err);
	tt_reader_drop_state(g->r);
	return rc == 0 && g->batch->n == 0 ? search_down(g, not_before_us, err) : rc;
}

int tt_reader_find_newest(struct tt_reader *r, const struct tt_identity_name *identity,
	const struct tt_range *range, int64_t not_before_us, struct tt_batch **ret,
	struct tt_err *err)
{
	const struct tt_cluster_entry *cluster = tt_store_cluster(r->store, identity->cluster);

	if (cluster == NULL)
		return 0;
	struct tt_copier copier;
	struct get g = {.r = r,
		.name = identity,
		.cluster = cluster->id,
		.hash = tt_identity_hash(
			r->store->identity_seed, cluster->id, identity->namespace, identity->name),
		.max_seq = range->max_seq != 0 ? range->max_seq : UINT64_MAX,
		.until_us = is_open(range->until_us) ? INT64_MAX : range->until_us,
		.hidden_before_us = tt_store_hidden_before(r->store),
		.batch = tt_batch_new(identity->cluster),
		.copier = &copier};

	tt_copier_init(&copier, &g.batch->arena);
	int rc = search(&g, not_before_us, err);

	if (rc >= 0 && g.batch->n > 0 &&
		(is_open(range->since_us) || g.batch->records[0].time_us >= range->since_us)) {
		*ret = g.batch;
		return 1;
	}
	tt_batch_unref(g.batch);
	return rc < 0 ? rc : 0;
}

static int fail_absent(const struct tt_identity_name *identity, struct tt_err *err)
{
	return tt_fail(err, TT_ENOTFOUND, "there is no event \"%.*s\" in namespace \"%.*s\"",
		TT_STR_ARG(identity->name), TT_STR_ARG(identity->namespace));
}

int tt_reader_get(struct tt_reader *r, const struct tt_identity_name *identity,
	const struct tt_range *range, struct tt_batch **ret, struct tt_err *err)
{
	int rc = tt_reader_find_newest(r, identity, range, INT64_MIN, ret, err);

	if (rc > 0 && (*ret)->records[0].change != TT_CHANGE_DELETED)
		return 0;
	if (rc > 0)
		tt_batch_unref(*ret);
	*ret = NULL;
	return rc < 0 ? rc : fail_absent(identity, err);
}

int tt_reader_newest(struct tt_reader *r, struct tt_str cluster, struct tt_str namespace,
	struct tt_str name, struct tt_batch **ret, struct tt_err *err)
{
	struct tt_identity_name identity = {cluster, namespace, name};
	int rc = tt_reader_find_newest(r, &identity, &(struct tt_range){0}, INT64_MIN, ret, err);

	if (rc > 0)
		return 0;
	*ret = NULL;
	return rc < 0 ? rc : fail_absent(&identity, err);
}
