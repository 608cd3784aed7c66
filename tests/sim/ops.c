/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <stdio.h>

#include "base/clock.h"
#include "sim/sim.h"

enum { NAMES = 14, MAX_RESTORES = 4, MAX_CHANGES = 3000 };

static const char *pick_namespace(struct sim *s)
{
	static const char *const names[] = {"a", "b", "c"};

	return names[tt_rand_below(&s->rand, 3)];
}

static void write_random(struct sim *s)
{
	char name[16];

	(void)snprintf(
		name, sizeof(name), "e%llu", (unsigned long long)tt_rand_below(&s->rand, NAMES));
	(void)sim_write(&s->world, pick_namespace(s), name, tt_rand_below(&s->rand, 40) == 0);
}

static struct sim_change *pick_live(struct sim *s)
{
	struct sim_world *w = &s->world;

	return w->live.n == 0 ? NULL : w->live.items[tt_rand_below(&s->rand, w->live.n)].last;
}

static void touch_random(struct sim *s, bool remove)
{
	struct sim_change *c = pick_live(s);
	char ns[16], name[16];

	if (c == NULL)
		return;
	(void)snprintf(ns, sizeof(ns), "%.*s", TT_STR_ARG(c->event.metadata.namespace));
	(void)snprintf(name, sizeof(name), "%.*s", TT_STR_ARG(c->event.metadata.name));
	if (remove)
		sim_delete(&s->world, ns, name);
	else
		(void)sim_write(&s->world, ns, name, false);
}

static void compact_random(struct sim *s)
{
	struct sim_world *w = &s->world;

	sim_compact(w, tt_rand_below(&s->rand, 2) ? w->rev : tt_rand_below(&s->rand, w->rev));
}

/* Between one and `max` seconds, short ones as likely as long ones. */
static int64_t random_span_us(struct sim *s, double max_s)
{
	return (int64_t)(exp(tt_rand_unit(&s->rand) * log(max_s)) * TT_US_PER_S);
}

static bool falls(uint64_t *at, unsigned weight)
{
	if (*at < weight)
		return true;
	*at -= weight;
	return false;
}

static void act(struct sim *s, uint64_t at)
{
	const struct sim_chances *c = &s->chances;
	int64_t now = s->world.now_us;

	if (falls(&at, c->create)) {
		write_random(s);
	} else if (falls(&at, c->update)) {
		touch_random(s, false);
	} else if (falls(&at, c->remove)) {
		touch_random(s, true);
	} else if (falls(&at, c->remove_namespace)) {
		sim_delete_namespace(&s->world, pick_namespace(s));
	} else if (falls(&at, c->bump)) {
		sim_bump(&s->world, 1 + tt_rand_below(&s->rand, 20));
	} else if (falls(&at, c->compact)) {
		compact_random(s);
	} else if (falls(&at, c->backup)) {
		sim_backup(&s->world);
	} else if (falls(&at, c->partition)) {
		s->breaks++;
		s->partition_until_us = now + random_span_us(s, 7200);
	} else if (falls(&at, c->down)) {
		s->breaks++;
		s->world.frozen = true;
		s->down_until_us = now + random_span_us(s, 600) + 5 * (int64_t)TT_US_PER_S;
		s->restore_after_down = tt_rand_below(&s->rand, 2) == 0 &&
					s->world.branch < MAX_RESTORES;
	} else if (falls(&at, c->deny)) {
		s->denied_until_us = now + random_span_us(s, 3600);
	} else if (falls(&at, c->busy)) {
		s->busy_until_us = now + random_span_us(s, 300);
	} else if (falls(&at, c->disk_full)) {
		s->full_until_us = now + random_span_us(s, 900);
	}
}

void sim_random_op(struct sim *s)
{
	const struct sim_chances *c = &s->chances;
	uint64_t all = c->create + c->update + c->remove + c->remove_namespace + c->bump +
		       c->compact + c->backup + c->partition + c->down + c->deny + c->busy +
		       c->disk_full;
	double wait = -log(1 - tt_rand_unit(&s->rand)) * (double)s->op_every_us;

	s->next_op_us = s->world.now_us + 1 + (int64_t)wait;
	if (s->world.all.n > MAX_CHANGES)
		sim_bump(&s->world, 1); /* a run is about decisions, not about mass */
	else if (all > 0)
		act(s, tt_rand_below(&s->rand, all));
}
