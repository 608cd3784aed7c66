/* SPDX-License-Identifier: Apache-2.0 */
/* represent_table.h - the Table that an API server makes of Events, in pieces of JSON. Only for
 * src/event. */
#pragma once

#include "event/representation.h"

/* Everything before the first row: kind, metadata, columns (null unless
 * `with_columns`). */
void tt_table_put_begin(struct tt_buf *to, const struct tt_representation *r,
	const struct tt_listmeta *meta, bool with_columns);

/* The row of an Event, without a comma. */
void tt_table_put_row(
	struct tt_buf *to, const struct tt_representation *r, const struct tt_event *e);

/* Everything behind the last row. */
void tt_table_put_end(struct tt_buf *to);

/* The Table of one Event. */
void tt_table_put_single(struct tt_buf *to, const struct tt_representation *r,
	const struct tt_event *e, bool with_columns);
