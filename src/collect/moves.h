/* SPDX-License-Identifier: Apache-2.0 */
/* moves.h - the states of a collecting watch and every move between them, as a declared table.
 *
 * The step (step.h) moves only along a row of it, so that doc/architecture.md, which is printed
 * from this table, cannot differ from the code. */
#pragma once

#include <stddef.h>

enum tt_collect_state {
	TT_COLLECT_STOPPED,
	TT_COLLECT_CONNECTING, /* asking the server for its version, and whether it is the same one
				*/
	TT_COLLECT_LISTING,
	TT_COLLECT_WATCHING,
	TT_COLLECT_BACKING_OFF,
	TT_COLLECT_N_STATES,
};

enum tt_collect_move_id {
	TT_MOVE_START,
	TT_MOVE_FIRST_LIST,
	TT_MOVE_RESUME_LIST,
	TT_MOVE_BEHIND,
	TT_MOVE_OTHER_HISTORY,
	TT_MOVE_UNCONFIRMED,
	TT_MOVE_OPEN_EXPIRED,
	TT_MOVE_WATCH,
	TT_MOVE_CONNECT_FAILED,
	TT_MOVE_PROBE_FAILED,
	TT_MOVE_OTHER_CLUSTER,
	TT_MOVE_PAGE_EXPIRED,
	TT_MOVE_LIST_UNKNOWN,
	TT_MOVE_LIST_BEHIND,
	TT_MOVE_LIST_FAILED,
	TT_MOVE_LISTED,
	TT_MOVE_END,
	TT_MOVE_SHORT_END,
	TT_MOVE_WATCH_EXPIRED,
	TT_MOVE_EXPIRED_AGAIN,
	TT_MOVE_PREVKV,
	TT_MOVE_WATCH_ERROR,
	TT_MOVE_BROKEN,
	TT_MOVE_SILENT,
	TT_MOVE_CONNECT_FULL,
	TT_MOVE_LIST_FULL,
	TT_MOVE_WATCH_FULL,
	TT_MOVE_STILL_FULL,
	TT_MOVE_RELOADED,
	TT_MOVE_WAITED,
	TT_MOVE_STOP_CONNECTING,
	TT_MOVE_STOP_LISTING,
	TT_MOVE_STOP_WATCHING,
	TT_MOVE_STOP_WAITING,
	TT_COLLECT_N_MOVES,
	TT_MOVE_NONE = -1,
};

struct tt_collect_move {
	enum tt_collect_state from;
	const char *input; /* what happened */
	enum tt_collect_state to;
	const char *why;
};

/* The table, indexed by enum tt_collect_move_id; `*ret_n` is TT_COLLECT_N_MOVES. */
const struct tt_collect_move *tt_collect_moves(size_t *ret_n);

/* "connecting" and so on. */
const char *tt_collect_state_name(enum tt_collect_state state);
