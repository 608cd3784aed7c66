/* SPDX-License-Identifier: Apache-2.0 */
/* The step by hand: that every row of the table can be gone along, and the numbers. What it does
 * in a world that lives is in tests/sim. */
#include "collect/step.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "tap/tap.h"

static const int64_t second_us = TT_US_PER_S, second_ns = TT_NS_PER_S;
static const int64_t start_us = 1764500000LL * TT_US_PER_S;

/* A state with what it said last and the time. */
struct hand {
	struct tt_collect state;
	struct tt_collect_actions out;
	int64_t now_us;
};

static struct hand *hand_new(void)
{
	struct hand *h = tt_calloc(1, sizeof(*h));
	struct tt_collect_options options = {.cluster = TT_STR("prod"), .seed = 7};

	tt_collect_init(&h->state, &options);
	h->now_us = start_us;
	return h;
}

static void give(struct hand *h, struct tt_collect_input in)
{
	in.now_us = h->now_us;
	in.now_ns = h->now_us * TT_NS_PER_US;
	tt_collect_step(&h->state, &in, &h->out);
}

static void give_type(struct hand *h, enum tt_collect_input_type type)
{
	static const struct tt_err err = {.code = TT_EIO, .msg = "it broke"};

	give(h, (struct tt_collect_input){.type = type, .err = &err});
}

static void give_rv(struct hand *h, enum tt_collect_input_type type, uint64_t rv)
{
	give(h, (struct tt_collect_input){.type = type, .rv = rv});
}

static void give_failure(struct hand *h, int http_status, int retry_after)
{
	struct tt_kube_reply reply = {
		.http_status = http_status, .retry_after_seconds = retry_after};
	struct tt_err err = {.code = TT_EIO, .msg = "no route to host"};

	give(h, (struct tt_collect_input){.type = TT_INPUT_FAILED, .reply = &reply, .err = &err});
}

static struct tt_event event(const char *name, const char *rv)
{
	struct tt_event e;

	tt_event_init(&e);
	e.metadata.name = tt_str_from(name);
	e.metadata.namespace = TT_STR("a");
	e.metadata.uid = TT_STR("u");
	e.metadata.resource_version = tt_str_from(rv);
	e.metadata.creation_us = e.last_timestamp_us = start_us;
	return e;
}

static void give_frame(struct hand *h, enum tt_watch_type type, const char *name, const char *rv)
{
	struct tt_watch_frame frame = {.type = type, .event = event(name, rv)};

	give(h, (struct tt_collect_input){.type = TT_INPUT_FRAME, .frame = &frame});
}

static void give_error(struct hand *h, int code, const char *reason, const char *message)
{
	struct tt_watch_frame frame = {.type = TT_WATCH_ERROR};

	frame.status.code = code;
	frame.status.reason = tt_str_from(reason);
	frame.status.message = tt_str_from(message);
	give(h, (struct tt_collect_input){.type = TT_INPUT_FRAME, .frame = &frame});
}

static void give_item(struct hand *h, const char *name, const char *rv)
{
	struct tt_event e = event(name, rv);

	give(h, (struct tt_collect_input){.type = TT_INPUT_ITEM, .event = &e});
}

static void give_known(struct hand *h, const char *name, const char *rv, bool same)
{
	struct tt_event e = event(name, rv);

	give(h, (struct tt_collect_input){.type = TT_INPUT_LOOKED_UP,
			.event = &e,
			.known = {.same = same, .recorded_at_us = TT_TIME_ZERO}});
}

static struct tt_position position(uint64_t rv)
{
	return (struct tt_position){.epoch = 1, .rv = rv, .last_proof_us = start_us - second_us};
}

static void give_position(struct hand *h, enum tt_collect_input_type type, uint64_t rv)
{
	struct tt_position p = position(rv);

	give(h, (struct tt_collect_input){.type = type, .position = rv > 0 ? &p : NULL});
}

/* Candidates `found` at 50 that are recorded at 50, and `missing` ones. */
static void give_history(struct hand *h, size_t found, size_t missing, uint64_t server_rv)
{
	struct tt_collect_history history = {.last_gap_us = TT_TIME_ZERO};

	for (size_t i = 0; i < found + missing; i++)
		history.candidates[history.n++] = (struct tt_collect_candidate){
			.key = i,
			.rv = 50,
			.time_us = h->now_us - second_us,
			.recorded_at_us = h->now_us,
			.answer = i < found ? TT_CANDIDATE_FOUND : TT_CANDIDATE_MISSING,
			.server_rv = server_rv,
		};
	give(h, (struct tt_collect_input){.type = TT_INPUT_HISTORY, .history = &history});
}

/* Ways into the states. */

static void to_connecting(struct hand *h)
{
	give_position(h, TT_INPUT_STARTED, 100);
}

