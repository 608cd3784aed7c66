/* SPDX-License-Identifier: Apache-2.0 */
/* daemon.h - the object graph of a running telltaled: log, ingest, collectors, servers; in which
 * order they start, and how they end within five seconds whatever hangs. Main thread only. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct tt_arena;
struct tt_collector_status;
struct tt_config;
struct tt_daemon;
struct tt_log;

/* Opens the log and starts everything. `config` is read during the call only. After a failure
 * `*ret` is NULL, or a daemon that cannot be stopped because something hangs: the process is to
 * end without further ado, and what `log` points to stays in use until then. */
int tt_daemon_start(struct tt_daemon **ret, const struct tt_config *config, struct tt_log *log,
	struct tt_err *err);

/* Takes over clusters, retention and logging of a new configuration; says in the log what of the
 * rest needs a restart. On failure the old configuration keeps running. */
int tt_daemon_reload(struct tt_daemon *daemon, const struct tt_config *config, struct tt_err *err);

/* Looks at what changes by itself: takes a renewed certificate of the API and its CAs, and warns of
 * one that expires. To be called every second. */
void tt_daemon_look(struct tt_daemon *daemon);

/* Stops everything. False if something hung: all that was acknowledged is on disk, and the
 * process is to end without further ado. */
bool tt_daemon_stop(struct tt_daemon *daemon);

/* Parts that `--run` looks at. */
struct tt_store *tt_daemon_store(struct tt_daemon *daemon);
struct tt_ingest *tt_daemon_ingest(struct tt_daemon *daemon);
const char *tt_daemon_address(struct tt_daemon *daemon);
const char *tt_daemon_scheme(struct tt_daemon *daemon); /* of the API: http or https */
const char *tt_daemon_data(struct tt_daemon *daemon);

/* What the watches of the first cluster do, in `arena`; none if it is not collected. */
void tt_daemon_watches(struct tt_daemon *daemon, struct tt_collector_status **ret, size_t *ret_n,
	struct tt_arena *arena);
