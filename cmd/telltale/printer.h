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

/* What events are printed as. */
enum tt_output {
	TT_OUTPUT_TABLE,
	TT_OUTPUT_WIDE,
	TT_OUTPUT_JSON,
	TT_OUTPUT_YAML,
	TT_OUTPUT_NAME,
	TT_OUTPUT_NDJSON,
};

/* Their names by number, for an option table; ended by NULL. */
extern const char *const tt_output_names[];

struct tt_printer_options {
	enum tt_output format;
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