static void to_history(struct hand *h)
{
	to_connecting(h);
	give_rv(h, TT_INPUT_CHECKED, 100);
	give_type(h, TT_INPUT_UID);
}

static void to_opening(struct hand *h)
{
	to_history(h);
	give_history(h, 1, 0, 50);
}

static void to_watching(struct hand *h)
{
	to_opening(h);
	give_type(h, TT_INPUT_OPENED);
}

static void to_probe(struct hand *h)
{
	to_history(h);
	give_history(h, 1, 1, 50);
	give_rv(h, TT_INPUT_CHECKED, 100);
	give_type(h, TT_INPUT_OPENED);
}

static void to_listing(struct hand *h)
{
	to_opening(h);
	give_failure(h, 410, -1);
	give_position(h, TT_INPUT_FLUSHED, 100);
}

static void to_backing_off(struct hand *h)
{
	to_connecting(h);
	give_failure(h, 0, -1);
}

/* One function per row: brings the state to its start and makes it go along. */

static void first_list(struct hand *h)
{
	give_position(h, TT_INPUT_STARTED, 0);
	give_rv(h, TT_INPUT_CHECKED, 100);
	give_type(h, TT_INPUT_UID);
}

static void resume_list(struct hand *h)
{
	struct tt_position p = position(100);

	p.listing = true;
	p.list_rv = 120;
	p.last_key = TT_STR("a/k");
	give(h, (struct tt_collect_input){.type = TT_INPUT_STARTED, .position = &p});
	give_rv(h, TT_INPUT_CHECKED, 130);
	give_type(h, TT_INPUT_UID);
	give_history(h, 1, 0, 50);
}

static void behind(struct hand *h)
{
	to_connecting(h);
	give_rv(h, TT_INPUT_CHECKED, 99);
	give_type(h, TT_INPUT_UID);
}

static void other_history(struct hand *h)
{
	to_history(h);
	give_history(h, 1, 0, 49);
}

static void unconfirmed(struct hand *h)
{
	to_probe(h);
	h->now_us += 10 * second_us;
	give_type(h, TT_INPUT_END);
}

static void open_expired(struct hand *h)
{
	to_opening(h);
	give_failure(h, 410, -1);
}

static void probe_failed(struct hand *h)
{
	to_probe(h);
	give_type(h, TT_INPUT_BROKEN);
}

static void other_cluster(struct hand *h)
{
	struct tt_position p = position(100);

	p.system_uid = TT_STR("one");
	give(h, (struct tt_collect_input){.type = TT_INPUT_STARTED, .position = &p});
	give_rv(h, TT_INPUT_CHECKED, 100);
	give(h, (struct tt_collect_input){.type = TT_INPUT_UID, .text = TT_STR("other")});
}

static void page_expired(struct hand *h)
{
	to_listing(h);
	give(h, (struct tt_collect_input){
			.type = TT_INPUT_PAGE_END, .rv = 200, .text = TT_STR("token")});
	give_failure(h, 410, -1);
}

static void list_unknown(struct hand *h)
{
	to_probe(h);
	give_error(h, 410, "Expired", "too old"); /* some are missing: doubt */
	give_position(h, TT_INPUT_FLUSHED, 100);
	give_item(h, "x", "90");
	give_known(h, "x", "90", false);
}

static void list_behind(struct hand *h)
{
	to_listing(h);
	give_rv(h, TT_INPUT_PAGE_END, 99);
}

static void list_failed(struct hand *h)
{
	to_listing(h);
	give_failure(h, 500, -1);
}

static void listed(struct hand *h)
{
	to_listing(h);
	give_rv(h, TT_INPUT_PAGE_END, 200);
}

static void clean_end(struct hand *h)
{
	to_watching(h);
	h->now_us += 200 * second_us;
	give_type(h, TT_INPUT_END);
}

static void short_end(struct hand *h)
{
	to_watching(h);
	give_type(h, TT_INPUT_END);
}

static void watch_expired(struct hand *h)
{
	to_watching(h);
	give_error(h, 410, "Gone", "too old");
}

static void expired_again(struct hand *h)
{
	watch_expired(h);
	give_position(h, TT_INPUT_FLUSHED, 100);
	give_rv(h, TT_INPUT_PAGE_END, 200);
	give_rv(h, TT_INPUT_CHECKED, 200);
	give_type(h, TT_INPUT_OPENED);
	give_error(h, 410, "Expired", "too old");
}

static void prevkv(struct hand *h)
{
	to_watching(h);
	give_error(h, 500, "InternalError", "etcd event received with PrevKv=nil (key=...)");
}

static void watch_error(struct hand *h)
{
	to_watching(h);
	give_error(h, 500, "InternalError", "something else");
}

static void broken(struct hand *h)
{
	to_watching(h);
	give_type(h, TT_INPUT_BROKEN);
}

