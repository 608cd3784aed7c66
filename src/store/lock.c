/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/file.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/log.h"
#include "store/inside.h"

enum { PATH_MAX_BYTES = 4096, RETRIES = 5, RETRY_MS = 20 };

#ifndef CIFS_SUPER_MAGIC
#define CIFS_SUPER_MAGIC 0xFF534D42
#endif
#ifndef SMB2_SUPER_MAGIC
#define SMB2_SUPER_MAGIC 0xFE534D42
#endif
#ifndef FUSE_SUPER_MAGIC
#define FUSE_SUPER_MAGIC 0x65735546
#endif

/* File systems on which locks and shared memory do not hold between machines, or at all. FUSE is
 * among them because sshfs and the network drivers of clouds use it. */
static const struct {
	unsigned long magic;
	const char *name;
} refused[] = {
	{NFS_SUPER_MAGIC, "NFS"},
	{CIFS_SUPER_MAGIC, "CIFS"},
	{SMB2_SUPER_MAGIC, "SMB"},
	{SMB_SUPER_MAGIC, "SMB"},
	{V9FS_MAGIC, "9p"},
	{FUSE_SUPER_MAGIC, "FUSE"},
	{AFS_SUPER_MAGIC, "AFS"},
	{CODA_SUPER_MAGIC, "Coda"},
	{CEPH_SUPER_MAGIC, "CephFS"},
};

const char *tt_filesystem_refused(unsigned long magic)
{
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
		if ((uint32_t)refused[i].magic == (uint32_t)magic)
			return refused[i].name;
	return NULL;
}

int tt_store_check_filesystem(const char *dir, struct tt_err *err)
{
	struct statfs fs;

	if (statfs(dir, &fs) != 0)
		return 0; /* what is wrong shows when the file is opened */
	const char *name = tt_filesystem_refused((unsigned long)fs.f_type);

	if (name == NULL)
		return 0;
	return tt_fail(err, TT_EINVAL,
		"%s is on a network file system (%s), where a log would be damaged: use a "
		"local disk",
		dir, name);
}

/* Takes the lock; a reader that looks whether it is held has it for an instant. */
static int take_lock(int fd)
{
	const struct timespec pause = {0, RETRY_MS * TT_NS_PER_MS};
	int rc = flock(fd, LOCK_EX | LOCK_NB);

	for (int i = 0; i < RETRIES && rc != 0 && errno == EWOULDBLOCK; i++) {
		(void)nanosleep(&pause, NULL);
		rc = flock(fd, LOCK_EX | LOCK_NB);
	}
	return rc;
}

bool tt_store_is_held(const char *dir)
{
	struct tt_buf path;

	tt_buf_init(&path, PATH_MAX_BYTES);
	tt_buf_printf(&path, "%s/telltale.lock", dir);
	int fd = open(path.data, O_RDONLY | O_CLOEXEC);
	bool held = fd < 0 && errno != ENOENT;

	tt_buf_release(&path);
	if (fd < 0)
		return held;
	held = flock(fd, LOCK_SH | LOCK_NB) != 0;
	(void)close(fd);
	return held;
}

int tt_store_lock(struct tt_store *store, struct tt_err *err)
{
	struct tt_buf path;
	char text[128];

	tt_buf_init(&path, PATH_MAX_BYTES);
	tt_buf_printf(&path, "%s/telltale.lock", store->dir);
	store->lock_fd = open(path.data, O_RDWR | O_CREAT | O_CLOEXEC, 0640);
	int saved = errno;

	tt_buf_release(&path);
	if (store->lock_fd < 0 && (saved == EACCES || saved == EROFS || saved == EPERM))
		return tt_fail(err, TT_EDENIED,
			"%s cannot be written (%s): it must belong to the user that runs telltaled",
			store->dir, strerror_r(saved, text, sizeof(text)));
	if (store->lock_fd < 0)
		return tt_fail(err, saved == ENOSPC || saved == EDQUOT ? TT_EFULL : TT_EIO,
			"%s/telltale.lock: %s", store->dir, strerror_r(saved, text, sizeof(text)));
	if (take_lock(store->lock_fd) == 0)
		return 0;
	if (errno == EWOULDBLOCK)
		return tt_fail(err, TT_EBUSY,
			"another telltaled, or a telltale replay, has the log in %s open; two "
			"must not write one log",
			store->dir);
	return tt_fail(err, TT_EIO, "%s/telltale.lock: %s", store->dir,
		strerror_r(errno, text, sizeof(text)));
}
