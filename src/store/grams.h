/* SPDX-License-Identifier: Apache-2.0 */
/* grams.h - which runs of three bytes occur in the messages of a block: a few kilobytes that tell
 * most searches for a substring that there is nothing to find. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/str.h"
#include "store/bytes.h"

/* Appends the set of all runs of three bytes in `text`. */
void tt_grams_pack(struct tt_packer *to, struct tt_str text);

/* Whether a text that was packed may hold `needle`: true also if the set is damaged, or the needle
 * too short to tell. */
bool tt_grams_may_have(struct tt_str stored, struct tt_str needle);

/* Whether the checksum of a stored set holds. */
bool tt_grams_verify(struct tt_str stored);
