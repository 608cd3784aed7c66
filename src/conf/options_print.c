/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/utf8.h"
#include "conf/options.h"
#include "conf/options_set.h"
#include "conf/units.h"

/* Where the next line stands: how far in, and whether "- " has already been written. */
struct place {
	unsigned indent;
	bool after_dash;
};

static bool is_plain_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       (c != '\0' && strchr("/._-@+:", c) != NULL);
}

/* Whether `text` means itself without quotes, in a flow sequence too. */
static bool is_plain(const char *text)
{
	static const char *const words[] = {
		"null", "Null", "NULL", "true", "false", "True", "False", "TRUE", "FALSE"};
	size_t len = strlen(text);

	if (len == 0 || strchr("-@+:", text[0]) != NULL || text[len - 1] == ':')
		return false;
	for (size_t i = 0; i < len; i++) {
		if (!is_plain_char(text[i]))
			return false;
	}
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (strcmp(text, words[i]) == 0)
			return false;
	}
	return strcmp(text, "...") != 0;
}

/* Neither a control character, nor a line break, nor something that YAML does not allow. */
static bool is_printable(uint32_t c)
{
	return c >= 0x20 && !(c >= 0x7f && c < 0xa0) && c != 0x2028 && c != 0x2029 && c != 0xfeff &&
	       c != 0xfffe && c != 0xffff;
}

static void put_text(struct tt_buf *to, const char *text)
{
	struct tt_str rest = tt_str_from(text);
	size_t n;

	if (is_plain(text)) {
		tt_buf_text(to, text);
		return;
	}
	tt_buf_char(to, '"');
	while (rest.len > 0) {
		uint32_t c = tt_utf8_decode(rest, &n);

		if (c == '"' || c == '\\')
			tt_buf_printf(to, "\\%c", (char)c);
		else if (is_printable(c))
			tt_buf_add(to, rest.data, n);
		else
			tt_buf_printf(to, "\\u%04x", (unsigned)c);
		rest = (struct tt_str){rest.data + n, rest.len - n};
	}
	tt_buf_char(to, '"');
}

static void put_texts(struct tt_buf *to, const struct tt_texts *texts)
{
	tt_buf_char(to, '[');
	for (size_t i = 0; i < texts->n; i++) {
		tt_buf_text(to, i > 0 ? ", " : "");
		put_text(to, texts->items[i]);
	}
	tt_buf_char(to, ']');
}

static void put_scalar(struct tt_buf *to, const struct tt_option *o, const void *slot)
{
	switch (o->type) {
	case TT_OPTION_TEXT:
	case TT_OPTION_ADDRESS: put_text(to, *(const char *const *)slot); break;
	case TT_OPTION_BOOL: tt_buf_text(to, *(const bool *)slot ? "true" : "false"); break;
	case TT_OPTION_INT: tt_buf_i64(to, *(const int64_t *)slot); break;
	case TT_OPTION_DURATION: tt_duration_put(to, *(const int64_t *)slot); break;
	case TT_OPTION_SIZE: tt_size_put(to, *(const uint64_t *)slot); break;
	case TT_OPTION_CHOICE: put_text(to, o->choices[*(const int *)slot]); break;
	default: break;
	}
}

/* Texts that are not given have no form in the file. */
static bool is_given(const struct tt_option *o, const void *slot)
{
	return (o->type != TT_OPTION_TEXT && o->type != TT_OPTION_ADDRESS) ||
	       *(const char *const *)slot != NULL;
}

static void put_key(struct tt_buf *to, struct place *at, const char *name)
{
	if (!at->after_dash)
		tt_buf_printf(to, "%*s", (int)at->indent, "");
	at->after_dash = false;
	tt_buf_printf(to, "%s:", name);
}

static bool put_members(
	struct tt_buf *to, const struct tt_option *table, const void *target, struct place at);

static void put_structs(struct tt_buf *to, const struct tt_option *o,
	const struct tt_structs *structs, unsigned indent)
{
	if (structs->n == 0)
		tt_buf_text(to, " []");
	tt_buf_char(to, '\n');
	for (size_t i = 0; i < structs->n; i++) {
		const char *item = (const char *)structs->items + i * o->member_size;

		tt_buf_printf(to, "%*s- ", (int)indent + 2, "");
		if (!put_members(to, o->members, item, (struct place){indent + 4, true}))
			tt_buf_text(to, "{}\n");
	}
}

/* Returns whether anything was written. */
static bool put_members(
	struct tt_buf *to, const struct tt_option *table, const void *target, struct place at)
{
	bool is_any = false;

	for (const struct tt_option *o = table; o->name != NULL; o++) {
		const void *slot = tt_option_peek(o, target);

		if (!is_given(o, slot))
			continue;
		is_any = true;
		put_key(to, &at, o->name);
		if (o->type == TT_OPTION_STRUCTS) {
			put_structs(to, o, slot, at.indent);
		} else if (o->type == TT_OPTION_STRUCT) {
			tt_buf_char(to, '\n');
			/* Without members the key has no value, which leaves the fallbacks. */
			(void)put_members(
				to, o->members, slot, (struct place){at.indent + 2, false});
		} else {
			tt_buf_char(to, ' ');
			if (o->type == TT_OPTION_TEXTS)
				put_texts(to, slot);
			else
				put_scalar(to, o, slot);
			tt_buf_char(to, '\n');
		}
	}
	return is_any;
}

void tt_options_print(struct tt_buf *to, const struct tt_option *table, const void *target)
{
	if (!put_members(to, table, target, (struct place){0}))
		tt_buf_text(to, "{}\n");
}
