/* SPDX-License-Identifier: Apache-2.0 */
/* table.h - text in aligned columns as kubectl prints it: the elastic tab stops of its two tab
 * writers, and the cells of its event tables. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/str.h"

struct tt_event;
struct tt_tabwriter;

enum tt_tab_style {
	TT_TAB_GET,      /* get and events: minwidth 6, padding 3, remembers column widths */
	TT_TAB_DESCRIBE, /* minwidth 0, padding 2 */
};

/* A tab writer that appends to `to`. Text is cells ended by TAB and lines ended by LF (VT and FF
 * as in Go's liggitt/tabwriter); a line without a TAB ends the columns before it. */
struct tt_tabwriter *tt_tabwriter_new(enum tt_tab_style style, struct tt_buf *to);
void tt_tabwriter_free(struct tt_tabwriter *w);
void tt_tabwriter_write(struct tt_tabwriter *w, struct tt_str text);
/* Aligns and writes out what is pending. Column widths are remembered if the style does. */
void tt_tabwriter_flush(struct tt_tabwriter *w);

/* The columns of an event table. */
enum tt_table_form {
	TT_TABLE_EVENTS,   /* as `kubectl events`: LAST SEEN TYPE REASON OBJECT MESSAGE */
	TT_TABLE_GET,      /* as `kubectl get events` */
	TT_TABLE_GET_WIDE, /* as `kubectl get events -o wide`, with the server's cells */
};

/* Writes the header line, and the row of `e`, as cells for a tab writer. With `namespace` the
 * column NAMESPACE comes first. Ages are relative to `now_us`. */
void tt_table_header(struct tt_buf *to, enum tt_table_form form, bool namespace);
void tt_table_row(struct tt_buf *to, enum tt_table_form form, bool namespace,
	const struct tt_event *e, int64_t now_us);
