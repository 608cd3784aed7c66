/* SPDX-License-Identifier: Apache-2.0 */
#include "serve/kubernetes/continue.h"

#include "base/arena.h"
#include "base/clock.h"
#include "base/rand.h"
#include "tap/tap.h"

static struct tt_continue random_token(struct tt_rand *rand)
{
	return (struct tt_continue){tt_rand_u64(rand), (int64_t)tt_rand_u64(rand),
		tt_rand_u64(rand), {(int64_t)tt_rand_u64(rand), tt_rand_u64(rand)},
		tt_rand_u64(rand)};
}

static void a_token_is_read_as_it_was_written(void)
{
	struct tt_rand rand;

	tt_rand_init(&rand, 1);
	for (int i = 0; i < 100; i++) {
		struct tt_continue c = random_token(&rand), read;
		struct tt_buf text;

		tt_buf_init(&text, 1000);
		tt_continue_put(&text, &c);
		tap_ok(tt_continue_parse(&read, tt_buf_view(&text)));
		tap_ok(read.seq == c.seq && read.at_us == c.at_us && read.oldest == c.oldest &&
			read.after.t == c.after.t && read.after.seq == c.after.seq &&
			read.check == c.check);
		tt_buf_release(&text);
	}
}

static void what_is_changed_is_no_token(void)
{
	struct tt_rand rand;
	struct tt_continue c, read;
	struct tt_buf text;

	tt_rand_init(&rand, 2);
	c = random_token(&rand);
	tt_buf_init(&text, 1000);
	tt_continue_put(&text, &c);
	for (size_t i = 0; i + 1 < text.len; i++) {
		char was = text.data[i];

		text.data[i] = was == 'A' ? 'B' : 'A';
		tap_okf(!tt_continue_parse(&read, tt_buf_view(&text)), "byte %zu", i);
		text.data[i] = was;
		tap_okf(!tt_continue_parse(&read, (struct tt_str){text.data, i}), "%zu bytes", i);
	}
	tt_buf_char(&text, 'A');
	tt_buf_char(&text, 'A');
	tap_ok(!tt_continue_parse(&read, tt_buf_view(&text)));
	tap_ok(!tt_continue_parse(&read, TT_STR("")));
	tap_ok(!tt_continue_parse(
		&read, TT_STR("eyJ2IjoibWV0YS5rOHMuaW8vdjEiLCJydiI6MSwic3RhcnQiOiJhIn0")));
	tt_buf_release(&text);
}

int main(void)
{
	tap_test("a token is read as it was written", a_token_is_read_as_it_was_written);
	tap_test("what is changed is no token", what_is_changed_is_no_token);
	return tap_done();
}
