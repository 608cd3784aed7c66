/* SPDX-License-Identifier: Apache-2.0 */
/* What is in the log: positions and totals, for any thread. */
#include "base/assert.h"
#include "base/vec.h"
#include "store/db.h"
#include "store/inside.h"

static struct tt_str copy_column(sqlite3_stmt *stmt, int at, struct tt_arena *arena)
{
	return tt_str_dup(arena, tt_db_column(stmt, at));
}

#define POSITION                                                                                   \
	"SELECT c.name, p.namespace, p.epoch, p.rv, p.last_proof, p.shortest_lifetime,"            \
	" p.listing, p.list_rv, p.last_key, p.system_uid FROM positions p"                         \
	" JOIN clusters c ON c.id = p.cluster "

static void take_position(struct tt_position *p, sqlite3_stmt *stmt, struct tt_arena *arena)
{
	*p = (struct tt_position){
		.cluster = copy_column(stmt, 0, arena),
		.namespace = copy_column(stmt, 1, arena),
		.epoch = (uint32_t)sqlite3_column_int64(stmt, 2),
		.rv = (uint64_t)sqlite3_column_int64(stmt, 3),
		.last_proof_us = sqlite3_column_int64(stmt, 4),
		.shortest_lifetime_us = sqlite3_column_int64(stmt, 5),
		.listing = sqlite3_column_int(stmt, 6) != 0,
		.list_rv = (uint64_t)sqlite3_column_int64(stmt, 7),
		.last_key = copy_column(stmt, 8, arena),
		.system_uid = copy_column(stmt, 9, arena),
	};
}

static int read_position(struct tt_store *store, struct tt_str cluster, struct tt_str namespace,
	struct tt_position *ret, struct tt_arena *arena, struct tt_err *err)
{
	sqlite3_stmt *stmt = NULL;
	int rc = tt_db_prepare(store->db, &stmt, POSITION "WHERE c.name=? AND p.namespace=?", err);

	if (rc == 0) {
		tt_db_bind_text(stmt, 1, cluster);
		tt_db_bind_text(stmt, 2, namespace);
		rc = tt_db_step(stmt, err);
	}
	if (rc > 0)
		take_position(ret, stmt, arena);
	sqlite3_finalize(stmt);
	if (rc == 0)
		return tt_fail(err, TT_ENOTFOUND, "cluster \"%.*s\" has no position yet",
			TT_STR_ARG(cluster));
	return rc < 0 ? rc : 0;
}

int tt_store_position(struct tt_store *store, struct tt_str cluster, struct tt_str namespace,
	struct tt_position *ret, struct tt_arena *arena, struct tt_err *err)
{
	(void)pthread_mutex_lock(&store->mutex);
	int rc = read_position(store, cluster, namespace, ret, arena, err);

	(void)pthread_mutex_unlock(&store->mutex);
	return rc;
}

/* --- status --- */

struct clusters {
	struct tt_cluster_status *items;
	size_t n, cap;
};

struct cursors {
	struct tt_cursor_status *items;
	size_t n, cap;
};

struct positions {
	struct tt_position *items;
	size_t n, cap;
};

static int read_clusters(
	sqlite3 *db, struct clusters *to, struct tt_arena *arena, struct tt_err *err)
{
	sqlite3_stmt *stmt = NULL;
	int rc = tt_db_prepare(db, &stmt,
		"SELECT name, kind, events, gaps, last_event FROM clusters ORDER BY id", err);

	while (rc == 0 && (rc = tt_db_step(stmt, err)) > 0) {
		bool has_last = sqlite3_column_type(stmt, 4) != SQLITE_NULL;

		*tt_vec_push(to) = (struct tt_cluster_status){
			.name = copy_column(stmt, 0, arena),
			.kind = tt_cluster_kind_of(sqlite3_column_int(stmt, 1)),
			.events = (uint64_t)sqlite3_column_int64(stmt, 2),
			.gaps = (uint64_t)sqlite3_column_int64(stmt, 3),
			.last_event_us = has_last ? sqlite3_column_int64(stmt, 4) : TT_TIME_ZERO,
		};
		rc = 0;
	}
	sqlite3_finalize(stmt);
	return rc;
}

static int read_positions(
	sqlite3 *db, struct positions *to, struct tt_arena *arena, struct tt_err *err)
{
	sqlite3_stmt *stmt = NULL;
	int rc = tt_db_prepare(db, &stmt, POSITION "ORDER BY p.cluster, p.namespace", err);

	while (rc == 0 && (rc = tt_db_step(stmt, err)) > 0) {
		take_position(tt_vec_push(to), stmt, arena);
		rc = 0;
	}
	sqlite3_finalize(stmt);
	return rc;
}

