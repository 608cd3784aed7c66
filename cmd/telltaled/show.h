/* SPDX-License-Identifier: Apache-2.0 */
/* show.h - what `telltaled --run` shows of one cluster on stdout: the newest events, then, as they
 * come, events, gaps, and when its API server cannot be reached and can be again. Lines are written
 * whole, so that the log's own do not break them. Main thread only. */
#pragma once

#include <stdbool.h>

#include "base/err.h"
#include "base/str.h"

struct tt_daemon;
struct tt_show;

/* Shows the cluster called `cluster`, which must live as long. */
int tt_show_new(
	struct tt_show **ret, struct tt_daemon *daemon, const char *cluster, struct tt_err *err);
void tt_show_free(struct tt_show *show);

/* Waits until what the API server had at the start is in the log, but no longer than a person does:
 * also if it cannot be reached, or `stopping()` says so. */
void tt_show_wait(struct tt_show *show, bool (*stopping)(void));

/* Prints the newest events, a screenful. */
int tt_show_newest(struct tt_show *show, struct tt_err *err);

/* An object that one of these events was about; false if none was in a namespace. */
struct tt_show_object {
	struct tt_str namespace, kind, name;
};
bool tt_show_object(const struct tt_show *show, struct tt_show_object *ret);

/* Prints what comes until `stopping()` says so, or nobody reads it any more. */
int tt_show_until(struct tt_show *show, bool (*stopping)(void), struct tt_err *err);
