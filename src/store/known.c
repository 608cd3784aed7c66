/* SPDX-License-Identifier: Apache-2.0 */
#include "store/known.h"

#include "store/dict.h"
#include "store/extra.h"
#include "store/identity.h"
#include "store/tail.h"

static uint64_t rv_of(const struct tt_block *b, uint32_t i, struct tt_arena *arena)
{
	uint32_t start = i > 0 ? b->extra_end[i - 1] : 0;
	struct tt_record record = {0};
	uint64_t rv = 0;

	if (tt_shape_get(tt_block_shape(b, i), TT_SHAPE_RV, 2) == TT_TEXT_USUAL)
		return b->rv[i];
	if (tt_extra_unpack_event(&record,
		    (struct tt_str){(const char *)b->extra + start, b->extra_end[i] - start},
		    arena))
		(void)tt_event_rv(&record.event, &rv);
	return rv;
}

struct tt_known *tt_known_new(struct tt_dict *dict, const struct tt_block *b, uint64_t seed)
{
	struct tt_known *all = tt_calloc(b->n, sizeof(*all));
	struct tt_arena arena = {0};

	for (uint32_t i = 0; i < b->n; i++) {
		struct tt_str name, namespace;

		tt_arena_clear(&arena);
		if (tt_shape_get(tt_block_shape(b, i), TT_SHAPE_GAP, 1) ||
			!tt_dict_event_name(dict, b, i, &arena, &name) ||
			!tt_dict_string(dict, b->namespace[i], &namespace))
			continue;
		all[i].hash = tt_identity_hash(seed, b->cluster[i], namespace, name);
		all[i].rv = rv_of(b, i, &arena);
	}
	tt_arena_release(&arena);
	return all;
}

const struct tt_known *tt_known_of_tail(struct tt_tail *t, uint64_t seed)
{
	struct tt_dict dict;

	(void)pthread_mutex_lock(&t->block->mutex);
	if (t->known == NULL) {
		tt_dict_of_tail(&dict, t);
		t->known = tt_known_new(&dict, t->block, seed);
		tt_dict_release(&dict);
	}
	(void)pthread_mutex_unlock(&t->block->mutex);
	return t->known;
}