static void silent(struct hand *h)
{
	to_watching(h);
	h->now_us = h->state.deadline_ns / TT_NS_PER_US;
	give_type(h, TT_INPUT_IDLE);
}

static void connect_full(struct hand *h)
{
	to_connecting(h);
	give_type(h, TT_INPUT_QUEUE_FULL);
}

static void list_full(struct hand *h)
{
	to_listing(h);
	give_type(h, TT_INPUT_QUEUE_FULL);
}

static void watch_full(struct hand *h)
{
	to_watching(h);
	give_type(h, TT_INPUT_QUEUE_FULL);
}

static void still_full(struct hand *h)
{
	to_backing_off(h);
	give_type(h, TT_INPUT_QUEUE_FULL);
}

static void reloaded(struct hand *h)
{
	watch_full(h);
	give_position(h, TT_INPUT_FLUSHED, 100);
}

static void waited(struct hand *h)
{
	to_backing_off(h);
	give_type(h, TT_INPUT_WAITED);
}

static void stop_connecting(struct hand *h)
{
	to_connecting(h);
	give_type(h, TT_INPUT_STOP);
}

static void stop_listing(struct hand *h)
{
	to_listing(h);
	give_type(h, TT_INPUT_STOP);
}

static void stop_watching(struct hand *h)
{
	to_watching(h);
	give_type(h, TT_INPUT_STOP);
}

static void stop_waiting(struct hand *h)
{
	to_backing_off(h);
	give_type(h, TT_INPUT_STOP);
}

static void (*const ways[TT_COLLECT_N_MOVES])(struct hand *h) = {
	[TT_MOVE_START] = to_connecting,
	[TT_MOVE_FIRST_LIST] = first_list,
	[TT_MOVE_RESUME_LIST] = resume_list,
	[TT_MOVE_BEHIND] = behind,
	[TT_MOVE_OTHER_HISTORY] = other_history,
	[TT_MOVE_UNCONFIRMED] = unconfirmed,
	[TT_MOVE_OPEN_EXPIRED] = open_expired,
	[TT_MOVE_WATCH] = to_watching,
	[TT_MOVE_CONNECT_FAILED] = to_backing_off,
	[TT_MOVE_PROBE_FAILED] = probe_failed,
	[TT_MOVE_OTHER_CLUSTER] = other_cluster,
	[TT_MOVE_PAGE_EXPIRED] = page_expired,
	[TT_MOVE_LIST_UNKNOWN] = list_unknown,
	[TT_MOVE_LIST_BEHIND] = list_behind,
	[TT_MOVE_LIST_FAILED] = list_failed,
	[TT_MOVE_LISTED] = listed,
	[TT_MOVE_END] = clean_end,
	[TT_MOVE_SHORT_END] = short_end,
	[TT_MOVE_WATCH_EXPIRED] = watch_expired,
	[TT_MOVE_EXPIRED_AGAIN] = expired_again,
	[TT_MOVE_PREVKV] = prevkv,
	[TT_MOVE_WATCH_ERROR] = watch_error,
	[TT_MOVE_BROKEN] = broken,
	[TT_MOVE_SILENT] = silent,
	[TT_MOVE_CONNECT_FULL] = connect_full,
	[TT_MOVE_LIST_FULL] = list_full,
	[TT_MOVE_WATCH_FULL] = watch_full,
	[TT_MOVE_STILL_FULL] = still_full,
	[TT_MOVE_RELOADED] = reloaded,
	[TT_MOVE_WAITED] = waited,
	[TT_MOVE_STOP_CONNECTING] = stop_connecting,
	[TT_MOVE_STOP_LISTING] = stop_listing,
	[TT_MOVE_STOP_WATCHING] = stop_watching,
	[TT_MOVE_STOP_WAITING] = stop_waiting,
};

/* What is asked for next in each state, by move. */
static enum tt_collect_next expected_next(enum tt_collect_move_id id)
{
	size_t n;

	switch (id) {
	case TT_MOVE_CONNECT_FULL:
	case TT_MOVE_LIST_FULL:
	case TT_MOVE_WATCH_FULL:
	case TT_MOVE_STILL_FULL: return TT_NEXT_FLUSH;
	default: break;
	}
	switch (tt_collect_moves(&n)[id].to) {
	case TT_COLLECT_STOPPED: return TT_NEXT_END;
	case TT_COLLECT_CONNECTING: return TT_NEXT_CHECK;
	case TT_COLLECT_LISTING: return TT_NEXT_FLUSH;
	case TT_COLLECT_WATCHING: return TT_NEXT_CONTINUE;
	default: return TT_NEXT_WAIT;
	}
}

