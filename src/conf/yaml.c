/* SPDX-License-Identifier: Apache-2.0 */
#include "conf/yaml.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <yaml.h>

#include "base/arena.h"
#include "base/assert.h"
#include "base/buf.h"
#include "base/hash.h"
#include "base/map.h"
#include "base/vec.h"

enum { MAX_BYTES = 1024 * 1024, MAX_NODES = 10000, MAX_DEPTH = 32 };

/* The names of keys that are given twice are cut here. */
enum { MAX_TOLD_KEY = 256 };

struct reader {
	yaml_parser_t parser;
	struct tt_str text;
	const struct tt_yaml_rules *rules;
	struct tt_arena *arena;
	struct tt_err *err;
	size_t nodes;
	unsigned depth;
};

__attribute__((format(printf, 3, 4))) static int fail_at(
	struct reader *r, yaml_mark_t mark, const char *fmt, ...)
{
	char what[256];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	return tt_fail(r->err, TT_EINVAL, "%s:%zu:%zu: %s", r->rules->file, mark.line + 1,
		mark.column + 1, what);
}

/* Where a byte of the text is, for errors of which libyaml knows no line. */
static yaml_mark_t mark_of_offset(struct tt_str text, size_t offset)
{
	yaml_mark_t mark = {0};

	for (size_t i = 0; i < offset && i < text.len; i++) {
		mark.column++;
		if (text.data[i] == '\n') {
			mark.line++;
			mark.column = 0;
		}
	}
	return mark;
}

static int fail_parser(struct reader *r)
{
	const yaml_parser_t *p = &r->parser;
	const char *problem = p->problem != NULL ? p->problem : "not YAML";

	if (p->error == YAML_READER_ERROR)
		return fail_at(r, mark_of_offset(r->text, p->problem_offset), "%s", problem);
	if (p->context != NULL)
		return fail_at(r, p->problem_mark, "%s %s", problem, p->context);
	return fail_at(r, p->problem_mark, "%s", problem);
}

/* The next event; the caller deletes it, also after a failure. */
static int next_event(struct reader *r, yaml_event_t *event)
{
	memset(event, 0, sizeof(*event));
	return yaml_parser_parse(&r->parser, event) == 1 ? 0 : fail_parser(r);
}

/* A node at the place of `event`; NULL, with the error, if there are too many. */
static struct tt_yaml *new_node(struct reader *r, const yaml_event_t *event, enum tt_yaml_type type)
{
	struct tt_yaml *node;

	if (++r->nodes > r->rules->max_nodes) {
		(void)fail_at(r, event->start_mark, "more than %zu values", r->rules->max_nodes);
		return NULL;
	}
	node = tt_arena_new(r->arena, struct tt_yaml, 1);
	node->type = type;
	node->line = (unsigned)event->start_mark.line + 1;
	node->column = (unsigned)event->start_mark.column + 1;
	return node;
}

static int read_scalar(struct reader *r, const yaml_event_t *event, struct tt_yaml **ret)
{
	struct tt_str text = {(const char *)event->data.scalar.value, event->data.scalar.length};
	struct tt_yaml *node;

	if (event->data.scalar.tag != NULL)
		return fail_at(r, event->start_mark, "tags (%s) are not supported",
			event->data.scalar.tag);
	if (!r->rules->any_text && text.len > 0 && memchr(text.data, '\0', text.len) != NULL)
		return fail_at(r, event->start_mark, "a text with a NUL character");
	node = new_node(r, event, TT_YAML_SCALAR);
	if (node == NULL)
		return TT_EINVAL;
	node->scalar = tt_str_dup(r->arena, text);
	node->quoted = event->data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
	*ret = node;
	return 0;
}

struct node_list {
	struct tt_yaml **items;
	size_t n, cap;
};

static struct tt_yaml **keep_list(struct reader *r, const struct node_list *list)
{
	struct tt_yaml **kept = tt_arena_new(r->arena, struct tt_yaml *, list->n);

	if (list->n > 0)
		memcpy(kept, list->items, list->n * sizeof(*kept));
	return kept;
}

static int read_node(struct reader *r, const yaml_event_t *event, struct tt_yaml **ret);

