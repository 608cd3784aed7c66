/* SPDX-License-Identifier: Apache-2.0 */
/* step.h - every decision of collecting, as a pure function of a state, of what happened, and of
 * the time: no I/O, no clock, no allocation.
 *
 * The shell (collector.c; tests/sim in virtual time) does what the actions say and reports what
 * came of it as the next input, until the state is `stopped`. The rules are those of
 * doc/architecture.md, "Collecting" and "When a gap is true". A state belongs to one thread. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/rand.h"
#include "base/str.h"
#include "collect/moves.h"
#include "event/codec.h"
#include "kube/client.h"
#include "net/backoff.h"
#include "store/record.h"

enum {
	TT_COLLECT_PAGE = 500,     /* objects per page of a list */
	TT_COLLECT_CANDIDATES = 8, /* identities fetched to see whether the history is the same */
	TT_COLLECT_KEY_SIZE = 512,
	TT_COLLECT_TOKEN_SIZE = 4096,
	TT_COLLECT_TEXT_SIZE = 1536,
};

/* How requests came out, for the metrics. */
enum tt_collect_outcome {
	TT_OUTCOME_OK,
	TT_OUTCOME_EXPIRED,
	TT_OUTCOME_BUSY,
	TT_OUTCOME_REFUSED,
	TT_OUTCOME_FAILED,
	TT_OUTCOME_NO_ANSWER,
	TT_OUTCOME_N,
};

enum tt_collect_input_type {
	TT_INPUT_STARTED, /* `position`: the committed one, or NULL; `rv`: see overlap_rv */
	TT_INPUT_CHECKED, /* LIST limit=1 was answered; `rv` is the server's version */
	TT_INPUT_UID,     /* `text`: uid of namespace kube-system */
	TT_INPUT_HISTORY, /* `history`: the newest recorded objects, and what the server has */
	TT_INPUT_FAILED,  /* what `next` asked for failed: `reply` (NULL: no request), `err` */
	TT_INPUT_FLUSHED, /* all that was handed over is on disk; `position` as committed or NULL */
	TT_INPUT_ITEM,    /* of a list: `event`; `err` if it could not be decoded, else NULL */
	TT_INPUT_LOOKED_UP,  /* the `event` of the input before; `known` says what the log has */
	TT_INPUT_PAGE_END,   /* `rv` of the list, `text`: continue token */
	TT_INPUT_OPENED,     /* the watch is open */
	TT_INPUT_FRAME,      /* `frame` */
	TT_INPUT_BAD_FRAME,  /* `err`; `event`: as far as it could be read */
	TT_INPUT_DRAINED,    /* no more frames are there now, after some */
	TT_INPUT_IDLE,       /* nothing came until `deadline_ns` */
	TT_INPUT_END,        /* the watch ended cleanly */
	TT_INPUT_BROKEN,     /* it did not; `err` */
	TT_INPUT_WAITED,     /* `wait_ns` are over */
	TT_INPUT_QUEUE_FULL, /* the queue of the log stayed full; what was not handed over is
				dropped */
	TT_INPUT_STOP,
};

/* A recorded object, and what the server answers about it now. */
struct tt_collect_candidate {
	uint64_t key;    /* tt_collect_key_hash() */
	uint64_t rv;     /* as recorded */
	int64_t time_us; /* t, without the upper bound at recordedAt */
	int64_t recorded_at_us;
	enum { TT_CANDIDATE_FOUND, TT_CANDIDATE_MISSING, TT_CANDIDATE_UNKNOWN } answer;
	uint64_t server_rv; /* if it was found */
};

struct tt_collect_history {
	struct tt_collect_candidate candidates[TT_COLLECT_CANDIDATES];
	size_t n;
	int64_t last_gap_us; /* the latest `to` of the watch's gaps; TT_TIME_ZERO: none */
};

/* What the log has of an event. */
struct tt_collect_known {
	bool same;              /* its newest observation is the same: uid, version and content */
	bool recorded;          /* this version has been recorded; asked for by `exact` only */
	int64_t recorded_at_us; /* of the newest observation; TT_TIME_ZERO if there is none */
};

/* What happened, and when. Texts and pointers are borrowed for the call. */
struct tt_collect_input {
	enum tt_collect_input_type type;
	int64_t now_us, now_ns; /* wall clock and monotonic */
	uint64_t rv;
	struct tt_str text;
	const struct tt_position *position;
	const struct tt_collect_history *history;
	const struct tt_kube_reply *reply;
	const struct tt_err *err;
	const struct tt_event *event;
	const struct tt_watch_frame *frame;
	struct tt_collect_known known;
};

/* What becomes of the event of the input. Anything but NONE counts as received. */
enum tt_collect_take {
	TT_TAKE_NONE,
	TT_TAKE_RECORD,
	TT_TAKE_DUPLICATE,
	TT_TAKE_DELETION,
	TT_TAKE_REFUSAL,
};

/* What is to be done next; its end is the next input. */
enum tt_collect_next {
	TT_NEXT_CONTINUE, /* give the next item of the list, or the next thing of the watch */
	TT_NEXT_CHECK,    /* LIST limit=1 -> CHECKED or FAILED */
	TT_NEXT_UID,      /* GET namespace kube-system -> UID or FAILED */
	TT_NEXT_HISTORY, /* wait until all is on disk, GET the newest recorded objects -> HISTORY or
			    FAILED */
	TT_NEXT_FLUSH,   /* wait until all is on disk, read the position -> FLUSHED or FAILED */
	TT_NEXT_LIST,    /* LIST `limit`, `token` -> ITEM ..., PAGE_END or FAILED */
	TT_NEXT_LOOK_UP, /* ask the log about the event -> LOOKED_UP */
	TT_NEXT_OPEN,    /* watch from `open_rv` -> OPENED or FAILED */
	TT_NEXT_WAIT,    /* -> WAITED */
	TT_NEXT_END,     /* the state is `stopped` */
};

