/* SPDX-License-Identifier: Apache-2.0 */
/* One event by its name: the newest observation of its identity inside a range.
 *
 * What is not in the tail is sought where it began, since recorders write that into the name, and
 * followed from there by the links; going through all newer blocks about the same object comes
 * last. */
#include "base/clock.h"
#include "store/view_search.h"

static const int64_t EARLY_US = 2 * TT_US_PER_S; /* clocks differ */
static const int64_t LATE_US = 120 * TT_US_PER_S;

/* What is sought. */
struct get {
	struct tt_reader *r;
	const struct tt_range *range;
	int64_t not_before_us;
	struct tt_filter filter;
	struct tt_batch *batch;
	struct tt_copier copier;
};

static void search_init(struct get *g, struct tt_view_search *v)
{
	tt_view_search_init(v, g->r, &g->filter);
	v->copier = &g->copier;
	v->observations = v->match.deleted = true;
}

/* The search goes down from the end, so that the first one found is the newest. */
static void take_first(
	struct tt_view_search *v, struct tt_dict *dict, const struct tt_block *b, uint32_t i)
{
	(void)dict;
	tt_view_search_keep(v, (struct tt_location){b->t[i], tt_block_seq(b, i)});
	v->since_us = INT64_MAX; /* nothing more is wanted */
}

static int search_down(struct get *g, bool tail_only, struct tt_err *err)
{
	struct tt_view_search v;

	search_init(g, &v);
	v.since_us = g->not_before_us; /* what has left the window hides the older ones */
	v.take = take_first;
	v.tail_only = tail_only;
	int rc = tt_view_search_run(&v, g->range->max_seq, err);

	if (rc == 0)
		rc = tt_view_make_records(&v, g->batch, err);
	tt_view_search_release(&v);
	return rc;
}

/* When an event began, by its name; false if that does not say. */
static bool began_at(struct tt_str name, uint64_t *ret_ns)
{
	const char *dot = name.len > 0 ? memrchr(name.data, '.', name.len) : NULL;

	return dot != NULL &&
	       tt_row_name_suffix(
		       name, (struct tt_str){name.data, (size_t)(dot - name.data)}, ret_ns);
}

/* An observation near the beginning. 1, 0, negative. */
static int find_early(struct get *g, uint64_t began_ns, struct tt_location *ret, struct tt_err *err)
{
	int64_t began_us = (int64_t)(began_ns / TT_NS_PER_US);
	struct tt_view_search v;

	search_init(g, &v);
	v.oldest = true;
	v.limit = 1;
	v.suffix = began_ns;
	v.match.odd_names = false; /* such have no suffix */
	v.match.exact = true;      /* object and suffix make the name */
	v.since_us = began_us - EARLY_US;
	if (v.shown_until_us > began_us + LATE_US)
		v.shown_until_us = began_us + LATE_US;
	int rc = tt_view_search_run(&v, g->range->max_seq, err);

	if (rc == 0 && v.found.n > 0) {
		*ret = v.found.items[0];
		rc = 1;
	}
	tt_view_search_release(&v);
	return rc;
}

/* The last of the observations that follow `*place` and are inside the range. The state of the log
 * is taken. 1, 0 if a block of them is lost, negative. */
static int follow(struct get *g, struct tt_location *place, struct tt_err *err)
{
	const struct tt_range *range = g->range;
	struct tt_location next = *place;
	bool open = range->until_us == 0 || range->until_us == TT_TIME_ZERO;
	int rc;

	while ((rc = tt_reader_successor(g->r, &next, err)) > 0 && next.seq != 0)
		if ((range->max_seq == 0 || next.seq <= range->max_seq) &&
			(open || next.t <= range->until_us))
			*place = next;
	return rc;
}

/* 1 if that has answered, 0 if all must be searched, negative. */
static int search_from_its_beginning(struct get *g, struct tt_str name, struct tt_err *err)
{
	struct tt_location place = {0};
	struct tt_view_search v;
	uint64_t began_ns;
	int rc;

	if (!began_at(name, &began_ns) || (rc = find_early(g, began_ns, &place, err)) == 0)
		return 0;
	if (rc < 0)
		return rc;
	search_init(g, &v);
	rc = tt_reader_take_state(g->r, err);
	if (rc == 0)
		rc = follow(g, &place, err);
	if (rc > 0) {
		tt_view_search_keep(&v, place);
		rc = tt_view_make_records(&v, g->batch, err);
		rc = rc < 0 ? rc : 1;
	}
	tt_view_search_release(&v);
	return rc;
}

int tt_reader_find_newest(struct tt_reader *r, const struct tt_identity_name *identity,
	const struct tt_range *range, int64_t not_before_us, struct tt_batch **ret,
	struct tt_err *err)
{
	struct tt_field_term term = {.label = TT_LABEL_METADATA_NAME, .value = identity->name};
	struct tt_fieldselector selector = {&term, 1};
	struct get g = {.r = r,
		.range = range,
		.not_before_us = not_before_us,
		.filter = {.cluster = identity->cluster,
			.namespace = identity->namespace,
			.selector = &selector,
			.since_us = range->since_us,
			.until_us = range->until_us},
		.batch = tt_batch_new(identity->cluster)};

	tt_copier_init(&g.copier, &g.batch->arena);
	int rc = search_down(&g, true, err);

	if (rc == 0 && g.batch->n == 0)
		rc = search_from_its_beginning(&g, identity->name, err);
	if (rc == 0 && g.batch->n == 0)
		rc = search_down(&g, false, err);
	bool since = range->since_us != 0 && range->since_us != TT_TIME_ZERO;

	if (rc >= 0 && g.batch->n > 0 &&
		!(since && g.batch->records[0].time_us < range->since_us)) {
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
