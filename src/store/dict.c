/* SPDX-License-Identifier: Apache-2.0 */
#include "store/dict.h"

#include "base/arena.h"
#include "base/mem.h"
#include "store/extra.h"
#include "store/inside.h"
#include "store/tail.h"

static void give_back(struct tt_dict *d, struct tt_dict_chunk *c, enum tt_chunk_kind kind)
{
	if (c->items[kind] == NULL)
		return;
	tt_cache_done(d->cache, c->items[kind], 0);
	c->items[kind] = NULL;
	c->chunks[kind] = NULL;
}

void tt_dict_release(struct tt_dict *d)
{
	for (size_t i = 0; i < d->n; i++)
		for (int kind = 0; kind < TT_CHUNK_KINDS; kind++)
			give_back(d, &d->chunks[i], (enum tt_chunk_kind)kind);
	tt_free(d->chunks);
	*d = (struct tt_dict){0};
}

void tt_dict_of_tail(struct tt_dict *d, const struct tt_tail *tail)
{
	*d = (struct tt_dict){.n = 1};
	d->chunks = tt_calloc(1, sizeof(*d->chunks));
	struct tt_dict_chunk *c = d->chunks;

	memcpy(c->chunks, tail->chunks, sizeof(c->chunks));
	c->first_string = c->first_sig = c->first_object = c->first_message = 1;
	c->n_strings = tail->chunks[TT_CHUNK_STRINGS]->texts.n;
	c->n_sigs = tail->chunks[TT_CHUNK_STRINGS]->n_sigs;
	c->n_objects = tail->chunks[TT_CHUNK_OBJECTS]->n_objects;
	c->n_messages = tail->chunks[TT_CHUNK_MESSAGES]->texts.n;
}

/* Strings are small and stay; of the rest only the last few are held. */
static void pin(struct tt_dict *d, struct tt_dict_chunk *c, enum tt_chunk_kind kind)
{
	if (kind == TT_CHUNK_STRINGS)
		return;
	unsigned at = d->next_pin[kind]++ % TT_DICT_PINS;

	if (d->pinned[kind][at] != NULL)
		give_back(d, d->pinned[kind][at], kind);
	d->pinned[kind][at] = c;
}

const struct tt_chunk *tt_dict_chunk(
	struct tt_dict *d, struct tt_dict_chunk *c, enum tt_chunk_kind kind)
{
	if (c->chunks[kind] != NULL || c->damaged[kind] || d->fetch == NULL)
		return c->chunks[kind];
	struct tt_cached *item = d->fetch(d->arg, c->block, kind);

	if (item == NULL) {
		c->damaged[kind] = d->incomplete = true;
		return NULL;
	}
	pin(d, c, kind);
	c->items[kind] = item;
	c->chunks[kind] = item->data;
	return c->chunks[kind];
}

/* The chunk that holds number `id`, whose first number and count are at these offsets. */
static struct tt_dict_chunk *find(struct tt_dict *d, uint32_t id, size_t first_at, size_t n_at)
{
	size_t low = 0, high = d->n;

	while (low < high) {
		size_t middle = (low + high) / 2;
		struct tt_dict_chunk *c = &d->chunks[middle];
		uint32_t first = *(const uint32_t *)(const void *)((const char *)c + first_at);
		uint32_t n = *(const uint32_t *)(const void *)((const char *)c + n_at);

		if (id < first)
			high = middle;
		else if (id - first < n)
			return c;
		else
			low = middle + 1;
	}
	return NULL;
}

