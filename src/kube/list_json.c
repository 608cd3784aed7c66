/* SPDX-License-Identifier: Apache-2.0 */
/* An EventList in JSON is one object; its items are decoded one by one, all other values are
 * small and taken whole. */
#include <string.h>

#include "kube/list_stream.h"
#include "wire/json.h"

enum { MAX_VALUE_BYTES = 1 << 20, HEAD_BYTES = 65536 };

static int fail_garbage(struct tt_err *err)
{
	return tt_fail(err, TT_EIO, "the answer is no EventList in JSON");
}

static bool is_space(char c)
{
	return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

/* The next byte that is no white space, which stays unused; false if none has come. */
static bool peek(struct tt_list_stream *s, char *ret)
{
	while (s->at < s->buf.len && is_space(s->buf.data[s->at]))
		s->at++;
	if (s->at == s->buf.len)
		return false;
	*ret = s->buf.data[s->at];
	return true;
}

static bool is_word_end(char c)
{
	return is_space(c) || strchr(",:]}", c) != NULL;
}

/* Looks for the end of a string, or of a number or word, from `scanned` on. */
static bool scan_scalar(struct tt_list_stream *s)
{
	for (; s->scanned < s->buf.len; s->scanned++) {
		char c = s->buf.data[s->scanned];

		if (s->scan.escaped)
			s->scan.escaped = false;
		else if (s->scan.in_string && c == '\\')
			s->scan.escaped = true;
		else if (!s->scan.in_string && is_word_end(c))
			return true;
		else if (c == '"')
			s->scan.in_string = !s->scan.in_string;
	}
	return false;
}

/* Looks for the end of the value that begins at `at`, which is there. When it is found: true, and
 * `scanned` is behind it. */
static bool scan_value(struct tt_list_stream *s)
{
	char first = s->buf.data[s->at];

	if (!s->scanning) {
		s->scanning = true;
		s->scanned = s->at;
		s->scan = (struct tt_bracket_scan){0};
	}
	if (s->scan.depth == 0 && first != '{' && first != '[') {
		s->scanning = !scan_scalar(s);
		return !s->scanning;
	}
	const char *from = s->buf.data + s->scanned, *end = s->buf.data + s->buf.len;

	s->scanned = (size_t)(tt_bracket_scan(&s->scan, from, end) - s->buf.data);
	s->scanning = s->scan.depth > 0;
	return !s->scanning;
}

/* 1 with a whole value, 0 if more bytes are needed. */
static int take_value(struct tt_list_stream *s, struct tt_str *ret, struct tt_err *err)
{
	char first;

	if (!peek(s, &first))
		return 0;
	bool whole = scan_value(s);

	if (s->scanned - s->at > MAX_VALUE_BYTES || (whole && s->scanned == s->at))
		return fail_garbage(err);
	if (!whole)
		return 0;
	*ret = (struct tt_str){s->buf.data + s->at, s->scanned - s->at};
	s->at = s->scanned;
	return 1;
}

static int read_meta(struct tt_list_stream *s, struct tt_str text, struct tt_err *err)
{
	struct tt_json_reader r;
	struct tt_str key;

	tt_json_reader_init(&r, text, &s->item_arena);
	if (tt_json_enter_object(&r))
		while (tt_json_next_key(&r, &key)) {
			if (tt_str_is(key, "resourceVersion"))
				s->meta->resource_version = tt_str_dup(
					s->meta_arena, tt_json_string(&r));
			else if (tt_str_is(key, "continue"))
				s->meta->continue_token = tt_str_dup(
					s->meta_arena, tt_json_string(&r));
			else if (tt_str_is(key, "remainingItemCount"))
				s->meta->remaining_item_count = tt_json_int(&r);
			else
				(void)tt_json_skip(&r);
		}
	int rc = tt_json_reader_end(&r, true, NULL);

	tt_arena_clear(&s->item_arena);
	return rc < 0 ? fail_garbage(err) : 1;
}

static int step_key(struct tt_list_stream *s, struct tt_err *err)
{
	struct tt_str key;
	int rc = take_value(s, &key, err);

	if (rc <= 0)
		return rc;
	if (key.data[0] != '"')
		return fail_garbage(err);
	s->key = tt_str_is(key, "\"items\"")      ? TT_LIST_ITEMS
		 : tt_str_is(key, "\"metadata\"") ? TT_LIST_METADATA
						  : TT_LIST_OTHER;
	s->place = TT_LIST_COLON;
	return 1;
}

static int step_value(struct tt_list_stream *s, struct tt_err *err)
{
	struct tt_str value;
	char first;

	if (!peek(s, &first))
		return 0;
	if (s->key == TT_LIST_ITEMS && first == '[') {
		s->at++;
		s->has_list = true;
		s->place = TT_LIST_FIRST_ITEM;
		return 1;
	}
	int rc = take_value(s, &value, err);

	if (rc <= 0)
		return rc;
	s->place = TT_LIST_COMMA;
	if (s->key == TT_LIST_METADATA)
		return read_meta(s, value, err);
	if (s->key == TT_LIST_ITEMS && !tt_str_is(value, "null"))
		return fail_garbage(err);
	return 1;
}

/* What has come of an item that is too large: said once, then dropped up to its end. */
static int skip_item(struct tt_list_stream *s, bool whole)
{
	size_t len = s->scanned - s->at;
	struct tt_str head = {s->buf.data + s->at, len < HEAD_BYTES ? len : HEAD_BYTES};
	int rc = s->skipping > 0 ? 1 : tt_list_give_oversized(s, head);

	s->at = s->scanned;
	s->skipping = !whole;
	if (whole)
		s->place = TT_LIST_ITEM_COMMA;
	return rc < 0 ? rc : whole;
}

static int step_item(struct tt_list_stream *s, struct tt_err *err)
{
	char first;

	if (s->skipping == 0 && !peek(s, &first))
		return 0;
	if (s->skipping == 0 && first != '{')
		return fail_garbage(err);
	bool whole = scan_value(s);

	if (s->skipping > 0 || s->scanned - s->at > s->max_item_bytes)
		return skip_item(s, whole);
	if (!whole)
		return 0;
	struct tt_str item = {s->buf.data + s->at, s->scanned - s->at};

	s->at = s->scanned;
	s->place = TT_LIST_ITEM_COMMA;
	return tt_list_give_item(s, item);
}

/* Takes one mark and goes to the place that it leads to. */
static int step_mark(struct tt_list_stream *s, const char *marks, const enum tt_list_place *to,
	struct tt_err *err)
{
	char c;

	if (!peek(s, &c))
		return 0;
	const char *found = strchr(marks, c);

	if (c == '\0' || found == NULL)
		return fail_garbage(err);
	s->at++;
	s->place = to[found - marks];
	return 1;
}

/* An empty object or array closes where its first member or item would stand. */
static int step_first(
	struct tt_list_stream *s, char close, enum tt_list_place closed, enum tt_list_place open)
{
	char c;

	if (!peek(s, &c))
		return 0;
	s->place = c == close ? closed : open;
	s->at += c == close;
	return 1;
}

int tt_list_step_json(struct tt_list_stream *s, struct tt_err *err)
{
	static const enum tt_list_place first_key[] = {TT_LIST_FIRST_KEY};
	static const enum tt_list_place value[] = {TT_LIST_VALUE};
	static const enum tt_list_place key_or_done[] = {TT_LIST_KEY, TT_LIST_DONE};
	static const enum tt_list_place item_or_comma[] = {TT_LIST_ITEM, TT_LIST_COMMA};
	char c;

	switch (s->place) {
	case TT_LIST_START: return step_mark(s, "{", first_key, err);
	case TT_LIST_FIRST_KEY: return step_first(s, '}', TT_LIST_DONE, TT_LIST_KEY);
	case TT_LIST_KEY: return step_key(s, err);
	case TT_LIST_COLON: return step_mark(s, ":", value, err);
	case TT_LIST_VALUE: return step_value(s, err);
	case TT_LIST_COMMA: return step_mark(s, ",}", key_or_done, err);
	case TT_LIST_FIRST_ITEM: return step_first(s, ']', TT_LIST_COMMA, TT_LIST_ITEM);
	case TT_LIST_ITEM: return step_item(s, err);
	case TT_LIST_ITEM_COMMA: return step_mark(s, ",]", item_or_comma, err);
	default: return peek(s, &c) ? fail_garbage(err) : 0;
	}
}
