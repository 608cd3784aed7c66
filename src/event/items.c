/* SPDX-License-Identifier: Apache-2.0 */
#include "event/items.h"

#include "base/arena.h"

enum { FIRST_CAPACITY = 4 };

static size_t item_size(const struct tt_member *member)
{
	switch (member->type) {
	case TT_MEMBER_MAP: return sizeof(struct tt_label);
	case TT_MEMBER_STRINGS: return sizeof(struct tt_str);
	default: return member->message->size;
	}
}

/* The capacity of an array of `n` items is the next power of two, but FIRST_CAPACITY at least. */
static bool is_full(uint32_t n)
{
	return n == 0 || (n >= FIRST_CAPACITY && (n & (n - 1)) == 0);
}

void *tt_items_push(const struct tt_member *member, void *base, struct tt_arena *arena)
{
	uint32_t *n = tt_member_at(base, member->presence);
	void *at = tt_member_at(base, member->offset);
	size_t size = item_size(member);
	char *items;

	if (*n == TT_ITEMS_MAX)
		return NULL;
	memcpy(&items, at, sizeof(items));
	if (is_full(*n)) {
		size_t cap = *n == 0 ? FIRST_CAPACITY : (size_t)*n * 2;
		char *grown = tt_arena_alloc(arena, cap * size, _Alignof(max_align_t));

		if (*n > 0)
			memcpy(grown, items, *n * size);
		items = grown;
		memcpy(at, &items, sizeof(items));
	}
	void *item = memset(items + *n * size, 0, size);

	if (member->message != NULL)
		tt_message_init(member->message, item);
	++*n;
	return item;
}

static bool is_ascending(const struct tt_label *labels, uint32_t n)
{
	for (uint32_t i = 1; i < n; i++)
		if (tt_str_cmp(labels[i - 1].key, labels[i].key) >= 0)
			return false;
	return true;
}

/* Merges two sorted runs into `to`; of equal keys those of `a` come first. */
static void merge(struct tt_label *to, const struct tt_label *a, uint32_t n_a,
	const struct tt_label *b, uint32_t n_b)
{
	while (n_a > 0 || n_b > 0) {
		bool from_a = n_b == 0 || (n_a > 0 && tt_str_cmp(a->key, b->key) <= 0);

		*to++ = from_a ? *a++ : *b++;
		n_a -= from_a;
		n_b -= !from_a;
	}
}

static uint32_t keep_last_of_equals(struct tt_label *labels, uint32_t n)
{
	uint32_t kept = 0;

	for (uint32_t i = 0; i < n; i++)
		if (i + 1 == n || !tt_str_eq(labels[i].key, labels[i + 1].key))
			labels[kept++] = labels[i];
	return kept;
}

static uint32_t least(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

void tt_labels_sort(struct tt_label *labels, uint32_t *n, struct tt_arena *arena)
{
	if (is_ascending(labels, *n))
		return;
	struct tt_label *from = labels, *to = tt_arena_new(arena, struct tt_label, *n);

	for (uint32_t run = 1; run < *n; run *= 2) {
		for (uint32_t at = 0; at < *n; at += 2 * run) {
			uint32_t n_a = least(run, *n - at), n_b = least(run, *n - at - n_a);

			merge(to + at, from + at, n_a, from + at + n_a, n_b);
		}
		struct tt_label *swap = from;

		from = to;
		to = swap;
	}
	if (from != labels)
		memcpy(labels, from, *n * sizeof(*labels));
	*n = keep_last_of_equals(labels, *n);
}

void tt_items_sort(const struct tt_member *member, void *base, struct tt_arena *arena)
{
	struct tt_label *labels;

	memcpy(&labels, tt_member_at(base, member->offset), sizeof(labels));
	tt_labels_sort(labels, tt_member_at(base, member->presence), arena);
}