static void every_row_of_the_table_is_gone_along(void)
{
	size_t n;
	const struct tt_collect_move *rows = tt_collect_moves(&n);

	tap_int(n, TT_COLLECT_N_MOVES);
	for (size_t i = 0; i < n; i++) {
		struct hand *h = hand_new();

		tap_okf(rows[i].input != NULL && rows[i].why != NULL, "row %zu is empty", i);
		ways[i](h);
		tap_okf(h->out.move == (int)i, "\"%s\" led to move %d instead of %zu", rows[i].why,
			h->out.move, i);
		tap_int(h->state.state, rows[i].to);
		tap_int(h->state.move_counts[i] > 0, 1);
		tap_okf(h->out.next == expected_next((enum tt_collect_move_id)i),
			"\"%s\" is followed by %d", rows[i].why, h->out.next);
		tt_free(h);
	}
}

static void states_have_the_names_of_the_status(void)
{
	static const char *const names[] = {
		"stopped", "connecting", "listing", "watching", "backing-off"};

	for (int i = 0; i < TT_COLLECT_N_STATES; i++)
		tap_str(tt_str_from(tt_collect_state_name((enum tt_collect_state)i)), names[i]);
}

static void watch_asks_for_two_minutes_to_two_and_a_half(void)
{
	unsigned least = UINT32_MAX, most = 0;

	for (uint64_t seed = 0; seed < 300; seed++) {
		struct hand *h = hand_new();

		tt_rand_init(&h->state.rand, seed);
		to_opening(h);
		tap_int(h->out.next, TT_NEXT_OPEN);
		tap_int(h->out.open_rv, 100);
		least = h->out.timeout_seconds < least ? h->out.timeout_seconds : least;
		most = h->out.timeout_seconds > most ? h->out.timeout_seconds : most;
		tt_free(h);
	}
	tap_int(least, 120);
	tap_int(most, 150);
}

static void silence_is_allowed_for_the_time_of_the_watch_and_thirty_seconds(void)
{
	struct hand *h = hand_new();
	int64_t limit_ns;

	to_watching(h);
	limit_ns = (h->state.timeout_seconds + 30) * second_ns;
	tap_int(h->state.deadline_ns, h->now_us * TT_NS_PER_US + limit_ns);
	h->now_us += 50 * second_us;
	give_frame(h, TT_WATCH_ADDED, "x", "101");
	tap_int(h->state.deadline_ns, h->now_us * TT_NS_PER_US + limit_ns);
	h->now_us = h->state.deadline_ns / TT_NS_PER_US - 1;
	give_type(h, TT_INPUT_IDLE);
	tap_int(h->state.state, TT_COLLECT_WATCHING);
	tt_free(h);
}

static void waits_grow_from_800_ms_to_a_minute(void)
{
	struct hand *h = hand_new();
	int64_t base_ns = 800LL * TT_NS_PER_MS;

	to_connecting(h);
	for (int i = 0; i < 10; i++) {
		give_failure(h, 0, -1);
		tap_okf(h->out.wait_ns >= base_ns && h->out.wait_ns <= 2 * base_ns,
			"wait %d is %lld ms", i, (long long)(h->out.wait_ns / TT_NS_PER_MS));
		h->now_us += h->out.wait_ns / TT_NS_PER_US;
		give_type(h, TT_INPUT_WAITED);
		base_ns = base_ns * 2 < 30 * second_ns ? base_ns * 2 : 30 * second_ns;
	}
	tap_str(tt_str_from(h->state.problem), "no route to host");
	tap_int(h->state.requests[TT_OUTCOME_NO_ANSWER], 10);
	tt_free(h);
}

static void retry_after_is_heeded_ten_times(void)
{
	static const struct {
		int status, retry_after, want_seconds; /* 0: the back-off decides */
	} cases[] = {{429, 7, 7}, {429, 0, 1}, {503, 5, 5}, {429, 100000, 300}, {429, -1, 0},
		{403, 7, 0}, {404, 7, 0}};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct hand *h = hand_new();

		to_connecting(h);
		for (int k = 0; k < 11; k++) {
			bool heeded = cases[i].want_seconds > 0 && k < 10;

			give_failure(h, cases[i].status, cases[i].retry_after);
			tap_okf((h->out.wait_ns == cases[i].want_seconds * second_ns) == heeded,
				"%d with Retry-After %d, time %d: %lld ms", cases[i].status,
				cases[i].retry_after, k,
				(long long)(h->out.wait_ns / TT_NS_PER_MS));
			give_type(h, TT_INPUT_WAITED);
		}
		tt_free(h);
	}
}

static void answers_are_counted_by_outcome(void)
{
	static const struct {
		int status;
		enum tt_collect_outcome outcome;
	} cases[] = {{0, TT_OUTCOME_NO_ANSWER}, {410, TT_OUTCOME_EXPIRED}, {429, TT_OUTCOME_BUSY},
		{403, TT_OUTCOME_REFUSED}, {503, TT_OUTCOME_FAILED}, {200, TT_OUTCOME_NO_ANSWER}};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct hand *h = hand_new();

		to_connecting(h);
		give_failure(h, cases[i].status, -1);
		tap_int(h->state.requests[cases[i].outcome], 1);
		tt_free(h);
	}
}

