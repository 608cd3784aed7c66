/* SPDX-License-Identifier: Apache-2.0 */
#include "conf/options.h"

#include <ctype.h>
#include <string.h>

#include "base/arena.h"
#include "base/assert.h"
#include "conf/options_set.h"
#include "conf/units.h"
#include "conf/yaml.h"

enum { NEAREST_MAX = 64 };

bool tt_option_is_scalar(const struct tt_option *option)
{
	return option->type != TT_OPTION_TEXTS && option->type != TT_OPTION_STRUCT &&
	       option->type != TT_OPTION_STRUCTS;
}

const char *tt_option_kind(const struct tt_option *option)
{
	switch (option->type) {
	case TT_OPTION_TEXT: return "a text";
	case TT_OPTION_BOOL: return "true or false";
	case TT_OPTION_INT: return "a whole number";
	case TT_OPTION_DURATION: return "a duration";
	case TT_OPTION_SIZE: return "a size";
	case TT_OPTION_ADDRESS: return "an address";
	case TT_OPTION_CHOICE: return "one of its words";
	case TT_OPTION_TEXTS: return "a list of texts";
	case TT_OPTION_STRUCT: return "a mapping";
	case TT_OPTION_STRUCTS: return "a list of mappings";
	}
	return "a value";
}

/* -- near names -- */

static int lower(char c)
{
	return tolower((unsigned char)c);
}

