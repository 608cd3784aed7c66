/* SPDX-License-Identifier: Apache-2.0 */
#include "net/metrics.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* In HELP lines a backslash and a line feed are escaped, in label values a quote as well. */
static void put_escaped(struct tt_buf *to, struct tt_str text, bool in_quotes)
{
	for (size_t i = 0; i < text.len; i++) {
		char c = text.data[i];

		if (c == '\\')
			tt_buf_text(to, "\\\\");
		else if (c == '\n')
			tt_buf_text(to, "\\n");
		else if (c == '"' && in_quotes)
			tt_buf_text(to, "\\\"");
		else
			tt_buf_char(to, c);
	}
}

void tt_metric_family(struct tt_buf *to, const char *name, const char *type, const char *help)
{
	tt_buf_printf(to, "# HELP %s ", name);
	put_escaped(to, tt_str_from(help), false);
	tt_buf_printf(to, "\n# TYPE %s %s\n", name, type);
}

static void put_name(struct tt_buf *to, const char *name, const struct tt_metric_label *labels)
{
	tt_buf_text(to, name);
	if (labels == NULL || labels->name == NULL) {
		tt_buf_char(to, ' ');
		return;
	}
	for (const struct tt_metric_label *l = labels; l->name != NULL; l++) {
		tt_buf_char(to, l == labels ? '{' : ',');
		tt_buf_text(to, l->name);
		tt_buf_text(to, "=\"");
		put_escaped(to, l->value, true);
		tt_buf_char(to, '"');
	}
	tt_buf_text(to, "} ");
}

void tt_metric_u64(
	struct tt_buf *to, const char *name, const struct tt_metric_label *labels, uint64_t value)
{
	put_name(to, name, labels);
	tt_buf_u64(to, value);
	tt_buf_char(to, '\n');
}

/* The shortest decimal that reads back as `value`. */
static void put_double(struct tt_buf *to, double value)
{
	char text[40];

	for (int digits = 6; digits <= 17; digits++) {
		(void)snprintf(text, sizeof(text), "%.*g", digits, value);
		if (strtod(text, NULL) == value)
			break;
	}
	tt_buf_text(to, text);
}

void tt_metric_double(
	struct tt_buf *to, const char *name, const struct tt_metric_label *labels, double value)
{
	put_name(to, name, labels);
	if (isnan(value))
		tt_buf_text(to, "NaN");
	else if (isinf(value))
		tt_buf_text(to, value > 0 ? "+Inf" : "-Inf");
	else
		put_double(to, value);
	tt_buf_char(to, '\n');
}