static void pages_have_500_objects_and_an_expired_token_leads_to_none(void)
{
	struct hand *h = hand_new();

	to_listing(h);
	tap_int(h->out.next, TT_NEXT_LIST);
	tap_int(h->out.limit, 500);
	tt_free(h);
	h = hand_new();
	page_expired(h);
	give_position(h, TT_INPUT_FLUSHED, 100);
	tap_int(h->out.limit, 0);
	tap_str(tt_str_from(h->state.token), "");
	tt_free(h);
}

static void list_goes_on_behind_what_is_stored(void)
{
	static const struct {
		const char *name, *rv;
		enum tt_collect_take take;
		enum tt_collect_next next;
	} cases[] = {
		{"a", "90", TT_TAKE_DUPLICATE, TT_NEXT_CONTINUE},  /* below P */
		{"b", "110", TT_TAKE_DUPLICATE, TT_NEXT_CONTINUE}, /* stored by this list */
		{"c", "125", TT_TAKE_NONE, TT_NEXT_LOOK_UP}, /* changed since, perhaps known */
		{"k", "120", TT_TAKE_DUPLICATE, TT_NEXT_CONTINUE}, /* the last one stored */
		{"l", "110", TT_TAKE_RECORD, TT_NEXT_CONTINUE},    /* behind it */
		{"m", "99", TT_TAKE_DUPLICATE, TT_NEXT_CONTINUE},
	};
	struct hand *h = hand_new();

	resume_list(h);
	give_position(h, TT_INPUT_FLUSHED, 100);
	h->state.survivor = true; /* no look-up for that */
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		give_item(h, cases[i].name, cases[i].rv);
		tap_okf(h->out.take == cases[i].take && h->out.next == cases[i].next,
			"%s at %s: %d, %d", cases[i].name, cases[i].rv, h->out.take, h->out.next);
		if (h->out.next == TT_NEXT_LOOK_UP)
			give_known(h, cases[i].name, cases[i].rv, true);
	}
	tap_str(h->state.position.last_key, "a/m");
	give_rv(h, TT_INPUT_PAGE_END, 130);
	tap_int(h->state.position.rv, 130);
	tap_ok(h->out.has_gap && h->out.commit && !h->state.position.listing);
	tt_free(h);
}

static void list_that_is_not_in_order_claims_no_progress(void)
{
	struct hand *h = hand_new();

	to_listing(h);
	give_item(h, "m", "150");
	give_item(h, "c", "151");
	tap_int(h->out.take, TT_TAKE_RECORD);
	tap_int(h->state.position.last_key.len, 0);
	give_item(h, "z", "152");
	tap_int(h->out.take, TT_TAKE_RECORD);
	tap_int(h->state.position.last_key.len, 0);
	tt_free(h);
}

static void frames_advance_the_position(void)
{
	static const struct {
		enum tt_watch_type type;
		const char *rv;
		enum tt_collect_take take;
		uint64_t position;
	} cases[] = {
		{TT_WATCH_ADDED, "101", TT_TAKE_RECORD, 101},
		{TT_WATCH_MODIFIED, "103", TT_TAKE_RECORD, 103},
		{TT_WATCH_ADDED, "103", TT_TAKE_DUPLICATE, 103},
		{TT_WATCH_DELETED, "104", TT_TAKE_DELETION, 104},
		{TT_WATCH_DELETED, "104", TT_TAKE_DELETION, 104}, /* many go in one revision */
		{TT_WATCH_BOOKMARK, "110", TT_TAKE_NONE, 110},
		{TT_WATCH_ADDED, "", TT_TAKE_REFUSAL, 110},
		{TT_WATCH_ADDED, "12x", TT_TAKE_REFUSAL, 110},
	};
	struct hand *h = hand_new();

	to_watching(h);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		give_frame(h, cases[i].type, "x", cases[i].rv);
		tap_int(h->out.take, cases[i].take);
		tap_int(h->state.position.rv, cases[i].position);
		tap_int(h->out.has_gap, cases[i].take == TT_TAKE_REFUSAL);
	}
	tt_free(h);
}

static void last_proof_is_when_everything_sent_has_been_read(void)
{
	struct hand *h = hand_new();
	int64_t before;

	to_connecting(h);
	give_rv(h, TT_INPUT_CHECKED, 105); /* so much the server had */
	give_type(h, TT_INPUT_UID);
	give_history(h, 1, 0, 50);
	give_type(h, TT_INPUT_OPENED);
	before = h->state.position.last_proof_us;
	h->now_us += second_us;
	give_frame(h, TT_WATCH_ADDED, "x", "101");
	give_type(h, TT_INPUT_DRAINED);
	tap_int(h->state.position.last_proof_us, before); /* a replay of the past */
	give_frame(h, TT_WATCH_ADDED, "y", "106");
	tap_int(h->state.position.last_proof_us, before);
	give_type(h, TT_INPUT_DRAINED);
	tap_int(h->state.position.last_proof_us, h->now_us);
	tap_ok(h->out.commit);
	tt_free(h);
}

