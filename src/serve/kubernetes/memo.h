/* SPDX-License-Identifier: Apache-2.0 */
/* memo.h - the times of the events that watches have seen last, so that those of their predecessors
 * need not be read from the log. Private to this folder. Any thread; forgets what it likes. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct tt_memo;

/* An empty memo. */
struct tt_memo *tt_memo_new(void);
/* NULL is allowed. */
void tt_memo_free(struct tt_memo *memo);

/* Notes the time of event `seq`; of a deletion TT_TIME_ZERO. */
void tt_memo_note(struct tt_memo *memo, uint64_t seq, int64_t t_us);

/* The time that was noted for `seq`; false if it is not known. */
bool tt_memo_find(struct tt_memo *memo, uint64_t seq, int64_t *ret_us);
