/* SPDX-License-Identifier: Apache-2.0 */
/* Opening a log, and what is kept beside the records. */
#include "store/store.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "store/care.h"
#include "store/db.h"
#include "store/inside.h"
#include "store/reader.h"
#include "store/sample_test.h"
#include "tap/tap.h"

static const int64_t NOW = 1790000000123456;

enum { NOBODY = 65534 };

static int open_at(const char *dir, bool read_only, struct tt_store **ret, struct tt_err *err)
{
	struct tt_store_options options = {
		.dir = dir, .read_only = read_only, .reserve_bytes = 4096};

	*ret = NULL;
	return tt_store_open(ret, &options, err);
}

/* Whether opening fails with `code` and says `word`. */
static void check_refused(const char *dir, bool read_only, int code, const char *word)
{
	struct tt_store *store;
	struct tt_err err = {0};
	int rc = open_at(dir, read_only, &store, &err);

	tap_okf(rc == code, "%s: %d (%s), wanted %d", word, rc, err.msg, code);
	tap_okf(strstr(err.msg, word) != NULL, "\"%s\" does not say \"%s\"", err.msg, word);
	tt_store_close(store);
}

static void append_events(struct tt_store *store, const char *cluster, uint64_t from, size_t n)
{
	struct tt_batch *b = tt_batch_new(tt_str_from(cluster));

	for (size_t i = 0; i < n; i++)
		sample_event(b, from + i, 1, NOW + (int64_t)(from + i) * 1000);
	sample_append(store, b);
}

static char *path_in(const char *dir, const char *name)
{
	char path[512];

	(void)snprintf(path, sizeof(path), "%s/%s", dir, name);
	return tt_strdup(path);
}

static void run_sql(const char *dir, const char *sql)
{
	char *path = path_in(dir, "telltale.db");
	sqlite3 *db;

	tap_int(tt_db_open(&db, path, TT_DB_WRITE, NULL, NULL), 0);
	tap_int(tt_db_exec(db, sql, NULL), 0);
	sqlite3_close(db);
	tt_free(path);
}

static void a_second_writer_is_refused(void)
{
	char *dir = sample_dir_new();
	struct tt_store *store = sample_open(dir, NULL);

	check_refused(dir, false, TT_EBUSY, "another telltaled, or a telltale replay,");
	tap_ok(tt_store_is_held(dir));
	tt_store_close(store);
	tap_int(open_at(dir, false, &store, NULL), 0);
	tt_store_close(store);
	sample_dir_remove(dir);
}

static void the_directory_is_made(void)
{
	char *dir = sample_dir_new(), *deep = path_in(dir, "a/b/c");
	struct tt_store *store;
	struct stat st;

	tap_int(open_at(deep, false, &store, NULL), 0);
	tap_ok(stat(deep, &st) == 0 && (st.st_mode & 0777) == 0750);
	tt_store_close(store);
	tt_free(deep);
	sample_dir_remove(dir);
}

static void nothing_to_read_is_said(void)
{
	char *dir = sample_dir_new(), *absent = path_in(dir, "absent");

	check_refused(absent, true, TT_ENOTFOUND, "there is no log in");
	check_refused(dir, true, TT_ENOTFOUND, "there is no log in");
	tt_free(absent);
	sample_dir_remove(dir);
}

static void other_files_are_refused(void)
{
	char *dir = sample_dir_new(), *path = path_in(dir, "telltale.db");
	FILE *f = fopen(path, "w");

	for (int i = 0; i < 1000; i++)
		(void)fputs("this is a text and no log\n", f);
	(void)fclose(f);
	check_refused(dir, false, TT_ECORRUPT, "no log of telltale");
	check_refused(dir, true, TT_ECORRUPT, "no log of telltale");
	(void)unlink(path);
	run_sql(dir, "CREATE TABLE accounts(id); PRAGMA user_version=3");
	check_refused(dir, false, TT_ECORRUPT, "another program");
	check_refused(dir, true, TT_ECORRUPT, "another program");
	tt_free(path);
	sample_dir_remove(dir);
}

