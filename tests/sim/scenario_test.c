/* SPDX-License-Identifier: Apache-2.0 */
/* One behaviour each, in a world where nothing happens by chance. Besides what a test demands, the
 * oracle judges the whole log at its end. */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "sim/sim.h"
#include "tap/tap.h"

enum { MAX_STEPS = 20000 };

static const int64_t second = TT_US_PER_S, minute = 60LL * TT_US_PER_S, hour = 3600LL * TT_US_PER_S;

static struct sim *sim_new(int64_t ttl_us)
{
	struct sim *s = tt_calloc(1, sizeof(*s));

	sim_init(s, 1, ttl_us);
	s->page_size = 3;
	return s;
}

/* Judges what has become of it. */
static void end(struct sim *s)
{
	sim_settle(s, MAX_STEPS);
	if (s->failure[0] == '\0')
		sim_judge_log(s);
	tap_okf(s->failure[0] == '\0', "%s", s->failure);
	sim_release(s);
	tt_free(s);
}

static void write_some(struct sim *s, const char *ns, const char *prefix, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		char name[32];

		(void)snprintf(name, sizeof(name), "%s%02u", prefix, i);
		(void)sim_write(&s->world, ns, name, false);
		sim_bump(&s->world, 1);
	}
}

static struct sim *watching(int64_t ttl_us)
{
	struct sim *s = sim_new(ttl_us);

	write_some(s, "a", "first", 8);
	sim_start(s);
	sim_settle(s, MAX_STEPS);
	return s;
}

/* The process ends, and something else goes on for `us`. */
static void leave(struct sim *s, int64_t us)
{
	sim_settle(s, MAX_STEPS);
	sim_crash(s, s->queue.n);
	sim_pass(s, us);
}

static void come_back(struct sim *s)
{
	sim_start(s);
	sim_settle(s, MAX_STEPS);
}

static size_t count(const struct sim *s, const char *name)
{
	size_t n = 0;

	for (size_t i = 0; i < s->log.n; i++)
		n += !s->log.items[i].is_gap &&
		     tt_str_is(s->log.items[i].change->event.metadata.name, name);
	return n;
}

static const struct tt_gap *last_gap(const struct sim *s)
{
	static const struct tt_gap none;

	for (size_t i = s->log.n; i-- > 0;)
		if (s->log.items[i].is_gap)
			return &s->log.items[i].gap;
	return &none;
}

static void first_start_records_all_and_says_that_collection_began(void)
{
	struct sim *s = watching(hour);

	tap_int(s->recorded, 8);
	tap_int(sim_count_gaps(s), 1);
	tap_ok(last_gap(s)->from_us == TT_TIME_ZERO);
	tap_str(last_gap(s)->reason, "collection began");
	tap_int(last_gap(s)->lost, TT_LOST_EVENTS);
	tap_int(last_gap(s)->epoch, 1);
	end(s);
}

static void empty_cluster_is_listed_too(void)
{
	struct sim *s = sim_new(hour);

	sim_start(s);
	sim_settle(s, MAX_STEPS);
	tap_int(sim_count_gaps(s), 1);
	tap_int(s->committed.rv, s->world.rev);
	end(s);
}

static void accepted_position_leaves_no_gap_however_long_the_outage(void)
{
	struct sim *s = watching(hour);

	leave(s, minute);
	write_some(s, "a", "unseen", 5);
	sim_pass(s, 5 * hour); /* all of them have expired */
	come_back(s);
	tap_int(count(s, "unseen04"), 1);
	tap_int(sim_count_gaps(s), 1);
	end(s);
}

static void short_outage_with_compaction_loses_updates_only(void)
{
	struct sim *s = watching(hour);

	leave(s, minute);
	write_some(s, "a", "unseen", 5);
	sim_compact(&s->world, s->world.rev);
	come_back(s);
	tap_int(count(s, "unseen04"), 1);
	tap_int(sim_count_lost(s, TT_LOST_UPDATES), 1);
	tap_str(last_gap(s)->reason, "position expired after 1m0s without connection");
	end(s);
}

static void long_outage_with_compaction_loses_events(void)
{
	struct sim *s = watching(hour);

	leave(s, minute);
	write_some(s, "a", "unseen", 5);
	sim_pass(s, 2 * hour);
	write_some(s, "a", "late", 2);
	sim_compact(&s->world, s->world.rev);
	come_back(s);
	tap_int(count(s, "unseen04"), 0);
	tap_int(count(s, "late01"), 1);
	tap_int(sim_count_lost(s, TT_LOST_EVENTS), 2);
	end(s);
}

