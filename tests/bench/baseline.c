/* SPDX-License-Identifier: Apache-2.0 */
#include "baseline.h"

#include <sqlite3.h>
#include <string.h>

#include "base/mem.h"
#include "bench.h"
#include "measure.h"
#include "store/record.h"

static const char schema[] =
	"PRAGMA journal_mode = WAL;"
	"PRAGMA synchronous = FULL;"
	"PRAGMA cache_size = -65536;"
	"CREATE TABLE event ("
	" id INTEGER PRIMARY KEY, cluster TEXT, change INTEGER, recorded_at INTEGER, t INTEGER,"
	" namespace TEXT, name TEXT, uid TEXT, resource_version INTEGER, created INTEGER,"
	" object_kind TEXT, object_namespace TEXT, object_name TEXT, object_uid TEXT,"
	" object_api_version TEXT, object_resource_version TEXT, object_field_path TEXT,"
	" reason TEXT, message TEXT, source_component TEXT, source_host TEXT,"
	" first INTEGER, last INTEGER, count INTEGER, type TEXT, event_time INTEGER,"
	" series_count INTEGER, series_last INTEGER, action TEXT,"
	" reporting_component TEXT, reporting_instance TEXT);"
	"CREATE INDEX event_t ON event (t);"
	"CREATE INDEX event_namespace ON event (namespace, t);"
	"CREATE INDEX event_object ON event (object_name, object_namespace, object_kind);"
	"CREATE INDEX event_reason ON event (reason, t);"
	"CREATE VIRTUAL TABLE words USING fts5 (message, content = 'event', content_rowid = 'id');";

enum { N_COLUMNS = 31 };

struct baseline {
	sqlite3 *db;
	sqlite3_stmt *insert, *index_message;
	char *path;
	int64_t next_id;
};

static void check(struct baseline *b, int rc, const char *what)
{
	if (rc != SQLITE_OK && rc != SQLITE_DONE && rc != SQLITE_ROW)
		bench_die("baseline: %s: %s", what, sqlite3_errmsg(b->db));
}

static void execute(struct baseline *b, const char *sql)
{
	check(b, sqlite3_exec(b->db, sql, NULL, NULL, NULL), sql);
}

static sqlite3_stmt *prepare(struct baseline *b, const char *sql)
{
	sqlite3_stmt *s = NULL;

	check(b, sqlite3_prepare_v2(b->db, sql, -1, &s, NULL), sql);
	return s;
}

struct baseline *baseline_open(const char *path)
{
	struct baseline *b = tt_calloc(1, sizeof(*b));

