/* SPDX-License-Identifier: Apache-2.0 */
#include "fault_vfs.h"

#include <sqlite3.h>
#include <string.h>

#include "base/assert.h"
#include "base/mem.h"
#include "base/rand.h"
#include "base/vec.h"

enum { SECTOR = 512, NAME_SIZE = 512, SHM_SLOTS = 8, MAX_FILES = 16 };

/* A change that is not synced: `data` NULL cuts the file at `offset`. */
struct change {
	uint8_t *data;
	size_t offset, len;
};

struct bytes {
	uint8_t *items;
	size_t n, cap;
};

struct image {
	char name[NAME_SIZE];
	bool exists;
	struct bytes now, synced;
	struct {
		struct change *items;
		size_t n, cap;
	} changes;
	int shared;                       /* handles with a shared lock */
	const void *reserved, *exclusive; /* the handle that has it */
	struct {
		void **items;
		size_t n, cap;
	} regions; /* shared memory */
	int shm_shared[SHM_SLOTS];
	const void *shm_exclusive[SHM_SLOTS];
	unsigned shm_users;
};

struct handle {
	sqlite3_file base;
	struct image *image;
	int lock;
	bool has_shm;
	bool shm_shared[SHM_SLOTS];
};

static struct {
	sqlite3_vfs vfs;
	struct image images[MAX_FILES];
	size_t n;
	enum fault_kind kind;
	uint64_t at, length, operations;
} disk;

/* --- faults --- */

/* Counts an operation; SQLITE_OK, or what goes wrong with it. */
static int operate(int error, bool is_write)
{
	uint64_t n = ++disk.operations;

	if (disk.kind == FAULT_CUT && n >= disk.at)
		return error;
	if (n < disk.at || n >= disk.at + disk.length)
		return SQLITE_OK;
	if (disk.kind == FAULT_IO)
		return error;
	return disk.kind == FAULT_FULL && is_write ? SQLITE_FULL : SQLITE_OK;
}

/* --- bytes --- */

static void resize(struct bytes *b, size_t n)
{
	if (n > b->cap) {
		b->cap = n * 2;
		b->items = tt_realloc(b->items, b->cap, 1);
	}
	if (n > b->n)
		memset(b->items + b->n, 0, n - b->n);
	b->n = n;
}

static void put(struct bytes *b, const uint8_t *data, size_t offset, size_t len)
{
	if (offset + len > b->n)
		resize(b, offset + len);
	memcpy(b->items + offset, data, len);
}

static void forget_changes(struct image *f)
{
	tt_vec_each (c, &f->changes)
		tt_free(c->data);
	f->changes.n = 0;
}

static void copy_bytes(struct bytes *to, const struct bytes *from)
{
	resize(to, from->n);
	if (from->n > 0)
		memcpy(to->items, from->items, from->n);
}

/* --- files --- */

static struct image *find(const char *name)
{
	for (size_t i = 0; i < disk.n; i++)
		if (strcmp(disk.images[i].name, name) == 0)
			return &disk.images[i];
	tt_assert(disk.n < MAX_FILES && strlen(name) < NAME_SIZE);
	struct image *f = &disk.images[disk.n++];

	memcpy(f->name, name, strlen(name) + 1);
	return f;
}

static struct handle *handle_of(sqlite3_file *file)
{
	return (struct handle *)(void *)file;
}

static int file_close(sqlite3_file *file)
{
	return SQLITE_OK;
}

static int file_read(sqlite3_file *file, void *to, int len, sqlite3_int64 offset)
{
	const struct bytes *b = &handle_of(file)->image->now;
	size_t at = (size_t)offset, n = (size_t)len;
	size_t there = at >= b->n ? 0 : b->n - at < n ? b->n - at : n;

	if (there > 0)
		memcpy(to, b->items + at, there);
	memset((char *)to + there, 0, n - there);
	return there == n ? SQLITE_OK : SQLITE_IOERR_SHORT_READ;
}

static int file_write(sqlite3_file *file, const void *data, int len, sqlite3_int64 offset)
{
	struct image *f = handle_of(file)->image;
	int rc = operate(SQLITE_IOERR_WRITE, true);

	if (rc != SQLITE_OK)
		return rc;
	uint8_t *copy = tt_malloc((size_t)len);

	memcpy(copy, data, (size_t)len);
	*tt_vec_push(&f->changes) = (struct change){copy, (size_t)offset, (size_t)len};
	put(&f->now, data, (size_t)offset, (size_t)len);
	return SQLITE_OK;
}

static int file_truncate(sqlite3_file *file, sqlite3_int64 size)
{
	struct image *f = handle_of(file)->image;
	int rc = operate(SQLITE_IOERR_TRUNCATE, false);

	if (rc != SQLITE_OK)
		return rc;
	*tt_vec_push(&f->changes) = (struct change){NULL, (size_t)size, 0};
	resize(&f->now, (size_t)size);
	return SQLITE_OK;
}

