/* SPDX-License-Identifier: Apache-2.0 */
/* Many worlds at random, each judged from the whole truth. A run that fails prints its seed:
 * `SIM_SEED=N SIM_RUNS=1` runs it again. */
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/mem.h"
#include "sim/sim.h"
#include "tap/tap.h"

enum { RUNS = 1500, MAX_STEPS = 100000 };

static const int64_t second_us = TT_US_PER_S;

static uint64_t env(const char *name, uint64_t otherwise)
{
	const char *text = getenv(name);
	unsigned long long value;

	return text != NULL && tt_str_u64(tt_str_from(text), &value) ? value : otherwise;
}

static unsigned sometimes(struct sim *s, unsigned value)
{
	return tt_rand_below(&s->rand, 2) ? value : 0;
}

static void choose_faults(struct sim *s)
{
	s->chances = (struct sim_chances){
		.commit = 1 + (unsigned)tt_rand_below(&s->rand, 4),
		.crash = sometimes(s, 150),
		.request_fails = sometimes(s, 10),
		.page_breaks = sometimes(s, 20),
		.breaks = sometimes(s, 60),
		.early_end = sometimes(s, 60),
		.stalls = sometimes(s, 200),
		.server_error = sometimes(s, 150),
		.prevkv = sometimes(s, 150),
		.queue_full = sometimes(s, 60),
		.create = 50,
		.update = 15,
		.remove = sometimes(s, 4),
		.remove_namespace = sometimes(s, 1),
		.bump = 10,
		.compact = sometimes(s, 3),
		.backup = sometimes(s, 3),
		.partition = sometimes(s, 2),
		.down = sometimes(s, 2),
		.deny = sometimes(s, 1),
		.busy = sometimes(s, 1),
		.disk_full = sometimes(s, 1),
	};
}

static void choose(struct sim *s)
{
	static const int64_t paces_us[] = {200000, 2000000, 20000000, 60000000};
	static const int64_t compactions_s[] = {0, 30, 300, 300};

	choose_faults(s);
	s->op_every_us = paces_us[tt_rand_below(&s->rand, 4)];
	s->next_op_us = s->world.now_us + s->op_every_us;
	s->world.compaction_us = compactions_s[tt_rand_below(&s->rand, 4)] * second_us;
	s->world.compact_at_us = s->world.now_us + s->world.compaction_us;
	s->gone_410 = tt_rand_below(&s->rand, 4) == 0;
	if (tt_rand_below(&s->rand, 4) == 0)
		s->options.namespace = TT_STR("b");
	if (tt_rand_below(&s->rand, 3) == 0)
		s->options.watch_seconds = 5;
	if (tt_rand_below(&s->rand, 4) == 0)
		s->uid.len = 0;
}

/* No more faults, so that everything can come to rest. */
static void heal(struct sim *s)
{
	unsigned commit = s->chances.commit;

	s->chances = (struct sim_chances){.commit = commit};
	s->next_op_us = INT64_MAX;
	s->partition_until_us = s->denied_until_us = s->busy_until_us = s->full_until_us = 0;
	while (s->down_until_us > 0)
		sim_pass(s, second_us);
}

static void crash(struct sim *s)
{
	static const int64_t downtimes_s[] = {1, 10, 120, 900, 5000};

	sim_crash(s, tt_rand_below(&s->rand, s->queue.n + 1));
	sim_pass(s, (int64_t)tt_rand_below(&s->rand,
			    (uint64_t)(downtimes_s[tt_rand_below(&s->rand, 5)] * second_us)));
	sim_start(s);
}

static void run(uint64_t seed, struct sim *s)
{
	static const int64_t ttls_s[] = {90, 300, 600, 3600};
	struct tt_rand rand;

	tt_rand_init(&rand, seed);
	sim_init(s, seed, ttls_s[tt_rand_below(&rand, 4)] * second_us);
	s->trace = getenv("SIM_TRACE") != NULL;
	choose(s);
	sim_pass(s, (int64_t)tt_rand_below(&s->rand, 40) * s->op_every_us);
	sim_start(s);
	uint64_t steps = 500 + tt_rand_below(&s->rand, 2500);

	while (s->steps < steps && s->failure[0] == '\0') {
		sim_perform(s);
		if (s->chances.crash > 0 && tt_rand_below(&s->rand, s->chances.crash) == 0)
			crash(s);
	}
	heal(s);
	sim_settle(s, MAX_STEPS);
	if (s->failure[0] == '\0')
		sim_judge_log(s);
}

static void every_world_is_collected_without_loss_or_repetition(void)
{
	uint64_t first = env("SIM_SEED", 1), runs = env("SIM_RUNS", RUNS), failed = 0;
	uint64_t steps = 0, records = 0, lists = 0, epochs = 0, undetected = 0, crashes = 0;
	uint64_t moves[TT_COLLECT_N_MOVES] = {0};
	struct sim *s = tt_calloc(1, sizeof(*s));
	size_t n;
	const struct tt_collect_move *rows = tt_collect_moves(&n);

	for (uint64_t seed = first; seed < first + runs && failed < 10; seed++) {
		run(seed, s);
		failed += !tap_okf(s->failure[0] == '\0', "SIM_SEED=%llu SIM_RUNS=1: %s",
			(unsigned long long)seed, s->failure);
		steps += s->steps;
		records += s->log.n;
		lists += s->lists;
		epochs += s->epochs;
		undetected += s->undetected;
		crashes += s->crashes;
		for (size_t i = 0; i < n; i++)
			moves[i] += s->state.move_counts[i];
		sim_release(s);
	}
	printf("# seeds %llu to %llu: %llu steps, %llu records, %llu lists, %llu new epochs, %llu "
	       "undetectable, %llu crashes\n",
		(unsigned long long)first, (unsigned long long)(first + runs - 1),
		(unsigned long long)steps, (unsigned long long)records, (unsigned long long)lists,
		(unsigned long long)epochs, (unsigned long long)undetected,
		(unsigned long long)crashes);
	for (size_t i = 0; i < n && runs >= RUNS; i++)
		tap_okf(moves[i] > 0 || i == TT_MOVE_OTHER_CLUSTER || i == TT_MOVE_LIST_BEHIND ||
				(i >= TT_MOVE_STOP_CONNECTING && i <= TT_MOVE_STOP_WAITING),
			"no run has moved from %s by \"%s\": %s",
			tt_collect_state_name(rows[i].from), rows[i].input, rows[i].why);
	tt_free(s);
}

int main(void)
{
	tap_test("every_world_is_collected_without_loss_or_repetition",
		every_world_is_collected_without_loss_or_repetition);
	return tap_done();
}