	b->path = tt_strdup(path);
	b->next_id = 1;
	check(b, sqlite3_open(path, &b->db), "open");
	execute(b, schema);
	b->insert = prepare(b,
		"INSERT INTO event VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, "
		"?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
	b->index_message = prepare(b, "INSERT INTO words (rowid, message) VALUES (?, ?)");
	return b;
}

void baseline_close(struct baseline *b)
{
	(void)sqlite3_finalize(b->insert);
	(void)sqlite3_finalize(b->index_message);
	(void)sqlite3_close(b->db);
	tt_free(b->path);
	tt_free(b);
}

/* Binding in the order of the columns. */
struct binder {
	sqlite3_stmt *statement;
	int column;
};

static void bind_text(struct binder *to, struct tt_str s)
{
	(void)sqlite3_bind_text(
		to->statement, ++to->column, s.len > 0 ? s.data : "", (int)s.len, SQLITE_STATIC);
}

static void bind_number(struct binder *to, int64_t value)
{
	(void)sqlite3_bind_int64(to->statement, ++to->column, value);
}

static void bind_time(struct binder *to, int64_t us)
{
	if (us == TT_TIME_ZERO)
		(void)sqlite3_bind_null(to->statement, ++to->column);
	else
		bind_number(to, us);
}

static void bind_object(struct binder *to, const struct tt_objectref *r)
{
	bind_text(to, r->kind);
	bind_text(to, r->namespace);
	bind_text(to, r->name);
	bind_text(to, r->uid);
	bind_text(to, r->api_version);
	bind_text(to, r->resource_version);
	bind_text(to, r->field_path);
}

static void bind_event(struct binder *to, const struct tt_record *r, int64_t now_us)
{
	const struct tt_event *e = &r->event;
	uint64_t rv = 0;

	(void)tt_event_rv(e, &rv);
	bind_text(to, r->cluster);
	bind_number(to, r->change);
	bind_number(to, now_us);
	bind_number(to, tt_event_time_us(e, now_us));
	bind_text(to, e->metadata.namespace);
	bind_text(to, e->metadata.name);
	bind_text(to, e->metadata.uid);
	bind_number(to, (int64_t)rv);
	bind_time(to, e->metadata.creation_us);
	bind_object(to, &e->involved_object);
	bind_text(to, e->reason);
	bind_text(to, e->message);
	bind_text(to, e->source_component);
	bind_text(to, e->source_host);
	bind_time(to, e->first_timestamp_us);
	bind_time(to, e->last_timestamp_us);
	bind_number(to, e->count);
	bind_text(to, e->type);
	bind_time(to, e->event_time_us);
	bind_number(to, e->has_series ? e->series_count : 0);
	bind_time(to, e->has_series ? e->series_last_observed_us : TT_TIME_ZERO);
	bind_text(to, e->action);
	bind_text(to, e->reporting_component);
	bind_text(to, e->reporting_instance);
}

static void step(struct baseline *b, sqlite3_stmt *s)
{
	check(b, sqlite3_step(s), "insert");
	(void)sqlite3_reset(s);
}

static void append_record(struct baseline *b, const struct tt_record *r, int64_t now_us)
{
	struct binder row = {b->insert, 0}, text = {b->index_message, 0};

	bind_number(&row, b->next_id);
	bind_event(&row, r, now_us);
	step(b, b->insert);
	bind_number(&text, b->next_id++);
	bind_text(&text, r->event.message);
	step(b, b->index_message);
}

void baseline_append(struct baseline *b, struct tt_batch *const *batches, size_t n)
{
	execute(b, "BEGIN");
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < batches[i]->n; k++)
			append_record(
				b, &batches[i]->records[k], batches[i]->position->last_proof_us);
	execute(b, "COMMIT");
}

uint64_t baseline_bytes(struct baseline *b)
{
	execute(b, "PRAGMA wal_checkpoint(TRUNCATE)");
	return measure_file_bytes(b->path);
}

/* Runs the query and reads every column, as whoever shows the rows must. */
static uint64_t run(struct baseline *b, sqlite3_stmt *s)
{
	uint64_t rows = 0;
	int rc;

	while ((rc = sqlite3_step(s)) == SQLITE_ROW) {
		for (int i = 0; i < N_COLUMNS; i++)
			(void)sqlite3_column_bytes(s, i);
		rows++;
	}
	check(b, rc, "query");
	(void)sqlite3_finalize(s);
	return rows;
}

uint64_t baseline_newest_of_namespace(struct baseline *b, struct tt_str namespace, unsigned limit)
{
	sqlite3_stmt *s = prepare(
		b, "SELECT * FROM event WHERE namespace = ? ORDER BY t DESC LIMIT ?");
	struct binder to = {s, 0};

	bind_text(&to, namespace);
	bind_number(&to, limit);
	return run(b, s);
}

uint64_t baseline_history_of_pod(struct baseline *b, struct tt_str namespace, struct tt_str name)
{
	sqlite3_stmt *s = prepare(b, "SELECT * FROM event WHERE object_name = ? AND "
				     "object_namespace = ? AND object_kind = 'Pod' ORDER BY t");
	struct binder to = {s, 0};

	bind_text(&to, name);
	bind_text(&to, namespace);
	return run(b, s);
}

uint64_t baseline_newest_with_word(struct baseline *b, struct tt_str word, unsigned limit)
{
	sqlite3_stmt *s = prepare(b, "SELECT event.* FROM words JOIN event ON event.id = "
				     "words.rowid WHERE words MATCH ? ORDER BY "
				     "words.rowid DESC LIMIT ?");
	struct binder to = {s, 0};

	bind_text(&to, word);
	bind_number(&to, limit);
	return run(b, s);
}

uint64_t baseline_newest_with_substring(struct baseline *b, struct tt_str part, unsigned limit)
{
	sqlite3_stmt *s = prepare(
		b, "SELECT * FROM event WHERE instr(message, ?) > 0 ORDER BY id DESC LIMIT ?");
	struct binder to = {s, 0};

	bind_text(&to, part);
	bind_number(&to, limit);
	return run(b, s);
}
