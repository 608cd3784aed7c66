/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/log.h"
#include "store/inside.h"

uint64_t tt_file_bytes(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 ? (uint64_t)st.st_size : 0;
}

/* Whether the reserve would fit and leave as much again for the log. */
static bool has_room(const struct tt_store *store)
{
	struct statvfs fs;

	return statvfs(store->dir, &fs) != 0 ||
	       (uint64_t)fs.f_bavail * fs.f_frsize >= 2 * (uint64_t)store->reserve_bytes;
}

void tt_reserve_make(struct tt_store *store)
{
	if (tt_file_bytes(store->reserve_path) >= store->reserve_bytes || !has_room(store))
		return;
	int fd = open(store->reserve_path, O_WRONLY | O_CREAT | O_CLOEXEC, 0640);
	int rc = fd >= 0 ? posix_fallocate(fd, 0, (off_t)store->reserve_bytes) : errno;

	if (fd >= 0)
		(void)close(fd);
	if (rc == 0)
		return;
	char text[128];

	(void)unlink(store->reserve_path);
	tt_log_warn(store->log, "no reserve for a full disk",
		TT_FS("error", strerror_r(rc, text, sizeof(text))));
}

bool tt_reserve_release(struct tt_store *store)
{
	if (unlink(store->reserve_path) != 0)
		return false;
	tt_log_warn(store->log, "disk full: the reserve is given up for retention");
	return true;
}
