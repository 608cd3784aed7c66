/* SPDX-License-Identifier: Apache-2.0 */
#include "serve/notices.h"

#include <stdlib.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/timestamp.h"
#include "event/duration.h"
#include "store/reader.h"
#include "store/store.h"

enum {
	SENTENCES_MAX = 16,
	GAPS_SAID = 3,
	CLUSTERS_SAID = 5,
	LOOKED_AT_MAX = 200000, /* records, for a sentence about an empty answer: 15 ms of CPU */
};

static const char *time_text(int64_t us, struct tt_arena *arena)
{
	char text[TT_TIME_SIZE];

	tt_time_format(us, TT_TIME_SECONDS, text);
	return tt_str_cstr(arena, tt_str_from(text));
}

static void say(struct tt_notices *n, struct tt_str sentence)
{
	if (n->n < SENTENCES_MAX)
		n->sentences[n->n++] = sentence;
}

/* "production: " where several clusters could be meant. */
static struct tt_str speak_of(
	struct tt_str cluster, const struct tt_filter *f, struct tt_arena *arena)
{
	if (f->cluster.len > 0 || cluster.len == 0)
		return TT_STR("");
	return tt_str_printf(arena, "cluster %.*s: ", TT_STR_ARG(cluster));
}

static bool covers(const struct tt_gap *gap, struct tt_str namespace)
{
	if (namespace.len == 0 || gap->n_namespaces == 0)
		return true;
	for (uint32_t i = 0; i < gap->n_namespaces; i++)
		if (tt_str_eq(gap->namespaces[i], namespace))
			return true;
	return false;
}

/* Whether retention made the gap, not a collector: those of collectors have an epoch. */
static bool is_dropped(const struct tt_gap *gap)
{
	return gap->epoch == 0 && tt_str_ends(gap->reason, TT_STR("are no longer kept"));
}

/* Why an event was refused quotes from it. If its namespace could not be read, readers of a single
 * one are not told the rest: it may be of another. */
static struct tt_str reason_for(const struct tt_gap *gap, const struct tt_filter *f)
{
	struct tt_str rest = gap->reason;

	if (gap->from_us == gap->to_us && gap->n_namespaces == 0 && f->namespace.len > 0)
		return tt_str_split(&rest, ':');
	return gap->reason;
}

/* A first gap says since when there is a history; the others what may be missing. */
static void say_gap(struct tt_notices *n, const struct tt_record *r, const struct tt_filter *f,
	struct tt_arena *arena)
{
	const struct tt_gap *gap = &r->gap;
	struct tt_str who = speak_of(r->cluster, f, arena);
	const char *to = time_text(gap->to_us, arena);

	if (is_dropped(gap))
		say(n, tt_str_printf(arena, "records before %s are no longer kept", to));
	else if (gap->from_us == TT_TIME_ZERO && gap->epoch == 0)
		say(n, tt_str_printf(arena, "%.*sevents before %s may be missing: %.*s",
			       TT_STR_ARG(who), to, TT_STR_ARG(gap->reason)));
	else if (gap->from_us == TT_TIME_ZERO)
		say(n, tt_str_printf(arena, "%.*scollecting only since %s", TT_STR_ARG(who), to));
	else
		say(n, tt_str_printf(arena, "%.*sevents between %s and %s may be missing: %.*s",
			       TT_STR_ARG(who), time_text(gap->from_us, arena), to,
			       TT_STR_ARG(reason_for(gap, f))));
}

static int say_gaps(struct tt_notices *n, struct tt_reader *reader, const struct tt_filter *f,
	struct tt_arena *arena, struct tt_err *err)
{
	struct tt_batch *gaps = NULL;
	size_t loud = 0;
	int rc = tt_reader_gaps(reader, f->cluster, f->since_us, f->until_us, &gaps, err);

	if (rc != 0)
		return rc;
	for (size_t i = gaps->n; i-- > 0;) {
		const struct tt_gap *gap = &gaps->records[i].gap;

		if (gap->lost != TT_LOST_EVENTS || !covers(gap, f->namespace))
			continue;
		if (++loud <= GAPS_SAID)
			say_gap(n, &gaps->records[i], f, arena);
	}
	if (loud > GAPS_SAID)
		say(n, tt_str_printf(arena, "%zu more gaps: see telltale log", loud - GAPS_SAID));
	tt_batch_unref(gaps);
	return 0;
}

/* Whether an open gap has to do with what is asked for: a watch of another namespace has not. */
static bool concerns(const struct tt_open_gap *open, const struct tt_filter *f)
{
	return (f->cluster.len == 0 || tt_str_eq(f->cluster, open->cluster)) &&
	       (f->namespace.len == 0 || open->namespace.len == 0 ||
		       tt_str_eq(f->namespace, open->namespace));
}

