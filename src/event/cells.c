/* SPDX-License-Identifier: Apache-2.0 */
#include "event/cells.h"

#include <stdbool.h>

#include "base/utf8.h"
#include "event/event.h"

int64_t tt_cell_first_seen(const struct tt_event *e)
{
	return e->first_timestamp_us != TT_TIME_ZERO ? e->first_timestamp_us : e->event_time_us;
}

int64_t tt_cell_last_seen(const struct tt_event *e)
{
	if (e->has_series)
		return e->series_last_observed_us;
	return e->last_timestamp_us != TT_TIME_ZERO ? e->last_timestamp_us : tt_cell_first_seen(e);
}

int32_t tt_cell_count(const struct tt_event *e)
{
	if (e->has_series)
		return e->series_count;
	return e->count == 0 ? 1 : e->count;
}

struct tt_str tt_cell_component(const struct tt_event *e)
{
	return e->source_component.len > 0 ? e->source_component : e->reporting_component;
}

struct tt_str tt_cell_instance(const struct tt_event *e)
{
	return e->source_host.len > 0 ? e->source_host : e->reporting_instance;
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

struct tt_str tt_cell_trim(struct tt_str s)
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

void tt_cell_put_escaped(struct tt_buf *to, struct tt_str s)
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
