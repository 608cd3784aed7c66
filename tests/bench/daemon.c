/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench.h"

enum {
	MAX_ARGUMENTS = 16,
	READY_MS = 20000,
	POLL_MS = 20,
	STATUS_POLL_MS = 250,
	ANSWER_SIZE = 65536
};

static struct sockaddr_in loopback(int port)
{
	return (struct sockaddr_in){.sin_family = AF_INET,
		.sin_port = htons((uint16_t)port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
}

static int free_port(void)
{
	struct sockaddr_in address = loopback(0);
	socklen_t size = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || bind(fd, (struct sockaddr *)&address, size) != 0 ||
		getsockname(fd, (struct sockaddr *)&address, &size) != 0)
		bench_die("no free port on loopback");
	(void)close(fd);
	return ntohs(address.sin_port);
}

static void sleep_ms(int ms)
{
	(void)usleep((useconds_t)ms * 1000);
}

/* GET `path`; the whole answer with its head, cut to the room. False without an answer. */
static bool get(int port, const char *path, char answer[ANSWER_SIZE])
{
	struct sockaddr_in address = loopback(port);
	char request[256];
	size_t len = 0;
	ssize_t n = -1;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	(void)snprintf(request, sizeof(request),
		"GET %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nConnection: close\r\n\r\n", path, port);
	if (fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0 &&
		send(fd, request, strlen(request), MSG_NOSIGNAL) > 0)
		while (len < ANSWER_SIZE - 1 &&
			(n = recv(fd, answer + len, ANSWER_SIZE - 1 - len, 0)) > 0)
			len += (size_t)n;
	answer[len] = '\0';
	if (fd >= 0)
		(void)close(fd);
	return len > 0;
}

static void check_alive(const struct daemon *d)
{
	if (waitpid(d->pid, NULL, WNOHANG) != 0)
		bench_die("telltaled has ended; see telltaled.log in the scratch directory");
}

static void wait_ready(const struct daemon *d)
{
	char answer[ANSWER_SIZE];

	for (int ms = 0; ms < READY_MS; ms += POLL_MS) {
		if (get(d->port, "/readyz", answer) && strncmp(answer, "HTTP/1.1 200", 12) == 0)
			return;
		check_alive(d);
		sleep_ms(POLL_MS);
	}
	bench_die("telltaled is not ready after %d ms", READY_MS);
}

static _Noreturn void become(const struct bench *b, const char *const *arguments, int port)
{
	char *argv[MAX_ARGUMENTS + 4];
	char listen[32], log[4096];
	int n = 0;

	(void)snprintf(listen, sizeof(listen), "127.0.0.1:%d", port);
	(void)snprintf(log, sizeof(log), "%s/telltaled.log", b->dir);
	argv[n++] = strdup("telltaled");
	argv[n++] = strdup("--listen");
	argv[n++] = listen;
	for (; *arguments != NULL && n < MAX_ARGUMENTS; arguments++)
		argv[n++] = strdup(*arguments);
	argv[n] = NULL;
	int fd = open(log, O_WRONLY | O_CREAT | O_APPEND, 0600);

	(void)prctl(PR_SET_PDEATHSIG, SIGKILL); /* also if the group fails */
	(void)dup2(fd, STDOUT_FILENO);
	(void)dup2(fd, STDERR_FILENO);
	(void)execv(b->telltaled, argv);
	_exit(127);
}

void daemon_start(struct daemon *d, const struct bench *b, const char *const *arguments)
{
	d->port = free_port();
	d->pid = fork();
	if (d->pid == 0)
		become(b, arguments, d->port);
	if (d->pid < 0)
		bench_die("cannot start a process");
	wait_ready(d);
}

static uint64_t head_of(const struct daemon *d)
{
	char answer[ANSWER_SIZE];
	const char *at = get(d->port, "/v1/status", answer) ? strstr(answer, "\"head\":") : NULL;

	return at != NULL ? strtoull(at + strlen("\"head\":"), NULL, 10) : 0;
}

void daemon_wait_head(const struct daemon *d, uint64_t seq, int seconds)
{
	for (int ms = 0; ms < seconds * 1000; ms += STATUS_POLL_MS) {
		uint64_t head = head_of(d);

		bench_progress("telltaled: %llu of %llu records", (unsigned long long)head,
			(unsigned long long)seq);
		if (head >= seq)
			return;
		check_alive(d);
		sleep_ms(STATUS_POLL_MS);
	}
	bench_die("telltaled holds %llu of %llu records after %d s", (unsigned long long)head_of(d),
		(unsigned long long)seq, seconds);
}

void daemon_stop(struct daemon *d)
{
	(void)kill(d->pid, SIGTERM);
	(void)waitpid(d->pid, NULL, 0);
}
