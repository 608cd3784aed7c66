/* SPDX-License-Identifier: Apache-2.0 */
#include "base/arena.h"

#include <stdint.h>
#include <string.h>

#include "base/assert.h"
#include "base/mem.h"

#if defined(__SANITIZE_ADDRESS__)
#define EMULATE 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define EMULATE 1
#endif
#endif
#ifndef EMULATE
#define EMULATE 0
#endif

struct tt_arena_chunk {
	struct tt_arena_chunk *older;
	size_t size;
	_Alignas(16) char bytes[];
};

enum { FIRST_CHUNK_BYTES = 4096, MAX_CHUNK_BYTES = 1 << 20 };

static struct tt_arena_chunk *chunk_push(struct tt_arena *a, size_t size)
{
	struct tt_arena_chunk *c = tt_malloc(sizeof(*c) + size);

	c->size = size;
	c->older = a->chunks;
	a->chunks = c;
	return c;
}

static void chunks_free(struct tt_arena_chunk *c)
{
	while (c != NULL) {
		struct tt_arena_chunk *older = c->older;

		tt_free(c);
		c = older;
	}
}

void tt_arena_init(struct tt_arena *a)
{
	*a = (struct tt_arena){0};
}

void tt_arena_release(struct tt_arena *a)
{
	chunks_free(a->chunks);
	tt_arena_init(a);
}

void tt_arena_clear(struct tt_arena *a)
{
	if (EMULATE || a->chunks == NULL) {
		tt_arena_release(a);
		return;
	}
	struct tt_arena_chunk *keep = a->chunks; /* chunks grow, so the newest is the largest */

	for (struct tt_arena_chunk **p = &a->chunks; *p != NULL; p = &(*p)->older)
		if ((*p)->size > keep->size)
			keep = *p;
	for (struct tt_arena_chunk *c = a->chunks, *older; c != NULL; c = older) {
		older = c->older;
		if (c != keep)
			tt_free(c);
	}
	keep->older = NULL;
	a->chunks = keep;
	a->next = keep->bytes;
	a->end = keep->bytes + keep->size;
	a->bytes = 0;
}

static void *alloc_slow(struct tt_arena *a, size_t size)
{
	size_t chunk = a->chunks != NULL ? a->chunks->size * 2 : FIRST_CHUNK_BYTES;

	if (chunk > MAX_CHUNK_BYTES)
		chunk = MAX_CHUNK_BYTES;
	if (EMULATE || size > chunk / 2) /* a block of its own; the current chunk stays in use */
		return chunk_push(a, size)->bytes;
	struct tt_arena_chunk *c = chunk_push(a, chunk);

	a->next = c->bytes + size;
	a->end = c->bytes + c->size;
	return c->bytes;
}

void *tt_arena_alloc(struct tt_arena *a, size_t size, size_t align)
{
	tt_assert(align <= 16 && (align & (align - 1)) == 0 && size < SIZE_MAX / 2);
	a->bytes += size;
	uintptr_t at = ((uintptr_t)a->next + align - 1) & ~(uintptr_t)(align - 1);

	if (EMULATE || a->next == NULL || at > (uintptr_t)a->end ||
		size > (size_t)((uintptr_t)a->end - at))
		return alloc_slow(a, size);
	a->next = (char *)at + size;
	return (char *)at;
}

void *tt_arena_zalloc(struct tt_arena *a, size_t size, size_t align)
{
	return memset(tt_arena_alloc(a, size, align), 0, size);
}
