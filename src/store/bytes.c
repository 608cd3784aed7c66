/* SPDX-License-Identifier: Apache-2.0 */
#include "store/bytes.h"

#include "base/assert.h"

void tt_packer_grow(struct tt_packer *p, size_t n)
{
	size_t cap = p->cap > 0 ? p->cap : 256;

	tt_assert(n < SIZE_MAX / 4 && p->len < SIZE_MAX / 4);
	while (cap - p->len < n)
		cap *= 2;
	p->data = tt_realloc(p->data, cap, 1);
	p->cap = cap;
}

void tt_packer_release(struct tt_packer *p)
{
	tt_free(p->data);
	*p = (struct tt_packer){0};
}

uint64_t tt_unpack_varint_slow(struct tt_unpacker *u)
{
	uint64_t v = 0;

	for (unsigned shift = 0; shift < 64 && u->at < u->end; shift += 7) {
		uint8_t byte = *u->at++;

		v |= (uint64_t)(byte & 0x7f) << shift;
		if (byte < 0x80 && (shift < 63 || byte <= 1))
			return v;
		if (byte < 0x80)
			break;
	}
	u->failed = true;
	u->at = u->end;
	return 0;
}