static int read_next(struct reader *r, yaml_event_type_t end, struct tt_yaml **ret)
{
	yaml_event_t event;
	int rc = next_event(r, &event);

	*ret = NULL;
	if (rc == 0 && event.type != end)
		rc = read_node(r, &event, ret);
	yaml_event_delete(&event);
	return rc;
}

static int read_sequence(struct reader *r, struct tt_yaml *node)
{
	struct node_list items = {0};
	struct tt_yaml *item;
	int rc;

	while ((rc = read_next(r, YAML_SEQUENCE_END_EVENT, &item)) == 0 && item != NULL)
		*tt_vec_push(&items) = item;
	node->items = keep_list(r, &items);
	node->n = items.n;
	tt_vec_release(&items);
	return rc;
}

static yaml_mark_t mark_of(const struct tt_yaml *node)
{
	return (yaml_mark_t){.line = node->line - 1, .column = node->column - 1};
}

/* Tells of a key that is in its mapping already. */
static void tell_twice(struct reader *r, const struct tt_yaml *key)
{
	struct tt_str name = key->scalar;

	name.len = name.len < MAX_TOLD_KEY ? name.len : MAX_TOLD_KEY;
	tt_buf_printf(r->rules->ret_twice, "\n  line %u: key \"%.*s\" already set in map",
		key->line, TT_STR_ARG(name));
}

/* `seen` leads from the hash of a key to its node. */
static int check_key(struct reader *r, struct tt_map *seen, const struct tt_yaml *key)
{
	const struct tt_yaml *first;
	uint64_t *slot;
	bool is_new;

	if (key->type != TT_YAML_SCALAR)
		return fail_at(r, mark_of(key), "a key must be plain text");
	slot = tt_map_put(seen, tt_hash_str(key->scalar, 0), &is_new);
	if (is_new)
		*slot = (uintptr_t)key;
	first = (const struct tt_yaml *)(uintptr_t)*slot;
	if (is_new || !tt_str_eq(first->scalar, key->scalar))
		return 0;
	if (r->rules->ret_twice == NULL)
		return fail_at(r, mark_of(key), "the key %.*s is already in line %u",
			TT_STR_ARG(key->scalar), first->line);
	tell_twice(r, key);
	return 0;
}

static int read_mapping(struct reader *r, struct tt_yaml *node)
{
	struct node_list keys = {0}, values = {0};
	struct tt_map seen = {0};
	struct tt_yaml *item;
	int rc;

	while ((rc = read_next(r, YAML_MAPPING_END_EVENT, &item)) == 0 && item != NULL) {
		rc = check_key(r, &seen, item);
		if (rc < 0)
			break;
		*tt_vec_push(&keys) = item;
		rc = read_next(r, YAML_NO_EVENT, &item);
		if (rc < 0)
			break;
		*tt_vec_push(&values) = item;
	}
	tt_map_release(&seen);
	if (rc == 0) {
		node->keys = keep_list(r, &keys);
		node->items = keep_list(r, &values);
		node->n = keys.n;
	}
	tt_vec_release(&keys);
	tt_vec_release(&values);
	return rc;
}

static int read_collection(struct reader *r, const yaml_event_t *event, struct tt_yaml **ret)
{
	bool is_mapping = event->type == YAML_MAPPING_START_EVENT;
	const yaml_char_t *tag = is_mapping ? event->data.mapping_start.tag
					    : event->data.sequence_start.tag;
	int rc;

	if (tag != NULL)
		return fail_at(r, event->start_mark, "tags (%s) are not supported", tag);
	if (r->depth == MAX_DEPTH)
		return fail_at(r, event->start_mark, "nested deeper than %d levels", MAX_DEPTH);
	*ret = new_node(r, event, is_mapping ? TT_YAML_MAPPING : TT_YAML_SEQUENCE);
	if (*ret == NULL)
		return TT_EINVAL;
	r->depth++;
	rc = is_mapping ? read_mapping(r, *ret) : read_sequence(r, *ret);
	r->depth--;
	return rc;
}

static int read_node(struct reader *r, const yaml_event_t *event, struct tt_yaml **ret)
{
	switch (event->type) {
	case YAML_SCALAR_EVENT: return read_scalar(r, event, ret);
	case YAML_SEQUENCE_START_EVENT:
	case YAML_MAPPING_START_EVENT: return read_collection(r, event, ret);
	case YAML_ALIAS_EVENT:
		return fail_at(r, event->start_mark, "aliases (*%s) are not supported",
			event->data.alias.anchor);
	default: return fail_at(r, event->start_mark, "a value is missing");
	}
}

