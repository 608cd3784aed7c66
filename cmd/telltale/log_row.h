/* SPDX-License-Identifier: Apache-2.0 */
/* log_row.h - a record of the log as a row of `telltale log`. */
#pragma once

#include "base/buf.h"

struct tt_record;

/* Appends the cells of the header, and of `record`, for a tab writer; each ends with a newline. A
 * gap is one sentence. */
void tt_log_header_put(struct tt_buf *to);
void tt_log_row_put(struct tt_buf *to, const struct tt_record *record);

/* The sentence of a gap: what may be missing, from when to when, and why. */
struct tt_gap;
void tt_gap_put(struct tt_buf *to, const struct tt_gap *gap);
