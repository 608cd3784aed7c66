/* SPDX-License-Identifier: Apache-2.0 */
#include "base/map.h"

#include <string.h>

#include "base/mem.h"

enum { FIRST_CAP = 64 };

void tt_map_init(struct tt_map *m)
{
	*m = (struct tt_map){0};
}

void tt_map_release(struct tt_map *m)
{
	tt_free(m->slots);
	tt_map_init(m);
}

void tt_map_clear(struct tt_map *m)
{
	if (m->cap > 0)
		memset(m->slots, 0, m->cap * sizeof(*m->slots));
	m->n = 0;
	m->has_zero = false;
}

static size_t first_place(const struct tt_map *m, uint64_t key)
{
	return (key * 0x9e3779b97f4a7c15u >> 20) & (m->cap - 1);
}

static struct tt_map_slot *find(struct tt_map *m, uint64_t key)
{
	size_t mask = m->cap - 1, i = first_place(m, key);

	while (m->slots[i].key != 0 && m->slots[i].key != key)
		i = (i + 1) & mask;
	return &m->slots[i];
}

static void grow(struct tt_map *m)
{
	struct tt_map_slot *old = m->slots;
	size_t old_cap = m->cap;

	m->cap = old_cap > 0 ? old_cap * 2 : FIRST_CAP;
	m->slots = tt_calloc(m->cap, sizeof(*m->slots));
	for (size_t i = 0; i < old_cap; i++)
		if (old[i].key != 0)
			*find(m, old[i].key) = old[i];
	tt_free(old);
}

uint64_t *tt_map_get(struct tt_map *m, uint64_t key)
{
	if (key == 0)
		return m->has_zero ? &m->zero_value : NULL;
	if (m->cap == 0)
		return NULL;
	struct tt_map_slot *slot = find(m, key);

	return slot->key == key ? &slot->value : NULL;
}

void tt_map_prefetch(const struct tt_map *m, uint64_t key)
{
	if (m->cap > 0)
		__builtin_prefetch(&m->slots[first_place(m, key)]);
}

static uint64_t *put_zero(struct tt_map *m, bool *ret_new)
{
	*ret_new = !m->has_zero;
	if (!m->has_zero)
		m->zero_value = 0;
	m->has_zero = true;
	return &m->zero_value;
}

uint64_t *tt_map_put(struct tt_map *m, uint64_t key, bool *ret_new)
{
	bool ignored;

	if (ret_new == NULL)
		ret_new = &ignored;
	if (key == 0)
		return put_zero(m, ret_new);
	if (m->n * 8 >= m->cap * 5) /* with more, keys that are not there take long to miss */
		grow(m);
	struct tt_map_slot *slot = find(m, key);

	*ret_new = slot->key == 0;
	if (*ret_new) {
		slot->key = key;
		m->n++;
	}
	return &slot->value;
}
