/* SPDX-License-Identifier: Apache-2.0 */
#include "telltale/log_row.h"

#include "base/timestamp.h"
#include "base/utf8.h"
#include "store/record.h"

/* A cell stays on its line: control characters become spaces. */
static void put_cell(struct tt_buf *to, struct tt_str text)
{
	for (size_t i = 0; i < text.len; i++) {
		unsigned char c = (unsigned char)text.data[i];

		tt_buf_char(to, c < ' ' || c == 0x7f || c == 0xff ? ' ' : (char)c);
	}
}

static void put_time(struct tt_buf *to, int64_t us)
{
	char text[TT_TIME_SIZE];

	tt_time_format(us, TT_TIME_SECONDS, text);
	tt_buf_text(to, text);
}

void tt_log_header_put(struct tt_buf *to)
{
	tt_buf_text(
		to, "SEQ\tRECORDED\tCLUSTER\tCHANGE\tNAMESPACE\tTYPE\tREASON\tOBJECT\tMESSAGE\n");
}

void tt_gap_put(struct tt_buf *to, const struct tt_gap *gap)
{
	if (tt_str_ends(gap->reason, TT_STR("are no longer kept"))) { /* made by the reader */
		put_cell(to, gap->reason);
		return;
	}
	if (gap->from_us == TT_TIME_ZERO) {
		tt_buf_text(to, "nothing is known from before ");
		put_time(to, gap->to_us);
	} else {
		tt_buf_text(to, gap->lost == TT_LOST_EVENTS
					? "events may be missing from "
					: "updates of events may be missing from ");
		put_time(to, gap->from_us);
		tt_buf_text(to, " to ");
		put_time(to, gap->to_us);
	}
	for (uint32_t i = 0; i < gap->n_namespaces; i++) {
		tt_buf_text(to, i == 0 ? " in " : ", ");
		put_cell(to, gap->namespaces[i]);
	}
	if (gap->reason.len > 0) {
		tt_buf_text(to, ": ");
		put_cell(to, gap->reason);
	}
}

static void put_event(struct tt_buf *to, const struct tt_event *e)
{
	uint32_t occurrences = tt_event_occurrences(e);

	put_cell(to, e->metadata.namespace);
	tt_buf_char(to, '\t');
	put_cell(to, e->type);
	tt_buf_char(to, '\t');
	put_cell(to, e->reason);
	tt_buf_char(to, '\t');
	put_cell(to, e->involved_object.kind);
	tt_buf_char(to, '/');
	put_cell(to, e->involved_object.name);
	tt_buf_char(to, '\t');
	put_cell(to, tt_str_trim(e->message));
	if (occurrences > 1)
		tt_buf_printf(to, " (x%u)", (unsigned)occurrences);
}

void tt_log_row_put(struct tt_buf *to, const struct tt_record *record)
{
	static const char *const changes[] = {
		[TT_CHANGE_ADDED] = "ADDED",
		[TT_CHANGE_MODIFIED] = "MODIFIED",
		[TT_CHANGE_DELETED] = "DELETED",
	};

	tt_buf_u64(to, record->seq);
	tt_buf_char(to, '\t');
	put_time(to, record->recorded_at_us);
	tt_buf_char(to, '\t');
	put_cell(to, record->cluster);
	tt_buf_char(to, '\t');
	if (record->kind == TT_RECORD_GAP) {
		tt_buf_text(to, "GAP\t");
		tt_gap_put(to, &record->gap);
	} else {
		tt_buf_text(to, changes[record->change]);
		tt_buf_char(to, '\t');
		put_event(to, &record->event);
	}
	tt_buf_char(to, '\n');
}
