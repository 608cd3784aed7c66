/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/yaml_text.h"

#include <stdlib.h>
#include <yaml.h>

#include "base/arena.h"
#include "base/mem.h"
#include "wire/json.h"

/* A JSON value whose members are in order. */
struct node {
	enum tt_json_type type;
	struct tt_str text;     /* of a scalar: undone, or as it stands */
	struct member *members; /* of an object or array */
	size_t n;
};

struct member {
	struct tt_str key; /* of an object */
	struct node value;
};

static void read_node(struct tt_json_reader *r, struct node *ret);

static int compare_members(const void *a, const void *b)
{
	const struct member *x = a, *y = b;

	return tt_yaml_key_cmp(x->key, y->key);
}

static size_t count_members(const struct tt_json_reader *r, bool is_object)
{
	struct tt_json_reader ahead = *r;
	struct tt_str key;
	size_t n = 0;

	if (is_object ? !tt_json_enter_object(&ahead) : !tt_json_enter_array(&ahead))
		return 0;
	for (; is_object ? tt_json_next_key(&ahead, &key) : tt_json_next_item(&ahead); n++)
		tt_json_skip(&ahead);
	return n;
}

static void read_members(struct tt_json_reader *r, struct node *node)
{
	bool is_object = node->type == TT_JSON_OBJECT_VALUE;
	size_t max = count_members(r, is_object);
	struct tt_str key = {0};

	node->members = tt_arena_new(r->arena, struct member, max);
	if (is_object ? !tt_json_enter_object(r) : !tt_json_enter_array(r))
		return;
	while ((is_object ? tt_json_next_key(r, &key) : tt_json_next_item(r)) && node->n < max) {
		struct member *m = &node->members[node->n++];

		m->key = key;
		read_node(r, &m->value);
	}
	if (is_object && node->n > 1)
		qsort(node->members, node->n, sizeof(*node->members), compare_members);
}

static void read_node(struct tt_json_reader *r, struct node *ret)
{
	*ret = (struct node){.type = tt_json_peek(r)};
	if (ret->type == TT_JSON_OBJECT_VALUE || ret->type == TT_JSON_ARRAY)
		read_members(r, ret);
	else if (ret->type == TT_JSON_STRING)
		ret->text = tt_json_string(r);
	else
		ret->text = tt_json_skip(r);
}

/* The first failure is kept; the emitter is not used after it. */
struct writer {
	yaml_emitter_t emitter;
	struct tt_buf *to;
	struct tt_arena arena;
	struct tt_err err;
	bool failed;
};

static int take_bytes(void *arg, unsigned char *bytes, size_t n)
{
	struct writer *w = arg;

	tt_buf_add(w->to, bytes, n);
	return !w->to->failed;
}

/* Takes over `event`. */
static void emit(struct writer *w, yaml_event_t *event)
{
	if (w->failed) {
		yaml_event_delete(event);
		return;
	}
	if (yaml_emitter_emit(&w->emitter, event))
		return;
	w->failed = true;
	(void)tt_fail(&w->err, TT_EIO, "cannot write YAML: %s", w->emitter.problem);
}

static void writer_init(struct writer *w, struct tt_buf *to)
{
	yaml_event_t event;

	*w = (struct writer){.to = to};
	(void)yaml_emitter_initialize(&w->emitter);
	yaml_emitter_set_output(&w->emitter, take_bytes, w);
	yaml_emitter_set_unicode(&w->emitter, 1);
	(void)yaml_stream_start_event_initialize(&event, YAML_UTF8_ENCODING);
	emit(w, &event);
	(void)yaml_document_start_event_initialize(&event, NULL, NULL, NULL, 1);
	emit(w, &event);
}

/* libyaml ends a document with dots once a literal with blank lines at its end stood in it;
 * go-yaml does not. Nothing else of ours begins a line with dots. */
static void drop_dots(struct tt_buf *to)
{
	if (!tt_str_ends(tt_buf_view(to), TT_STR("\n...\n")))
		return;
	to->len -= 4;
	to->data[to->len] = '\0';
}

static int writer_end(struct writer *w, struct tt_err *err)
{
	yaml_event_t event;
	int rc = 0;

	(void)yaml_document_end_event_initialize(&event, 1);
	emit(w, &event);
	(void)yaml_stream_end_event_initialize(&event);
	emit(w, &event);
	yaml_emitter_delete(&w->emitter);
	drop_dots(w->to);
	tt_arena_release(&w->arena);
	if (w->failed) {
		if (err != NULL)
			*err = w->err;
		rc = w->err.code;
	}
	return rc;
}

