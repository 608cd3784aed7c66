/* SPDX-License-Identifier: Apache-2.0 */
#include "store/store.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/assert.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/rand.h"
#include "base/vec.h"
#include "store/db.h"
#include "store/inside.h"
#include "store/schema.h"
#include "store/writer.h"

enum {
	PATH_MAX_BYTES = 4096,
	DEFAULT_CACHE_BYTES = 24 << 20,
	DEFAULT_RESERVE_BYTES = 64 << 20,
};

static char *path_in(const char *dir, const char *name)
{
	struct tt_buf b;

	tt_buf_init(&b, PATH_MAX_BYTES);
	tt_buf_printf(&b, "%s/%s", dir, name);
	return b.data;
}

/* Makes the directory and those above it. */
static int make_dir(const char *dir, struct tt_err *err)
{
	char path[PATH_MAX_BYTES], text[128];
	size_t len = strlen(dir);
	int saved = ENOENT;

	if (len == 0 || len >= sizeof(path))
		return tt_fail(err, TT_EINVAL, "the data directory has no usable name");
	for (size_t i = 1; i <= len; i++) {
		if (dir[i] != '/' && dir[i] != '\0')
			continue;
		memcpy(path, dir, i);
		path[i] = '\0';
		if (mkdir(path, 0750) == 0 || errno == EEXIST)
			continue;
		if (errno != ENOENT) /* which follows from what went wrong above */
			saved = errno;
		if (i < len)
			continue;
		enum tt_code code = saved == EACCES || saved == EROFS || saved == EPERM ? TT_EDENIED
				    : saved == ENOSPC || saved == EDQUOT                ? TT_EFULL
											: TT_EIO;

		return tt_fail(err, code, "the data directory %s cannot be made: %s", dir,
			strerror_r(saved, text, sizeof(text)));
	}
	return 0;
}

static struct tt_store *store_new(const struct tt_store_options *o)
{
	struct tt_store *s = tt_calloc(1, sizeof(*s));

	s->magic = TT_STORE_MAGIC;
	s->dir = tt_strdup(o->dir);
	s->path = path_in(o->dir, "telltale.db");
	s->wal_path = path_in(o->dir, "telltale.db-wal");
	s->reserve_path = path_in(o->dir, "telltale.reserve");
	s->vfs = tt_strdup(o->vfs);
	s->read_only = o->read_only;
	s->reserve_bytes = o->reserve_bytes > 0 ? o->reserve_bytes : DEFAULT_RESERVE_BYTES;
	s->clock = o->clock != NULL ? o->clock : &tt_clock_system;
	s->log = o->log;
	s->lock_fd = -1;
	s->identity_seed = tt_rand_seed();
	s->retention = o->retention;
	s->cache = tt_cache_new(o->cache_bytes > 0 ? o->cache_bytes : DEFAULT_CACHE_BYTES);
	tt_assert(pthread_mutex_init(&s->mutex, NULL) == 0);
	return s;
}

/* Why the effective user may not do `what` (R_OK, W_OK) with the file; 0 if he may, or if that
 * shows better in the doing. */
static int denied(const char *path, int what)
{
	if (faccessat(AT_FDCWD, path, what, AT_EACCESS) == 0)
		return 0;
	return errno == EACCES || errno == EROFS ? errno : 0;
}

/* A log in a directory that cannot be written has no -shm, and needs none if nobody writes it. */
static int open_read_only(struct tt_store *s, struct tt_err *err)
{
	int why = denied(s->path, R_OK);
	char text[128];
	struct stat st;

	if (why != 0)
		return tt_fail(err, TT_EDENIED,
			"the log in %s cannot be read (%s): run as its owner, or as one of its "
			"group",
			s->dir, strerror_r(why, text, sizeof(text)));
	if (stat(s->path, &st) != 0) {
		if (errno == ENOENT || errno == ENOTDIR)
			return tt_fail(err, TT_ENOTFOUND, "there is no log in %s", s->dir);
		return tt_fail(
			err, TT_EIO, "%s: %s", s->path, strerror_r(errno, text, sizeof(text)));
	}
	bool writable = faccessat(AT_FDCWD, s->dir, W_OK, AT_EACCESS) == 0;
	bool has_wal = access(s->wal_path, F_OK) == 0;

	s->immutable = !writable && !has_wal;
	int rc = tt_store_connect(s, &s->db, err);

	if (rc != 0 && rc != TT_ESCHEMA && !writable && has_wal)
		return tt_fail(err, TT_EDENIED,
			"the log in %s has a write-ahead log, and the directory cannot be written: "
			"run as its owner, or start telltaled on it once",
			s->dir);
	return rc;
}

