/* SPDX-License-Identifier: Apache-2.0 */
/* varint.h - the head of a protobuf field when perhaps not all of its bytes are there yet. Only
 * for src/kube. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

struct tt_field_head {
	uint32_t key;   /* TT_PB_KEY(number, type) */
	uint64_t value; /* of a varint; else how many bytes of content follow the head */
	size_t bytes;   /* of the head itself */
};

/* 1 with the head of the field that `bytes` begins with, 0 if more bytes are needed, -1 if it is
 * no protobuf. */
int tt_field_head_read(struct tt_field_head *ret, struct tt_str bytes);
