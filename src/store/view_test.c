/* SPDX-License-Identifier: Apache-2.0 */
/* Views against their definition, applied to every record: over tail and blocks, live and past,
 * with all kinds of filters. */
#include <stdio.h>
#include <stdlib.h>

#include "base/map.h"
#include "base/mem.h"
#include "store/identity.h"
#include "store/reader.h"
#include "store/sample_test.h"
#include "store/writer.h"
#include "tap/tap.h"

static const int64_t START = 1790000000000000;

enum { SECOND = 1000000, EVENTS = 45000, FORGETFUL = 18000, COMMIT = 900 };

static struct world {
	char *dir;
	struct sample_clock clock;
	struct tt_store *store;
	struct tt_reader *reader;
	struct tt_batch *batches[EVENTS / COMMIT];
	const struct tt_record *records[EVENTS + 1]; /* by seq */
	uint64_t successor[EVENTS + 1], predecessor[EVENTS + 1];
	uint64_t events, head;
	struct tt_rand rand;
} w;

static int64_t time_of(uint64_t i)
{
	return START + (int64_t)i * SECOND;
}

/* Some events reach the log late. */
static int64_t late_by(uint64_t i)
{
	return i % 20 == 7 ? (int64_t)(i * 7919 % 9000) * SECOND : 0;
}

static int64_t created(uint64_t i)
{
	return time_of(i) - late_by(i);
}

/* A new event, a repetition of an old one, or the end of one. */
static void add_event(struct tt_batch *b, uint64_t i)
{
	uint64_t back = tt_rand_below(&w.rand, i < 20000 ? i + 1 : 20000);
	uint64_t dice = tt_rand_below(&w.rand, 10);
	uint64_t old = i - back;

	if (dice >= 3) {
		sample_event(b, i, 1, created(i));
		return;
	}
	sample_event(b, old, 2 + (int32_t)(i % 100), time_of(i) - late_by(i));
	if (dice == 0)
		b->records[b->n - 1].change = TT_CHANGE_DELETED;
	b->records[b->n - 1].event.metadata.creation_us = created(old);
}

static void note_records(void)
{
	struct tt_map last = {0};

	for (size_t i = 0; i < w.events / COMMIT; i++)
		for (size_t j = 0; j < w.batches[i]->n; j++)
			w.records[w.batches[i]->records[j].seq] = &w.batches[i]->records[j];
	for (uint64_t seq = 1; seq <= w.head; seq++) {
		const struct tt_record *r = w.records[seq];
		uint64_t *before = tt_map_put(&last,
			tt_identity_hash(1, tt_str_is(r->cluster, "edge"),
				r->event.metadata.namespace, r->event.metadata.name),
			NULL);

		if (*before != 0)
			w.successor[*before] = seq;
		w.predecessor[seq] = *before;
		*before = seq;
	}
	tt_map_release(&last);
}

/* `identities`: places beyond which the writer forgets them, 0 for the usual number. */
static void open_store(size_t identities)
{
	w.store = sample_open(w.dir, &w.clock.clock);
	if (identities > 0)
		w.store->writer->identities.max_slots = identities;
}

static void world_begin(uint64_t events, size_t identities)
{
	w = (struct world){.events = events};
	tt_rand_init(&w.rand, 11);
	w.dir = sample_dir_new();
	sample_clock_init(&w.clock, START);
	open_store(identities);
	for (uint64_t i = 0; i < w.events; i += COMMIT) {
		struct tt_batch *b = tt_batch_new(
			i / COMMIT % 5 == 4 ? TT_STR("edge") : TT_STR("prod"));

		for (uint64_t j = 0; j < COMMIT; j++)
			add_event(b, i + j);
		w.clock.us = time_of(i + COMMIT);
		sample_append(w.store, tt_batch_ref(b));
		w.batches[i / COMMIT] = b;
		if (i == w.events / 2 / COMMIT * COMMIT) { /* what is known must be found again */
			tt_store_close(w.store);
			open_store(identities);
		}
	}
	w.head = tt_store_head(w.store);
	tap_int(tt_reader_open(&w.reader, w.store, NULL), 0);
	note_records();
}

