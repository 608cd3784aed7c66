/* SPDX-License-Identifier: Apache-2.0 */
/* json.h - a pull reader and a writer for JSON (RFC 8259), made for the hot path: no tree, no
 * allocation per field.
 *
 * The reader walks one text that it is given whole. Its error is sticky: after a failure every
 * call does nothing and returns the empty answer, and tt_json_reader_end() reports. The caller
 * drives it by what it expects:
 *
 *	if (tt_json_enter_object(&r))
 *		while (tt_json_next_key(&r, &key)) {
 *			if (tt_str_is(key, "name"))
 *				name = tt_json_string(&r);
 *			else
 *				tt_json_skip(&r);
 *		}
 *
 * It reads bytes only inside [text, text + len). Strings are checked to be UTF-8; they borrow
 * from the text, or from the arena where escapes had to be undone. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

struct tt_arena;

enum { TT_JSON_MAX_DEPTH = 64 };

enum tt_json_type {
	TT_JSON_NONE, /* end of input, or an error */
	TT_JSON_NULL,
	TT_JSON_BOOL,
	TT_JSON_NUMBER,
	TT_JSON_STRING,
	TT_JSON_ARRAY,
	TT_JSON_OBJECT_VALUE,
};

struct tt_json_reader {
	const char *start, *at, *end;
	struct tt_arena *arena;
	unsigned depth;
	bool fresh;          /* just entered a container: no comma is due */
	const char *problem; /* what was expected, or NULL while all is well */
};

/* Whether `n` (4 or more) bytes are the same, compared by eights or fours of which the last
 * overlaps the one before it. */
static inline bool tt_json_same(const char *a, const char *b, size_t n)
{
	uint64_t a8, b8;
	uint32_t a4, b4, a4_last, b4_last;

	if (n < sizeof(a8)) {
		memcpy(&a4, a, sizeof(a4));
		memcpy(&b4, b, sizeof(b4));
		memcpy(&a4_last, a + n - sizeof(a4), sizeof(a4));
		memcpy(&b4_last, b + n - sizeof(b4), sizeof(b4));
		return a4 == b4 && a4_last == b4_last;
	}
	for (size_t i = 0; i + sizeof(a8) < n; i += sizeof(a8)) {
		memcpy(&a8, a + i, sizeof(a8));
		memcpy(&b8, b + i, sizeof(b8));
		if (a8 != b8)
			return false;
	}
	memcpy(&a8, a + n - sizeof(a8), sizeof(a8));
	memcpy(&b8, b + n - sizeof(b8), sizeof(b8));
	return a8 == b8;
}

/* A reader of `text`; undone strings go into `arena`. */
void tt_json_reader_init(struct tt_json_reader *r, struct tt_str text, struct tt_arena *arena);

/* The type of the value that comes next. */
enum tt_json_type tt_json_peek(struct tt_json_reader *r);

/* Enters an object or array. A null is consumed and gives false, as Go reads null into a struct
 * or slice; another type is an error. */
bool tt_json_enter_object(struct tt_json_reader *r);
bool tt_json_enter_array(struct tt_json_reader *r);

/* The next key of the object entered last; false at its end, which is consumed. */
bool tt_json_next_key(struct tt_json_reader *r, struct tt_str *ret_key);

/* Takes the next key if it is written as the text `quoted`, such as `"name":` with its quotes and
 * its colon and no white space; else does nothing. A guess before tt_json_next_key(), for readers
 * that know what mostly comes next: it costs a third. Inline, as decoding a watch asks it for each
 * member. */
static inline bool tt_json_guess_key(struct tt_json_reader *r, struct tt_str quoted)
{
	size_t left = (size_t)(r->end - r->at), comma = !r->fresh;

	if (r->problem != NULL || left <= quoted.len || (comma && *r->at != ',') ||
		!tt_json_same(r->at + comma, quoted.data, quoted.len))
		return false;
	r->at += comma + quoted.len;
	r->fresh = false;
	return true;
}

/* Whether the array entered last has another item; false at its end, which is consumed. */
bool tt_json_next_item(struct tt_json_reader *r);

/* A value of the named type; null gives the empty answer, another type is an error. Integers
 * must be whole and fit. */
struct tt_str tt_json_string(struct tt_json_reader *r);
int64_t tt_json_int(struct tt_json_reader *r);
bool tt_json_bool(struct tt_json_reader *r);

/* Passes over one value of any type, checked to be well-formed; returns its text. */
struct tt_str tt_json_skip(struct tt_json_reader *r);

/* Notes a problem found by the caller (a constant text), as if the reader had found it. */
void tt_json_reader_fail(struct tt_json_reader *r, const char *problem);

/* 0 if all went well; else TT_EINVAL with what was expected, the offset and an excerpt. With
 * `whole`, anything but white space behind the value is a problem as well. */
int tt_json_reader_end(struct tt_json_reader *r, bool whole, struct tt_err *err);

/* Appends `s` as a JSON string with its quotes, escaped as Go's encoding/json does by default:
 * < > & and U+2028, U+2029 as \u003c and so on; bytes that are not UTF-8 become \ufffd. */
void tt_json_put_string(struct tt_buf *to, struct tt_str s);

/* The same without quotes: a piece of a string, of whole characters. */
void tt_json_put_piece(struct tt_buf *to, struct tt_str s);