static void a_newer_schema_is_refused(void)
{
	char *dir = sample_dir_new();

	tt_store_close(sample_open(dir, NULL));
	run_sql(dir, "PRAGMA user_version=99");
	check_refused(dir, false, TT_ESCHEMA, "newer telltale");
	check_refused(dir, true, TT_ESCHEMA, "newer telltale");
	sample_dir_remove(dir);
}

static void clusters_without_names_are_refused(void)
{
	char *dir = sample_dir_new();

	tt_store_close(sample_open(dir, NULL));
	run_sql(dir, "ALTER TABLE clusters RENAME COLUMN kind TO sort");
	check_refused(dir, false, TT_EIO, "the name of cluster 1 cannot be read");
	sample_dir_remove(dir);
}

static void network_file_systems_are_refused(void)
{
	tap_ok(strcmp(tt_filesystem_refused(NFS_SUPER_MAGIC), "NFS") == 0);
	tap_ok(strcmp(tt_filesystem_refused(0xfe534d42), "SMB") == 0);
	tap_ok(strcmp(tt_filesystem_refused(V9FS_MAGIC), "9p") == 0);
	tap_ok(tt_filesystem_refused(EXT4_SUPER_MAGIC) == NULL);
	tap_ok(tt_filesystem_refused(TMPFS_MAGIC) == NULL);
	tap_ok(tt_filesystem_refused(XFS_SUPER_MAGIC) == NULL);
}

/* Root may do everything, so that the test is another user meanwhile. */
static void become(uid_t user)
{
	if (getuid() == 0)
		tap_int(seteuid(user), 0);
}

/* What others than root can do in `dir`, whoever owns it: look at it. */
static void make_read_only(const char *dir)
{
	static const char *const names[] = {"telltale.db", "telltale.lock"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		char *path = path_in(dir, names[i]);

		tap_int(chmod(path, 0444), 0);
		tt_free(path);
	}
	tap_int(chmod(dir, 0555), 0);
}

static void permissions_are_explained(void)
{
	char *dir = sample_dir_new(), *wal = path_in(dir, "telltale.db-wal");
	struct tt_store *store = sample_open(dir, NULL);

	append_events(store, "prod", 0, 100);
	tt_store_close(store);
	make_read_only(dir);
	become(NOBODY);
	check_refused(dir, false, TT_EDENIED, "must belong to the user");
	if (tap_int(open_at(dir, true, &store, NULL), 0)) { /* no -wal: it does not change */
		tap_ok(store->immutable);
		tap_int(tt_store_head(store), 100);
		tt_store_close(store);
	}
	become(0);
	(void)chmod(dir, 0755);
	(void)close(open(wal, O_CREAT | O_WRONLY, 0600));
	(void)chmod(dir, 0555);
	become(NOBODY);
	check_refused(dir, true, TT_EDENIED, "write-ahead log");
	become(0);
	(void)chmod(dir, 0755);
	tt_free(wal);
	sample_dir_remove(dir);
}

/* What SQLite would call a read-only database, or one that it is unable to open. */
static void files_of_others_are_explained(void)
{
	char *dir = sample_dir_new(), *file = path_in(dir, "telltale.db");
	char *lock = path_in(dir, "telltale.lock"), *to = path_in(dir, "copy");
	struct tt_err err = {0};

	tt_store_close(sample_open(dir, NULL));
	(void)mkdir(to, 0555);
	(void)chmod(dir, 0777);
	(void)chmod(lock, 0666);
	(void)chmod(file, 0444);
	become(NOBODY);
	check_refused(dir, false, TT_EDENIED, "telltale.db cannot be written (Permission denied)");
	tap_int(tt_store_backup(dir, to, NULL, NULL, &err), TT_EDENIED);
	tap_ok(strstr(err.msg, "copy: Permission denied") != NULL);
	become(0);
	(void)chmod(file, 0200);
	become(NOBODY);
	check_refused(
		dir, true, TT_EDENIED, "cannot be read (Permission denied): run as its owner");
	become(0);
	tt_free(file);
	tt_free(lock);
	tt_free(to);
	sample_dir_remove(dir);
}

