/* SPDX-License-Identifier: Apache-2.0 */
/* inside.h - what the parts of the store share: the open log, its writer, and block headers. */
#pragma once

#include <pthread.h>
#include <sqlite3.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "store/block.h"
#include "store/cache.h"
#include "store/care.h"
#include "store/chunk.h"
#include "store/dictionary.h"
#include "store/identity.h"
#include "store/store.h"

struct tt_buf;
struct tt_reader;

enum { TT_STORE_MAGIC = 0x73746f72, TT_DAMAGED_MAX = 256 };

/* Which of 64 * words values occur, by hash: a zone map that forgets nothing and invents little. */
enum { TT_ZONE_NAMESPACE_WORDS = 4, TT_ZONE_REASON_WORDS = 2 };

struct tt_zone {
	uint64_t clusters; /* bit id % 64 */
	uint64_t types;
	uint64_t reasons[TT_ZONE_REASON_WORDS];
	uint64_t namespaces[TT_ZONE_NAMESPACE_WORDS];
};

/* A row of the table of blocks. `id` is the seq of the first record. */
struct tt_block_info {
	uint64_t id, epoch;
	uint32_t n;
	int64_t t_min, t_max;
	int64_t t_max_before; /* largest t in all blocks before this one */
	int64_t recorded_min, recorded_max;
	uint32_t first_string, n_strings, first_sig, n_sigs; /* entries in its chunks */
	uint32_t first_object, n_objects, first_message, n_messages;
	struct tt_zone zone;
	bool damaged; /* nothing is known but what the row says itself */
};

/* Where damage was found by a reader of this process. */
struct tt_damage {
	uint64_t first_seq, last_seq;
	int64_t from_us, to_us;
	uint64_t clusters; /* as in a zone */
	bool in_part;      /* some of these records, it is not known which */
};

struct tt_cluster_entry {
	uint32_t id;
	struct tt_str name; /* owned */
	enum tt_cluster_kind kind;
};

/* The kind that a row says; that of a recording, to which nothing is added, if it is damaged. */
static inline enum tt_cluster_kind tt_cluster_kind_of(int stored)
{
	bool known = stored >= TT_CLUSTER_COLLECTED && stored <= TT_CLUSTER_RECORDING;

	return known ? (enum tt_cluster_kind)stored : TT_CLUSTER_RECORDING;
}

struct tt_store {
	uint32_t magic;
	char *dir, *path, *wal_path, *reserve_path, *vfs;
	bool read_only, immutable;
	size_t reserve_bytes;
	const struct tt_clock *clock;
	const struct tt_log *log;
	int lock_fd;
	uint64_t identity_seed; /* of tt_identity_hash(); made at each opening */
	struct tt_cache *cache;
	struct tt_writer *writer; /* NULL if read only */
	uint64_t head;            /* atomic; of the writing process */

	pthread_mutex_t mutex; /* over all below */
	sqlite3 *db;           /* for positions and status */
	sqlite3_stmt *dropped; /* of tt_store_dropped(); NULL until it is asked */
	struct tt_retention retention;
	struct tt_damage damaged[TT_DAMAGED_MAX];
	size_t n_damaged;
	bool damage_merged; /* the last of a full list stands for many */
	struct {
		struct tt_cluster_entry **items; /* stay where they are until close */
		size_t n, cap;
	} clusters;
};

/* A connection for reading, with the checks of tt_schema_check(). */
int tt_store_connect(struct tt_store *store, sqlite3 **ret, struct tt_err *err);

/* The registered cluster called `name`, or with the number `id`; reads the table anew if there is
 * none in memory. NULL if there is none. Any thread. */
const struct tt_cluster_entry *tt_store_cluster(struct tt_store *store, struct tt_str name);
const struct tt_cluster_entry *tt_store_cluster_by_id(struct tt_store *store, uint32_t id);

/* Notes damage, once. Any thread. Returns whether it is news. When TT_DAMAGED_MAX places are known,
 * the last of them grows instead, which the process's own log says once. */
bool tt_store_note_damage(struct tt_store *store, const struct tt_damage *damage);

/* Forgets damage of records before `oldest`, which are no longer kept. Any thread. */
void tt_store_forget_damage(struct tt_store *store, uint64_t oldest);

/* Retention as it is now. Any thread. */
struct tt_retention tt_store_retention(struct tt_store *store);

/* The earliest recordedAt that views show. Any thread. */
int64_t tt_store_hidden_before(struct tt_store *store);

/* Bytes of a file, 0 if it is not there. */
uint64_t tt_file_bytes(const char *path);

/* The files beside the database: held lock, refused file systems (lock.c). */
int tt_store_lock(struct tt_store *store, struct tt_err *err);
int tt_store_check_filesystem(const char *dir, struct tt_err *err);

/* The name of the network file system with this number in statfs(), NULL if it is none. */
const char *tt_filesystem_refused(unsigned long magic);

/* Makes the reserve file, or gives its space back (reserve.c). */
void tt_reserve_make(struct tt_store *store);
bool tt_reserve_release(struct tt_store *store);

/* tt_store_check() of a log that is open. */
int tt_store_check_open(struct tt_store *store, tt_progress_fn *progress, tt_problem_fn *problem,
	void *arg, struct tt_check_result *ret, struct tt_err *err);

/* A block header as stored in its `info`, and back; false if it is damaged. */
void tt_block_info_pack(struct tt_packer *to, const struct tt_block_info *info);
bool tt_block_info_unpack(struct tt_block_info *info, struct tt_str bytes);

/* Bits of a zone for a text. */
void tt_zone_add(uint64_t *words, unsigned n_words, struct tt_str text);
bool tt_zone_has(const uint64_t *words, unsigned n_words, struct tt_str text);
