/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/frame.h"

#include "tap/tap.h"

enum { MAX_FRAME = 100 };

/* Feeds `stream` in pieces of `piece` bytes and writes what comes out: frames in <>, ! for one
 * that was too long, ? for what is no JSON (and the end of reading). */
static void cut(struct tt_framer *f, struct tt_str stream, size_t piece, struct tt_buf *out)
{
	struct tt_str frame;
	int rc;

	for (size_t at = 0; at < stream.len; at += piece) {
		size_t n = stream.len - at < piece ? stream.len - at : piece;

		tt_framer_feed(f, (struct tt_str){stream.data + at, n});
		while ((rc = tt_framer_next(f, &frame, NULL)) != 0) {
			if (rc == TT_EINVAL) {
				tt_buf_char(out, '?');
				return;
			}
			if (rc == TT_ELIMIT) {
				tt_buf_char(out, '!');
				continue;
			}
			tt_buf_char(out, '<');
			tt_buf_str(out, frame);
			tt_buf_char(out, '>');
		}
	}
}

static const size_t pieces[] = {1, 2, 3, 7, 63, 64, 65, 1000000};

#define EACH_PIECE(i) for (size_t i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++)

static void check(enum tt_frame_kind kind, struct tt_str stream, const char *want, bool partial)
{
	EACH_PIECE(i)
	{
		struct tt_framer f;
		struct tt_buf out;

		tt_framer_init(&f, kind, MAX_FRAME);
		tt_buf_init(&out, 100000);
		cut(&f, stream, pieces[i], &out);
		tap_str(tt_buf_view(&out), want);
		tap_okf(tt_framer_is_partial(&f) == partial, "%s in pieces of %zu: partial is %d",
			want, pieces[i], !partial);
		tt_buf_release(&out);
		tt_framer_release(&f);
	}
}

static void length_frames_are_cut_in_any_pieces(void)
{
	check(TT_FRAME_LENGTH32, (struct tt_str){"\0\0\0\3abc\0\0\0\0\0\0\0\2de", 17},
		"<abc><><de>", false);
	check(TT_FRAME_LENGTH32, (struct tt_str){"\0\0\0\3abc\0\0\0\5de", 13}, "<abc>", true);
	check(TT_FRAME_LENGTH32, (struct tt_str){"\0\0\0\3abc\0\0", 9}, "<abc>", true);
}

static void oversized_length_frames_are_dropped_whole(void)
{
	char stream[4 + MAX_FRAME + 1 + 4 + 2];

	memset(stream, 'x', sizeof(stream));
	memcpy(stream, "\0\0\0\x65", 4);
	memcpy(stream + 4 + MAX_FRAME + 1, "\0\0\0\2ab", 6);
	check(TT_FRAME_LENGTH32, (struct tt_str){stream, sizeof(stream)}, "!<ab>", false);
	check(TT_FRAME_LENGTH32, (struct tt_str){stream, 50}, "!", true);
	stream[3] = 0x64; /* just as long as is allowed */
	EACH_PIECE(i)
	{
		struct tt_framer f;
		struct tt_buf out;

		tt_framer_init(&f, TT_FRAME_LENGTH32, MAX_FRAME);
		tt_buf_init(&out, 1000);
		cut(&f, (struct tt_str){stream, 4 + MAX_FRAME}, pieces[i], &out);
		tap_int(out.len, MAX_FRAME + 2);
		tt_buf_release(&out);
		tt_framer_release(&f);
	}
}

static void json_values_are_cut_wherever_they_end(void)
{
	check(TT_FRAME_JSON, TT_STR("{\"a\":1}\n{\"b\":[{}]}{\"c\":{}} \r\n\t{}\n"),
		"<{\"a\":1}><{\"b\":[{}]}><{\"c\":{}}><{}>", false);
	check(TT_FRAME_JSON, TT_STR("{\n \"a\": [\n  1\n ]\n}\n"), "<{\n \"a\": [\n  1\n ]\n}>",
		false);
	check(TT_FRAME_JSON, TT_STR("{\"a\":\"{[\\\"}\\\\\"}{\"b\":\"\\\\\\\"]\"}"),
		"<{\"a\":\"{[\\\"}\\\\\"}><{\"b\":\"\\\\\\\"]\"}>", false);
	check(TT_FRAME_JSON, TT_STR("{\"a\":1}{\"b\":"), "<{\"a\":1}>", true);
	check(TT_FRAME_JSON, TT_STR("{\"a\":\"}"), "", true);
	check(TT_FRAME_JSON, TT_STR(" \n"), "", false);
}

