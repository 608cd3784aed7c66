/* SPDX-License-Identifier: Apache-2.0 */
#include "kube/base64.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/rand.h"
#include "tap/tap.h"

static void decodes_what_is_base64_and_nothing_else(void)
{
	static const struct {
		const char *text, *bytes; /* NULL: no base64 */
	} cases[] = {
		{"", ""},
		{"Zg==", "f"},
		{"Zm8=", "fo"},
		{"Zm9v", "foo"},
		{"Zm9v\nYmFy\r\n", "foobar"},
		{"+/+/", "\xfb\xff\xbf"},
		{"Z", NULL},
		{"Zg", NULL},
		{"Zg=", NULL},
		{"Zm8", NULL},
		{"Zg===", NULL},
		{"Zg==Zg==", NULL},
		{"Zm9v=", NULL},
		{"Zm9v==", NULL},
		{"====", NULL},
		{"Z g=", NULL},
		{"Zm9-", NULL},
	};
	struct tt_arena arena = {0};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct tt_str got = {0};
		bool ok = tt_base64_decode(tt_str_from(cases[i].text), &arena, &got);

		tap_okf(ok == (cases[i].bytes != NULL), "decoding \"%s\"", cases[i].text);
		if (ok && cases[i].bytes != NULL) {
			tap_str(got, cases[i].bytes);
			tap_int(got.data[got.len], 0);
		}
	}
	tt_arena_release(&arena);
}

static void gives_back_what_was_encoded(void)
{
	struct tt_rand rand;

	tt_rand_init(&rand, 1);
	for (size_t n = 0; n < 200; n++) {
		struct tt_arena arena = {0};
		char bytes[200];
		struct tt_buf text;
		struct tt_str back = {0};

		for (size_t i = 0; i < n; i++)
			bytes[i] = (char)tt_rand_u64(&rand);
		tt_buf_init(&text, 1000);
		tt_base64_put(&text, (struct tt_str){bytes, n});
		tap_int(text.len, (n + 2) / 3 * 4);
		tap_ok(tt_base64_decode(tt_buf_view(&text), &arena, &back));
		tap_ok(tt_str_eq(back, (struct tt_str){bytes, n}));
		tt_buf_release(&text);
		tt_arena_release(&arena);
	}
}

int main(void)
{
	tap_test(
		"decodes_what_is_base64_and_nothing_else", decodes_what_is_base64_and_nothing_else);
	tap_test("gives_back_what_was_encoded", gives_back_what_was_encoded);
	return tap_done();
}
