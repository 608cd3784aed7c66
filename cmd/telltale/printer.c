/* SPDX-License-Identifier: Apache-2.0 */
#include "telltale/printer.h"

#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "event/codec.h"
#include "event/table.h"
#include "store/record.h"
#include "telltale/cli.h"
#include "wire/json_text.h"
#include "wire/yaml_text.h"

const char *const tt_output_names[] = {"table", "wide", "json", "yaml", "name", "ndjson", NULL};

enum { INDENT = 4 }; /* spaces, as kubectl has it */

static const size_t JSON_MAX_BYTES = (size_t)64 << 20;

struct tt_printer {
	struct tt_cli *cli;
	struct tt_printer_options options;
	struct tt_tabwriter *tabs;
	struct tt_buf cells, json;
	bool has_header, has_document;
};

struct tt_printer *tt_printer_new(struct tt_cli *cli, const struct tt_printer_options *options)
{
	struct tt_printer *p = tt_calloc(1, sizeof(*p));

	p->cli = cli;
	p->options = *options;
	p->tabs = tt_tabwriter_new(TT_TAB_GET, &cli->out.buf);
	tt_buf_init(&p->cells, JSON_MAX_BYTES);
	tt_buf_init(&p->json, JSON_MAX_BYTES);
	return p;
}

void tt_printer_free(struct tt_printer *p)
{
	if (p == NULL)
		return;
	tt_tabwriter_free(p->tabs);
	tt_buf_release(&p->cells);
	tt_buf_release(&p->json);
	tt_free(p);
}

static bool is_shown(const struct tt_record *r)
{
	return r->kind == TT_RECORD_EVENT && r->change != TT_CHANGE_DELETED;
}

static size_t count_shown(const struct tt_record *records, size_t n)
{
	size_t shown = 0;

	for (size_t i = 0; i < n; i++)
		shown += is_shown(&records[i]);
	return shown;
}

static void put_cells(struct tt_printer *p)
{
	tt_tabwriter_write(p->tabs, tt_buf_view(&p->cells));
	tt_buf_clear(&p->cells);
}

static size_t count_lines(const char *from, size_t n)
{
	size_t lines = 0;

	for (size_t i = 0; i < n; i++)
		lines += from[i] == '\n';
	return lines;
}

/* Where the `n`-th line behind `at` begins. */
static size_t skip_lines(const struct tt_buf *text, size_t at, size_t n)
{
	for (; n > 0 && at < text->len; at++)
		n -= text->data[at] == '\n';
	return at;
}

/* Colours the rows of warnings that stand in the output behind `start`, where the first lines
 * are the header. `lines` says how many lines each row has. */
static void colour_rows(struct tt_buf *text, size_t start, const struct tt_record *records,
	size_t n, const size_t *lines)
{
	size_t at = start;

	for (size_t i = 0; i < n; i++) {
		if (!is_shown(&records[i]))
			continue;
		size_t before = text->len;
		size_t next = skip_lines(text, at, lines[i]);

		if (tt_str_is(records[i].event.type, "Warning"))
			tt_colour_word(text, at, TT_STR("Warning"), TT_COLOUR_YELLOW);
		at = next + (text->len - before);
	}
}

static void put_table(struct tt_printer *p, const struct tt_record *records, size_t n)
{
	enum tt_table_form form = p->options.format == TT_OUTPUT_WIDE ? TT_TABLE_GET_WIDE
								      : TT_TABLE_EVENTS;
	int64_t now_us = tt_clock_wall_us(p->cli->clock);
	struct tt_buf *out = &p->cli->out.buf;
	size_t *lines = tt_calloc(n + 1, sizeof(*lines));
	size_t start = out->len, header_lines = 0;

	if (!p->options.no_headers && !p->has_header && count_shown(records, n) > 0) {
		tt_table_header(&p->cells, form, p->options.namespace);
		put_cells(p);
		p->has_header = true;
		header_lines = 1;
	}
	for (size_t i = 0; i < n; i++) {
		if (!is_shown(&records[i]))
			continue;
		tt_table_row(&p->cells, form, p->options.namespace, &records[i].event, now_us);
		lines[i] = count_lines(p->cells.data, p->cells.len);
		put_cells(p);
	}
	tt_tabwriter_flush(p->tabs);
	if (p->cli->terminal.out_colour)
		colour_rows(out, skip_lines(out, start, header_lines), records, n, lines);
	tt_free(lines);
}

