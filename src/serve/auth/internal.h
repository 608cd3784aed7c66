/* SPDX-License-Identifier: Apache-2.0 */
/* internal.h - what the files of auth.h share. Only for src/serve/auth. */
#pragma once

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/clock.h"
#include "serve/auth/auth.h"
#include "serve/auth/cache.h"
#include "serve/auth/policy.h"
#include "serve/auth/since.h"

struct tt_reviewer;

enum { TT_AUTH_MAGIC = 0x61757468, TT_REVIEW_MAX_BYTES = 1 << 20 };

/* How long what an API server said is believed. */
#define TT_AUTH_YES_NS (10LL * TT_NS_PER_S)
#define TT_AUTH_NO_NS  (5LL * TT_NS_PER_S)

enum tt_auth_who { TT_BY_CERTIFICATE, TT_BY_TOKEN_FILE, TT_BY_TOKEN_REVIEW, TT_WHO_METHODS };
enum tt_auth_may { TT_BY_RULES, TT_BY_ACCESS_REVIEW, TT_MAY_METHODS };
enum tt_auth_outcome { TT_OUTCOME_YES, TT_OUTCOME_NO, TT_OUTCOME_FAILED, TT_OUTCOMES };

struct tt_auth_reviewed {
	struct tt_str name;
	struct tt_reviewer *reviewer; /* NULL: hosted or recording */
};

struct tt_auth {
	unsigned magic;
	struct tt_arena arena; /* of the options' texts */
	struct tt_auth_options options;
	struct tt_policy policy;
	struct tt_answers tokens, rights;
	struct tt_since since;
	atomic_ullong who[TT_WHO_METHODS][TT_OUTCOMES], may[TT_MAY_METHODS][TT_OUTCOMES];

	pthread_t thread;
	bool has_thread;
	pthread_mutex_t lock; /* of what follows */
	pthread_cond_t changed;
	struct tt_auth_reviewed *clusters;
	size_t n_clusters;
	struct tt_arena clusters_arena;
	bool stopping, clusters_are_new;
};

/* The reviewer of a cluster, which the caller gives back by tt_reviewer_unref(); NULL if there is
 * none to ask. */
struct tt_reviewer *tt_auth_reviewer_of(struct tt_auth *auth, struct tt_str cluster);

/* Counts what a method said: 1, 0, or negative. */
void tt_auth_count(atomic_ullong counts[TT_OUTCOMES], int said);
