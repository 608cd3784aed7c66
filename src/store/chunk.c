/* SPDX-License-Identifier: Apache-2.0 */
#include "store/chunk.h"

#include "base/mem.h"
#include "store/bytes.h"
#include "store/container.h"

/* `n` lengths as ends; the text itself lies elsewhere. */
static bool read_lengths(struct tt_texts *t, struct tt_unpacker *u, size_t n)
{
	uint64_t end = 0;

	t->n = (uint32_t)n;
	t->ends = tt_malloc(n * sizeof(*t->ends));
	for (size_t i = 0; i < n; i++) {
		end += tt_unpack_u32(u);
		t->ends[i] = (uint32_t)end;
	}
	return !u->failed && end <= UINT32_MAX;
}

static bool place_text(struct tt_texts *t, struct tt_unpacker *u)
{
	size_t len = t->n > 0 ? t->ends[t->n - 1] : 0;

	t->text = (const char *)tt_unpack_bytes(u, len);
	return !u->failed;
}

static bool read_strings(struct tt_chunk *c, struct tt_unpacker *u)
{
	if (!read_lengths(&c->texts, u, tt_unpack_count(u)))
		return false;
	size_t n = tt_unpack_count(u);

	c->n_sigs = (uint32_t)n;
	c->sigs = tt_malloc(n * sizeof(*c->sigs));
	for (size_t i = 0; i < n; i++) {
		struct tt_sig *s = &c->sigs[i];

		s->reason = tt_unpack_u32(u);
		s->type = tt_unpack_u32(u);
		s->source_component = tt_unpack_u32(u);
		s->reporting_component = tt_unpack_u32(u);
		s->action = tt_unpack_u32(u);
	}
	return place_text(&c->texts, u);
}

static bool read_messages(struct tt_chunk *c, struct tt_unpacker *u)
{
	size_t n = tt_unpack_count(u);

	(void)tt_unpack_varint(u); /* bytes of the lengths, for those who only search */
	return read_lengths(&c->texts, u, n) && place_text(&c->texts, u);
}

/* The fields of all objects come first, their texts behind: lengths are kept in between. */
static bool read_objects(struct tt_chunk *c, struct tt_unpacker *u, struct tt_unpacker *uids)
{
	size_t n = tt_unpack_count(u);

	c->n_objects = (uint32_t)n;
	c->objects = tt_calloc(n, sizeof(*c->objects));
	for (size_t i = 0; i < n; i++) {
		struct tt_object *o = &c->objects[i];

		o->kind = tt_unpack_u32(u);
		o->namespace = tt_unpack_u32(u);
		o->api_version = tt_unpack_u32(u);
		o->name.len = tt_unpack_u32(u);
		uint32_t uid_len = tt_unpack_u32(u);

		if (uid_len == 0)
			o->uid = tt_unpack_bytes(uids, 16);
		else
			o->uid_text.len = uid_len - 1;
	}
	for (size_t i = 0; i < n; i++) {
		struct tt_object *o = &c->objects[i];

		o->name.data = (const char *)tt_unpack_bytes(u, o->name.len);
		o->uid_text.data = (const char *)tt_unpack_bytes(u, o->uid_text.len);
	}
	return !uids->failed;
}

struct tt_chunk *tt_chunk_decode(
	enum tt_chunk_kind kind, uint8_t *raw, size_t raw_len, uint8_t *uids, size_t uids_len)
{
	struct tt_chunk *c = tt_calloc(1, sizeof(*c));
	static const uint8_t nothing;
	const uint8_t *start = raw != NULL ? raw : &nothing;
	const uint8_t *uids_start = uids != NULL ? uids : &nothing;
	struct tt_unpacker u = {start, start + raw_len, false};
	struct tt_unpacker uids_at = {uids_start, uids_start + uids_len, false};
	bool ok = false;

	c->kind = kind;
	c->raw = raw;
	c->raw_uids = uids;
	switch (kind) {
	case TT_CHUNK_STRINGS: ok = read_strings(c, &u); break;
	case TT_CHUNK_OBJECTS: ok = read_objects(c, &u, &uids_at); break;
	case TT_CHUNK_MESSAGES: ok = read_messages(c, &u); break;
	case TT_CHUNK_KINDS: break;
	}
	c->bytes = sizeof(*c) + raw_len + uids_len + c->texts.n * sizeof(*c->texts.ends) +
		   c->n_sigs * sizeof(*c->sigs) + c->n_objects * sizeof(*c->objects);
	if (ok && !u.failed && u.at == u.end)
		return c;
	tt_chunk_free(c);
	return NULL;
}

struct tt_chunk *tt_chunk_from_container(
	enum tt_chunk_kind kind, struct tt_str stored, struct tt_decompressor *d)
{
	struct tt_container parts;
	uint8_t *raw = NULL, *uids = NULL;
	size_t raw_len, uids_len;

	if (!tt_container_parse(&parts, stored) ||
		!tt_container_take(&parts, TT_STREAM_ENTRIES, &raw, &raw_len, d))
		return NULL;
	if (!tt_container_take(&parts, TT_STREAM_UIDS, &uids, &uids_len, d)) {
		tt_free(raw);
		return NULL;
	}
	return tt_chunk_decode(kind, raw, raw_len, uids, uids_len);
}

void tt_chunk_free(struct tt_chunk *c)
{
	if (c == NULL)
		return;
	tt_free(c->texts.ends);
	tt_free(c->sigs);
	tt_free(c->objects);
	tt_free(c->raw);
	tt_free(c->raw_uids);
	tt_free(c);
}