static struct tt_str event_json(struct tt_printer *p, const struct tt_event *e)
{
	tt_buf_clear(&p->json);
	tt_event_encode_json(&p->json, e, TT_JSON_OBJECT);
	return tt_buf_view(&p->json);
}

static void put_json_list(struct tt_printer *p, const struct tt_record *records, size_t n)
{
	struct tt_buf *out = &p->cli->out.buf;
	bool is_first = true;

	tt_buf_text(out, "{\n    \"kind\": \"EventList\",\n    \"apiVersion\": \"v1\",\n"
			 "    \"metadata\": {},\n    \"items\": [");
	for (size_t i = 0; i < n; i++) {
		if (!is_shown(&records[i]))
			continue;
		tt_buf_text(out, is_first ? "\n        " : ",\n        ");
		tt_json_put_indented(out, event_json(p, &records[i].event), INDENT, 2);
		is_first = false;
		(void)tt_out_drain(&p->cli->out);
	}
	tt_buf_text(out, is_first ? "]\n}\n" : "\n    ]\n}\n");
}

static int put_yaml_list(
	struct tt_printer *p, const struct tt_record *records, size_t n, struct tt_err *err)
{
	struct tt_yaml_list *list;

	if (count_shown(records, n) == 0) {
		tt_buf_text(&p->cli->out.buf,
			"apiVersion: v1\nitems: []\nkind: EventList\nmetadata: {}\n");
		return 0;
	}
	list = tt_yaml_list_begin(&p->cli->out.buf);
	for (size_t i = 0; i < n; i++)
		if (is_shown(&records[i]))
			tt_yaml_list_add(list, event_json(p, &records[i].event));
	return tt_yaml_list_end(list, "EventList", err);
}

static int put_single(struct tt_printer *p, const struct tt_event *e, struct tt_err *err)
{
	struct tt_buf *out = &p->cli->out.buf;
	int rc = 0;

	switch (p->options.format) {
	case TT_OUTPUT_JSON:
		tt_json_put_indented(out, event_json(p, e), INDENT, 0);
		tt_buf_char(out, '\n');
		break;
	case TT_OUTPUT_YAML:
		if (p->has_document)
			tt_buf_text(out, "---\n");
		p->has_document = true;
		rc = tt_yaml_put_object(out, event_json(p, e), err);
		break;
	case TT_OUTPUT_NAME:
		tt_buf_printf(out, "event/%.*s\n", TT_STR_ARG(e->metadata.name));
		break;
	default:
		tt_buf_str(out, event_json(p, e));
		tt_buf_char(out, '\n');
		break;
	}
	(void)tt_out_drain(&p->cli->out);
	return rc;
}

int tt_printer_put(
	struct tt_printer *p, const struct tt_record *records, size_t n, struct tt_err *err)
{
	enum tt_output format = p->options.format;
	int rc = 0;

	if (format == TT_OUTPUT_TABLE || format == TT_OUTPUT_WIDE)
		put_table(p, records, n);
	else if (format == TT_OUTPUT_JSON && !p->options.stream)
		put_json_list(p, records, n);
	else if (format == TT_OUTPUT_YAML && !p->options.stream)
		rc = put_yaml_list(p, records, n, err);
	else
		for (size_t i = 0; rc == 0 && i < n; i++)
			if (is_shown(&records[i]))
				rc = put_single(p, &records[i].event, err);
	(void)tt_out_flush(&p->cli->out);
	return rc;
}
