/* SPDX-License-Identifier: Apache-2.0 */
/* cache.h - answers of an API server for some seconds, bounded in number, and one question at a
 * time for each of them. Any thread. Only for src/serve/auth.
 *
 *	if (tt_answers_begin(cache, key, arena, &answer))
 *		return answer;
 *	... ask ...
 *	tt_answers_end(cache, key, &answer, ttl);    // always, with NULL after a failure
 */
#pragma once

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"
#include "net/secret.h"

struct tt_arena;
struct tt_clock;

enum { TT_ANSWERS_SETS = 1024, TT_ANSWERS_WAYS = 4 };

struct tt_answer {
	uint8_t key[TT_SHA256_BYTES];
	enum { TT_ANSWER_NONE, TT_ANSWER_ASKED, TT_ANSWER_KNOWN } state;
	int64_t until_ns; /* monotonic */
	char *text;       /* owned */
	size_t len;
};

struct tt_answers {
	pthread_mutex_t lock;
	pthread_cond_t answered;
	const struct tt_clock *clock;
	struct tt_answer *items; /* sets of TT_ANSWERS_WAYS, found by the key's first bytes */
	uint64_t generation;     /* changes when all is forgotten */
	atomic_ullong hits, misses;
};

/* Nothing is known yet. */
void tt_answers_init(struct tt_answers *answers, const struct tt_clock *clock);
/* No question may be under way. */
void tt_answers_release(struct tt_answers *answers);

/* What a question was asked of: the answer is kept only if nothing was forgotten meanwhile. */
struct tt_question {
	uint8_t key[TT_SHA256_BYTES];
	uint64_t generation;
};

/* True with the answer to `q->key`, copied into `arena`. False: nobody knows, and the caller is the
 * one to ask; he ends the question by tt_answers_end(). Waits while another one asks. */
bool tt_answers_begin(struct tt_answers *answers, struct tt_question *q, struct tt_arena *arena,
	struct tt_str *ret);

/* Ends a question with its answer, which is kept for `ttl_ns`, or without one (NULL). */
void tt_answers_end(struct tt_answers *answers, const struct tt_question *q,
	const struct tt_str *answer, int64_t ttl_ns);

/* Forgets everything. */
void tt_answers_clear(struct tt_answers *answers);
