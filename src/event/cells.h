/* SPDX-License-Identifier: Apache-2.0 */
/* cells.h - what an API server says of an Event in a table, as values, and what
 * kubectl makes of text. Only for src/event. */
#pragma once

#include <stdint.h>

#include "base/buf.h"
#include "base/str.h"

struct tt_event;

/* First Seen and Last Seen; TT_TIME_ZERO if unknown. */
int64_t tt_cell_first_seen(const struct tt_event *e);
int64_t tt_cell_last_seen(const struct tt_event *e);

/* Count: only an event without a series is counted once at least. */
int32_t tt_cell_count(const struct tt_event *e);

/* The two parts of Source, "kubelet, node-1"; without the second there is no comma. */
struct tt_str tt_cell_component(const struct tt_event *e);
struct tt_str tt_cell_instance(const struct tt_event *e);

/* `s` without white space at its ends, as Go's strings.TrimSpace sees it. */
struct tt_str tt_cell_trim(struct tt_str s);

/* Appends `s` with ESC as ^[ and CR as \r, as kubectl does, so that no event can move the cursor of
 * a terminal. */
void tt_cell_put_escaped(struct tt_buf *to, struct tt_str s);
