/* SPDX-License-Identifier: Apache-2.0 */
/* When a record was recorded, without making it. */
#include "base/vec.h"
#include "store/read.h"

static void take(struct tt_record_times *ret, const struct tt_block *b, uint64_t seq)
{
	uint64_t i = seq - b->first_seq;

	*ret = (struct tt_record_times){b->recorded[i], b->t[i]};
}

static bool find_in_tail(struct tt_reader *r, uint64_t seq, struct tt_record_times *ret)
{
	tt_vec_each (t, &r->tail)
		if (t->item != NULL && seq >= t->first_seq && seq < t->first_seq + t->n) {
			take(ret, t->tail->block, seq);
			return true;
		}
	return false;
}

static int find_in_blocks(
	struct tt_reader *r, uint64_t seq, struct tt_record_times *ret, struct tt_err *err)
{
	int rc = tt_reader_epoch_of(r, seq, err);

	for (size_t i = 0; rc > 0 && i < r->blocks.n; i++) {
		const struct tt_block_info *info = &r->blocks.items[i];
		struct tt_cached *item;

		if (seq < info->id || seq >= info->id + info->n)
			continue;
		rc = tt_reader_block(
			r, info, 1u << TT_COLUMN_T | 1u << TT_COLUMN_RECORDED, &item, err);
		if (rc <= 0)
			return rc;
		take(ret, item->data, seq);
		tt_reader_done(r, item);
		return 1;
	}
	return rc < 0 ? rc : 0;
}

int tt_reader_times(
	struct tt_reader *r, uint64_t seq, struct tt_record_times *ret, struct tt_err *err)
{
	int rc = tt_reader_take_state(r, err);
	uint64_t head = r->head;

	if (rc == 0 && seq > 0 && seq <= head)
		rc = find_in_tail(r, seq, ret) ? 1 : find_in_blocks(r, seq, ret, err);
	tt_reader_drop_state(r);
	if (rc != 0)
		return rc < 0 ? rc : 0;
	if (seq > head)
		return tt_fail(err, TT_EGONE, "record %llu is beyond the head %llu",
			(unsigned long long)seq, (unsigned long long)head);
	return tt_fail(err, TT_EGONE, "record %llu is no longer kept", (unsigned long long)seq);
}
