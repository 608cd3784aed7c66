/* SPDX-License-Identifier: Apache-2.0 */
#include "event/unknown.h"

#include <stdlib.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/hash.h"
#include "base/map.h"
#include "event/causes.h"
#include "event/members.h"
#include "wire/json.h"

enum { MAX_PATH_BYTES = 1024 /* longer paths are cut */ };

/* The search for unknown and repeated fields in a body that is well-formed. */
struct search {
	struct tt_json_reader r;
	struct tt_str *told; /* room for TT_UNKNOWN_MAX, or NULL before the first */
	size_t n;
	struct tt_arena *arena;
	struct tt_buf path; /* of the field that is looked at */
	/* In a patch a null takes away what there is, and what a key says twice was looked for
	 * before; a strategic one has directives as well. */
	bool is_patch, has_directives;
};

/* What stands in an object of the API and not in our tables: kind and apiVersion; managedFields,
 * which are dropped. */
static const char *const object_names[] = {"kind", "apiVersion", NULL};
static const char *const meta_names[] = {"managedFields", NULL};
static const char *const no_names[] = {NULL};

static bool is_told(const struct search *s, struct tt_str what)
{
	for (size_t i = 0; i < s->n; i++)
		if (tt_str_eq(s->told[i], what))
			return true;
	return false;
}

/* Tells of the field at the path, each thing once. */
static void tell(struct search *s, const char *what)
{
	struct tt_buf text;

	if (s->n == TT_UNKNOWN_MAX)
		return;
	if (s->told == NULL)
		s->told = tt_arena_new(s->arena, struct tt_str, TT_UNKNOWN_MAX);
	tt_buf_init(&text, (size_t)16 * MAX_PATH_BYTES);
	tt_buf_text(&text, what);
	tt_causes_quote(&text, tt_buf_view(&s->path));
	if (!is_told(s, tt_buf_view(&text)))
		s->told[s->n++] = tt_str_dup(s->arena, tt_buf_view(&text));
	tt_buf_release(&text);
}

/* Goes on to a field of the object at the path; back to it with the returned length. */
static size_t enter(struct search *s, struct tt_str key)
{
	size_t before = s->path.len;

	if (before > 0)
		tt_buf_char(&s->path, '.');
	tt_buf_str(&s->path, key);
	return before;
}

static void leave(struct search *s, size_t before)
{
	s->path.failed = false;
	if (s->path.len > before) {
		s->path.len = before;
		s->path.data[before] = '\0';
	}
}

static void search_object(
	struct search *s, const struct tt_message *m, const char *const *more_names);

static void search_array(struct search *s, const struct tt_message *m)
{
	unsigned i = 0;

	if (!tt_json_enter_array(&s->r))
		return;
	while (tt_json_next_item(&s->r)) {
		size_t before = s->path.len;

		tt_buf_printf(&s->path, "[%u]", i++);
		search_object(s, m, no_names);
		leave(s, before);
	}
}

static void search_twice(struct search *s);

/* What an object or a map says twice, at any depth where `deep`. */
static void search_keys(struct search *s, bool deep)
{
	struct tt_map seen = {0};
	struct tt_str key;
	bool is_new;

	if (!tt_json_enter_object(&s->r))
		return;
	while (tt_json_next_key(&s->r, &key)) {
		size_t before = enter(s, key);

		(void)tt_map_put(&seen, tt_hash_str(key, 0), &is_new);
		if (deep)
			search_twice(s);
		else
			(void)tt_json_skip(&s->r);
		if (!is_new)
			tell(s, "duplicate field ");
		leave(s, before);
	}
	tt_map_release(&seen);
}

static void search_twice(struct search *s)
{
	unsigned i = 0;

	if (tt_json_peek(&s->r) == TT_JSON_OBJECT_VALUE) {
		search_keys(s, true);
	} else if (tt_json_peek(&s->r) == TT_JSON_ARRAY && tt_json_enter_array(&s->r)) {
		while (tt_json_next_item(&s->r)) {
			size_t before = s->path.len;

			tt_buf_printf(&s->path, "[%u]", i++);
			search_twice(s);
			leave(s, before);
		}
	} else {
		(void)tt_json_skip(&s->r);
	}
}

