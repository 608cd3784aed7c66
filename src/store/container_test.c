/* SPDX-License-Identifier: Apache-2.0 */
#include "store/container.h"

#include "base/mem.h"
#include "base/rand.h"
#include "tap/tap.h"

static struct tt_str text_of(char *to, size_t n)
{
	for (size_t i = 0; i < n; i++)
		to[i] = "compressible"[i % 12];
	return (struct tt_str){to, n};
}

static void pack(struct tt_packer *to)
{
	char text[2000], noise[300];
	struct tt_rand rand;
	struct tt_compressor *c = tt_compressor_new();

	tt_rand_init(&rand, 5);
	for (size_t i = 0; i < sizeof(noise); i++)
		noise[i] = (char)tt_rand_u64(&rand);
	const struct tt_stream streams[] = {
		{.id = 1, .bytes = text_of(text, sizeof(text))},
		{.id = 2, .bytes = TT_STR("short")},
		{.id = 3},
		{.id = 9, .bytes = {noise, sizeof(noise)}},
	};

	tt_container_pack(to, streams, 4, c);
	tt_compressor_free(c);
}

static struct tt_str view(const struct tt_packer *p)
{
	return (struct tt_str){(const char *)p->data, p->len};
}

/* Whether every stream agrees with its checksum; both ways to read it must say the same. */
static bool all_take(const struct tt_container *c)
{
	bool ok = true;

	for (unsigned i = 0; i < c->n; i++) {
		uint8_t *raw, *memory;
		struct tt_str bytes;
		size_t len;
		bool took = tt_container_take(c, c->entries[i].id, &raw, &len, NULL);

		tap_int(tt_container_view(c, c->entries[i].id, &bytes, &memory, NULL), took);
		tap_ok(!took || tt_str_eq((struct tt_str){(char *)raw, len}, bytes));
		tap_ok(!took || (memory != NULL) == c->entries[i].compressed);
		tt_free(raw);
		tt_free(memory);
		ok &= took;
	}
	return ok;
}

static void streams_come_back(void)
{
	struct tt_packer p = {0};
	struct tt_container c;
	struct tt_decompressor *d = tt_decompressor_new();
	char text[2000];
	uint8_t *raw;
	size_t len;

	pack(&p);
	tap_ok(p.len < 500);
	tap_ok(tt_container_parse(&c, view(&p)) && all_take(&c));
	tap_ok(tt_container_take(&c, 1, &raw, &len, d));
	tap_ok(tt_str_eq((struct tt_str){(char *)raw, len}, text_of(text, sizeof(text))));
	tt_free(raw);
	tap_ok(tt_container_take(&c, 2, &raw, &len, NULL));
	tap_ok(tt_str_is((struct tt_str){(char *)raw, len}, "short"));
	tt_free(raw);
	tap_ok(tt_container_take(&c, 9, &raw, &len, d) && len == 300);
	tt_free(raw);
	tap_ok(tt_container_take(&c, 3, &raw, &len, d) && raw == NULL && len == 0);
	tap_ok(tt_container_take(&c, 77, &raw, &len, d) && raw == NULL && len == 0);
	tt_decompressor_free(d);
	tt_packer_release(&p);
}

static void every_changed_byte_is_noticed(void)
{
	struct tt_packer p = {0};
	struct tt_container c;

	pack(&p);
	for (size_t i = 0; i < p.len; i++) {
		p.data[i] ^= 0x20;
		tap_okf(!tt_container_parse(&c, view(&p)) || !all_take(&c),
			"byte %zu may be anything", i);
		p.data[i] ^= 0x20;
	}
	for (size_t n = 0; n < p.len; n++)
		tap_okf(!tt_container_parse(&c, (struct tt_str){(char *)p.data, n}),
			"%zu bytes are enough", n);
	tt_packer_release(&p);
}

int main(void)
{
	tap_test("streams come back", streams_come_back);
	tap_test("every changed byte is noticed", every_changed_byte_is_noticed);
	return tap_done();
}