static void say_open_gaps(
	struct tt_notices *n, const struct tt_notices_about *about, struct tt_arena *arena)
{
	for (size_t i = 0; i < about->n_open; i++) {
		const struct tt_open_gap *open = &about->open[i];
		char age[TT_AGE_SIZE];

		if (!concerns(open, about->filter))
			continue;
		struct tt_str who = speak_of(open->cluster, about->filter, arena);

		if (open->since_us == TT_TIME_ZERO) {
			say(n, tt_str_printf(arena, "%.*snot connected yet: %.*s", TT_STR_ARG(who),
				       TT_STR_ARG(open->problem)));
			continue;
		}
		tt_age_format(open->since_us, about->now_us, age);
		say(n, tt_str_printf(arena, "%.*sdisconnected for %s: %.*s", TT_STR_ARG(who), age,
			       TT_STR_ARG(open->problem)));
	}
}

/* Of what was counted in part. */
static const char *at_least(const struct tt_event_counts *counts)
{
	return counts->partial ? "at least " : "";
}

/* "big 130,000, lab 12", most first. */
static void put_clusters(struct tt_buf *to, const struct tt_event_counts *counts)
{
	for (size_t i = 0; i < counts->n && i < CLUSTERS_SAID; i++) {
		tt_buf_printf(to, "%s%.*s ", i > 0 ? ", " : "", TT_STR_ARG(counts->items[i].name));
		tt_buf_grouped(to, counts->items[i].events);
	}
	if (counts->n > CLUSTERS_SAID)
		tt_buf_printf(to, " and %zu more", counts->n - CLUSTERS_SAID);
}

/* Appends which other clusters have what is asked for, in any namespace: "; others have: ...";
 * the one that is asked for has nothing. */
static int put_others(struct tt_buf *to, struct tt_reader *reader,
	const struct tt_notices_about *about, struct tt_arena *arena, struct tt_err *err)
{
	struct tt_filter filter = *about->filter;
	const struct tt_view view = {.filter = &filter, .max_records = LOOKED_AT_MAX};
	struct tt_event_counts counts;

	if (about->reach != TT_REACH_LOG)
		return 0;
	filter.namespace = TT_STR("");
	int rc = tt_reader_count_clusters(reader, &view, &counts, arena, err);

	if (rc == 0 && counts.n > 0) {
		tt_buf_printf(to, "; others have%s: ", counts.partial ? " at least" : "");
		put_clusters(to, &counts);
	}
	return rc;
}

/* The newest event of the cluster at all, where that lies before what was asked for. */
static void say_newest(struct tt_notices *n, const struct tt_notices_about *about,
	const struct tt_cluster_status *c, struct tt_arena *arena)
{
	char age[TT_AGE_SIZE];

	tt_age_format(c->last_event_us, about->now_us, age);
	say(n, tt_str_printf(arena, "the newest event of cluster %.*s is of %s, %s ago",
		       TT_STR_ARG(c->name), time_text(c->last_event_us, arena), age));
}

/* That the cluster has nothing, if that says more than the answer, and which others have. */
static int say_cluster(struct tt_notices *n, struct tt_reader *reader,
	const struct tt_notices_about *about, const struct tt_cluster_status *own,
	struct tt_arena *arena, struct tt_err *err)
{
	struct tt_buf others;
	int rc;

	if (own->events > 0 && own->last_event_us < about->filter->since_us) {
		say_newest(n, about, own, arena);
		return 0;
	}
	tt_buf_init(&others, 4096);
	rc = put_others(&others, reader, about, arena, err);
	if (own->events == 0 || others.len > 0)
		say(n, tt_str_printf(arena, "cluster %.*s has no %sevents%.*s",
			       TT_STR_ARG(own->name), own->events > 0 ? "such " : "",
			       TT_STR_ARG(tt_buf_view(&others))));
	tt_buf_release(&others);
	return rc;
}

/* Where in the log there are events at all. */
static int say_clusters(struct tt_notices *n, struct tt_reader *reader,
	const struct tt_notices_about *about, struct tt_arena *arena, struct tt_err *err)
{
	struct tt_str cluster = about->filter->cluster;
	struct tt_cluster_status own = {.name = cluster, .last_event_us = TT_TIME_ZERO};
	struct tt_store_status status;
	uint64_t events = 0;
	int rc = tt_store_status(tt_reader_store(reader), &status, arena, err);

	if (rc != 0)
		return rc;
	for (size_t i = 0; i < status.n_clusters; i++) {
		events += status.clusters[i].events;
		if (tt_str_eq(status.clusters[i].name, cluster))
			own = status.clusters[i];
	}
	if (cluster.len > 0)
		return say_cluster(n, reader, about, &own, arena, err);
	if (events == 0)
		say(n, TT_STR("the log has no events yet"));
	return 0;
}

