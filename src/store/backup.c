/* SPDX-License-Identifier: Apache-2.0 */
/* A copy of a log that may be written meanwhile. Blocks never change, so that they are copied one
 * by one, each read by itself; what does change is read in one short transaction at the end. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/mem.h"
#include "store/care.h"
#include "store/db.h"
#include "store/inside.h"
#include "store/schema.h"

enum { PATH_MAX_BYTES = 4096, LINKS_AT_ONCE = 2000, SQL_MAX = 256 };

struct backup {
	sqlite3 *from, *to;
	char *dir, *partial, *final;
	bool made_dir;
	uint64_t copied; /* all blocks up to this id are */
	uint64_t done, total;
	tt_progress_fn *progress;
	void *arg;
};

static char *path_in(const char *dir, const char *name)
{
	struct tt_buf b;

	tt_buf_init(&b, PATH_MAX_BYTES);
	tt_buf_printf(&b, "%s/%s", dir, name);
	return b.data;
}

/* Copies the rows that `select` gives into `table`, which has as many columns. The parameters of
 * `select` are `a` and `b`. Returns the number of rows. */
static int copy_rows(struct backup *k, const char *select, const char *table, int64_t a, int64_t b,
	struct tt_err *err)
{
	static const char marks[] = "?,?,?,?,?,?,?,?,?,?,?,?";
	char insert[SQL_MAX];
	sqlite3_stmt *in = NULL, *out = NULL;
	int n = 0, rc = tt_db_prepare(k->from, &in, select, err);

	if (rc == 0) {
		int columns = sqlite3_column_count(in);

		(void)snprintf(insert, sizeof(insert), "INSERT OR REPLACE INTO %s VALUES(%.*s)",
			table, 2 * columns - 1, marks);
		rc = tt_db_prepare(k->to, &out, insert, err);
	}
	if (rc == 0) {
		(void)sqlite3_bind_int64(in, 1, a);
		(void)sqlite3_bind_int64(in, 2, b);
	}
	while (rc == 0 && (rc = tt_db_step(in, err)) > 0) {
		for (int i = 0; i < sqlite3_column_count(in); i++)
			(void)sqlite3_bind_value(out, i + 1, sqlite3_column_value(in, i));
		rc = tt_db_run(out, err);
		n++;
	}
	sqlite3_finalize(in);
	sqlite3_finalize(out);
	return rc < 0 ? rc : n;
}

static int copy_block(struct backup *k, uint64_t block, struct tt_err *err)
{
	int64_t id = (int64_t)block;
	int rc = tt_db_exec(k->to, "BEGIN", err);

	if (rc >= 0)
		rc = copy_rows(k, "SELECT * FROM columns WHERE id BETWEEN ? AND ?", "columns",
			id * TT_PARTS, id * TT_PARTS + TT_PARTS - 1, err);
	if (rc >= 0)
		rc = copy_rows(k, "SELECT * FROM chunks WHERE id BETWEEN ? AND ?", "chunks", id * 4,
			id * 4 + 3, err);
	if (rc >= 0)
		rc = copy_rows(k, "SELECT * FROM outlines WHERE block BETWEEN ? AND ?", "outlines",
			id, id, err);
	if (rc >= 0)
		rc = copy_rows(
			k, "SELECT * FROM blocks WHERE id BETWEEN ? AND ?", "blocks", id, id, err);
	if (rc >= 0)
		rc = tt_db_exec(k->to, "COMMIT", err);
	if (rc >= 0) {
		k->copied = block;
		k->done++;
		if (k->progress != NULL)
			rc = k->progress(k->arg, k->done, k->total > k->done ? k->total : k->done);
	}
	return rc;
}

