/* SPDX-License-Identifier: Apache-2.0 */
#include "kube/varint.h"

#include "wire/protobuf.h"

enum { MAX_VARINT_BYTES = 10 };

static int read_varint(struct tt_str bytes, size_t *at, uint64_t *ret)
{
	uint64_t value = 0;

	for (size_t i = 0; i < MAX_VARINT_BYTES; i++) {
		if (*at + i >= bytes.len)
			return 0;
		unsigned char c = (unsigned char)bytes.data[*at + i];

		value |= (uint64_t)(c & 0x7f) << (7 * i);
		if (c < 0x80) {
			*at += i + 1;
			*ret = value;
			return 1;
		}
	}
	return -1;
}

int tt_field_head_read(struct tt_field_head *ret, struct tt_str bytes)
{
	uint64_t key;
	size_t at = 0;
	int rc = read_varint(bytes, &at, &key);

	if (rc != 1)
		return rc;
	if (key > UINT32_MAX || key < TT_PB_KEY(1, 0))
		return -1;
	ret->key = (uint32_t)key;
	switch (key & 7) {
	case TT_PB_VARINT:
	case TT_PB_LENGTH: rc = read_varint(bytes, &at, &ret->value); break;
	case TT_PB_FIXED64: ret->value = 8; break;
	case TT_PB_FIXED32: ret->value = 4; break;
	default: return -1;
	}
	ret->bytes = at;
	return rc;
}
