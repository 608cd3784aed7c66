/* SPDX-License-Identifier: Apache-2.0 */
/* vec.h - growing arrays. A vector is three members in a struct of the caller's:
 *
 *	struct { struct thing *items; size_t n, cap; } things = {0};
 *	*tt_vec_push(&things) = thing;
 *	tt_vec_release(&things);
 */
#pragma once

#include <stddef.h>

#include "base/mem.h"

/* Room for one more item of `size` bytes: returns `items`, moved if need be, and updates `cap`. */
void *tt_vec_grow(void *items, size_t n, size_t *cap, size_t size);

/* A pointer to a new last item, not initialised. Evaluates `v` several times. */
#define tt_vec_push(v)                                                                             \
	((v)->items = tt_vec_grow((v)->items, (v)->n, &(v)->cap, sizeof(*(v)->items)),             \
		&(v)->items[(v)->n++])

/* Frees the items; the vector is then empty. What the items own is freed by the caller first. */
#define tt_vec_release(v) (tt_free((v)->items), (v)->items = NULL, (v)->n = (v)->cap = 0)

/* for (each pointer `it` to an item of `v`) */
#define tt_vec_each(it, v)                                                                         \
	for (__typeof__((v)->items) it = (v)->items; it != NULL && it < (v)->items + (v)->n; it++)
