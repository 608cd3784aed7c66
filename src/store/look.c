/* SPDX-License-Identifier: Apache-2.0 */
#include "store/look.h"

bool tt_look_for_identity(struct tt_writer *w, const struct tt_record *record, uint32_t cluster,
	uint64_t hash, struct tt_identity *ret)
{
	return false;
}