static int file_sync(sqlite3_file *file, int flags)
{
	struct image *f = handle_of(file)->image;
	int rc = operate(SQLITE_IOERR_FSYNC, false);

	if (rc != SQLITE_OK)
		return rc;
	copy_bytes(&f->synced, &f->now);
	forget_changes(f);
	return SQLITE_OK;
}

static int file_size(sqlite3_file *file, sqlite3_int64 *ret)
{
	*ret = (sqlite3_int64)handle_of(file)->image->now.n;
	return SQLITE_OK;
}

static int file_lock(sqlite3_file *file, int level)
{
	struct handle *h = handle_of(file);
	struct image *f = h->image;

	if (level <= h->lock)
		return SQLITE_OK;
	if (f->exclusive != NULL && f->exclusive != h)
		return SQLITE_BUSY;
	if (h->lock == SQLITE_LOCK_NONE) {
		f->shared++;
		h->lock = SQLITE_LOCK_SHARED;
	}
	if (level >= SQLITE_LOCK_RESERVED) {
		if (f->reserved != NULL && f->reserved != h)
			return SQLITE_BUSY;
		f->reserved = h;
		h->lock = SQLITE_LOCK_RESERVED;
	}
	if (level == SQLITE_LOCK_EXCLUSIVE) {
		if (f->shared > 1)
			return SQLITE_BUSY;
		f->exclusive = h;
		h->lock = SQLITE_LOCK_EXCLUSIVE;
	}
	return SQLITE_OK;
}

static int file_unlock(sqlite3_file *file, int level)
{
	struct handle *h = handle_of(file);
	struct image *f = h->image;

	if (level >= h->lock)
		return SQLITE_OK;
	if (f->exclusive == h)
		f->exclusive = NULL;
	if (f->reserved == h)
		f->reserved = NULL;
	if (level == SQLITE_LOCK_NONE)
		f->shared--;
	h->lock = level;
	return SQLITE_OK;
}

static int file_check_lock(sqlite3_file *file, int *ret)
{
	*ret = handle_of(file)->image->reserved != NULL;
	return SQLITE_OK;
}

static int file_control(sqlite3_file *file, int op, void *arg)
{
	return SQLITE_NOTFOUND;
}

static int sector_size(sqlite3_file *file)
{
	return SECTOR;
}

static int characteristics(sqlite3_file *file)
{
	return SQLITE_IOCAP_POWERSAFE_OVERWRITE;
}

/* --- shared memory --- */

static int shm_map(sqlite3_file *file, int region, int size, int extend, void volatile **ret)
{
	struct handle *h = handle_of(file);
	struct image *f = h->image;

	if (!h->has_shm) {
		h->has_shm = true;
		f->shm_users++;
	}
	while (extend && f->regions.n <= (size_t)region)
		*tt_vec_push(&f->regions) = tt_calloc(1, (size_t)size);
	*ret = f->regions.n > (size_t)region ? f->regions.items[region] : NULL;
	return SQLITE_OK;
}

static int shm_unlock(struct handle *h, int from, int n)
{
	for (int i = from; i < from + n; i++) {
		if (h->shm_shared[i]) {
			h->shm_shared[i] = false;
			h->image->shm_shared[i]--;
		}
		if (h->image->shm_exclusive[i] == h)
			h->image->shm_exclusive[i] = NULL;
	}
	return SQLITE_OK;
}

static int shm_lock(sqlite3_file *file, int from, int n, int flags)
{
	struct handle *h = handle_of(file);
	struct image *f = h->image;

	if ((flags & SQLITE_SHM_UNLOCK) != 0)
		return shm_unlock(h, from, n);
	for (int i = from; i < from + n; i++) {
		bool others = f->shm_shared[i] > (h->shm_shared[i] ? 1 : 0);

		if ((f->shm_exclusive[i] != NULL && f->shm_exclusive[i] != h) ||
			((flags & SQLITE_SHM_EXCLUSIVE) != 0 && others))
			return SQLITE_BUSY;
	}
	for (int i = from; i < from + n; i++) {
		if ((flags & SQLITE_SHM_EXCLUSIVE) != 0) {
			f->shm_exclusive[i] = h;
		} else if (!h->shm_shared[i]) {
			h->shm_shared[i] = true;
			f->shm_shared[i]++;
		}
	}
	return SQLITE_OK;
}

/* All of a test runs in one thread: there is nothing to order. */
static void shm_barrier(sqlite3_file *file)
{
}

static void shm_drop(struct image *f)
{
	tt_vec_each (r, &f->regions)
		tt_free(*r);
	f->regions.n = 0;
}

static int shm_unmap(sqlite3_file *file, int delete)
{
	struct handle *h = handle_of(file);

	if (!h->has_shm)
		return SQLITE_OK;
	(void)shm_unlock(h, 0, SHM_SLOTS);
	h->has_shm = false;
	if (--h->image->shm_users == 0)
		shm_drop(h->image);
	return SQLITE_OK;
}

