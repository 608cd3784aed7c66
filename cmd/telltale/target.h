/* SPDX-License-Identifier: Apache-2.0 */
/* target.h - where a recording is replayed into: a data directory that nobody else writes, or a
 * running telltaled. */
#pragma once

#include <stdint.h>

#include "base/err.h"
#include "base/str.h"

struct tt_api;
struct tt_cli;
struct tt_globals;
struct tt_target;
struct tt_watch_frame;

/* received = recorded + duplicates + deletions */
struct tt_target_counts {
	uint64_t received, recorded, duplicates, deletions;
};

/* What a kind of target can do. */
struct tt_target_ops {
	/* Takes a copy of an ADDED, MODIFIED or DELETED frame; now and then commits what it has. */
	int (*add)(struct tt_target *t, const struct tt_watch_frame *frame, struct tt_err *err);
	/* Commits the rest. */
	int (*flush)(struct tt_target *t, struct tt_err *err);
	void (*close)(struct tt_target *t);
};

struct tt_target {
	const struct tt_target_ops *ops;
	const char *where;
	struct tt_target_counts counts; /* of what is committed */
};

/* The target that the options name, chosen as for a source; the data directory is made if absent.
 * `cluster` lives as long as the target. */
int tt_target_open(struct tt_target **ret, struct tt_cli *cli, const struct tt_globals *globals,
	struct tt_str cluster, struct tt_err *err);

/* NULL is allowed. */
void tt_target_close(struct tt_target *t);

/* A target of either kind. tt_target_open_api() takes over `api`. */
int tt_target_open_data(
	struct tt_target **ret, const char *dir, struct tt_str cluster, struct tt_err *err);
void tt_target_open_api(struct tt_target **ret, struct tt_api *api, struct tt_str cluster);