static void clean_end_takes_over_the_version_of_the_server_if_it_was_quiet(void)
{
	for (int quiet = 0; quiet < 2; quiet++) {
		struct hand *h = hand_new();

		to_connecting(h);
		give_rv(h, TT_INPUT_CHECKED, 500);
		give_type(h, TT_INPUT_UID);
		give_history(h, 1, 0, 50);
		give_type(h, TT_INPUT_OPENED);
		h->now_us += 120 * second_us;
		give_frame(h, TT_WATCH_ADDED, "x", "101");
		h->now_us += quiet ? 10 * second_us : 9 * second_us;
		give_type(h, TT_INPUT_END);
		tap_int(h->state.position.rv, quiet ? 500 : 101);
		tap_ok(h->out.commit);
		tt_free(h);
	}
}

static void lifetimes_lower_the_ttl(void)
{
	struct hand *h = hand_new();

	to_watching(h);
	tap_int(tt_collect_ttl_us(&h->state), 3600 * second_us);
	h->now_us += 600 * second_us;
	give_frame(h, TT_WATCH_DELETED, "x", "101");
	tap_int(tt_collect_ttl_us(&h->state), h->now_us - start_us);
	h->now_us += 600 * second_us;
	give_frame(h, TT_WATCH_DELETED, "y", "102");
	tap_int(tt_collect_ttl_us(&h->state), 600 * second_us);
	h->now_us = start_us - second_us; /* an event from the future says nothing */
	give_frame(h, TT_WATCH_DELETED, "z", "103");
	tap_int(tt_collect_ttl_us(&h->state), 600 * second_us);
	tt_free(h);
}

/* What a list after an outage of `outage_s` says to be lost. */
static enum tt_lost lost_after(int64_t outage_s, uint64_t item_rv, int64_t recorded_before_s)
{
	struct hand *h = hand_new();
	enum tt_lost lost;

	to_watching(h);
	h->state.position.last_proof_us = h->now_us;
	h->now_us += outage_s * second_us;
	give_error(h, 410, "Expired", "too old");
	give_position(h, TT_INPUT_FLUSHED, 100);
	if (item_rv > 0) {
		struct tt_event e = event("x", item_rv == 100 ? "100" : "101");

		e.metadata.creation_us = start_us - 3600 * second_us;
		give(h, (struct tt_collect_input){.type = TT_INPUT_ITEM, .event = &e});
		if (h->out.next == TT_NEXT_LOOK_UP)
			give(h, (struct tt_collect_input){.type = TT_INPUT_LOOKED_UP,
					.event = &e,
					.known = {.same = true,
						.recorded_at_us = start_us -
								  recorded_before_s * second_us}});
	}
	give_rv(h, TT_INPUT_PAGE_END, 200);
	lost = h->out.gap.lost;
	tap_int(h->out.gap.to_us - h->out.gap.from_us, outage_s * second_us);
	tt_free(h);
	return lost;
}

static void gap_says_what_may_be_lost(void)
{
	static const struct {
		int64_t outage_s;
		uint64_t item_rv; /* 0: the list is empty */
		int64_t recorded_before_s;
		enum tt_lost lost;
	} cases[] = {
		{3539, 0, 0, TT_LOST_UPDATES}, /* shorter than the TTL without a minute */
		{3540, 0, 0, TT_LOST_EVENTS},
		{3540, 100, 60, TT_LOST_UPDATES}, /* an object from a minute before is there */
		{3540, 100, 59, TT_LOST_EVENTS},
		{3540, 101, 3600, TT_LOST_EVENTS}, /* it has changed since */
		{360000, 100, 61, TT_LOST_UPDATES},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		enum tt_lost lost = lost_after(
			cases[i].outage_s, cases[i].item_rv, cases[i].recorded_before_s);

		tap_okf(lost == cases[i].lost, "case %zu: %d", i, lost);
	}
}

static void what_is_too_large_is_refused_as_that(void)
{
	struct hand *h = hand_new();
	struct tt_event e = event("big", "105");
	struct tt_err err = {.code = TT_ELIMIT, .msg = "it has 9000000 bytes"};
	struct tt_collect_input in = {.type = TT_INPUT_BAD_FRAME, .event = &e, .err = &err};

	to_watching(h);
	give(h, in);
	tap_int(h->out.take, TT_TAKE_REFUSAL);
	tap_int(h->out.refusal, TT_REFUSED_TOO_LARGE);
	tap_int(h->out.gap.lost, TT_LOST_EVENTS);
	tap_str(h->out.gap.reason,
		"event a/big at resourceVersion 105 was refused: it has 9000000 bytes");
	tap_str(h->out.gap.namespaces[0], "a");
	tap_int(h->state.position.rv, 105);
	err.code = TT_EINVAL;
	in.event = NULL;
	give(h, in);
	tap_int(h->out.refusal, TT_REFUSED_UNDECODABLE);
	tap_str(h->out.gap.reason,
		"an event without readable name was refused: it has 9000000 bytes");
	tt_free(h);
}