static void backslashes_on_the_edge_of_a_block_are_seen(void)
{
	for (size_t pad = 40; pad < 90; pad++) {
		struct tt_buf b, want;

		tt_buf_init(&b, 1000);
		tt_buf_init(&want, 1000);
		tt_buf_text(&b, "{\"k\":\"");
		for (size_t i = 0; i < pad; i++)
			tt_buf_char(&b, 'p');
		tt_buf_text(&b, "\\\"}\"}");
		tt_buf_char(&want, '<');
		tt_buf_str(&want, tt_buf_view(&b));
		tt_buf_text(&want, "><{}>");
		tt_buf_text(&b, "{}");
		check(TT_FRAME_JSON, tt_buf_view(&b), want.data, false);
		tt_buf_release(&b);
		tt_buf_release(&want);
	}
}

static void a_piece_may_end_behind_a_backslash(void)
{
	struct tt_framer f;
	struct tt_buf rest, out;

	tt_framer_init(&f, TT_FRAME_JSON, 1000);
	tt_buf_init(&rest, 1000);
	tt_buf_init(&out, 1000);
	tt_buf_text(&rest, "\"}\",\"b\":\"");
	for (int i = 0; i < 100; i++)
		tt_buf_char(&rest, 'p');
	tt_buf_text(&rest, "\"}");
	cut(&f, TT_STR("{\"a\":\"\\"), 100, &out);
	cut(&f, tt_buf_view(&rest), 1000, &out);
	tap_int(out.len, 2 + 7 + rest.len);
	tt_framer_release(&f);
	tt_buf_release(&rest);
	tt_buf_release(&out);
}

static void oversized_json_values_are_dropped_whole(void)
{
	struct tt_buf b;

	tt_buf_init(&b, 10000);
	tt_buf_text(&b, "{\"a\":\"");
	for (int i = 0; i < 500; i++)
		tt_buf_text(&b, "}");
	tt_buf_text(&b, "\"}{\"b\":1}");
	check(TT_FRAME_JSON, tt_buf_view(&b), "!<{\"b\":1}>", false);
	b.len -= 20;
	check(TT_FRAME_JSON, tt_buf_view(&b), "!", true);
	tt_buf_release(&b);
}

static void what_is_no_json_object_is_an_error(void)
{
	check(TT_FRAME_JSON, TT_STR("<html>"), "?", true);
	check(TT_FRAME_JSON, TT_STR("{}\n}"), "<{}>?", true);
	check(TT_FRAME_JSON, TT_STR("{},{}"), "<{}>?", true);
}

static void memory_stays_that_of_one_frame(void)
{
	struct tt_framer f;
	struct tt_str frame;

	tt_framer_init(&f, TT_FRAME_JSON, MAX_FRAME);
	tt_framer_feed(&f, TT_STR("{\""));
	for (int i = 0; i < 10000; i++) {
		tt_framer_feed(&f, TT_STR("0123456789"));
		tap_ok(tt_framer_next(&f, &frame, NULL) <= 0);
	}
	tap_ok(f.buf.cap <= 4 * MAX_FRAME);
	tt_framer_release(&f);
}

int main(void)
{
	tap_test("length frames are cut, in any pieces", length_frames_are_cut_in_any_pieces);
	tap_test("oversized length frames are dropped whole",
		oversized_length_frames_are_dropped_whole);
	tap_test("JSON values are cut wherever they end", json_values_are_cut_wherever_they_end);
	tap_test("backslashes on the edge of a block are seen",
		backslashes_on_the_edge_of_a_block_are_seen);
	tap_test("a piece may end behind a backslash", a_piece_may_end_behind_a_backslash);
	tap_test(
		"oversized JSON values are dropped whole", oversized_json_values_are_dropped_whole);
	tap_test("what is no JSON object is an error", what_is_no_json_object_is_an_error);
	tap_test("memory stays that of one frame", memory_stays_that_of_one_frame);
	return tap_done();
}
