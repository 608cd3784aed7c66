/* SPDX-License-Identifier: Apache-2.0 */
/* container.h - a stored blob: a few numbered streams of bytes, each compressed on its own if
 * that helps, with a format version and a checksum per stream and of the list of streams.
 *
 * Everything the log keeps in blobs has this form, so that one place checks what comes from the
 * disk. Stream ids are the users' own; a reader ignores ids it does not know. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"
#include "store/bytes.h"

enum { TT_CONTAINER_MAX_STREAMS = 32, TT_STREAM_MAX_BYTES = 1 << 30 };

struct tt_stream {
	uint8_t id;
	bool random; /* not worth trying to compress */
	struct tt_str bytes;
};

/* Compresses; holds the working memory. One thread. */
struct tt_compressor;
struct tt_compressor *tt_compressor_new(void);
void tt_compressor_free(struct tt_compressor *c);

/* Appends a container of `n` streams to `to`. Empty streams are left out. `c` may be NULL:
 * nothing is then compressed. */
void tt_container_pack(
	struct tt_packer *to, const struct tt_stream *streams, size_t n, struct tt_compressor *c);

/* Decompresses; holds the working memory. One thread. */
struct tt_decompressor;
struct tt_decompressor *tt_decompressor_new(void);
void tt_decompressor_free(struct tt_decompressor *d);

struct tt_container_entry {
	uint8_t id;
	bool compressed;
	uint32_t raw_len, check;
	struct tt_str stored;
};

struct tt_container {
	struct tt_container_entry entries[TT_CONTAINER_MAX_STREAMS];
	unsigned n;
};

/* Finds the streams of the container that is all of `bytes`; they borrow from it. False if it is
 * damaged or of an unknown version. */
bool tt_container_parse(struct tt_container *c, struct tt_str bytes);

/* The raw bytes of stream `id`, newly allocated (tt_free()) and followed by 8 zero bytes, in
 * `*ret`; NULL and 0 bytes if there is no such stream. False if it is damaged. `d` may be NULL. */
bool tt_container_take(const struct tt_container *c, uint8_t id, uint8_t **ret, size_t *ret_len,
	struct tt_decompressor *d);

/* The same without zero bytes behind, and without a copy of what is not compressed: `*ret` borrows
 * from `*ret_memory` (tt_free()) or, if that is NULL, from the container. */
bool tt_container_view(const struct tt_container *c, uint8_t id, struct tt_str *ret,
	uint8_t **ret_memory, struct tt_decompressor *d);
