/* SPDX-License-Identifier: Apache-2.0 */
/* follow.h - the records of the log in order, and on with those that come. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct tt_cli;
struct tt_filter;
struct tt_record;
struct tt_source;

/* Takes the next records, some of which the filter may not want; a negative return ends it. */
typedef int tt_follow_fn(void *arg, const struct tt_record *records, size_t n, struct tt_err *err);

struct tt_follow {
	const struct tt_filter *filter;
	tt_follow_fn *fn;
	void *arg;
	bool open_gaps_said; /* what is disconnected when it begins was told already */
};

/* Gives `what->fn` every record behind `after` for ever, until interrupted (TT_ECANCELED), until
 * nobody reads the output any more (0), or it fails. A daemon that goes away is waited for, and
 * nothing is missed by it. A watch that is not connected is said on standard error, and when it is
 * back. */
int tt_follow(struct tt_cli *cli, struct tt_source *source, uint64_t after,
	const struct tt_follow *what, struct tt_err *err);
