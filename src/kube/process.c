/* SPDX-License-Identifier: Apache-2.0 */
#include "kube/process.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"

enum { READ_BYTES = 16384, TICK_MS = 50 };

struct child {
	pid_t pid;
	bool own_group; /* killed with all that it started */
	int out_fd;     /* what it prints; -1: closed */
};

/* Attributes: no blocked or ignored signals, and a process group of its own unless it must be able
 * to read from our terminal. */
static void set_attributes(posix_spawnattr_t *attr, bool own_group)
{
	sigset_t none, all;
	short flags = POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF;

	sigemptyset(&none);
	sigfillset(&all);
	(void)posix_spawnattr_setsigmask(attr, &none);
	(void)posix_spawnattr_setsigdefault(attr, &all);
	if (own_group) {
		flags |= POSIX_SPAWN_SETPGROUP;
		(void)posix_spawnattr_setpgroup(attr, 0);
	}
	(void)posix_spawnattr_setflags(attr, flags);
}

/* Starts the child with its standard output in `write_fd`; an errno. */
static int spawn(const struct tt_process *process, struct child *child, int write_fd)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attr;
	int rc;

	(void)posix_spawn_file_actions_init(&actions);
	(void)posix_spawnattr_init(&attr);
	if (!process->keep_stdin)
		(void)posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
	(void)posix_spawn_file_actions_adddup2(&actions, write_fd, 1);
	(void)posix_spawn_file_actions_addclosefrom_np(&actions, 3);
	child->own_group = !process->keep_stdin;
	set_attributes(&attr, child->own_group);
	rc = posix_spawnp(
		&child->pid, process->argv[0], &actions, &attr, process->argv, process->envp);
	(void)posix_spawnattr_destroy(&attr);
	(void)posix_spawn_file_actions_destroy(&actions);
	return rc;
}

static int start(const struct tt_process *process, struct child *child, struct tt_err *err)
{
	int fds[2], rc;

	if (pipe2(fds, O_CLOEXEC) < 0)
		return tt_fail(err, TT_EIO, "cannot make a pipe: %s", strerrordesc_np(errno));
	rc = spawn(process, child, fds[1]);
	close(fds[1]);
	if (rc != 0) {
		enum tt_code code = rc == ENOENT   ? TT_ENOTFOUND
				    : rc == EACCES ? TT_EDENIED
						   : TT_EIO;

		close(fds[0]);
		return tt_fail(
			err, code, "cannot run %s: %s", process->argv[0], strerrordesc_np(rc));
	}
	(void)fcntl(fds[0], F_SETFL, O_NONBLOCK);
	child->out_fd = fds[0];
	return 0;
}

/* Takes what is there; closes the pipe at its end. */
static int take_output(struct child *child, struct tt_buf *out, struct tt_err *err)
{
	for (;;) {
		char piece[READ_BYTES];
		ssize_t n = read(child->out_fd, piece, sizeof(piece));

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			return 0;
		if (n <= 0) {
			close(child->out_fd);
			child->out_fd = -1;
			return 0;
		}
		tt_buf_add(out, piece, (size_t)n);
		if (out->failed)
			return tt_fail(err, TT_ELIMIT, "it printed more than %zu bytes", out->max);
	}
}

/* Whether the child has ended; then it is reaped. */
static bool has_ended(const struct child *child, int *ret_status)
{
	pid_t pid;

	do
		pid = waitpid(child->pid, ret_status, WNOHANG);
	while (pid < 0 && errno == EINTR);
	return pid != 0;
}

static void kill_and_reap(const struct child *child)
{
	int status;

	(void)kill(child->own_group ? -child->pid : child->pid, SIGKILL);
	while (waitpid(child->pid, &status, 0) < 0 && errno == EINTR)
		continue;
}

/* Waits for output, the end of time, or a wake, at most one tick. */
static int wait_tick(const struct tt_process *process, const struct child *child, int64_t end_ns,
	struct tt_err *err)
{
	struct pollfd fds[] = {{child->out_fd, POLLIN, 0}, {process->wake_fd, POLLIN, 0}};

	/* Behind the end of the output the exit follows at once. */
	(void)poll(fds, 2, child->out_fd >= 0 ? TICK_MS : 1);
	if (fds[1].revents != 0)
		return tt_fail(err, TT_ECANCELED, "canceled");
	if (tt_clock_mono_ns(&tt_clock_system) >= end_ns)
		return tt_fail(err, TT_EIO, "it did not end within %lld s",
			(long long)(process->timeout_ns / TT_NS_PER_S));
	return 0;
}

int tt_process_run(
	const struct tt_process *process, struct tt_buf *out, int *ret_status, struct tt_err *err)
{
	struct child child = {.out_fd = -1};
	int64_t end_ns = tt_clock_mono_ns(&tt_clock_system) + process->timeout_ns;
	int rc = start(process, &child, err);
	bool ended = false;

	if (rc < 0)
		return rc;
	while (rc == 0 && !ended) {
		ended = has_ended(&child, ret_status);
		if (child.out_fd >= 0)
			rc = take_output(&child, out, err);
		if (rc == 0 && !ended)
			rc = wait_tick(process, &child, end_ns, err);
	}
	if (!ended)
		kill_and_reap(&child);
	if (child.out_fd >= 0)
		close(child.out_fd);
	return rc;
}
