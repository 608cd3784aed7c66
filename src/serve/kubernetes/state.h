/* SPDX-License-Identifier: Apache-2.0 */
/* state.h - what the Kubernetes API keeps between requests. Private to this folder. */
#pragma once

#include <pthread.h>
#include <stdint.h>

#include "base/str.h"

struct tt_api_request;
struct tt_identity_name;
struct tt_catalog;
struct tt_edges;
struct tt_memo;
struct tt_tickets;
struct tt_serve;

/* The resources of a cluster as its API server has them: asked for at most every minute, the
 * last known while it does not answer, else those of Kubernetes itself. One reference. */
struct tt_catalog *tt_api_catalog(struct tt_serve *serve, struct tt_str cluster);

/* The same for who has missed something in it, which may be new: asked for at most every five
 * seconds. */
struct tt_catalog *tt_api_catalog_early(struct tt_serve *serve, struct tt_str cluster);

/* The edges of the windows that are watched. */
struct tt_edges *tt_api_edges(struct tt_serve *serve);

/* "its API server at URL", or words for a cluster without one; in the arena. */
const char *tt_api_server_name(struct tt_api_request *r);

/* Takes the lock over writes to an event, which others may share; NULL after ten seconds without
 * it. */
pthread_mutex_t *tt_api_lock(struct tt_serve *serve, const struct tt_identity_name *identity);

/* The times of what watches have seen last. */
struct tt_memo *tt_api_memo(struct tt_serve *serve);

/* Who has just listed what. */
struct tt_tickets *tt_api_tickets(struct tt_serve *serve);