static int read_cursors(sqlite3 *db, struct cursors *to, struct tt_arena *arena, struct tt_err *err)
{
	sqlite3_stmt *stmt = NULL;
	int rc = tt_db_prepare(db, &stmt, "SELECT name, seq FROM cursors ORDER BY name", err);

	while (rc == 0 && (rc = tt_db_step(stmt, err)) > 0) {
		*tt_vec_push(to) = (struct tt_cursor_status){
			copy_column(stmt, 0, arena), (uint64_t)sqlite3_column_int64(stmt, 1)};
		rc = 0;
	}
	sqlite3_finalize(stmt);
	return rc;
}

static void *to_arena(const void *items, size_t n, size_t size, struct tt_arena *arena)
{
	void *copy = tt_arena_alloc(arena, n * size, 8);

	return n > 0 ? memcpy(copy, items, n * size) : copy;
}

/* Hands each cluster its run of the positions, which are in the same order. */
static void share_positions(
	struct tt_store_status *ret, const struct positions *all, struct tt_arena *arena)
{
	struct tt_position *p = to_arena(all->items, all->n, sizeof(*p), arena);
	size_t at = 0;

	for (size_t i = 0; i < ret->n_clusters; i++) {
		struct tt_cluster_status *c = &ret->clusters[i];

		c->positions = p + at;
		while (at < all->n && tt_str_eq(p[at].cluster, c->name)) {
			at++;
			c->n_positions++;
		}
	}
}

static int64_t time_of(int64_t us)
{
	return us == INT64_MAX || us == INT64_MIN ? TT_TIME_ZERO : us;
}

/* Numbers about blocks and tail. */
static int read_numbers(struct tt_store *s, struct tt_store_status *ret, struct tt_err *err)
{
	static const char sql[] = "SELECT (SELECT id FROM blocks ORDER BY id LIMIT 1),"
				  " (SELECT id+n-1 FROM blocks ORDER BY id DESC LIMIT 1),"
				  " (SELECT recorded_min FROM blocks ORDER BY id LIMIT 1),"
				  " (SELECT recorded_max FROM blocks ORDER BY id DESC LIMIT 1),"
				  " (SELECT coalesce(sum(blocks),0) FROM epochs),"
				  " min(id), max(id+n-1), min(recorded), max(recorded),"
				  " (SELECT value FROM meta WHERE key='head') FROM tail";
	sqlite3_stmt *stmt = NULL;
	int rc = tt_db_prepare(s->db, &stmt, sql, err);

	if (rc == 0)
		rc = tt_db_step(stmt, err);
	if (rc > 0) {
		uint64_t first = (uint64_t)sqlite3_column_int64(stmt, 0);
		uint64_t sealed = (uint64_t)sqlite3_column_int64(stmt, 1);
		uint64_t tail_first = (uint64_t)sqlite3_column_int64(stmt, 5);
		uint64_t tail_last = (uint64_t)sqlite3_column_int64(stmt, 6);
		uint64_t head = (uint64_t)sqlite3_column_int64(stmt, 9);

		ret->head = tail_last > sealed ? tail_last : sealed > head ? sealed : head;
		ret->oldest = first > 0 ? first : tail_last > 0 ? tail_first : ret->head + 1;
		ret->blocks = (uint64_t)sqlite3_column_int64(stmt, 4);
		if (tail_last > sealed)
			ret->tail_records = tail_last -
					    (tail_first > sealed ? tail_first - 1 : sealed);
		ret->first_recorded_us = first > 0       ? sqlite3_column_int64(stmt, 2)
					 : tail_last > 0 ? sqlite3_column_int64(stmt, 7)
							 : TT_TIME_ZERO;
		ret->last_recorded_us = tail_last > 0 ? sqlite3_column_int64(stmt, 8)
					: sealed > 0  ? sqlite3_column_int64(stmt, 3)
						      : TT_TIME_ZERO;
		ret->first_recorded_us = time_of(ret->first_recorded_us);
	}
	sqlite3_finalize(stmt);
	return rc < 0 ? rc : 0;
}

/* The size of the file once all that is committed has been copied into it. */
static int read_size(sqlite3 *db, struct tt_store_status *ret, struct tt_err *err)
{
	int64_t pages, size;
	int rc = tt_db_number(db, "PRAGMA page_count", 0, &pages, err);

	if (rc == 0)
		rc = tt_db_number(db, "PRAGMA page_size", 0, &size, err);
	if (rc == 0)
		ret->bytes = (uint64_t)(pages * size);
	return rc;
}

