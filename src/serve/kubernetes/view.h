/* SPDX-License-Identifier: Apache-2.0 */
/* view.h - what this folder asks the log: the events of a view in pages, and those that leave it.
 * Private to this folder. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "store/reader.h"

struct tt_api_request;

/* V(S, T, W) with what is wanted of it. */
struct tt_api_view {
	struct tt_filter filter; /* since and until are those of the window */
	struct tt_fieldselector fields;
	struct tt_labelselector labels;
	int64_t floor_us; /* what has t below this is never shown; TT_TIME_ZERO: no such limit */
	uint64_t seq;     /* S */
	int64_t at_us;    /* T */
	uint64_t check;   /* of cluster, window and selectors: what a continue token belongs to */
};

/* The view that the request asks for, at S = the head and T = now or the moment of its URL. False:
 * answered, as a selector is wrong. */
bool tt_api_view_make(struct tt_api_request *r, struct tt_api_view *ret);

/* Sets T, and the window with it. */
void tt_api_view_set_time(struct tt_api_request *r, struct tt_api_view *view, int64_t at_us);

/* Who asks for this view: as far as one can tell, the same client. */
uint64_t tt_api_view_client(const struct tt_api_request *r, const struct tt_api_view *view);

/* The places of the oldest `limit` (0: all) events of `view` behind `after`. */
int tt_api_view_find(struct tt_reader *reader, const struct tt_api_view *view,
	struct tt_location after, size_t limit, struct tt_locations *ret, struct tt_err *err);

/* What an edge has passed: of the events with seq <= `seq` those that no later one of them
 * supersedes and whose t is above `from_us` and at most `to_us`. */
struct tt_api_passage {
	struct tt_str cluster;
	const struct tt_filter *filter; /* what else is asked of them; NULL: nothing */
	uint64_t seq;
	int64_t from_us, to_us;
	struct tt_location after; /* of these the oldest `limit` behind this place; seq 0: from the
				   * first */
	size_t limit;             /* 0: all */
};

/* Their places. */
int tt_api_view_passage(struct tt_reader *reader, const struct tt_api_passage *passage,
	struct tt_locations *ret, struct tt_err *err);
