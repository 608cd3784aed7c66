/* SPDX-License-Identifier: Apache-2.0 */
#include "base/map.h"

#include "base/rand.h"
#include "tap/tap.h"

static void an_empty_map_holds_nothing(void)
{
	struct tt_map m = {0};

	tap_ok(tt_map_get(&m, 0) == NULL);
	tap_ok(tt_map_get(&m, 1) == NULL);
	tt_map_clear(&m);
	tt_map_release(&m);
}

static void every_key_keeps_its_value_while_growing(void)
{
	enum { N = 100000 };
	struct tt_map m;
	struct tt_rand r;
	bool made;

	tt_map_init(&m);
	tt_rand_init(&r, 1);
	for (uint64_t i = 0; i < N; i++) {
		*tt_map_put(&m, tt_rand_u64(&r), &made) = i;
		tap_ok(made);
	}
	tap_int(m.n, N);
	tap_ok(m.n < m.cap);
	tt_rand_init(&r, 1);
	for (uint64_t i = 0; i < N; i++) {
		const uint64_t *value = tt_map_get(&m, tt_rand_u64(&r));

		if (!tap_ok(value != NULL && *value == i))
			break;
	}
	tap_ok(tt_map_get(&m, tt_rand_u64(&r)) == NULL);
	tt_map_release(&m);
}

static void put_of_a_known_key_gives_its_place(void)
{
	static const uint64_t keys[] = {0, 1, UINT64_MAX, (uint64_t)1 << 63};
	struct tt_map m = {0};

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		bool made = false;
		uint64_t *value = tt_map_put(&m, keys[i], &made);

		tap_ok(made);
		tap_int(*value, 0);
		*value = i + 10;
	}
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		bool made = true;

		tap_int(*tt_map_put(&m, keys[i], &made), i + 10);
		tap_ok(!made);
		tap_int(*tt_map_get(&m, keys[i]), i + 10);
	}
	(void)tt_map_put(&m, 5, NULL);
	tt_map_release(&m);
}

static void clear_forgets_all_keys_and_values(void)
{
	struct tt_map m = {0};

	*tt_map_put(&m, 0, NULL) = 7;
	*tt_map_put(&m, 9, NULL) = 8;
	tt_map_clear(&m);
	tap_ok(tt_map_get(&m, 0) == NULL);
	tap_ok(tt_map_get(&m, 9) == NULL);
	tap_int(*tt_map_put(&m, 0, NULL), 0);
	tap_int(*tt_map_put(&m, 9, NULL), 0);
	tt_map_release(&m);
}

int main(void)
{
	tap_test("an_empty_map_holds_nothing", an_empty_map_holds_nothing);
	tap_test(
		"every_key_keeps_its_value_while_growing", every_key_keeps_its_value_while_growing);
	tap_test("put_of_a_known_key_gives_its_place", put_of_a_known_key_gives_its_place);
	tap_test("clear_forgets_all_keys_and_values", clear_forgets_all_keys_and_values);
	return tap_done();
}
