/* SPDX-License-Identifier: Apache-2.0 */
/* log.h - the process's own log: one line per message, logfmt or JSON, on a file descriptor.
 *
 * Fields are typed, so that both forms are written from one call:
 *
 *	tt_log_info(log, "watching", TT_FS("cluster", name), TT_FI("resourceVersion", rv));
 *
 * A log may be used by several threads; each line is one write(2). A NULL log takes and drops
 * everything. Secrets are never given to it. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

struct tt_clock;

enum tt_log_level { TT_LOG_DEBUG, TT_LOG_INFO, TT_LOG_WARN, TT_LOG_ERROR };

struct tt_log {
	int fd;
	enum tt_log_level level; /* the lowest that is written; may be changed while in use */
	bool json;               /* JSON lines instead of logfmt; may be changed too */
	const struct tt_clock *clock;
};

struct tt_field {
	const char *key; /* NULL ends a list of fields */
	enum { TT_FIELD_STR, TT_FIELD_INT } type;
	struct tt_str str;
	int64_t number;
};

/* A field of text ended by NUL, of a tt_str, of a number. */
#define TT_FS(name, text)   ((struct tt_field){(name), TT_FIELD_STR, tt_str_from(text), 0})
#define TT_FV(name, view)   ((struct tt_field){(name), TT_FIELD_STR, (view), 0})
#define TT_FI(name, number) ((struct tt_field){(name), TT_FIELD_INT, {0}, (int64_t)(number)})

/* Writes `message` and `fields` (up to one with key NULL). Lines over 8 KiB are cut. */
void tt_log_write(const struct tt_log *log, enum tt_log_level level, const char *message,
	const struct tt_field *fields);

#define tt_log_at(log, level, message, ...)                                                        \
	tt_log_write((log), (level), (message),                                                    \
		(const struct tt_field[]){__VA_ARGS__ __VA_OPT__(, ){0}})
#define tt_log_debug(log, ...) tt_log_at(log, TT_LOG_DEBUG, __VA_ARGS__)
#define tt_log_info(log, ...)  tt_log_at(log, TT_LOG_INFO, __VA_ARGS__)
#define tt_log_warn(log, ...)  tt_log_at(log, TT_LOG_WARN, __VA_ARGS__)
#define tt_log_error(log, ...) tt_log_at(log, TT_LOG_ERROR, __VA_ARGS__)

/* The level called `name` (debug, info, warn, error); false if there is none. */
bool tt_log_level_parse(struct tt_str name, enum tt_log_level *ret);
