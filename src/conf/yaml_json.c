/* SPDX-License-Identifier: Apache-2.0 */
#include "conf/yaml_json.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/buf.h"
#include "conf/yaml.h"
#include "wire/json.h"
#include "wire/yaml_text.h"

enum {
	MAX_JSON_BYTES = 8 << 20, /* of a file of 1 MiB, all of it escaped */
	MAX_TEXT_BYTES = 3 << 20,
	MAX_TEXT_JSON_BYTES = 6 * MAX_TEXT_BYTES + (1 << 20),
	MAX_TEXT_NODES = 100000,
	MAX_TWICE_BYTES = 16 << 10,
	NUMBER_SIZE = 128, /* longer ones are text, as for tt_yaml_is_text() */
};

static bool is_one_of(struct tt_str s, const char *const *words)
{
	for (; *words != NULL; words++)
		if (tt_str_is(s, *words))
			return true;
	return false;
}

/* `s` without underscores, ended by NUL. */
static void copy_number(struct tt_str s, char to[NUMBER_SIZE])
{
	size_t n = 0;

	for (size_t i = 0; i < s.len; i++)
		if (s.data[i] != '_')
			to[n++] = s.data[i];
	to[n] = '\0';
}

/* The base that the digits at `p`, behind the sign, are written in; `*p` goes behind its prefix. */
static int base_of(const char **p)
{
	if ((*p)[0] != '0' || (*p)[1] == '\0')
		return 10;
	switch ((*p)[1] | 0x20) {
	case 'x': *p += 2; return 16;
	case 'o': *p += 2; return 8;
	case 'b': *p += 2; return 2;
	default: *p += 1; return 8;
	}
}

/* An integer as Go's ParseInt(text, 0, 64) or ParseUint() reads it. */
static bool put_integer(struct tt_buf *to, const char *text)
{
	bool negative = *text == '-';
	const char *p = text + (*text == '-' || *text == '+');
	int base = base_of(&p);
	char *end;

	if (!(*p >= '0' && *p <= '9') && !(base == 16 && (*p | 0x20) >= 'a' && (*p | 0x20) <= 'f'))
		return false;
	if (base == 16 && p[0] == '0' && (p[1] | 0x20) == 'x')
		return false; /* 0x0x1 is none, whatever strtoull() says */
	errno = 0;
	uint64_t value = strtoull(p, &end, base);

	if (*end != '\0' || errno != 0 || (negative && value > (uint64_t)INT64_MAX + 1) ||
		(*text == '+' && value > INT64_MAX))
		return false;
	if (negative && value > 0)
		tt_buf_char(to, '-');
	tt_buf_u64(to, value);
	return true;
}

/* A fraction, as close to how Go writes it as a reader may notice: what is whole has no dot. */
static bool put_float(struct tt_buf *to, const char *text)
{
	static const double whole_below = 1e15;
	char *end;
	double value = strtod(text, &end);

	if (*end != '\0')
		return false;
	if (value == trunc(value) && fabs(value) < whole_below)
		tt_buf_printf(to, "%.0f", value == 0 ? 0.0 : value);
	else
		tt_buf_printf(to, "%.17g", value);
	return true;
}

/* A plain scalar that is no text to YAML: a number, unless it is a date or to base 60. */
static bool put_number(struct tt_buf *to, struct tt_str s)
{
	char text[NUMBER_SIZE];

	if (s.len >= NUMBER_SIZE)
		return false;
	copy_number(s, text);
	return put_integer(to, text) || put_float(to, text);
}

static void put_scalar(struct tt_buf *to, const struct tt_yaml *node)
{
	static const char *const nulls[] = {"", "~", "null", "Null", "NULL", NULL};
	static const char *const trues[] = {
		"y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON", NULL};
	static const char *const falses[] = {
		"n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF", NULL};
	struct tt_str s = node->scalar;

	if (node->quoted || tt_yaml_is_text(s))
		tt_json_put_string(to, s);
	else if (is_one_of(s, nulls))
		tt_buf_text(to, "null");
	else if (is_one_of(s, trues))
		tt_buf_text(to, "true");
	else if (is_one_of(s, falses))
		tt_buf_text(to, "false");
	else if (!put_number(to, s))
		tt_json_put_string(to, s);
}

struct writer {
	struct tt_buf to;
	struct tt_arena *arena;
};

