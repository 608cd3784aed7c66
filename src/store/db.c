/* SPDX-License-Identifier: Apache-2.0 */
#include "store/db.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"

enum { BUSY_WAIT_MS = 500, URI_MAX_BYTES = 16384 };

/* Events may hold secrets: others than the owner and the group get no access. SQLite would make the
 * file for everybody to read; what it makes beside it has the rights of the file. */
static void make_private(const char *path)
{
	int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0640);

	if (fd >= 0) /* else SQLite says what is wrong, if anything is */
		(void)close(fd);
}

/* A path as an SQLite URI that says that the file does not change. */
static void put_immutable_uri(struct tt_buf *to, const char *path)
{
	tt_buf_text(to, "file:");
	for (const char *c = path; *c != '\0'; c++) {
		if (*c == '%' || *c == '?' || *c == '#')
			tt_buf_printf(to, "%%%02x", (unsigned char)*c);
		else
			tt_buf_char(to, *c);
	}
	tt_buf_text(to, "?immutable=1");
}

int tt_db_open(
	sqlite3 **ret, const char *path, enum tt_db_mode mode, const char *vfs, struct tt_err *err)
{
	int flags = SQLITE_OPEN_NOMUTEX;
	struct tt_buf uri;

	tt_buf_init(&uri, URI_MAX_BYTES);
	if (mode == TT_DB_IMMUTABLE)
		put_immutable_uri(&uri, path);
	if (mode == TT_DB_WRITE)
		make_private(path);
	flags |= mode == TT_DB_WRITE  ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE
		 : mode == TT_DB_READ ? SQLITE_OPEN_READONLY
				      : SQLITE_OPEN_READONLY | SQLITE_OPEN_URI;
	int rc = sqlite3_open_v2(mode == TT_DB_IMMUTABLE ? uri.data : path, ret, flags, vfs);

	tt_buf_release(&uri);
	if (rc != SQLITE_OK) {
		int code = tt_db_fail(*ret, path, err);

		sqlite3_close(*ret);
		*ret = NULL;
		return code;
	}
	(void)sqlite3_extended_result_codes(*ret, 1);
	(void)sqlite3_busy_timeout(*ret, BUSY_WAIT_MS);
	return 0;
}

static enum tt_code code_of(sqlite3 *db)
{
	int rc = sqlite3_extended_errcode(db), system = sqlite3_system_errno(db);

	switch (rc & 0xff) {
	case SQLITE_FULL: return TT_EFULL;
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB: return TT_ECORRUPT;
	case SQLITE_BUSY:
	case SQLITE_LOCKED: return TT_EBUSY;
	case SQLITE_PERM:
	case SQLITE_READONLY:
	case SQLITE_AUTH: return TT_EDENIED;
	case SQLITE_CANTOPEN: return system == EACCES || system == EROFS ? TT_EDENIED : TT_EIO;
	case SQLITE_IOERR: return system == ENOSPC || system == EDQUOT ? TT_EFULL : TT_EIO;
	default: return TT_EIO;
	}
}

int tt_db_fail(sqlite3 *db, const char *tried, struct tt_err *err)
{
	if (db == NULL)
		return tt_fail(err, TT_EIO, "%s: no memory for a connection", tried);
	int system = sqlite3_system_errno(db);
	enum tt_code code = code_of(db);

	if (code == TT_EFULL)
		return tt_fail(err, code, "%s: the disk is full", tried);
	if (system != 0 && code != TT_ECORRUPT && code != TT_EBUSY) {
		char text[128];

		return tt_fail(err, code, "%s: %s (%s)", tried, sqlite3_errmsg(db),
			strerror_r(system, text, sizeof(text)));
	}
	return tt_fail(err, code, "%s: %s", tried, sqlite3_errmsg(db));
}

int tt_db_exec(sqlite3 *db, const char *sql, struct tt_err *err)
{
	return sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK ? 0 : tt_db_fail(db, sql, err);
}

int tt_db_prepare(sqlite3 *db, sqlite3_stmt **ret, const char *sql, struct tt_err *err)
{
	if (sqlite3_prepare_v3(db, sql, -1, SQLITE_PREPARE_PERSISTENT, ret, NULL) == SQLITE_OK)
		return 0;
	return tt_db_fail(db, sql, err);
}

int tt_db_step(sqlite3_stmt *stmt, struct tt_err *err)
{
	switch (sqlite3_step(stmt)) {
	case SQLITE_ROW: return 1;
	case SQLITE_DONE: return 0;
	default: return tt_db_fail(sqlite3_db_handle(stmt), sqlite3_sql(stmt), err);
	}
}

int tt_db_run(sqlite3_stmt *stmt, struct tt_err *err)
{
	int rc = tt_db_step(stmt, err);

	(void)sqlite3_reset(stmt);
	return rc < 0 ? rc : 0;
}

int tt_db_number(sqlite3 *db, const char *sql, int64_t otherwise, int64_t *ret, struct tt_err *err)
{
	sqlite3_stmt *stmt = NULL;
	int rc = tt_db_prepare(db, &stmt, sql, err);

	*ret = otherwise;
	if (rc == 0)
		rc = tt_db_step(stmt, err);
	if (rc > 0 && sqlite3_column_type(stmt, 0) != SQLITE_NULL)
		*ret = sqlite3_column_int64(stmt, 0);
	sqlite3_finalize(stmt);
	return rc < 0 ? rc : 0;
}

void tt_db_bind_blob(sqlite3_stmt *stmt, int at, const void *data, size_t n)
{
	(void)sqlite3_bind_blob64(stmt, at, n > 0 ? data : "", n, SQLITE_STATIC);
}

void tt_db_bind_text(sqlite3_stmt *stmt, int at, struct tt_str text)
{
	(void)sqlite3_bind_text64(
		stmt, at, text.len > 0 ? text.data : "", text.len, SQLITE_STATIC, SQLITE_UTF8);
}

struct tt_str tt_db_column(sqlite3_stmt *stmt, int at)
{
	const void *data = sqlite3_column_blob(stmt, at);

	return (struct tt_str){data, (size_t)sqlite3_column_bytes(stmt, at)};
}
