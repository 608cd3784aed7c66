/* SPDX-License-Identifier: Apache-2.0 */
#include "serve/auth/cache.h"

#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/mem.h"

void tt_answers_init(struct tt_answers *answers, const struct tt_clock *clock)
{
	*answers = (struct tt_answers){.clock = clock};
	(void)pthread_mutex_init(&answers->lock, NULL);
	(void)pthread_cond_init(&answers->answered, NULL);
	answers->items = tt_calloc(
		(size_t)TT_ANSWERS_SETS * TT_ANSWERS_WAYS, sizeof(*answers->items));
}

static void forget(struct tt_answer *a)
{
	if (a->text != NULL) /* names and groups of users */
		explicit_bzero(a->text, a->len);
	tt_free(a->text);
	*a = (struct tt_answer){0};
}

void tt_answers_release(struct tt_answers *answers)
{
	tt_answers_clear(answers);
	tt_free(answers->items);
	(void)pthread_cond_destroy(&answers->answered);
	(void)pthread_mutex_destroy(&answers->lock);
}

void tt_answers_clear(struct tt_answers *answers)
{
	(void)pthread_mutex_lock(&answers->lock);
	for (size_t i = 0; i < (size_t)TT_ANSWERS_SETS * TT_ANSWERS_WAYS; i++)
		forget(&answers->items[i]);
	answers->generation++;
	(void)pthread_cond_broadcast(&answers->answered);
	(void)pthread_mutex_unlock(&answers->lock);
}

static struct tt_answer *set_of(struct tt_answers *answers, const uint8_t *key)
{
	uint64_t n;

	memcpy(&n, key, sizeof(n));
	return &answers->items[n % TT_ANSWERS_SETS * TT_ANSWERS_WAYS];
}

static struct tt_answer *find(struct tt_answers *answers, const uint8_t *key)
{
	struct tt_answer *set = set_of(answers, key);

	for (size_t i = 0; i < TT_ANSWERS_WAYS; i++)
		if (set[i].state != TT_ANSWER_NONE &&
			tt_secret_same(set[i].key, key, sizeof(set[i].key)))
			return &set[i];
	return NULL;
}

/* A place for a new question: a free one, else that of the answer which is the first to expire;
 * NULL while all of them are asked. */
static struct tt_answer *place(struct tt_answers *answers, const uint8_t *key)
{
	struct tt_answer *set = set_of(answers, key), *best = NULL;

	for (size_t i = 0; i < TT_ANSWERS_WAYS; i++) {
		if (set[i].state == TT_ANSWER_NONE)
			return &set[i];
		if (set[i].state == TT_ANSWER_KNOWN &&
			(best == NULL || set[i].until_ns < best->until_ns))
			best = &set[i];
	}
	return best;
}

/* The answer that holds now, waiting for one who asks; NULL if the caller is to ask. */
static struct tt_answer *await(struct tt_answers *answers, const uint8_t *key)
{
	for (;;) {
		struct tt_answer *a = find(answers, key);

		if (a == NULL)
			return NULL;
		if (a->state == TT_ANSWER_KNOWN && tt_clock_mono_ns(answers->clock) < a->until_ns)
			return a;
		if (a->state == TT_ANSWER_KNOWN) {
			forget(a);
			return NULL;
		}
		(void)pthread_cond_wait(&answers->answered, &answers->lock);
	}
}

bool tt_answers_begin(struct tt_answers *answers, struct tt_question *q, struct tt_arena *arena,
	struct tt_str *ret)
{
	struct tt_answer *a;
	bool known;

	(void)pthread_mutex_lock(&answers->lock);
	a = await(answers, q->key);
	known = a != NULL;
	if (known) {
		*ret = tt_str_dup(arena, (struct tt_str){a->text, a->len});
	} else {
		a = place(answers, q->key);
		if (a != NULL) {
			forget(a);
			a->state = TT_ANSWER_ASKED;
			memcpy(a->key, q->key, sizeof(a->key));
		}
	}
	q->generation = answers->generation;
	(void)pthread_mutex_unlock(&answers->lock);
	(void)atomic_fetch_add(known ? &answers->hits : &answers->misses, 1);
	return known;
}

void tt_answers_end(struct tt_answers *answers, const struct tt_question *q,
	const struct tt_str *answer, int64_t ttl_ns)
{
	struct tt_answer *a;

	(void)pthread_mutex_lock(&answers->lock);
	a = q->generation == answers->generation ? find(answers, q->key) : NULL;
	if (a != NULL && a->state == TT_ANSWER_ASKED) {
		forget(a);
		if (answer != NULL) {
			memcpy(a->key, q->key, sizeof(a->key));
			a->state = TT_ANSWER_KNOWN;
			a->until_ns = tt_clock_mono_ns(answers->clock) + ttl_ns;
			a->text = tt_malloc(answer->len + 1);
			a->len = answer->len;
			if (answer->len > 0)
				memcpy(a->text, answer->data, answer->len);
		}
	}
	(void)pthread_cond_broadcast(&answers->answered);
	(void)pthread_mutex_unlock(&answers->lock);
}
