/* SPDX-License-Identifier: Apache-2.0 */
/* Items are told by a key: a finalizer by itself, an owner reference by its uid. Order is
 * Kubernetes' best effort (strategicpatch normalizeElementOrder): what the patch names is in the
 * patch's order, what it does not name stays before the item that followed it. */
#include "event/patch_list.h"

#include <stdlib.h>

#include "base/arena.h"
#include "event/event.h"
#include "event/items.h"
#include "event/json_decode.h"

enum { NOT_FOUND = UINT32_MAX };

/* An array of items and where in each the key is. */
struct list {
	char *items;
	uint32_t n;
	size_t size, key_offset;
};

/* The items of a list by their keys. */
struct index {
	struct place {
		struct tt_str key;
		uint32_t at;
	} * places;
	uint32_t n;
};

bool tt_patch_is_list(const struct tt_member *member)
{
	return member->type == TT_MEMBER_STRINGS || member->type == TT_MEMBER_MESSAGES;
}

static void *item_at(const struct list *l, uint32_t i)
{
	return l->items + (size_t)i * l->size;
}

static struct tt_str key_at(const struct list *l, uint32_t i)
{
	return *(const struct tt_str *)(l->items + (size_t)i * l->size + l->key_offset);
}

/* An empty list of what `member` has, with room for `n` items. */
static struct list list_new(const struct tt_member *member, uint32_t n, struct tt_arena *arena)
{
	bool texts = member->type == TT_MEMBER_STRINGS;
	struct list l = {
		.size = texts ? sizeof(struct tt_str) : member->message->size,
		.key_offset = texts ? 0 : offsetof(struct tt_ownerref, uid),
	};

	l.items = tt_arena_alloc(arena, (n + 1) * l.size, _Alignof(max_align_t));
	return l;
}

static void add(struct list *l, const void *item)
{
	memcpy(item_at(l, l->n++), item, l->size);
}

/* What `base` has now. */
static struct list get(const struct tt_member *member, const void *base, struct tt_arena *arena)
{
	struct list l = list_new(member, 0, arena);

	memcpy(&l.items, tt_member_of(base, member->offset), sizeof(l.items));
	memcpy(&l.n, tt_member_of(base, member->presence), sizeof(l.n));
	return l;
}

static void set(const struct tt_member *member, void *base, const struct list *l)
{
	memcpy(tt_member_at(base, member->offset), &l->items, sizeof(l->items));
	memcpy(tt_member_at(base, member->presence), &l->n, sizeof(l->n));
}

static int compare(const void *a, const void *b)
{
	const struct place *x = a, *y = b;
	int order = tt_str_cmp(x->key, y->key);

	return order != 0 ? order : (x->at > y->at) - (x->at < y->at);
}

static struct index index_of(const struct list *l, struct tt_arena *arena)
{
	struct index index = {tt_arena_new(arena, struct place, l->n + 1), l->n};

	for (uint32_t i = 0; i < l->n; i++)
		index.places[i] = (struct place){key_at(l, i), i};
	qsort(index.places, index.n, sizeof(*index.places), compare);
	return index;
}

