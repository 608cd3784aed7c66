/* SPDX-License-Identifier: Apache-2.0 */
#include "base/vec.h"

void *tt_vec_grow(void *items, size_t n, size_t *cap, size_t size)
{
	if (n < *cap)
		return items;
	*cap = *cap > 0 ? *cap * 2 : 8;
	return tt_realloc(items, *cap, size);
}