static void put_scalar(struct writer *w, struct tt_str text, yaml_scalar_style_t style)
{
	static const yaml_char_t none[] = "";
	yaml_event_t event;

	if (!yaml_scalar_event_initialize(&event, NULL, NULL,
		    text.len > 0 ? (const yaml_char_t *)text.data : none, (int)text.len, 1, 1,
		    style)) {
		w->failed = true;
		(void)tt_fail(&w->err, TT_EINVAL, "cannot write YAML: text is not UTF-8");
		return;
	}
	emit(w, &event);
}

/* go-yaml's choice of a style; the emitter falls back to quotes where it cannot be had. */
static void put_text(struct writer *w, struct tt_str text)
{
	yaml_scalar_style_t style = YAML_DOUBLE_QUOTED_SCALAR_STYLE;

	if (tt_str_find(text, TT_STR("\n")) >= 0)
		style = YAML_LITERAL_SCALAR_STYLE;
	else if (tt_yaml_is_text(text))
		style = YAML_PLAIN_SCALAR_STYLE;
	put_scalar(w, text, style);
}

static void begin_mapping(struct writer *w)
{
	yaml_event_t event;

	(void)yaml_mapping_start_event_initialize(&event, NULL, NULL, 1, YAML_BLOCK_MAPPING_STYLE);
	emit(w, &event);
}

static void end_mapping(struct writer *w)
{
	yaml_event_t event;

	(void)yaml_mapping_end_event_initialize(&event);
	emit(w, &event);
}

static void begin_sequence(struct writer *w)
{
	yaml_event_t event;

	(void)yaml_sequence_start_event_initialize(
		&event, NULL, NULL, 1, YAML_BLOCK_SEQUENCE_STYLE);
	emit(w, &event);
}

static void end_sequence(struct writer *w)
{
	yaml_event_t event;

	(void)yaml_sequence_end_event_initialize(&event);
	emit(w, &event);
}

static void put_node(struct writer *w, const struct node *node)
{
	switch (node->type) {
	case TT_JSON_OBJECT_VALUE:
		begin_mapping(w);
		for (size_t i = 0; i < node->n; i++) {
			put_text(w, node->members[i].key);
			put_node(w, &node->members[i].value);
		}
		end_mapping(w);
		return;
	case TT_JSON_ARRAY:
		begin_sequence(w);
		for (size_t i = 0; i < node->n; i++)
			put_node(w, &node->members[i].value);
		end_sequence(w);
		return;
	case TT_JSON_STRING: put_text(w, node->text); return;
	default: put_scalar(w, node->text, YAML_PLAIN_SCALAR_STYLE); return;
	}
}

static void put_json(struct writer *w, struct tt_str json)
{
	struct tt_json_reader r;
	struct node node;

	tt_arena_clear(&w->arena);
	tt_json_reader_init(&r, json, &w->arena);
	read_node(&r, &node);
	if (!w->failed && tt_json_reader_end(&r, true, &w->err) != 0)
		w->failed = true;
	else
		put_node(w, &node);
}

int tt_yaml_put_object(struct tt_buf *to, struct tt_str json, struct tt_err *err)
{
	struct writer w;

	writer_init(&w, to);
	put_json(&w, json);
	return writer_end(&w, err);
}

struct tt_yaml_list {
	struct writer writer;
};

struct tt_yaml_list *tt_yaml_list_begin(struct tt_buf *to)
{
	struct tt_yaml_list *list = tt_calloc(1, sizeof(*list));
	struct writer *w = &list->writer;

	writer_init(w, to);
	begin_mapping(w);
	put_text(w, TT_STR("apiVersion"));
	put_text(w, TT_STR("v1"));
	put_text(w, TT_STR("items"));
	begin_sequence(w);
	return list;
}

void tt_yaml_list_add(struct tt_yaml_list *list, struct tt_str json)
{
	put_json(&list->writer, json);
}

int tt_yaml_list_end(struct tt_yaml_list *list, const char *kind, struct tt_err *err)
{
	struct writer *w = &list->writer;

	end_sequence(w);
	put_text(w, TT_STR("kind"));
	put_text(w, tt_str_from(kind));
	put_text(w, TT_STR("metadata"));
	begin_mapping(w);
	end_mapping(w);
	end_mapping(w);
	int rc = writer_end(w, err);

	tt_free(list);
	return rc;
}
