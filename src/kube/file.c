/* SPDX-License-Identifier: Apache-2.0 */
#include "kube/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"

static int fail_errno(struct tt_err *err, const char *path)
{
	enum tt_code code = TT_EIO;

	if (errno == ENOENT || errno == ENOTDIR)
		code = TT_ENOTFOUND;
	else if (errno == EACCES || errno == EPERM)
		code = TT_EDENIED;
	return tt_fail(err, code, "cannot read %s: %s", path, strerrordesc_np(errno));
}

/* Reads up to `max` bytes; their number, or -1 with errno. */
static ssize_t read_up_to(int fd, char *to, size_t max)
{
	size_t n = 0;

	while (n < max) {
		ssize_t got = read(fd, to + n, max - n);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -1;
		if (got == 0)
			break;
		n += (size_t)got;
	}
	return (ssize_t)n;
}

/* The size that fstat tells is a hint only: a mounted Secret may be exchanged meanwhile. Pipes are
 * allowed, because shells make them for <(...). */
int tt_file_read(const char *path, size_t max, struct tt_arena *arena, struct tt_str *ret,
	struct tt_err *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	struct stat st;
	int rc = 0;

	if (fd < 0)
		return fail_errno(err, path);
	if (fstat(fd, &st) < 0) {
		rc = fail_errno(err, path);
		goto out;
	}
	if (S_ISDIR(st.st_mode)) {
		rc = tt_fail(err, TT_EIO, "cannot read %s: it is a directory", path);
		goto out;
	}
	size_t room = S_ISREG(st.st_mode) && (size_t)st.st_size < max ? (size_t)st.st_size + 4096
								      : max + 1;
	char *to = tt_arena_alloc(arena, room + 1, 1);
	ssize_t n = read_up_to(fd, to, room);

	if (n < 0) {
		rc = fail_errno(err, path);
		goto out;
	}
	if ((size_t)n > max) {
		rc = tt_fail(err, TT_ELIMIT, "%s is larger than %zu bytes", path, max);
		goto out;
	}
	if ((size_t)n == room) {
		rc = tt_fail(err, TT_EIO, "%s grows while it is read", path);
		goto out;
	}
	to[n] = '\0';
	*ret = (struct tt_str){to, (size_t)n};
out:
	close(fd);
	return rc;
}

static bool write_all(int fd, struct tt_str text)
{
	while (text.len > 0) {
		ssize_t n = write(fd, text.data, text.len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		text = (struct tt_str){text.data + n, text.len - (size_t)n};
	}
	return fsync(fd) == 0;
}

int tt_file_write(const char *path, struct tt_str text, struct tt_err *err)
{
	struct tt_arena arena = {0};
	const char *temporary = tt_str_printf(&arena, "%s.new", path).data;
	int fd = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600), rc = 0;
	bool written = fd >= 0 && write_all(fd, text);

	if (fd >= 0)
		written = close(fd) == 0 && written;
	if (!written || rename(temporary, path) != 0)
		rc = tt_fail(err, TT_EIO, "cannot write %s: %s", path, strerrordesc_np(errno));
	tt_arena_release(&arena);
	return rc;
}

struct stat tt_file_look(const char *path)
{
	struct stat found = {0};

	if (path != NULL && stat(path, &found) != 0)
		found = (struct stat){0};
	return found;
}

bool tt_file_same(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino && a->st_size == b->st_size &&
	       a->st_mtim.tv_sec == b->st_mtim.tv_sec && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}
