/* SPDX-License-Identifier: Apache-2.0 */
/* view_search.h - finding what a view shows: the search through tail, epochs and blocks. Private to
 * this folder.
 *
 * The log is gone through from its end, for the oldest from its beginning. What passes is kept as
 * (t, seq) in a heap of the newest (or oldest) `limit` and one more, which says whether anything
 * was left out. The search ends when no other block can hold anything that would be kept rather. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/map.h"
#include "store/read.h"

struct tt_view_search {
	struct tt_reader *r;
	struct tt_match match;
	int64_t since_us, until_us, hidden_before_us;
	int64_t shown_until_us; /* what is later only supersedes */
	uint64_t max_seq;
	size_t limit;        /* records kept: the answer's limit and one; SIZE_MAX: all */
	size_t records_left; /* to be looked at in blocks */
	bool cut;            /* they did not suffice */
	bool observations, oldest;
	struct tt_location after; /* with `oldest`: what is shown lies behind it */
	struct {
		struct tt_location *items; /* a heap, once it is full: on top what gives way */
		size_t n, cap;
	} found;
	struct tt_map superseded; /* seq -> 1, by records of the tail */
	bool *marks;
	size_t cap_marks;
	struct tt_arena arena; /* for records made only to be looked at */
	uint32_t columns;      /* wanted beside those of the match */
	/* What is done with a row that passed; NULL: it is kept in `found`. */
	void (*take)(struct tt_view_search *v, struct tt_dict *dict, const struct tt_block *b,
		uint32_t i);
	void *take_arg;
	struct tt_batch *now;     /* records are made at once; NULL: when all is found */
	struct tt_copier *copier; /* into `now` */
	size_t max_bytes;         /* of texts in an answer */
};

/* A search through the log of `r` for what passes `filter` (NULL: everything), which must outlive
 * it; all else that is wanted is set afterwards. */
void tt_view_search_init(
	struct tt_view_search *v, struct tt_reader *r, const struct tt_filter *filter);

/* Gives back the state of the log too. */
void tt_view_search_release(struct tt_view_search *v);

/* Finds everything up to seq `max_seq` (0: the head); the state of the log stays taken. */
int tt_view_search_run(struct tt_view_search *v, uint64_t max_seq, struct tt_err *err);

/* Keeps a place, which passed, if there is room. */
void tt_view_search_keep(struct tt_view_search *v, struct tt_location place);

/* Makes what was found into records, in `to`, ascending by (t, seq), with v->copier. 1 if they
 * would take more than v->max_bytes. What is lost is left out. */
int tt_view_make_records(struct tt_view_search *v, struct tt_batch *to, struct tt_err *err);

/* Brings what was found into ascending order by (t, seq). */
void tt_view_search_sort(struct tt_view_search *v);
