/* SPDX-License-Identifier: Apache-2.0 */
#include "base/vec.h"

#include "tap/tap.h"

static void items_stay_in_order_while_growing(void)
{
	struct {
		int *items;
		size_t n, cap;
	} v = {0};
	int want = 0;

	for (int i = 0; i < 1000; i++)
		*tt_vec_push(&v) = i;
	tap_int(v.n, 1000);
	tap_ok(v.cap >= v.n);
	tt_vec_each (it, &v) {
		if (!tap_int(*it, want++))
			break;
	}
	tap_int(want, 1000);
	tt_vec_release(&v);
	tap_ok(v.items == NULL && v.n == 0 && v.cap == 0);
}

static void an_empty_vector_is_visited_nowhere(void)
{
	struct {
		int *items;
		size_t n, cap;
	} v = {0};
	int visits = 0;

	tt_vec_each (it, &v) {
		visits += *it + 1;
	}
	tap_int(visits, 0);
	tt_vec_release(&v);
}

int main(void)
{
	tap_test("items_stay_in_order_while_growing", items_stay_in_order_while_growing);
	tap_test("an_empty_vector_is_visited_nowhere", an_empty_vector_is_visited_nowhere);
	return tap_done();
}
