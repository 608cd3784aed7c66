/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/json_text.h"

static void new_line(struct tt_buf *to, unsigned spaces)
{
	tt_buf_char(to, '\n');
	while (spaces-- > 0)
		tt_buf_char(to, ' ');
}

/* The length of the string at the start of `s`, its quotes included. */
static size_t string_length(struct tt_str s)
{
	size_t i = 1;

	while (i < s.len && s.data[i] != '"')
		i += s.data[i] == '\\' ? 2 : 1;
	return i + 1 < s.len ? i + 1 : s.len;
}

void tt_json_put_indented(struct tt_buf *to, struct tt_str json, unsigned indent, unsigned depth)
{
	for (size_t i = 0; i < json.len; i++) {
		char c = json.data[i];
		struct tt_str rest = {json.data + i, json.len - i};

		if (c == '"') {
			size_t n = string_length(rest);

			tt_buf_add(to, rest.data, n);
			i += n - 1;
		} else if ((c == '{' || c == '[') && rest.len > 1 &&
			   (rest.data[1] == '}' || rest.data[1] == ']')) {
			tt_buf_add(to, rest.data, 2);
			i++;
		} else if (c == '{' || c == '[') {
			tt_buf_char(to, c);
			new_line(to, ++depth * indent);
		} else if (c == '}' || c == ']') {
			new_line(to, --depth * indent);
			tt_buf_char(to, c);
		} else if (c == ',') {
			tt_buf_char(to, c);
			new_line(to, depth * indent);
		} else if (c == ':') {
			tt_buf_text(to, ": ");
		} else if (c != '\n') {
			tt_buf_char(to, c);
		}
	}
}
