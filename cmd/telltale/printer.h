/* SPDX-License-Identifier: Apache-2.0 */
/* printer.h - events in the forms of -o: as a finished list, and then, or instead, as a stream
 * that goes on. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct tt_cli;
struct tt_event;
struct tt_printer;
struct tt_record;

enum tt_format {
	TT_FORMAT_TABLE,
	TT_FORMAT_WIDE,
	TT_FORMAT_JSON,
	TT_FORMAT_YAML,
	TT_FORMAT_NAME,
	TT_FORMAT_NDJSON,
};

/* The names of the formats by number, for an option table; ended by NULL. */
extern const char *const tt_format_names[];

struct tt_printer_options {
	enum tt_format format;
	bool namespace; /* a column NAMESPACE */
	bool no_headers;
	bool stream; /* more will come: JSON and YAML as separate objects, not as a list */
};

/* A printer to cli->out. */
struct tt_printer *tt_printer_new(struct tt_cli *cli, const struct tt_printer_options *options);
void tt_printer_free(struct tt_printer *p);

/* Prints events and flushes; columns are as wide as they have been. In the list forms it is called
 * once, and an empty list is printed too. Nothing is printed of DELETED records. */
int tt_printer_put(
	struct tt_printer *p, const struct tt_record *records, size_t n, struct tt_err *err);
