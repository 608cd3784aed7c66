/* SPDX-License-Identifier: Apache-2.0 */
/* since.h - the creationTimestamps of namespaces as they were last known, in memory and in a small
 * file. Any thread. Only for src/serve/auth.
 *
 * A file of its own, and no table of the log: the log's readers have no use for it, its only writer
 * need not wait for it, and who loses it loses only what an API server says again. Its lines are
 * "CLUSTER NAMESPACE TIME"; it is replaced as a whole. */
#pragma once

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/map.h"
#include "base/str.h"

enum { TT_SINCE_MAX = 100000 };

struct tt_since_entry {
	struct tt_str cluster, namespace;
	int64_t made_us;
	int64_t checked_ns; /* monotonic: when the API server last said so, or that it is gone */
	bool checked;       /* since the start */
};

struct tt_since {
	pthread_mutex_t lock;
	const char *file;  /* NULL: none */
	struct tt_map map; /* of the hash of both names to an index of `items` */
	struct {
		struct tt_since_entry *items;
		size_t n, cap;
	} entries;
	struct tt_arena arena;
	bool changed; /* since the file was written */
};

/* Reads `file` (NULL: none); one that is damaged or absent is as good as empty: false. */
bool tt_since_init(struct tt_since *since, const char *file);
void tt_since_release(struct tt_since *since);

/* What is known; false if nothing is. */
bool tt_since_get(struct tt_since *since, struct tt_str cluster, struct tt_str namespace,
	struct tt_since_entry *ret);

/* Notes what the API server said at `now_ns`. More than TT_SINCE_MAX are not kept. */
void tt_since_set(struct tt_since *since, const struct tt_since_entry *entry);

/* Writes the file if something has changed. */
int tt_since_save(struct tt_since *since, struct tt_err *err);
