/* SPDX-License-Identifier: Apache-2.0 */
#include "store/tail.h"

#include "base/assert.h"
#include "store/known.h"

static struct tt_str view(const struct tt_packer *p)
{
	return (struct tt_str){(const char *)p->data, p->len};
}

void tt_tail_pack(
	struct tt_packer *to, const struct tt_block_encoder *e, const struct tt_dictionary *d)
{
	struct tt_stream streams[TT_CONTAINER_MAX_STREAMS];
	struct tt_packer strings = {0}, objects = {0}, messages = {0};
	size_t n = tt_block_streams(e, TT_PART_SCAN, streams);

	n += tt_block_streams(e, TT_PART_REST, streams + n);
	tt_assert(n + 4 <= TT_CONTAINER_MAX_STREAMS);
	tt_entries_pack_strings(d, &strings);
	tt_entries_pack_objects(d, &objects);
	tt_entries_pack_messages(d, &messages);
	streams[n++] = (struct tt_stream){TT_STREAM_TAIL_STRINGS, true, view(&strings)};
	streams[n++] = (struct tt_stream){TT_STREAM_TAIL_OBJECTS, true, view(&objects)};
	streams[n++] = (struct tt_stream){TT_STREAM_TAIL_UIDS, true, view(&d->new.object_uids)};
	streams[n++] = (struct tt_stream){TT_STREAM_TAIL_MESSAGES, true, view(&messages)};
	tt_container_pack(to, streams, n, NULL);
	tt_packer_release(&strings);
	tt_packer_release(&objects);
	tt_packer_release(&messages);
}

static struct tt_chunk *unpack_chunk(
	const struct tt_container *parts, enum tt_chunk_kind kind, uint8_t id, uint8_t uids_id)
{
	uint8_t *raw, *uids = NULL;
	size_t len, uids_len = 0;

	if (!tt_container_take(parts, id, &raw, &len, NULL))
		return NULL;
	if (uids_id != 0 && !tt_container_take(parts, uids_id, &uids, &uids_len, NULL)) {
		tt_free(raw);
		return NULL;
	}
	return tt_chunk_decode(kind, raw, len, uids, uids_len);
}

static bool unpack(struct tt_tail *t, struct tt_str stored)
{
	struct tt_block *b = t->block;

	/* both parts are the one container */
	if (!tt_block_set_part(b, TT_PART_SCAN, stored))
		return false;
	const struct tt_container *parts = b->parts[TT_PART_SCAN];

	t->chunks[TT_CHUNK_STRINGS] = unpack_chunk(
		parts, TT_CHUNK_STRINGS, TT_STREAM_TAIL_STRINGS, 0);
	t->chunks[TT_CHUNK_OBJECTS] = unpack_chunk(
		parts, TT_CHUNK_OBJECTS, TT_STREAM_TAIL_OBJECTS, TT_STREAM_TAIL_UIDS);
	t->chunks[TT_CHUNK_MESSAGES] = unpack_chunk(
		parts, TT_CHUNK_MESSAGES, TT_STREAM_TAIL_MESSAGES, 0);
	t->bytes = sizeof(*t);
	for (int kind = 0; kind < TT_CHUNK_KINDS; kind++) {
		if (t->chunks[kind] == NULL)
			return false;
		t->bytes += t->chunks[kind]->bytes;
	}
	if (!tt_block_set_part(b, TT_PART_REST, stored) || !tt_block_need_all(b, NULL))
		return false;
	tt_block_drop_parts(b);
	t->bytes += b->bytes + b->n * sizeof(*t->known);
	return true;
}

struct tt_tail *tt_tail_unpack(struct tt_str stored, uint64_t first_seq, uint32_t n)
{
	struct tt_tail *t = tt_calloc(1, sizeof(*t));

	t->block = tt_block_new(first_seq, n);
	if (unpack(t, stored))
		return t;
	tt_tail_free(t);
	return NULL;
}

void tt_tail_free(struct tt_tail *t)
{
	if (t == NULL)
		return;
	tt_block_free(t->block);
	for (int kind = 0; kind < TT_CHUNK_KINDS; kind++)
		tt_chunk_free(t->chunks[kind]);
	tt_free(t->known);
	tt_free(t);
}
