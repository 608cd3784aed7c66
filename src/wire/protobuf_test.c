/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/protobuf.h"

#include "tap/tap.h"

static void every_field_type_is_read(void)
{
	static const char message[] = "\x08\x96\x01"           /* 1: varint 150 */
				      "\x11\1\0\0\0\0\0\0\x80" /* 2: fixed64 */
				      "\x1a\3abc"              /* 3: bytes */
				      "\x25\4\3\2\1"           /* 4: fixed32 */
				      "\x8a\x01\0";            /* 17: empty bytes */
	static const struct {
		uint32_t key;
		uint64_t value;
		const char *bytes;
	} want[] = {
		{TT_PB_KEY(1, TT_PB_VARINT), 150, NULL},
		{TT_PB_KEY(2, TT_PB_FIXED64), 0x8000000000000001u, NULL},
		{TT_PB_KEY(3, TT_PB_LENGTH), 3, "abc"},
		{TT_PB_KEY(4, TT_PB_FIXED32), 0x01020304, NULL},
		{TT_PB_KEY(17, TT_PB_LENGTH), 0, ""},
	};
	struct tt_pb_reader r;
	struct tt_pb_field f;

	tt_pb_reader_init(&r, (struct tt_str){message, sizeof(message) - 1});
	for (size_t i = 0; i < sizeof(want) / sizeof(want[0]); i++) {
		if (!tap_ok(tt_pb_next(&r, &f)))
			return;
		tap_int(f.key, want[i].key);
		tap_ok(f.value == want[i].value);
		if (want[i].bytes != NULL)
			tap_str(f.bytes, want[i].bytes);
	}
	tap_ok(!tt_pb_next(&r, &f));
	tap_int(tt_pb_reader_end(&r, NULL), 0);
}

static void wrong_bytes_are_refused_with_their_offset(void)
{
	static const struct {
		const char *name;
		struct tt_str bytes;
		const char *offset;
	} cases[] = {
		{"length beyond the end",
			{"\x08\x01\x0a\x05"
			 "ab",
				6},
			"offset 3"},
		{"length one beyond the end",
			{"\x08\x01\x0a\x02"
			 "a",
				5},
			"offset 3"},
		{"length without a byte", {"\x0a\x01", 2}, "offset 1"},
		{"length of 64 bits", {"\x0a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 11},
			"offset 1"},
		{"varint without an end", {"\x08\x80\x80", 3}, "offset 1"},
		{"varint of eleven bytes", {"\x08\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\0", 12},
			"offset 1"},
		{"key alone", {"\x08", 1}, "offset 1"},
		{"field number 0", {"\x00\x01", 2}, "offset 0"},
		{"group", {"\x0b\x0c", 2}, "offset 0"},
		{"fixed64 cut off", {"\x09\1\2\3", 4}, "offset 1"},
		{"fixed32 cut off", {"\x0d\1\2\3", 4}, "offset 1"},
		{"key over 32 bits", {"\x88\x80\x80\x80\x80\x01\0", 7}, "offset 0"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct tt_pb_reader r;
		struct tt_pb_field f;
		struct tt_err err = {0};
		int guard = 0;

		tt_pb_reader_init(&r, cases[i].bytes);
		while (tt_pb_next(&r, &f) && guard++ < 10)
			;
		tap_ok(!tt_pb_next(&r, &f));
		tap_int(tt_pb_reader_end(&r, &err), TT_EINVAL);
		tap_okf(tt_str_find(tt_str_from(err.msg), tt_str_from(cases[i].offset)) >= 0,
			"%s: %s", cases[i].name, err.msg);
	}
}

static void the_empty_message_has_no_fields(void)
{
	struct tt_pb_reader r;
	struct tt_pb_field f;

	tt_pb_reader_init(&r, (struct tt_str){0});
	tap_ok(!tt_pb_next(&r, &f));
	tap_int(tt_pb_reader_end(&r, NULL), 0);
}

static void fields_are_written_minimally(void)
{
	struct tt_buf b;

	tt_buf_init(&b, 1000);
	tt_pb_put_varint(&b, 1, 0);
	tt_pb_put_varint(&b, 17, 300);
	tt_pb_put_bytes(&b, 3, TT_STR("xyz"));
	tt_pb_put_varint(&b, 2, (uint64_t)(int64_t)-1);
	tap_ok(tt_str_eq(tt_buf_view(&b), TT_STR("\x08\x00\x88\x01\xac\x02\x1a\x03xyz\x10\xff\xff"
						 "\xff\xff\xff\xff\xff\xff\xff\x01")));
	tt_buf_release(&b);
}

static void nested_messages_of_any_length_can_be_read_back(void)
{
	static const size_t lengths[] = {0, 1, 124, 125, 126, 127, 128, 129, 16380, 16384, 100000};

	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		struct tt_buf b;
		struct tt_pb_reader r;
		struct tt_pb_field f = {0};

		tt_buf_init(&b, 1 << 20);
		tt_pb_put_varint(&b, 9, 7);
		size_t mark = tt_pb_begin(&b, 2);

		for (size_t n = 0; n < lengths[i]; n++)
			tt_buf_char(&b, (char)n);
		tt_pb_end(&b, mark);
		tt_pb_put_varint(&b, 10, 8);

		tt_pb_reader_init(&r, tt_buf_view(&b));
		tap_ok(tt_pb_next(&r, &f) && f.value == 7);
		tap_ok(tt_pb_next(&r, &f) && f.key == TT_PB_KEY(2, TT_PB_LENGTH));
		tap_int(f.bytes.len, lengths[i]);
		for (size_t n = 0; n < f.bytes.len; n++)
			if (f.bytes.data[n] != (char)n) {
				tap_okf(false, "byte %zu of %zu is another", n, f.bytes.len);
				break;
			}
		tap_ok(tt_pb_next(&r, &f) && f.value == 8);
		tap_ok(!tt_pb_next(&r, &f));
		tap_int(tt_pb_reader_end(&r, NULL), 0);
		tt_buf_release(&b);
	}
}

static void a_full_buffer_stays_failed(void)
{
	struct tt_buf b;

	tt_buf_init(&b, 4);
	size_t mark = tt_pb_begin(&b, 1);

	tt_pb_put_bytes(&b, 1, TT_STR("too long for it"));
	tt_pb_end(&b, mark);
	tap_ok(b.failed && b.len <= 4);
	tt_buf_release(&b);
}

int main(void)
{
	tap_test("every field type is read", every_field_type_is_read);
	tap_test("wrong bytes are refused with their offset",
		wrong_bytes_are_refused_with_their_offset);
	tap_test("the empty message has no fields", the_empty_message_has_no_fields);
	tap_test("fields are written minimally", fields_are_written_minimally);
	tap_test("nested messages of any length can be read back",
		nested_messages_of_any_length_can_be_read_back);
	tap_test("a full buffer stays failed", a_full_buffer_stays_failed);
	return tap_done();
}