static void object_from_before_the_outage_proves_that_nothing_expired(void)
{
	struct sim *s = watching(hour);

	s->options.event_ttl_us = 5 * minute; /* as configured; really it is an hour */
	leave(s, 2 * minute);
	come_back(s);
	write_some(s, "a", "proof", 1);
	leave(s, 20 * minute);
	sim_compact(&s->world, s->world.rev);
	come_back(s);
	tap_int(sim_count_lost(s, TT_LOST_UPDATES), 1);
	end(s);
}

static void a_short_lifetime_seen_makes_gaps_louder(void)
{
	struct sim *s = watching(5 * minute);

	s->options.event_ttl_us = hour; /* as configured, wrongly */
	sim_run_until(s, s->world.now_us + 10 * minute);
	leave(s, 8 * minute);
	sim_bump(&s->world, 1);
	sim_compact(&s->world, s->world.rev);
	come_back(s);
	tap_int(sim_count_lost(s, TT_LOST_EVENTS), 2);
	tap_ok(s->committed.shortest_lifetime_us < 6 * minute);
	end(s);
}

static void etcd_restored_behind_the_position_begins_an_epoch(void)
{
	struct sim *s = watching(hour);

	sim_backup(&s->world);
	write_some(s, "a", "gone", 4);
	leave(s, minute);
	sim_restore(&s->world);
	write_some(s, "a", "new", 2);
	come_back(s);
	tap_int(s->epochs, 1);
	tap_int(count(s, "new01"), 1);
	tap_int(count(s, "first07"), 1); /* is the same and is not recorded again */
	tap_int(sim_count_lost(s, TT_LOST_EVENTS), 2);
	tap_int(last_gap(s)->epoch, 2);
	end(s);
}

static void etcd_restored_and_already_past_the_position_is_found_out_by_an_older_object(void)
{
	struct sim *s = watching(hour);

	sim_backup(&s->world);
	write_some(s, "a", "first", 8); /* once more */
	leave(s, minute);
	sim_restore(&s->world);
	write_some(s, "b", "new", 30);
	come_back(s);
	tap_int(s->epochs, 1);
	tap_int(count(s, "new00"), 1);
	end(s);
}

static void etcd_restored_and_already_past_the_position_is_found_out_by_one_missing_object(void)
{
	struct sim *s = watching(hour);

	sim_backup(&s->world);
	write_some(s, "a", "gone", 1);
	leave(s, minute);
	sim_restore(&s->world);
	write_some(s, "b", "new", 30);
	come_back(s);
	tap_int(s->epochs, 1);
	tap_int(count(s, "new00"), 1);
	end(s);
}

static void restored_object_that_was_seen_before_is_recorded_again_only_if_it_differs(void)
{
	struct sim *s = watching(hour);

	sim_backup(&s->world);
	(void)sim_write(&s->world, "a", "first00", false);
	leave(s, minute);
	sim_restore(&s->world);
	sim_bump(&s->world, 50);
	come_back(s);
	tap_int(count(s, "first00"), 3); /* count 1, count 2, and count 1 again */
	tap_int(count(s, "first01"), 1);
	end(s);
}

static void what_was_deleted_under_our_eyes_raises_no_suspicion_later(void)
{
	struct sim *s = watching(hour);

	write_some(s, "a", "short", 8);
	sim_settle(s, MAX_STEPS);
	sim_pass(s, minute);
	sim_delete_namespace(&s->world, "a");
	leave(s, 2 * minute);
	come_back(s);
	tap_int(s->epochs, 0);
	tap_int(sim_count_gaps(s), 1);
	end(s);
}

static void namespace_deleted_meanwhile_is_named_by_the_replay(void)
{
	struct sim *s = watching(hour);

	leave(s, minute);
	sim_delete_namespace(&s->world, "a");
	write_some(s, "b", "new", 3);
	come_back(s);
	tap_int(s->epochs, 0);
	tap_int(count(s, "new02"), 1);
	tap_int(sim_count_gaps(s), 1);
	tap_int(s->deletions, 8);
	end(s);
}

static void some_missing_and_no_replay_is_decided_by_looking_up(void)
{
	struct sim *s = watching(hour);

	leave(s, minute);
	sim_delete(&s->world, "a", "first03");
	sim_compact(&s->world, s->world.rev);
	come_back(s);
	tap_int(s->epochs, 0);
	tap_int(sim_count_lost(s, TT_LOST_UPDATES), 1);
	end(s);
}

