/* SPDX-License-Identifier: Apache-2.0 */
#include "store/cache.h"

#include <pthread.h>
#include <string.h>

#include "base/assert.h"
#include "base/mem.h"

enum { SLOTS = 4096, KIND_BITS = 3 };

struct tt_cache {
	pthread_mutex_t mutex;
	size_t max_bytes, bytes;
	struct tt_cached *slots[SLOTS];
	struct tt_cached *newest, *oldest;
};

struct tt_cache *tt_cache_new(size_t max_bytes)
{
	struct tt_cache *c = tt_calloc(1, sizeof(*c));

	c->max_bytes = max_bytes;
	tt_assert(pthread_mutex_init(&c->mutex, NULL) == 0);
	return c;
}

static struct tt_cached **slot_of(struct tt_cache *c, uint64_t key)
{
	return &c->slots[(key * 0x9e3779b97f4a7c15u >> 40) % SLOTS];
}

static void unlink_item(struct tt_cache *c, struct tt_cached *item)
{
	*(item->newer != NULL ? &item->newer->older : &c->newest) = item->older;
	*(item->older != NULL ? &item->older->newer : &c->oldest) = item->newer;
}

static void link_newest(struct tt_cache *c, struct tt_cached *item)
{
	item->newer = NULL;
	item->older = c->newest;
	*(c->newest != NULL ? &c->newest->newer : &c->oldest) = item;
	c->newest = item;
}

static void drop(struct tt_cache *c, struct tt_cached *item)
{
	struct tt_cached **at = slot_of(c, item->key);

	while (*at != item)
		at = &(*at)->next_in_slot;
	*at = item->next_in_slot;
	unlink_item(c, item);
	c->bytes -= item->bytes;
	item->release(item->data);
	tt_free(item);
}

static void shrink(struct tt_cache *c)
{
	struct tt_cached *item = c->oldest;

	while (item != NULL && c->bytes > c->max_bytes) {
		struct tt_cached *newer = item->newer;

		if (item->refs == 0)
			drop(c, item);
		item = newer;
	}
}

void tt_cache_free(struct tt_cache *c)
{
	if (c == NULL)
		return;
	while (c->oldest != NULL) {
		tt_assert(c->oldest->refs == 0);
		drop(c, c->oldest);
	}
	(void)pthread_mutex_destroy(&c->mutex);
	tt_free(c);
}

static struct tt_cached *find(struct tt_cache *c, uint64_t key)
{
	struct tt_cached *item = *slot_of(c, key);

	while (item != NULL && item->key != key)
		item = item->next_in_slot;
	if (item == NULL)
		return NULL;
	item->refs++;
	unlink_item(c, item);
	link_newest(c, item);
	return item;
}

struct tt_cached *tt_cache_get(struct tt_cache *c, unsigned kind, uint64_t id)
{
	(void)pthread_mutex_lock(&c->mutex);
	struct tt_cached *item = find(c, id << KIND_BITS | kind);

	(void)pthread_mutex_unlock(&c->mutex);
	return item;
}

struct tt_cached *tt_cache_put(struct tt_cache *c, unsigned kind, uint64_t id, void *data,
	size_t bytes, void (*release)(void *data))
{
	uint64_t key = id << KIND_BITS | kind;

	(void)pthread_mutex_lock(&c->mutex);
	struct tt_cached *item = find(c, key);

	if (item == NULL) {
		struct tt_cached **slot = slot_of(c, key);

		item = tt_malloc(sizeof(*item));
		*item = (struct tt_cached){.key = key,
			.data = data,
			.release = release,
			.bytes = bytes,
			.refs = 1,
			.next_in_slot = *slot};
		*slot = item;
		link_newest(c, item);
		c->bytes += bytes;
		shrink(c);
	} else {
		release(data);
	}
	(void)pthread_mutex_unlock(&c->mutex);
	return item;
}

void tt_cache_done(struct tt_cache *c, struct tt_cached *item, size_t bytes)
{
	if (item == NULL)
		return;
	(void)pthread_mutex_lock(&c->mutex);
	tt_assert(item->refs > 0);
	item->refs--;
	if (bytes > item->bytes) {
		c->bytes += bytes - item->bytes;
		item->bytes = bytes;
	}
	shrink(c);
	(void)pthread_mutex_unlock(&c->mutex);
}

size_t tt_cache_bytes(struct tt_cache *c)
{
	(void)pthread_mutex_lock(&c->mutex);
	size_t bytes = c->bytes;

	(void)pthread_mutex_unlock(&c->mutex);
	return bytes;
}