static int read_log_name(
	sqlite3 *db, struct tt_store_status *ret, struct tt_arena *arena, struct tt_err *err)
{
	sqlite3_stmt *stmt = NULL;
	int rc = tt_db_prepare(db, &stmt, "SELECT value FROM meta WHERE key='log'", err);

	if (rc == 0)
		rc = tt_db_step(stmt, err);
	if (rc > 0)
		ret->log = copy_column(stmt, 0, arena);
	sqlite3_finalize(stmt);
	return rc < 0 ? rc : 0;
}

static int read_status(
	struct tt_store *s, struct tt_store_status *ret, struct tt_arena *arena, struct tt_err *err)
{
	struct clusters clusters = {0};
	struct positions positions = {0};
	struct cursors cursors = {0};
	int rc = tt_db_exec(s->db, "BEGIN", err);

	if (rc != 0)
		return rc;
	rc = read_log_name(s->db, ret, arena, err);
	if (rc == 0)
		rc = read_numbers(s, ret, err);
	if (rc == 0)
		rc = read_size(s->db, ret, err);
	if (rc == 0)
		rc = read_clusters(s->db, &clusters, arena, err);
	if (rc == 0)
		rc = read_positions(s->db, &positions, arena, err);
	if (rc == 0)
		rc = read_cursors(s->db, &cursors, arena, err);
	(void)tt_db_exec(s->db, "COMMIT", NULL);
	ret->clusters = to_arena(clusters.items, clusters.n, sizeof(*clusters.items), arena);
	ret->n_clusters = clusters.n;
	ret->cursors = to_arena(cursors.items, cursors.n, sizeof(*cursors.items), arena);
	ret->n_cursors = cursors.n;
	share_positions(ret, &positions, arena);
	tt_vec_release(&clusters);
	tt_vec_release(&positions);
	tt_vec_release(&cursors);
	return rc;
}

int tt_store_status(struct tt_store *store, struct tt_store_status *ret, struct tt_arena *arena,
	struct tt_err *err)
{
	tt_assert(store->magic == TT_STORE_MAGIC);
	*ret = (struct tt_store_status){
		.first_recorded_us = TT_TIME_ZERO, .last_recorded_us = TT_TIME_ZERO};
	(void)pthread_mutex_lock(&store->mutex);
	int rc = read_status(store, ret, arena, err);

	(void)pthread_mutex_unlock(&store->mutex);
	ret->wal_bytes = tt_file_bytes(store->wal_path);
	ret->reserve_bytes = tt_file_bytes(store->reserve_path);
	return rc;
}

/* Each watch begins with it: the memory that making the statement takes and frees would stay with
 * the thread of each. */
static int read_dropped(struct tt_store *store, struct tt_dropped *ret, struct tt_err *err)
{
	int rc = 0;

	if (store->dropped == NULL)
		rc = tt_db_prepare(store->db, &store->dropped,
			"SELECT a.value, r.value, h.value FROM meta a, meta r, meta h WHERE a.key="
			"'dropped_at' AND r.key='dropped_recorded' AND h.key='dropped_head'",
			err);
	if (rc == 0)
		rc = tt_db_step(store->dropped, err);
	if (rc > 0)
		*ret = (struct tt_dropped){sqlite3_column_int64(store->dropped, 0),
			sqlite3_column_int64(store->dropped, 1),
			(uint64_t)sqlite3_column_int64(store->dropped, 2)};
	(void)sqlite3_reset(store->dropped);
	return rc < 0 ? rc : 0;
}

int tt_store_dropped(struct tt_store *store, struct tt_dropped *ret, struct tt_err *err)
{
	*ret = (struct tt_dropped){TT_TIME_ZERO, TT_TIME_ZERO, 0};
	(void)pthread_mutex_lock(&store->mutex);
	int rc = read_dropped(store, ret, err);

	(void)pthread_mutex_unlock(&store->mutex);
	return rc;
}

uint64_t tt_store_head(struct tt_store *store)
{
	if (store->writer != NULL)
		return __atomic_load_n(&store->head, __ATOMIC_ACQUIRE);
	int64_t head;

	(void)pthread_mutex_lock(&store->mutex);
	int rc = tt_db_number(store->db,
		"SELECT max((SELECT coalesce(max(id+n-1),0) FROM tail),"
		" (SELECT coalesce((SELECT id+n-1 FROM blocks ORDER BY id DESC LIMIT 1),0)),"
		" (SELECT coalesce((SELECT value FROM meta WHERE key='head'),0)))",
		0, &head, NULL);

	(void)pthread_mutex_unlock(&store->mutex);
	return rc == 0 ? (uint64_t)head : 0;
}