static void full_queue_drops_the_batch_and_closes_the_watch(void)
{
	struct hand *h = hand_new();

	watch_full(h);
	tap_ok(h->out.discard && h->out.close && !h->out.commit);
	give_failure(h, 0, -1); /* the disk is still full */
	tap_int(h->out.next, TT_NEXT_WAIT);
	give_type(h, TT_INPUT_WAITED);
	tap_int(h->out.next, TT_NEXT_FLUSH);
	give_position(h, TT_INPUT_FLUSHED, 42);
	tap_int(h->state.position.rv, 42);
	tap_int(h->state.state, TT_COLLECT_CONNECTING);
	tt_free(h);
}

static void unreadable_kube_system_is_no_obstacle(void)
{
	struct hand *h = hand_new();

	to_connecting(h);
	give_rv(h, TT_INPUT_CHECKED, 100);
	tap_int(h->out.next, TT_NEXT_UID);
	give_failure(h, 403, -1);
	tap_int(h->out.next, TT_NEXT_HISTORY);
	tt_free(h);
}

static void version_that_goes_back_is_a_restored_server_wherever_the_position_is(void)
{
	struct hand *h = hand_new();

	to_connecting(h);
	give_rv(h, TT_INPUT_CHECKED, 500);
	give_failure(h, 0, -1);
	give_type(h, TT_INPUT_WAITED);
	give_rv(h, TT_INPUT_CHECKED, 400); /* the position is 100 */
	give_type(h, TT_INPUT_UID);
	tap_int(h->out.move, TT_MOVE_BEHIND);
	tap_int(h->state.position.epoch, 2);
	tt_free(h);
}

static void recorded_objects_tell_another_history(void)
{
	enum { GO_ON, PROBE, EPOCH };
	static const struct {
		const char *what;
		uint64_t rv, server_rv;           /* 0: missing */
		int64_t age_s, recorded_s, gap_s; /* ago; gap 0: none */
		int want;
	} cases[] = {
		{"the same", 50, 50, 9, 9, 0, GO_ON},
		{"newer, beyond the position", 50, 101, 9, 9, 0, GO_ON},
		{"older", 50, 49, 9, 9, 0, EPOCH},
		{"older, though from before a gap", 50, 49, 9, 9, 5, EPOCH},
		{"newer, below the position", 50, 60, 9, 9, 0, EPOCH},
		{"newer, below the position, but from before a gap", 50, 60, 9, 9, 5, GO_ON},
		{"missing", 50, 0, 9, 9, 0, PROBE},
		{"missing, recorded after a gap", 50, 0, 9, 4, 5, PROBE},
		{"missing, recorded with a gap", 50, 0, 9, 5, 5, GO_ON},
		{"missing, but may have expired", 50, 0, 3540, 9, 0, GO_ON},
		{"missing, written by a clock that is ahead", 50, 0, -60, 9, 0, GO_ON},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct hand *h = hand_new();
		struct tt_collect_history history = {.last_gap_us = TT_TIME_ZERO, .n = 1};
		struct tt_collect_candidate *c = history.candidates;

		to_history(h);
		c->rv = cases[i].rv;
		c->server_rv = cases[i].server_rv;
		c->answer = c->server_rv > 0 ? TT_CANDIDATE_FOUND : TT_CANDIDATE_MISSING;
		c->time_us = h->now_us - cases[i].age_s * second_us;
		c->recorded_at_us = h->now_us - cases[i].recorded_s * second_us;
		if (cases[i].gap_s > 0)
			history.last_gap_us = h->now_us - cases[i].gap_s * second_us;
		give(h, (struct tt_collect_input){.type = TT_INPUT_HISTORY, .history = &history});
		tap_okf(h->out.next == (cases[i].want == PROBE          ? TT_NEXT_CHECK
					       : cases[i].want == GO_ON ? TT_NEXT_OPEN
									: TT_NEXT_FLUSH),
			"%s: %d", cases[i].what, h->out.next);
		tt_free(h);
	}
}

