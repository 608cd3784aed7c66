/* SPDX-License-Identifier: Apache-2.0 */
/* record_json.h - the line form of records: what /v1/records sends and `telltale log -o ndjson`
 * prints (doc/architecture.md, "The native API"). */
#pragma once

#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

struct tt_batch;
struct tt_record;

/* Appends a time as records have it: with microseconds, in quotes; TT_TIME_ZERO is null. */
void tt_record_put_time(struct tt_buf *to, int64_t us);

/* Appends one record as a JSON line with its newline. */
void tt_record_put_json(struct tt_buf *to, const struct tt_record *record);

/* Appends the line that ends an answer: {"kind":"cursor","seq":N}. */
void tt_record_put_cursor(struct tt_buf *to, uint64_t seq);

/* Reads one line (without its newline) into a new record of `batch`; 1 if it was a record, 0 if
 * it was a cursor line, whose number is then in `*ret_cursor`. TT_EINVAL says what is wrong. */
int tt_record_parse_json(
	struct tt_batch *batch, struct tt_str line, uint64_t *ret_cursor, struct tt_err *err);
