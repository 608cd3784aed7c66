/* SPDX-License-Identifier: Apache-2.0 */
/* store.h - the log: opening it, and appending to it.
 *
 * A data directory holds one file telltale.db, SQLite as a transactional container of columnar
 * blocks (doc/architecture.md, "The store"). One process opens it for writing (flock); any number
 * read beside it. Within the writing process one thread appends; reading is by struct tt_reader
 * (reader.h), one per thread. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "store/record.h"

struct tt_batch;
struct tt_clock;
struct tt_log;
struct tt_store;

enum tt_cluster_kind { TT_CLUSTER_COLLECTED, TT_CLUSTER_HOSTED, TT_CLUSTER_RECORDING };

struct tt_retention {
	int64_t age_us; /* 0: keep for ever */
	uint64_t bytes; /* 0: no limit on the size of the file */
};

struct tt_store_options {
	const char *dir; /* made if absent, unless read_only */
	bool read_only;  /* no lock, no writing; beside a daemon or on its own */
	struct tt_retention retention;
	size_t cache_bytes;           /* of decoded blocks, shared by all readers; 0: 24 MiB */
	const struct tt_clock *clock; /* NULL: the system's */
	const struct tt_log *log;     /* NULL: silent */
	const char *vfs;              /* SQLite VFS, for fault tests; NULL: the default */
	size_t reserve_bytes;         /* file kept for retention on a full disk; 0: 64 MiB */
};

/* Opens the log. TT_EBUSY: another telltaled holds it. TT_ESCHEMA: a newer version wrote it.
 * TT_ECORRUPT (also a file that is no log), TT_EDENIED, TT_ENOTFOUND (read_only and nothing
 * there), TT_EINVAL (a network file system), TT_EFULL; each with a sentence that says what to
 * do. */
int tt_store_open(
	struct tt_store **ret, const struct tt_store_options *options, struct tt_err *err);

/* Closes it. All readers must be closed before. NULL is allowed. */
void tt_store_close(struct tt_store *store);

/* Whether a process has the log in `dir` open for writing; also true if that cannot be found out.
 * Any thread. */
bool tt_store_is_held(const char *dir);

/* Registers a cluster, or notes that it is there again; the name stays valid until close. A
 * cluster keeps the kind it was made with: another is TT_EINVAL. Writing thread only. */
int tt_store_add_cluster(
	struct tt_store *store, struct tt_str name, enum tt_cluster_kind kind, struct tt_err *err);

/* Whether a cluster of this name is registered. Any thread. */
bool tt_store_has_cluster(struct tt_store *store, struct tt_str name);

/* Appends the records of `n` batches in order, their positions with them, as one transaction
 * that is on disk when this returns 0 (synchronous=FULL). Sets seq, recorded_at_us and time_us
 * in the records. On failure nothing of it is in the log, the batches may be appended again, and
 * TT_EFULL or TT_EIO says why. Writing thread only. */
int tt_store_append(
	struct tt_store *store, struct tt_batch *const *batches, size_t n, struct tt_err *err);

/* Work that may wait: checkpoints the WAL, and drops what is past retention, one epoch a call.
 * Returns 1 if there is more to do at once. Writing thread only. */
int tt_store_maintain(struct tt_store *store, struct tt_err *err);

/* Changes retention; takes effect at the next tt_store_maintain(). Writing thread only. */
void tt_store_set_retention(struct tt_store *store, struct tt_retention retention);

/* Appends a new cursor value for the reader called `name`. Writing thread only. */
int tt_store_set_cursor(
	struct tt_store *store, struct tt_str name, uint64_t seq, struct tt_err *err);

/* The committed position of a watch, copied into `arena`; TT_ENOTFOUND if it never had one. Any
 * thread (opens its own statement on a read connection). */
int tt_store_position(struct tt_store *store, struct tt_str cluster, struct tt_str namespace,
	struct tt_position *ret, struct tt_arena *arena, struct tt_err *err);

struct tt_cluster_status {
	struct tt_str name;
	enum tt_cluster_kind kind;
	uint64_t events, gaps;         /* in the log now */
	int64_t last_event_us;         /* newest t, TT_TIME_ZERO if none */
	struct tt_position *positions; /* of its watches */
	size_t n_positions;
};

struct tt_cursor_status {
	struct tt_str name;
	uint64_t seq;
};

struct tt_store_status {
	struct tt_str log;         /* uuid made at creation */
	uint64_t head, oldest;     /* seq; oldest is head + 1 when nothing is kept */
	uint64_t bytes, wal_bytes; /* of the file, of its WAL */
	uint64_t reserve_bytes;    /* of the file that is kept for retention on a full disk */
	uint64_t blocks, tail_records;
	int64_t first_recorded_us, last_recorded_us; /* TT_TIME_ZERO when empty */
	struct tt_cluster_status *clusters;
	size_t n_clusters;
	struct tt_cursor_status *cursors;
	size_t n_cursors;
};

/* How many records cursor `i` has before it; none if it is ahead of the head. */
static inline uint64_t tt_cursor_lag(const struct tt_store_status *status, size_t i)
{
	uint64_t seq = status->cursors[i].seq;

	return seq < status->head ? status->head - seq : 0;
}

/* What the log holds, consistent, copied into `arena`. Any thread. */
int tt_store_status(struct tt_store *store, struct tt_store_status *ret, struct tt_arena *arena,
	struct tt_err *err);

/* What retention has dropped; both TT_TIME_ZERO when that is nothing. */
struct tt_dropped {
	int64_t at_us;       /* when it dropped something last */
	int64_t recorded_us; /* when the newest record that it has dropped was recorded */
	uint64_t head;       /* the newest record when it did */
};

/* Asks the file. Any thread. */
int tt_store_dropped(struct tt_store *store, struct tt_dropped *ret, struct tt_err *err);

/* The number of the newest record, 0 when there is none. Any thread, cheap in the writing
 * process; in others it asks the file. */
uint64_t tt_store_head(struct tt_store *store);
