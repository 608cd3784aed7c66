/* SPDX-License-Identifier: Apache-2.0 */
#include "store/links.h"

#include "base/mem.h"
#include "base/vec.h"
#include "store/container.h"

enum { STREAM = 1 };

static void pack(struct tt_packer *to, const struct tt_packer *raw)
{
	tt_container_pack(to,
		&(struct tt_stream){.id = STREAM, .bytes = {(const char *)raw->data, raw->len}}, 1,
		NULL);
}

/* The only stream of `stored` in new memory; NULL if it is damaged. */
static uint8_t *unpack(struct tt_str stored, struct tt_unpacker *ret)
{
	struct tt_container parts;
	uint8_t *raw;
	size_t len;

	if (!tt_container_parse(&parts, stored) ||
		!tt_container_take(&parts, STREAM, &raw, &len, NULL) || raw == NULL)
		return NULL;
	*ret = (struct tt_unpacker){raw, raw + len, false};
	return raw;
}

void tt_links_pack(struct tt_packer *to, uint64_t target, uint64_t source,
	const struct tt_link *links, size_t n)
{
	struct tt_packer raw = {0};
	uint64_t before = target;

	tt_pack_varint(&raw, n);
	for (size_t i = 0; i < n; i++) {
		tt_pack_varint(&raw, links[i].pred - before);
		tt_pack_varint(&raw, links[i].seq - source);
		before = links[i].pred;
	}
	pack(to, &raw);
	tt_packer_release(&raw);
}

bool tt_links_unpack(
	struct tt_str stored, uint64_t target, uint64_t source, struct tt_link **ret, size_t *ret_n)
{
	struct tt_unpacker u;
	uint8_t *raw = unpack(stored, &u);
	uint64_t pred = target;

	*ret = NULL;
	*ret_n = 0;
	if (raw == NULL)
		return false;
	size_t n = tt_unpack_count(&u);
	struct tt_link *links = tt_calloc(n, sizeof(*links));

	for (size_t i = 0; i < n; i++) {
		pred += tt_unpack_varint(&u);
		links[i] = (struct tt_link){pred, source + tt_unpack_varint(&u)};
	}
	bool ok = !u.failed && u.at == u.end;

	tt_free(raw);
	if (!ok) {
		tt_free(links);
		return false;
	}
	*ret = links;
	*ret_n = n;
	return true;
}

struct tt_cluster_count *tt_counts_get(struct tt_counts *c, uint32_t cluster)
{
	tt_vec_each (item, c)
		if (item->cluster == cluster)
			return item;
	struct tt_cluster_count *item = tt_vec_push(c);

	*item = (struct tt_cluster_count){.cluster = cluster};
	return item;
}

void tt_counts_pack(const struct tt_counts *c, struct tt_packer *to)
{
	struct tt_packer raw = {0};

	tt_pack_varint(&raw, c->n);
	for (size_t i = 0; i < c->n; i++) {
		tt_pack_varint(&raw, c->items[i].cluster);
		tt_pack_varint(&raw, c->items[i].events);
		tt_pack_varint(&raw, c->items[i].gaps);
	}
	pack(to, &raw);
	tt_packer_release(&raw);
}

bool tt_counts_unpack(struct tt_counts *c, struct tt_str stored)
{
	struct tt_unpacker u;
	uint8_t *raw = unpack(stored, &u);

	if (raw == NULL)
		return false;
	for (size_t n = tt_unpack_count(&u); n > 0 && !u.failed; n--) {
		struct tt_cluster_count *item = tt_counts_get(c, tt_unpack_u32(&u));

		item->events = tt_unpack_varint(&u);
		item->gaps = tt_unpack_varint(&u);
	}
	tt_free(raw);
	return !u.failed;
}
