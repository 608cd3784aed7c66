/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/frame.h"

#include <stdint.h>

#include "wire/excerpt.h"
#include "wire/frame_scan.h"
#include "wire/json_scan.h"

enum { LENGTH_BYTES = 4 };

void tt_framer_init(struct tt_framer *f, enum tt_frame_kind kind, size_t max_bytes)
{
	*f = (struct tt_framer){.kind = kind, .max_bytes = max_bytes};
	tt_buf_init(&f->buf, SIZE_MAX / 4); /* bounded by max_bytes and the pieces fed */
}

void tt_framer_release(struct tt_framer *f)
{
	tt_buf_release(&f->buf);
	tt_framer_init(f, f->kind, f->max_bytes);
}

void tt_framer_feed(struct tt_framer *f, struct tt_str bytes)
{
	tt_buf_consume(&f->buf, f->at);
	f->scanned -= f->scanned < f->at ? f->scanned : f->at;
	f->at = 0;
	tt_buf_str(&f->buf, bytes);
}

static int fail_too_long(const struct tt_framer *f, struct tt_err *err)
{
	return tt_fail(err, TT_ELIMIT, "watch frame is longer than %zu bytes", f->max_bytes);
}

/* Drops what has come of an oversized frame. */
static void drop_skipped(struct tt_framer *f)
{
	size_t n = f->buf.len - f->at;

	n = n < f->skipping ? n : f->skipping;
	f->at += n;
	f->skipping -= n;
}

static int next_by_length(struct tt_framer *f, struct tt_str *ret_frame, struct tt_err *err)
{
	drop_skipped(f);
	if (f->buf.len - f->at < LENGTH_BYTES)
		return 0;
	const unsigned char *p = (const unsigned char *)f->buf.data + f->at;
	size_t len = (size_t)p[0] << 24 | (size_t)p[1] << 16 | (size_t)p[2] << 8 | p[3];

	if (len > f->max_bytes) {
		f->at += LENGTH_BYTES;
		f->skipping = len;
		return fail_too_long(f, err);
	}
	if (f->buf.len - f->at - LENGTH_BYTES < len)
		return 0;
	*ret_frame = (struct tt_str){(const char *)p + LENGTH_BYTES, len};
	f->at += LENGTH_BYTES + len;
	return 1;
}

static void skip_space(struct tt_framer *f)
{
	if (f->buf.len == 0)
		return;
	const char *end = f->buf.data + f->buf.len;

	f->at = (size_t)(tt_json_scan_space(f->buf.data + f->at, end) - f->buf.data);
}

/* Goes on scanning for the end of the value that begins at `at`; whether it was found, with
 * `scanned` behind it. */
static bool scan_value(struct tt_framer *f)
{
	struct tt_bracket_scan scan = {f->depth, f->in_string, f->escaped};
	const char *from = f->buf.data + f->scanned, *end = f->buf.data + f->buf.len;
	const char *p = tt_bracket_scan(&scan, from, end);

	f->depth = scan.depth;
	f->in_string = scan.in_string;
	f->escaped = scan.escaped;
	f->scanned = (size_t)(p - f->buf.data);
	return f->depth == 0;
}

static int fail_no_json(const struct tt_framer *f, struct tt_err *err)
{
	char excerpt[TT_EXCERPT_SIZE];
	struct tt_str seen = {f->buf.data + f->at, f->buf.len - f->at};

	return tt_fail(err, TT_EINVAL, "the stream is no sequence of JSON objects: \"%s\"",
		tt_excerpt_format(seen, 0, excerpt));
}

/* The end of a value was found: a frame, unless it belongs to one that is skipped. */
static int take_value(struct tt_framer *f, struct tt_str *ret_frame, struct tt_err *err)
{
	struct tt_str frame = {f->buf.data + f->at, f->scanned - f->at};
	bool skipped = f->skipping > 0;

	f->at = f->scanned;
	f->skipping = 0;
	if (skipped)
		return 0;
	if (frame.len > f->max_bytes)
		return fail_too_long(f, err);
	*ret_frame = frame;
	return 1;
}

static int next_json(struct tt_framer *f, struct tt_str *ret_frame, struct tt_err *err)
{
	for (;;) {
		if (f->depth == 0) {
			skip_space(f);
			if (f->at == f->buf.len)
				return 0;
			if (f->buf.data[f->at] != '{')
				return fail_no_json(f, err);
			f->scanned = f->at;
		}
		if (!scan_value(f))
			break;
		int rc = take_value(f, ret_frame, err);

		if (rc != 0)
			return rc;
	}
	bool was_skipping = f->skipping > 0;

	if (!was_skipping && f->scanned - f->at <= f->max_bytes)
		return 0;
	f->at = f->scanned;
	f->skipping = 1;
	return was_skipping ? 0 : fail_too_long(f, err);
}

int tt_framer_next(struct tt_framer *f, struct tt_str *ret_frame, struct tt_err *err)
{
	*ret_frame = (struct tt_str){0};
	if (f->kind == TT_FRAME_LENGTH32)
		return next_by_length(f, ret_frame, err);
	return next_json(f, ret_frame, err);
}

bool tt_framer_is_partial(const struct tt_framer *f)
{
	if (f->skipping > 0)
		return true;
	if (f->kind == TT_FRAME_LENGTH32 || f->buf.len == 0)
		return f->buf.len > f->at;
	const char *end = f->buf.data + f->buf.len;

	return tt_json_scan_space(f->buf.data + f->at, end) < end;
}