static void world_end(void)
{
	tt_reader_close(w.reader);
	tt_store_close(w.store);
	for (size_t i = 0; i < w.events / COMMIT; i++)
		tt_batch_unref(w.batches[i]);
	sample_dir_remove(w.dir);
}

static int compare(const void *a, const void *b)
{
	const struct tt_record *const *x = a, *const *y = b;

	if ((*x)->time_us != (*y)->time_us)
		return (*x)->time_us < (*y)->time_us ? -1 : 1;
	return ((*x)->seq > (*y)->seq) - ((*x)->seq < (*y)->seq);
}

/* The definition. */
static size_t expect(const struct tt_view *v, const struct tt_record **ret)
{
	uint64_t max_seq = v->max_seq > 0 ? v->max_seq : w.head;
	int64_t until = v->filter->until_us != 0 ? v->filter->until_us : INT64_MAX;
	size_t n = 0;

	for (uint64_t seq = 1; seq <= max_seq; seq++) {
		const struct tt_record *r = w.records[seq];
		uint64_t next = w.successor[seq];
		bool superseded = next != 0 && next <= max_seq && w.records[next]->time_us <= until;

		if (r->change != TT_CHANGE_DELETED && (v->observations || !superseded) &&
			tt_filter_matches(v->filter, r))
			ret[n++] = r;
	}
	qsort(ret, n, sizeof(*ret), compare);
	return n;
}

/* The same answer, found and then fetched in pieces of little memory. */
static void check_places(
	const struct tt_view *v, const struct tt_record **wanted, size_t n, const char *what)
{
	struct tt_locations all;
	size_t differences = 0, pieces = 0;

	if (!tap_int(tt_reader_find(w.reader, v, &all, NULL), 0))
		return;
	tap_okf(all.n == n, "%s: %zu places, wanted %zu", what, all.n, n);
	for (size_t at = 0; at < all.n && at < n && pieces < 50; pieces++) {
		struct tt_locations piece = {all.items + at, all.n - at < 400 ? all.n - at : 400};
		struct tt_batch *b;

		if (!tap_int(tt_reader_fetch(w.reader, &piece, 60000, &b, NULL), 0))
			break;
		tap_okf(b->n == piece.n && b->arena.bytes < 62000, "%s: %zu of %zu, %zu bytes",
			what, b->n, piece.n, b->arena.bytes);
		for (size_t i = 0; i < b->n && at + i < n; i++)
			differences += !sample_same(wanted[at + i], &b->records[i]);
		at += piece.n;
		tt_batch_unref(b);
	}
	tap_okf(differences == 0, "%s: %zu records fetched differ", what, differences);
	tt_free(all.items);
}

static void check_view(const struct tt_view *v, const char *what)
{
	const struct tt_record **all = tt_calloc(EVENTS + 1, sizeof(*all)), **wanted = all;
	size_t n = expect(v, all), differences = 0;
	struct tt_view_answer a;
	struct tt_err err = {0};
	bool truncated = v->limit > 0 && n > v->limit;

	if (truncated) {
		wanted += n - v->limit;
		n = v->limit;
	}
	if (tap_okf(tt_reader_view(w.reader, v, &a, &err) == 0, "%s: %s", what, err.msg)) {
		tap_okf(a.batch->n == n, "%s: %zu records, wanted %zu", what, a.batch->n, n);
		for (size_t i = 0; i < n && i < a.batch->n; i++)
			differences += !sample_same(wanted[i], &a.batch->records[i]);
		tap_okf(differences == 0, "%s: %zu records differ", what, differences);
		tap_okf(a.truncated == truncated, "%s: truncated is %d", what, a.truncated);
		tap_okf(a.seq == (v->max_seq > 0 ? v->max_seq : w.head), "%s: seq", what);
		tt_batch_unref(a.batch);
	}
	check_places(v, wanted, n, what);
	tt_free(all);
}

static void live_views_show_the_newest_observation(void)
{
	struct tt_filter everything = {0}, prod = {.cluster = TT_STR("prod")};
	static const size_t limits[] = {0, 1, 100, 5000};

	for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
		check_view(&(struct tt_view){.filter = &everything, .limit = limits[i]}, "all");
		check_view(&(struct tt_view){.filter = &prod, .limit = limits[i]}, "cluster");
		check_view(
			&(struct tt_view){
				.filter = &prod, .limit = limits[i], .observations = true},
			"observations");
	}
}