/* A key with its value, in the order of the text. */
struct entry {
	struct tt_str key; /* as JSON, with quotes */
	const struct tt_yaml *value;
	size_t place;
};

static int compare_entries(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;
	int order = tt_str_cmp(x->key, y->key);

	return order != 0 ? order : (x->place > y->place) - (x->place < y->place);
}

/* What a key becomes: a number in its shortest form, yes as "true". */
static struct tt_str key_of(struct writer *w, const struct tt_yaml *key)
{
	size_t start = w->to.len;

	put_scalar(&w->to, key);
	if (w->to.failed)
		return TT_STR("\"\"");
	struct tt_str json = {w->to.data + start, w->to.len - start};

	json = json.data[0] == '"' ? tt_str_dup(w->arena, json)
				   : tt_str_printf(w->arena, "\"%.*s\"", TT_STR_ARG(json));
	w->to.len = start;
	return json;
}

static void put_node(struct writer *w, const struct tt_yaml *node);

static void put_mapping(struct writer *w, const struct tt_yaml *node)
{
	struct entry *entries = tt_arena_new(w->arena, struct entry, node->n);
	bool first = true;

	for (size_t i = 0; i < node->n; i++)
		entries[i] = (struct entry){key_of(w, node->keys[i]), node->items[i], i};
	qsort(entries, node->n, sizeof(*entries), compare_entries);
	tt_buf_char(&w->to, '{');
	for (size_t i = 0; i < node->n; i++) {
		if (i + 1 < node->n && tt_str_eq(entries[i].key, entries[i + 1].key))
			continue;
		if (!first)
			tt_buf_char(&w->to, ',');
		first = false;
		tt_buf_str(&w->to, entries[i].key);
		tt_buf_char(&w->to, ':');
		put_node(w, entries[i].value);
	}
	tt_buf_char(&w->to, '}');
}

static void put_sequence(struct writer *w, const struct tt_yaml *node)
{
	tt_buf_char(&w->to, '[');
	for (size_t i = 0; i < node->n; i++) {
		if (i > 0)
			tt_buf_char(&w->to, ',');
		put_node(w, node->items[i]);
	}
	tt_buf_char(&w->to, ']');
}

/* The parser bounds the depth. */
static void put_node(struct writer *w, const struct tt_yaml *node)
{
	switch (node->type) {
	case TT_YAML_SCALAR: put_scalar(&w->to, node); return;
	case TT_YAML_MAPPING: put_mapping(w, node); return;
	default: put_sequence(w, node); return;
	}
}

/* The JSON in the arena; no data if it is longer than `max`. */
static struct tt_str to_json(const struct tt_yaml *node, size_t max, struct tt_arena *arena)
{
	struct writer w = {.arena = arena};
	struct tt_str ret = {0};

	tt_buf_init(&w.to, max);
	put_node(&w, node);
	if (!w.to.failed)
		ret = tt_str_dup(arena, tt_buf_view(&w.to));
	tt_buf_release(&w.to);
	return ret;
}

const char *tt_yaml_to_json(const struct tt_yaml *node, struct tt_arena *arena)
{
	return node != NULL ? to_json(node, MAX_JSON_BYTES, arena).data : NULL;
}

int tt_yaml_text_to_json(struct tt_str *ret_json, struct tt_str *ret_twice, struct tt_str text,
	struct tt_arena *arena, struct tt_err *err)
{
	struct tt_buf twice;
	const struct tt_yaml_rules rules = {.file = "YAML",
		.max_bytes = MAX_TEXT_BYTES,
		.max_nodes = MAX_TEXT_NODES,
		.first_document = true,
		.any_text = true,
		.ret_twice = &twice};
	struct tt_yaml *root;

	tt_buf_init(&twice, MAX_TWICE_BYTES);
	int rc = tt_yaml_parse_by(&root, text, &rules, arena, err);

	*ret_twice = tt_str_dup(arena, tt_buf_view(&twice));
	tt_buf_release(&twice);
	if (rc < 0)
		return rc;
	*ret_json = root != NULL ? to_json(root, MAX_TEXT_JSON_BYTES, arena) : TT_STR("null");
	return ret_json->data != NULL ? 0 : tt_fail(err, TT_ELIMIT, "YAML: too long as JSON");
}
