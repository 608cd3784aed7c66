/* SPDX-License-Identifier: Apache-2.0 */
#include "base/log.h"

#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/timestamp.h"

enum { LINE_MAX_BYTES = 8192, VALUE_MAX_BYTES = 2048 };

static const char *const level_names[] = {"debug", "info", "warn", "error"};

static void put_quoted(struct tt_buf *b, struct tt_str s)
{
	if (s.len > VALUE_MAX_BYTES)
		s.len = VALUE_MAX_BYTES;
	tt_buf_char(b, '"');
	for (size_t i = 0; i < s.len; i++) {
		unsigned char c = (unsigned char)s.data[i];

		if (c == '"' || c == '\\')
			tt_buf_printf(b, "\\%c", c);
		else if (c == '\n')
			tt_buf_text(b, "\\n");
		else if (c < 0x20 || c == 0x7f)
			tt_buf_printf(b, "\\u%04x", c);
		else
			tt_buf_char(b, (char)c);
	}
	tt_buf_char(b, '"');
}

static bool is_plain(struct tt_str s)
{
	for (size_t i = 0; i < s.len; i++)
		if ((unsigned char)s.data[i] <= ' ' || s.data[i] == '"' || s.data[i] == '=' ||
			s.data[i] == '\\' || s.data[i] == 0x7f)
			return false;
	return s.len > 0;
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
	else if (!json && is_plain(f->str) && f->str.len <= VALUE_MAX_BYTES)
		tt_buf_str(b, f->str);
	else
		put_quoted(b, f->str);
}

void tt_log_write(const struct tt_log *log, enum tt_log_level level, const char *message,
	const struct tt_field *fields)
{
	if (log == NULL || level < __atomic_load_n(&log->level, __ATOMIC_RELAXED))
		return;
	char time[TT_TIME_SIZE];
	struct tt_buf b;

	tt_buf_init(&b, LINE_MAX_BYTES);
	tt_time_format(tt_clock_wall_us(log->clock), TT_TIME_MICROS, time);
	put_field(&b, log->json, &TT_FS("time", time));
	put_field(&b, log->json, &TT_FS("level", level_names[level]));
	put_field(&b, log->json, &TT_FS("msg", message));
	for (; fields->key != NULL; fields++) {
		size_t before = b.len;

		put_field(&b, log->json, fields);
		if (b.failed || b.len + 2 > b.max) { /* the rest does not fit: a shorter whole line */
			b.failed = false;
			b.len = before;
			break;
		}
	}
	tt_buf_text(&b, log->json ? "}\n" : "\n");
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
