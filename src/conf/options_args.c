/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/arena.h"
#include "base/vec.h"
#include "conf/options.h"
#include "conf/options_set.h"

/* A flag of the table, with the struct that its option describes a member of. */
struct flag {
	const struct tt_option *option;
	void *target;
	bool is_given;
};

struct args {
	struct {
		struct flag *items;
		size_t n, cap;
	} flags;
	int argc, next;
	char **argv;
	bool *is_operand; /* for each word of argv */
	struct tt_arena *arena;
	struct tt_err *err;
};

static void gather_flags(struct args *a, const struct tt_option *table, void *target)
{
	for (const struct tt_option *o = table; o->name != NULL; o++) {
		if (o->type == TT_OPTION_STRUCT)
			gather_flags(a, o->members, tt_option_slot(o, target));
		else if (o->flag != NULL)
			*tt_vec_push(&a->flags) = (struct flag){o, target, false};
	}
}

static bool has_name(const struct tt_option *option, struct tt_str name)
{
	struct tt_str names = tt_str_from(option->flag);

	while (names.data != NULL) {
		if (tt_str_eq(tt_str_split(&names, ','), name))
			return true;
	}
	return false;
}

static struct flag *find_flag(struct args *a, struct tt_str name)
{
	tt_vec_each (f, &a->flags) {
		if (has_name(f->option, name))
			return f;
	}
	return NULL;
}

/* The nearest long flag to `name`, or NULL. */
static const char *nearest_flag(struct args *a, struct tt_str name)
{
	struct {
		const char **items;
		size_t n, cap;
	} names = {0};
	const char *near;

	tt_vec_each (f, &a->flags) {
		struct tt_str rest = tt_str_from(f->option->flag);

		while (rest.data != NULL) {
			struct tt_str one = tt_str_split(&rest, ',');

			if (one.len > 1)
				*tt_vec_push(&names) = tt_str_cstr(a->arena, one);
		}
	}
	*tt_vec_push(&names) = NULL;
	near = tt_nearest(name, names.items);
	tt_vec_release(&names);
	return near;
}

static int fail_unknown(struct args *a, const char *word, struct tt_str name)
{
	const char *near = nearest_flag(a, name);

	if (near != NULL)
		return tt_fail(a->err, TT_EINVAL, "unknown option %.100s (did you mean --%s?)",
			word, near);
	return tt_fail(a->err, TT_EINVAL, "unknown option %.100s", word);
}

/* Sets what `flag`, written as `word`, stands for. */
static int set_flag(struct args *a, struct flag *flag, struct tt_str word, struct tt_str value)
{
	const struct tt_option *o = flag->option;

	if (o->type == TT_OPTION_TEXTS) {
		if (!flag->is_given)
			*(struct tt_texts *)tt_option_slot(o, flag->target) = (struct tt_texts){0};
		flag->is_given = true;
		while (value.data != NULL) {
			struct tt_str item = tt_str_split(&value, ',');

			if (item.len > 0)
				tt_option_add_text(o, flag->target, item, a->arena);
		}
		return 0;
	}
	if (tt_option_set(o, flag->target, value, a->arena, a->err) < 0)
		return a->err != NULL ? tt_err_wrap(a->err, "%.*s", TT_STR_ARG(word)) : TT_EINVAL;
	return 0;
}

/* The value of a flag that is not in its own word: the next word, or true. */
static int following_value(
	struct args *a, const struct flag *flag, struct tt_str word, struct tt_str *ret)
{
	const char *metavar = flag->option->metavar;

	if (flag->option->type == TT_OPTION_BOOL) {
		*ret = TT_STR("true");
		return 0;
	}
	if (a->next == a->argc)
		return tt_fail(a->err, TT_EINVAL, "%.*s needs a value%s%s", TT_STR_ARG(word),
			metavar != NULL ? ": " : "", metavar != NULL ? metavar : "");
	*ret = tt_str_from(a->argv[a->next++]);
	return 0;
}

static int take_long(struct args *a, const char *arg)
{
	struct tt_str value = tt_str_from(arg), word, name;
	struct flag *flag;
	int rc = 0;

	word = tt_str_split(&value, '=');
	name = (struct tt_str){word.data + 2, word.len - 2};
	flag = name.len > 1 ? find_flag(a, name) : NULL;
	if (flag == NULL)
		return fail_unknown(a, tt_str_cstr(a->arena, word), name);
	if (value.data == NULL)
		rc = following_value(a, flag, word, &value);
	return rc < 0 ? rc : set_flag(a, flag, word, value);
}

/* "-v", "-vA", "-nNAME", "-n=NAME", "-n NAME". */
static int take_short(struct args *a, const char *arg)
{
	for (const char *c = arg + 1; *c != '\0'; c++) {
		struct tt_str word = tt_str_printf(a->arena, "-%c", *c), value;
		struct flag *flag = find_flag(a, (struct tt_str){c, 1});
		int rc = 0;

		if (flag == NULL)
			return fail_unknown(
				a, c == arg + 1 ? arg : word.data, tt_str_from(arg + 1));
		if (flag->option->type != TT_OPTION_BOOL && c[1] != '\0') {
			c += c[1] == '=' ? 2 : 1;
			return set_flag(a, flag, word, tt_str_from(c));
		}
		rc = following_value(a, flag, word, &value);
		if (rc == 0)
			rc = set_flag(a, flag, word, value);
		if (rc < 0)
			return rc;
	}
	return 0;
}

/* Reads all options and marks the operands. */
static int take_all(struct args *a)
{
	int rc = 0;

	while (a->next < a->argc && rc == 0) {
		const char *arg = a->argv[a->next++];

		if (strcmp(arg, "--") == 0) {
			while (a->next < a->argc)
				a->is_operand[a->next++] = true;
		} else if (arg[0] != '-' || arg[1] == '\0') {
			a->is_operand[a->next - 1] = true;
		} else {
			rc = arg[1] == '-' ? take_long(a, arg) : take_short(a, arg);
		}
	}
	return rc;
}

/* Options to the front, operands to the end, both in their order; returns where those begin. */
static int move_operands(struct args *a)
{
	char **operands = tt_arena_new(a->arena, char *, a->argc);
	int n = 0, first = 1;

	for (int i = 1; i < a->argc; i++) {
		if (a->is_operand[i])
			operands[n++] = a->argv[i];
		else
			a->argv[first++] = a->argv[i];
	}
	memcpy(a->argv + first, operands, (size_t)n * sizeof(*operands));
	return first;
}

int tt_options_from_args(const struct tt_option *table, void *target, int argc, char **argv,
	struct tt_arena *arena, struct tt_err *err)
{
	struct args a = {.argc = argc, .next = 1, .argv = argv, .arena = arena, .err = err};
	int rc;

	if (argc <= 1)
		return argc;
	a.is_operand = tt_arena_new(arena, bool, argc);
	gather_flags(&a, table, target);
	rc = take_all(&a);
	tt_vec_release(&a.flags);
	return rc < 0 ? rc : move_operands(&a);
}
