/* SPDX-License-Identifier: Apache-2.0 */
#include "kube/yaml_json.h"

#include <stdbool.h>

#include "base/buf.h"
#include "base/str.h"
#include "conf/yaml.h"
#include "wire/json.h"

enum { MAX_JSON_BYTES = 8 << 20 }; /* of a file of 1 MiB, all of it escaped */

static bool is_one_of(struct tt_str s, const char *const *words)
{
	for (; *words != NULL; words++)
		if (tt_str_is(s, *words))
			return true;
	return false;
}

static size_t count_digits(struct tt_str s, size_t at)
{
	size_t n = 0;

	while (at + n < s.len && s.data[at + n] >= '0' && s.data[at + n] <= '9')
		n++;
	return n;
}

/* Whether `s` is a number as JSON writes one. */
static bool is_number(struct tt_str s)
{
	size_t at = s.len > 0 && s.data[0] == '-', n = count_digits(s, at);

	if (n == 0 || (n > 1 && s.data[at] == '0'))
		return false;
	at += n;
	if (at < s.len && s.data[at] == '.') {
		n = count_digits(s, at + 1);
		if (n == 0)
			return false;
		at += 1 + n;
	}
	if (at < s.len && (s.data[at] == 'e' || s.data[at] == 'E')) {
		at++;
		if (at < s.len && (s.data[at] == '+' || s.data[at] == '-'))
			at++;
		n = count_digits(s, at);
		if (n == 0)
			return false;
		at += n;
	}
	return at == s.len;
}

static void put_scalar(struct tt_buf *to, const struct tt_yaml *node)
{
	static const char *const nulls[] = {"", "~", "null", "Null", "NULL", NULL};
	static const char *const trues[] = {"true", "True", "TRUE", NULL};
	static const char *const falses[] = {"false", "False", "FALSE", NULL};
	struct tt_str s = node->scalar;

	if (!node->quoted && is_one_of(s, nulls))
		tt_buf_text(to, "null");
	else if (!node->quoted && is_one_of(s, trues))
		tt_buf_text(to, "true");
	else if (!node->quoted && is_one_of(s, falses))
		tt_buf_text(to, "false");
	else if (!node->quoted && is_number(s))
		tt_buf_str(to, s);
	else
		tt_json_put_string(to, s);
}

/* The parser bounds the depth. */
static void put_node(struct tt_buf *to, const struct tt_yaml *node)
{
	bool mapping = node->type == TT_YAML_MAPPING;

	if (node->type == TT_YAML_SCALAR) {
		put_scalar(to, node);
		return;
	}
	tt_buf_char(to, mapping ? '{' : '[');
	for (size_t i = 0; i < node->n; i++) {
		if (i > 0)
			tt_buf_char(to, ',');
		if (mapping) {
			tt_json_put_string(to, node->keys[i]->scalar);
			tt_buf_char(to, ':');
		}
		put_node(to, node->items[i]);
	}
	tt_buf_char(to, mapping ? '}' : ']');
}

const char *tt_yaml_to_json(const struct tt_yaml *node, struct tt_arena *arena)
{
	struct tt_buf json;

	if (node == NULL)
		return NULL;
	tt_buf_init(&json, MAX_JSON_BYTES);
	put_node(&json, node);
	const char *ret = json.failed ? NULL : tt_str_cstr(arena, tt_buf_view(&json));

	tt_buf_release(&json);
	return ret;
}