/* Copies blocks until none is left for the moment. */
static int copy_blocks(struct backup *k, struct tt_err *err)
{
	sqlite3_stmt *next = NULL;
	int rc = tt_db_prepare(
		k->from, &next, "SELECT id FROM blocks WHERE id > ? ORDER BY id LIMIT 1", err);

	while (rc == 0) {
		(void)sqlite3_bind_int64(next, 1, (int64_t)k->copied);
		rc = tt_db_step(next, err);
		uint64_t block = rc > 0 ? (uint64_t)sqlite3_column_int64(next, 0) : 0;

		(void)sqlite3_reset(next);
		if (rc <= 0)
			break;
		rc = copy_block(k, block, err);
	}
	sqlite3_finalize(next);
	return rc;
}

/* The tables that change, as they are at one moment. */
static int copy_state(struct backup *k, struct tt_err *err)
{
	static const char *const tables[] = {
		"epochs", "clusters", "positions", "cursors", "gaps", "meta", "tail"};
	int64_t first;
	int rc = tt_db_exec(k->from, "BEGIN", err);

	if (rc == 0)
		rc = copy_blocks(k, err);
	if (rc == 0)
		rc = tt_db_exec(k->to, "BEGIN", err);
	for (size_t i = 0; rc >= 0 && i < sizeof(tables) / sizeof(tables[0]); i++) {
		char sql[SQL_MAX];

		(void)snprintf(sql, sizeof(sql), "SELECT * FROM %s", tables[i]);
		rc = copy_rows(k, sql, tables[i], 0, 0, err);
	}
	if (rc >= 0)
		rc = tt_db_number(k->from, "SELECT id FROM blocks ORDER BY id LIMIT 1",
			INT64_MAX / 8, &first, err);
	if (rc >= 0) { /* what retention has dropped since it was copied */
		char sql[SQL_MAX];

		(void)snprintf(sql, sizeof(sql),
			"DELETE FROM columns WHERE id < %lld; DELETE FROM chunks WHERE id < %lld;"
			"DELETE FROM outlines WHERE block < %lld;"
			"DELETE FROM blocks WHERE id < %lld",
			(long long)first * 2, (long long)first * 4, (long long)first,
			(long long)first);
		rc = tt_db_exec(k->to, sql, err);
	}
	if (rc >= 0)
		rc = tt_db_exec(k->to, "COMMIT", err);
	(void)tt_db_exec(k->from, "COMMIT", NULL);
	return rc < 0 ? rc : 0;
}

/* Links between blocks that were copied; later ones are left out. */
static int copy_links(struct backup *k, struct tt_err *err)
{
	int64_t target = 0, source = 0;
	int n;

	do {
		char sql[SQL_MAX];

		(void)snprintf(sql, sizeof(sql),
			"SELECT * FROM links WHERE (target, source) > (?,?) LIMIT %d",
			(int)LINKS_AT_ONCE);
		n = tt_db_exec(k->to, "BEGIN", err);
		if (n >= 0)
			n = copy_rows(k, sql, "links", target, source, err);
		if (n >= 0 && tt_db_exec(k->to, "COMMIT", err) != 0)
			n = TT_EIO;
		if (n > 0 && (tt_db_number(k->to, "SELECT max(target) FROM links", 0, &target,
				      err) != 0 ||
				     tt_db_number(k->to,
					     "SELECT source FROM links ORDER BY target DESC,"
					     " source DESC LIMIT 1",
					     0, &source, err) != 0))
			n = TT_EIO;
	} while (n == LINKS_AT_ONCE);
	if (n < 0)
		return n;
	char sql[SQL_MAX];

	(void)snprintf(sql, sizeof(sql), "DELETE FROM links WHERE source > %llu",
		(unsigned long long)k->copied);
	return tt_db_exec(k->to, sql, err);
}

