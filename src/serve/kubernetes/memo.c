/* SPDX-License-Identifier: Apache-2.0 */
#include "serve/kubernetes/memo.h"

#include <stdatomic.h>

#include "base/mem.h"

enum { SLOTS = 16384 };

/* The key is `seq` mixed with the time, so that a half-written slot is not taken for a whole one.
 */
struct slot {
	_Atomic uint64_t key;
	_Atomic int64_t t_us;
};

struct tt_memo {
	struct slot slots[SLOTS];
};

static uint64_t key_of(uint64_t seq, int64_t t_us)
{
	return seq ^ ((uint64_t)t_us * 0x9e3779b97f4a7c15u);
}

struct tt_memo *tt_memo_new(void)
{
	return tt_calloc(1, sizeof(struct tt_memo));
}

void tt_memo_free(struct tt_memo *memo)
{
	tt_free(memo);
}

void tt_memo_note(struct tt_memo *memo, uint64_t seq, int64_t t_us)
{
	struct slot *slot = &memo->slots[seq % SLOTS];

	atomic_store_explicit(&slot->t_us, t_us, memory_order_relaxed);
	atomic_store_explicit(&slot->key, key_of(seq, t_us), memory_order_relaxed);
}

bool tt_memo_find(struct tt_memo *memo, uint64_t seq, int64_t *ret_us)
{
	struct slot *slot = &memo->slots[seq % SLOTS];

	*ret_us = atomic_load_explicit(&slot->t_us, memory_order_relaxed);
	return atomic_load_explicit(&slot->key, memory_order_relaxed) == key_of(seq, *ret_us);
}
