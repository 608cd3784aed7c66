/* SPDX-License-Identifier: Apache-2.0 */
/* collect.h - collecting the events of one cluster into the log.
 *
 * A collector is one thread per watch (a cluster, or each of its configured namespaces), a thin
 * shell around the pure step of step.h, which holds every decision. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"

struct tt_arena;
struct tt_clock;
struct tt_collector;
struct tt_ingest;
struct tt_kube_target;
struct tt_log;
struct tt_store;

struct tt_collector_options {
	struct tt_str cluster;               /* registered in the store already */
	const struct tt_kube_target *target; /* outlives the collector */
	const struct tt_str *namespaces;     /* one watch each; none: one watch of all */
	size_t n_namespaces;
	int64_t event_ttl_us;   /* eventTTL of the cluster; 0: 1 h */
	unsigned watch_seconds; /* 0: random in 120..150 per watch; tests shorten it */
	bool json_only;
	struct tt_store *store; /* for positions and look-ups */
	struct tt_ingest *ingest;
	const struct tt_clock *clock;
	const struct tt_log *log;
};

/* Starts the threads. */
int tt_collector_start(
	struct tt_collector **ret, const struct tt_collector_options *options, struct tt_err *err);

/* Asks them to stop; returns at once. Then tt_collector_join() waits up to `timeout_ns`: true if
 * all have ended and the memory is freed, false if one hangs (the collector is then left alone). */
void tt_collector_stop(struct tt_collector *collector);
bool tt_collector_join(struct tt_collector *collector, int64_t timeout_ns);

/* The API server that is watched; lives as long as the collector's options say. */
const struct tt_kube_target *tt_collector_target(const struct tt_collector *collector);

/* What one watch is doing, for /v1/status and metrics. */
struct tt_collector_status {
	struct tt_str namespace;   /* "": all */
	const char *state;         /* connecting, listing, watching, backing-off, stopped */
	uint64_t resource_version; /* P */
	int64_t last_proof_us;     /* TT_TIME_ZERO: none yet */
	int64_t last_event_us;     /* t of the newest event seen; TT_TIME_ZERO */
	bool connected;            /* false: an open gap since last_proof_us */
	struct tt_str problem;     /* why it is not connected; "" */
	uint64_t moves;            /* changes of state since the start */
	uint64_t listed;           /* objects seen by the list under way */
	uint64_t requests[6];      /* by outcome: ok, 410, 429, other 4xx, 5xx, no answer */
};

/* Copies the status of each watch into `arena`. Any thread. */
void tt_collector_status(struct tt_collector *collector, struct tt_collector_status **ret,
	size_t *ret_n, struct tt_arena *arena);
