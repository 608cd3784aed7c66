/* SPDX-License-Identifier: Apache-2.0 */
#include "store/container.h"

#include <zstd.h>

#include "base/assert.h"
#include "base/hash.h"

enum { FORMAT = 1, LEVEL = 3, TOO_SHORT = 48, PADDING = 8 };
enum { CODEC_RAW = 0, CODEC_ZSTD = 1 };

static const uint64_t CHECK_SEED = 0x74656c6c74616c65u;

struct tt_compressor {
	ZSTD_CCtx *context;
};

struct tt_compressor *tt_compressor_new(void)
{
	struct tt_compressor *c = tt_calloc(1, sizeof(*c));

	c->context = ZSTD_createCCtx();
	tt_assert(c->context != NULL);
	return c;
}

void tt_compressor_free(struct tt_compressor *c)
{
	if (c == NULL)
		return;
	ZSTD_freeCCtx(c->context);
	tt_free(c);
}

struct tt_decompressor {
	ZSTD_DCtx *context;
};

struct tt_decompressor *tt_decompressor_new(void)
{
	struct tt_decompressor *d = tt_calloc(1, sizeof(*d));

	d->context = ZSTD_createDCtx();
	tt_assert(d->context != NULL);
	return d;
}

void tt_decompressor_free(struct tt_decompressor *d)
{
	if (d == NULL)
		return;
	ZSTD_freeDCtx(d->context);
	tt_free(d);
}

static uint32_t check_of(const void *data, size_t n)
{
	return (uint32_t)tt_hash(data, n, CHECK_SEED);
}

/* Appends the bytes of `s` as stored; returns the codec. */
static uint8_t store(struct tt_packer *to, const struct tt_stream *s, struct tt_compressor *c)
{
	if (c != NULL && !s->random && s->bytes.len >= TOO_SHORT) {
		size_t bound = ZSTD_compressBound(s->bytes.len);
		size_t n = ZSTD_compressCCtx(c->context, tt_pack_room(to, bound), bound,
			s->bytes.data, s->bytes.len, LEVEL);

		if (!ZSTD_isError(n) && n < s->bytes.len - s->bytes.len / 32) {
			to->len += n;
			return CODEC_ZSTD;
		}
	}
	tt_pack_bytes(to, s->bytes.data, s->bytes.len);
	return CODEC_RAW;
}

void tt_container_pack(
	struct tt_packer *to, const struct tt_stream *streams, size_t n, struct tt_compressor *c)
{
	struct tt_packer body = {0};
	size_t start = to->len;
	unsigned count = 0;

	tt_assert(n <= TT_CONTAINER_MAX_STREAMS);
	for (size_t i = 0; i < n; i++)
		count += streams[i].bytes.len > 0;
	tt_pack_byte(to, FORMAT);
	tt_pack_byte(to, (uint8_t)count);
	for (size_t i = 0; i < n; i++) {
		size_t at = body.len;

		if (streams[i].bytes.len == 0)
			continue;
		tt_assert(streams[i].bytes.len <= TT_STREAM_MAX_BYTES);
		uint8_t codec = store(&body, &streams[i], c);

		tt_pack_byte(to, streams[i].id);
		tt_pack_byte(to, codec);
		tt_pack_varint(to, streams[i].bytes.len);
		tt_pack_varint(to, body.len - at);
		tt_pack_fixed(to, check_of(body.data + at, body.len - at), 4);
	}
	tt_pack_fixed(to, check_of(to->data + start, to->len - start), 4);
	tt_pack_bytes(to, body.data, body.len);
	tt_packer_release(&body);
}

static void parse_entry(struct tt_container_entry *e, struct tt_unpacker *u)
{
	e->id = (uint8_t)tt_unpack_fixed(u, 1);
	uint64_t codec = tt_unpack_fixed(u, 1);

	e->compressed = codec == CODEC_ZSTD;
	e->raw_len = tt_unpack_u32(u);
	e->stored.len = tt_unpack_u32(u);
	e->check = (uint32_t)tt_unpack_fixed(u, 4);
	if (codec > CODEC_ZSTD || e->raw_len > TT_STREAM_MAX_BYTES ||
		(!e->compressed && e->raw_len != e->stored.len))
		u->failed = true;
}

bool tt_container_parse(struct tt_container *c, struct tt_str bytes)
{
	const uint8_t *start = (const uint8_t *)bytes.data;
	struct tt_unpacker u = {start, start + bytes.len, false};

	if (tt_unpack_fixed(&u, 1) != FORMAT)
		return false;
	c->n = (unsigned)tt_unpack_fixed(&u, 1);
	if (u.failed || c->n > TT_CONTAINER_MAX_STREAMS)
		return false;
	for (unsigned i = 0; i < c->n && !u.failed; i++)
		parse_entry(&c->entries[i], &u);
	uint32_t check = check_of(start, (size_t)(u.at - start));

	if (tt_unpack_fixed(&u, 4) != check || u.failed)
		return false;
	for (unsigned i = 0; i < c->n; i++)
		c->entries[i].stored.data = (const char *)tt_unpack_bytes(
			&u, c->entries[i].stored.len);
	return !u.failed && u.at == u.end;
}

static bool is_intact(const struct tt_container_entry *e)
{
	return check_of(e->stored.data, e->stored.len) == e->check;
}

static bool decompress(const struct tt_container_entry *e, uint8_t *to, struct tt_decompressor *d)
{
	if (!is_intact(e))
		return false;
	if (!e->compressed) {
		memcpy(to, e->stored.data, e->raw_len);
		return true;
	}
	size_t n = d != NULL ? ZSTD_decompressDCtx(
				       d->context, to, e->raw_len, e->stored.data, e->stored.len)
			     : ZSTD_decompress(to, e->raw_len, e->stored.data, e->stored.len);

	return !ZSTD_isError(n) && n == e->raw_len;
}

static bool take(const struct tt_container_entry *e, uint8_t **ret, size_t *ret_len,
	struct tt_decompressor *d)
{
	uint8_t *raw = tt_malloc((size_t)e->raw_len + PADDING);

	memset(raw + e->raw_len, 0, PADDING);
	if (!decompress(e, raw, d)) {
		tt_free(raw);
		return false;
	}
	*ret = raw;
	*ret_len = e->raw_len;
	return true;
}

bool tt_container_view(const struct tt_container *c, uint8_t id, struct tt_str *ret,
	uint8_t **ret_memory, struct tt_decompressor *d)
{
	*ret = (struct tt_str){0};
	*ret_memory = NULL;
	for (unsigned i = 0; i < c->n; i++) {
		const struct tt_container_entry *e = &c->entries[i];

		if (e->id != id)
			continue;
		if (!e->compressed) {
			*ret = e->stored;
			return is_intact(e);
		}
		bool ok = take(e, ret_memory, &ret->len, d);

		ret->data = (const char *)*ret_memory;
		return ok;
	}
	return true;
}

bool tt_container_take(const struct tt_container *c, uint8_t id, uint8_t **ret, size_t *ret_len,
	struct tt_decompressor *d)
{
	*ret = NULL;
	*ret_len = 0;
	for (unsigned i = 0; i < c->n; i++)
		if (c->entries[i].id == id)
			return take(&c->entries[i], ret, ret_len, d);
	return true;
}
