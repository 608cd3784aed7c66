/* SPDX-License-Identifier: Apache-2.0 */
/* list_stream.h - decoding an EventList while its bytes arrive: of the list, never more than one
 * item is held. Only for src/kube. */
#pragma once

#include <stdbool.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "event/codec.h"
#include "wire/frame_scan.h"

/* Where in the list the next byte stands. */
enum tt_list_place {
	TT_LIST_START,     /* before the envelope, or before the opening brace */
	TT_LIST_ENVELOPE,  /* protobuf: between fields of runtime.Unknown */
	TT_LIST_FIELDS,    /* protobuf: between fields of the EventList */
	TT_LIST_FIRST_KEY, /* JSON: behind the opening brace */
	TT_LIST_KEY,       /* JSON: behind a comma */
	TT_LIST_COLON,
	TT_LIST_VALUE,
	TT_LIST_COMMA,
	TT_LIST_FIRST_ITEM, /* JSON: behind the opening bracket */
	TT_LIST_ITEM,
	TT_LIST_ITEM_COMMA,
	TT_LIST_DONE,
};

struct tt_list_stream {
	enum tt_encoding encoding;
	size_t max_item_bytes;
	struct tt_list_sink sink;
	struct tt_listmeta *meta;    /* filled as soon as it has come, before the first item */
	struct tt_arena *meta_arena; /* for its texts */
	struct tt_arena item_arena;  /* cleared after each item */
	struct tt_buf buf;           /* bytes that have come and are not used up */
	size_t at;                   /* start of the unused part */
	enum tt_list_place place;
	uint64_t left;     /* protobuf: of the EventList */
	uint64_t skipping; /* protobuf: to drop; JSON: 1 inside an oversized item */
	bool has_list;     /* the list, or its items, has been seen */
	/* JSON: the search for the end of a value */
	bool scanning;
	size_t scanned;
	struct tt_bracket_scan scan;
	enum { TT_LIST_OTHER, TT_LIST_METADATA, TT_LIST_ITEMS } key;
};

/* `ret_meta` and `meta_arena` outlive the stream. */
void tt_list_stream_init(struct tt_list_stream *s, enum tt_encoding encoding, size_t max_item_bytes,
	struct tt_listmeta *ret_meta, struct tt_arena *meta_arena);
void tt_list_stream_release(struct tt_list_stream *s);

/* Takes the next piece and gives every item that it completes to the sink. Returns what that
 * returned if that is negative, or TT_EIO if the bytes are no list. */
int tt_list_stream_feed(struct tt_list_stream *s, struct tt_str piece, struct tt_err *err);

/* 0 if the list was whole, TT_EIO if it broke off. */
int tt_list_stream_end(const struct tt_list_stream *s, struct tt_err *err);

/* For the two encodings: one step forward. 1: done, go on; 0: more bytes are needed; else as
 * feed. */
int tt_list_step_protobuf(struct tt_list_stream *s, struct tt_err *err);
int tt_list_step_json(struct tt_list_stream *s, struct tt_err *err);

/* Decodes a whole item and gives it to the callback, or says that one is too large, of which
 * `head` is the beginning. Returns 1, or what the callback returned if that is negative. */
int tt_list_give_item(struct tt_list_stream *s, struct tt_str bytes);
int tt_list_give_oversized(struct tt_list_stream *s, struct tt_str head);
