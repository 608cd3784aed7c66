/* SPDX-License-Identifier: Apache-2.0 */
#include "store/row.h"

#include "base/rand.h"
#include "store/block.h"
#include "store/sample_test.h"
#include "store/tail.h"
#include "tap/tap.h"

static void uuids_are_told_from_other_texts(void)
{
	static const struct {
		const char *text;
		bool is;
	} cases[] = {
		{"0123abcd-4567-89ab-cdef-0123456789ab", true},
		{"ffffffff-ffff-ffff-ffff-ffffffffffff", true},
		{"0123ABCD-4567-89ab-cdef-0123456789ab", false},
		{"0123abcg-4567-89ab-cdef-0123456789ab", false},
		{"0123abco-4567-89ab-cdef-0123456789ab", false},
		{"0123abc:-4567-89ab-cdef-0123456789ab", false},
		{"0123abc/-4567-89ab-cdef-0123456789ab", false},
		{"0123abc`-4567-89ab-cdef-0123456789ab", false},
		{"0123abc\xb1-4567-89ab-cdef-0123456789ab", false},
		{"0123abcd-4567-89ab-cdef-0123456789a", false},
		{"0123abcd-4567-89ab-cdef-0123456789abc", false},
		{"0123abcd04567-89ab-cdef-0123456789ab", false},
		{"", false},
	};
	char text[36];
	uint8_t uuid[16];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		bool is = tt_uuid_parse(tt_str_from(cases[i].text), uuid);

		tap_okf(is == cases[i].is, "case %zu", i);
		if (!is)
			continue;
		tt_uuid_format(uuid, text);
		tap_str(((struct tt_str){text, 36}), cases[i].text);
	}
	for (int c = 0; c < 256; c++) { /* every byte at one place */
		char odd[] = "0123abcd-4567-89ab-cdef-0123456789ab";
		bool hex = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');

		odd[10] = (char)c;
		tap_okf(tt_uuid_parse((struct tt_str){odd, 36}, uuid) == hex, "byte %d", c);
	}
}

static void names_are_objects_and_numbers(void)
{
	static const struct {
		const char *name, *object;
		bool is;
		uint64_t suffix;
	} cases[] = {
		{"web.17f", "web", true, 0x17f},
		{"a.b.c.ffffffffffffffff", "a.b.c", true, UINT64_MAX},
		{".1", "", true, 1},
		{"web.017f", "web", false, 0},
		{"web.0", "web", false, 0},
		{"web.", "web", false, 0},
		{"web", "web", false, 0},
		{"web.17F", "web", false, 0},
		{"web.17g", "web", false, 0},
		{"web.11111111111111111", "web", false, 0},
		{"wob.17f", "web", false, 0},
		{"web-1.17f", "web", false, 0},
	};
	char name[64];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct tt_str object = tt_str_from(cases[i].object);
		uint64_t suffix = 0;
		bool is = tt_row_name_suffix(tt_str_from(cases[i].name), object, &suffix);

		tap_okf(is == cases[i].is && suffix == cases[i].suffix, "case %zu", i);
		if (!is)
			continue;
		size_t n = tt_row_name(name, sizeof(name), object, suffix);

		tap_str(((struct tt_str){name, n}), cases[i].name);
		tap_int(tt_row_name(name, n - 1, object, suffix), 0);
	}
}

static void times_are_distances_of_any_size(void)
{
	static const int64_t times[] = {0, 1, -1, 1000000, -1000000, 1790000000000000,
		1790000000123456, INT64_MAX, INT64_MIN + 1, TT_TIME_ZERO};

	for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
		for (size_t j = 0; j < sizeof(times) / sizeof(times[0]); j++) {
			enum tt_time_mode mode = tt_time_mode(times[i], times[j]);
			int64_t distance = tt_time_distance(mode, times[i], times[j]);

			tap_int(tt_time_from_distance(mode, distance, times[j]), times[i]);
		}
	}
	tap_int(tt_time_mode(5000000, 7000000), TT_TIME_IN_SECONDS);
	tap_int(tt_time_mode(5000000, 7000001), TT_TIME_IN_MICROS);
	tap_int(tt_time_seconds(-1), -1);
	tap_int(tt_time_seconds(-1000000), -1);
	tap_int(tt_time_seconds(1999999), 1);
}

/* Bytes that are no blob, or one that was changed behind its checksums' back. */
static void damaged_blobs_are_refused_or_harmless(void)
{
	struct tt_rand rand;
	struct tt_batch *b = tt_batch_new(TT_STR("prod"));
	struct tt_dictionary d;
	struct tt_block_encoder *e = tt_block_encoder_new();
	struct tt_packer extras = {0}, blob = {0};
	struct tt_row rows[50];

	tt_rand_init(&rand, 2);
	tt_dictionary_init(&d, 64, 1);
	for (uint32_t i = 0; i < 50; i++) {
		struct tt_row_hashes hashes;

		if (i % 3 == 0)
			sample_odd_event(b, &rand, 1790000000000000);
		else
			sample_event(b, i, 1, 1790000000000000);
		b->records[i].seq = i + 1;
		tt_row_from_record(&rows[i], &b->records[i], &extras);
		tt_row_hash(&hashes, &b->records[i], 1);
		tt_dictionary_number(&d, &rows[i], &b->records[i], &hashes);
	}
	tt_block_encode(e, &(struct tt_block_source){.rows = rows,
				   .n = 50,
				   .first_seq = 1,
				   .extras = extras.data,
				   .first_object = 1,
				   .first_message = 1});
	tt_tail_pack(&blob, e, &d);
	struct tt_str stored = {(const char *)blob.data, blob.len};
	struct tt_tail *tail = tt_tail_unpack(stored, 1, 50);

	tap_ok(tail != NULL);
	tt_tail_free(tail);
	for (size_t i = 0; i < blob.len; i += 7) {
		blob.data[i] ^= (uint8_t)(1 + tt_rand_below(&rand, 255));
		tt_tail_free(tt_tail_unpack(stored, 1, 50));
	}
	tap_ok(tt_tail_unpack((struct tt_str){stored.data, stored.len / 2}, 1, 50) == NULL);
	tt_block_encoder_free(e);
	tt_dictionary_release(&d);
	tt_packer_release(&extras);
	tt_packer_release(&blob);
	tt_batch_unref(b);
}

int main(void)
{
	tap_test("UUIDs are told from other texts", uuids_are_told_from_other_texts);
	tap_test("names are objects and numbers", names_are_objects_and_numbers);
	tap_test("times are distances of any size", times_are_distances_of_any_size);
	tap_test("damaged blobs are refused or harmless", damaged_blobs_are_refused_or_harmless);
	return tap_done();
}