/* That the group may read `name` in `dir` at most, and others may nothing. */
static void check_private(const char *dir, const char *name)
{
	char *path = path_in(dir, name);
	struct stat st;

	if (tap_okf(stat(path, &st) == 0, "%s is not there", name))
		tap_okf((st.st_mode & 0037) == 0, "%s: mode %o", name, st.st_mode & 0777);
	tt_free(path);
}

static void others_cannot_read_a_log_or_its_backup(void)
{
	static const char *const names[] = {"telltale.db", "telltale.db-wal", "telltale.db-shm",
		"telltale.lock", "telltale.reserve"};
	char *dir = sample_dir_new(), *log = path_in(dir, "log"), *copy = path_in(dir, "copy");
	mode_t before = umask(0);
	struct tt_store *store = sample_open(log, NULL);

	append_events(store, "prod", 0, 100);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		check_private(log, names[i]);
	tap_int(tt_store_backup(log, copy, NULL, NULL, NULL), 0);
	check_private(copy, "telltale.db");
	tt_store_close(store);
	struct stat st;

	tap_ok(stat(log, &st) == 0 && (st.st_mode & 0777) == 0750);
	tap_ok(stat(copy, &st) == 0 && (st.st_mode & 0777) == 0750);
	(void)umask(before);
	tt_free(log);
	tt_free(copy);
	sample_dir_remove(dir);
}

static void readers_of_another_process_see_new_commits(void)
{
	char *dir = sample_dir_new();
	struct tt_store *store = sample_open(dir, NULL), *other;
	struct tt_reader *r;
	struct tt_batch *b;
	uint64_t cursor = 0;

	append_events(store, "prod", 0, 10);
	tap_int(open_at(dir, true, &other, NULL), 0);
	tap_int(tt_reader_open(&r, other, NULL), 0);
	for (uint64_t head = 10; head < 60; head += 10) {
		tap_int(tt_store_head(other), head);
		tap_int(tt_reader_read(r, &cursor, 100, NULL, &b, NULL), 0);
		tap_int(b->n, 10);
		tap_int(cursor, head);
		tt_batch_unref(b);
		append_events(store, "edge", head, 10);
	}
	tap_int(tt_reader_read(r, &cursor, 100, NULL, &b, NULL), 0);
	tap_ok(b->n == 10 && tt_str_is(b->records[0].cluster, "edge"));
	tt_batch_unref(b);
	tt_reader_close(r);
	tt_store_close(other);
	tt_store_close(store);
	sample_dir_remove(dir);
}

static void clusters_keep_their_kind_and_have_proper_names(void)
{
	char *dir = sample_dir_new();
	struct tt_store *store = sample_open(dir, NULL);
	static const char *const wrong[] = {
		"", "-a", "a-", "A", "a_b", "a/b", ".a", "a.", "\xc3\xa4", "a b"};
	struct tt_err err = {0};

	tap_int(tt_store_add_cluster(store, TT_STR("prod"), TT_CLUSTER_COLLECTED, NULL), 0);
	tap_int(tt_store_add_cluster(store, TT_STR("prod"), TT_CLUSTER_HOSTED, &err), TT_EINVAL);
	tap_ok(strstr(err.msg, "is collected in this log and cannot become hosted") != NULL);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		tap_okf(tt_store_add_cluster(
				store, tt_str_from(wrong[i]), TT_CLUSTER_HOSTED, NULL) == TT_EINVAL,
			"\"%s\" is taken", wrong[i]);
	tap_int(tt_store_add_cluster(store, TT_STR("a-1.b"), TT_CLUSTER_HOSTED, NULL), 0);
	tap_int(tt_store_add_cluster(store, TT_STR("0"), TT_CLUSTER_RECORDING, NULL), 0);
	tt_store_close(store);
	store = sample_open(dir, NULL);
	tap_int(tt_store_add_cluster(store, TT_STR("0"), TT_CLUSTER_HOSTED, NULL), TT_EINVAL);
	struct tt_batch *b = tt_batch_new(TT_STR("absent"));

	sample_event(b, 1, 1, NOW);
	tap_int(tt_store_append(store, &b, 1, &err), TT_EINVAL);
	tap_ok(strstr(err.msg, "no cluster \"absent\"") != NULL);
	tap_int(tt_store_head(store), 0);
	tt_batch_unref(b);
	tt_store_close(store);
	sample_dir_remove(dir);
}

