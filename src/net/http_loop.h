/* SPDX-License-Identifier: Apache-2.0 */
/* http_loop.h - waiting for the sockets and timers of one libcurl multi handle, interruptible
 * from another thread. Private to net/.
 *
 * libcurl's own curl_multi_poll() cannot be used: it would wait for a socket while OpenSSL still
 * holds records that it has read ahead (http_tls.h). So this poll(2)s by itself, tells libcurl
 * which socket is ready, and can call a socket ready because it knows better. */
#pragma once

#include <curl/curl.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

enum { TT_HTTP_LOOP_FDS = 16 };

struct tt_http_loop {
	CURLM *multi;
	struct pollfd fds[TT_HTTP_LOOP_FDS + 1]; /* the last used one is wake_fd while polling */
	size_t n_fds;
	int64_t timer_ns; /* monotonic, when libcurl wants to be called; INT64_MAX: never */
	int wake_fd;      /* an eventfd that wakes poll(2); `woken` says whether it is meant */
	atomic_bool woken;
	int running; /* transfers, after the last call of libcurl */
};

/* Makes the multi handle and the eventfd. After a failure too the loop is closed. */
int tt_http_loop_open(struct tt_http_loop *loop, struct tt_err *err);

/* Closes all connections; no transfer may be in the multi handle. */
void tt_http_loop_close(struct tt_http_loop *loop);

/* Replaces the multi handle, which closes all connections. No transfer may be in it. */
int tt_http_loop_renew(struct tt_http_loop *loop, struct tt_err *err);

/* As tt_http_client_wake() and tt_http_client_rearm(). */
void tt_http_loop_wake(struct tt_http_loop *loop);
void tt_http_loop_rearm(struct tt_http_loop *loop);

/* Waits until something is ready or due, at most until `deadline_ns` (monotonic; one in the past
 * only looks), and lets libcurl work on it once. TT_EAGAIN when the deadline came first,
 * TT_ECANCELED when woken. */
int tt_http_loop_step(struct tt_http_loop *loop, int64_t deadline_ns);

/* Lets libcurl read from its only socket without asking poll(2); false if it has not just one. */
bool tt_http_loop_pull(struct tt_http_loop *loop);
