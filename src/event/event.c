/* SPDX-License-Identifier: Apache-2.0 */
#include "event/event.h"

#include "base/arena.h"
#include "event/members.h"

void tt_event_init(struct tt_event *e)
{
	*e = (struct tt_event){
		.metadata = {.creation_us = TT_TIME_ZERO, .deletion_us = TT_TIME_ZERO},
		.first_timestamp_us = TT_TIME_ZERO,
		.last_timestamp_us = TT_TIME_ZERO,
		.event_time_us = TT_TIME_ZERO,
		.series_last_observed_us = TT_TIME_ZERO,
	};
}

static void copy_texts(const struct tt_message *m, void *base, struct tt_arena *arena);

static void copy_string(struct tt_str *s, struct tt_arena *arena)
{
	*s = s->len > 0 ? tt_str_dup(arena, *s) : (struct tt_str){0};
}

/* An array of `n` items of `size` bytes, copied and put into `*at`. */
static void *copy_array(void *at, size_t n, size_t size, struct tt_arena *arena)
{
	void *from;

	memcpy(&from, at, sizeof(from));
	void *copy = n > 0 ? tt_arena_alloc(arena, n * size, _Alignof(max_align_t)) : NULL;

	if (n > 0)
		memcpy(copy, from, n * size);
	memcpy(at, &copy, sizeof(copy));
	return copy;
}

static void copy_items(const struct tt_member *member, void *base, struct tt_arena *arena)
{
	void *at = tt_member_at(base, member->offset);
	uint32_t n = *(const uint32_t *)tt_member_of(base, member->presence);

	if (member->type == TT_MEMBER_MESSAGES) {
		char *items = copy_array(at, n, member->message->size, arena);

		for (uint32_t i = 0; i < n; i++)
			copy_texts(
				member->message, items + (size_t)i * member->message->size, arena);
		return;
	}
	uint32_t strings = member->type == TT_MEMBER_MAP ? 2 * n : n; /* a label is two of them */
	struct tt_str *items = copy_array(at, strings, sizeof(*items), arena);

	for (uint32_t i = 0; i < strings; i++)
		copy_string(&items[i], arena);
}

_Static_assert(sizeof(struct tt_label) == 2 * sizeof(struct tt_str), "a label is two strings");

/* Makes what `base` borrows its own. */
static void copy_texts(const struct tt_message *m, void *base, struct tt_arena *arena)
{
	for (const struct tt_member *member = m->members; member < m->members + m->n; member++) {
		switch (member->type) {
		case TT_MEMBER_STRING:
			copy_string(tt_member_at(base, member->offset), arena);
			break;
		case TT_MEMBER_MESSAGE:
			copy_texts(member->message, tt_member_at(base, member->offset), arena);
			break;
		case TT_MEMBER_MAP:
		case TT_MEMBER_STRINGS:
		case TT_MEMBER_MESSAGES: copy_items(member, base, arena); break;
		default: break;
		}
	}
}

void tt_event_copy(struct tt_event *to, const struct tt_event *from, struct tt_arena *arena)
{
	*to = *from;
	copy_texts(&tt_message_event, to, arena);
}

static bool equal(const struct tt_message *m, const void *a, const void *b);

static bool items_equal(const struct tt_member *member, const void *a, const void *b)
{
	uint32_t n = *(const uint32_t *)tt_member_of(a, member->presence);
	const char *items_a, *items_b;

	if (n != *(const uint32_t *)tt_member_of(b, member->presence))
		return false;
	memcpy(&items_a, tt_member_of(a, member->offset), sizeof(items_a));
	memcpy(&items_b, tt_member_of(b, member->offset), sizeof(items_b));
	if (member->type == TT_MEMBER_MESSAGES) {
		size_t size = member->message->size;

		for (uint32_t i = 0; i < n; i++)
			if (!equal(member->message, items_a + i * size, items_b + i * size))
				return false;
		return true;
	}
	const struct tt_str *s = (const void *)items_a, *t = (const void *)items_b;

	for (uint32_t i = 0; i < (member->type == TT_MEMBER_MAP ? 2 * n : n); i++)
		if (!tt_str_eq(s[i], t[i]))
			return false;
	return true;
}

static bool member_equal(const struct tt_member *member, const void *a, const void *b)
{
	const void *at_a = tt_member_of(a, member->offset), *at_b = tt_member_of(b, member->offset);

	if ((member->flags & TT_MEMBER_OPTIONAL) != 0) {
		if (tt_member_is_set(member, a) != tt_member_is_set(member, b))
			return false;
		if (!tt_member_is_set(member, a))
			return true;
	}
	switch (member->type) {
	case TT_MEMBER_STRING:
		return tt_str_eq(*(const struct tt_str *)at_a, *(const struct tt_str *)at_b);
	case TT_MEMBER_INT32: return *(const int32_t *)at_a == *(const int32_t *)at_b;
	case TT_MEMBER_BOOL: return *(const int8_t *)at_a == *(const int8_t *)at_b;
	case TT_MEMBER_MESSAGE: return equal(member->message, at_a, at_b);
	case TT_MEMBER_MAP:
	case TT_MEMBER_STRINGS:
	case TT_MEMBER_MESSAGES: return items_equal(member, a, b);
	default: return *(const int64_t *)at_a == *(const int64_t *)at_b;
	}
}

static bool equal(const struct tt_message *m, const void *a, const void *b)
{
	for (unsigned i = 0; i < m->n; i++)
		if (!member_equal(&m->members[i], a, b))
			return false;
	return true;
}

bool tt_event_equal(const struct tt_event *a, const struct tt_event *b)
{
	return equal(&tt_message_event, a, b);
}

int64_t tt_event_time_us(const struct tt_event *e, int64_t recorded_at_us)
{
	int64_t t = e->has_series ? e->series_last_observed_us : TT_TIME_ZERO;

	if (t == TT_TIME_ZERO)
		t = e->last_timestamp_us;
	if (t == TT_TIME_ZERO)
		t = e->event_time_us;
	if (t == TT_TIME_ZERO)
		t = e->first_timestamp_us;
	if (t < e->metadata.creation_us)
		t = e->metadata.creation_us;
	return t == TT_TIME_ZERO || t > recorded_at_us ? recorded_at_us : t;
}

uint32_t tt_event_occurrences(const struct tt_event *e)
{
	int32_t n = e->has_series ? e->series_count : e->count;

	return n > 0 ? (uint32_t)n : 1;
}

bool tt_event_rv(const struct tt_event *e, uint64_t *ret_rv)
{
	unsigned long long rv;

	if (!tt_str_u64(e->metadata.resource_version, &rv))
		return false;
	*ret_rv = rv;
	return true;
}
