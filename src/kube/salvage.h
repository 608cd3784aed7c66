/* SPDX-License-Identifier: Apache-2.0 */
/* salvage.h - the name, namespace, uid and resourceVersion of an object of which only the first
 * bytes are there, for the report that it was refused. Only for src/kube. */
#pragma once

#include "event/codec.h"

struct tt_arena;

/* From the first bytes of an item of a list, without envelope in protobuf. Texts borrow from
 * `head` or go into `arena`. */
void tt_salvage_item(struct tt_objectmeta *ret, enum tt_encoding encoding, struct tt_str head,
	struct tt_arena *arena);

/* From the first bytes of a watch frame. */
void tt_salvage_frame(struct tt_objectmeta *ret, enum tt_encoding encoding, struct tt_str head,
	struct tt_arena *arena);