/* Makes sure that `dir` is there and holds nothing. */
static int make_empty_dir(struct backup *k, struct tt_err *err)
{
	char text[128];

	if (mkdir(k->dir, 0750) == 0) {
		k->made_dir = true;
		return 0;
	}
	if (errno != EEXIST)
		return tt_fail(err, errno == EACCES ? TT_EDENIED : TT_EIO, "%s: %s", k->dir,
			strerror_r(errno, text, sizeof(text)));
	if (faccessat(AT_FDCWD, k->dir, W_OK | X_OK, AT_EACCESS) != 0)
		return tt_fail(err, errno == EACCES || errno == EROFS ? TT_EDENIED : TT_EIO,
			"%s: %s", k->dir, strerror_r(errno, text, sizeof(text)));
	DIR *d = opendir(k->dir);
	size_t n = 0;

	if (d == NULL)
		return tt_fail(
			err, TT_EINVAL, "%s: %s", k->dir, strerror_r(errno, text, sizeof(text)));
	for (const struct dirent *e = readdir(d); e != NULL; e = readdir(d))
		n += strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0;
	(void)closedir(d);
	if (n > 0)
		return tt_fail(err, TT_EINVAL,
			"%s is not empty: a backup goes into a new directory", k->dir);
	return 0;
}

static int copy_all(struct backup *k, struct tt_err *err)
{
	int64_t total;
	int rc = tt_db_number(
		k->from, "SELECT coalesce(sum(blocks),0) FROM epochs", 0, &total, err);

	k->total = (uint64_t)total;
	if (rc == 0)
		rc = tt_db_exec(k->to, "PRAGMA synchronous=NORMAL", err);
	if (rc == 0)
		rc = copy_blocks(k, err);
	if (rc == 0)
		rc = copy_state(k, err);
	if (rc == 0)
		rc = copy_links(k, err);
	if (rc == 0 && sqlite3_wal_checkpoint_v2(
			       k->to, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL) != SQLITE_OK)
		rc = tt_db_fail(k->to, "writing the backup", err);
	return rc;
}

static void sync_dir(const char *dir)
{
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return;
	(void)fsync(fd);
	(void)close(fd);
}

/* Gives the finished file its name, or removes everything. */
static int finish(struct backup *k, int rc, struct tt_err *err)
{
	char text[128];

	sqlite3_close(k->to);
	k->to = NULL;
	if (rc == 0 && rename(k->partial, k->final) != 0)
		rc = tt_fail(
			err, TT_EIO, "%s: %s", k->final, strerror_r(errno, text, sizeof(text)));
	if (rc == 0) {
		sync_dir(k->dir);
		return 0;
	}
	static const char *const suffixes[] = {"", "-wal", "-shm"};

	for (size_t i = 0; i < 3; i++) {
		struct tt_buf path;

		tt_buf_init(&path, PATH_MAX_BYTES);
		tt_buf_printf(&path, "%s%s", k->partial, suffixes[i]);
		(void)unlink(path.data);
		tt_buf_release(&path);
	}
	if (k->made_dir)
		(void)rmdir(k->dir);
	return rc;
}

int tt_store_backup(
	const char *dir, const char *to, tt_progress_fn *progress, void *arg, struct tt_err *err)
{
	struct tt_store_options options = {.dir = dir, .read_only = true};
	struct tt_store *store;
	struct backup k = {.progress = progress, .arg = arg};
	int rc = tt_store_open(&store, &options, err);

	if (rc != 0)
		return rc;
	k.dir = tt_strdup(to);
	k.partial = path_in(to, "telltale.db.partial");
	k.final = path_in(to, "telltale.db");
	rc = make_empty_dir(&k, err);
	if (rc == 0) {
		rc = tt_store_connect(store, &k.from, err);
		if (rc == 0)
			rc = tt_db_open(&k.to, k.partial, TT_DB_WRITE, NULL, err);
		if (rc == 0)
			rc = tt_schema_prepare(k.to, err);
		if (rc == 0)
			rc = copy_all(&k, err);
		rc = finish(&k, rc, err);
	}
	sqlite3_close(k.from);
	tt_store_close(store);
	tt_free(k.dir);
	tt_free(k.partial);
	tt_free(k.final);
	return rc;
}
