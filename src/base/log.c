/* SPDX-License-Identifier: Apache-2.0 */
#include "base/log.h"

#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/timestamp.h"
#include "base/utf8.h"

enum { LINE_MAX_BYTES = 8192, VALUE_MAX_BYTES = 2048 };

static const char *const level_names[] = {"debug", "info", "warn", "error"};

/* One character, escaped so that the line stays one line of text: control characters (C1 too,
 * which terminals obey), quotes, and U+FFFD for what is no UTF-8. */
static void put_char(struct tt_buf *b, uint32_t c, struct tt_str bytes)
{
	if (c == '"' || c == '\\')
		tt_buf_printf(b, "\\%c", (char)c);
	else if (c == '\n')
		tt_buf_text(b, "\\n");
	else if (c < 0x20 || (c >= 0x7f && c < 0xa0))
		tt_buf_printf(b, "\\u%04x", c);
	else if (c == 0xfffd)
		tt_buf_text(b, "\xef\xbf\xbd");
	else
		tt_buf_str(b, bytes);
}

/* Cuts so that the text written, not the text given, stays below the maximum: a line of time,
 * level and message always fits. */
static void put_quoted(struct tt_buf *b, struct tt_str s)
{
	size_t end = b->len + VALUE_MAX_BYTES;

	tt_buf_char(b, '"');
	while (s.len > 0 && b->len < end) {
		size_t n;
		uint32_t c = tt_utf8_decode(s, &n);

		put_char(b, c, (struct tt_str){s.data, n});
		s.data += n;
		s.len -= n;
	}
	tt_buf_char(b, '"');
}

/* Whether logfmt needs no quotes around it. */
static bool is_plain(struct tt_str s)
{
	if (s.len == 0 || s.len > VALUE_MAX_BYTES)
		return false;
	while (s.len > 0) {
		size_t n;
		uint32_t c = tt_utf8_decode(s, &n);

		if (c <= ' ' || c == '"' || c == '=' || c == '\\' || (c >= 0x7f && c < 0xa0) ||
			c == 0xfffd)
			return false;
		s.data += n;
		s.len -= n;
	}
	return true;
}

static void put_field(struct tt_buf *b, bool json, const struct tt_field *f)
{
	if (json) {
		tt_buf_char(b, b->len > 0 ? ',' : '{');
		put_quoted(b, tt_str_from(f->key));
		tt_buf_char(b, ':');
	} else {
		tt_buf_printf(b, "%s%s=", b->len > 0 ? " " : "", f->key);
	}
	if (f->type == TT_FIELD_INT)
		tt_buf_i64(b, f->number);
	else if (!json && is_plain(f->str))
		tt_buf_str(b, f->str);
	else
		put_quoted(b, f->str);
}

void tt_log_write(const struct tt_log *log, enum tt_log_level level, const char *message,
	const struct tt_field *fields)
{
	if (log == NULL || level < __atomic_load_n(&log->level, __ATOMIC_RELAXED))
		return;
	bool json = __atomic_load_n(&log->json, __ATOMIC_RELAXED);
	char time[TT_TIME_SIZE];
	struct tt_buf b;

	tt_buf_init(&b, LINE_MAX_BYTES);
	tt_time_format(tt_clock_wall_us(log->clock), TT_TIME_MICROS, time);
	put_field(&b, json, &TT_FS("time", time));
	put_field(&b, json, &TT_FS("level", level_names[level]));
	put_field(&b, json, &TT_FS("msg", message));
	for (; fields->key != NULL; fields++) {
		size_t before = b.len;

		put_field(&b, json, fields);
		if (b.failed ||
			b.len + 2 > b.max) { /* the rest does not fit: a shorter whole line */
			b.failed = false;
			b.len = before;
			break;
		}
	}
	tt_buf_text(&b, json ? "}\n" : "\n");
	ssize_t ignored = write(log->fd, b.data, b.len);

	(void)ignored;
	tt_buf_release(&b);
}

bool tt_log_level_parse(struct tt_str name, enum tt_log_level *ret)
{
	for (int i = 0; i < (int)(sizeof(level_names) / sizeof(level_names[0])); i++) {
		if (!tt_str_is(name, level_names[i]))
			continue;
		*ret = (enum tt_log_level)i;
		return true;
	}
	return false;
}
