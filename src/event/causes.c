/* SPDX-License-Identifier: Apache-2.0 */
#include "event/causes.h"

#include "base/arena.h"
#include "base/utf8.h"

void tt_causes_init(struct tt_causes *c, struct tt_arena *arena)
{
	*c = (struct tt_causes){.arena = arena};
}

void tt_causes_add(
	struct tt_causes *c, const char *reason, const char *field, struct tt_str message)
{
	if (c->n == TT_CAUSES_MAX)
		return;
	if (c->n == c->cap) {
		uint32_t cap = c->cap > 0 ? 2 * c->cap : 8;
		struct tt_status_cause *items = tt_arena_new(c->arena, struct tt_status_cause, cap);

		if (c->n > 0)
			memcpy(items, c->items, c->n * sizeof(*items));
		c->items = items;
		c->cap = cap;
	}
	c->items[c->n++] = (struct tt_status_cause){
		.reason = tt_str_dup(c->arena, tt_str_from(reason)),
		.message = tt_str_dup(c->arena, message),
		.field = tt_str_dup(c->arena, tt_str_from(field)),
	};
}

void tt_causes_required(struct tt_causes *c, const char *field, const char *detail)
{
	struct tt_str message = detail == NULL
					? TT_STR("Required value")
					: tt_str_printf(c->arena, "Required value: %s", detail);

	tt_causes_add(c, "FieldValueRequired", field, message);
}

void tt_causes_invalid_json(
	struct tt_causes *c, const char *field, struct tt_str json, const char *detail)
{
	tt_causes_add(c, "FieldValueInvalid", field,
		tt_str_printf(c->arena, "Invalid value: %.*s: %s", TT_STR_ARG(json), detail));
}

void tt_causes_invalid(
	struct tt_causes *c, const char *field, struct tt_str value, const char *detail)
{
	struct tt_buf quoted;

	if (value.len > TT_CAUSES_SHOWN_MAX)
		value.len = TT_CAUSES_SHOWN_MAX;
	tt_buf_init(&quoted, 8 * TT_CAUSES_SHOWN_MAX);
	tt_causes_quote(&quoted, value);
	tt_causes_invalid_json(c, field, tt_buf_view(&quoted), detail);
	tt_buf_release(&quoted);
}

void tt_causes_forbidden(struct tt_causes *c, const char *field, const char *detail)
{
	tt_causes_add(
		c, "FieldValueForbidden", field, tt_str_printf(c->arena, "Forbidden: %s", detail));
}

void tt_causes_unsupported(
	struct tt_causes *c, const char *field, struct tt_str shown, const char *supported)
{
	tt_causes_add(c, "FieldValueNotSupported", field,
		tt_str_printf(c->arena, "Unsupported value: %.*s: supported values: %s",
			TT_STR_ARG(shown), supported));
}

static bool is_same(const struct tt_status_cause *a, const struct tt_status_cause *b)
{
	return tt_str_eq(a->field, b->field) && tt_str_eq(a->message, b->message);
}

/* Whether the cause at `i` has been said before. */
static bool is_repeated(const struct tt_causes *c, uint32_t i)
{
	for (uint32_t before = 0; before < i; before++)
		if (is_same(&c->items[before], &c->items[i]))
			return true;
	return false;
}

static bool has_several(const struct tt_causes *c)
{
	for (uint32_t i = 1; i < c->n; i++)
		if (!is_same(&c->items[0], &c->items[i]))
			return true;
	return false;
}

void tt_causes_message(struct tt_buf *to, const struct tt_causes *c)
{
	bool several = has_several(c);

	if (several)
		tt_buf_char(to, '[');
	for (uint32_t i = 0; i < c->n; i++) {
		if (is_repeated(c, i))
			continue;
		if (i > 0)
			tt_buf_add(to, ", ", 2);
		tt_buf_str(to, c->items[i].field);
		tt_buf_add(to, ": ", 2);
		tt_buf_str(to, c->items[i].message);
	}
	if (several)
		tt_buf_char(to, ']');
}

/* Neither control (Cc), format (Cf), separator (Z, but for the space), private use (Co), nor no
 * character at all. */
bool tt_causes_is_printable(uint32_t c)
{
	static const struct {
		uint32_t first, last;
	} hidden[] = {
		{0x00, 0x1f},
		{0x7f, 0xa0},
		{0xad, 0xad},
		{0x600, 0x605},
		{0x61c, 0x61c},
		{0x6dd, 0x6dd},
		{0x70f, 0x70f},
		{0x890, 0x891},
		{0x8e2, 0x8e2},
		{0x1680, 0x1680},
		{0x180e, 0x180e},
		{0x2000, 0x200f},
		{0x2028, 0x202f},
		{0x205f, 0x206f},
		{0x3000, 0x3000},
		{0xe000, 0xf8ff},
		{0xfdd0, 0xfdef},
		{0xfeff, 0xfeff},
		{0xfff9, 0xfffb},
		{0x110bd, 0x110bd},
		{0x110cd, 0x110cd},
		{0x13430, 0x1343f},
		{0x1bca0, 0x1bca3},
		{0x1d173, 0x1d17a},
		{0xe0000, 0xe007f},
		{0xf0000, 0x10ffff},
	};

	for (size_t i = 0; i < sizeof(hidden) / sizeof(hidden[0]); i++)
		if (c >= hidden[i].first && c <= hidden[i].last)
			return false;
	return (c & 0xfffe) != 0xfffe;
}

/* The letter behind the backslash, or 0. */
static char short_escape(uint32_t c)
{
	static const char from[] = "\a\b\f\n\r\t\v\"\\", to[] = "abfnrtv\"\\";

	for (size_t i = 0; from[i] != '\0'; i++)
		if (c == (unsigned char)from[i])
			return to[i];
	return '\0';
}

static void put_escape(struct tt_buf *to, uint32_t c)
{
	if (short_escape(c) != '\0') {
		tt_buf_char(to, '\\');
		tt_buf_char(to, short_escape(c));
	} else if (c < 0x20 || c == 0x7f) {
		tt_buf_printf(to, "\\x%02x", (unsigned)c);
	} else if (c <= 0xffff) {
		tt_buf_printf(to, "\\u%04x", (unsigned)c);
	} else {
		tt_buf_printf(to, "\\U%08x", (unsigned)c);
	}
}

void tt_causes_quote(struct tt_buf *to, struct tt_str s)
{
	size_t n;

	tt_buf_char(to, '"');
	for (; s.len > 0; s.data += n, s.len -= n) {
		uint32_t c = tt_utf8_decode(s, &n);

		if (c == 0xfffd && n == 1)
			tt_buf_printf(to, "\\x%02x", (unsigned char)s.data[0]);
		else if (short_escape(c) != '\0' || !tt_causes_is_printable(c))
			put_escape(to, c);
		else
			tt_buf_add(to, s.data, n);
	}
	tt_buf_char(to, '"');
}
