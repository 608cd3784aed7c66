/* SPDX-License-Identifier: Apache-2.0 */
/* served_log.h - a log that ends now, as a telltaled would have written it, for being served. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "feed.h"

struct bench;

enum { SERVED_OLD = 400, SERVED_NEW = 20 };

struct served_log {
	char *dir;
	uint64_t events;
	struct feed_name old[SERVED_OLD]; /* events all over the log, in no order */
	struct feed_name new[SERVED_NEW]; /* the newest ones */
};

/* Makes a log of `events` events of the cluster "prod", the newest some minutes, of millions an
 * hour, old. */
void served_log_make(struct served_log *log, const struct bench *b, uint64_t events);

/* Removes it. */
void served_log_remove(struct served_log *log);
