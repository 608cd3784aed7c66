/* SPDX-License-Identifier: Apache-2.0 */
#include "base/hash.h"
#include "store/inside.h"

static const uint64_t CHECK_SEED = 0x626c6f636bu;

void tt_block_info_pack(struct tt_packer *to, const struct tt_block_info *info)
{
	size_t start = to->len;

	tt_pack_byte(to, 1); /* version */
	tt_pack_varint(to, info->first_string);
	tt_pack_varint(to, info->n_strings);
	tt_pack_varint(to, info->first_sig);
	tt_pack_varint(to, info->n_sigs);
	tt_pack_varint(to, info->first_object);
	tt_pack_varint(to, info->n_objects);
	tt_pack_varint(to, info->first_message);
	tt_pack_varint(to, info->n_messages);
	tt_pack_bytes(to, &info->zone, sizeof(info->zone));
	tt_pack_fixed(to, tt_hash(to->data + start, to->len - start, CHECK_SEED ^ info->id), 4);
}

bool tt_block_info_unpack(struct tt_block_info *info, struct tt_str bytes)
{
	const uint8_t *start = (const uint8_t *)bytes.data;
	struct tt_unpacker u = {start, start + bytes.len, false};

	if (tt_unpack_fixed(&u, 1) != 1)
		return false;
	info->first_string = tt_unpack_u32(&u);
	info->n_strings = tt_unpack_u32(&u);
	info->first_sig = tt_unpack_u32(&u);
	info->n_sigs = tt_unpack_u32(&u);
	info->first_object = tt_unpack_u32(&u);
	info->n_objects = tt_unpack_u32(&u);
	info->first_message = tt_unpack_u32(&u);
	info->n_messages = tt_unpack_u32(&u);
	const uint8_t *zone = tt_unpack_bytes(&u, sizeof(info->zone));

	if (zone == NULL)
		return false;
	memcpy(&info->zone, zone, sizeof(info->zone));
	uint32_t check = (uint32_t)tt_hash(start, (size_t)(u.at - start), CHECK_SEED ^ info->id);

	return tt_unpack_fixed(&u, 4) == check && !u.failed && u.at == u.end;
}

static uint64_t zone_bit(struct tt_str text, unsigned n_words)
{
	return tt_hash_str(text, CHECK_SEED) % (64u * n_words);
}

void tt_zone_add(uint64_t *words, unsigned n_words, struct tt_str text)
{
	uint64_t bit = zone_bit(text, n_words);

	words[bit / 64] |= 1ull << bit % 64;
}

bool tt_zone_has(const uint64_t *words, unsigned n_words, struct tt_str text)
{
	uint64_t bit = zone_bit(text, n_words);

	return (words[bit / 64] >> bit % 64 & 1) != 0;
}