static const sqlite3_io_methods methods = {
	.iVersion = 2,
	.xClose = file_close,
	.xRead = file_read,
	.xWrite = file_write,
	.xTruncate = file_truncate,
	.xSync = file_sync,
	.xFileSize = file_size,
	.xLock = file_lock,
	.xUnlock = file_unlock,
	.xCheckReservedLock = file_check_lock,
	.xFileControl = file_control,
	.xSectorSize = sector_size,
	.xDeviceCharacteristics = characteristics,
	.xShmMap = shm_map,
	.xShmLock = shm_lock,
	.xShmBarrier = shm_barrier,
	.xShmUnmap = shm_unmap,
};

/* --- the file system --- */

static int vfs_open(
	sqlite3_vfs *vfs, sqlite3_filename name, sqlite3_file *file, int flags, int *ret_flags)
{
	struct handle *h = handle_of(file);

	*h = (struct handle){.base = {&methods}, .image = find(name != NULL ? name : "temporary")};
	h->image->exists = true;
	if (ret_flags != NULL)
		*ret_flags = flags;
	return SQLITE_OK;
}

static int vfs_delete(sqlite3_vfs *vfs, const char *name, int sync_dir)
{
	struct image *f = find(name);
	int rc = operate(SQLITE_IOERR_DELETE, false);

	if (rc != SQLITE_OK)
		return rc;
	f->exists = false;
	f->now.n = f->synced.n = 0;
	forget_changes(f);
	return SQLITE_OK;
}

static int vfs_access(sqlite3_vfs *vfs, const char *name, int flags, int *ret)
{
	*ret = find(name)->exists;
	return SQLITE_OK;
}

static int vfs_full_name(sqlite3_vfs *vfs, const char *name, int size, char *to)
{
	size_t len = strlen(name);

	if (len >= (size_t)size)
		return SQLITE_CANTOPEN;
	memcpy(to, name, len + 1);
	return SQLITE_OK;
}

static int vfs_randomness(sqlite3_vfs *vfs, int n, char *to)
{
	for (int i = 0; i < n; i++)
		to[i] = (char)(i * 37 + 11);
	return n;
}

static int vfs_sleep(sqlite3_vfs *vfs, int us)
{
	return us;
}

static int vfs_time(sqlite3_vfs *vfs, double *ret)
{
	*ret = 2461000.5;
	return SQLITE_OK;
}

static int vfs_last_error(sqlite3_vfs *vfs, int size, char *to)
{
	return 0;
}

const char *fault_vfs_begin(void)
{
	memset(&disk, 0, sizeof(disk));
	disk.vfs = (sqlite3_vfs){
		.iVersion = 1,
		.szOsFile = sizeof(struct handle),
		.mxPathname = NAME_SIZE,
		.zName = "fault",
		.xOpen = vfs_open,
		.xDelete = vfs_delete,
		.xAccess = vfs_access,
		.xFullPathname = vfs_full_name,
		.xRandomness = vfs_randomness,
		.xSleep = vfs_sleep,
		.xCurrentTime = vfs_time,
		.xGetLastError = vfs_last_error,
	};
	tt_assert(sqlite3_vfs_register(&disk.vfs, 0) == SQLITE_OK);
	return disk.vfs.zName;
}

void fault_vfs_end(void)
{
	for (size_t i = 0; i < disk.n; i++) {
		struct image *f = &disk.images[i];

		forget_changes(f);
		shm_drop(f);
		tt_vec_release(&f->changes);
		tt_vec_release(&f->regions);
		tt_free(f->now.items);
		tt_free(f->synced.items);
	}
	(void)sqlite3_vfs_unregister(&disk.vfs);
}

void fault_vfs_plan(enum fault_kind kind, uint64_t at, uint64_t length)
{
	disk.kind = kind;
	disk.at = at;
	disk.length = length;
	disk.operations = 0;
}

uint64_t fault_vfs_operations(void)
{
	return disk.operations;
}

/* Some sectors of a write that was under way. */
static void put_some(struct image *f, const struct change *c, struct tt_rand *rand)
{
	for (size_t at = 0, n; at < c->len; at += n) {
		n = SECTOR - (c->offset + at) % SECTOR;
		n = n < c->len - at ? n : c->len - at;
		if (tt_rand_below(rand, 4) > 0)
			put(&f->synced, c->data + at, c->offset + at, n);
	}
}

static void settle(struct image *f, struct tt_rand *rand)
{
	for (size_t i = 0; rand != NULL && i < f->changes.n; i++) {
		const struct change *c = &f->changes.items[i];

		if (tt_rand_below(rand, 2) == 0)
			continue;
		if (c->data != NULL)
			put_some(f, c, rand);
		else
			resize(&f->synced, c->offset);
	}
	forget_changes(f);
	copy_bytes(&f->now, &f->synced);
	shm_drop(f);
	f->shared = 0;
	f->reserved = f->exclusive = NULL;
	f->shm_users = 0;
	memset(f->shm_shared, 0, sizeof(f->shm_shared));
	memset(f->shm_exclusive, 0, sizeof(f->shm_exclusive));
}

void fault_vfs_power_on(uint64_t seed)
{
	struct tt_rand rand;

	tt_rand_init(&rand, seed);
	for (size_t i = 0; i < disk.n; i++)
		settle(&disk.images[i], seed != 0 ? &rand : NULL);
	disk.kind = FAULT_NONE;
}
