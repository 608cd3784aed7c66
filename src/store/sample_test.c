/* SPDX-License-Identifier: Apache-2.0 */
#include "store/sample_test.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/assert.h"
#include "base/mem.h"

/* When event 0 began; each begins a second after the one before, and says so in its name. */
static const uint64_t BEGAN_NS = 1790000000000000000u;

static int64_t wall_us(const struct tt_clock *clock)
{
	const struct sample_clock *c = (const struct sample_clock *)(const void *)clock;

	return __atomic_load_n(&c->us, __ATOMIC_RELAXED);
}

static int64_t mono_ns(const struct tt_clock *clock)
{
	return tt_clock_mono_ns(&tt_clock_system);
}

void sample_clock_init(struct sample_clock *c, int64_t us)
{
	c->clock = (struct tt_clock){wall_us, mono_ns};
	c->us = us;
}

char *sample_dir_new(void)
{
	const char *base = getenv("TMPDIR");
	char path[512];

	(void)snprintf(
		path, sizeof(path), "%s/telltale-store-XXXXXX", base != NULL ? base : "/tmp");
	tt_assert(mkdtemp(path) != NULL);
	return tt_strdup(path);
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	return remove(path);
}

void sample_dir_remove(char *dir)
{
	(void)nftw(dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
	tt_free(dir);
}

static struct tt_str uuid_of(struct tt_arena *arena, uint64_t a, uint64_t b)
{
	return tt_str_printf(arena, "%08x-%04x-%04x-%04x-%012llx", (unsigned)(a >> 32),
		(unsigned)(a >> 16 & 0xffff), (unsigned)(a & 0xffff), (unsigned)(b >> 48),
		(unsigned long long)(b & 0xffffffffffffu));
}

void sample_event(struct tt_batch *batch, uint64_t i, int32_t count, int64_t t_us)
{
	struct tt_arena *a = &batch->arena;
	struct tt_record *r = tt_batch_add_event(
		batch, count > 1 ? TT_CHANGE_MODIFIED : TT_CHANGE_ADDED);
	struct tt_event *e = &r->event;
	int64_t seconds = t_us / TT_US_PER_S * TT_US_PER_S;

	e->involved_object.kind = TT_STR("Pod");
	e->involved_object.namespace = tt_str_printf(a, "ns-%llu", (unsigned long long)i % 7);
	e->involved_object.name = tt_str_printf(a, "web-%llu", (unsigned long long)(i / 3));
	e->involved_object.uid = uuid_of(a, i / 3 * 0x9e3779b97f4a7c15u, i / 3);
	e->involved_object.api_version = TT_STR("v1");
	e->involved_object.resource_version = tt_str_printf(a, "%llu", 100000ull + i / 3);
	e->involved_object.field_path = TT_STR("spec.containers{app}");
	e->metadata.namespace = e->involved_object.namespace;
	e->metadata.name = tt_str_printf(
		a, "%.*s.%llx", TT_STR_ARG(e->involved_object.name), BEGAN_NS + i * 1000000003ull);
	e->metadata.uid = uuid_of(a, i * 0xbf58476d1ce4e5b9u, i * 0x94d049bb133111ebu);
	e->metadata.resource_version = tt_str_printf(
		a, "%llu", 200000ull + i * 3 + (unsigned)count);
	e->metadata.creation_us = seconds - (count > 1 ? 60 * (int64_t)TT_US_PER_S : 0);
	e->first_timestamp_us = e->metadata.creation_us;
	e->last_timestamp_us = seconds;
	e->count = count;
	e->reason = i % 5 == 0 ? TT_STR("BackOff") : TT_STR("Pulled");
	e->type = i % 5 == 0 ? TT_STR("Warning") : TT_STR("Normal");
	e->message =
		i % 5 == 0
			? tt_str_printf(a,
				  "Back-off restarting failed container app in pod web-%llu",
				  (unsigned long long)(i / 3))
			: TT_STR("Container image \"registry/app:1\" already present on machine");
	e->source_component = e->reporting_component = TT_STR("kubelet");
	e->source_host = e->reporting_instance = tt_str_printf(
		a, "node-%llu", (unsigned long long)(i / 3 % 5));
	batch->bytes += 600;
}

/* --- odd events --- */

static struct tt_str odd_text(struct tt_batch *b, struct tt_rand *r)
{
	static const char *const usual[] = {"", "a", "Pod", "Warning", "web-1", "with \"quotes\"",
		"\xc3\xa4\xe2\x82\xac", "0", "00", "18446744073709551615", "18446744073709551616",
		"line\nbreak", "web-1.17f"};

	switch (tt_rand_below(r, 8)) {
	case 0: return TT_STR("");
	case 1: {
		size_t n = (size_t)tt_rand_below(r, 300);
		char *bytes = tt_arena_alloc(&b->arena, n, 1);

		for (size_t i = 0; i < n; i++)
			bytes[i] = (char)tt_rand_below(r, 256);
		return (struct tt_str){bytes, n};
	}
	case 2:
		return tt_str_printf(&b->arena, "%llu",
			(unsigned long long)(tt_rand_u64(r) >> tt_rand_below(r, 64)));
	case 3: return uuid_of(&b->arena, tt_rand_u64(r), tt_rand_u64(r));
	default: return tt_str_from(usual[tt_rand_below(r, sizeof(usual) / sizeof(usual[0]))]);
	}
}

static int64_t odd_time(struct tt_rand *r, int64_t about_us)
{
	switch (tt_rand_below(r, 8)) {
	case 0:
	case 1: return TT_TIME_ZERO;
	case 2: return (int64_t)tt_rand_u64(r);
	case 3: return INT64_MAX;
	case 4: return INT64_MIN + 1;
	case 5: return about_us + (int64_t)tt_rand_below(r, 1000000000);
	default:
		return about_us / TT_US_PER_S * TT_US_PER_S -
		       (int64_t)tt_rand_below(r, 5000) * TT_US_PER_S;
	}
}

static int64_t odd_number(struct tt_rand *r)
{
	return (int64_t)(tt_rand_u64(r) >> tt_rand_below(r, 64)) *
	       (tt_rand_below(r, 3) == 0 ? -1 : 1);
}

static void odd_reference(struct tt_batch *b, struct tt_rand *r, struct tt_objectref *o)
{
	o->kind = odd_text(b, r);
	o->namespace = odd_text(b, r);
	o->name = odd_text(b, r);
	o->uid = odd_text(b, r);
	o->api_version = odd_text(b, r);
	o->resource_version = odd_text(b, r);
	o->field_path = odd_text(b, r);
}

static struct tt_label *odd_labels(struct tt_batch *b, struct tt_rand *r, uint32_t *ret_n)
{
	*ret_n = tt_rand_below(r, 3) == 0 ? (uint32_t)tt_rand_below(r, 5) : 0;
	struct tt_label *labels = tt_arena_new(&b->arena, struct tt_label, *ret_n);

	for (uint32_t i = 0; i < *ret_n; i++)
		labels[i] = (struct tt_label){odd_text(b, r), odd_text(b, r)};
	return labels;
}

static void odd_metadata(
	struct tt_batch *b, struct tt_rand *r, struct tt_objectmeta *m, int64_t about_us)
{
	m->name = odd_text(b, r);
	m->generate_name = odd_text(b, r);
	m->namespace = odd_text(b, r);
	m->self_link = odd_text(b, r);
	m->uid = odd_text(b, r);
	m->resource_version = odd_text(b, r);
	m->generation = tt_rand_below(r, 2) ? odd_number(r) : 0;
	m->creation_us = odd_time(r, about_us);
	m->deletion_us = odd_time(r, about_us);
	m->has_deletion_grace_period = tt_rand_below(r, 2);
	if (m->has_deletion_grace_period)
		m->deletion_grace_period_seconds = odd_number(r);
	m->labels = odd_labels(b, r, &m->n_labels);
	m->annotations = odd_labels(b, r, &m->n_annotations);
	m->n_finalizers = (uint32_t)tt_rand_below(r, 3);
	m->finalizers = tt_arena_new(&b->arena, struct tt_str, m->n_finalizers);
	for (uint32_t i = 0; i < m->n_finalizers; i++)
		m->finalizers[i] = odd_text(b, r);
	m->n_owner_references = (uint32_t)tt_rand_below(r, 3);
	m->owner_references = tt_arena_new(&b->arena, struct tt_ownerref, m->n_owner_references);
	for (uint32_t i = 0; i < m->n_owner_references; i++)
		m->owner_references[i] = (struct tt_ownerref){odd_text(b, r), odd_text(b, r),
			odd_text(b, r), odd_text(b, r), (int8_t)((int)tt_rand_below(r, 3) - 1),
			(int8_t)((int)tt_rand_below(r, 3) - 1)};
}

void sample_odd_event(struct tt_batch *b, struct tt_rand *r, int64_t about_us)
{
	struct tt_record *record = tt_batch_add_event(b, (enum tt_change)tt_rand_below(r, 3));
	struct tt_event *e = &record->event;

	odd_metadata(b, r, &e->metadata, about_us);
	odd_reference(b, r, &e->involved_object);
	if (tt_rand_below(r, 2))
		e->metadata.name = tt_str_printf(&b->arena, "%.*s.%llx",
			TT_STR_ARG(e->involved_object.name),
			(unsigned long long)(tt_rand_u64(r) >> tt_rand_below(r, 64)));
	e->reason = odd_text(b, r);
	e->message = odd_text(b, r);
	e->source_component = odd_text(b, r);
	e->source_host = odd_text(b, r);
	e->first_timestamp_us = odd_time(r, about_us);
	e->last_timestamp_us = odd_time(r, about_us);
	e->count = (int32_t)odd_number(r);
	e->event_time_us = odd_time(r, about_us);
	e->has_series = tt_rand_below(r, 2);
	if (e->has_series) {
		e->series_count = tt_rand_below(r, 2) ? e->count : (int32_t)odd_number(r);
		e->series_last_observed_us = odd_time(r, about_us);
	}
	e->type = odd_text(b, r);
	e->action = odd_text(b, r);
	e->has_related = tt_rand_below(r, 3) == 0;
	if (e->has_related)
		odd_reference(b, r, &e->related);
	e->reporting_component = odd_text(b, r);
	e->reporting_instance = tt_rand_below(r, 2) ? e->source_host : odd_text(b, r);
	b->bytes += 1000;
}

void sample_gap(struct tt_batch *b, struct tt_rand *r, int64_t about_us)
{
	struct tt_record *record = tt_batch_add_gap(b);
	struct tt_gap *g = &record->gap;

	g->n_namespaces = (uint32_t)tt_rand_below(r, 3);
	g->namespaces = tt_arena_new(&b->arena, struct tt_str, g->n_namespaces);
	for (uint32_t i = 0; i < g->n_namespaces; i++)
		g->namespaces[i] = odd_text(b, r);
	g->epoch = (uint32_t)tt_rand_u64(r);
	g->from_us = tt_rand_below(r, 2) ? TT_TIME_ZERO : about_us - 1000000;
	g->to_us = about_us;
	g->lost = (enum tt_lost)tt_rand_below(r, 2);
	g->reason = odd_text(b, r);
}

static bool same_gap(const struct tt_gap *a, const struct tt_gap *b)
{
	if (a->n_namespaces != b->n_namespaces || a->epoch != b->epoch ||
		a->from_us != b->from_us || a->to_us != b->to_us || a->lost != b->lost ||
		!tt_str_eq(a->reason, b->reason))
		return false;
	for (uint32_t i = 0; i < a->n_namespaces; i++)
		if (!tt_str_eq(a->namespaces[i], b->namespaces[i]))
			return false;
	return true;
}

bool sample_same(const struct tt_record *a, const struct tt_record *b)
{
	if (a->seq != b->seq || a->kind != b->kind || a->recorded_at_us != b->recorded_at_us ||
		!tt_str_eq(a->cluster, b->cluster))
		return false;
	if (a->kind == TT_RECORD_GAP)
		return same_gap(&a->gap, &b->gap);
	return a->change == b->change && a->time_us == b->time_us &&
	       tt_event_equal(&a->event, &b->event);
}

struct tt_store *sample_open(const char *dir, const struct tt_clock *clock)
{
	struct tt_store_options options = {.dir = dir, .clock = clock, .reserve_bytes = 4096};
	struct tt_store *store = NULL;
	struct tt_err err = {0};

	if (tt_store_open(&store, &options, &err) != 0 ||
		tt_store_add_cluster(store, TT_STR("prod"), TT_CLUSTER_COLLECTED, &err) != 0 ||
		tt_store_add_cluster(store, TT_STR("edge"), TT_CLUSTER_HOSTED, &err) != 0) {
		printf("Bail out! %s\n", err.msg);
		exit(1);
	}
	return store;
}

void sample_append(struct tt_store *store, struct tt_batch *batch)
{
	struct tt_err err = {0};

	if (tt_store_append(store, &batch, 1, &err) != 0) {
		printf("Bail out! %s\n", err.msg);
		exit(1);
	}
	tt_batch_unref(batch);
}
