/* SPDX-License-Identifier: Apache-2.0 */
/* mem.h - heap memory. Allocation never returns NULL: without memory the process ends with a
 * sentence on stderr, which loses nothing that was acknowledged (doc/decisions/002-memory.md).
 * Sizes that foreign input decides are bounded by the caller before they get here. */
#pragma once

#include <stddef.h>

/* `size` bytes, not initialised. Freed with tt_free(). */
__attribute__((malloc, returns_nonnull)) void *tt_malloc(size_t size);

/* `n` items of `size` bytes, all zero. Freed with tt_free(). */
__attribute__((malloc, returns_nonnull)) void *tt_calloc(size_t n, size_t size);

/* `p` (or NULL) moved to a block of `n` items of `size` bytes; the product must not overflow. */
__attribute__((returns_nonnull)) void *tt_realloc(void *p, size_t n, size_t size);

/* A copy of `s` that the caller frees with tt_free(); NULL for NULL. */
char *tt_strdup(const char *s);

/* Frees what the functions above returned; NULL is allowed. */
void tt_free(void *p);

/* Makes the heap keep up to `bytes` that were freed for the next allocations instead of giving
 * them back to the operating system at once: taking pages anew for each batch of events costs more
 * than decoding it. For the start of a program that works in batches. */
void tt_mem_keep(size_t bytes);
