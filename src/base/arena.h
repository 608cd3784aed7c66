/* SPDX-License-Identifier: Apache-2.0 */
/* arena.h - memory for one unit of work: many allocations, one release.
 *
 * An arena belongs to one thread at a time. What it gave lives until tt_arena_clear() or
 * tt_arena_release(). In AddressSanitizer builds each allocation is a block of its own, so that
 * an overrun or a use after clear is caught. Allocation never fails (see mem.h). */
#pragma once

#include <stddef.h>

struct tt_arena_chunk;

struct tt_arena {
	struct tt_arena_chunk *chunks; /* newest first */
	char *next, *end;              /* free part of the newest chunk */
	size_t bytes;                  /* handed out since init or clear */
};

/* An empty arena; takes no memory until the first allocation. All zero is the same. */
void tt_arena_init(struct tt_arena *a);

/* Frees everything; the arena is then as after init. */
void tt_arena_release(struct tt_arena *a);

/* Takes everything back but keeps the largest chunk for the next unit of work. */
void tt_arena_clear(struct tt_arena *a);

/* `size` bytes, not initialised, aligned to `align` (a power of two, at most 16). */
__attribute__((returns_nonnull)) void *tt_arena_alloc(
	struct tt_arena *a, size_t size, size_t align);

/* The same, all zero. */
__attribute__((returns_nonnull)) void *tt_arena_zalloc(
	struct tt_arena *a, size_t size, size_t align);

/* `n` zeroed items of `type`. */
#define tt_arena_new(a, type, n)                                                                   \
	((type *)tt_arena_zalloc((a), (size_t)(n) * sizeof(type), _Alignof(type)))
