/* SPDX-License-Identifier: Apache-2.0 */
#include "collect/recording.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/mem.h"
#include "event/codec.h"

enum { READ_BYTES = 256 << 10, VALUE_MAX_BYTES = 8 << 20, NAME_SIZE = 256 };

struct tt_recording {
	int fd;
	char name[NAME_SIZE];
	struct tt_buf buf; /* bytes that were read; those before `at` are done with */
	size_t at;
	size_t scanned; /* up to here the present value has been looked through */
	bool at_end;    /* of the file */
	bool dropping;  /* inside a value that is too long */
	uint64_t line;  /* number of the line at `at` */
	uint64_t done, total;
};

static int fail_io(const struct tt_recording *r, const char *what, struct tt_err *err)
{
	enum tt_code code = errno == ENOENT                     ? TT_ENOTFOUND
			    : errno == EACCES || errno == EPERM ? TT_EDENIED
								: TT_EIO;

	return tt_fail(err, code, "cannot %s %s: %s", what, r->name, strerror(errno));
}

int tt_recording_open(struct tt_recording **ret, const char *path, struct tt_err *err)
{
	struct tt_recording *r = tt_calloc(1, sizeof(*r));
	bool is_stdin = strcmp(path, "-") == 0;
	struct tt_str name = tt_str_from(is_stdin ? "standard input" : path);
	struct stat st;
	int rc = 0;

	memcpy(r->name, name.data, name.len < NAME_SIZE ? name.len : NAME_SIZE - 1);
	r->line = 1;
	tt_buf_init(&r->buf, VALUE_MAX_BYTES + 2 * READ_BYTES);
	r->fd = is_stdin ? dup(STDIN_FILENO) : open(path, O_RDONLY | O_CLOEXEC);
	if (r->fd < 0 || fstat(r->fd, &st) != 0)
		rc = fail_io(r, "open", err);
	else if (S_ISDIR(st.st_mode))
		rc = tt_fail(err, TT_EINVAL, "%s is a directory, not a recording", r->name);
	else if (S_ISREG(st.st_mode))
		r->total = (uint64_t)st.st_size;
	if (rc != 0) {
		tt_recording_close(r);
		return rc;
	}
	*ret = r;
	return 0;
}

void tt_recording_close(struct tt_recording *r)
{
	if (r == NULL)
		return;
	if (r->fd >= 0)
		(void)close(r->fd);
	tt_buf_release(&r->buf);
	tt_free(r);
}

