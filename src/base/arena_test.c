/* SPDX-License-Identifier: Apache-2.0 */
#include "base/arena.h"

#include <stdint.h>
#include <string.h>

#include "tap/tap.h"

static void allocations_are_aligned_and_apart(void)
{
	static const struct {
		size_t size, align;
	} cases[] = {{1, 1}, {3, 2}, {8, 8}, {1, 1}, {16, 16}, {5, 4}, {0, 8}, {4096, 16}, {1, 16},
		{3 << 20, 8}, {7, 8}};
	enum { N = sizeof(cases) / sizeof(cases[0]) };
	struct tt_arena a = {0};
	unsigned char *got[N];

	for (size_t i = 0; i < N; i++) {
		got[i] = tt_arena_alloc(&a, cases[i].size, cases[i].align);
		tap_okf((uintptr_t)got[i] % cases[i].align == 0, "case %zu is not aligned", i);
		memset(got[i], (int)i + 1, cases[i].size);
	}
	for (size_t i = 0; i < N; i++)
		for (size_t at = 0; at < cases[i].size; at++)
			if (!tap_int(got[i][at], i + 1))
				break;
	tt_arena_release(&a);
}

static void bytes_counts_what_was_handed_out(void)
{
	struct tt_arena a;

	tt_arena_init(&a);
	tap_int(a.bytes, 0);
	(void)tt_arena_alloc(&a, 10, 1);
	(void)tt_arena_alloc(&a, 5 << 20, 16);
	tap_int(a.bytes, 10 + (5 << 20));
	tt_arena_clear(&a);
	tap_int(a.bytes, 0);
	tt_arena_release(&a);
	tap_int(a.bytes, 0);
}

static void new_items_are_zero_after_reuse(void)
{
	struct tt_arena a = {0};

	for (int round = 0; round < 3; round++) {
		uint64_t *items = tt_arena_new(&a, uint64_t, 1000);

		for (int i = 0; i < 1000; i++)
			if (!tap_int(items[i], 0))
				break;
		memset(items, 0xff, 1000 * sizeof(*items));
		tt_arena_clear(&a);
	}
	tt_arena_release(&a);
}

static void clear_of_an_empty_arena_is_allowed(void)
{
	struct tt_arena a = {0};

	tt_arena_clear(&a);
	tt_arena_release(&a);
	tt_arena_release(&a);
	tap_ok(a.chunks == NULL);
}

int main(void)
{
	tap_test("allocations_are_aligned_and_apart", allocations_are_aligned_and_apart);
	tap_test("bytes_counts_what_was_handed_out", bytes_counts_what_was_handed_out);
	tap_test("new_items_are_zero_after_reuse", new_items_are_zero_after_reuse);
	tap_test("clear_of_an_empty_arena_is_allowed", clear_of_an_empty_arena_is_allowed);
	return tap_done();
}
