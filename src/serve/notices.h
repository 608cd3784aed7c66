/* SPDX-License-Identifier: Apache-2.0 */
/* notices.h - what a person must be told beside the events of a view: gaps in the window, since
 * when there is a history at all and since when it is kept, a collector that is disconnected now,
 * and where events lie when the answer is empty: further back, in which namespaces, or in which
 * clusters. The same sentences go out as `Warning: 299` headers and to stderr. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"

struct tt_arena;
struct tt_filter;
struct tt_reader;

/* What is known about the collection of a cluster at this moment; from the running daemon only. */
struct tt_open_gap {
	struct tt_str cluster, namespace;
	int64_t since_us; /* last proof; TT_TIME_ZERO: never connected */
	struct tt_str problem;
};

struct tt_notices {
	struct tt_str *sentences; /* without a final stop, in the order to be said */
	size_t n;
};

/* What else the reader of an answer may know of. */
enum tt_notices_reach {
	TT_REACH_LOG,       /* all clusters */
	TT_REACH_CLUSTER,   /* all namespaces of the cluster that was asked for */
	TT_REACH_NAMESPACE, /* the namespace that was asked for */
};

/* An answer of `n_events` events to `filter` at `now_us`; `open` is what is disconnected now. */
struct tt_notices_about {
	const struct tt_filter *filter;
	size_t n_events;
	const struct tt_open_gap *open;
	size_t n_open;
	int64_t now_us;
	const char *since; /* what asks for more before a duration: "--since "; NULL: not said */
	enum tt_notices_reach reach;
	int64_t floor_us; /* nothing is said of what has t below this; TT_TIME_ZERO: no such limit
			   */
};

/* The sentences for an answer, into `arena`. Where else events are is looked for among the newest
 * 200,000 records at hand, 25,000 by labels or rare fields; what that does not settle is said as
 * "at least", or not at all. */
int tt_notices_make(struct tt_notices *ret, struct tt_reader *reader,
	const struct tt_notices_about *about, struct tt_arena *arena, struct tt_err *err);