static int read_more(struct tt_recording *r, struct tt_err *err)
{
	ssize_t n;

	if (r->at > 0) {
		tt_buf_consume(&r->buf, r->at);
		r->scanned -= r->at;
		r->at = 0;
	}
	char *to = tt_buf_reserve(&r->buf, READ_BYTES);

	do {
		n = read(r->fd, to, READ_BYTES);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		return fail_io(r, "read", err);
	r->buf.len += (size_t)n;
	r->done += (uint64_t)n;
	r->at_end = n == 0;
	return 0;
}

/* Whether a line that begins so belongs to the value before it. */
static bool goes_on(char first)
{
	return memchr(" \t\r\n}]", first, 6) != NULL;
}

/* Moves `scanned` to where the value at `at` ends: behind a newline that a new value follows, or
 * to the end of the file. False if more bytes are needed to tell. */
static bool find_end(struct tt_recording *r)
{
	const char *data = r->buf.data;

	while (r->scanned < r->buf.len) {
		const char *newline = memchr(data + r->scanned, '\n', r->buf.len - r->scanned);

		if (newline == NULL) {
			r->scanned = r->buf.len;
			break;
		}
		size_t next = (size_t)(newline - data) + 1;

		if (next == r->buf.len && !r->at_end) {
			r->scanned = next - 1;
			return false;
		}
		r->scanned = next;
		if (next < r->buf.len && !goes_on(data[next]))
			return true;
	}
	return r->at_end;
}

static uint64_t count_lines(struct tt_str text)
{
	uint64_t n = 0;

	for (size_t i = 0; i < text.len; i++)
		n += text.data[i] == '\n';
	return n;
}

/* The next value with its first line, borrowed from the buffer until the next call: 1, 0 at the
 * end, TT_ELIMIT, TT_EIO. */
static int next_value(
	struct tt_recording *r, struct tt_str *ret, uint64_t *ret_line, struct tt_err *err)
{
	for (;;) {
		while (!find_end(r)) {
			int rc;

			if (r->scanned - r->at > VALUE_MAX_BYTES) {
				r->dropping = true;
				r->line += count_lines(
					(struct tt_str){r->buf.data + r->at, r->scanned - r->at});
				r->at = r->scanned;
			}
			rc = read_more(r, err);
			if (rc != 0)
				return rc;
		}
		*ret = (struct tt_str){r->buf.data + r->at, r->scanned - r->at};
		*ret_line = r->line;
		r->at = r->scanned;
		if (ret->len == 0 && !r->dropping)
			return 0;
		r->line += count_lines(*ret);
		if (r->dropping) {
			r->dropping = false;
			return tt_fail(err, TT_ELIMIT,
				"%s: the watch event that ends before line %llu is larger than %d "
				"MiB",
				r->name, (unsigned long long)r->line, VALUE_MAX_BYTES >> 20);
		}
		*ret = tt_str_trim(*ret);
		if (ret->len > 0)
			return 1;
	}
}

static int decode(
	struct tt_str value, struct tt_arena *arena, struct tt_watch_frame *ret, struct tt_err *err)
{
	struct tt_str text = tt_str_dup(arena, value);
	int rc = tt_watch_frame_decode(ret, TT_ENCODING_JSON, text, arena, err);

	if (rc != 0 && tt_event_decode(&ret->event, TT_ENCODING_JSON, text, arena, NULL) == 0 &&
		ret->event.metadata.name.len > 0) {
		ret->type = TT_WATCH_ADDED;
		return 0;
	}
	return rc;
}

int tt_recording_next(struct tt_recording *r, struct tt_arena *arena,
	struct tt_watch_frame *ret_frame, struct tt_err *err)
{
	struct tt_str value = {0};
	uint64_t line = 0;

	for (;;) {
		int rc = next_value(r, &value, &line, err);

		if (rc <= 0)
			return rc;
		if (decode(value, arena, ret_frame, err) != 0) {
			(void)tt_err_wrap(err, "%s:%llu", r->name, (unsigned long long)line);
			return TT_EINVAL;
		}
		if (ret_frame->type != TT_WATCH_BOOKMARK)
			return 1;
	}
}

static int write_all(int fd, const char *data, size_t n)
{
	while (n > 0) {
		ssize_t written = write(fd, data, n);

		if (written < 0 && errno != EINTR)
			return -1;
		if (written > 0) {
			data += written;
			n -= (size_t)written;
		}
	}
	return 0;
}

/* Replaces a pipe by a file without a name that holds all that comes out of it. */
static int spool(struct tt_recording *r, struct tt_err *err)
{
	const char *dir = getenv("TMPDIR");
	int fd = open(dir != NULL ? dir : "/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	uint64_t bytes = 0;
	int rc = fd < 0 ? fail_io(r, "make a temporary copy of", err) : 0;

	while (rc == 0 && !r->at_end) {
		rc = read_more(r, err);
		if (rc == 0 && write_all(fd, r->buf.data, r->buf.len) != 0)
			rc = fail_io(r, "make a temporary copy of", err);
		bytes += r->buf.len;
		tt_buf_clear(&r->buf);
	}
	if (rc != 0) {
		if (fd >= 0)
			(void)close(fd);
		return rc;
	}
	(void)close(r->fd);
	r->fd = fd;
	r->total = bytes;
	return 0;
}

static int rewind_to_start(struct tt_recording *r, struct tt_err *err)
{
	if (lseek(r->fd, 0, SEEK_SET) < 0)
		return fail_io(r, "go back to the start of", err);
	tt_buf_clear(&r->buf);
	r->at = r->scanned = 0;
	r->at_end = r->dropping = false;
	r->line = 1;
	r->done = 0;
	return 0;
}

int tt_recording_measure(
	struct tt_recording *r, struct tt_recording_extent *ret, struct tt_err *err)
{
	struct tt_arena arena = {0};
	struct tt_watch_frame frame;
	int rc = 0;

	*ret = (struct tt_recording_extent){0, TT_TIME_ZERO, TT_TIME_ZERO};
	if (lseek(r->fd, 0, SEEK_CUR) < 0) {
		rc = spool(r, err);
		if (rc == 0)
			rc = rewind_to_start(r, err);
		if (rc != 0)
			return rc;
	}
	do {
		tt_arena_clear(&arena);
		rc = tt_recording_next(r, &arena, &frame, err);
		if (rc != 1 || (frame.type != TT_WATCH_ADDED && frame.type != TT_WATCH_MODIFIED))
			continue;
		int64_t t = tt_event_time_us(&frame.event, INT64_MAX);

		ret->events++;
		if (t == TT_TIME_ZERO)
			continue;
		if (ret->oldest_us == TT_TIME_ZERO || t < ret->oldest_us)
			ret->oldest_us = t;
		if (t > ret->newest_us)
			ret->newest_us = t;
	} while (rc == 1 || rc == TT_EINVAL || rc == TT_ELIMIT);
	tt_arena_release(&arena);
	return rc == 0 ? rewind_to_start(r, err) : rc;
}

void tt_recording_progress(const struct tt_recording *r, uint64_t *ret_done, uint64_t *ret_total)
{
	*ret_done = r->done - (r->buf.len - r->at);
	*ret_total = r->total;
}

int64_t tt_recording_shift_us(int64_t newest_us, int64_t now_us)
{
	int64_t by = now_us - newest_us;
	int64_t fraction = by % TT_US_PER_S;

	if (fraction < 0)
		fraction += TT_US_PER_S;
	return by - fraction;
}

static void shift(int64_t *us, int64_t by_us)
{
	if (*us != TT_TIME_ZERO)
		*us += by_us;
}

void tt_recording_shift(struct tt_event *e, int64_t by_us)
{
	shift(&e->metadata.creation_us, by_us);
	shift(&e->metadata.deletion_us, by_us);
	shift(&e->first_timestamp_us, by_us);
	shift(&e->last_timestamp_us, by_us);
	shift(&e->event_time_us, by_us);
	if (e->has_series)
		shift(&e->series_last_observed_us, by_us);
}
