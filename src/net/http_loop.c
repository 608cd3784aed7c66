/* SPDX-License-Identifier: Apache-2.0 */
#include "net/http_loop.h"

#include <errno.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/assert.h"
#include "base/clock.h"

static short poll_events(int what)
{
	return (short)((what & CURL_POLL_IN ? POLLIN : 0) | (what & CURL_POLL_OUT ? POLLOUT : 0));
}

static int socket_changed(CURL *easy, curl_socket_t fd, int what, void *arg, void *socket_arg)
{
	struct tt_http_loop *loop = arg;
	size_t i = 0;

	while (i < loop->n_fds && loop->fds[i].fd != fd)
		i++;
	if (what == CURL_POLL_REMOVE) {
		if (i < loop->n_fds)
			loop->fds[i] = loop->fds[--loop->n_fds];
		return 0;
	}
	if (i == TT_HTTP_LOOP_FDS)
		return -1;
	loop->fds[i] = (struct pollfd){.fd = fd, .events = poll_events(what)};
	if (i == loop->n_fds)
		loop->n_fds++;
	return 0;
}

static int timer_changed(CURLM *multi, long timeout_ms, void *arg)
{
	struct tt_http_loop *loop = arg;

	loop->timer_ns = timeout_ms < 0 ? INT64_MAX
					: tt_clock_mono_ns(&tt_clock_system) +
						  (int64_t)timeout_ms * TT_NS_PER_MS;
	return 0;
}

int tt_http_loop_renew(struct tt_http_loop *loop, struct tt_err *err)
{
	CURLM *multi = curl_multi_init();

	if (multi == NULL)
		return tt_fail(err, TT_EIO, "cannot set up the HTTP client");
	if (loop->multi != NULL)
		(void)curl_multi_cleanup(loop->multi);
	loop->multi = multi;
	loop->n_fds = 0;
	loop->timer_ns = INT64_MAX;
	(void)curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, socket_changed);
	(void)curl_multi_setopt(multi, CURLMOPT_SOCKETDATA, loop);
	(void)curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, timer_changed);
	(void)curl_multi_setopt(multi, CURLMOPT_TIMERDATA, loop);
	(void)curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS, 2L);
	return 0;
}

int tt_http_loop_open(struct tt_http_loop *loop, struct tt_err *err)
{
	*loop = (struct tt_http_loop){.wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
	if (loop->wake_fd < 0)
		return tt_fail(err, TT_EIO, "cannot set up the HTTP client: %s", strerror(errno));
	return tt_http_loop_renew(loop, err);
}

void tt_http_loop_close(struct tt_http_loop *loop)
{
	if (loop->multi != NULL)
		(void)curl_multi_cleanup(loop->multi);
	if (loop->wake_fd >= 0)
		(void)close(loop->wake_fd);
	*loop = (struct tt_http_loop){.wake_fd = -1};
}

void tt_http_loop_wake(struct tt_http_loop *loop)
{
	uint64_t one = 1;

	atomic_store(&loop->woken, true);
	(void)!write(loop->wake_fd, &one, sizeof(one));
}

static void drain(struct tt_http_loop *loop)
{
	uint64_t count;

	(void)!read(loop->wake_fd, &count, sizeof(count));
}

/* A wake that comes in between stays in force, because each step looks at `woken` first. One that
 * has set `woken` before and writes afterwards leaves the eventfd readable: step drains it. */
void tt_http_loop_rearm(struct tt_http_loop *loop)
{
	atomic_store(&loop->woken, false);
	drain(loop);
}

static int64_t earlier(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

/* Milliseconds for poll(2) until `until_ns`, rounded up so that it is past afterwards. */
static int poll_timeout(int64_t until_ns)
{
	int64_t left_ns;

	if (until_ns == INT64_MAX)
		return -1;
	left_ns = until_ns - tt_clock_mono_ns(&tt_clock_system);
	if (left_ns <= 0)
		return 0;
	return (int)earlier(left_ns / TT_NS_PER_MS + 1, 60 * 60 * 1000);
}

static void act(struct tt_http_loop *loop, curl_socket_t fd, int bits)
{
	(void)curl_multi_socket_action(loop->multi, fd, bits, &loop->running);
}

static void act_on_ready(struct tt_http_loop *loop)
{
	struct pollfd ready[TT_HTTP_LOOP_FDS];
	size_t n = loop->n_fds;

	/* libcurl changes the list while it works. */
	memcpy(ready, loop->fds, n * sizeof(ready[0]));
	for (size_t i = 0; i < n; i++) {
		int bits = 0;

		if (ready[i].revents & (POLLIN | POLLHUP | POLLERR))
			bits |= CURL_CSELECT_IN;
		if (ready[i].revents & (POLLOUT | POLLERR))
			bits |= CURL_CSELECT_OUT;
		if (bits != 0)
			act(loop, ready[i].fd, bits);
	}
}

int tt_http_loop_step(struct tt_http_loop *loop, int64_t deadline_ns)
{
	int64_t timer_ns = loop->timer_ns;
	struct pollfd *wake = &loop->fds[loop->n_fds];
	int n;

	if (atomic_load_explicit(&loop->woken, memory_order_relaxed))
		return TT_ECANCELED;
	*wake = (struct pollfd){.fd = loop->wake_fd, .events = POLLIN};
	n = poll(loop->fds, loop->n_fds + 1, poll_timeout(earlier(deadline_ns, timer_ns)));
	if (atomic_load(&loop->woken))
		return TT_ECANCELED;
	if (n > 0 && wake->revents != 0) {
		drain(loop);
		n--;
	}
	if (n > 0)
		act_on_ready(loop);
	if (timer_ns != INT64_MAX && timer_ns <= tt_clock_mono_ns(&tt_clock_system)) {
		if (loop->timer_ns == timer_ns)
			loop->timer_ns = INT64_MAX;
		act(loop, CURL_SOCKET_TIMEOUT, 0);
		return 0;
	}
	if (n > 0 || deadline_ns > tt_clock_mono_ns(&tt_clock_system))
		return 0;
	return TT_EAGAIN;
}

bool tt_http_loop_pull(struct tt_http_loop *loop)
{
	if (loop->n_fds != 1)
		return false;
	act(loop, loop->fds[0].fd, CURL_CSELECT_IN);
	return true;
}
