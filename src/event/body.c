/* SPDX-License-Identifier: Apache-2.0 */
/* Bodies of requests. What the JSON reader of the hot path passes over in silence, unknown and
 * repeated fields, is looked for in a second walk, as only writes need it. */
#include "base/arena.h"
#include "base/hash.h"
#include "base/map.h"
#include "base/utf8.h"
#include "conf/yaml_json.h"
#include "event/causes.h"
#include "event/json_decode.h"
#include "event/protobuf_decode.h"

enum {
	MAX_TOLD = 100,        /* so many fields are told of, as by Kubernetes' own reader */
	MAX_PATH_BYTES = 1024, /* longer paths are cut */
};

/* The search for unknown and repeated fields in a body that is well-formed. */
struct search {
	struct tt_json_reader r;
	struct tt_event_body *body;
	struct tt_arena *arena;
	struct tt_buf path; /* of the field that is looked at */
};

/* What stands in an object of the API and not in our tables: kind and apiVersion; managedFields,
 * which are dropped. */
static const char *const object_names[] = {"kind", "apiVersion", NULL};
static const char *const meta_names[] = {"managedFields", NULL};
static const char *const no_names[] = {NULL};

static bool is_told(const struct search *s, struct tt_str what)
{
	for (size_t i = 0; i < s->body->n_unknown; i++)
		if (tt_str_eq(s->body->unknown[i], what))
			return true;
	return false;
}

/* Tells of the field at the path, each thing once. */
static void tell(struct search *s, const char *what)
{
	struct tt_event_body *body = s->body;
	struct tt_buf text;

	if (body->n_unknown == MAX_TOLD)
		return;
	if (body->unknown == NULL)
		body->unknown = tt_arena_new(s->arena, struct tt_str, MAX_TOLD);
	tt_buf_init(&text, (size_t)16 * MAX_PATH_BYTES);
	tt_buf_text(&text, what);
	tt_causes_quote(&text, tt_buf_view(&s->path));
	if (!is_told(s, tt_buf_view(&text)))
		body->unknown[body->n_unknown++] = tt_str_dup(s->arena, tt_buf_view(&text));
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

static void search_map(struct search *s)
{
	struct tt_map seen = {0};
	struct tt_str key;
	bool is_new;

	if (!tt_json_enter_object(&s->r))
		return;
	while (tt_json_next_key(&s->r, &key)) {
		size_t before = enter(s, key);

		(void)tt_map_put(&seen, tt_hash_str(key, 0), &is_new);
		if (!is_new)
			tell(s, "duplicate field ");
		(void)tt_json_skip(&s->r);
		leave(s, before);
	}
	tt_map_release(&seen);
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

		if (number < 0)
			tell(s, "unknown field ");
		else if ((seen >> number & 1) != 0)
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

static void find_unknown(struct tt_event_body *body, const struct tt_message *m, struct tt_str json,
	struct tt_arena *arena)
{
	struct search s = {.body = body, .arena = arena};

	tt_json_reader_init(&s.r, json, arena);
	tt_buf_init(&s.path, MAX_PATH_BYTES);
	search_object(&s, m, object_names);
	tt_buf_release(&s.path);
}

static int read_type(
	struct tt_event_body *body, struct tt_str json, struct tt_arena *arena, struct tt_err *err)
{
	struct tt_json_reader r;
	struct tt_str key;

	tt_json_reader_init(&r, json, arena);
	if (tt_json_enter_object(&r))
		while (tt_json_next_key(&r, &key)) {
			if (tt_str_is(key, "kind"))
				body->kind = tt_json_string(&r);
			else if (tt_str_is(key, "apiVersion"))
				body->api_version = tt_json_string(&r);
			else
				(void)tt_json_skip(&r);
		}
	return tt_json_reader_end(&r, true, err);
}

/* The table for a body: what its apiVersion names is for the caller to compare with the URL. */
static const struct tt_message *message_of(
	const struct tt_event_body *body, enum tt_api_group group)
{
	const struct tt_message *m = group == TT_GROUP_EVENTS ? &tt_message_event_events
							      : &tt_message_event;
	const struct tt_message *named = tt_event_message(body->api_version);

	return body->api_version.len > 0 && named != NULL ? named : m;
}

static bool is_event(const struct tt_event_body *body)
{
	return body->kind.len == 0 || tt_str_is(body->kind, "Event");
}

static int decode_json(struct tt_event_body *body, enum tt_api_group group, struct tt_str json,
	struct tt_arena *arena, struct tt_err *err)
{
	struct tt_json_reader r;
	int rc = read_type(body, json, arena, err);

	if (rc < 0 || !is_event(body))
		return rc;
	const struct tt_message *m = message_of(body, group);

	tt_json_reader_init(&r, json, arena);
	tt_message_read_json(&r, m, &body->event);
	rc = tt_json_reader_end(&r, true, err);
	if (rc == 0)
		find_unknown(body, m, json, arena);
	return rc;
}

static int decode_yaml(struct tt_event_body *body, enum tt_api_group group, struct tt_str yaml,
	struct tt_arena *arena, struct tt_err *err)
{
	struct tt_str json, twice;
	int rc = tt_yaml_text_to_json(&json, &twice, yaml, arena, err);

	if (rc == 0 && twice.len > 0) { /* told first, as Kubernetes does */
		body->unknown = tt_arena_new(arena, struct tt_str, MAX_TOLD);
		body->unknown[body->n_unknown++] = tt_str_printf(
			arena, "yaml: unmarshal errors:%.*s", TT_STR_ARG(twice));
	}
	return rc == 0 ? decode_json(body, group, json, arena, err) : rc;
}

static int decode_protobuf(struct tt_event_body *body, enum tt_api_group group, struct tt_str bytes,
	struct tt_arena *arena, struct tt_err *err)
{
	struct tt_str raw;
	int rc = tt_envelope_decode_protobuf(
		&body->api_version, &body->kind, &raw, bytes, arena, err);

	if (rc == 0 && !(tt_utf8_valid(body->api_version) && tt_utf8_valid(body->kind)))
		rc = tt_fail(err, TT_EINVAL, "kind and apiVersion are not UTF-8");
	if (rc < 0 || !is_event(body))
		return rc;
	return tt_message_decode_protobuf(&body->event, message_of(body, group), raw, arena, err);
}

int tt_event_body_decode(struct tt_event_body *ret, enum tt_format format, enum tt_api_group group,
	struct tt_str bytes, struct tt_arena *arena, struct tt_err *err)
{
	*ret = (struct tt_event_body){0};
	tt_event_init(&ret->event);
	switch (format) {
	case TT_FORMAT_PROTOBUF: return decode_protobuf(ret, group, bytes, arena, err);
	case TT_FORMAT_YAML: return decode_yaml(ret, group, bytes, arena, err);
	default: return decode_json(ret, group, bytes, arena, err);
	}
}
