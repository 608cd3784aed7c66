/* SPDX-License-Identifier: Apache-2.0 */
#include "measure.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/assert.h"
#include "base/clock.h"

enum { REPETITIONS = 21, ENOUGH_NS_SECONDS = 10, TEXT_SIZE = 8192, PATH_SIZE = 64 };

static int64_t clock_ns(clockid_t id)
{
	struct timespec ts;

	(void)clock_gettime(id, &ts);
	return (int64_t)ts.tv_sec * TT_NS_PER_S + ts.tv_nsec;
}

int64_t measure_cpu_ns(void)
{
	return clock_ns(CLOCK_PROCESS_CPUTIME_ID);
}

int64_t measure_thread_cpu_ns(void)
{
	return clock_ns(CLOCK_THREAD_CPUTIME_ID);
}

/* The path of /proc/PID/NAME. */
static void proc_path(char path[PATH_SIZE], pid_t pid, const char *name)
{
	if (pid > 0)
		(void)snprintf(path, PATH_SIZE, "/proc/%d/%s", (int)pid, name);
	else
		(void)snprintf(path, PATH_SIZE, "/proc/self/%s", name);
}

/* The content of /proc/PID/NAME; empty if there is none. */
static void read_proc(pid_t pid, const char *name, char text[TEXT_SIZE])
{
	char path[PATH_SIZE];

	proc_path(path, pid, name);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd >= 0 ? read(fd, text, TEXT_SIZE - 1) : -1;

	text[n > 0 ? n : 0] = '\0';
	if (fd >= 0)
		(void)close(fd);
}

int64_t measure_cpu_of_ns(pid_t pid)
{
	clockid_t id;

	return clock_getcpuclockid(pid, &id) == 0 ? clock_ns(id) : -1;
}

static uint64_t kib_of(const char *text, const char *key)
{
	const char *at = strstr(text, key);

	return at != NULL ? strtoull(at + strlen(key), NULL, 10) * 1024 : 0;
}

struct measure_memory measure_memory(pid_t pid)
{
	char text[TEXT_SIZE];

	read_proc(pid, "status", text);
	return (struct measure_memory){
		.rss = kib_of(text, "VmRSS:"),
		.peak = kib_of(text, "VmHWM:"),
		.anonymous = kib_of(text, "RssAnon:"),
	};
}

void measure_reset_peak(pid_t pid)
{
	char path[PATH_SIZE];

	proc_path(path, pid, "clear_refs");
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		return;
	ssize_t ignored = write(fd, "5", 1);

	(void)ignored;
	(void)close(fd);
}

uint64_t measure_file_bytes(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 ? (uint64_t)st.st_size : 0;
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

double measure_quantile(double *values, size_t n, double q)
{
	tt_assert(n > 0);
	qsort(values, n, sizeof(values[0]), by_value);
	size_t at = (size_t)((double)n * q);

	return values[at < n ? at : n - 1];
}

double measure_once_ms(measure_fn *fn, void *arg)
{
	int64_t start_ns = measure_thread_cpu_ns();

	(void)fn(arg);
	return (double)(measure_thread_cpu_ns() - start_ns) / TT_NS_PER_MS;
}

double measure_median_ms(measure_fn *fn, void *arg, uint64_t *ret_rows)
{
	double ms[REPETITIONS];
	int n = 0;
	int64_t begun_ns = clock_ns(CLOCK_MONOTONIC);

	*ret_rows = fn(arg);
	while (n < REPETITIONS) {
		ms[n++] = measure_once_ms(fn, arg);
		if (clock_ns(CLOCK_MONOTONIC) - begun_ns > (int64_t)ENOUGH_NS_SECONDS * TT_NS_PER_S)
			break;
	}
	return measure_quantile(ms, (size_t)n, 0.5);
}
