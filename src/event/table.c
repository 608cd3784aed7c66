/* SPDX-License-Identifier: Apache-2.0 */
/* The cells of `kubectl events`, and those that an API server puts into a Table and kubectl get
 * prints. ESC and CR in them are made visible, as kubectl does, so that no event can move the
 * cursor of a terminal. */
#include "event/table.h"

#include "event/cells.h"
#include "event/duration.h"
#include "event/event.h"

/* A cell of `kubectl get`: cut at the first line break. Returns whether the cell goes on. */
static bool put_cut(struct tt_buf *to, struct tt_str s)
{
	size_t n = 0;

	while (n < s.len && s.data[n] != '\n' && s.data[n] != '\r' && s.data[n] != '\f')
		n++;
	tt_cell_put_escaped(to, (struct tt_str){s.data, n});
	if (n < s.len)
		tt_buf_add(to, "...", 3);
	return n == s.len;
}

static void put_age(struct tt_buf *to, int64_t then_us, int64_t now_us)
{
	char age[TT_AGE_SIZE];

	tt_buf_add(to, age, tt_age_format(then_us, now_us, age));
}

static void put_source(struct tt_buf *to, const struct tt_event *e)
{
	struct tt_str instance = tt_cell_instance(e);
	bool whole = put_cut(to, tt_cell_component(e));

	if (whole && instance.len > 0) {
		tt_buf_add(to, ", ", 2);
		(void)put_cut(to, instance);
	}
}

/* `pod/web`, or `pod` without a name. */
static void put_object(struct tt_buf *to, const struct tt_objectref *object)
{
	size_t start = to->len;
	bool whole = put_cut(to, object->kind);

	for (size_t i = start; i < to->len; i++)
		if (to->data[i] >= 'A' && to->data[i] <= 'Z')
			to->data[i] |= 0x20;
	if (whole && object->name.len > 0) {
		tt_buf_char(to, '/');
		(void)put_cut(to, object->name);
	}
}

static void put_events_row(struct tt_buf *to, const struct tt_event *e, int64_t now_us)
{
	char interval[TT_INTERVAL_SIZE];

	tt_buf_add(to, interval, tt_event_interval_format(e, now_us, interval));
	tt_buf_char(to, '\t');
	tt_cell_put_escaped(to, e->type);
	tt_buf_char(to, '\t');
	tt_cell_put_escaped(to, e->reason);
	tt_buf_char(to, '\t');
	tt_cell_put_escaped(to, e->involved_object.kind);
	tt_buf_char(to, '/');
	tt_cell_put_escaped(to, e->involved_object.name);
	tt_buf_char(to, '\t');
	tt_cell_put_escaped(to, tt_cell_trim(e->message));
}

static void put_get_row(struct tt_buf *to, bool wide, const struct tt_event *e, int64_t now_us)
{
	put_age(to, tt_cell_last_seen(e), now_us);
	tt_buf_char(to, '\t');
	(void)put_cut(to, e->type);
	tt_buf_char(to, '\t');
	(void)put_cut(to, e->reason);
	tt_buf_char(to, '\t');
	put_object(to, &e->involved_object);
	tt_buf_char(to, '\t');
	if (wide) {
		(void)put_cut(to, e->involved_object.field_path);
		tt_buf_char(to, '\t');
		put_source(to, e);
		tt_buf_char(to, '\t');
	}
	(void)put_cut(to, tt_cell_trim(e->message));
	if (wide) {
		tt_buf_char(to, '\t');
		put_age(to, tt_cell_first_seen(e), now_us);
		tt_buf_char(to, '\t');
		tt_buf_i64(to, tt_cell_count(e));
		tt_buf_char(to, '\t');
		(void)put_cut(to, e->metadata.name);
	}
}

void tt_table_header(struct tt_buf *to, enum tt_table_form form, bool namespace)
{
	if (namespace)
		tt_buf_text(to, "NAMESPACE\t");
	if (form == TT_TABLE_GET_WIDE)
		tt_buf_text(to, "LAST SEEN\tTYPE\tREASON\tOBJECT\tSUBOBJECT\tSOURCE\tMESSAGE\t"
				"FIRST SEEN\tCOUNT\tNAME\n");
	else
		tt_buf_text(to, "LAST SEEN\tTYPE\tREASON\tOBJECT\tMESSAGE\n");
}

void tt_table_row(struct tt_buf *to, enum tt_table_form form, bool namespace,
	const struct tt_event *e, int64_t now_us)
{
	if (namespace) {
		tt_cell_put_escaped(to, e->metadata.namespace);
		tt_buf_char(to, '\t');
	}
	if (form == TT_TABLE_EVENTS)
		put_events_row(to, e, now_us);
	else
		put_get_row(to, form == TT_TABLE_GET_WIDE, e, now_us);
	tt_buf_char(to, '\n');
}
