/* SPDX-License-Identifier: Apache-2.0 */
#include "collect/moves.h"

#define STOPPED     TT_COLLECT_STOPPED
#define CONNECTING  TT_COLLECT_CONNECTING
#define LISTING     TT_COLLECT_LISTING
#define WATCHING    TT_COLLECT_WATCHING
#define BACKING_OFF TT_COLLECT_BACKING_OFF

/* clang-format off */
static const struct tt_collect_move moves[TT_COLLECT_N_MOVES] = {
	[TT_MOVE_START] = {STOPPED, "started", CONNECTING,
		"the committed position is loaded"},
	[TT_MOVE_FIRST_LIST] = {CONNECTING, "version known", LISTING,
		"there is no position yet"},
	[TT_MOVE_RESUME_LIST] = {CONNECTING, "version known", LISTING,
		"a list was under way, or is due"},
	[TT_MOVE_BEHIND] = {CONNECTING, "version known", LISTING,
		"the server is behind the position, or what it was before: new epoch"},
	[TT_MOVE_OTHER_HISTORY] = {CONNECTING, "recorded objects fetched", LISTING,
		"an object differs from what was recorded: new epoch"},
	[TT_MOVE_UNCONFIRMED] = {CONNECTING, "replay read", LISTING,
		"it does not say that the missing objects were deleted: new epoch"},
	[TT_MOVE_OPEN_EXPIRED] = {CONNECTING, "410", LISTING,
		"the position has expired"},
	[TT_MOVE_WATCH] = {CONNECTING, "watch opened", WATCHING,
		"the position is accepted"},
	[TT_MOVE_CONNECT_FAILED] = {CONNECTING, "request failed", BACKING_OFF,
		"no answer, or not the one asked for"},
	[TT_MOVE_PROBE_FAILED] = {CONNECTING, "replay broken off", BACKING_OFF,
		"it ended before it could tell"},
	[TT_MOVE_OTHER_CLUSTER] = {CONNECTING, "uid of kube-system", STOPPED,
		"another cluster answers"},
	[TT_MOVE_PAGE_EXPIRED] = {LISTING, "410", LISTING,
		"the continue token has expired: one list without paging"},
	[TT_MOVE_LIST_UNKNOWN] = {LISTING, "looked up", LISTING,
		"an object below the position was never recorded: new epoch"},
	[TT_MOVE_LIST_BEHIND] = {LISTING, "first page", LISTING,
		"the list is older than the position: new epoch"},
	[TT_MOVE_LIST_FAILED] = {LISTING, "request failed", BACKING_OFF,
		"no answer, or not the one asked for"},
	[TT_MOVE_LISTED] = {LISTING, "last page", CONNECTING,
		"all is recorded; watch from the version of the first page"},
	[TT_MOVE_END] = {WATCHING, "clean end", CONNECTING,
		"the server ends each watch after its time"},
	[TT_MOVE_SHORT_END] = {WATCHING, "clean end", BACKING_OFF,
		"a watch of less than a second without an event is a failure"},
	[TT_MOVE_WATCH_EXPIRED] = {WATCHING, "410", LISTING,
		"the position has expired"},
	[TT_MOVE_EXPIRED_AGAIN] = {WATCHING, "410", BACKING_OFF,
		"expired again right after a list"},
	[TT_MOVE_PREVKV] = {WATCHING, "500 PrevKv=nil", LISTING,
		"a deletion cannot be told, so the replay cannot go on"},
	[TT_MOVE_WATCH_ERROR] = {WATCHING, "error frame", BACKING_OFF,
		"the server gave up the watch"},
	[TT_MOVE_BROKEN] = {WATCHING, "broken", BACKING_OFF,
		"the connection broke"},
	[TT_MOVE_SILENT] = {WATCHING, "read deadline", BACKING_OFF,
		"nothing came for longer than the server lets a watch live"},
	[TT_MOVE_CONNECT_FULL] = {CONNECTING, "queue full", BACKING_OFF,
		"the log does not take records"},
	[TT_MOVE_LIST_FULL] = {LISTING, "queue full", BACKING_OFF,
		"the log does not take records"},
	[TT_MOVE_WATCH_FULL] = {WATCHING, "queue full", BACKING_OFF,
		"a watch is never left unread"},
	[TT_MOVE_STILL_FULL] = {BACKING_OFF, "queue full", BACKING_OFF,
		"the log does not take records"},
	[TT_MOVE_RELOADED] = {BACKING_OFF, "flushed", CONNECTING,
		"the log takes records again; resume from the committed position"},
	[TT_MOVE_WAITED] = {BACKING_OFF, "wait is over", CONNECTING,
		"try again"},
	[TT_MOVE_STOP_CONNECTING] = {CONNECTING, "stop", STOPPED, "asked for"},
	[TT_MOVE_STOP_LISTING] = {LISTING, "stop", STOPPED, "asked for"},
	[TT_MOVE_STOP_WATCHING] = {WATCHING, "stop", STOPPED, "asked for"},
	[TT_MOVE_STOP_WAITING] = {BACKING_OFF, "stop", STOPPED, "asked for"},
};
/* clang-format on */

const struct tt_collect_move *tt_collect_moves(size_t *ret_n)
{
	*ret_n = TT_COLLECT_N_MOVES;
	return moves;
}

const char *tt_collect_state_name(enum tt_collect_state state)
{
	static const char *const names[TT_COLLECT_N_STATES] = {
		[STOPPED] = "stopped",
		[CONNECTING] = "connecting",
		[LISTING] = "listing",
		[WATCHING] = "watching",
		[BACKING_OFF] = "backing-off",
	};

	return names[state];
}