static void some_missing_and_unknown_others_are_another_history(void)
{
	struct sim *s = watching(hour);

	sim_backup(&s->world);
	write_some(s, "a", "gone", 1);
	sim_bump(&s->world, 100);
	leave(s, minute);
	sim_restore(&s->world);
	write_some(s, "b", "new", 10); /* below the position */
	sim_bump(&s->world, 200);
	sim_compact(&s->world, s->world.rev);
	come_back(s);
	tap_int(s->epochs, 1);
	tap_int(count(s, "new00"), 1);
	end(s);
}

static void all_missing_and_no_replay_is_another_history(void)
{
	struct sim *s = watching(hour);

	leave(s, minute);
	sim_delete_namespace(&s->world, "a");
	sim_compact(&s->world, s->world.rev);
	come_back(s);
	tap_int(s->epochs, 1);
	tap_int(last_gap(s)->lost, TT_LOST_EVENTS);
	end(s);
}

static void crash_in_mid_list_repeats_nothing_and_claims_one_gap(void)
{
	for (unsigned steps = 1; steps < 60; steps++) {
		struct sim *s = sim_new(hour);

		write_some(s, "a", "first", 20);
		sim_start(s);
		for (unsigned i = 0; i < 12 && s->steps < steps; i++) {
			sim_perform(s);
			write_some(s, "a", "while", i);
		}
		sim_crash(s, s->queue.n);
		write_some(s, "a", "first", 20); /* all of them change */
		come_back(s);
		tap_int(sim_count_gaps(s), 1);
		end(s);
	}
}

static void continue_token_that_expires_leads_to_one_list_without_paging(void)
{
	struct sim *s = sim_new(hour);

	write_some(s, "a", "first", 20);
	sim_start(s);
	while (s->state.token[0] == '\0' && s->failure[0] == '\0')
		sim_perform(s);
	write_some(s, "a", "while", 5);
	sim_compact(&s->world, s->world.rev);
	sim_settle(s, MAX_STEPS);
	tap_int(s->state.move_counts[TT_MOVE_PAGE_EXPIRED], 1);
	tap_int(sim_count_gaps(s), 1);
	tap_int(count(s, "while04"), 1);
	end(s);
}

static void deletion_that_cannot_be_replayed_leads_to_a_list_with_a_gap(void)
{
	struct sim *s = watching(hour);

	s->chances.prevkv = 1;
	sim_perform(s);
	s->chances.prevkv = 0;
	sim_settle(s, MAX_STEPS);
	tap_int(s->state.move_counts[TT_MOVE_PREVKV], 1);
	tap_int(sim_count_lost(s, TT_LOST_UPDATES), 1);
	end(s);
}

static void clean_end_in_mid_replay_passes_over_nothing(void)
{
	struct sim *s = watching(hour);

	leave(s, minute);
	write_some(s, "a", "unseen", 30);
	s->chances.early_end = 3;
	sim_start(s);
	for (unsigned i = 0; i < 200; i++)
		sim_perform(s);
	s->chances.early_end = 0;
	sim_settle(s, MAX_STEPS);
	tap_int(count(s, "unseen29"), 1);
	tap_int(sim_count_gaps(s), 1);
	end(s);
}

static void position_of_a_quiet_cluster_does_not_expire(void)
{
	struct sim *s = watching(3 * hour);

	s->world.compaction_us = 5 * minute;
	for (unsigned i = 0; i < 60; i++) {
		sim_bump(&s->world, 100);
		sim_run_until(s, s->world.now_us + minute);
	}
	leave(s, second);
	come_back(s);
	tap_int(sim_count_gaps(s), 1);
	tap_ok(s->state.move_counts[TT_MOVE_WATCH_EXPIRED] == 0);
	end(s);
}

static void event_that_cannot_be_decoded_is_refused_and_named(void)
{
	struct sim *s = watching(hour);

	(void)sim_write(&s->world, "a", "bad", true);
	write_some(s, "a", "good", 2);
	sim_settle(s, MAX_STEPS);
	tap_int(s->refused, 1);
	tap_str(last_gap(s)->reason,
		"event a/bad at resourceVersion 117 was refused: it is too large");
	tap_int(count(s, "good01"), 1);
	leave(s, minute);
	come_back(s);
	tap_int(s->refused, 1); /* the position has moved on */
	end(s);
}

