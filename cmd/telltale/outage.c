/* SPDX-License-Identifier: Apache-2.0 */
#include "telltale/outage.h"

#include "base/arena.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/timestamp.h"
#include "base/vec.h"
#include "store/reader.h"
#include "telltale/cli.h"
#include "telltale/source.h"

enum { SENTENCE_MAX_BYTES = 4096 };
static const int64_t PAUSE_NS = (int64_t)2 * TT_NS_PER_S; /* between two looks */

/* A watch that ends after its time is begun anew at once, which is not worth a word. */
static const int64_t YOUNG_US = (int64_t)2 * TT_US_PER_S;

struct tt_outage {
	char *cluster, *namespace; /* owned */
	bool is_open;              /* as of the last look */
};

/* "cluster prod, namespace shop", or what of it must be said. */
static void put_who(struct tt_buf *to, struct tt_str cluster, struct tt_str namespace)
{
	if (cluster.len > 0)
		tt_buf_printf(to, "cluster %.*s", TT_STR_ARG(cluster));
	if (namespace.len > 0)
		tt_buf_printf(
			to, "%snamespace %.*s", cluster.len > 0 ? ", " : "", TT_STR_ARG(namespace));
}

void tt_outage_put(struct tt_buf *to, struct tt_str cluster, const struct tt_watch_info *watch)
{
	char when[TT_TIME_SIZE];
	bool was_asked = watch->state.len > 0;

	put_who(to, cluster, watch->namespace);
	if (cluster.len + watch->namespace.len > 0)
		tt_buf_text(to, ": ");
	if (watch->last_proof_us == TT_TIME_ZERO) {
		tt_buf_text(to, "not connected yet");
	} else {
		tt_time_format(watch->last_proof_us, TT_TIME_SECONDS, when);
		tt_buf_printf(to, "%s %s",
			was_asked ? "disconnected since" : "nothing is known after", when);
	}
	if (watch->problem.len > 0)
		tt_buf_printf(to, ": %.*s", TT_STR_ARG(watch->problem));
}

bool tt_outage_concerns(
	struct tt_str cluster, const struct tt_watch_info *watch, const struct tt_filter *filter)
{
	bool is_over = filter->until_us != 0 && filter->until_us != TT_TIME_ZERO &&
		       watch->last_proof_us != TT_TIME_ZERO &&
		       filter->until_us <= watch->last_proof_us;

	return !watch->connected && !is_over &&
	       (filter->cluster.len == 0 || tt_str_eq(filter->cluster, cluster)) &&
	       (filter->namespace.len == 0 || watch->namespace.len == 0 ||
		       tt_str_eq(filter->namespace, watch->namespace));
}

void tt_outages_init(struct tt_outages *o, struct tt_cli *cli, struct tt_source *source,
	const struct tt_filter *filter)
{
	*o = (struct tt_outages){.cli = cli, .source = source, .filter = filter};
}

static void forget(struct tt_outage *outage)
{
	tt_free(outage->cluster);
	tt_free(outage->namespace);
}

void tt_outages_release(struct tt_outages *o)
{
	tt_vec_each (outage, &o->open)
		forget(outage);
	tt_vec_release(&o->open);
}

static struct tt_outage *find(struct tt_outages *o, struct tt_str cluster, struct tt_str namespace)
{
	tt_vec_each (outage, &o->open)
		if (tt_str_is(cluster, outage->cluster) && tt_str_is(namespace, outage->namespace))
			return outage;
	return NULL;
}

static char *copy(struct tt_str text)
{
	struct tt_arena arena = {0};
	char *owned = tt_strdup(tt_str_cstr(&arena, text));

	tt_arena_release(&arena);
	return owned;
}

static void take_watch(
	struct tt_outages *o, struct tt_str cluster, const struct tt_watch_info *watch, bool aloud)
{
	struct tt_outage *outage = find(o, cluster, watch->namespace);
	struct tt_buf sentence;

	if (!tt_outage_concerns(cluster, watch, o->filter) ||
		(watch->state.len > 0 && watch->last_proof_us > o->young_us))
		return;
	if (outage != NULL) {
		outage->is_open = true;
		return;
	}
	*tt_vec_push(&o->open) = (struct tt_outage){copy(cluster), copy(watch->namespace), true};
	if (!aloud)
		return;
	tt_buf_init(&sentence, SENTENCE_MAX_BYTES);
	tt_outage_put(&sentence, cluster, watch);
	tt_cli_warn(o->cli, tt_buf_view(&sentence));
	tt_buf_release(&sentence);
}

/* Those that were not found open again are over. */
static void say_ends(struct tt_outages *o)
{
	struct tt_buf who;
	size_t kept = 0;

	for (size_t i = 0; i < o->open.n; i++) {
		struct tt_outage *outage = &o->open.items[i];

		if (outage->is_open) {
			o->open.items[kept++] = *outage;
			continue;
		}
		tt_buf_init(&who, SENTENCE_MAX_BYTES);
		put_who(&who, tt_str_from(outage->cluster), tt_str_from(outage->namespace));
		tt_cli_say(o->cli, "%s: connected again", who.data);
		tt_buf_release(&who);
		forget(outage);
	}
	o->open.n = kept;
}

static void look(struct tt_outages *o, bool aloud)
{
	int64_t now_ns = tt_clock_mono_ns(o->cli->clock);
	struct tt_arena arena = {0};
	struct tt_source_info info;

	if (o->asked_ns != 0 && now_ns - o->asked_ns < PAUSE_NS)
		return;
	o->asked_ns = now_ns;
	o->young_us = tt_clock_wall_us(o->cli->clock) - YOUNG_US;
	if (o->source->ops->info(o->source, &info, &arena, NULL) == 0) {
		tt_vec_each (outage, &o->open)
			outage->is_open = false;
		for (size_t i = 0; i < info.n_clusters; i++)
			for (size_t k = 0; k < info.clusters[i].n_watches; k++)
				take_watch(o, info.clusters[i].name, &info.clusters[i].watches[k],
					aloud);
		say_ends(o);
	}
	tt_arena_release(&arena);
}

void tt_outages_look(struct tt_outages *o)
{
	look(o, true);
}

void tt_outages_note(struct tt_outages *o)
{
	look(o, false);
}