static void past_views_forget_what_came_later(void)
{
	for (int i = 0; i < 40; i++) {
		struct tt_filter f = {0};
		struct tt_view v = {.filter = &f};

		if (i % 3 != 0)
			v.max_seq = 1 + tt_rand_below(&w.rand, w.head);
		if (i % 3 != 1)
			f.until_us = time_of(tt_rand_below(&w.rand, w.events));
		if (i % 2 == 0 && f.until_us != 0)
			f.since_us = f.until_us - (int64_t)tt_rand_below(&w.rand, 20000) * SECOND;
		v.limit = i % 4 == 0 ? 0 : 1 + tt_rand_below(&w.rand, 3000);
		check_view(&v, "past");
	}
}

/* Page after page, from the oldest on, gives the whole view. */
static void check_pages(struct tt_view v, const char *what)
{
	const struct tt_record **wanted = tt_calloc(EVENTS + 1, sizeof(*wanted));
	size_t n = expect(&v, wanted), at = 0, wrong = 0;
	struct tt_locations page = {.truncated = true};

	while (v.before_us != 0 && n > 0 && wanted[n - 1]->time_us >= v.before_us)
		n--;
	for (v.oldest = true; page.truncated; at += page.n) {
		if (!tap_okf(tt_reader_find(w.reader, &v, &page, NULL) == 0, "%s", what))
			break;
		for (size_t i = 0; i < page.n; i++)
			wrong += at + i >= n || page.items[i].seq != wanted[at + i]->seq;
		if (page.n > 0)
			v.after = page.items[page.n - 1];
		tt_free(page.items);
		if (!tap_okf(!page.truncated || page.n == v.limit, "%s: page of %zu", what, page.n))
			break;
	}
	tap_okf(at == n && wrong == 0, "%s: %zu of %zu, %zu wrong", what, at, n, wrong);
	tt_free(wanted);
}

static void pages_from_the_oldest_on_make_the_whole_view(void)
{
	struct tt_str warning = TT_STR("Warning");

	for (int i = 0; i < 30; i++) {
		struct tt_filter f = {0};
		struct tt_view v = {.filter = &f, .limit = 50 + tt_rand_below(&w.rand, 4000)};

		if (i % 3 != 0)
			v.max_seq = 1 + tt_rand_below(&w.rand, w.head);
		if (i % 3 != 1)
			f.until_us = time_of(tt_rand_below(&w.rand, w.events));
		if (i % 2 == 0 && f.until_us != 0)
			f.since_us = f.until_us - (int64_t)tt_rand_below(&w.rand, 20000) * SECOND;
		if (i % 4 == 1)
			v.before_us = time_of(tt_rand_below(&w.rand, w.events));
		if (i % 5 == 1)
			f.namespace = TT_STR("ns-3");
		if (i % 5 == 2) {
			f.types = &warning;
			f.n_types = 1;
		}
		check_pages(v, "pages");
	}
}

static void filters_choose_events(void)
{
	struct tt_str warning = TT_STR("Warning"), backoff = TT_STR("BackOff"),
		      two[] = {TT_STR("Nothing"), TT_STR("Pulled")};
	const struct tt_filter filters[] = {
		{.namespace = TT_STR("ns-3")},
		{.namespace = TT_STR("absent")},
		{.cluster = TT_STR("absent")},
		{.types = &warning, .n_types = 1},
		{.reasons = two, .n_reasons = 2},
		{.reasons = &backoff, .n_reasons = 1, .namespace = TT_STR("ns-1")},
		{.kind = TT_STR("pod")},
		{.kind = TT_STR("Node")},
		{.name = TT_STR("web-77")},
		{.kind = TT_STR("POD"), .name = TT_STR("web-9000"), .cluster = TT_STR("prod")},
		{.name = TT_STR("web-99999")},
		{.grep = TT_STR("in pod web-12")},
		{.grep = TT_STR("already present"), .namespace = TT_STR("ns-6")},
		{.grep = TT_STR("no such text")},
		{.grep = TT_STR("x")},
		{.since_us = START + 30000 * (int64_t)SECOND, .types = &warning, .n_types = 1},
	};

	for (size_t i = 0; i < sizeof(filters) / sizeof(filters[0]); i++) {
		char what[32];

		(void)snprintf(what, sizeof(what), "filter %zu", i);
		check_view(&(struct tt_view){.filter = &filters[i]}, what);
		check_view(&(struct tt_view){.filter = &filters[i], .limit = 50}, what);
		check_view(
			&(struct tt_view){
				.filter = &filters[i], .limit = 20, .max_seq = w.head / 2},
			what);
	}
}

