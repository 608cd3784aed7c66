/* SPDX-License-Identifier: Apache-2.0 */
/* Clusters, cursors, and work that may wait. */
#include "base/assert.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/vec.h"
#include "store/db.h"
#include "store/writer.h"

static bool is_cluster_name(struct tt_str name)
{
	for (size_t i = 0; i < name.len; i++) {
		char c = name.data[i];
		bool plain = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');

		if (!plain && (i == 0 || (c != '-' && c != '.') || (i == name.len - 1)))
			return false;
	}
	return name.len > 0 && name.len <= 253;
}

static const char *kind_name(enum tt_cluster_kind kind)
{
	static const char *const names[] = {"collected", "hosted", "recording"};

	return names[kind];
}

static int insert_cluster(
	struct tt_writer *w, struct tt_str name, enum tt_cluster_kind kind, struct tt_err *err)
{
	sqlite3_stmt *stmt = NULL;
	int rc = tt_db_prepare(
		w->db, &stmt, "INSERT INTO clusters(name,kind,events,gaps) VALUES(?,?,0,0)", err);

	if (rc == 0) {
		tt_db_bind_text(stmt, 1, name);
		(void)sqlite3_bind_int(stmt, 2, (int)kind);
		rc = tt_db_run(stmt, err);
	}
	sqlite3_finalize(stmt);
	return rc;
}

int tt_store_add_cluster(
	struct tt_store *store, struct tt_str name, enum tt_cluster_kind kind, struct tt_err *err)
{
	struct tt_writer *w = store->writer;

	tt_assert(store->magic == TT_STORE_MAGIC && w != NULL);
	const struct tt_writer_cluster *c = tt_writer_cluster(w, name);

	if (c != NULL && c->entry->kind == kind)
		return 0;
	if (c != NULL)
		return tt_fail(err, TT_EINVAL,
			"cluster \"%.*s\" is %s in this log and cannot become %s: give the cluster "
			"another name",
			TT_STR_ARG(name), kind_name(c->entry->kind), kind_name(kind));
	if (!is_cluster_name(name))
		return tt_fail(err, TT_EINVAL,
			"\"%.*s\" cannot be the name of a cluster: it takes lower-case letters, "
			"digits, '-' and '.', and begins and ends with a letter or digit",
			TT_STR_ARG(name));
	int rc = insert_cluster(w, name, kind, err);

	if (rc != 0)
		return rc;
	const struct tt_cluster_entry *entry = tt_store_cluster(store, name);

	if (entry == NULL)
		return tt_fail(
			err, TT_EIO, "cluster \"%.*s\" was not found again", TT_STR_ARG(name));
	*tt_vec_push(&w->clusters) = (struct tt_writer_cluster){
		.entry = entry, .last_event_us = TT_TIME_ZERO};
	return 0;
}

int tt_store_set_cursor(
	struct tt_store *store, struct tt_str name, uint64_t seq, struct tt_err *err)
{
	struct tt_writer *w = store->writer;
	sqlite3_stmt *stmt = w->sql[TT_SQL_CURSOR];

	tt_db_bind_text(stmt, 1, name);
	(void)sqlite3_bind_int64(stmt, 2, (int64_t)seq);
	return tt_db_run(stmt, err);
}

/* Blocks that are full and wait are written without waiting for the next append; so is the open
 * one when it has been open for as long as an epoch may last. */
static int flush_sealed(struct tt_writer *w, struct tt_err *err)
{
	int64_t now = tt_clock_wall_us(w->store->clock);

	if (w->open.n > 0 && tt_writer_epoch_is_over(w, now))
		tt_writer_seal(w);
	if (w->sealed == NULL)
		return 0;
	int rc = tt_writer_begin(w, err);

	if (rc != 0)
		return rc;
	rc = tt_writer_put_sealed(w, err);
	if (rc == 0)
		rc = tt_writer_commit(w, err);
	else
		tt_writer_rollback(w);
	if (rc == 0)
		tt_writer_sealed_done(w);
	return rc;
}

int tt_store_maintain(struct tt_store *store, struct tt_err *err)
{
	struct tt_writer *w = store->writer;

	tt_assert(store->magic == TT_STORE_MAGIC && w != NULL);
	tt_writer_checkpoint(w);
	tt_writer_checkpoint_idle(w);
	int rc = w->failing ? 0 : flush_sealed(w, err);

	if (rc == 0)
		rc = tt_writer_retain(w, err);
	if (rc == 0 && !w->failing)
		rc = tt_writer_merge_tail(w, err);
	if (!w->failing)
		tt_reserve_make(store);
	return rc;
}