/* SQLite would open a file that is read-only, and fail only at the first record. */
static int check_writable(struct tt_store *s, struct tt_err *err)
{
	int why = denied(s->path, W_OK);
	char text[128];

	if (why == 0)
		return 0;
	return tt_fail(err, TT_EDENIED,
		"%s cannot be written (%s): it must belong to the user that runs telltaled",
		s->path, strerror_r(why, text, sizeof(text)));
}

static int open_writable(struct tt_store *s, struct tt_err *err)
{
	int rc = make_dir(s->dir, err);

	if (rc == 0)
		rc = tt_store_check_filesystem(s->dir, err);
	if (rc == 0)
		rc = tt_store_lock(s, err);
	if (rc == 0)
		rc = check_writable(s, err);
	if (rc == 0)
		rc = tt_writer_open(s, err);
	if (rc == 0)
		rc = tt_store_connect(s, &s->db, err);
	if (rc == 0)
		tt_reserve_make(s);
	return rc;
}

int tt_store_open(struct tt_store **ret, const struct tt_store_options *options, struct tt_err *err)
{
	struct tt_store *s = store_new(options);
	int rc = s->read_only ? open_read_only(s, err) : open_writable(s, err);

	if (rc != 0) {
		tt_store_close(s);
		return rc;
	}
	*ret = s;
	return 0;
}

void tt_store_close(struct tt_store *s)
{
	if (s == NULL)
		return;
	tt_assert(s->magic == TT_STORE_MAGIC);
	sqlite3_finalize(s->dropped);
	sqlite3_close(s->db);
	tt_writer_close(s->writer);
	tt_cache_free(s->cache);
	if (s->lock_fd >= 0)
		(void)close(s->lock_fd);
	for (size_t i = 0; i < s->clusters.n; i++)
		tt_free(s->clusters.items[i]);
	tt_vec_release(&s->clusters);
	(void)pthread_mutex_destroy(&s->mutex);
	tt_free(s->dir);
	tt_free(s->path);
	tt_free(s->wal_path);
	tt_free(s->reserve_path);
	tt_free(s->vfs);
	tt_free(s);
}

int tt_store_connect(struct tt_store *s, sqlite3 **ret, struct tt_err *err)
{
	int rc = tt_db_open(ret, s->path, s->immutable ? TT_DB_IMMUTABLE : TT_DB_READ, s->vfs, err);

	if (rc == 0)
		rc = tt_schema_check(*ret, err);
	if (rc == 0)
		return 0;
	(void)tt_err_wrap(err, "%s", s->path);
	sqlite3_close(*ret);
	*ret = NULL;
	return rc;
}

void tt_store_set_retention(struct tt_store *s, struct tt_retention retention)
{
	(void)pthread_mutex_lock(&s->mutex);
	s->retention = retention;
	(void)pthread_mutex_unlock(&s->mutex);
}

struct tt_retention tt_store_retention(struct tt_store *s)
{
	(void)pthread_mutex_lock(&s->mutex);
	struct tt_retention retention = s->retention;

	(void)pthread_mutex_unlock(&s->mutex);
	return retention;
}

int64_t tt_store_hidden_before(struct tt_store *s)
{
	int64_t age = tt_store_retention(s).age_us;

	return age > 0 ? tt_clock_wall_us(s->clock) - age : INT64_MIN;
}

/* Whether `known` says it already: damage in part does not tell of damage as a whole. */
static bool covers(const struct tt_damage *known, const struct tt_damage *d)
{
	return known->last_seq >= d->first_seq && known->first_seq <= d->last_seq &&
	       (d->in_part || !known->in_part);
}

/* Makes the last place of a full list cover `d` too; returns whether it has covered more than one
 * before. */
