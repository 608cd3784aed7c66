/* SPDX-License-Identifier: Apache-2.0 */
/* extra.h - the fields of a record that few records have, or that have an unusual form: a list of
 * tags and values, empty for nearly all events. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"
#include "store/bytes.h"
#include "store/record.h"

/* Appends the extras of the event in `record` whose row has `shape`. */
void tt_extra_pack_event(struct tt_packer *to, const struct tt_record *record, uint32_t shape);

/* Appends all of a gap. */
void tt_extra_pack_gap(struct tt_packer *to, const struct tt_gap *gap);

/* Fills in what the extras hold; texts borrow from `bytes`, arrays are made in `arena`. False if
 * they are damaged. */
bool tt_extra_unpack_event(struct tt_record *record, struct tt_str bytes, struct tt_arena *arena);
bool tt_extra_unpack_gap(struct tt_gap *gap, struct tt_str bytes, struct tt_arena *arena);
