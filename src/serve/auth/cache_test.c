/* SPDX-License-Identifier: Apache-2.0 */
#include "serve/auth/cache.h"

#include <stdio.h>

#include "base/arena.h"
#include "base/clock.h"
#include "tap/tap.h"

static int64_t now_ns;

static int64_t mono_ns(const struct tt_clock *clock)
{
	(void)clock;
	return now_ns;
}

static const struct tt_clock fake = {.mono_ns = mono_ns};

static struct tt_question question(const char *text)
{
	struct tt_str part = tt_str_from(text);
	struct tt_question q;

	tt_secret_digest(&part, 1, q.key);
	return q;
}

/* Whether it is known, and as what. */
static bool is_known_as(struct tt_answers *answers, const char *text, const char *want)
{
	struct tt_question q = question(text);
	struct tt_arena arena = {0};
	struct tt_str answer = {0};
	bool known = tt_answers_begin(answers, &q, &arena, &answer);

	if (known)
		known = tap_str(answer, want);
	else
		tt_answers_end(answers, &q, NULL, 0);
	tt_arena_release(&arena);
	return known;
}

static void learn(struct tt_answers *answers, const char *text, const char *what, int64_t ttl_ns)
{
	struct tt_question q = question(text);
	struct tt_arena arena = {0};
	struct tt_str answer;

	if (!tt_answers_begin(answers, &q, &arena, &answer)) {
		answer = tt_str_from(what);
		tt_answers_end(answers, &q, &answer, ttl_ns);
	}
	tt_arena_release(&arena);
}

static void an_answer_holds_for_its_time(void)
{
	struct tt_answers answers;

	now_ns = 0;
	tt_answers_init(&answers, &fake);
	tap_ok(!is_known_as(&answers, "a", ""));
	learn(&answers, "a", "yes", 10);
	learn(&answers, "b", "", 5);
	tap_ok(is_known_as(&answers, "a", "yes"));
	tap_ok(is_known_as(&answers, "b", ""));
	now_ns = 5;
	tap_ok(is_known_as(&answers, "a", "yes"));
	tap_ok(!is_known_as(&answers, "b", ""));
	now_ns = 10;
	tap_ok(!is_known_as(&answers, "a", ""));
	tap_int(atomic_load(&answers.hits), 3);
	tap_int(atomic_load(&answers.misses), 5);
	tt_answers_release(&answers);
}

static void what_is_forgotten_is_not_brought_back_by_a_question_under_way(void)
{
	struct tt_question q = question("a"), later = question("a");
	struct tt_arena arena = {0};
	struct tt_answers answers;
	struct tt_str answer;

	now_ns = 0;
	tt_answers_init(&answers, &fake);
	learn(&answers, "b", "yes", 10);
	tap_ok(!tt_answers_begin(&answers, &q, &arena, &answer));
	tt_answers_clear(&answers);
	tap_ok(!tt_answers_begin(&answers, &later, &arena, &answer));
	answer = TT_STR("yes");
	tt_answers_end(&answers, &q, &answer, 10);
	answer = TT_STR("no");
	tt_answers_end(&answers, &later, &answer, 10);
	tap_ok(is_known_as(&answers, "a", "no"));
	tap_ok(!is_known_as(&answers, "b", ""));
	tt_answers_release(&answers);
	tt_arena_release(&arena);
}

static void a_flood_leaves_the_memory_bounded(void)
{
	struct tt_answers answers;
	unsigned known = 0;

	now_ns = 0;
	tt_answers_init(&answers, &fake);
	for (int i = 0; i < 20000; i++) {
		char text[20];

		(void)snprintf(text, sizeof(text), "%d", i);
		learn(&answers, text, "yes", 100 + i);
	}
	for (size_t i = 0; i < (size_t)TT_ANSWERS_SETS * TT_ANSWERS_WAYS; i++)
		known += answers.items[i].state == TT_ANSWER_KNOWN;
	tap_ok(known > 3500);
	tap_ok(is_known_as(&answers, "19999", "yes"));
	tap_ok(!is_known_as(&answers, "0", ""));
	tt_answers_release(&answers);
}

struct crowd {
	struct tt_answers answers;
	atomic_int asked, known;
};

static void *ask_with_others(void *arg)
{
	struct timespec long_enough = {0, 50 * TT_NS_PER_MS};
	struct crowd *crowd = arg;
	struct tt_question q = question("a");
	struct tt_arena arena = {0};
	struct tt_str answer;

	if (tt_answers_begin(&crowd->answers, &q, &arena, &answer)) {
		(void)atomic_fetch_add(&crowd->known, 1);
	} else {
		(void)atomic_fetch_add(&crowd->asked, 1);
		(void)nanosleep(&long_enough, NULL);
		answer = TT_STR("yes");
		tt_answers_end(&crowd->answers, &q, &answer, 10);
	}
	tt_arena_release(&arena);
	return NULL;
}

static void of_many_who_want_to_know_one_asks(void)
{
	pthread_t threads[16];
	struct crowd crowd = {0};

	now_ns = 0;
	tt_answers_init(&crowd.answers, &fake);
	for (int i = 0; i < 16; i++)
		tap_int(pthread_create(&threads[i], NULL, ask_with_others, &crowd), 0);
	for (int i = 0; i < 16; i++)
		(void)pthread_join(threads[i], NULL);
	tap_int(atomic_load(&crowd.asked), 1);
	tap_int(atomic_load(&crowd.known), 15);
	tt_answers_release(&crowd.answers);
}

int main(void)
{
#define RUN(name) tap_test(#name, name)
	RUN(an_answer_holds_for_its_time);
	RUN(what_is_forgotten_is_not_brought_back_by_a_question_under_way);
	RUN(a_flood_leaves_the_memory_bounded);
	RUN(of_many_who_want_to_know_one_asks);
	return tap_done();
}
