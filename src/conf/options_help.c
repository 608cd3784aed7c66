/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/arena.h"
#include "conf/options.h"
#include "conf/options_set.h"

enum { HELP_COLUMN = 26, HELP_WIDTH = 80 };

/* The names of a flag, the short one first; either may be empty. */
static void split_names(
	const struct tt_option *o, struct tt_str *ret_short, struct tt_str *ret_long)
{
	struct tt_str names = tt_str_from(o->flag);

	*ret_short = *ret_long = (struct tt_str){0};
	while (names.data != NULL) {
		struct tt_str name = tt_str_split(&names, ',');

		*(name.len == 1 ? ret_short : ret_long) = name;
	}
}

static const char *metavar_of(const struct tt_option *o)
{
	if (o->type == TT_OPTION_BOOL)
		return NULL;
	return o->metavar != NULL ? o->metavar : "VALUE";
}

static bool has_fallback(const struct tt_option *o)
{
	return o->fallback != NULL && o->fallback[0] != '\0' && o->type != TT_OPTION_BOOL &&
	       strcmp(o->fallback, "[]") != 0;
}

/* The help, then what the table knows besides: choices, repetition, the fallback. */
static struct tt_str full_help(const struct tt_option *o, struct tt_arena *arena)
{
	struct tt_str text = tt_str_from(o->help);

	for (size_t i = 0; o->type == TT_OPTION_CHOICE && o->choices[i] != NULL; i++)
		text = tt_str_printf(
			arena, "%.*s%s%s", TT_STR_ARG(text), i == 0 ? ": " : ", ", o->choices[i]);
	if (o->type == TT_OPTION_TEXTS && o->flag != NULL)
		text = tt_str_printf(arena, "%.*s; may be repeated", TT_STR_ARG(text));
	if (has_fallback(o))
		text = tt_str_printf(arena, "%.*s (default %s)", TT_STR_ARG(text), o->fallback);
	return text;
}

/* Words of `text` in lines up to HELP_WIDTH, from HELP_COLUMN on; `column` is where it stands. */
static void put_wrapped(struct tt_buf *to, struct tt_str text, size_t column)
{
	bool is_first = true;

	while (text.data != NULL) {
		struct tt_str word = tt_str_split(&text, ' ');

		if (column >= HELP_COLUMN && !is_first && column + 1 + word.len > HELP_WIDTH) {
			tt_buf_char(to, '\n');
			column = 0;
		}
		if (column < HELP_COLUMN) {
			tt_buf_printf(to, "%*s", (int)(HELP_COLUMN - column), "");
			column = HELP_COLUMN;
		} else if (!is_first) {
			tt_buf_char(to, ' ');
			column++;
		}
		tt_buf_str(to, word);
		column += word.len;
		is_first = false;
	}
	tt_buf_char(to, '\n');
}

static void put_help(struct tt_buf *to, const struct tt_option *o)
{
	struct tt_arena arena = {0};
	struct tt_str short_name, long_name, left;
	const char *metavar = metavar_of(o);

	split_names(o, &short_name, &long_name);
	left = short_name.len > 0 ? tt_str_printf(&arena, "  -%c", short_name.data[0])
				  : TT_STR("    ");
	if (long_name.len > 0)
		left = tt_str_printf(&arena, "%.*s%s--%.*s", TT_STR_ARG(left),
			short_name.len > 0 ? ", " : "  ", TT_STR_ARG(long_name));
	if (metavar != NULL)
		left = tt_str_printf(&arena, "%.*s %s", TT_STR_ARG(left), metavar);
	tt_buf_str(to, left);
	if (left.len + 2 > HELP_COLUMN) {
		tt_buf_char(to, '\n');
		left.len = 0;
	}
	put_wrapped(to, full_help(o, &arena), left.len);
	tt_arena_release(&arena);
}

void tt_options_help(struct tt_buf *to, const struct tt_option *table)
{
	for (const struct tt_option *o = table; o->name != NULL; o++) {
		if (o->type == TT_OPTION_STRUCT)
			tt_options_help(to, o->members);
		else if (o->flag != NULL)
			put_help(to, o);
	}
}

/* -- roff -- */

void tt_roff_put(struct tt_buf *to, struct tt_str text)
{
	if (text.len > 0 && (text.data[0] == '.' || text.data[0] == '\''))
		tt_buf_text(to, "\\&");
	for (size_t i = 0; i < text.len; i++) {
		if (text.data[i] == '\\')
			tt_buf_text(to, "\\e");
		else if (text.data[i] == '-')
			tt_buf_text(to, "\\-");
		else if (text.data[i] == '"') /* which holds the arguments of a macro together */
			tt_buf_text(to, "\\(dq");
		else
			tt_buf_char(to, text.data[i]);
	}
}

/* "-n" or "--name" in bold. */
static void put_roff_flag(struct tt_buf *to, const char *dashes, struct tt_str name)
{
	tt_buf_text(to, "\\fB");
	tt_roff_put(to, tt_str_from(dashes));
	tt_roff_put(to, name);
	tt_buf_text(to, "\\fR");
}

static void put_roff_help(struct tt_buf *to, const struct tt_option *o)
{
	struct tt_arena arena = {0};

	tt_buf_char(to, '\n');
	tt_roff_put(to, full_help(o, &arena));
	tt_buf_text(to, ".\n");
	tt_arena_release(&arena);
}

static void put_man_flag(struct tt_buf *to, const struct tt_option *o)
{
	struct tt_str short_name, long_name;

	split_names(o, &short_name, &long_name);
	tt_buf_text(to, ".TP\n");
	if (short_name.len > 0)
		put_roff_flag(to, "-", short_name);
	if (short_name.len > 0 && long_name.len > 0)
		tt_buf_text(to, ", ");
	if (long_name.len > 0)
		put_roff_flag(to, "--", long_name);
	if (metavar_of(o) != NULL)
		tt_buf_printf(to, " \\fI%s\\fR", metavar_of(o));
	put_roff_help(to, o);
}

void tt_options_man_flags(struct tt_buf *to, const struct tt_option *table)
{
	for (const struct tt_option *o = table; o->name != NULL; o++) {
		if (o->type == TT_OPTION_STRUCT)
			tt_options_man_flags(to, o->members);
		else if (o->flag != NULL)
			put_man_flag(to, o);
	}
}

static void put_man_keys(struct tt_buf *to, const struct tt_option *table, struct tt_str prefix,
	struct tt_arena *arena)
{
	for (const struct tt_option *o = table; o->name != NULL; o++) {
		struct tt_str name = tt_str_printf(arena, "%.*s%s", TT_STR_ARG(prefix), o->name);

		tt_buf_text(to, ".TP\n");
		put_roff_flag(to, "", name);
		tt_buf_printf(to, " (%s)", tt_option_kind(o));
		put_roff_help(to, o);
		if (o->members != NULL)
			put_man_keys(to, o->members,
				tt_str_printf(arena, "%.*s%s", TT_STR_ARG(name),
					o->type == TT_OPTION_STRUCTS ? "[]." : "."),
				arena);
	}
}

void tt_options_man_keys(struct tt_buf *to, const struct tt_option *table)
{
	struct tt_arena arena = {0};

	put_man_keys(to, table, (struct tt_str){0}, &arena);
	tt_arena_release(&arena);
}
