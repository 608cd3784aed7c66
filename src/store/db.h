/* SPDX-License-Identifier: Apache-2.0 */
/* db.h - SQLite, as much of it as a container needs: opening, statements, and its errors as ours.
 *
 * A connection and its statements belong to one thread at a time. */
#pragma once

#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"

enum tt_db_mode {
	TT_DB_WRITE,     /* the one writer; makes the file if it is absent */
	TT_DB_READ,      /* beside a writer */
	TT_DB_IMMUTABLE, /* nobody writes: no locks, no -shm */
};

/* Opens `path`. The connection waits up to 500 ms for locks. */
int tt_db_open(
	sqlite3 **ret, const char *path, enum tt_db_mode mode, const char *vfs, struct tt_err *err);

/* Fills `err` with the last error of `db`, prefixed by what was tried, and returns its code:
 * TT_EFULL, TT_EIO, TT_ECORRUPT, TT_EDENIED or TT_EBUSY. */
int tt_db_fail(sqlite3 *db, const char *tried, struct tt_err *err);

/* Runs SQL without parameters or answer. */
int tt_db_exec(sqlite3 *db, const char *sql, struct tt_err *err);

/* Prepares a statement that is used many times. */
int tt_db_prepare(sqlite3 *db, sqlite3_stmt **ret, const char *sql, struct tt_err *err);

/* One step: 1 for a row, 0 at the end, negative for an error. */
int tt_db_step(sqlite3_stmt *stmt, struct tt_err *err);

/* Steps a statement without answer to its end and resets it. */
int tt_db_run(sqlite3_stmt *stmt, struct tt_err *err);

/* The number that `sql` selects, `otherwise` if there is no row or it is NULL. */
int tt_db_number(sqlite3 *db, const char *sql, int64_t otherwise, int64_t *ret, struct tt_err *err);

/* Binds a blob or text that stays unchanged until the statement is reset. */
void tt_db_bind_blob(sqlite3_stmt *stmt, int at, const void *data, size_t n);
void tt_db_bind_text(sqlite3_stmt *stmt, int at, struct tt_str text);

/* A column as bytes, borrowed until the next step. */
struct tt_str tt_db_column(sqlite3_stmt *stmt, int at);
