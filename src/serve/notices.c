/* SPDX-License-Identifier: Apache-2.0 */
#include "serve/notices.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/timestamp.h"
#include "event/duration.h"
#include "store/reader.h"

enum { SENTENCES_MAX = 16, GAPS_SAID = 3 };

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
	if (f->cluster.len > 0)
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

/* A first gap says since when there is a history; the others what may be missing. */
static void say_gap(struct tt_notices *n, const struct tt_record *r, const struct tt_filter *f,
	struct tt_arena *arena)
{
	const struct tt_gap *gap = &r->gap;
	struct tt_str who = speak_of(r->cluster, f, arena);

	if (gap->from_us == TT_TIME_ZERO)
		say(n, tt_str_printf(arena, "%.*scollecting only since %s", TT_STR_ARG(who),
			       time_text(gap->to_us, arena)));
	else
		say(n, tt_str_printf(arena, "%.*sevents between %s and %s may be missing: %.*s",
			       TT_STR_ARG(who), time_text(gap->from_us, arena),
			       time_text(gap->to_us, arena), TT_STR_ARG(gap->reason)));
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

static void say_open_gaps(
	struct tt_notices *n, const struct tt_notices_about *about, struct tt_arena *arena)
{
	for (size_t i = 0; i < about->n_open; i++) {
		const struct tt_open_gap *open = &about->open[i];
		char age[TT_AGE_SIZE];

		if (about->filter->cluster.len > 0 &&
			!tt_str_eq(about->filter->cluster, open->cluster))
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

static int say_elsewhere(struct tt_notices *n, struct tt_reader *reader, const struct tt_filter *f,
	struct tt_arena *arena, struct tt_err *err)
{
	struct tt_namespace_count *counts;
	uint64_t events = 0;
	size_t namespaces;
	int rc = tt_reader_count_namespaces(reader, f, &counts, &namespaces, arena, err);

	if (rc != 0)
		return rc;
	for (size_t i = 0; i < namespaces; i++)
		events += counts[i].events;
	if (events > 0)
		say(n, tt_str_printf(arena, "nothing here, but %llu in %zu other %s, most in %.*s",
			       (unsigned long long)events, namespaces,
			       namespaces == 1 ? "namespace" : "namespaces",
			       TT_STR_ARG(counts[0].namespace)));
	return 0;
}

int tt_notices_make(struct tt_notices *ret, struct tt_reader *reader,
	const struct tt_notices_about *about, struct tt_arena *arena, struct tt_err *err)
{
	const struct tt_filter *filter = about->filter;
	int rc = 0;

	ret->sentences = tt_arena_new(arena, struct tt_str, SENTENCES_MAX);
	ret->n = 0;
	if (about->n_events == 0 && filter->namespace.len > 0)
		rc = say_elsewhere(ret, reader, filter, arena, err);
	if (rc == 0)
		rc = say_gaps(ret, reader, filter, arena, err);
	if (rc == 0)
		say_open_gaps(ret, about, arena);
	return rc;
}
