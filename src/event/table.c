/* SPDX-License-Identifier: Apache-2.0 */
/* The cells of `kubectl events`, and those that an API server puts into a Table and kubectl get
 * prints. ESC and CR in them are made visible, as kubectl does, so that no event can move the
 * cursor of a terminal. */
#include "event/table.h"

#include "base/utf8.h"
#include "event/duration.h"
#include "event/event.h"

/* Appends `s` with ESC as ^[ and CR as \r. */
static void put_escaped(struct tt_buf *to, struct tt_str s)
{
	for (size_t i = 0; i < s.len; i++) {
		if (s.data[i] == '\x1b')
			tt_buf_add(to, "^[", 2);
		else if (s.data[i] == '\r')
			tt_buf_add(to, "\\r", 2);
		else
			tt_buf_char(to, s.data[i]);
	}
}

/* A cell of `kubectl get`: cut at the first line break. Returns whether the cell goes on. */
static bool put_cut(struct tt_buf *to, struct tt_str s)
{
	size_t n = 0;

	while (n < s.len && s.data[n] != '\n' && s.data[n] != '\r' && s.data[n] != '\f')
		n++;
	put_escaped(to, (struct tt_str){s.data, n});
	if (n < s.len)
		tt_buf_add(to, "...", 3);
	return n == s.len;
}

/* Unicode's White_Space, as Go's strings.TrimSpace knows it. */
static bool is_space(uint32_t c)
{
	return (c >= 0x09 && c <= 0x0d) || c == ' ' || c == 0x85 || c == 0xa0 || c == 0x1680 ||
	       (c >= 0x2000 && c <= 0x200a) || c == 0x2028 || c == 0x2029 || c == 0x202f ||
	       c == 0x205f || c == 0x3000;
}

/* The length of the last character of `s`, which is not empty. */
static size_t last_len(struct tt_str s)
{
	size_t n = 1, len;

	while (n < 4 && n < s.len && ((unsigned char)s.data[s.len - n] & 0xc0) == 0x80)
		n++;
	(void)tt_utf8_decode((struct tt_str){s.data + s.len - n, n}, &len);
	return len == n ? n : 1;
}

static struct tt_str trim(struct tt_str s)
{
	size_t n;

	while (s.len > 0 && is_space(tt_utf8_decode(s, &n))) {
		s.data += n;
		s.len -= n;
	}
	while (s.len > 0) {
		n = last_len(s);
		size_t ignored;

		if (!is_space(tt_utf8_decode((struct tt_str){s.data + s.len - n, n}, &ignored)))
			break;
		s.len -= n;
	}
	return s;
}

static void put_age(struct tt_buf *to, int64_t then_us, int64_t now_us)
{
	char age[TT_AGE_SIZE];

	tt_buf_add(to, age, tt_age_format(then_us, now_us, age));
}

static int64_t first_seen(const struct tt_event *e)
{
	return e->first_timestamp_us != TT_TIME_ZERO ? e->first_timestamp_us : e->event_time_us;
}

static int64_t last_seen(const struct tt_event *e)
{
	if (e->has_series)
		return e->series_last_observed_us;
	return e->last_timestamp_us != TT_TIME_ZERO ? e->last_timestamp_us : first_seen(e);
}

static void put_source(struct tt_buf *to, const struct tt_event *e)
{
	bool has_component = e->source_component.len > 0, has_host = e->source_host.len > 0;
	struct tt_str instance = has_host ? e->source_host : e->reporting_instance;

	bool whole = put_cut(to, has_component ? e->source_component : e->reporting_component);

	if (whole && instance.len > 0) {
		tt_buf_add(to, ", ", 2);
		(void)put_cut(to, instance);
	}
}

/* As the API server has it: only an event without a series is counted once at least. */
static int32_t times_seen(const struct tt_event *e)
{
	if (e->has_series)
		return e->series_count;
	return e->count == 0 ? 1 : e->count;
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
	put_escaped(to, e->type);
	tt_buf_char(to, '\t');
	put_escaped(to, e->reason);
	tt_buf_char(to, '\t');
	put_escaped(to, e->involved_object.kind);
	tt_buf_char(to, '/');
	put_escaped(to, e->involved_object.name);
	tt_buf_char(to, '\t');
	put_escaped(to, trim(e->message));
}

static void put_get_row(struct tt_buf *to, bool wide, const struct tt_event *e, int64_t now_us)
{
	put_age(to, last_seen(e), now_us);
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
	(void)put_cut(to, trim(e->message));
	if (wide) {
		tt_buf_char(to, '\t');
		put_age(to, first_seen(e), now_us);
		tt_buf_char(to, '\t');
		tt_buf_i64(to, times_seen(e));
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
		put_escaped(to, e->metadata.namespace);
		tt_buf_char(to, '\t');
	}
	if (form == TT_TABLE_EVENTS)
		put_events_row(to, e, now_us);
	else
		put_get_row(to, form == TT_TABLE_GET_WIDE, e, now_us);
	tt_buf_char(to, '\n');
}