static struct tt_position position(const char *namespace, uint64_t rv)
{
	return (struct tt_position){.cluster = TT_STR("prod"),
		.namespace = tt_str_from(namespace),
		.epoch = 3,
		.rv = rv,
		.last_proof_us = NOW,
		.shortest_lifetime_us = 77,
		.listing = true,
		.list_rv = UINT64_MAX,
		.last_key = TT_STR("ns/name"),
		.system_uid = TT_STR("uid")};
}

static void positions_are_committed_with_their_records(void)
{
	char *dir = sample_dir_new();
	struct tt_store *store = sample_open(dir, NULL);
	struct tt_batch *b[3];
	struct tt_position p[] = {position("", 5), position("a", 6), position("", 7)}, got;
	struct tt_arena arena = {0};

	tap_int(tt_store_position(store, TT_STR("prod"), TT_STR(""), &got, &arena, NULL),
		TT_ENOTFOUND);
	for (int i = 0; i < 3; i++) {
		b[i] = tt_batch_new(TT_STR("prod"));
		tt_batch_set_position(b[i], &p[i]);
	}
	sample_event(b[0], 1, 1, NOW);
	tap_int(tt_store_append(store, b, 3, NULL), 0);
	tap_int(tt_store_head(store), 1);
	tt_store_close(store);
	store = sample_open(dir, NULL);
	tap_int(tt_store_position(store, TT_STR("prod"), TT_STR(""), &got, &arena, NULL), 0);
	tap_ok(got.rv == 7 && got.epoch == 3 && got.last_proof_us == NOW && got.listing &&
		got.list_rv == UINT64_MAX && got.shortest_lifetime_us == 77);
	tap_str(got.last_key, "ns/name");
	tap_str(got.system_uid, "uid");
	tap_int(tt_store_position(store, TT_STR("prod"), TT_STR("a"), &got, &arena, NULL), 0);
	tap_int(got.rv, 6);
	for (int i = 0; i < 3; i++)
		tt_batch_unref(b[i]);
	tt_arena_release(&arena);
	tt_store_close(store);
	sample_dir_remove(dir);
}

static void a_clock_set_back_does_not_turn_the_log_back(void)
{
	char *dir = sample_dir_new();
	struct sample_clock clock;

	sample_clock_init(&clock, NOW);
	struct tt_store *store = sample_open(dir, &clock.clock);
	struct tt_batch *b = tt_batch_new(TT_STR("prod")), *c = tt_batch_new(TT_STR("prod"));

	sample_event(b, 1, 1, NOW);
	sample_append(store, tt_batch_ref(b));
	clock.us -= 3600 * (int64_t)TT_US_PER_S;
	tt_store_close(store);
	store = sample_open(dir, &clock.clock);
	sample_event(c, 2, 1, NOW);
	sample_append(store, tt_batch_ref(c));
	tap_int(b->records[0].recorded_at_us, NOW);
	tap_int(c->records[0].recorded_at_us, NOW);
	tt_batch_unref(b);
	tt_batch_unref(c);
	tt_store_close(store);
	sample_dir_remove(dir);
}

