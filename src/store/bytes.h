/* SPDX-License-Identifier: Apache-2.0 */
/* bytes.h - the small change of the store's own encodings: varints, zigzag numbers and texts,
 * written to a growing array and read back with bounds.
 *
 * A packer belongs to one thread and keeps its memory when cleared. An unpacker's failure is
 * sticky: behind the end of its bytes it returns zeros, and the caller looks once at `failed`. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/assert.h"
#include "base/mem.h"
#include "base/str.h"

struct tt_packer {
	uint8_t *data;
	size_t len, cap;
};

struct tt_unpacker {
	const uint8_t *at, *end;
	bool failed;
};

enum { TT_VARINT_MAX = 10 };

/* Makes room for `n` more bytes; the slow half of tt_pack_room(). */
void tt_packer_grow(struct tt_packer *p, size_t n);

/* Frees the memory; the packer is then empty. */
void tt_packer_release(struct tt_packer *p);

/* A place for `n` more bytes, which the caller fills before adding `n` to `len`. */
static inline uint8_t *tt_pack_room(struct tt_packer *p, size_t n)
{
	if (__builtin_expect(p->cap - p->len < n, 0))
		tt_packer_grow(p, n);
	return p->data + p->len;
}

/* Appends one byte. */
static inline void tt_pack_byte(struct tt_packer *p, uint8_t byte)
{
	*tt_pack_room(p, 1) = byte;
	p->len++;
}

/* Appends `n` bytes; `data` may be NULL if there are none. */
static inline void tt_pack_bytes(struct tt_packer *p, const void *data, size_t n)
{
	if (n == 0)
		return;
	tt_assert(data != NULL);
	memcpy(tt_pack_room(p, n), data, n);
	p->len += n;
}

/* Appends a number, seven bits a byte, least significant first. */
static inline void tt_pack_varint(struct tt_packer *p, uint64_t v)
{
	uint8_t *to = tt_pack_room(p, TT_VARINT_MAX), *start = to;

	while (v >= 0x80) {
		*to++ = (uint8_t)(v | 0x80);
		v >>= 7;
	}
	*to++ = (uint8_t)v;
	p->len += (size_t)(to - start);
}

/* A signed number as an unsigned one that is small when its magnitude is, and back. */
static inline uint64_t tt_zigzag(int64_t v)
{
	return (uint64_t)v << 1 ^ (uint64_t)(v >> 63);
}

static inline int64_t tt_unzigzag(uint64_t v)
{
	return (int64_t)(v >> 1 ^ (0 - (v & 1)));
}

/* Appends a signed number. */
static inline void tt_pack_zigzag(struct tt_packer *p, int64_t v)
{
	tt_pack_varint(p, tt_zigzag(v));
}

/* Appends a length and the text. */
static inline void tt_pack_str(struct tt_packer *p, struct tt_str s)
{
	tt_pack_varint(p, s.len);
	tt_pack_bytes(p, s.data, s.len);
}

/* Appends a number in `size` bytes, little endian. */
static inline void tt_pack_fixed(struct tt_packer *p, uint64_t v, size_t size)
{
	uint8_t *to = tt_pack_room(p, 8);

	memcpy(to, &v, 8); /* little endian, as hash.c asserts; at most 8 bytes are counted */
	p->len += size;
}

/* The longer half of tt_unpack_varint(). */
uint64_t tt_unpack_varint_slow(struct tt_unpacker *u);

/* The next number; 0 and failed if there is none, or none of 64 bits. */
static inline uint64_t tt_unpack_varint(struct tt_unpacker *u)
{
	if (__builtin_expect(u->at < u->end && *u->at < 0x80, 1))
		return *u->at++;
	if (u->end - u->at >= 2 && u->at[1] < 0x80) {
		u->at += 2;
		return (uint64_t)u->at[-1] << 7 | (u->at[-2] & 0x7fu);
	}
	return tt_unpack_varint_slow(u);
}

static inline int64_t tt_unpack_zigzag(struct tt_unpacker *u)
{
	return tt_unzigzag(tt_unpack_varint(u));
}

/* A number that must fit 32 bits. */
static inline uint32_t tt_unpack_u32(struct tt_unpacker *u)
{
	uint64_t v = tt_unpack_varint(u);

	if (v > UINT32_MAX)
		u->failed = true;
	return (uint32_t)v;
}

/* The next `n` bytes, borrowed; NULL and failed if there are fewer. */
static inline const uint8_t *tt_unpack_bytes(struct tt_unpacker *u, size_t n)
{
	if (n > (size_t)(u->end - u->at)) {
		u->failed = true;
		u->at = u->end;
		return NULL;
	}
	const uint8_t *at = u->at;

	u->at += n;
	return at;
}

/* A text with its length in front, borrowed. */
static inline struct tt_str tt_unpack_str(struct tt_unpacker *u)
{
	size_t n = tt_unpack_varint(u);
	const uint8_t *at = tt_unpack_bytes(u, n);

	return at != NULL ? (struct tt_str){(const char *)at, n} : (struct tt_str){NULL, 0};
}

/* A number of `size` (1 to 8) bytes, little endian. */
static inline uint64_t tt_unpack_fixed(struct tt_unpacker *u, size_t size)
{
	const uint8_t *at = tt_unpack_bytes(u, size);
	uint64_t v = 0;

	if (at != NULL)
		memcpy(&v, at, size);
	return v;
}

/* A count of things that take at least one byte each: at most what is left. */
static inline size_t tt_unpack_count(struct tt_unpacker *u)
{
	uint64_t n = tt_unpack_varint(u);

	if (n <= (uint64_t)(u->end - u->at))
		return (size_t)n;
	u->failed = true;
	return 0;
}