static void search_map(struct search *s)
{
	if (s->is_patch)
		(void)tt_json_skip(&s->r);
	else
		search_keys(s, false);
}

static void search_member(struct search *s, const struct tt_member *member)
{
	bool is_meta = tt_member_is(member, TT_STR("metadata"));

	switch (member->type) {
	case TT_MEMBER_MESSAGE:
		search_object(s, member->message, is_meta ? meta_names : no_names);
		return;
	case TT_MEMBER_MESSAGES: search_array(s, member->message); return;
	case TT_MEMBER_MAP: search_map(s); return;
	default: (void)tt_json_skip(&s->r); return;
	}
}

/* The number of the field called `key`: its place in the table, then those of `more_names`; -1 if
 * there is none. */
static int number_of(const struct tt_message *m, const char *const *more_names, struct tt_str key)
{
	for (unsigned i = 0; i < m->n; i++)
		if (tt_member_is(&m->members[i], key))
			return (int)i;
	for (unsigned i = 0; more_names[i] != NULL; i++)
		if (tt_str_is(key, more_names[i]))
			return (int)(m->n + i);
	return -1;
}

/* Whether a key of a strategic patch is no field. */
static bool is_directive(const struct search *s, struct tt_str key)
{
	return s->has_directives &&
	       (tt_str_is(key, "$patch") || tt_str_is(key, "$retainKeys") ||
		       tt_str_starts(key, TT_STR("$setElementOrder/")) ||
		       tt_str_starts(key, TT_STR("$deleteFromPrimitiveList/")));
}

static void search_object(
	struct search *s, const struct tt_message *m, const char *const *more_names)
{
	uint64_t seen = 0; /* a bit for each number */
	struct tt_str key;

	if (!tt_json_enter_object(&s->r))
		return;
	while (tt_json_next_key(&s->r, &key)) {
		size_t before = enter(s, key);
		int number = number_of(m, more_names, key);

		bool passed = is_directive(s, key) ||
			      (s->is_patch && tt_json_peek(&s->r) == TT_JSON_NULL);

		if (number < 0 && !passed)
			tell(s, "unknown field ");
		else if (number >= 0 && !s->is_patch && (seen >> number & 1) != 0)
			tell(s, "duplicate field ");
		if (number >= 0)
			seen |= (uint64_t)1 << number;
		if (number >= 0 && number < m->n)
			search_member(s, &m->members[number]);
		else
			(void)tt_json_skip(&s->r);
		leave(s, before);
	}
}

void tt_unknown_in_body(struct tt_event_body *body, const struct tt_message *m, struct tt_str json,
	struct tt_arena *arena)
{
	struct search s = {.told = body->unknown, .n = body->n_unknown, .arena = arena};

	tt_json_reader_init(&s.r, json, arena);
	tt_buf_init(&s.path, MAX_PATH_BYTES);
	search_object(&s, m, object_names);
	tt_buf_release(&s.path);
	body->unknown = s.told;
	body->n_unknown = s.n;
}

static int compare(const void *a, const void *b)
{
	return tt_str_cmp(*(const struct tt_str *)a, *(const struct tt_str *)b);
}

void tt_unknown_in_patch(struct tt_event_body *body, enum tt_patch_type type,
	enum tt_api_group group, struct tt_str patch, struct tt_arena *arena)
{
	struct search s = {
		.arena = arena, .is_patch = true, .has_directives = type == TT_PATCH_STRATEGIC};

	tt_buf_init(&s.path, MAX_PATH_BYTES);
	tt_json_reader_init(&s.r, patch, arena);
	search_twice(&s);
	size_t twice = s.n;

	tt_json_reader_init(&s.r, patch, arena);
	search_object(&s, group == TT_GROUP_EVENTS ? &tt_message_event_events : &tt_message_event,
		object_names);
	tt_buf_release(&s.path);
	if (s.n - twice > 1)
		qsort(s.told + twice, s.n - twice, sizeof(*s.told), compare);
	body->unknown = s.told;
	body->n_unknown = s.n;
}