static void field_selectors_choose_events(void)
{
	static const char *const texts[] = {
		"involvedObject.name=web-500",
		"metadata.namespace=ns-2,type!=Normal",
		"metadata.name=absent.17f",
		"involvedObject.kind=pod",
		"reason=BackOff,involvedObject.fieldPath=spec.containers{app}",
		"source=kubelet,metadata.namespace=ns-2",
	};
	struct tt_arena arena = {0};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct tt_fieldselector selector;
		struct tt_filter f = {.selector = &selector};

		tap_int(tt_fieldselector_parse(
				&selector, TT_GROUP_CORE, tt_str_from(texts[i]), &arena, NULL),
			0);
		check_view(&(struct tt_view){.filter = &f, .limit = 70}, texts[i]);
		check_view(&(struct tt_view){.filter = &f}, texts[i]);
	}
	tt_arena_release(&arena);
}

static void the_newest_observation_is_found_by_name(void)
{
	for (int i = 0; i < 60; i++) {
		uint64_t seq = 1 + tt_rand_below(&w.rand, w.head);
		const struct tt_record *r = w.records[seq];
		struct tt_batch *b;

		while (w.successor[seq] != 0)
			seq = w.successor[seq];
		if (!tap_int(tt_reader_newest(w.reader, r->cluster, r->event.metadata.namespace,
				     r->event.metadata.name, &b, NULL),
			    0))
			continue;
		tap_ok(b->n == 1 && sample_same(&b->records[0], w.records[seq]));
		tt_batch_unref(b);
	}
	struct tt_batch *none;

	tap_int(tt_reader_newest(w.reader, TT_STR("prod"), TT_STR("ns-1"), TT_STR("web-1.0bad"),
			&none, NULL),
		TT_ENOTFOUND);
}

/* What the view of a range shows of an identity, against the definition. */
static void a_range_shows_one_observation_of_an_identity(void)
{
	for (int i = 0; i < 200; i++) {
		const struct tt_record *r = w.records[1 + tt_rand_below(&w.rand, w.head)];
		struct tt_identity_name name = {
			r->cluster, r->event.metadata.namespace, r->event.metadata.name};
		struct tt_range range = {0};
		struct tt_batch *b;

		if (i % 3 != 0)
			range.max_seq = 1 + tt_rand_below(&w.rand, w.head);
		if (i % 3 != 1)
			range.until_us = time_of(tt_rand_below(&w.rand, w.events));
		if (i % 4 == 2)
			range.since_us = time_of(tt_rand_below(&w.rand, w.events));
		const struct tt_record *wanted = NULL;
		uint64_t first = r->seq;

		while (w.predecessor[first] != 0)
			first = w.predecessor[first];
		for (uint64_t seq = first; seq != 0; seq = w.successor[seq]) {
			const struct tt_record *o = w.records[seq];

			if ((range.max_seq == 0 || seq <= range.max_seq) &&
				(range.until_us == 0 || o->time_us <= range.until_us) &&
				(range.since_us == 0 || o->time_us >= range.since_us))
				wanted = o;
		}
		int rc = tt_reader_get(w.reader, &name, &range, &b, NULL);

		if (wanted == NULL || wanted->change == TT_CHANGE_DELETED) {
			tap_int(rc, TT_ENOTFOUND);
		} else if (tap_int(rc, 0)) {
			tap_ok(sample_same(&b->records[0], wanted));
			tap_int(b->records[0].predecessor_seq, w.predecessor[wanted->seq]);
			tt_batch_unref(b);
		}
	}
}