/* Takes the next event, which must be of `type` if that is not YAML_NO_EVENT. */
static int skip_event(struct reader *r, yaml_event_type_t type, yaml_event_type_t *ret)
{
	yaml_event_t event;
	int rc = next_event(r, &event);

	if (rc == 0)
		*ret = event.type;
	if (rc == 0 && type != YAML_NO_EVENT && event.type != type)
		rc = fail_at(r, event.start_mark, "only one document is allowed");
	yaml_event_delete(&event);
	return rc;
}

static int read_document(struct reader *r, struct tt_yaml **ret)
{
	yaml_event_type_t type = YAML_NO_EVENT;
	int rc = skip_event(r, YAML_STREAM_START_EVENT, &type);

	if (rc == 0)
		rc = skip_event(r, YAML_NO_EVENT, &type);
	if (rc < 0 || type == YAML_STREAM_END_EVENT)
		return rc;
	rc = read_next(r, YAML_NO_EVENT, ret);
	if (rc == 0)
		rc = skip_event(r, YAML_DOCUMENT_END_EVENT, &type);
	if (rc == 0 && !r->rules->first_document)
		rc = skip_event(r, YAML_STREAM_END_EVENT, &type);
	return rc;
}

static bool is_null(const struct tt_yaml *node)
{
	static const char *const nulls[] = {"", "~", "null", "Null", "NULL"};

	if (node->type != TT_YAML_SCALAR || node->quoted)
		return false;
	for (size_t i = 0; i < sizeof(nulls) / sizeof(nulls[0]); i++) {
		if (tt_str_is(node->scalar, nulls[i]))
			return true;
	}
	return false;
}

int tt_yaml_parse(struct tt_yaml **ret, struct tt_str text, const char *file,
	struct tt_arena *arena, struct tt_err *err)
{
	const struct tt_yaml_rules rules = {
		.file = file, .max_bytes = MAX_BYTES, .max_nodes = MAX_NODES};

	return tt_yaml_parse_by(ret, text, &rules, arena, err);
}

int tt_yaml_parse_by(struct tt_yaml **ret, struct tt_str text, const struct tt_yaml_rules *rules,
	struct tt_arena *arena, struct tt_err *err)
{
	struct reader r = {.text = text, .rules = rules, .arena = arena, .err = err};
	struct tt_yaml *root = NULL;
	int rc;

	*ret = NULL;
	if (text.len > rules->max_bytes)
		return tt_fail(err, TT_ELIMIT, "%s:1:1: longer than %zu bytes", rules->file,
			rules->max_bytes);
	tt_assert(yaml_parser_initialize(&r.parser) == 1);
	yaml_parser_set_input_string(
		&r.parser, (const unsigned char *)(text.len > 0 ? text.data : ""), text.len);
	rc = read_document(&r, &root);
	yaml_parser_delete(&r.parser);
	if (rc == 0 && root != NULL && !is_null(root))
		*ret = root;
	return rc;
}

const struct tt_yaml *tt_yaml_get(const struct tt_yaml *node, const char *key)
{
	if (node == NULL || node->type != TT_YAML_MAPPING)
		return NULL;
	for (size_t i = 0; i < node->n; i++) {
		if (tt_str_is(node->keys[i]->scalar, key))
			return is_null(node->items[i]) ? NULL : node->items[i];
	}
	return NULL;
}

struct tt_str tt_yaml_text(const struct tt_yaml *node)
{
	if (node == NULL || node->type != TT_YAML_SCALAR || is_null(node))
		return (struct tt_str){0};
	return node->scalar;
}

bool tt_yaml_bool(const struct tt_yaml *node, bool fallback)
{
	struct tt_str text = tt_yaml_text(node);

	if (node == NULL || node->quoted)
		return fallback;
	if (tt_str_is(text, "true") || tt_str_is(text, "True") || tt_str_is(text, "TRUE"))
		return true;
	if (tt_str_is(text, "false") || tt_str_is(text, "False") || tt_str_is(text, "FALSE"))
		return false;
	return fallback;
}
