/* SPDX-License-Identifier: Apache-2.0 */
#include "watchers.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/vec.h"
#include "bench.h"

enum {
	LINE_SIZE = 768, /* the resourceVersion of a frame's object is within it */
	BUFFER_SIZE = 256 << 10,
	EVENTS_MAX = 256,
	ANSWER_S = 30,
};

/* Where in a chunked answer a watch is. */
enum place { IN_HEAD, IN_SIZE, IN_DATA, BEHIND_DATA };

struct watcher {
	int fd;
	enum place place;
	size_t left; /* of the chunk, or of what follows it */
	size_t len;
	char line[LINE_SIZE]; /* the beginning of the line under way, or of the head */
};

static void keep(struct watcher *w, const char *data, size_t n)
{
	size_t room = LINE_SIZE - 1 - w->len;

	memcpy(w->line + w->len, data, n < room ? n : room);
	w->len += n < room ? n : room;
}

/* The line under way is complete: metadata comes before anything else that has a version. */
static void take_line(struct watchers *all, struct watcher *w, int64_t at_us)
{
	static const char key[] = "\"resourceVersion\":\"";

	w->line[w->len] = '\0';
	w->len = 0;
	const char *at = strstr(w->line, key);

	if (at == NULL || strstr(w->line, "\"type\":\"ERROR\"") != NULL)
		bench_die("a watch says %s", w->line);
	*tt_vec_push(&all->arrivals) = (struct arrival){
		strtoull(at + sizeof(key) - 1, NULL, 10), at_us};
}

/* Each of these takes what belongs to its place off `data`, at least a byte, and returns how
 * much. */

static size_t take_head(struct watcher *w, const char *data, size_t n)
{
	size_t before = w->len;

	keep(w, data, n);
	w->line[w->len] = '\0';
	const char *end = strstr(w->line, "\r\n\r\n");

	if (end == NULL && w->len < LINE_SIZE - 1)
		return n;
	if (end == NULL || strncmp(w->line, "HTTP/1.1 200", 12) != 0)
		bench_die("a watch is answered with %s", w->line);
	w->len = 0;
	w->place = IN_SIZE;
	return (size_t)(end - w->line) + 4 - before;
}

static size_t take_size(struct watcher *w, const char *data, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (data[i] == '\n') {
			if (w->left == 0)
				bench_die("a watch has ended");
			w->place = IN_DATA;
			return i + 1;
		}
		if (data[i] != '\r')
			w->left = w->left * 16 + (size_t)(data[i] <= '9'
								  ? data[i] - '0'
								  : (data[i] | 32) - 'a' + 10);
	}
	return n;
}

static size_t take_data(
	struct watchers *all, struct watcher *w, const char *data, size_t n, int64_t at_us)
{
	n = n < w->left ? n : w->left;
	const char *end = memchr(data, '\n', n);
	size_t taken = end != NULL ? (size_t)(end - data) + 1 : n;

	keep(w, data, end != NULL ? taken - 1 : taken);
	if (end != NULL)
		take_line(all, w, at_us);
	w->left -= taken;
	if (w->left == 0) {
		w->place = BEHIND_DATA;
		w->left = strlen("\r\n");
	}
	return taken;
}

static size_t take_end(struct watcher *w, size_t n)
{
	n = n < w->left ? n : w->left;
	w->left -= n;
	if (w->left == 0)
		w->place = IN_SIZE;
	return n;
}

static void take(struct watchers *all, struct watcher *w, const char *data, size_t n, int64_t at_us)
{
	for (size_t at = 0, taken = 0; at < n; at += taken) {
		const char *rest = data + at;
		size_t left = n - at;

		switch (w->place) {
		case IN_HEAD: taken = take_head(w, rest, left); break;
		case IN_SIZE: taken = take_size(w, rest, left); break;
		case IN_DATA: taken = take_data(all, w, rest, left, at_us); break;
		case BEHIND_DATA: taken = take_end(w, left); break;
		}
	}
}

/* When the kernel got what `m` brought. */
static int64_t time_of(struct msghdr *m)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c != NULL; c = CMSG_NXTHDR(m, c)) {
		struct timespec ts;

		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_TIMESTAMPNS)
			continue;
		memcpy(&ts, CMSG_DATA(c), sizeof(ts));
		return (int64_t)ts.tv_sec * TT_US_PER_S + ts.tv_nsec / TT_NS_PER_US;
	}
	return tt_clock_wall_us(&tt_clock_system);
}

static void read_one(struct watchers *all, struct watcher *w)
{
	char control[128];
	struct iovec room = {all->buffer, BUFFER_SIZE};
	struct msghdr m = {.msg_iov = &room,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof(control)};
	ssize_t n = recvmsg(w->fd, &m, MSG_DONTWAIT);

	if (n > 0)
		take(all, w, all->buffer, (size_t)n, time_of(&m));
	else if (n == 0 || (errno != EAGAIN && errno != EINTR))
		bench_die("a watch has broken off: %s", n == 0 ? "closed" : strerror(errno));
}

void watchers_read(struct watchers *w, int timeout_ms)
{
	struct epoll_event events[EVENTS_MAX];
	int n = epoll_wait(w->epoll_fd, events, EVENTS_MAX, timeout_ms);

	for (int i = 0; i < n; i++)
		read_one(w, &w->all[events[i].data.u32]);
}

static void open_one(struct watchers *all, size_t i, int port, const char *path)
{
	const struct sockaddr_in to = {.sin_family = AF_INET,
		.sin_port = htons((uint16_t)port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	struct epoll_event wanted = {.events = EPOLLIN, .data.u32 = (uint32_t)i};
	struct watcher *w = &all->all[i];
	const int on = 1;
	char request[1024];
	int n = snprintf(request, sizeof(request),
		"GET %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nAccept: application/json\r\n\r\n", path,
		port);

	w->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (w->fd < 0 || connect(w->fd, (const struct sockaddr *)&to, sizeof(to)) != 0 ||
		setsockopt(w->fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof(on)) != 0 ||
		send(w->fd, request, (size_t)n, MSG_NOSIGNAL) != n ||
		epoll_ctl(all->epoll_fd, EPOLL_CTL_ADD, w->fd, &wanted) != 0)
		bench_die("cannot open watch %zu: %s", i + 1, strerror(errno));
}

static size_t unanswered(const struct watchers *w)
{
	size_t n = 0;

	for (size_t i = 0; i < w->n; i++)
		n += w->all[i].place == IN_HEAD;
	return n;
}

void watchers_open(
	struct watchers *w, int port, size_t n, const char *(*path)(void *arg, size_t i), void *arg)
{
	int64_t end_ns = tt_clock_mono_ns(&tt_clock_system) + (int64_t)ANSWER_S * TT_NS_PER_S;

	*w = (struct watchers){.epoll_fd = epoll_create1(EPOLL_CLOEXEC), .n = n};
	w->all = tt_calloc(n, sizeof(*w->all));
	w->buffer = tt_malloc(BUFFER_SIZE);
	for (size_t i = 0; i < n; i++) {
		open_one(w, i, port, path(arg, i));
		watchers_read(w, 0);
	}
	while (unanswered(w) > 0) {
		if (tt_clock_mono_ns(&tt_clock_system) > end_ns)
			bench_die("%zu of %zu watches are not answered", unanswered(w), n);
		watchers_read(w, 100);
	}
}

void watchers_close(struct watchers *w)
{
	for (size_t i = 0; i < w->n; i++)
		(void)close(w->all[i].fd);
	(void)close(w->epoll_fd);
	tt_vec_release(&w->arrivals);
	tt_free(w->all);
	tt_free(w->buffer);
}