static void status_tells_what_is_there(void)
{
	char *dir = sample_dir_new();
	struct sample_clock clock;
	struct tt_arena arena = {0};
	struct tt_store_status s;
	struct tt_rand rand;

	tt_rand_init(&rand, 1);
	sample_clock_init(&clock, NOW);
	struct tt_store *store = sample_open(dir, &clock.clock);

	tap_int(tt_store_status(store, &s, &arena, NULL), 0);
	tap_ok(s.head == 0 && s.oldest == 1 && s.blocks == 0 && s.tail_records == 0 &&
		s.first_recorded_us == TT_TIME_ZERO && s.last_recorded_us == TT_TIME_ZERO);
	tap_int(s.log.len, 36);
	tap_ok(s.n_clusters == 2 && s.clusters[0].last_event_us == TT_TIME_ZERO);
	struct tt_str name = s.log;

	append_events(store, "prod", 0, 10000);
	clock.us += 5;
	struct tt_batch *b = tt_batch_new(TT_STR("edge"));

	sample_gap(b, &rand, NOW);
	sample_event(b, 1, 1, NOW - 70);
	sample_append(store, b);
	tap_int(tt_store_set_cursor(store, TT_STR("sink/a"), 4, NULL), 0);
	tap_int(tt_store_set_cursor(store, TT_STR("sink/a"), 9000, NULL), 0);
	tap_int(tt_store_set_cursor(store, TT_STR("sink/b"), 1, NULL), 0);
	tap_int(tt_store_status(store, &s, &arena, NULL), 0);
	tap_ok(tt_str_eq(s.log, name));
	tap_int(s.head, 10002);
	tap_int(s.oldest, 1);
	tap_int(s.blocks, 1);
	tap_int(s.tail_records, 10002 - TT_BLOCK_RECORDS);
	tap_int(s.first_recorded_us, NOW);
	tap_int(s.last_recorded_us, NOW + 5);
	tap_ok(s.bytes > 4096 && s.wal_bytes > 0 && s.reserve_bytes > 0);
	tap_str(s.clusters[0].name, "prod");
	tap_ok(s.clusters[0].kind == TT_CLUSTER_COLLECTED && s.clusters[0].events == 10000 &&
		s.clusters[0].gaps == 0);
	tap_ok(s.clusters[1].kind == TT_CLUSTER_HOSTED && s.clusters[1].events == 1 &&
		s.clusters[1].gaps == 1);
	tap_ok(s.n_cursors == 2 && s.cursors[0].seq == 9000 && s.cursors[1].seq == 1);
	tap_str(s.cursors[1].name, "sink/b");
	tt_arena_release(&arena);
	tt_store_close(store);
	sample_dir_remove(dir);
}

static void a_cursor_beyond_the_head_is_gone(void)
{
	char *dir = sample_dir_new();
	struct tt_store *store = sample_open(dir, NULL);
	struct tt_reader *r;
	struct tt_batch *b;
	uint64_t cursor = 11;

	append_events(store, "prod", 0, 10);
	tap_int(tt_reader_open(&r, store, NULL), 0);
	tap_int(tt_reader_read(r, &cursor, 10, NULL, &b, NULL), TT_EGONE);
	tap_int(cursor, 11);
	cursor = 10;
	tap_int(tt_reader_read(r, &cursor, 10, NULL, &b, NULL), 0);
	tap_int(b->n, 0);
	tt_batch_unref(b);
	tt_reader_close(r);
	tt_store_close(store);
	sample_dir_remove(dir);
}

