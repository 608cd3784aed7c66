/* SPDX-License-Identifier: Apache-2.0 */
/* outage.h - open gaps: watches of collected clusters that are not connected at this moment, so
 * that nothing is known of what happens there. Every reader is told of them. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/str.h"

struct tt_cli;
struct tt_filter;
struct tt_source;
struct tt_source_info;
struct tt_watch_info;

/* Appends the sentence about a watch that is not connected; `cluster` may be "" where it is clear
 * which one is meant. */
void tt_outage_put(struct tt_buf *to, struct tt_str cluster, const struct tt_watch_info *watch);

/* Whether the watch is an open gap that somebody who asks for `filter` must know of. */
bool tt_outage_concerns(
	struct tt_str cluster, const struct tt_watch_info *watch, const struct tt_filter *filter);

/* What a reader that goes on has been told. */
struct tt_outages {
	struct tt_cli *cli;
	struct tt_source *source;
	const struct tt_filter *filter;
	struct {
		struct tt_outage *items;
		size_t n, cap;
	} open;           /* those said */
	int64_t asked_ns; /* when it was last looked; 0: never */
	int64_t young_us; /* what was proven after this may be between two watches */
};

/* Nothing was said yet. */
void tt_outages_init(struct tt_outages *o, struct tt_cli *cli, struct tt_source *source,
	const struct tt_filter *filter);
void tt_outages_release(struct tt_outages *o);

/* Says on standard error what is disconnected now and was not before, and what is connected again.
 * Asks the source at most every few seconds; if it does not answer, nothing is said. */
void tt_outages_look(struct tt_outages *o);

/* Notes what is disconnected now as said already. */
void tt_outages_note(struct tt_outages *o);
