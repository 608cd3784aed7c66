/* SPDX-License-Identifier: Apache-2.0 */
/* writer.h - the writing side of the log. One thread.
 *
 * What is appended goes to the tail of the file first. Only when that is committed are the rows
 * numbered for the open block; a block that is full is encoded in memory and written by the next
 * transaction, which removes its records from the tail. So a failed transaction has changed
 * nothing in memory but the identities, which can take it back. */
#pragma once

#include "store/filter.h"
#include "store/inside.h"
#include "store/links.h"

/* A block under way: rows numbered in the dictionary of the epoch. */
struct tt_open_block {
	struct tt_row *rows;
	uint32_t n, cap;
	uint64_t first_seq;
	struct tt_packer extras;
	struct tt_packer keys;                       /* uint64_t: what the filter shall know */
	struct tt_packer seen_namespaces, seen_sigs; /* a byte for each number */
	struct tt_summary *summary;
	struct tt_zone zone;
	uint32_t first_string, first_sig, first_object, first_message;
};

/* An encoded block that waits to be written. */
struct tt_sealed {
	struct tt_block_info info;
	struct tt_packer parts[TT_PARTS], chunks[TT_CHUNK_KINDS], grams, filter, summary;
	struct tt_link *links;
	size_t n_links;
	struct tt_counts counts;
	struct tt_sealed *next;
};

/* A cluster and what the log holds of it. */
struct tt_writer_cluster {
	const struct tt_cluster_entry *entry;
	uint64_t events, gaps;
	int64_t last_event_us;
};

enum tt_writer_statement {
	TT_SQL_BEGIN,
	TT_SQL_COMMIT,
	TT_SQL_ROLLBACK,
	TT_SQL_TAIL,
	TT_SQL_TAIL_DROP,
	TT_SQL_POSITION,
	TT_SQL_GAP,
	TT_SQL_CLUSTER,
	TT_SQL_CURSOR,
	TT_SQL_META,
	TT_SQL_BLOCK,
	TT_SQL_COLUMNS,
	TT_SQL_CHUNK,
	TT_SQL_OUTLINE,
	TT_SQL_LINK,
	TT_SQL_EPOCH,
	TT_SQL_EPOCH_CLUSTERS,
	TT_SQL_BLOCK_OF,
	TT_SQL_OLDEST_EPOCH,
	TT_SQL_SMALL_TAIL,
	TT_SQL_TAIL_DROP_RANGE,
	TT_WRITER_STATEMENTS,
};

/* One record on its way into the log. */
struct tt_staged {
	const struct tt_record *record;
	struct tt_row row;
	struct tt_row_hashes hashes;
	uint64_t identity; /* hash; of an event */
	uint32_t added;    /* occurrences that this observation adds */
};

struct tt_writer {
	struct tt_store *store;
	sqlite3 *db;
	sqlite3_stmt *sql[TT_WRITER_STATEMENTS];
	struct tt_compressor *compressor;
	struct tt_block_encoder *encoder;
	struct tt_dictionary tail_dictionary, dictionary;
	struct tt_identities identities;
	struct tt_reader *reader; /* to look for predecessors; NULL until needed */
	uint64_t extended_to;     /* identities of blocks from here on are known */
	bool cannot_extend;       /* no room, or damage, or nothing older */
	uint64_t lookups;         /* predecessors looked for through filters */

	uint64_t head;
	uint64_t sealed_end; /* last seq in a block that is written */
	int64_t last_recorded_us;
	int64_t t_max; /* of all blocks ever sealed */

	struct tt_open_block open;
	uint64_t open_bytes; /* estimate, against TT_BLOCK_BYTES */
	struct tt_sealed *sealed, **sealed_last;

	bool epoch_open; /* since this process began; else `epoch.id` is the last */
	struct {         /* the epoch of the open block */
		uint64_t id;
		uint32_t blocks; /* that are full */
		int64_t first_recorded_us;
		uint64_t bytes;
	} epoch;

	struct {
		struct tt_writer_cluster *items;
		size_t n, cap;
	} clusters;

	struct tt_staged *staged;
	size_t n_staged, cap_staged;
	struct tt_packer extras; /* of staged rows */
	struct tt_row *rows;     /* of one tail blob */
	size_t cap_rows;
	struct tt_packer blob;

	int wal_pages;      /* in the WAL after the last commit */
	int checkpoint_at;  /* pages at which the next checkpoint is due */
	uint64_t idle_head; /* at the last maintenance */
	uint64_t tail_blobs;
	bool failing; /* the last commit failed */
};

/* Opens the write connection and reads what a crash left. */
int tt_writer_open(struct tt_store *store, struct tt_err *err);
/* NULL is allowed. */
void tt_writer_close(struct tt_writer *w);

/* A write transaction. Commit rolls back if it fails. */
int tt_writer_begin(struct tt_writer *w, struct tt_err *err);
int tt_writer_commit(struct tt_writer *w, struct tt_err *err);
void tt_writer_rollback(struct tt_writer *w);

/* The writer's entry of the cluster called `name`, or with the number `id`; NULL if there is
 * none. */
struct tt_writer_cluster *tt_writer_cluster(struct tt_writer *w, struct tt_str name);
struct tt_writer_cluster *tt_writer_cluster_by_id(struct tt_writer *w, uint32_t id);

/* Numbers a committed record for the open block, and seals that when it is full (seal.c). */
void tt_writer_take(struct tt_writer *w, const struct tt_staged *staged, const uint8_t *extras);

/* Seals the open block now, if it holds anything. */
void tt_writer_seal(struct tt_writer *w);

/* Writes what the log holds of a cluster, inside a transaction. */
int tt_writer_put_cluster(struct tt_writer *w, const struct tt_writer_cluster *c, uint64_t events,
	uint64_t gaps, int64_t last_event_us, struct tt_err *err);

/* Whether the epoch of the open block has lasted as long as one may. */
bool tt_writer_epoch_is_over(const struct tt_writer *w, int64_t now_us);

/* Drops the oldest epoch if it is past retention, or gives free space of the file back; 1 if
 * there may be more to do (retain.c). */
int tt_writer_retain(struct tt_writer *w, struct tt_err *err);

/* Makes one blob of many small ones in the tail when there are too many (merge.c). */
int tt_writer_merge_tail(struct tt_writer *w, struct tt_err *err);

/* Writes the sealed blocks inside a transaction and removes their records from the tail. After
 * the commit tt_writer_sealed_done() forgets them. */
int tt_writer_put_sealed(struct tt_writer *w, struct tt_err *err);
void tt_writer_sealed_done(struct tt_writer *w);

/* Fills in row and hashes of a record that has its seq and recordedAt (stage.c). */
void tt_writer_stage(struct tt_writer *w, const struct tt_record *record, uint32_t cluster);

/* Finds the predecessor of a staged record and notes it as the newest of its identity.
 * `listed`: the record may have one whatever it looks like. */
void tt_writer_link(struct tt_writer *w, struct tt_staged *staged, bool listed);

/* Keeps the WAL small: begins to count its pages, and checkpoints it when due (wal.c). */
void tt_writer_watch_wal(struct tt_writer *w);
void tt_writer_checkpoint(struct tt_writer *w);

/* Checkpoints when nothing was written since the last call, or nothing can be. */
void tt_writer_checkpoint_idle(struct tt_writer *w);
