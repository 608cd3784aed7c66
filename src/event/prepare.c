/* SPDX-License-Identifier: Apache-2.0 */
#include "event/prepare.h"

#include <stdlib.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/rand.h"
#include "base/timestamp.h"
#include "event/event.h"

enum { REPEATED_MAX = 1000 };

static int compare_owners(const void *a, const void *b)
{
	const struct tt_ownerref *x = *(struct tt_ownerref *const *)a;
	const struct tt_ownerref *y = *(struct tt_ownerref *const *)b;
	int order = tt_str_cmp(x->uid, y->uid);

	if (order == 0)
		order = tt_str_cmp(x->name, y->name);
	if (order == 0)
		order = tt_str_cmp(x->kind, y->kind);
	if (order == 0)
		order = tt_str_cmp(x->api_version, y->api_version);
	if (order == 0)
		order = x->controller - y->controller;
	return order != 0 ? order : x->block_owner_deletion - y->block_owner_deletion;
}

/* The same, and those that are the same by their place. */
static int compare_places(const void *a, const void *b)
{
	int order = compare_owners(a, b);
	const struct tt_ownerref *x = *(struct tt_ownerref *const *)a;
	const struct tt_ownerref *y = *(struct tt_ownerref *const *)b;

	return order != 0 ? order : (x > y) - (x < y);
}

/* The uids of those that are dropped, "u, v", some of them at least. */
static struct tt_str list_uids(
	const struct tt_objectmeta *meta, const bool *drop, struct tt_arena *arena)
{
	struct tt_buf text;

	tt_buf_init(&text, REPEATED_MAX);
	for (uint32_t i = 0; i < meta->n_owner_references; i++) {
		struct tt_str uid = meta->owner_references[i].uid;

		if (drop[i] && text.len + uid.len + 2 < REPEATED_MAX) {
			tt_buf_text(&text, text.len > 0 ? ", " : "");
			tt_buf_str(&text, uid);
		}
	}
	struct tt_str list = tt_str_dup(arena, tt_buf_view(&text));

	tt_buf_release(&text);
	return list;
}

/* Of owner references that are the same in all, the first stays. The uids of the others. */
static struct tt_str drop_repeated_owners(struct tt_objectmeta *meta, struct tt_arena *arena)
{
	uint32_t n = meta->n_owner_references, kept = 0, repeated = 0;
	struct tt_ownerref **sorted = tt_arena_new(arena, struct tt_ownerref *, n + 1);
	bool *drop = tt_arena_new(arena, bool, n + 1);
	struct tt_ownerref *owners;

	for (uint32_t i = 0; i < n; i++)
		sorted[i] = &meta->owner_references[i];
	qsort(sorted, n, sizeof(*sorted), compare_places);
	for (uint32_t i = 1; i < n; i++)
		if (compare_owners(&sorted[i - 1], &sorted[i]) == 0) {
			drop[sorted[i] - meta->owner_references] = true;
			repeated++;
		}
	if (repeated == 0)
		return TT_STR("");
	struct tt_str uids = list_uids(meta, drop, arena);

	owners = tt_arena_new(arena, struct tt_ownerref, n - repeated);
	for (uint32_t i = 0; i < n; i++)
		if (!drop[i])
			owners[kept++] = meta->owner_references[i];
	meta->owner_references = owners;
	meta->n_owner_references = kept;
	return uids;
}

struct tt_str tt_event_prepare_create(
	struct tt_event *e, struct tt_str uid, int64_t now_us, struct tt_arena *arena)
{
	struct tt_objectmeta *meta = &e->metadata;

	meta->uid = uid;
	meta->creation_us = now_us - now_us % TT_US_PER_S;
	meta->deletion_us = TT_TIME_ZERO;
	meta->has_deletion_grace_period = false;
	meta->deletion_grace_period_seconds = 0;
	meta->self_link = TT_STR("");
	return drop_repeated_owners(meta, arena);
}

struct tt_str tt_event_prepare_update(
	struct tt_event *e, const struct tt_event *old, struct tt_arena *arena)
{
	struct tt_objectmeta *meta = &e->metadata;

	meta->generation = old->metadata.generation;
	if (meta->uid.len == 0)
		meta->uid = old->metadata.uid;
	if (meta->resource_version.len == 0)
		meta->resource_version = old->metadata.resource_version;
	if (old->metadata.creation_us != TT_TIME_ZERO)
		meta->creation_us = old->metadata.creation_us;
	if (old->metadata.deletion_us != TT_TIME_ZERO)
		meta->deletion_us = old->metadata.deletion_us;
	if (old->metadata.has_deletion_grace_period && !meta->has_deletion_grace_period) {
		meta->has_deletion_grace_period = true;
		meta->deletion_grace_period_seconds = old->metadata.deletion_grace_period_seconds;
	}
	meta->self_link = TT_STR("");
	return drop_repeated_owners(meta, arena);
}

void tt_event_generate_name(struct tt_event *e, struct tt_rand *rand, struct tt_arena *arena)
{
	static const char letters[] = "bcdfghjklmnpqrstvwxz2456789";
	enum { BASE_MAX = 58, RANDOM_LEN = 5 };
	struct tt_str base = e->metadata.generate_name;
	char random[RANDOM_LEN];

	if (e->metadata.name.len > 0 || base.len == 0)
		return;
	if (base.len > BASE_MAX)
		base.len = BASE_MAX;
	for (size_t i = 0; i < RANDOM_LEN; i++)
		random[i] = letters[tt_rand_below(rand, sizeof(letters) - 1)];
	e->metadata.name = tt_str_printf(arena, "%.*s%.*s", TT_STR_ARG(base), RANDOM_LEN, random);
}
