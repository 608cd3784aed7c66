/* SPDX-License-Identifier: Apache-2.0 */
#include "base/mem.h"

#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { OWN_MAPPING_BYTES = 5 << 18 };

static _Noreturn void out_of_memory(size_t size)
{
	fprintf(stderr, "telltale: out of memory (%zu bytes wanted)\n", size);
	abort();
}

void *tt_malloc(size_t size)
{
	void *p = malloc(size > 0 ? size : 1);

	if (p == NULL)
		out_of_memory(size);
	return p;
}

void *tt_calloc(size_t n, size_t size)
{
	void *p = calloc(n > 0 ? n : 1, size > 0 ? size : 1);

	if (p == NULL)
		out_of_memory(n * size);
	return p;
}

void *tt_realloc(void *p, size_t n, size_t size)
{
	void *q = reallocarray(p, n > 0 ? n : 1, size > 0 ? size : 1);

	if (q == NULL)
		out_of_memory(n * size);
	return q;
}

char *tt_strdup(const char *s)
{
	if (s == NULL)
		return NULL;
	size_t size = strlen(s) + 1;

	return memcpy(tt_malloc(size), s, size);
}

void tt_free(void *p)
{
	free(p);
}

void tt_mem_keep(size_t bytes)
{
	(void)mallopt(M_TRIM_THRESHOLD, (int)bytes);
	/* Larger blocks are mappings of their own, which are not kept: above the largest chunk of
	 * an arena, so that long-lived tables leave no holes in the heap. */
	(void)mallopt(M_MMAP_THRESHOLD, OWN_MAPPING_BYTES);
	/* One heap: each of those that threads spread over would keep as much. */
	(void)mallopt(M_ARENA_MAX, 1);
}
