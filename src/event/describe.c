/* SPDX-License-Identifier: Apache-2.0 */
#include "event/describe.h"

#include <stdlib.h>

#include "base/mem.h"
#include "event/cells.h"
#include "event/duration.h"
#include "event/event.h"
#include "event/table.h"

struct row {
	const struct tt_event *event;
	size_t place;
};

static int compare(const void *a, const void *b)
{
	const struct row *x = a, *y = b;
	int64_t t = x->event->last_timestamp_us, u = y->event->last_timestamp_us;

	if (t != u)
		return t < u ? -1 : 1;
	return (x->place > y->place) - (x->place < y->place);
}

static void put_row(struct tt_buf *to, const struct tt_event *e, int64_t now_us)
{
	char interval[TT_INTERVAL_SIZE];

	tt_buf_text(to, "  ");
	tt_cell_put_escaped(to, e->type);
	tt_buf_char(to, '\t');
	tt_cell_put_escaped(to, e->reason);
	tt_buf_char(to, '\t');
	tt_buf_add(to, interval, tt_event_interval_format(e, now_us, interval));
	tt_buf_char(to, '\t');
	tt_cell_put_escaped(to, tt_cell_component(e));
	tt_buf_char(to, '\t');
	if (e->involved_object.field_path.len > 0) {
		tt_cell_put_escaped(to, e->involved_object.field_path);
		tt_buf_text(to, ": ");
	}
	tt_cell_put_escaped(to, tt_cell_trim(e->message));
	tt_buf_char(to, '\n');
}

void tt_describe_events(
	struct tt_buf *to, const struct tt_event *const *events, size_t n, int64_t now_us)
{
	struct tt_tabwriter *w = tt_tabwriter_new(TT_TAB_DESCRIBE, to);
	struct row *rows = tt_calloc(n + 1, sizeof(*rows));
	struct tt_buf line;

	tt_buf_init(&line, to->max);
	tt_tabwriter_write(w, n == 0 ? TT_STR("Events:\t<none>\n")
				     : TT_STR("Events:\n  Type\tReason\tAge\tFrom\tMessage\n"
					      "  ----\t------\t----\t----\t-------\n"));
	for (size_t i = 0; i < n; i++)
		rows[i] = (struct row){events[i], i};
	qsort(rows, n, sizeof(*rows), compare);
	for (size_t i = 0; i < n; i++) {
		tt_buf_clear(&line);
		put_row(&line, rows[i].event, now_us);
		tt_tabwriter_write(w, tt_buf_view(&line));
	}
	tt_tabwriter_flush(w);
	tt_tabwriter_free(w);
	tt_buf_release(&line);
	tt_free(rows);
}