static void log_that_takes_nothing_closes_the_watch_and_loses_nothing(void)
{
	struct sim *s = watching(hour);

	s->full_until_us = s->world.now_us + 10 * minute;
	write_some(s, "a", "full", 40);
	sim_perform(s);
	while (s->state.state == TT_COLLECT_WATCHING)
		sim_perform(s);
	tap_ok(!s->open);
	tap_ok(!s->state.connected);
	sim_run_until(s, s->full_until_us + minute);
	sim_settle(s, MAX_STEPS);
	tap_int(count(s, "full39"), 1);
	tap_int(sim_count_gaps(s), 1);
	tap_ok(s->state.move_counts[TT_MOVE_WATCH_FULL] > 0);
	end(s);
}

static void permission_that_was_missing_leaves_no_gap_if_the_position_is_accepted(void)
{
	struct sim *s = watching(hour);

	s->denied_until_us = s->world.now_us + hour;
	s->chances.breaks = 1;
	sim_perform(s);
	s->chances.breaks = 0;
	write_some(s, "a", "unseen", 3);
	sim_run_until(s, s->denied_until_us - second);
	tap_ok(s->state.state != TT_COLLECT_WATCHING && !s->state.connected);
	tap_str(tt_str_from(s->state.problem), "the API server answered 403");
	sim_run_until(s, s->denied_until_us + 2 * minute);
	tap_int(count(s, "unseen02"), 1);
	tap_int(sim_count_gaps(s), 1);
	end(s);
}

static void permission_that_was_missing_is_named_if_the_position_has_expired(void)
{
	struct sim *s = watching(hour);

	s->denied_until_us = s->world.now_us + 10 * minute;
	s->chances.breaks = 1;
	sim_perform(s);
	s->chances.breaks = 0;
	sim_run_until(s, s->denied_until_us - second);
	write_some(s, "a", "unseen", 3);
	sim_compact(&s->world, s->world.rev);
	sim_run_until(s, s->denied_until_us + 2 * minute);
	tap_int(count(s, "unseen02"), 1);
	tap_int(sim_count_lost(s, TT_LOST_UPDATES), 1);
	tap_ok(tt_str_ends(last_gap(s)->reason, TT_STR("without permission")));
	end(s);
}

static void another_cluster_stops_the_collector_with_a_sentence(void)
{
	struct sim *s = watching(hour);

	leave(s, minute);
	s->uid = TT_STR("99999999-9999");
	sim_bump(&s->world, 1000);
	sim_start(s);
	sim_run_until(s, s->world.now_us + minute);
	tap_int(s->state.state, TT_COLLECT_STOPPED);
	tap_int(s->out.next, TT_NEXT_END);
	tap_str(tt_str_from(s->state.problem),
		"another cluster answers: its namespace kube-system has uid 99999999-9999, that of "
		"prod has 11111111-2222; give it a name of its own");
	end(s);
}

static void half_open_connection_is_given_up_after_the_time_of_the_watch(void)
{
	struct sim *s = watching(hour);

	s->half_open = s->stalled = true;
	int64_t deadline_us = s->state.deadline_ns / TT_NS_PER_US, began_us = s->world.now_us;

	write_some(s, "a", "unseen", 3);
	while (s->state.state == TT_COLLECT_WATCHING)
		sim_perform(s);
	tap_ok(s->world.now_us >= deadline_us && s->world.now_us < deadline_us + second);
	tap_ok(deadline_us - began_us <= 181 * second);
	sim_settle(s, MAX_STEPS);
	tap_int(count(s, "unseen02"), 1);
	tap_int(sim_count_gaps(s), 1);
	end(s);
}

static void watch_of_one_namespace_names_it_in_its_gaps(void)
{
	struct sim *s = sim_new(hour);

	s->options.namespace = TT_STR("b");
	write_some(s, "a", "other", 3);
	write_some(s, "b", "mine", 3);
	sim_start(s);
	while (s->log.n == 0 && !s->out.has_gap)
		sim_perform(s);
	tap_int(s->out.gap.n_namespaces, 1);
	tap_str(s->out.gap.namespaces[0], "b");
	sim_settle(s, MAX_STEPS);
	tap_int(s->recorded, 3);
	end(s);
}

static void wider_watch_repeats_nothing_that_a_narrower_one_has_recorded(void)
{
	struct sim *s = sim_new(hour);

	s->options.namespace = TT_STR("b");
	write_some(s, "a", "other", 3);
	write_some(s, "b", "mine", 3);
	sim_start(s);
	leave(s, second);
	s->options.namespace = TT_STR("");
	s->has_committed = false; /* the wider one has no position of its own */
	s->overlap_rv = s->committed.rv;
	s->list_justified = s->committed_justified = false;
	s->committed_shortest_us = 0;
	come_back(s);
	tap_int(s->recorded, 6);
	for (size_t i = 0; i < s->log.n; i++) /* each has begun; the oracle knows one of them */
		if (s->log.items[i].is_gap) {
			s->log.items[i].gap.from_us = 0;
			break;
		}
	end(s);
}