static void gaps_are_found_by_cluster_and_time(void)
{
	char *dir = sample_dir_new();
	struct tt_store *store = sample_open(dir, NULL);
	struct tt_reader *r;
	static const struct {
		const char *cluster;
		int64_t from, to;
	} gaps[] = {{"prod", TT_TIME_ZERO, 100}, {"edge", 150, 200}, {"prod", 300, 400}};
	static const struct {
		const char *cluster;
		int64_t since, until;
		size_t n;
	} questions[] = {{"", 0, 0, 3}, {"prod", 0, 0, 2}, {"edge", 0, 0, 1}, {"absent", 0, 0, 0},
		{"", 101, 149, 0}, {"", 100, 150, 2}, {"", 400, 0, 1}, {"", 401, 0, 0},
		{"prod", 50, 60, 1}, {"", TT_TIME_ZERO, 299, 2}};

	for (size_t i = 0; i < 3; i++) {
		struct tt_batch *b = tt_batch_new(tt_str_from(gaps[i].cluster));
		struct tt_record *g = tt_batch_add_gap(b);

		g->gap.from_us = gaps[i].from;
		g->gap.to_us = gaps[i].to;
		g->gap.reason = TT_STR("because");
		sample_append(store, b);
	}
	tap_int(tt_reader_open(&r, store, NULL), 0);
	for (size_t i = 0; i < sizeof(questions) / sizeof(questions[0]); i++) {
		struct tt_batch *b;

		tap_int(tt_reader_gaps(r, tt_str_from(questions[i].cluster), questions[i].since,
				questions[i].until, &b, NULL),
			0);
		tap_okf(b->n == questions[i].n, "question %zu: %zu gaps", i, b->n);
		for (size_t j = 0; j < b->n; j++)
			tap_ok(b->records[j].kind == TT_RECORD_GAP &&
				tt_str_is(b->records[j].gap.reason, "because"));
		tt_batch_unref(b);
	}
	tt_reader_close(r);
	tt_store_close(store);
	sample_dir_remove(dir);
}

static void a_read_ends_when_its_texts_are_large(void)
{
	enum { TEXT = 1 << 20, N = 20 };
	char *dir = sample_dir_new();
	struct tt_store *store = sample_open(dir, NULL);
	struct tt_batch *b = tt_batch_new(TT_STR("prod"));
	struct tt_reader *r;
	uint64_t cursor = 0, reads = 0, records = 0;

	for (uint64_t i = 0; i < N; i++) {
		char *text = tt_arena_alloc(&b->arena, TEXT, 1);

		memset(text, 'a' + (int)i, TEXT);
		sample_event(b, i, 1, NOW);
		b->records[i].event.message = (struct tt_str){text, TEXT};
	}
	sample_append(store, b);
	tap_int(tt_reader_open(&r, store, NULL), 0);
	for (; cursor < N && reads < N; reads++) {
		if (!tap_int(tt_reader_read(r, &cursor, 500, NULL, &b, NULL), 0))
			break;
		records += b->n;
		tap_okf(b->arena.bytes < 5u << 20, "%zu bytes at once", b->arena.bytes);
		tt_batch_unref(b);
	}
	tap_int(records, N);
	tap_ok(reads >= 4 && reads <= 6);
	tt_reader_close(r);
	tt_store_close(store);
	sample_dir_remove(dir);
}

int main(void)
{
	tap_test("a second writer is refused", a_second_writer_is_refused);
	tap_test("the directory is made", the_directory_is_made);
	tap_test("nothing to read is said", nothing_to_read_is_said);
	tap_test("other files are refused", other_files_are_refused);
	tap_test("a newer schema is refused", a_newer_schema_is_refused);
	tap_test("clusters without names are refused", clusters_without_names_are_refused);
	tap_test("network file systems are refused", network_file_systems_are_refused);
	tap_test("permissions are explained", permissions_are_explained);
	tap_test("files of others are explained", files_of_others_are_explained);
	tap_test("others cannot read a log or its backup", others_cannot_read_a_log_or_its_backup);
	tap_test("readers of another process see new commits",
		readers_of_another_process_see_new_commits);
	tap_test("clusters keep their kind and have proper names",
		clusters_keep_their_kind_and_have_proper_names);
	tap_test("positions are committed with their records",
		positions_are_committed_with_their_records);
	tap_test("a clock set back does not turn the log back",
		a_clock_set_back_does_not_turn_the_log_back);
	tap_test("status tells what is there", status_tells_what_is_there);
	tap_test("a cursor beyond the head is gone", a_cursor_beyond_the_head_is_gone);
	tap_test("gaps are found by cluster and time", gaps_are_found_by_cluster_and_time);
	tap_test("a read ends when its texts are large", a_read_ends_when_its_texts_are_large);
	return tap_done();
}