static void only_a_deletion_explains_a_missing_object(void)
{
	struct tt_event x = event("x", "105");
	struct hand *h = hand_new();

	to_probe(h);
	h->state.suspects[0] = tt_collect_key_hash(&x);
	give_frame(h, TT_WATCH_MODIFIED, "x", "99");
	tap_int(h->out.take, TT_TAKE_NONE);
	tap_int(h->state.n_suspects, 1);
	give_frame(h, TT_WATCH_DELETED, "y", "99");
	tap_int(h->state.n_suspects, 1);
	give_frame(h, TT_WATCH_DELETED, "x", "100");
	tap_int(h->state.n_suspects, 0);
	tap_int(h->state.position.rv, 100); /* nothing has been taken */
	tap_int(h->out.next, TT_NEXT_CHECK);
	give_rv(h, TT_INPUT_CHECKED, 110);
	tap_int(h->out.next, TT_NEXT_OPEN);
	tt_free(h);
}

static void replay_that_needs_longer_is_given_longer(void)
{
	struct hand *h = hand_new();

	to_probe(h);
	tap_int(h->state.timeout_seconds, 10);
	h->now_us += 8 * second_us;
	give_frame(h, TT_WATCH_ADDED, "y", "99");
	h->now_us += 2 * second_us;
	give_type(h, TT_INPUT_END);
	tap_int(h->state.state, TT_COLLECT_BACKING_OFF);
	give_type(h, TT_INPUT_WAITED);
	give_rv(h, TT_INPUT_CHECKED, 100);
	give_type(h, TT_INPUT_UID);
	give_history(h, 1, 1, 50);
	give_rv(h, TT_INPUT_CHECKED, 100);
	tap_int(h->out.timeout_seconds, 20);
	tt_free(h);
}

static void first_list_that_is_in_doubt_is_made_again_with_look_ups(void)
{
	struct hand *h = hand_new();
	struct tt_position p = position(0);

	p.listing = true;
	p.list_rv = 90;
	p.last_key = TT_STR("a/k");
	p.last_proof_us = TT_TIME_ZERO;
	give(h, (struct tt_collect_input){.type = TT_INPUT_STARTED, .position = &p});
	give_rv(h, TT_INPUT_CHECKED, 100);
	give_type(h, TT_INPUT_UID);
	give_history(h, 1, 1, 50);
	tap_int(h->out.next, TT_NEXT_FLUSH);
	give_position(h, TT_INPUT_FLUSHED, 0);
	give_item(h, "b", "80");
	tap_int(h->out.next, TT_NEXT_LOOK_UP);
	give_known(h, "b", "80", false);
	give_rv(h, TT_INPUT_PAGE_END, 100);
	tap_str(h->out.gap.reason, "collection began");
	tt_free(h);
}

static void clock_that_was_set_back_proves_no_short_outage(void)
{
	struct hand *h = hand_new();

	to_watching(h);
	h->state.position.last_proof_us = h->now_us + 7200 * second_us;
	give_error(h, 410, "Expired", "too old");
	give_position(h, TT_INPUT_FLUSHED, 100);
	give_rv(h, TT_INPUT_PAGE_END, 200);
	tap_int(h->out.gap.lost, TT_LOST_EVENTS);
	tt_free(h);
}

static void routine_reconnect_checks_only_the_version(void)
{
	struct hand *h = hand_new();

	clean_end(h);
	tap_ok(h->state.connected);
	give_rv(h, TT_INPUT_CHECKED, 100);
	tap_int(h->out.next, TT_NEXT_OPEN);
	tt_free(h);
}

#define RUN(name) tap_test(#name, name)

int main(void)
{
	RUN(every_row_of_the_table_is_gone_along);
	RUN(states_have_the_names_of_the_status);
	RUN(watch_asks_for_two_minutes_to_two_and_a_half);
	RUN(silence_is_allowed_for_the_time_of_the_watch_and_thirty_seconds);
	RUN(waits_grow_from_800_ms_to_a_minute);
	RUN(retry_after_is_heeded_ten_times);
	RUN(answers_are_counted_by_outcome);
	RUN(pages_have_500_objects_and_an_expired_token_leads_to_none);
	RUN(list_goes_on_behind_what_is_stored);
	RUN(list_that_is_not_in_order_claims_no_progress);
	RUN(frames_advance_the_position);
	RUN(last_proof_is_when_everything_sent_has_been_read);
	RUN(clean_end_takes_over_the_version_of_the_server_if_it_was_quiet);
	RUN(lifetimes_lower_the_ttl);
	RUN(gap_says_what_may_be_lost);
	RUN(what_is_too_large_is_refused_as_that);
	RUN(full_queue_drops_the_batch_and_closes_the_watch);
	RUN(unreadable_kube_system_is_no_obstacle);
	RUN(version_that_goes_back_is_a_restored_server_wherever_the_position_is);
	RUN(recorded_objects_tell_another_history);
	RUN(only_a_deletion_explains_a_missing_object);
	RUN(replay_that_needs_longer_is_given_longer);
	RUN(first_list_that_is_in_doubt_is_made_again_with_look_ups);
	RUN(clock_that_was_set_back_proves_no_short_outage);
	RUN(routine_reconnect_checks_only_the_version);
	return tap_done();
}
