/* SPDX-License-Identifier: Apache-2.0 */
#include "store/schema.h"

#include <stdint.h>
#include <stdio.h>

#include "store/db.h"

enum { APPLICATION_ID = 0x74746c67 }; /* "ttlg" */

/* Number i leads from version i to i + 1. Never changed once released, and none rewrites blocks.
 * Everything that can be large is keyed by the seq of its first record:
 * columns by 2 * block + part, chunks by 4 * block + kind, where the last kind are the grams. */
static const char *const migrations[] = {
	"CREATE TABLE meta(key TEXT PRIMARY KEY, value) WITHOUT ROWID;"
	"CREATE TABLE clusters(id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE,"
	" kind INTEGER NOT NULL, events INTEGER NOT NULL, gaps INTEGER NOT NULL,"
	" last_event INTEGER);"
	"CREATE TABLE positions(cluster INTEGER NOT NULL, namespace TEXT NOT NULL,"
	" epoch INTEGER NOT NULL, rv INTEGER NOT NULL, last_proof INTEGER NOT NULL,"
	" shortest_lifetime INTEGER NOT NULL, listing INTEGER NOT NULL, list_rv INTEGER NOT NULL,"
	" last_key TEXT NOT NULL, system_uid TEXT NOT NULL,"
	" PRIMARY KEY(cluster, namespace)) WITHOUT ROWID;"
	"CREATE TABLE cursors(name TEXT PRIMARY KEY, seq INTEGER NOT NULL) WITHOUT ROWID;"
	"CREATE TABLE gaps(seq INTEGER PRIMARY KEY, cluster INTEGER NOT NULL,"
	" recorded INTEGER NOT NULL, from_us INTEGER NOT NULL, to_us INTEGER NOT NULL,"
	" body BLOB NOT NULL);"
	"CREATE TABLE epochs(id INTEGER PRIMARY KEY, blocks INTEGER NOT NULL,"
	" first_block INTEGER NOT NULL, last_seq INTEGER NOT NULL, t_min INTEGER NOT NULL,"
	" t_max INTEGER NOT NULL, t_max_before INTEGER NOT NULL, recorded_min INTEGER NOT NULL,"
	" recorded_max INTEGER NOT NULL, bytes INTEGER NOT NULL, clusters BLOB NOT NULL);"
	"CREATE TABLE blocks(id INTEGER PRIMARY KEY, epoch INTEGER NOT NULL,"
	" n INTEGER NOT NULL, t_min INTEGER NOT NULL, t_max INTEGER NOT NULL,"
	" t_max_before INTEGER NOT NULL, recorded_min INTEGER NOT NULL,"
	" recorded_max INTEGER NOT NULL, info BLOB NOT NULL);"
	"CREATE TABLE columns(id INTEGER PRIMARY KEY, data BLOB NOT NULL);"
	"CREATE TABLE chunks(id INTEGER PRIMARY KEY, data BLOB NOT NULL);"
	"CREATE TABLE outlines(block INTEGER PRIMARY KEY, filter BLOB NOT NULL,"
	" summary BLOB NOT NULL);"
	"CREATE TABLE links(target INTEGER NOT NULL, source INTEGER NOT NULL,"
	" data BLOB NOT NULL, PRIMARY KEY(target, source)) WITHOUT ROWID;"
	"CREATE TABLE tail(id INTEGER PRIMARY KEY, n INTEGER NOT NULL,"
	" recorded INTEGER NOT NULL, data BLOB NOT NULL);",
};

enum { VERSION = sizeof(migrations) / sizeof(migrations[0]) };

static int check(sqlite3 *db, int64_t *ret_version, struct tt_err *err)
{
	int64_t id;
	int rc = tt_db_number(db, "PRAGMA user_version", 0, ret_version, err);

	if (rc != 0 && (sqlite3_errcode(db) & 0xff) == SQLITE_NOTADB)
		return tt_fail(err, TT_ECORRUPT,
			"the file is no log of telltale, or its first page is destroyed");
	if (rc == 0)
		rc = tt_db_number(db, "PRAGMA application_id", 0, &id, err);
	if (rc != 0)
		return rc;
	if ((*ret_version != 0 && id != APPLICATION_ID) || (*ret_version == 0 && id != 0))
		return tt_fail(
			err, TT_ECORRUPT, "the file is an SQLite database of another program");
	if (*ret_version > VERSION)
		return tt_fail(err, TT_ESCHEMA,
			"the log was written by a newer telltale (schema %lld, this one knows %d): "
			"upgrade telltale, or use another data directory",
			(long long)*ret_version, (int)VERSION);
	return 0;
}

static int migrate(sqlite3 *db, int64_t version, struct tt_err *err)
{
	char sql[96];
	int rc = tt_db_exec(db, "BEGIN IMMEDIATE", err);

	for (; rc == 0 && version < VERSION; version++)
		rc = tt_db_exec(db, migrations[version], err);
	(void)snprintf(sql, sizeof(sql), "PRAGMA user_version=%d; PRAGMA application_id=%d",
		(int)VERSION, (int)APPLICATION_ID);
	if (rc == 0)
		rc = tt_db_exec(db, sql, err);
	if (rc == 0)
		rc = tt_db_exec(db, "COMMIT", err);
	if (rc != 0 && !sqlite3_get_autocommit(db))
		(void)tt_db_exec(db, "ROLLBACK", NULL);
	return rc;
}

int tt_schema_prepare(sqlite3 *db, struct tt_err *err)
{
	int64_t version, tables;
	int rc = check(db, &version, err);

	if (rc == 0)
		rc = tt_db_number(db, "SELECT count(*) FROM sqlite_schema", 0, &tables, err);
	if (rc != 0)
		return rc;
	if (version == 0 && tables > 0)
		return tt_fail(
			err, TT_ECORRUPT, "the file is an SQLite database of another program");
	if (version == 0) /* effective only before the first table */
		rc = tt_db_exec(db, "PRAGMA auto_vacuum=INCREMENTAL", err);
	if (rc == 0)
		rc = tt_db_exec(db,
			"PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
			"PRAGMA wal_autocheckpoint=0; PRAGMA secure_delete=OFF;"
			"PRAGMA cache_size=-512; PRAGMA temp_store=MEMORY",
			err);
	return rc == 0 && version < VERSION ? migrate(db, version, err) : rc;
}

int tt_schema_check(sqlite3 *db, struct tt_err *err)
{
	int64_t version;
	int rc = check(db, &version, err);

	if (rc == 0 && version == 0)
		return tt_fail(err, TT_ENOTFOUND, "there is no log yet");
	if (rc == 0 && version < VERSION)
		return tt_fail(err, TT_ESCHEMA,
			"the log has the old schema %lld: start telltaled on it once",
			(long long)version);
	return rc == 0 ? tt_db_exec(db, "PRAGMA query_only=ON; PRAGMA cache_size=-512", err) : rc;
}
