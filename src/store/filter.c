/* SPDX-License-Identifier: Apache-2.0 */
#include "store/filter.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/hash.h"
#include "base/mem.h"
#include "base/vec.h"
#include "store/container.h"
#include "store/row.h"

/* A filter is its bits (a power of two is not needed), then 4 bytes of checksum. */
enum { BITS_PER_KEY = 10, PROBES = 6, CHECK_BYTES = 4, STREAM_SUMMARY = 1 };

static const uint64_t CHECK_SEED = 0x66696c746572u;

static int compare_keys(const void *a, const void *b)
{
	uint64_t x, y;

	memcpy(&x, a, sizeof(x));
	memcpy(&y, b, sizeof(y));
	return (x > y) - (x < y);
}

/* Bit `probe` of a key: two halves of the hash give all positions. */
static size_t bit_of(uint64_t key, unsigned probe, size_t n_bits)
{
	uint64_t h = key + probe * (key >> 32 | key << 32 | 1);

	return (size_t)((unsigned __int128)(h * 0x9e3779b97f4a7c15u) * n_bits >> 64);
}

static size_t unique(uint64_t *keys, size_t n)
{
	size_t kept = 0;

	if (n > 1)
		qsort(keys, n, sizeof(*keys), compare_keys);
	for (size_t i = 0; i < n; i++)
		if (kept == 0 || keys[kept - 1] != keys[i])
			keys[kept++] = keys[i];
	return kept;
}

void tt_filter_pack(struct tt_packer *to, uint64_t *keys, size_t n)
{
	n = unique(keys, n);
	size_t n_bytes = (n * BITS_PER_KEY + 7) / 8 + 1;
	uint8_t *bits = tt_pack_room(to, n_bytes + 8);

	memset(bits, 0, n_bytes);
	for (size_t i = 0; i < n; i++) {
		for (unsigned probe = 0; probe < PROBES; probe++) {
			size_t bit = bit_of(keys[i], probe, n_bytes * 8);

			bits[bit / 8] |= (uint8_t)(1u << bit % 8);
		}
	}
	to->len += n_bytes;
	tt_pack_fixed(to, tt_hash(bits, n_bytes, CHECK_SEED), CHECK_BYTES);
}

bool tt_filter_may_have(struct tt_str filter, uint64_t key)
{
	return !tt_filter_verify(filter) || tt_filter_has(filter, key);
}

bool tt_filter_has(struct tt_str filter, uint64_t key)
{
	size_t n_bits = (filter.len - CHECK_BYTES) * 8;

	for (unsigned probe = 0; probe < PROBES; probe++) {
		size_t bit = bit_of(key, probe, n_bits);

		if (((unsigned char)filter.data[bit / 8] >> bit % 8 & 1) == 0)
			return false;
	}
	return true;
}

bool tt_filter_verify(struct tt_str filter)
{
	uint32_t check;

	if (filter.len <= CHECK_BYTES)
		return false;
	memcpy(&check, filter.data + filter.len - CHECK_BYTES, sizeof(check));
	return (uint32_t)tt_hash(filter.data, filter.len - CHECK_BYTES, CHECK_SEED) == check;
}

void tt_summary_add(
	struct tt_summary *s, int64_t t_us, uint32_t sig, uint32_t occurrences, bool warning)
{
	int64_t seconds = tt_time_seconds(t_us);
	int64_t hour = seconds / 3600 - (seconds % 3600 < 0);
	bool is_new;
	uint64_t *index = tt_map_put(&s->index, (uint64_t)hour << 32 | sig, &is_new);

	if (is_new) {
		*tt_vec_push(s) = (struct tt_summary_entry){.hour = hour, .sig = sig};
		*index = s->n - 1;
	}
	struct tt_summary_entry *e = &s->items[*index];

	e->observations++;
	e->occurrences += occurrences;
	e->warnings += warning;
}

void tt_summary_clear(struct tt_summary *s)
{
	tt_map_clear(&s->index);
	s->n = 0;
}

void tt_summary_release(struct tt_summary *s)
{
	tt_map_release(&s->index);
	tt_vec_release(s);
}

static int compare_entries(const void *a, const void *b)
{
	const struct tt_summary_entry *x = a, *y = b;

	if (x->hour != y->hour)
		return x->hour < y->hour ? -1 : 1;
	return (x->sig > y->sig) - (x->sig < y->sig);
}

void tt_summary_pack(struct tt_packer *to, struct tt_summary *s)
{
	struct tt_packer raw = {0};
	int64_t hour = 0;

	if (s->n > 1)
		qsort(s->items, s->n, sizeof(*s->items), compare_entries);
	tt_map_clear(&s->index); /* the order changed */
	tt_pack_varint(&raw, s->n);
	for (size_t i = 0; i < s->n; i++) {
		const struct tt_summary_entry *e = &s->items[i];

		tt_pack_zigzag(&raw, e->hour - hour);
		tt_pack_varint(&raw, e->sig);
		tt_pack_varint(&raw, e->observations);
		tt_pack_varint(&raw, e->occurrences);
		tt_pack_varint(&raw, e->warnings);
		hour = e->hour;
	}
	tt_container_pack(to,
		&(struct tt_stream){.id = STREAM_SUMMARY,
			.random = true,
			.bytes = {(const char *)raw.data, raw.len}},
		1, NULL);
	tt_packer_release(&raw);
}

static bool read_entries(struct tt_unpacker *u, struct tt_summary_entry *entries, size_t n)
{
	int64_t hour = 0;

	for (size_t i = 0; i < n; i++) {
		hour += tt_unpack_zigzag(u);
		entries[i].hour = hour;
		entries[i].sig = tt_unpack_u32(u);
		entries[i].observations = tt_unpack_varint(u);
		entries[i].occurrences = tt_unpack_varint(u);
		entries[i].warnings = tt_unpack_varint(u);
	}
	return !u->failed && u->at == u->end;
}

bool tt_summary_unpack(struct tt_str stored, struct tt_summary_entry **ret, size_t *ret_n)
{
	struct tt_container parts;
	uint8_t *raw;
	size_t len;

	*ret = NULL;
	*ret_n = 0;
	if (!tt_container_parse(&parts, stored) ||
		!tt_container_take(&parts, STREAM_SUMMARY, &raw, &len, NULL) || raw == NULL)
		return false;
	struct tt_unpacker u = {raw, raw + len, false};

	*ret_n = tt_unpack_count(&u);
	*ret = tt_calloc(*ret_n, sizeof(**ret));
	bool ok = read_entries(&u, *ret, *ret_n);

	tt_free(raw);
	if (!ok) {
		tt_free(*ret);
		*ret = NULL;
		*ret_n = 0;
	}
	return ok;
}