/* A duration that reaches back from `now_us` behind `then_us`. */
static struct tt_str reach(int64_t then_us, int64_t now_us, struct tt_arena *arena)
{
	static const struct {
		int64_t seconds, up_to;
		char unit;
	} units[] = {{60, 120, 'm'}, {3600, 48, 'h'}, {86400, 0, 'd'}};
	int64_t seconds = (now_us - then_us) / TT_US_PER_S + 1;
	size_t i = 0;

	while (i < 2 && seconds > units[i].seconds * units[i].up_to)
		i++;
	long long n = seconds / units[i].seconds + 1;

	return tt_str_printf(arena, "%lld%c", n, units[i].unit);
}

/* The newest event that passes but for its time, if it lies before the window. */
static int say_older(struct tt_notices *n, struct tt_reader *reader,
	const struct tt_notices_about *about, struct tt_arena *arena, struct tt_err *err)
{
	struct tt_filter before = *about->filter;
	const struct tt_view view = {.filter = &before, .limit = 1, .max_records = LOOKED_AT_MAX};
	struct tt_locations places;
	char age[TT_AGE_SIZE];

	if (before.since_us == TT_TIME_ZERO || before.since_us == 0)
		return 0;
	before.until_us = before.since_us;
	before.since_us = about->floor_us;
	int rc = tt_reader_find(reader, &view, &places, err);

	if (rc != 0)
		return rc;
	if (places.n > 0) {
		int64_t t = places.items[0].t;
		const char *since = about->since;

		tt_age_format(t, about->now_us, age);
		say(n, tt_str_printf(arena,
			       "older ones are there: the newest is of %s, %s ago%s%s%.*s%s",
			       time_text(t, arena), age, since != NULL ? "; " : "",
			       since != NULL ? since : "",
			       TT_STR_ARG(
				       since != NULL ? reach(t, about->now_us, arena) : TT_STR("")),
			       since != NULL ? " shows it" : ""));
	}
	tt_free(places.items);
	return 0;
}

/* "3 in namespace shop", "1,204 in 17 other namespaces, most in shop". */
static void put_namespaces(struct tt_buf *to, const struct tt_event_counts *counts)
{
	tt_buf_text(to, at_least(counts));
	tt_buf_grouped(to, counts->events);
	if (counts->n == 1)
		tt_buf_printf(to, " in namespace %.*s", TT_STR_ARG(counts->items[0].name));
	else
		tt_buf_printf(to, " in %zu other namespaces, most in %.*s", counts->n,
			TT_STR_ARG(counts->items[0].name));
}

/* Where in the cluster there are such events, else in which clusters. */
static int say_elsewhere(struct tt_notices *n, struct tt_reader *reader,
	const struct tt_notices_about *about, struct tt_arena *arena, struct tt_err *err)
{
	const struct tt_view view = {.filter = about->filter, .max_records = LOOKED_AT_MAX};
	struct tt_event_counts counts = {0};
	bool is_older = n->n > 0;
	struct tt_buf where;
	int rc = 0;

	if (about->filter->namespace.len > 0)
		rc = tt_reader_count_namespaces(reader, &view, &counts, arena, err);
	if (rc != 0)
		return rc;
	if (counts.n == 0)
		return is_older ? 0 : say_clusters(n, reader, about, arena, err);
	tt_buf_init(&where, 1024);
	put_namespaces(&where, &counts);
	say(n, tt_str_printf(arena, "%s%.*s",
		       is_older ? "since then only elsewhere: " : "nothing here, but ",
		       TT_STR_ARG(tt_buf_view(&where))));
	tt_buf_release(&where);
	return 0;
}

int tt_notices_make(struct tt_notices *ret, struct tt_reader *reader,
	const struct tt_notices_about *about, struct tt_arena *arena, struct tt_err *err)
{
	const struct tt_filter *filter = about->filter;
	int rc = 0;

	ret->sentences = tt_arena_new(arena, struct tt_str, SENTENCES_MAX);
	ret->n = 0;
	if (about->n_events == 0)
		rc = say_older(ret, reader, about, arena, err);
	if (rc == 0 && about->n_events == 0 && about->reach != TT_REACH_NAMESPACE)
		rc = say_elsewhere(ret, reader, about, arena, err);
	if (rc == 0)
		rc = say_gaps(ret, reader, filter, arena, err);
	if (rc == 0)
		say_open_gaps(ret, about, arena);
	return rc;
}
