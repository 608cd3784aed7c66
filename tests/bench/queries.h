/* SPDX-License-Identifier: Apache-2.0 */
/* queries.h - the questions that the log and the baseline are asked alike. */
#pragma once

#include <stdint.h>

#include "base/str.h"
#include "feed.h"
#include "measure.h"

struct bench;

struct queries {
	struct tt_str namespace;       /* of which the newest 100 */
	struct feed_name usual, noisy; /* whose history */
	struct tt_str common, absent;  /* newest 100 with it in the message */
};

/* Chooses; the Pods are those that the feed has just told of. */
void queries_choose(struct queries *q, const struct feed *f);

/* Measures one query and hands out its figure NAME in ms and its rows as NAME with "_rows". */
void queries_measure(
	const struct bench *b, const char *name, uint64_t scale, measure_fn *fn, void *arg);