static void two_watches_of_one_scope_in_turn_repeat_nothing(void)
{
	struct sim *s = watching(hour);

	leave(s, second);
	struct tt_position wide = s->committed;

	s->options.namespace = TT_STR("a");
	s->overlap_rv = wide.rv;
	come_back(s);
	write_some(s, "a", "later", 3);
	leave(s, second);
	s->options.namespace = TT_STR("");
	s->overlap_rv = s->committed.rv;
	s->committed = wide; /* back to where the wider one was */
	come_back(s);
	tap_int(count(s, "later02"), 1);
	end(s);
}

static void position_that_expires_again_and_again_is_not_chased(void)
{
	struct sim *s = watching(hour);

	for (unsigned i = 0; i < 400 && s->failure[0] == '\0'; i++) {
		sim_bump(&s->world, 1);
		sim_compact(&s->world, s->world.rev);
		s->expired = s->list_justified = true; /* whatever the position is */
		sim_perform(s);
	}
	tap_ok(s->state.move_counts[TT_MOVE_EXPIRED_AGAIN] > 3);
	tap_okf(sim_count_gaps(s) < 60, "%zu gaps", sim_count_gaps(s));
	tap_ok(s->world.now_us - 1764500000 * second > minute);
	end(s);
}

static void watch_that_ends_at_once_is_not_chased(void)
{
	struct sim *s = watching(hour);
	int64_t began_us = s->world.now_us;

	s->chances.early_end = 1;
	for (unsigned i = 0; i < 100; i++)
		sim_perform(s);
	tap_ok(s->state.move_counts[TT_MOVE_SHORT_END] > 10);
	tap_ok(s->world.now_us - began_us > 5 * minute);
	s->chances.early_end = 0;
	end(s);
}

#define RUN(name) tap_test(#name, name)

static void run_lists_and_watches(void)
{
	RUN(first_start_records_all_and_says_that_collection_began);
	RUN(empty_cluster_is_listed_too);
	RUN(crash_in_mid_list_repeats_nothing_and_claims_one_gap);
	RUN(continue_token_that_expires_leads_to_one_list_without_paging);
	RUN(clean_end_in_mid_replay_passes_over_nothing);
	RUN(position_of_a_quiet_cluster_does_not_expire);
	RUN(half_open_connection_is_given_up_after_the_time_of_the_watch);
	RUN(position_that_expires_again_and_again_is_not_chased);
	RUN(watch_that_ends_at_once_is_not_chased);
	RUN(event_that_cannot_be_decoded_is_refused_and_named);
	RUN(log_that_takes_nothing_closes_the_watch_and_loses_nothing);
	RUN(watch_of_one_namespace_names_it_in_its_gaps);
	RUN(wider_watch_repeats_nothing_that_a_narrower_one_has_recorded);
	RUN(two_watches_of_one_scope_in_turn_repeat_nothing);
}

static void run_gaps(void)
{
	RUN(accepted_position_leaves_no_gap_however_long_the_outage);
	RUN(short_outage_with_compaction_loses_updates_only);
	RUN(long_outage_with_compaction_loses_events);
	RUN(object_from_before_the_outage_proves_that_nothing_expired);
	RUN(a_short_lifetime_seen_makes_gaps_louder);
	RUN(deletion_that_cannot_be_replayed_leads_to_a_list_with_a_gap);
	RUN(permission_that_was_missing_leaves_no_gap_if_the_position_is_accepted);
	RUN(permission_that_was_missing_is_named_if_the_position_has_expired);
}

static void run_histories(void)
{
	RUN(etcd_restored_behind_the_position_begins_an_epoch);
	RUN(etcd_restored_and_already_past_the_position_is_found_out_by_an_older_object);
	RUN(etcd_restored_and_already_past_the_position_is_found_out_by_one_missing_object);
	RUN(restored_object_that_was_seen_before_is_recorded_again_only_if_it_differs);
	RUN(what_was_deleted_under_our_eyes_raises_no_suspicion_later);
	RUN(namespace_deleted_meanwhile_is_named_by_the_replay);
	RUN(some_missing_and_no_replay_is_decided_by_looking_up);
	RUN(some_missing_and_unknown_others_are_another_history);
	RUN(all_missing_and_no_replay_is_another_history);
	RUN(another_cluster_stops_the_collector_with_a_sentence);
}

int main(void)
{
	run_lists_and_watches();
	run_gaps();
	run_histories();
	return tap_done();
}
