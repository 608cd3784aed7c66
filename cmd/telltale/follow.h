/* SPDX-License-Identifier: Apache-2.0 */
/* follow.h - the records of the log in order, and on with those that come. */
#pragma once

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
};

/* Gives `what->fn` every record behind `after` for ever, until interrupted (TT_ECANCELED), until
 * nobody reads the output any more (0), or it fails. A daemon that goes away is waited for, and
 * nothing is missed by it. */
int tt_follow(struct tt_cli *cli, struct tt_source *source, uint64_t after,
	const struct tt_follow *what, struct tt_err *err);
