/* SPDX-License-Identifier: Apache-2.0 */
#include "store/cache.h"

#include <stdbool.h>

#include "tap/tap.h"

static int released[100];

static void note_release(void *data)
{
	++*(int *)data;
}

static struct tt_cached *put(struct tt_cache *c, int i, size_t bytes)
{
	return tt_cache_put(c, TT_CACHE_BLOCK, (uint64_t)i, &released[i], bytes, note_release);
}

static void the_least_recently_used_goes_first(void)
{
	struct tt_cache *c = tt_cache_new(100);

	memset(released, 0, sizeof(released));
	for (int i = 0; i < 4; i++)
		tt_cache_done(c, put(c, i, 25), 0);
	tt_cache_done(c, tt_cache_get(c, TT_CACHE_BLOCK, 0), 25); /* used again */
	tt_cache_done(c, put(c, 4, 25), 25);
	tap_int(released[0], 0);
	tap_int(released[1], 1);
	tap_int(released[2], 0);
	tap_int(tt_cache_bytes(c), 100);
	tap_ok(tt_cache_get(c, TT_CACHE_BLOCK, 1) == NULL);
	tap_ok(tt_cache_get(c, TT_CACHE_TAIL, 0) == NULL);
	tt_cache_free(c);
	for (int i = 0; i < 5; i++)
		tap_int(released[i], 1);
}

static void what_is_used_stays(void)
{
	struct tt_cache *c = tt_cache_new(100);
	struct tt_cached *held[10];

	memset(released, 0, sizeof(released));
	for (int i = 0; i < 10; i++)
		held[i] = put(c, i, 50);
	tap_int(tt_cache_bytes(c), 500);
	for (int i = 0; i < 10; i++) {
		tap_int(released[i], 0);
		tt_cache_done(c, held[i], 50);
	}
	tap_int(tt_cache_bytes(c), 100);
	tt_cache_free(c);
}

static void an_item_that_grew_counts_with_its_new_size(void)
{
	struct tt_cache *c = tt_cache_new(100);

	memset(released, 0, sizeof(released));
	tt_cache_done(c, put(c, 0, 10), 10);
	tt_cache_done(c, put(c, 1, 10), 95);
	tt_cache_done(c, tt_cache_get(c, TT_CACHE_BLOCK, 1), 50); /* told of late */
	tap_int(released[0], 1);
	tap_int(tt_cache_bytes(c), 95);
	tt_cache_free(c);
}

static void the_second_of_two_equal_items_is_released(void)
{
	struct tt_cache *c = tt_cache_new(100);
	struct tt_cached *a, *b;

	memset(released, 0, sizeof(released));
	a = tt_cache_put(c, TT_CACHE_CHUNK, 7, &released[0], 1, note_release);
	b = tt_cache_put(c, TT_CACHE_CHUNK, 7, &released[1], 1, note_release);
	tap_ok(a == b && a->data == &released[0] && a->refs == 2);
	tap_int(released[1], 1);
	tt_cache_done(c, a, 1);
	tt_cache_done(c, b, 1);
	tt_cache_free(c);
}

int main(void)
{
	tap_test("the least recently used goes first", the_least_recently_used_goes_first);
	tap_test("what is used stays", what_is_used_stays);
	tap_test("an item that grew counts with its new size",
		an_item_that_grew_counts_with_its_new_size);
	tap_test("the second of two equal items is released",
		the_second_of_two_equal_items_is_released);
	return tap_done();
}