/* Where an item with this key is first, or NOT_FOUND. */
static uint32_t find(const struct index *index, struct tt_str key)
{
	uint32_t low = 0, high = index->n;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (tt_str_cmp(index->places[middle].key, key) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	bool found = low < index->n && tt_str_eq(index->places[low].key, key);

	return found ? index->places[low].at : NOT_FOUND;
}

/* An item that the patch names, and where in its order. */
struct ranked {
	uint32_t rank, i;
};

static int compare_ranks(const void *a, const void *b)
{
	const struct ranked *x = a, *y = b;

	if (x->rank != y->rank)
		return x->rank < y->rank ? -1 : 1;
	return (x->i > y->i) - (x->i < y->i);
}

/* Puts the items of `l` that `order` names into its order; each of the others comes before the
 * first of them that it preceded in `live`. */
static struct list arrange(const struct tt_member *member, const struct list *l,
	const struct list *order, const struct list *live, struct tt_arena *arena)
{
	struct index orders = index_of(order, arena), lives = index_of(live, arena);
	struct ranked *named = tt_arena_new(arena, struct ranked, l->n + 1);
	uint32_t *others = tt_arena_new(arena, uint32_t, l->n + 1);
	uint32_t n_named = 0, n_others = 0, named_at = 0, other_at = 0;
	struct list result = list_new(member, l->n, arena);

	for (uint32_t i = 0; i < l->n; i++) {
		uint32_t rank = find(&orders, key_at(l, i));

		if (rank == NOT_FOUND)
			others[n_others++] = i;
		else
			named[n_named++] = (struct ranked){rank, i};
	}
	qsort(named, n_named, sizeof(*named), compare_ranks);
	while (named_at < n_named || other_at < n_others) {
		bool other = named_at == n_named;

		if (!other && other_at < n_others) {
			uint32_t a = find(&lives, key_at(l, others[other_at]));
			uint32_t b = find(&lives, key_at(l, named[named_at].i));

			other = a != NOT_FOUND && b != NOT_FOUND && a < b;
		}
		add(&result, item_at(l, other ? others[other_at++] : named[named_at++].i));
	}
	return result;
}

static int no_uid(struct tt_patcher *p)
{
	return tt_fail(p->err, TT_EINVAL, "an item does not contain declared merge key: uid");
}

/* What an element of the array of a patch is. */
struct element {
	struct tt_str json, uid, how; /* data of uid and $patch is NULL if absent */
};

static bool read_element(struct tt_str json, struct element *ret, struct tt_arena *arena)
{
	struct tt_json_reader r;
	struct tt_str key;

	*ret = (struct element){.json = json};
	if (tt_patch_type_of(json) != TT_JSON_OBJECT_VALUE)
		return false;
	tt_json_reader_init(&r, json, arena);
	(void)tt_json_enter_object(&r);
	while (tt_json_next_key(&r, &key)) {
		bool text = tt_json_peek(&r) == TT_JSON_STRING;

		if (tt_str_is(key, "$patch"))
			ret->how = tt_json_skip(&r);
		else if (tt_str_is(key, "uid") && text)
			ret->uid = tt_json_string(&r);
		else
			(void)tt_json_skip(&r);
	}
	return true;
}

/* The elements of an array of objects. */
struct elements {
	struct element *items;
	uint32_t n;
};

static int read_elements(struct tt_patcher *p, struct tt_str json, struct elements *ret)
{
	struct tt_json_reader r;
	size_t most = 1;

	for (size_t i = 0; i < json.len; i++)
		most += json.data[i] == ',';
	if (most > TT_ITEMS_MAX)
		return tt_fail(p->err, TT_EUNFIT, "too many items");
	*ret = (struct elements){tt_arena_new(p->arena, struct element, most), 0};
	tt_json_reader_init(&r, json, p->arena);
	if (tt_patch_type_of(json) != TT_JSON_ARRAY || !tt_json_enter_array(&r))
		return tt_fail(p->err, TT_EUNFIT, "expected an array");
	while (tt_json_next_item(&r))
		if (!read_element(tt_json_skip(&r), &ret->items[ret->n++], p->arena))
			return tt_fail(p->err, TT_EINVAL, "list element types are not identical");
	return 0;
}

/* The items of an array of texts, or of objects of which only the uid is read. */
static int read_keys(
	struct tt_patcher *p, const struct tt_member *member, struct tt_str json, struct list *ret)
{
	struct elements elements;

	if (member->type == TT_MEMBER_STRINGS) {
		struct tt_event e = {.count = 0}; /* holds what is read */

		if (tt_patch_type_of(json) != TT_JSON_ARRAY ||
			tt_patch_read(p, member, &e.metadata, json) < 0)
			return tt_fail(p->err, TT_EINVAL, "expected a list of texts");
		*ret = get(member, &e.metadata, p->arena);
		for (uint32_t i = 0; i < ret->n; i++)
			if (key_at(ret, i).data == NULL)
				return tt_fail(p->err, TT_EINVAL, "expected a list of texts");
		return 0;
	}
	int rc = read_elements(p, json, &elements);

	if (rc < 0)
		return tt_fail(p->err, TT_EINVAL, "expected a list of objects with a uid");
	*ret = list_new(member, elements.n, p->arena);
	for (uint32_t i = 0; i < elements.n; i++) {
		if (elements.items[i].uid.data == NULL)
			return no_uid(p);
		add(ret, &(struct tt_ownerref){.uid = elements.items[i].uid});
	}
	return 0;
}

/* What a patch of a list comes to. */
struct merge {
	struct list live;   /* before */
	struct list merged; /* after */
	struct list named;  /* what the patch names, by key alone */
	bool replaced;      /* nothing of `live` is left */
};

static int merge_texts(
	struct tt_patcher *p, const struct tt_member *member, struct tt_str value, struct merge *to)
{
	int rc = read_keys(p, member, value, &to->named);
	struct list both;

	if (rc < 0)
		return rc;
	both = list_new(member, to->live.n + to->named.n, p->arena);
	for (uint32_t i = 0; i < to->live.n; i++)
		add(&both, item_at(&to->live, i));
	for (uint32_t i = 0; i < to->named.n; i++)
		add(&both, item_at(&to->named, i));
	struct index index = index_of(&both, p->arena);

	to->merged = list_new(member, both.n, p->arena);
	for (uint32_t i = 0; i < both.n; i++)
		if (find(&index, key_at(&both, i)) == i)
			add(&to->merged, item_at(&both, i));
	return 0;
}

/* Adds a new owner reference, as the element has it. */
static int add_new(struct tt_patcher *p, struct list *to, struct tt_str json)
{
	static const struct tt_member whole = {.quoted = {"\"ownerReferences\":", 18},
		.type = TT_MEMBER_MESSAGE,
		.message = &tt_message_ownerref};
	struct tt_ownerref item = {.kind = {0}};

	tt_message_init(&tt_message_ownerref, &item);
	int rc = tt_patch_read(p, &whole, &item, json);

	if (rc == 0)
		add(to, &item);
	return rc;
}

/* Sorts out the elements that are directives: what to delete goes into `ret_deleted`, the others
 * into `ret_plain`. */
static int sort_out(struct tt_patcher *p, const struct elements *all, struct elements *ret_plain,
	struct list *ret_deleted, bool *ret_replace)
{
	*ret_plain = (struct elements){tt_arena_new(p->arena, struct element, all->n + 1), 0};
	for (uint32_t i = 0; i < all->n; i++) {
		const struct element *x = &all->items[i];

		if (tt_str_is(x->how, "\"replace\"")) {
			*ret_replace = true;
			continue;
		}
		if (x->how.data != NULL && !tt_str_is(x->how, "\"delete\""))
			return tt_fail(
				p->err, TT_EINVAL, "unknown patch type: %.*s", TT_STR_ARG(x->how));
		if (x->uid.data == NULL)
			return no_uid(p);
		if (x->how.data != NULL)
			add(ret_deleted, &(struct tt_ownerref){.uid = x->uid});
		else
			ret_plain->items[ret_plain->n++] = *x;
	}
	return 0;
}

/* Merges each element into the item with its uid, or adds it. */
static int merge_plain(struct tt_patcher *p, const struct elements *plain, struct merge *to)
{
	struct index kept = index_of(&to->merged, p->arena), named = index_of(&to->named, p->arena);
	uint32_t *place = tt_arena_new(p->arena, uint32_t, plain->n + 1);
	int rc = 0;

	for (uint32_t i = 0; i < plain->n && rc == 0; i++) {
		struct tt_str uid = plain->items[i].uid, json = plain->items[i].json;
		uint32_t first = find(&named, uid);

		if (first == i)
			place[i] = find(&kept, uid);
		if (first == i && place[i] == NOT_FOUND) {
			place[i] = to->merged.n;
			rc = add_new(p, &to->merged, json);
		} else {
			rc = p->object(
				p, &tt_message_ownerref, item_at(&to->merged, place[first]), json);
		}
	}
	return rc;
}

static int merge_objects(
	struct tt_patcher *p, const struct tt_member *member, struct tt_str value, struct merge *to)
{
	struct elements all, plain;
	int rc = read_elements(p, value, &all);

	if (rc < 0)
		return rc;
	struct list deleted = list_new(member, all.n, p->arena);

	rc = sort_out(p, &all, &plain, &deleted, &to->replaced);
	if (rc < 0)
		return rc;
	struct index gone = index_of(&deleted, p->arena);

	to->merged = list_new(member, to->live.n + plain.n, p->arena);
	to->named = list_new(member, plain.n, p->arena);
	for (uint32_t i = 0; i < plain.n; i++)
		add(&to->named, &(struct tt_ownerref){.uid = plain.items[i].uid});
	for (uint32_t i = 0; i < plain.n && to->replaced && rc == 0; i++)
		rc = add_new(p, &to->merged, plain.items[i].json);
	if (to->replaced)
		return rc;
	for (uint32_t i = 0; i < to->live.n; i++)
		if (find(&gone, key_at(&to->live, i)) == NOT_FOUND)
			add(&to->merged, item_at(&to->live, i));
	return merge_plain(p, &plain, to);
}

/* Where there was no list, the patch is taken as it is but for its directives. */
static int take_all(struct tt_patcher *p, const struct tt_member *member, void *base,
	struct tt_str value, struct merge *to)
{
	struct elements all = {0};

	if (member->type == TT_MEMBER_MESSAGES && read_elements(p, value, &all) < 0)
		return tt_fail(p->err, TT_EUNFIT, "expected an array of objects");
	to->replaced = true;
	to->merged = list_new(member, all.n, p->arena);
	if (member->type == TT_MEMBER_STRINGS) {
		int rc = tt_patch_read(p, member, base, value);

		to->merged = to->named = get(member, base, p->arena);
		return rc;
	}
	for (uint32_t i = 0; i < all.n; i++) {
		int rc = all.items[i].how.data == NULL ? add_new(p, &to->merged, all.items[i].json)
						       : 0;

		if (rc < 0)
			return rc;
	}
	to->named = to->merged;
	return 0;
}

/* The patch may not name what the order does not, nor in another order. */
static int check_order(struct tt_patcher *p, const struct list *named, const struct list *order)
{
	uint32_t at = 0;

	for (uint32_t i = 0; i < order->n && at < named->n; i++)
		at += tt_str_eq(key_at(named, at), key_at(order, i));
	if (order->n == 0 || at == named->n)
		return 0;
	return tt_fail(
		p->err, TT_EINVAL, "the order in patch list doesn't match $setElementOrder list");
}

/* $deleteFromPrimitiveList: removes texts. Anything but an array goes for nothing. */
static int drop_texts(
	struct tt_patcher *p, const struct tt_member *member, struct tt_str json, struct list *l)
{
	struct list kept = list_new(member, l->n, p->arena), dropped;

	if (l->n == 0 || tt_patch_type_of(json) != TT_JSON_ARRAY)
		return 0;
	if (member->type != TT_MEMBER_STRINGS)
		return tt_fail(p->err, TT_EINVAL, "invalid patch format of primitive list");
	int rc = read_keys(p, member, json, &dropped);

	if (rc < 0)
		return rc;
	struct index gone = index_of(&dropped, p->arena);

	for (uint32_t i = 0; i < l->n; i++)
		if (find(&gone, key_at(l, i)) == NOT_FOUND)
			add(&kept, item_at(l, i));
	*l = kept;
	return 0;
}

static int merge_value(struct tt_patcher *p, const struct tt_member *member, void *base,
	struct tt_str value, struct merge *to)
{
	if (tt_patch_type_of(value) != TT_JSON_ARRAY)
		return tt_patch_read(p, member, base, value);
	if (to->live.n == 0)
		return take_all(p, member, base, value, to);
	return member->type == TT_MEMBER_STRINGS ? merge_texts(p, member, value, to)
						 : merge_objects(p, member, value, to);
}

int tt_patch_list(struct tt_patcher *p, const struct tt_member *member, void *base,
	const struct tt_patch_says *says)
{
	struct merge m = {
		.live = get(member, base, p->arena),
		.merged = get(member, base, p->arena),
		.named = list_new(member, 0, p->arena),
	};
	struct list order;
	int rc = 0;

	if (says->value.data != NULL)
		rc = merge_value(p, member, base, says->value, &m);
	if (rc < 0)
		return rc;
	if (says->order.data != NULL) {
		rc = read_keys(p, member, says->order, &order);
		if (rc == 0)
			rc = check_order(p, &m.named, &order);
		if (rc < 0)
			return rc;
		m.merged = arrange(member, &m.merged, &order, &m.live, p->arena);
	} else if (says->value.data != NULL && !m.replaced) {
		m.merged = arrange(member, &m.merged, &m.named, &m.live, p->arena);
	}
	rc = says->drop.data != NULL ? drop_texts(p, member, says->drop, &m.merged) : 0;
	set(member, base, &m.merged);
	return rc;
}
