/* SPDX-License-Identifier: Apache-2.0 */
/* watchers.h - many watches of one server on loopback, read by one thread with epoll. Plain HTTP,
 * JSON. Every function dies with a sentence on failure, also if a watch ends. */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct watcher;

/* A frame that came: the resourceVersion of its object, and the wall time at which the kernel put
 * its last byte into the socket, which does not depend on when we came to read it. */
struct arrival {
	uint64_t version;
	int64_t at_us;
};

struct watchers {
	int epoll_fd;
	struct watcher *all;
	size_t n;
	struct {
		struct arrival *items;
		size_t n, cap;
	} arrivals;
	char *buffer;
};

/* Opens `n` watches, the i-th of path `path(arg, i)`, which is borrowed until the next call, and
 * waits until all are answered. */
void watchers_open(struct watchers *w, int port, size_t n, const char *(*path)(void *arg, size_t i),
	void *arg);
void watchers_close(struct watchers *w);

/* Reads what there is, after waiting for it up to `timeout_ms`. */
void watchers_read(struct watchers *w, int timeout_ms);