#define FIND(d, id, what)                                                                          \
	find((d), (id), offsetof(struct tt_dict_chunk, first_##what),                              \
		offsetof(struct tt_dict_chunk, n_##what##s))

bool tt_dict_string(struct tt_dict *d, uint32_t id, struct tt_str *ret)
{
	*ret = (struct tt_str){0};
	if (id == 0)
		return true;
	struct tt_dict_chunk *c = FIND(d, id, string);
	const struct tt_chunk *chunk = c != NULL ? tt_dict_chunk(d, c, TT_CHUNK_STRINGS) : NULL;

	if (chunk == NULL || id - c->first_string >= chunk->texts.n)
		return false;
	*ret = tt_texts_get(&chunk->texts, id - c->first_string);
	return true;
}

bool tt_dict_sig(struct tt_dict *d, uint32_t id, struct tt_sig *ret)
{
	*ret = (struct tt_sig){0};
	if (id == 0)
		return true;
	struct tt_dict_chunk *c = FIND(d, id, sig);
	const struct tt_chunk *chunk = c != NULL ? tt_dict_chunk(d, c, TT_CHUNK_STRINGS) : NULL;

	if (chunk == NULL || id - c->first_sig >= chunk->n_sigs)
		return false;
	*ret = chunk->sigs[id - c->first_sig];
	return true;
}

bool tt_dict_object(struct tt_dict *d, uint32_t id, struct tt_object *ret)
{
	*ret = (struct tt_object){0};
	if (id == 0)
		return true;
	struct tt_dict_chunk *c = FIND(d, id, object);
	const struct tt_chunk *chunk = c != NULL ? tt_dict_chunk(d, c, TT_CHUNK_OBJECTS) : NULL;

	if (chunk == NULL || id - c->first_object >= chunk->n_objects)
		return false;
	*ret = chunk->objects[id - c->first_object];
	return true;
}

bool tt_dict_message(struct tt_dict *d, uint32_t id, struct tt_str *ret)
{
	*ret = (struct tt_str){0};
	if (id == 0)
		return true;
	struct tt_dict_chunk *c = FIND(d, id, message);
	const struct tt_chunk *chunk = c != NULL ? tt_dict_chunk(d, c, TT_CHUNK_MESSAGES) : NULL;

	if (chunk == NULL || id - c->first_message >= chunk->texts.n)
		return false;
	*ret = tt_texts_get(&chunk->texts, id - c->first_message);
	return true;
}

void tt_copier_init(struct tt_copier *c, struct tt_arena *arena)
{
	memset(c, 0, sizeof(*c));
	c->arena = arena;
}

struct tt_str tt_copier_copy(struct tt_copier *c, struct tt_str text)
{
	if (text.len == 0)
		return (struct tt_str){0};
	size_t slot = ((uintptr_t)text.data * 0x9e3779b97f4a7c15u >> 40) % TT_COPIES;

	if (c->slots[slot].from != text.data || !tt_str_eq(c->slots[slot].copy, text)) {
		c->slots[slot].from = text.data;
		c->slots[slot].copy = tt_str_dup(c->arena, text);
	}
	return c->slots[slot].copy;
}

/* Looks up a string and replaces it by a copy. */
static bool string(struct tt_dict *d, uint32_t id, struct tt_str *ret, struct tt_copier *copier)
{
	if (!tt_dict_string(d, id, ret))
		return false;
	*ret = tt_copier_copy(copier, *ret);
	return true;
}

static bool object_texts(
	struct tt_dict *d, uint32_t id, struct tt_objectref *ret, struct tt_copier *copier)
{
	struct tt_object o;

	if (!tt_dict_object(d, id, &o))
		return false;
	ret->name = tt_copier_copy(copier, o.name);
	ret->uid = tt_copier_copy(copier, o.uid_text);
	if (o.uid != NULL) {
		char *uid = tt_arena_alloc(copier->arena, 36, 1);

		tt_uuid_format(o.uid, uid);
		ret->uid = (struct tt_str){uid, 36};
	}
	return string(d, o.kind, &ret->kind, copier) &&
	       string(d, o.namespace, &ret->namespace, copier) &&
	       string(d, o.api_version, &ret->api_version, copier);
}

static bool sig_texts(
	struct tt_dict *d, uint32_t id, struct tt_row_texts *texts, struct tt_copier *copier)
{
	struct tt_sig sig;

	return tt_dict_sig(d, id, &sig) && string(d, sig.reason, &texts->reason, copier) &&
	       string(d, sig.type, &texts->type, copier) &&
	       string(d, sig.source_component, &texts->source_component, copier) &&
	       string(d, sig.reporting_component, &texts->reporting_component, copier) &&
	       string(d, sig.action, &texts->action, copier);
}

bool tt_dict_record(struct tt_dict *d, struct tt_store *store, const struct tt_block *b, uint32_t i,
	struct tt_record *record, struct tt_copier *copier)
{
	struct tt_row row;
	struct tt_row_texts texts = {0};
	struct tt_str extra, message;

	tt_block_row(b, i, &row, &extra);
	record->seq = tt_block_seq(b, i);
	record->predecessor_seq = row.pred;
	const struct tt_cluster_entry *cluster = tt_store_cluster_by_id(store, row.cluster);

	if (cluster != NULL)
		texts.cluster = tt_copier_copy(copier, cluster->name);
	if (!sig_texts(d, row.sig, &texts, copier) ||
		!object_texts(d, row.object, &texts.object, copier) ||
		!string(d, row.namespace, &texts.namespace, copier) ||
		!string(d, row.field_path, &texts.field_path, copier) ||
		!string(d, row.host, &texts.host, copier) ||
		!tt_dict_message(d, row.message, &message))
		return false;
	texts.message = tt_copier_copy(copier, message);
	if (extra.len > 0)
		extra = tt_str_dup(copier->arena, extra);
	return tt_row_to_record(record, &row, &texts, extra, copier->arena);
}

bool tt_dict_event_name(struct tt_dict *d, const struct tt_block *b, uint32_t i,
	struct tt_arena *arena, struct tt_str *ret)
{
	uint32_t shape = tt_block_shape(b, i), start = i > 0 ? b->extra_end[i - 1] : 0;
	struct tt_object o;

	if (tt_shape_get(shape, TT_SHAPE_NAME, 2) != TT_TEXT_USUAL) {
		struct tt_record record = {0};
		struct tt_str extra = {(const char *)b->extra + start, b->extra_end[i] - start};
		bool ok = tt_extra_unpack_event(&record, extra, arena);

		*ret = record.event.metadata.name;
		return ok;
	}
	if (!tt_dict_object(d, b->object[i], &o))
		return false;
	char *name = tt_arena_alloc(arena, o.name.len + 17, 1);

	*ret = (struct tt_str){name, tt_row_name(name, o.name.len + 17, o.name, b->suffix[i])};
	return true;
}

void tt_tail_records(const struct tt_tail *tail, struct tt_store *store, struct tt_batch *batch)
{
	struct tt_dict dict;
	struct tt_copier copier;

	tt_dict_of_tail(&dict, tail);
	tt_copier_init(&copier, &batch->arena);
	for (uint32_t i = 0; i < tail->block->n; i++) {
		struct tt_record *r = tt_batch_add_event(batch, TT_CHANGE_ADDED);

		if (!tt_dict_record(&dict, store, tail->block, i, r, &copier))
			batch->n--;
	}
	tt_dict_release(&dict);
}
