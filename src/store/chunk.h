/* SPDX-License-Identifier: Apache-2.0 */
/* chunk.h - dictionary entries, read back: what tt_entries_pack_...() wrote.
 *
 * A chunk is immutable once made and may be shared by threads. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

struct tt_decompressor;

enum tt_chunk_kind { TT_CHUNK_STRINGS, TT_CHUNK_OBJECTS, TT_CHUNK_MESSAGES, TT_CHUNK_KINDS };

/* Stream ids inside a stored chunk. */
enum { TT_STREAM_ENTRIES = 1, TT_STREAM_UIDS = 2 };

/* Texts that lie behind each other. */
struct tt_texts {
	const char *text;
	uint32_t *ends; /* of text i; it starts where the one before ends */
	uint32_t n;
};

struct tt_sig {
	uint32_t reason, type, source_component, reporting_component, action; /* strings */
};

struct tt_object {
	uint32_t kind, namespace, api_version; /* strings */
	struct tt_str name, uid_text;
	const uint8_t *uid; /* 16 bytes, or NULL: uid_text */
};

struct tt_chunk {
	enum tt_chunk_kind kind;
	struct tt_texts texts; /* strings, or messages */
	struct tt_sig *sigs;
	struct tt_object *objects;
	uint32_t n_sigs, n_objects;
	uint8_t *raw, *raw_uids; /* what all texts borrow from; owned */
	size_t bytes;            /* of memory in all */
};

/* Reads a chunk from the raw bytes of its streams, which it takes over also if it fails;
 * `uids` is NULL except for objects. NULL if they are damaged. */
struct tt_chunk *tt_chunk_decode(
	enum tt_chunk_kind kind, uint8_t *raw, size_t raw_len, uint8_t *uids, size_t uids_len);

/* The same, from a stored container. */
struct tt_chunk *tt_chunk_from_container(
	enum tt_chunk_kind kind, struct tt_str stored, struct tt_decompressor *d);

/* Frees a chunk; NULL is allowed. */
void tt_chunk_free(struct tt_chunk *c);

/* Text `i`, counted from 0. */
static inline struct tt_str tt_texts_get(const struct tt_texts *t, uint32_t i)
{
	uint32_t start = i > 0 ? t->ends[i - 1] : 0;

	return (struct tt_str){t->text + start, t->ends[i] - start};
}