static void records_have_their_times(void)
{
	struct tt_record_times times;

	for (int i = 0; i < 200; i++) {
		uint64_t seq = i < 20 ? w.head - (uint64_t)i : 1 + tt_rand_below(&w.rand, w.head);

		if (tap_int(tt_reader_times(w.reader, seq, &times, NULL), 0))
			tap_ok(times.t == w.records[seq]->time_us &&
				times.recorded_at_us == w.records[seq]->recorded_at_us);
	}
	tap_int(tt_reader_times(w.reader, 0, &times, NULL), TT_EGONE);
	tap_int(tt_reader_times(w.reader, w.head + 1, &times, NULL), TT_EGONE);
}

/* The time of a deletion is when it was recorded, so that a view of an earlier moment shows what
 * was deleted after it. */
static void a_deletion_does_not_reach_into_the_past(void)
{
	enum { DELETED_AT = 3600 };
	char *dir = sample_dir_new();
	struct sample_clock clock;

	sample_clock_init(&clock, START);
	struct tt_store *store = sample_open(dir, &clock.clock);
	struct tt_batch *b = tt_batch_new(TT_STR("prod"));
	struct tt_reader *r;

	sample_event(b, 0, 1, START);
	sample_append(store, b);
	clock.us = START + DELETED_AT * (int64_t)SECOND;
	b = tt_batch_new(TT_STR("prod"));
	sample_event(b, 0, 1, START);
	b->records[0].change = TT_CHANGE_DELETED;
	sample_append(store, b);
	tap_int(tt_reader_open(&r, store, NULL), 0);
	for (int64_t s = 1; s <= 2 * DELETED_AT; s += DELETED_AT - 2) {
		struct tt_filter f = {.until_us = START + s * SECOND};
		struct tt_view_answer a;

		if (tap_int(tt_reader_view(r, &(struct tt_view){.filter = &f}, &a, NULL), 0)) {
			tap_int(a.batch->n, s < DELETED_AT);
			tt_batch_unref(a.batch);
		}
	}
	tt_reader_close(r);
	tt_store_close(store);
	sample_dir_remove(dir);
}

static void the_newest_of_many_are_found_at_once(void)
{
	enum { N = 3000 };
	struct tt_newest *items = tt_calloc(N + 2, sizeof(*items));
	uint64_t *wanted = tt_calloc(N + 2, sizeof(*wanted));
	size_t n = 0, wrong = 0;

	for (uint64_t seq = w.head; seq > 0 && n<N; seq -= seq> 11 ? 11 : seq) {
		const struct tt_record *r = w.records[seq];

		if (w.successor[seq] != 0 || !tt_str_is(r->cluster, "prod"))
			continue;
		items[n] = (struct tt_newest){
			r->event.metadata.namespace, r->event.metadata.name, 0, 0};
		wanted[n++] = seq;
	}
	tap_ok(n > 1000);
	items[n++] = (struct tt_newest){TT_STR("ns-1"), TT_STR("web-1.0bad"), 7, 7};
	items[n++] = (struct tt_newest){TT_STR("ns-1"), TT_STR("without-a-dot"), 7, 7};
	tap_int(tt_reader_newest_of(w.reader, TT_STR("prod"), items, n, NULL), 0);
	for (size_t i = 0; i < n; i++) {
		uint64_t rv = 0;

		if (wanted[i] != 0)
			(void)tt_event_rv(&w.records[wanted[i]]->event, &rv);
		wrong += items[i].seq != wanted[i] || items[i].rv != rv;
	}
	tap_int(wrong, 0);
	tap_int(tt_reader_newest_of(w.reader, TT_STR("absent"), items, n, NULL), 0);
	for (size_t i = 0; i < n; i++)
		wrong += items[i].seq != 0 || items[i].rv != 0;
	tap_int(wrong, 0);
	tt_free(items);
	tt_free(wanted);
}