static unsigned least(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

/* Edit distance with exchanged neighbours as one step, without regard to case; both texts are at
 * most NEAREST_MAX long. */
static unsigned distance(struct tt_str a, struct tt_str b)
{
	unsigned rows[3][NEAREST_MAX + 1];
	unsigned *before = rows[0], *above = rows[1], *row = rows[2], *spare;

	for (unsigned k = 0; k <= b.len; k++)
		above[k] = before[k] = k;
	for (unsigned i = 1; i <= a.len; i++) {
		row[0] = i;
		for (unsigned k = 1; k <= b.len; k++) {
			int ca = lower(a.data[i - 1]), cb = lower(b.data[k - 1]);

			row[k] = least(least(above[k], row[k - 1]) + 1, above[k - 1] + (ca != cb));
			if (i > 1 && k > 1 && ca == lower(b.data[k - 2]) &&
				lower(a.data[i - 2]) == cb)
				row[k] = least(row[k], before[k - 2] + 1);
		}
		spare = before;
		before = above;
		above = row;
		row = spare;
	}
	return above[b.len];
}

const char *tt_nearest(struct tt_str word, const char *const *names)
{
	const char *best = NULL;
	unsigned best_distance = UINT32_MAX, d;

	if (word.len == 0 || word.len > NEAREST_MAX)
		return NULL;
	for (; *names != NULL; names++) {
		struct tt_str name = tt_str_from(*names);

		if (name.len > NEAREST_MAX)
			continue;
		d = distance(word, name);
		if (d < best_distance && d <= 1 + name.len / 4 && d < name.len) {
			best_distance = d;
			best = *names;
		}
	}
	return best;
}

/* -- one value -- */

static int set_bool(bool *to, struct tt_str text, struct tt_err *err)
{
	if (!tt_str_is(text, "true") && !tt_str_is(text, "false"))
		return tt_fail(
			err, TT_EINVAL, "\"%.*s\" is neither true nor false", TT_STR_ARG(text));
	*to = tt_str_is(text, "true");
	return 0;
}

static int set_int(
	const struct tt_option *option, int64_t *to, struct tt_str text, struct tt_err *err)
{
	bool is_negative = tt_str_starts(text, TT_STR("-"));
	struct tt_str digits = {text.data + is_negative, text.len - is_negative};
	unsigned long long magnitude;
	int64_t value;

	if (!tt_str_u64(digits, &magnitude) || magnitude > INT64_MAX)
		return tt_fail(err, TT_EINVAL, "\"%.*s\" is not a whole number", TT_STR_ARG(text));
	value = is_negative ? -(int64_t)magnitude : (int64_t)magnitude;
	if ((option->min != 0 || option->max != 0) && (value < option->min || value > option->max))
		return tt_fail(err, TT_EINVAL, "%lld is not within %lld to %lld", (long long)value,
			(long long)option->min, (long long)option->max);
	*to = value;
	return 0;
}

static int fail_choice(const struct tt_option *option, struct tt_str text, struct tt_err *err)
{
	const char *near = tt_nearest(text, option->choices);
	struct tt_buf words;

	tt_buf_init(&words, 300);
	for (size_t i = 0; option->choices[i] != NULL; i++)
		tt_buf_printf(&words, "%s%s", i > 0 ? ", " : "", option->choices[i]);
	(void)tt_fail(err, TT_EINVAL, "\"%.*s\" is none of %s%s%s%s", TT_STR_ARG(text), words.data,
		near != NULL ? " (did you mean \"" : "", near != NULL ? near : "",
		near != NULL ? "\"?)" : "");
	tt_buf_release(&words);
	return TT_EINVAL;
}

static int set_choice(
	const struct tt_option *option, int *to, struct tt_str text, struct tt_err *err)
{
	for (int i = 0; option->choices[i] != NULL; i++) {
		if (tt_str_is(text, option->choices[i])) {
			*to = i;
			return 0;
		}
	}
	return fail_choice(option, text, err);
}

static int set_address(
	const char **to, struct tt_str text, struct tt_arena *arena, struct tt_err *err)
{
	bool is_loopback;
	uint16_t port;
	int rc = tt_address_parse(text, &is_loopback, &port, err);

	if (rc == 0)
		*to = tt_str_cstr(arena, text);
	return rc;
}

int tt_option_set(const struct tt_option *option, void *target, struct tt_str text,
	struct tt_arena *arena, struct tt_err *err)
{
	void *slot = tt_option_slot(option, target);

	switch (option->type) {
	case TT_OPTION_TEXT: *(const char **)slot = tt_str_cstr(arena, text); return 0;
	case TT_OPTION_BOOL: return set_bool(slot, text, err);
	case TT_OPTION_INT: return set_int(option, slot, text, err);
	case TT_OPTION_DURATION: return tt_duration_parse(text, slot, err);
	case TT_OPTION_SIZE: return tt_size_parse(text, slot, err);
	case TT_OPTION_ADDRESS: return set_address(slot, text, arena, err);
	case TT_OPTION_CHOICE: return set_choice(option, slot, text, err);
	default: return tt_fail(err, TT_EINVAL, "is not one text but %s", tt_option_kind(option));
	}
}

void tt_option_add_text(
	const struct tt_option *option, void *target, struct tt_str text, struct tt_arena *arena)
{
	struct tt_texts *texts = tt_option_slot(option, target);
	const char **longer = tt_arena_new(arena, const char *, texts->n + 1);

	if (texts->n > 0)
		memcpy(longer, texts->items, texts->n * sizeof(*longer));
	longer[texts->n] = tt_str_cstr(arena, text);
	*texts = (struct tt_texts){longer, texts->n + 1};
}

/* -- fallbacks -- */

static void clear_slot(const struct tt_option *option, void *slot)
{
	switch (option->type) {
	case TT_OPTION_TEXT:
	case TT_OPTION_ADDRESS: *(const char **)slot = NULL; break;
	case TT_OPTION_BOOL: *(bool *)slot = false; break;
	case TT_OPTION_INT:
	case TT_OPTION_DURATION: *(int64_t *)slot = 0; break;
	case TT_OPTION_SIZE: *(uint64_t *)slot = 0; break;
	case TT_OPTION_CHOICE: *(int *)slot = 0; break;
	case TT_OPTION_TEXTS: *(struct tt_texts *)slot = (struct tt_texts){0}; break;
	case TT_OPTION_STRUCTS: *(struct tt_structs *)slot = (struct tt_structs){0}; break;
	case TT_OPTION_STRUCT: break;
	}
}

/* "[a, b]" */
static void set_fallback_texts(const struct tt_option *option, void *target, struct tt_arena *arena)
{
	struct tt_yaml *list;

	tt_assert(
		tt_yaml_parse(&list, tt_str_from(option->fallback), "fallback", arena, NULL) == 0);
	for (size_t i = 0; list != NULL && i < list->n; i++)
		tt_option_add_text(option, target, list->items[i]->scalar, arena);
}

void tt_options_init(const struct tt_option *table, void *target, struct tt_arena *arena)
{
	for (const struct tt_option *o = table; o->name != NULL; o++) {
		void *slot = tt_option_slot(o, target);

		clear_slot(o, slot);
		if (o->type == TT_OPTION_STRUCT)
			tt_options_init(o->members, slot, arena);
		else if (o->type == TT_OPTION_TEXTS && o->fallback != NULL)
			set_fallback_texts(o, target, arena);
		else if (o->fallback != NULL && tt_option_is_scalar(o))
			tt_assert(tt_option_set(o, target, tt_str_from(o->fallback), arena, NULL) ==
				  0);
	}
}

/* -- the file -- */

struct source {
	const char *file;
	struct tt_arena *arena;
	struct tt_err *err;
};

/* Puts the place of `node` and the path to it in front of what is in the error. */
static int wrap_at(const struct source *from, const struct tt_yaml *node, struct tt_str path)
{
	(void)tt_err_wrap(from->err, "%s:%u:%u%s%.*s", from->file, node->line, node->column,
		path.len > 0 ? ": " : "", TT_STR_ARG(path));
	return TT_EINVAL;
}

static int fail_kind(const struct source *from, const struct tt_option *option,
	const struct tt_yaml *node, struct tt_str path)
{
	static const char *const found[] = {[TT_YAML_SCALAR] = "one text",
		[TT_YAML_SEQUENCE] = "a list",
		[TT_YAML_MAPPING] = "a mapping"};

	(void)tt_fail(from->err, TT_EINVAL, "must be %s, not %s", tt_option_kind(option),
		node->type == TT_YAML_SCALAR && node->quoted ? "a text in quotes"
							     : found[node->type]);
	return wrap_at(from, node, path);
}

static int fail_unknown(const struct source *from, const struct tt_option *table,
	const struct tt_yaml *key, struct tt_str path)
{
	const char *near;
	const char **names;
	size_t n = 0;

	while (table[n].name != NULL)
		n++;
	names = tt_arena_new(from->arena, const char *, n + 1);
	for (size_t i = 0; i < n; i++)
		names[i] = table[i].name;
	near = tt_nearest(key->scalar, names);
	return tt_fail(from->err, TT_EINVAL, "%s:%u:%u: unknown key \"%.*s\"%s%.*s%s%s%s",
		from->file, key->line, key->column,
		(int)(key->scalar.len < 100 ? key->scalar.len : 100), key->scalar.data,
		path.len > 0 ? " in " : "", TT_STR_ARG(path),
		near != NULL ? " (did you mean \"" : "", near != NULL ? near : "",
		near != NULL ? "\"?)" : "");
}

static int take_mapping(const struct source *from, const struct tt_option *table, void *target,
	const struct tt_yaml *node, struct tt_str path);

static int take_scalar(const struct source *from, const struct tt_option *option, void *target,
	const struct tt_yaml *node, struct tt_str path)
{
	bool is_word = option->type == TT_OPTION_BOOL || option->type == TT_OPTION_INT;

	if (node->type != TT_YAML_SCALAR || (node->quoted && is_word))
		return fail_kind(from, option, node, path);
	if (tt_option_set(option, target, node->scalar, from->arena, from->err) < 0)
		return wrap_at(from, node, path);
	return 0;
}

static int take_texts(const struct source *from, const struct tt_option *option, void *target,
	const struct tt_yaml *node, struct tt_str path)
{
	if (node->type != TT_YAML_SEQUENCE)
		return fail_kind(from, option, node, path);
	clear_slot(option, tt_option_slot(option, target));
	for (size_t i = 0; i < node->n; i++) {
		struct tt_str text = tt_yaml_text(node->items[i]);

		if (text.len == 0) {
			(void)tt_fail(from->err, TT_EINVAL, "must be a list of texts");
			return wrap_at(from, node->items[i], path);
		}
		tt_option_add_text(option, target, text, from->arena);
	}
	return 0;
}

static int take_structs(const struct source *from, const struct tt_option *option, void *target,
	const struct tt_yaml *node, struct tt_str path)
{
	struct tt_structs *structs = tt_option_slot(option, target);
	int rc = 0;

	if (node->type != TT_YAML_SEQUENCE)
		return fail_kind(from, option, node, path);
	structs->n = node->n;
	structs->items = tt_arena_zalloc(from->arena, node->n * option->member_size, 16);
	for (size_t i = 0; i < node->n && rc == 0; i++) {
		void *item = (char *)structs->items + i * option->member_size;

		tt_options_init(option->members, item, from->arena);
		rc = take_mapping(from, option->members, item, node->items[i],
			tt_str_printf(from->arena, "%.*s[%zu]", TT_STR_ARG(path), i));
	}
	return rc;
}

static int take_value(const struct source *from, const struct tt_option *option, void *target,
	const struct tt_yaml *node, struct tt_str path)
{
	switch (option->type) {
	case TT_OPTION_TEXTS: return take_texts(from, option, target, node, path);
	case TT_OPTION_STRUCTS: return take_structs(from, option, target, node, path);
	case TT_OPTION_STRUCT:
		return take_mapping(
			from, option->members, tt_option_slot(option, target), node, path);
	default: return take_scalar(from, option, target, node, path);
	}
}

static int take_mapping(const struct source *from, const struct tt_option *table, void *target,
	const struct tt_yaml *node, struct tt_str path)
{
	static const struct tt_option mapping = {.type = TT_OPTION_STRUCT};
	int rc = 0;

	if (node->type != TT_YAML_MAPPING)
		return fail_kind(from, &mapping, node, path);
	for (size_t i = 0; i < node->n && rc == 0; i++) {
		const struct tt_yaml *key = node->keys[i];
		const struct tt_option *o = table;
		const struct tt_yaml *value;

		while (o->name != NULL && !tt_str_is(key->scalar, o->name))
			o++;
		if (o->name == NULL)
			return fail_unknown(from, table, key, path);
		value = tt_yaml_get(node, o->name);
		if (value != NULL) /* "key:" alone leaves the fallback */
			rc = take_value(from, o, target, value,
				tt_str_printf(from->arena, "%.*s%s%s", TT_STR_ARG(path),
					path.len > 0 ? "." : "", o->name));
	}
	return rc;
}

int tt_options_from_yaml(const struct tt_option *table, void *target, const struct tt_yaml *node,
	const char *file, struct tt_arena *arena, struct tt_err *err)
{
	struct tt_err unseen;
	struct source from = {file, arena, err != NULL ? err : &unseen};

	if (node == NULL)
		return 0;
	return take_mapping(&from, table, target, node, (struct tt_str){0});
}