/* What the shell does, in this order. */
struct tt_collect_actions {
	int move;                  /* trace it; enum tt_collect_move_id */
	enum tt_collect_take take; /* 1. add the event to the batch and the counts */
	enum tt_change change;     /*    of RECORD */
	enum tt_refusal refusal;   /*    of REFUSAL */
	bool has_gap; /* 2. add this gap; its texts live in this struct and the state */
	struct tt_gap gap;
	bool discard; /* 3. drop the batch, or */
	bool commit;  /*    hand it over with state->position, also if only that is new */
	bool close;   /* 4. close the watch */
	enum tt_collect_next next; /* 5. */
	int64_t wait_ns;
	unsigned limit; /* 0: no paging */
	uint64_t open_rv;
	unsigned timeout_seconds; /* of the watch */
	bool exact;               /* of LOOK_UP: fill `recorded` */
	struct tt_str gap_namespace;
	char text[TT_COLLECT_TEXT_SIZE];
};

struct tt_collect_options {
	struct tt_str cluster, namespace; /* outlive the state */
	int64_t event_ttl_us;             /* 0: 1 h */
	unsigned watch_seconds;           /* 0: random in 120..150 */
	uint64_t seed;                    /* of jitter */
};

/* What the present request, or the open watch, is for. */
enum tt_collect_phase {
	TT_PHASE_NONE,
	TT_PHASE_CHECK,
	TT_PHASE_UID,
	TT_PHASE_HISTORY,
	TT_PHASE_RECHECK,    /* the version again, after objects were found missing */
	TT_PHASE_PROBE_OPEN, /* a watch that records nothing, */
	TT_PHASE_PROBE,      /* only to see whether it names them as deleted */
	TT_PHASE_FLUSH,      /* before a list */
	TT_PHASE_PAGE,
	TT_PHASE_OPEN,
	TT_PHASE_FOLLOW,
	TT_PHASE_WAIT,
	TT_PHASE_RELOAD, /* flush, after the queue was full */
};

struct tt_collect {
	/* given */
	struct tt_collect_options options;
	uint64_t overlap_rv; /* how far other watches of the cluster with an overlapping scope
				have recorded; what is not above it is looked up */

	/* shown */
	enum tt_collect_state state;
	struct tt_position position;
	uint64_t moves, move_counts[TT_COLLECT_N_MOVES];
	uint64_t requests[TT_OUTCOME_N];
	uint64_t listed;       /* objects seen by the list under way */
	int64_t last_event_us; /* newest t seen; TT_TIME_ZERO */
	int64_t deadline_ns;   /* of the open watch: IDLE is due then */
	bool connected;
	char problem[TT_COLLECT_TEXT_SIZE];
	char token[TT_COLLECT_TOKEN_SIZE]; /* of the next page; "" for the first */

	/* of the step alone */
	enum tt_collect_phase phase;
	struct tt_rand rand;
	struct tt_backoff backoff;
	unsigned retries; /* in a row, after Retry-After */
	bool suspect;     /* the history is to be checked: a start, or after an outage */
	bool denied;      /* the permission was missing when last asked */
	enum { TT_CAUSE_NONE, TT_CAUSE_EXPIRED, TT_CAUSE_PREVKV } cause; /* of a list that is due */
	bool reload;        /* the committed position is to be read again */
	uint64_t server_rv; /* L: the server's version when last asked */
	bool behind;        /* which was less than the time before */
	int64_t expired_ns; /* when the position last expired */
	bool has_expired;

	/* missing objects, that the replay may name as deleted */
	uint64_t suspects[TT_COLLECT_CANDIDATES];
	size_t n_suspects;
	unsigned probe_seconds;
	bool all_missing; /* none of the candidates was found */
	bool doubt;       /* the next list looks up what should be known */

	/* of the list under way */
	bool unpaged;
	char start_key[TT_COLLECT_KEY_SIZE]; /* position.last_key and list_rv when it began */
	uint64_t start_rv;
	bool passed;       /* it has come to a key beyond start_key */
	bool disordered;   /* its keys do not ascend, so that last_key means nothing */
	bool survivor;     /* it holds an object recorded a minute before the outage */
	unsigned lookups;  /* for the survivor */
	uint64_t first_rv; /* of its first page; 0 until that has ended */
	int64_t list_start_us;

	/* of the open watch */
	unsigned timeout_seconds;
	int64_t open_ns, heard_ns; /* when it was opened; when the last frame came */
	bool caught_up;            /* it has passed server_rv */
	enum tt_change pending;    /* of the frame that is looked up */

	char last_key[TT_COLLECT_KEY_SIZE];
	char system_uid[128];
};

/* A stopped watch without a position; the first input is STARTED. */
void tt_collect_init(struct tt_collect *state, const struct tt_collect_options *options);

/* Takes `input` and says in `out` (all of it is overwritten) what to do. */
void tt_collect_step(struct tt_collect *state, const struct tt_collect_input *input,
	struct tt_collect_actions *out);

/* Of an object, for candidates: the same for the same namespace, name and uid. */
uint64_t tt_collect_key_hash(const struct tt_event *e);

/* eventTTL as far as it is known: the option, lowered to the shortest lifetime seen. */
int64_t tt_collect_ttl_us(const struct tt_collect *state);
