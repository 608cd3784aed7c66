/* SPDX-License-Identifier: Apache-2.0 */
/* Elastic tab stops, with the rules of Go's text/tabwriter and of kubectl's fork of it: a column
 * is a run of lines that all have a terminated cell at that place; it is as wide as its widest
 * cell; columns to its right are formatted inside it. */
#include "base/mem.h"
#include "base/utf8.h"
#include "base/vec.h"
#include "event/table.h"

enum {
	ESCAPE = 0xff,
	/* A TAB further right is text like any other: formatting is recursive, and the cells are
	 * foreign text. */
	MAX_COLUMNS = 256,
};

struct cell {
	size_t bytes;
	ptrdiff_t width; /* in code points, without escape bytes */
};

struct line {
	size_t first, n; /* its cells */
};

struct tt_tabwriter {
	struct tt_buf *to;
	ptrdiff_t min_width, padding;
	bool remembers;
	bool escaped;       /* between two ESCAPE bytes */
	struct cell open;   /* the cell that is being written */
	size_t segment;     /* where in `text` the uncounted part of the open cell begins */
	struct tt_buf text; /* of all cells, one behind the other */
	struct {
		struct cell *items;
		size_t n, cap;
	} cells;
	struct {
		struct line *items;
		size_t n, cap;
	} lines; /* the last one is open */
	ptrdiff_t widths[MAX_COLUMNS], widest[MAX_COLUMNS];
	size_t n_widths;
};

static void add_line(struct tt_tabwriter *w)
{
	*tt_vec_push(&w->lines) = (struct line){.first = w->cells.n};
}

static void forget(struct tt_tabwriter *w)
{
	w->cells.n = w->lines.n = 0;
	w->open = (struct cell){0};
	w->segment = 0;
	w->escaped = false;
	tt_buf_clear(&w->text);
	add_line(w);
}

struct tt_tabwriter *tt_tabwriter_new(enum tt_tab_style style, struct tt_buf *to)
{
	struct tt_tabwriter *w = tt_calloc(1, sizeof(*w));

	w->to = to;
	w->min_width = style == TT_TAB_GET ? 6 : 0;
	w->padding = style == TT_TAB_GET ? 3 : 2;
	w->remembers = style == TT_TAB_GET;
	tt_buf_init(&w->text, to->max);
	(void)tt_buf_reserve(&w->text, 0); /* so that its data is never NULL */
	add_line(w);
	return w;
}

void tt_tabwriter_free(struct tt_tabwriter *w)
{
	if (w == NULL)
		return;
	tt_buf_release(&w->text);
	tt_vec_release(&w->cells);
	tt_vec_release(&w->lines);
	tt_free(w);
}

/* Counts what was added to the open cell since the last time. */
static void count_segment(struct tt_tabwriter *w)
{
	struct tt_str added = {w->text.data + w->segment, w->text.len - w->segment};

	if (added.len == 0)
		return;
	w->open.width += (ptrdiff_t)tt_utf8_count(added);
	w->open.bytes += added.len;
	w->segment = w->text.len;
}

static void end_escape(struct tt_tabwriter *w)
{
	count_segment(w);
	w->open.width -= 2;
	w->escaped = false;
}

/* Ends the open cell; returns how many its line has. */
static size_t end_cell(struct tt_tabwriter *w)
{
	struct line *line = &w->lines.items[w->lines.n - 1];

	count_segment(w);
	*tt_vec_push(&w->cells) = w->open;
	w->open = (struct cell){0};
	return ++line->n;
}

static void put_padding(struct tt_buf *to, ptrdiff_t n)
{
	for (; n > 0; n--)
		tt_buf_char(to, ' ');
}

/* Writes the lines [from, until), whose cells begin at `at` in the text; returns where they end. */
static size_t put_lines(struct tt_tabwriter *w, size_t at, size_t from, size_t until)
{
	for (size_t i = from; i < until; i++) {
		const struct line *line = &w->lines.items[i];

		for (size_t k = 0; k < line->n; k++) {
			const struct cell *c = &w->cells.items[line->first + k];

			tt_buf_add(w->to, w->text.data + at, c->bytes);
			at += c->bytes;
			if (k < w->n_widths)
				put_padding(w->to, w->widths[k] - c->width);
		}
		if (i + 1 < w->lines.n)
			tt_buf_char(w->to, '\n');
	}
	return at;
}

/* Whether a line has a terminated cell in `column`. */
static bool has_column(const struct tt_tabwriter *w, size_t line, size_t column)
{
	return column + 1 < w->lines.items[line].n;
}

/* The width of `column` in the block that begins at line `*i`, which becomes the line behind it. */
static ptrdiff_t measure(struct tt_tabwriter *w, size_t column, size_t *i, size_t until)
{
	ptrdiff_t width = w->min_width;

	for (; *i < until && has_column(w, *i, column); ++*i) {
		size_t cell = w->lines.items[*i].first + column;
		ptrdiff_t wanted = w->cells.items[cell].width + w->padding;

		width = wanted > width ? wanted : width;
	}
	if (w->remembers && w->widest[column] > width)
		width = w->widest[column];
	w->widest[column] = width;
	return width;
}

/* Formats the lines [from, until), of which the columns left of n_widths are measured; returns
 * where in the text they end. */
static size_t format(struct tt_tabwriter *w, size_t at, size_t from, size_t until)
{
	size_t column = w->n_widths, i = from;

	while (i < until) {
		if (column == MAX_COLUMNS || !has_column(w, i, column)) {
			i++;
			continue;
		}
		at = put_lines(w, at, from, i);
		from = i;
		w->widths[w->n_widths] = measure(w, column, &i, until);
		w->n_widths++;
		at = format(w, at, from, i);
		w->n_widths--;
		from = i;
	}
	return put_lines(w, at, from, until);
}

void tt_tabwriter_flush(struct tt_tabwriter *w)
{
	if (w->text.len > w->segment || w->open.bytes > 0) {
		if (w->escaped)
			end_escape(w);
		(void)end_cell(w);
	}
	if (w->text.failed)
		w->to->failed = true;
	else
		(void)format(w, 0, 0, w->lines.n);
	forget(w);
}

static void end_line(struct tt_tabwriter *w, bool form_feed)
{
	size_t n = end_cell(w);

	add_line(w);
	if (form_feed || n == 1)
		tt_tabwriter_flush(w);
}

static bool ends_cell(const struct tt_tabwriter *w, char c)
{
	bool tab = c == '\t' || c == '\v';

	return tab && w->lines.items[w->lines.n - 1].n < MAX_COLUMNS;
}

void tt_tabwriter_write(struct tt_tabwriter *w, struct tt_str text)
{
	for (size_t i = 0; i < text.len; i++) {
		char c = text.data[i];

		if ((unsigned char)c == ESCAPE) {
			if (!w->escaped)
				count_segment(w);
			tt_buf_char(&w->text, c);
			if (w->escaped)
				end_escape(w);
			else
				w->escaped = true;
		} else if (w->escaped) {
			tt_buf_char(&w->text, c);
		} else if (ends_cell(w, c)) {
			(void)end_cell(w);
		} else if (c == '\n' || c == '\f') {
			end_line(w, c == '\f');
		} else {
			tt_buf_char(&w->text, c);
		}
	}
}