static void namespaces_are_counted(void)
{
	struct tt_str backoff = TT_STR("BackOff");
	struct tt_filter f = {.namespace = TT_STR("ns-0"),
		.reasons = &backoff,
		.n_reasons = 1,
		.since_us = START + 10000 * (int64_t)SECOND};
	struct tt_filter everywhere = f;
	struct tt_view v = {.filter = &everywhere};
	const struct tt_record **all = tt_calloc(EVENTS + 1, sizeof(*all));
	struct tt_arena arena = {0};
	struct tt_event_counts counts;
	struct tt_labelselector labels;
	const struct tt_view in_one = {.filter = &f}, most = {.filter = &f, .max_records = 20000};
	uint64_t sum = 0;

	everywhere.namespace = TT_STR("");
	size_t wanted = expect(&v, all);

	tap_int(tt_reader_count_namespaces(w.reader, &in_one, &counts, &arena, NULL), 0);
	tap_int(counts.n, 7);
	for (size_t i = 0; i < counts.n; i++) {
		size_t own = 0;

		for (size_t j = 0; j < wanted; j++)
			own += tt_str_eq(all[j]->event.metadata.namespace, counts.items[i].name);
		tap_int(counts.items[i].events, own);
		tap_ok(i == 0 || counts.items[i - 1].events >= counts.items[i].events);
		sum += counts.items[i].events;
	}
	tap_int(sum, wanted);
	tap_int(counts.events, wanted);
	tap_ok(!counts.partial);
	tap_int(tt_reader_count_namespaces(w.reader, &most, &counts, &arena, NULL), 0);
	tap_ok(counts.partial && counts.events > 0 && counts.events < wanted);
	sum = counts.events;
	tap_int(tt_labelselector_parse(&labels, TT_STR("!absent"), &arena, NULL), 0);
	f.labels = &labels; /* dearer, so that fewer are looked at */
	tap_int(tt_reader_count_namespaces(w.reader, &most, &counts, &arena, NULL), 0);
	tap_ok(counts.partial && counts.events < sum);
	tap_int(tt_reader_count_clusters(w.reader, &v, &counts, &arena, NULL), 0);
	tap_int(counts.events, wanted);
	tt_arena_release(&arena);
	tt_free(all);
}

static void filtered_log_reads_agree_with_the_filter(void)
{
	struct tt_str warning = TT_STR("Warning");
	const struct tt_filter filters[] = {
		{.cluster = TT_STR("edge")},
		{.types = &warning, .n_types = 1, .namespace = TT_STR("ns-4")},
		{.grep = TT_STR("web-123")},
		{.name = TT_STR("web-1000")},
		{.cluster = TT_STR("absent")},
	};

	for (size_t i = 0; i < sizeof(filters) / sizeof(filters[0]); i++) {
		uint64_t cursor = 0, next = 1, wrong = 0;

		while (cursor < w.head) {
			struct tt_batch *b;

			if (!tap_int(tt_reader_read(w.reader, &cursor, 500, &filters[i], &b, NULL),
				    0))
				return;
			for (size_t j = 0; j < b->n; j++) {
				while (next < b->records[j].seq)
					wrong += tt_filter_matches(&filters[i], w.records[next++]);
				wrong += !sample_same(&b->records[j], w.records[next++]);
			}
			tt_batch_unref(b);
		}
		while (next <= w.head)
			wrong += tt_filter_matches(&filters[i], w.records[next++]);
		tap_int(wrong, 0);
		tap_int(cursor, w.head);
	}
}

static void predecessors_are_found_through_filters(void)
{
	tap_ok(w.store->writer->lookups > 100);
	live_views_show_the_newest_observation();
}

int main(void)
{
	world_begin(EVENTS, 0);
	tap_test("live views show the newest observation", live_views_show_the_newest_observation);
	tap_test("past views forget what came later", past_views_forget_what_came_later);
	tap_test("pages from the oldest on make the whole view",
		pages_from_the_oldest_on_make_the_whole_view);
	tap_test("a range shows one observation of an identity",
		a_range_shows_one_observation_of_an_identity);
	tap_test("records have their times", records_have_their_times);
	tap_test("filters choose events", filters_choose_events);
	tap_test("field selectors choose events", field_selectors_choose_events);
	tap_test(
		"the newest observation is found by name", the_newest_observation_is_found_by_name);
	tap_test("the newest of many are found at once", the_newest_of_many_are_found_at_once);
	tap_test("namespaces are counted", namespaces_are_counted);
	tap_test("filtered log reads agree with the filter",
		filtered_log_reads_agree_with_the_filter);
	world_end();
	tap_test(
		"a deletion does not reach into the past", a_deletion_does_not_reach_into_the_past);
	world_begin(FORGETFUL, 512);
	tap_test("predecessors that were forgotten are found through filters",
		predecessors_are_found_through_filters);
	world_end();
	return tap_done();
}
