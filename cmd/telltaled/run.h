/* SPDX-License-Identifier: Apache-2.0 */
/* run.h - `telltaled --run`, which is what `make run` starts: a daemon in the foreground that
 * finds something to show by itself and shows it. */
#pragma once

#include <stdbool.h>

#include "base/err.h"

struct tt_arena;
struct tt_config;
struct tt_daemon;

/* Adds the cluster of the current kubeconfig to `config` if its API server answers within three
 * seconds, and says on stdout what will be done. Returns whether it did. */
bool tt_run_find_cluster(struct tt_config *config, struct tt_arena *arena);

/* Replays the recording `path` into cluster `sample`, shifted to end now, unless that was done
 * within the last hour. */
int tt_run_replay(struct tt_daemon *daemon, const char *path, struct tt_err *err);

/* Prints the newest events of the collected `cluster`, or of the replayed recording if that is
 * NULL, says what to try next, and prints what comes of it until `stopping()` says so. */
int tt_run_show(
	struct tt_daemon *daemon, const char *cluster, bool (*stopping)(void), struct tt_err *err);
