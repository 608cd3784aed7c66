/* SPDX-License-Identifier: Apache-2.0 */
/* look.h - finding predecessors in blocks, for the few records whose identity the writer does not
 * know: first by making the newest blocks known, then through the filters. */
#pragma once

#include "store/writer.h"

/* The newest observation, in blocks, of the identity of `record`, whose hash is `hash`. False if
 * there is none that could be found; what is damaged is passed over. */
bool tt_look_for_identity(struct tt_writer *w, const struct tt_record *record, uint32_t cluster,
	uint64_t hash, struct tt_identity *ret);

/* No observation of the identity of `record` is older than this: what it says of its creation. */
int64_t tt_look_back_to(const struct tt_record *record);