static bool widen_last(struct tt_store *s, const struct tt_damage *d)
{
	struct tt_damage *last = &s->damaged[TT_DAMAGED_MAX - 1];
	bool before = s->damage_merged;

	last->first_seq = d->first_seq < last->first_seq ? d->first_seq : last->first_seq;
	last->last_seq = d->last_seq > last->last_seq ? d->last_seq : last->last_seq;
	last->from_us = d->from_us < last->from_us ? d->from_us : last->from_us;
	last->to_us = d->to_us > last->to_us ? d->to_us : last->to_us;
	last->clusters |= d->clusters;
	last->in_part = s->damage_merged = true;
	return before;
}

bool tt_store_note_damage(struct tt_store *s, const struct tt_damage *damage)
{
	bool news = true, too_many = false;

	(void)pthread_mutex_lock(&s->mutex);
	for (size_t i = 0; i < s->n_damaged && news; i++)
		news = !covers(&s->damaged[i], damage);
	if (news && s->n_damaged < TT_DAMAGED_MAX) {
		s->damaged[s->n_damaged++] = *damage;
	} else if (news) {
		too_many = !widen_last(s, damage);
		news = false;
	}
	(void)pthread_mutex_unlock(&s->mutex);
	if (too_many)
		tt_log_error(s->log, "too many places are damaged to name each",
			TT_FI("named", TT_DAMAGED_MAX));
	return news;
}

void tt_store_forget_damage(struct tt_store *s, uint64_t oldest)
{
	size_t kept = 0;

	(void)pthread_mutex_lock(&s->mutex);
	for (size_t i = 0; i < s->n_damaged; i++)
		if (s->damaged[i].last_seq >= oldest)
			s->damaged[kept++] = s->damaged[i];
	s->damage_merged &= kept == s->n_damaged;
	s->n_damaged = kept;
	(void)pthread_mutex_unlock(&s->mutex);
}

static struct tt_cluster_entry *find_cluster(
	struct tt_store *s, const struct tt_str *name, uint32_t id)
{
	for (size_t i = 0; i < s->clusters.n; i++) {
		struct tt_cluster_entry *c = s->clusters.items[i];

		if (name != NULL ? tt_str_eq(c->name, *name) : c->id == id)
			return c;
	}
	return NULL;
}

static void remember_cluster(
	struct tt_store *s, uint32_t id, struct tt_str name, enum tt_cluster_kind kind)
{
	struct tt_cluster_entry *c = find_cluster(s, NULL, id);

	if (c != NULL)
		return;
	c = tt_malloc(sizeof(*c) + name.len + 1);
	char *text = (char *)(c + 1);

	if (name.len > 0)
		memcpy(text, name.data, name.len);
	text[name.len] = '\0';
	*c = (struct tt_cluster_entry){id, {text, name.len}, kind};
	*tt_vec_push(&s->clusters) = c;
}

/* Reads the table of clusters; s->mutex is held. */
static void load_clusters(struct tt_store *s)
{
	sqlite3_stmt *stmt = NULL;
	sqlite3 *db = s->db != NULL ? s->db : s->writer->db;

	if (tt_db_prepare(db, &stmt, "SELECT id, name, kind FROM clusters", NULL) == 0)
		while (tt_db_step(stmt, NULL) > 0)
			remember_cluster(s, (uint32_t)sqlite3_column_int64(stmt, 0),
				tt_db_column(stmt, 1),
				tt_cluster_kind_of(sqlite3_column_int(stmt, 2)));
	sqlite3_finalize(stmt);
}

static const struct tt_cluster_entry *look_up(
	struct tt_store *s, const struct tt_str *name, uint32_t id)
{
	(void)pthread_mutex_lock(&s->mutex);
	struct tt_cluster_entry *c = find_cluster(s, name, id);

	if (c == NULL) {
		load_clusters(s);
		c = find_cluster(s, name, id);
	}
	(void)pthread_mutex_unlock(&s->mutex);
	return c;
}

const struct tt_cluster_entry *tt_store_cluster(struct tt_store *s, struct tt_str name)
{
	return look_up(s, &name, 0);
}

const struct tt_cluster_entry *tt_store_cluster_by_id(struct tt_store *s, uint32_t id)
{
	return look_up(s, NULL, id);
}

bool tt_store_has_cluster(struct tt_store *s, struct tt_str name)
{
	return tt_store_cluster(s, name) != NULL;
}
