/* SPDX-License-Identifier: Apache-2.0 */
#include "net/http_server.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/clock.h"
#include "net/http_client.h"
#include "tap/tap.h"

enum { SECOND = TT_NS_PER_S };

static void sleep_ms(long ms)
{
	struct timespec t = {ms / 1000, (ms % 1000) * TT_NS_PER_MS};

	(void)nanosleep(&t, NULL);
}

static int64_t now_ms(void)
{
	return tt_clock_mono_ns(&tt_clock_system) / TT_NS_PER_MS;
}

/* A server with what its handlers tell the tests. */
struct fixture {
	struct tt_http_server *server;
	int port;
	atomic_int calls, ended;
};

static void open_with(struct fixture *f, struct tt_http_server_options *options)
{
	struct tt_err err = {0};

	atomic_store(&f->calls, 0);
	atomic_store(&f->ended, 0);
	options->listen = "127.0.0.1:0";
	options->arg = f;
	tap_int(tt_http_server_start(&f->server, options, &err), 0);
	f->port = (int)strtol(strrchr(tt_http_server_address(f->server), ':') + 1, NULL, 10);
}

static void open_fixture(struct fixture *f, tt_http_handler_fn *handler)
{
	struct tt_http_server_options options = {.handler = handler};

	open_with(f, &options);
}

static void close_fixture(struct fixture *f)
{
	tap_ok(tt_http_server_stop(f->server, 5LL * SECOND));
}

static int connect_raw(const struct fixture *f)
{
	struct sockaddr_in to = {.sin_family = AF_INET,
		.sin_port = htons((uint16_t)f->port),
		.sin_addr = {htonl(INADDR_LOOPBACK)}};
	struct timeval patience = {.tv_sec = 5};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	(void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	tap_int(connect(fd, (struct sockaddr *)&to, sizeof(to)), 0);
	return fd;
}

/* False if the peer has closed. */
static bool send_raw(int fd, const void *data, size_t n)
{
	for (size_t done = 0; done < n;) {
		ssize_t sent = send(fd, (const char *)data + done, n - done, MSG_NOSIGNAL);

		if (sent <= 0)
			return false;
		done += (size_t)sent;
	}
	return true;
}

/* Reads until the peer closes; NUL-terminated in `to`, cut at its size. */
static size_t read_raw(int fd, char *to, size_t size)
{
	char rest[4096];
	size_t n = 0;
	ssize_t got;

	while ((got = recv(fd, n + 1 < size ? to + n : rest,
			n + 1 < size ? size - n - 1 : sizeof(rest), 0)) > 0)
		n += n + 1 < size ? (size_t)got : 0;
	to[n] = '\0';
	return n;
}

/* Sends one request on a connection of its own, and reads the answer. */
static void ask_raw(const struct fixture *f, struct tt_str request, char *answer, size_t size)
{
	int fd = connect_raw(f);

	send_raw(fd, request.data, request.len);
	(void)shutdown(fd, SHUT_WR);
	(void)read_raw(fd, answer, size);
	(void)close(fd);
}

/* The same; the status of the answer, or 0 for none. */
static int raw_status(const struct fixture *f, const char *request, size_t n)
{
	char answer[2000];
	int status = 0;

	ask_raw(f, (struct tt_str){request, n}, answer, sizeof(answer));
	(void)sscanf(answer, "HTTP/1.1 %d", &status);
	return status;
}

/* Sends one request with our own client; what it answers is in `body`. */
static int ask(const struct fixture *f, const struct tt_http_request *like, const char *path,
	struct tt_buf *body)
{
	struct tt_http_client_options options = {0};
	struct tt_http_request request = *like;
	struct tt_http_client *client = NULL;
	struct tt_http_exchange *x = NULL;
	struct tt_err err = {0};
	char url[300];
	int rc;

	(void)snprintf(url, sizeof(url), "http://127.0.0.1:%d%s", f->port, path);
	request.url = url;
	tt_buf_clear(body);
	tap_int(tt_http_client_new(&client, &options, &err), 0);
	rc = tt_http_open(client, &request, &x, &err);
	if (rc == 0) {
		rc = tt_http_read_all(x, 5LL * SECOND, body, &err);
		if (rc == 0)
			rc = tt_http_status(x);
	}
	tt_http_close(x);
	tt_http_client_free(client);
	return rc;
}

/* Says back what it was asked. */
static void echo(void *arg, struct tt_http_call *call)
{
	struct fixture *f = arg;
	struct tt_str body;
	int rc = tt_http_body(call, &body);
	struct tt_str name,
		value = {0},
		text = tt_str_printf(tt_http_arena(call), "%.*s %.*s",
			TT_STR_ARG(tt_http_method(call)), TT_STR_ARG(tt_http_path(call)));

	if (rc < 0) {
		tt_http_reply(call, rc == TT_EFULL ? 413 : 429, "text/plain", TT_STR("too much"));
		return;
	}
	atomic_fetch_add(&f->calls, 1);
	for (size_t i = 0; tt_http_query_nth(call, i, &name, &value); i++)
		text = tt_str_printf(
			tt_http_arena(call), "%.*s [%.*s]", TT_STR_ARG(text), TT_STR_ARG(name));
	if (tt_http_query(call, "q", &value))
		text = tt_str_printf(
			tt_http_arena(call), "%.*s q=%.*s", TT_STR_ARG(text), TT_STR_ARG(value));
	text = tt_str_printf(tt_http_arena(call), "%.*s x=%.*s: %.*s", TT_STR_ARG(text),
		TT_STR_ARG(tt_http_request_header(call, "X-thing")), TT_STR_ARG(body));
	tt_http_add_header(call, "Warning", "299 - \"first\"");
	tt_http_add_header(call, "Warning", "299 - \"second\"");
	tt_http_reply(call, 201, "text/plain", text);
}

static void request_is_understood(void)
{
	struct tt_http_header header = {TT_STR("x-THING"), TT_STR("y z")};
	struct tt_http_request post = {.method = "POST",
		.headers = &header,
		.n_headers = 1,
		.has_body = true,
		.body = TT_STR("the body")};
	static const struct {
		const char *path, *want;
	} cases[] = {
		{"/", "POST / x=y z: the body"},
		{"/a%2Fb/c+d%20e?q=1+2%2B3&r&q=2",
			"POST /a/b/c+d e [q] [r] [q] q=1 2+3 x=y z: the body"},
		{"/x?", "POST /x x=y z: the body"},
		{"/x?&&a=b=c&", "POST /x [a] x=y z: the body"},
		{"/x?%71=%26&=v", "POST /x [q] [] q=& x=y z: the body"},
		{"/caf%C3%A9", "POST /caf\xc3\xa9 x=y z: the body"},
	};
	struct fixture f;
	struct tt_buf body;

	tt_buf_init(&body, 1000);
	open_fixture(&f, echo);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		tap_int(ask(&f, &post, cases[i].path, &body), 201);
		tap_str(tt_buf_view(&body), cases[i].want);
	}
	tap_int(ask(&f, &(struct tt_http_request){.method = "HEAD"}, "/", &body), 201);
	tap_int(body.len, 0);
	close_fixture(&f);
	tt_buf_release(&body);
}

static void headers_of_the_answer(void)
{
	static const char request[] = "GET http://host.test/p?q=1 HTTP/1.1\r\nHost: host.test\r\n"
				      "Connection: close\r\n\r\n";
	struct fixture f;
	char answer[2000];
	int fd;

	open_fixture(&f, echo);
	fd = connect_raw(&f);
	send_raw(fd, request, strlen(request));
	(void)read_raw(fd, answer, sizeof(answer));
	(void)close(fd);
	tap_ok(strncmp(answer, "HTTP/1.1 201 Created\r\n", 22) == 0);
	tap_ok(strstr(answer, "\r\nWarning: 299 - \"first\"\r\n") != NULL);
	tap_ok(strstr(answer, "\r\nWarning: 299 - \"second\"\r\n") != NULL);
	tap_ok(strstr(answer, "\r\nContent-Type: text/plain\r\n") != NULL);
	tap_ok(strstr(answer, "\r\n\r\nGET /p [q] q=1 x=: ") != NULL);
	close_fixture(&f);
}

/* Appends `n` times `c`. */
static void repeat(struct tt_buf *to, char c, size_t n)
{
	char *at = tt_buf_reserve(to, n);

	if (at != NULL) {
		memset(at, c, n);
		to->len += n;
	}
}

static void limits_are_kept(void)
{
	static const struct {
		const char *before;
		size_t fill;
		const char *after;
		int want;
	} cases[] = {
		{"GET /", 8000, " HTTP/1.1\r\nHost: x\r\n\r\n", 201},
		{"GET /", 9000, " HTTP/1.1\r\nHost: x\r\n\r\n", 414},
		{"GET /", 200000, " HTTP/1.1\r\nHost: x\r\n\r\n", 414},
		{"GET / HTTP/1.1\r\nHost: x\r\nX: ", 16000, "\r\n\r\n", 201},
		{"GET / HTTP/1.1\r\nHost: x\r\nX: ", 17000, "\r\n\r\n", 431},
		{"GET / HTTP/1.1\r\nHost: x\r\nX: ", 200000, "\r\n\r\n", 431},
		{"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n", 1000, "", 201},
		{"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1001\r\n\r\n", 1001, "", 413},
		{"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999\r\n\r\n", 5, "", 413},
		{"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3e8\r\n", 1000,
			"\r\n0\r\n\r\n", 201},
		{"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3e9\r\n", 1001,
			"\r\n0\r\n\r\n", 413},
		{"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nfffffff\r\n",
			2000000, "", 0},
		{"GET /%zz", 0, " HTTP/1.1\r\nHost: x\r\n\r\n", 400},
		{"GET /%0", 0, " HTTP/1.1\r\nHost: x\r\n\r\n", 400},
		{"GET /%00", 0, " HTTP/1.1\r\nHost: x\r\n\r\n", 400},
		{"GET /?a=%", 0, " HTTP/1.1\r\nHost: x\r\n\r\n", 400},
		{"GET *", 0, " HTTP/1.1\r\nHost: x\r\n\r\n", 400},
		{"GET x", 0, " HTTP/1.1\r\nHost: x\r\n\r\n", 400},
		{"GET / HTTP/1.1\r\n", 0, "\r\n", 400}, /* no Host */
	};
	struct tt_http_server_options options = {.handler = echo, .max_body_bytes = 1000};
	struct fixture f;
	struct tt_buf request;

	tt_buf_init(&request, 4000000);
	open_with(&f, &options);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		int status;

		tt_buf_clear(&request);
		tt_buf_text(&request, cases[i].before);
		repeat(&request, 'x', cases[i].fill);
		tt_buf_text(&request, cases[i].after);
		status = raw_status(&f, request.data, request.len);
		tap_okf(status == cases[i].want, "case %zu: %d, want %d", i, status, cases[i].want);
	}
	close_fixture(&f);
	tt_buf_release(&request);
}

/* Says why, in its own way. */
static void say_why(void *arg, struct tt_http_call *call, int status, const char *why)
{
	tt_http_reply(call, status, "text/x-why",
		tt_str_printf(tt_http_arena(call), "%d because %s", status, why));
}

static void too_many_connections_are_told(void)
{
	struct tt_http_server_options options = {
		.handler = echo, .refuse = say_why, .max_connections = 3};
	struct fixture f;
	struct tt_buf body;
	int fds[3];

	tt_buf_init(&body, 1000);
	open_with(&f, &options);
	for (int i = 0; i < 3; i++)
		fds[i] = connect_raw(&f);
	tap_int(ask(&f, &(struct tt_http_request){0}, "/", &body), 429);
	tap_str(tt_buf_view(&body), "429 because there are too many connections");
	for (int i = 0; i < 3; i++)
		(void)close(fds[i]);
	for (int i = 0; i < 100 && ask(&f, &(struct tt_http_request){0}, "/", &body) != 201; i++)
		sleep_ms(10);
	tap_int(ask(&f, &(struct tt_http_request){0}, "/", &body), 201);
	close_fixture(&f);
	tt_buf_release(&body);
}

/* A connection from another address of loopback. */
static int connect_from(const struct fixture *f, uint32_t from)
{
	struct sockaddr_in local = {.sin_family = AF_INET, .sin_addr = {htonl(from)}};
	struct sockaddr_in to = {.sin_family = AF_INET,
		.sin_port = htons((uint16_t)f->port),
		.sin_addr = {htonl(INADDR_LOOPBACK)}};
	struct timeval patience = {.tv_sec = 5};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	(void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	tap_int(bind(fd, (struct sockaddr *)&local, sizeof(local)), 0);
	tap_int(connect(fd, (struct sockaddr *)&to, sizeof(to)), 0);
	return fd;
}

/* The status of the answer on a connection, 0 if it is closed without one. */
static int status_on(int fd)
{
	static const char request[] = "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
	char answer[2000];
	int status = 0;

	send_raw(fd, request, strlen(request));
	(void)read_raw(fd, answer, sizeof(answer));
	(void)sscanf(answer, "HTTP/1.1 %d", &status);
	return status;
}

static void one_peer_cannot_take_all_connections(void)
{
	struct tt_http_server_options options = {.handler = echo, .max_per_peer = 3};
	int fds[14], other, cut = 0;
	struct fixture f;

	open_with(&f, &options);
	for (int i = 0; i < 14; i++)
		fds[i] = connect_raw(&f);
	other = connect_from(&f, INADDR_LOOPBACK + 1);
	tap_int(status_on(other), 201);
	tap_int(status_on(fds[3]), 429);
	for (int i = 11; i < 14; i++)
		cut += status_on(fds[i]) == 0;
	tap_int(cut, 3);
	tap_int(status_on(fds[0]), 201);
	for (int i = 0; i < 14; i++)
		(void)close(fds[i]);
	(void)close(other);
	close_fixture(&f);
}

/* Two bodies that are both too large for the memory there is: the second is told so. */
static void too_much_memory_at_once_is_refused(void)
{
	static const char head[] = "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n";
	struct tt_http_server_options options = {.handler = echo, .max_live_bytes = 1500000};
	struct fixture f;
	struct tt_buf request, body;

	tt_buf_init(&request, 2000000);
	tt_buf_init(&body, 2000000);
	tt_buf_text(&request, head);
	repeat(&request, 'x', 1000000);
	open_with(&f, &options);
	int first = connect_raw(&f);

	send_raw(first, request.data, request.len - 1); /* held, and not answered yet */
	sleep_ms(200);
	tap_int(raw_status(&f, request.data, request.len), 429);
	tap_int(ask(&f, &(struct tt_http_request){0}, "/", &body), 201);
	(void)close(first);
	for (int i = 0; i < 100 && raw_status(&f, request.data, request.len) != 201; i++)
		sleep_ms(10);
	tap_int(raw_status(&f, request.data, request.len), 201);
	close_fixture(&f);
	tt_buf_release(&request);
	tt_buf_release(&body);
}

static void refusals_are_said_by_the_owner(void)
{
	static const struct {
		const char *before;
		size_t fill;
		const char *says;
	} cases[] = {
		{"GET /%zz", 0, "400 because the URL holds a % without"},
		{"GET /?a=%0", 0, "400 because the URL holds a % without"},
		{"GET *", 0, "400 because the URL has no path"},
		{"GET / /", 0, "400 because the URL holds a space"},
		{"GET /", 9000, "414 because the URL is longer than 8 KiB"},
		{"GET / HTTP/1.1\r\nX: ", 17000, "431 because the headers are longer than 16 KiB"},
	};
	struct tt_http_server_options options = {.handler = echo, .refuse = say_why};
	struct tt_buf request;
	char answer[2000];
	struct fixture f;

	tt_buf_init(&request, 20000);
	open_with(&f, &options);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		tt_buf_clear(&request);
		tt_buf_text(&request, cases[i].before);
		repeat(&request, 'x', cases[i].fill);
		tt_buf_text(&request, strchr(cases[i].before, '\n') != NULL ? "" : " HTTP/1.1");
		tt_buf_text(&request, "\r\nHost: x\r\n\r\n");
		ask_raw(&f, tt_buf_view(&request), answer, sizeof(answer));
		tap_okf(strstr(answer, cases[i].says) != NULL, "case %zu: %s", i, answer);
		tap_ok(strstr(answer, "Content-Type: text/x-why\r\n") != NULL);
	}
	close_fixture(&f);
	tt_buf_release(&request);
}

/* Begins a POST of `announced` bytes and waits for its answer: without a server that goes on
 * reading the connection would be gone by then. */
static int begin_post(const struct fixture *f, size_t announced)
{
	char head[200];
	struct pollfd readable = {.fd = connect_raw(f), .events = POLLIN};

	(void)snprintf(head, sizeof(head),
		"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: %zu\r\n\r\nx", announced);
	tap_ok(send_raw(readable.fd, head, strlen(head)));
	tap_int(poll(&readable, 1, 5000), 1);
	sleep_ms(100);
	return readable.fd;
}

/* Sends `n` bytes; how many of them were taken. */
static size_t send_many(int fd, size_t n)
{
	static const char piece[10000];
	size_t sent = 0;

	while (sent < n && send_raw(fd, piece, sizeof(piece)))
		sent += sizeof(piece);
	return sent;
}

static void who_sends_too_much_can_read_that(void)
{
	enum { MANY = 10000000, FAR_TOO_MANY = 200000000 };
	struct fixture f;
	char answer[2000];

	open_fixture(&f, echo);
	int fd = begin_post(&f, MANY);

	tap_int(send_many(fd, MANY), MANY);
	(void)read_raw(fd, answer, sizeof(answer));
	tap_ok(strncmp(answer, "HTTP/1.1 413 ", 13) == 0);
	tap_ok(strstr(answer, "\r\nConnection: close\r\n") != NULL);
	(void)close(fd);
	fd = begin_post(&f, FAR_TOO_MANY);
	tap_ok(send_many(fd, FAR_TOO_MANY) < FAR_TOO_MANY);
	(void)close(fd);
	close_fixture(&f);
}

static void who_sends_no_more_is_not_waited_for(void)
{
	struct fixture f;
	int64_t start;

	open_fixture(&f, echo);
	int fd = begin_post(&f, 10000000);

	sleep_ms(2500);
	(void)send_many(fd, 1); /* is answered with a reset */
	sleep_ms(100);
	tap_int(send_many(fd, 1), 0);
	(void)close(fd);
	fd = begin_post(&f, 10000000);
	start = now_ms();
	close_fixture(&f);
	tap_okf(now_ms() - start < 1000, "stop took %lld ms", (long long)(now_ms() - start));
	(void)close(fd);
}

/* -- streams -- */

static void count_end(void *arg)
{
	struct fixture *f = arg;

	atomic_fetch_add(&f->ended, 1);
}

static void wait_for_end(struct fixture *f)
{
	for (int i = 0; i < 50 && atomic_load(&f->ended) == 0; i++)
		sleep_ms(10);
	tap_int(atomic_load(&f->ended), 1);
}

/* Three lines, then the end; with a path other than / the connection is broken off instead. */
static int next_line(void *arg, struct tt_http_call *call, struct tt_buf *out)
{
	struct fixture *f = arg;
	int n = atomic_fetch_add(&f->calls, 1);

	if (n == 1)
		return 1; /* nothing for now */
	if (n < 4) {
		/* who waits in here holds no memory for it */
		tt_buf_printf(out, "line %d%s\n", n, out->data != NULL ? " beside the last" : "");
		return 1;
	}
	return tt_str_is(tt_http_path(call), "/") ? 0 : -1;
}

static void stream_lines(void *arg, struct tt_http_call *call)
{
	tt_http_reply_stream(call, 200, "text/plain", next_line, count_end, arg);
}

static void stream_ends_cleanly_or_not(void)
{
	struct fixture f;
	struct tt_buf body;

	tt_buf_init(&body, 1000);
	open_fixture(&f, stream_lines);
	tap_int(ask(&f, &(struct tt_http_request){0}, "/", &body), 200);
	tap_str(tt_buf_view(&body), "line 0\nline 2\nline 3\n");
	wait_for_end(&f);
	atomic_store(&f.calls, 0);
	tap_int(ask(&f, &(struct tt_http_request){0}, "/broken", &body), TT_EIO);
	tap_str(tt_buf_view(&body), "line 0\nline 2\nline 3\n");
	close_fixture(&f);
	tap_int(atomic_load(&f.ended), 2);
	tt_buf_release(&body);
}

/* Not even the end of one: the client would take it for the next answer. */
static void head_of_a_stream_has_no_body(void)
{
	static const char requests[] = "HEAD / HTTP/1.1\r\nHost: x\r\n\r\n"
				       "HEAD / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
	struct fixture f;
	char answers[2000];

	open_fixture(&f, stream_lines);
	int fd = connect_raw(&f);

	send_raw(fd, requests, sizeof(requests) - 1);
	(void)read_raw(fd, answers, sizeof(answers));
	(void)close(fd);
	char *second = strstr(answers, "\r\n\r\n");

	tap_okf(second != NULL && strncmp(second + 4, "HTTP/1.1 200", 12) == 0, "%s", answers);
	close_fixture(&f);
	tap_int(atomic_load(&f.calls), 0);
	tap_int(atomic_load(&f.ended), 2);
}

/* A piece that is larger than what libmicrohttpd takes at a time. */
static int next_large(void *arg, struct tt_http_call *call, struct tt_buf *out)
{
	struct fixture *f = arg;

	if (atomic_fetch_add(&f->calls, 1) == 3)
		return 0;
	repeat(out, 'x', 1000000);
	return 1;
}

static void stream_large(void *arg, struct tt_http_call *call)
{
	tt_http_reply_stream(call, 200, "text/plain", next_large, count_end, arg);
}

static void large_pieces_are_whole(void)
{
	struct fixture f;
	struct tt_buf body;

	tt_buf_init(&body, 10000000);
	open_fixture(&f, stream_large);
	tap_int(ask(&f, &(struct tt_http_request){0}, "/", &body), 200);
	tap_int(body.len, 3000000);
	close_fixture(&f);
	tt_buf_release(&body);
}

/* The time in ms, every 50 ms. */
static int next_tick(void *arg, struct tt_http_call *call, struct tt_buf *out)
{
	sleep_ms(50);
	tt_buf_printf(out, "%lld\n", (long long)now_ms());
	return 1;
}

static void stream_ticks(void *arg, struct tt_http_call *call)
{
	tt_http_reply_stream(call, 200, "text/plain", next_tick, count_end, arg);
}

/* A client with an open stream. */
static void open_stream(
	const struct fixture *f, struct tt_http_client **client, struct tt_http_exchange **x)
{
	struct tt_http_client_options options = {0};
	char url[100];

	(void)snprintf(url, sizeof(url), "http://127.0.0.1:%d/", f->port);
	tap_int(tt_http_client_new(client, &options, NULL), 0);
	tap_int(tt_http_open(*client, &(struct tt_http_request){.url = url}, x, NULL), 0);
}

static void pieces_are_sent_at_once(void)
{
	struct fixture f;
	struct tt_http_client *client = NULL;
	struct tt_http_exchange *x = NULL;
	struct tt_str piece = {0};
	long long sent, worst = 0;

	open_fixture(&f, stream_ticks);
	open_stream(&f, &client, &x);
	for (int i = 0; i < 10; i++) {
		tap_int(tt_http_read(x, SECOND, &piece, NULL), 1);
		sent = strtoll(piece.data, NULL, 10);
		if (now_ms() - sent > worst)
			worst = now_ms() - sent;
	}
	tap_okf(worst < 30, "a piece took %lld ms", worst);
	tt_http_close(x);
	tt_http_client_free(client);
	close_fixture(&f);
}

/* Has nothing to say, without looking whether anybody listens. */
static int next_nothing(void *arg, struct tt_http_call *call, struct tt_buf *out)
{
	sleep_ms(10);
	return 1;
}

static void stream_nothing(void *arg, struct tt_http_call *call)
{
	tt_http_reply_stream(call, 200, "text/plain", next_nothing, count_end, arg);
}

/* Waits inside, and looks. */
static int next_waiting(void *arg, struct tt_http_call *call, struct tt_buf *out)
{
	for (int i = 0; i < 300; i++) {
		if (tt_http_is_stopping(call))
			return 0;
		sleep_ms(10);
	}
	return 0;
}

static void stream_waiting(void *arg, struct tt_http_call *call)
{
	tt_http_reply_stream(call, 200, "text/plain", next_waiting, count_end, arg);
}

/* Rests so long that only a hang-up can end it. */
static int next_resting(void *arg, struct tt_http_call *call, struct tt_buf *out)
{
	tt_http_rest(call, 60 * 1000);
	return 1;
}

static void stream_resting(void *arg, struct tt_http_call *call)
{
	tt_http_reply_stream(call, 200, "text/plain", next_resting, count_end, arg);
}

static void hang_up_is_noticed(void)
{
	tt_http_handler_fn *const handlers[] = {
		stream_ticks, stream_nothing, stream_waiting, stream_resting};

	for (size_t i = 0; i < sizeof(handlers) / sizeof(handlers[0]); i++) {
		struct fixture f;
		struct tt_http_client *client = NULL;
		struct tt_http_exchange *x = NULL;

		open_fixture(&f, handlers[i]);
		open_stream(&f, &client, &x);
		sleep_ms(30);
		tt_http_close(x);
		tt_http_client_free(client);
		wait_for_end(&f);
		close_fixture(&f);
		tap_int(atomic_load(&f.ended), 1);
	}
}

static void stop_ends_a_stream_that_says_nothing(void)
{
	tt_http_handler_fn *const handlers[] = {stream_nothing, stream_waiting};

	for (size_t i = 0; i < sizeof(handlers) / sizeof(handlers[0]); i++) {
		struct fixture f;
		struct tt_http_client *client = NULL;
		struct tt_http_exchange *x = NULL;
		struct tt_str piece;

		open_fixture(&f, handlers[i]);
		open_stream(&f, &client, &x);
		tap_ok(tt_http_server_stop(f.server, SECOND));
		tap_int(tt_http_read(x, SECOND, &piece, NULL), 0);
		tt_http_close(x);
		tt_http_client_free(client);
	}
}

static void stop_ends_open_streams(void)
{
	struct tt_http_client *clients[20];
	struct tt_http_exchange *xs[20];
	struct fixture f;
	struct tt_str piece;
	int64_t start;
	int rc;

	open_fixture(&f, stream_ticks);
	for (int i = 0; i < 20; i++)
		open_stream(&f, &clients[i], &xs[i]);
	start = now_ms();
	close_fixture(&f);
	tap_okf(now_ms() - start < 1000, "stop took %lld ms", (long long)(now_ms() - start));
	tap_int(atomic_load(&f.ended), 20);
	for (int i = 0; i < 20; i++) {
		while ((rc = tt_http_read(xs[i], SECOND, &piece, NULL)) == 1) {
		}
		tap_int(rc, 0); /* a clean end */
		tt_http_close(xs[i]);
		tt_http_client_free(clients[i]);
	}
}

static int next_flood(void *arg, struct tt_http_call *call, struct tt_buf *out)
{
	repeat(out, 'x', 65536);
	return 1;
}

static void stream_flood(void *arg, struct tt_http_call *call)
{
	tt_http_reply_stream(call, 200, "text/plain", next_flood, count_end, arg);
}

static void stop_does_not_wait_for_a_stuck_reader(void)
{
	static const char request[] = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
	struct fixture f;
	int64_t start;
	int fd;

	open_fixture(&f, stream_flood);
	fd = connect_raw(&f);
	send_raw(fd, request, strlen(request));
	sleep_ms(300);
	start = now_ms();
	tap_ok(tt_http_server_stop(f.server, SECOND));
	tap_ok(now_ms() - start < 1000);
	tap_int(atomic_load(&f.ended), 1);
	(void)close(fd);
}

/* Says something once. */
static int next_hello(void *arg, struct tt_http_call *call, struct tt_buf *out)
{
	struct fixture *f = arg;

	if (atomic_fetch_add(&f->calls, 1) == 0)
		tt_buf_text(out, "hello\n");
	return next_nothing(arg, call, out);
}

static void stream_hello(void *arg, struct tt_http_call *call)
{
	tt_http_reply_stream(call, 200, "text/plain", next_hello, count_end, arg);
}

/* One who reads nothing is cut; one for whom there is nothing to read is not. */
static void a_stuck_reader_is_cut_and_a_waiting_one_is_not(void)
{
	static const char request[] = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
	struct tt_http_server_options options = {.stall_timeout_ns = 1LL * SECOND};

	for (int waits = 0; waits < 2; waits++) {
		struct fixture f;
		int fd;

		options.handler = waits ? stream_hello : stream_flood;
		open_with(&f, &options);
		fd = connect_raw(&f);
		send_raw(fd, request, strlen(request));
		for (int i = 0; i < 400 && atomic_load(&f.ended) == 0; i++)
			sleep_ms(10);
		tap_int(atomic_load(&f.ended), !waits);
		(void)close(fd);
		close_fixture(&f);
	}
}

static void sleep_and_reply(void *arg, struct tt_http_call *call)
{
	struct fixture *f = arg;

	atomic_fetch_add(&f->calls, 1);
	sleep_ms(tt_str_is(tt_http_path(call), "/long") ? 2300 : 600);
	tt_http_reply(call, 200, NULL, TT_STR("done"));
}

static void *ask_slowly(void *arg)
{
	struct fixture *f = arg;
	struct tt_buf body;

	tt_buf_init(&body, 1000);
	(void)ask(f, &(struct tt_http_request){0}, "/", &body);
	tt_buf_release(&body);
	return NULL;
}

static void stop_gives_up_on_a_deaf_handler(void)
{
	struct fixture f;
	pthread_t asker;
	int64_t start;

	open_fixture(&f, sleep_and_reply);
	(void)pthread_create(&asker, NULL, ask_slowly, &f);
	while (atomic_load(&f.calls) == 0)
		sleep_ms(5);
	start = now_ms();
	tap_ok(!tt_http_server_stop(f.server, SECOND / 5));
	tap_ok(now_ms() - start < 400);
	tap_ok(tt_http_server_stop(f.server, 5LL * SECOND));
	(void)pthread_join(asker, NULL);
}

static void handler_may_take_longer_than_the_timeout(void)
{
	struct tt_http_server_options options = {
		.handler = sleep_and_reply, .request_timeout_ns = SECOND};
	struct fixture f;
	struct tt_buf body;

	tt_buf_init(&body, 1000);
	open_with(&f, &options);
	tap_int(ask(&f, &(struct tt_http_request){0}, "/long", &body), 200);
	tap_str(tt_buf_view(&body), "done");
	close_fixture(&f);
	tt_buf_release(&body);
}

static int next_after_long(void *arg, struct tt_http_call *call, struct tt_buf *out)
{
	struct fixture *f = arg;

	if (atomic_fetch_add(&f->calls, 1) == 2)
		return 0;
	sleep_ms(1700);
	tt_buf_text(out, "x");
	return 1;
}

static void stream_after_long(void *arg, struct tt_http_call *call)
{
	tt_http_reply_stream(call, 200, NULL, next_after_long, count_end, arg);
}

static void stream_may_be_silent_for_longer_than_the_timeout(void)
{
	struct tt_http_server_options options = {
		.handler = stream_after_long, .request_timeout_ns = SECOND};
	struct fixture f;
	struct tt_buf body;

	tt_buf_init(&body, 1000);
	open_with(&f, &options);
	tap_int(ask(&f, &(struct tt_http_request){0}, "/", &body), 200);
	tap_str(tt_buf_view(&body), "xx");
	close_fixture(&f);
	tt_buf_release(&body);
}

static void slow_requests_are_cut(void)
{
	static const char *const starts[] = {"", "GET / HTTP/1.1\r\nX: ",
		"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n"};
	struct tt_http_server_options options = {.handler = echo, .request_timeout_ns = SECOND};
	struct fixture f;
	int64_t start = now_ms();
	int fds[3];
	bool is_open = true;

	open_with(&f, &options);
	for (int i = 0; i < 3; i++) {
		fds[i] = connect_raw(&f);
		send_raw(fds[i], starts[i], strlen(starts[i]));
	}
	/* The first one is idle; the others send a byte often enough for any idle timeout. */
	while (is_open && now_ms() - start < 8000) {
		char byte;

		sleep_ms(100);
		is_open = false;
		for (int i = 0; i < 3; i++) {
			if (i > 0)
				send_raw(fds[i], "x", 1);
			is_open = is_open || recv(fds[i], &byte, 1, MSG_DONTWAIT) < 0;
			is_open = is_open && now_ms() - start < 8000;
		}
		if (now_ms() - start < 1000)
			is_open = true;
	}
	tap_okf(now_ms() - start < 6000, "still open after %lld ms", (long long)(now_ms() - start));
	tap_int(atomic_load(&f.calls), 0);
	for (int i = 0; i < 3; i++)
		(void)close(fds[i]);
	close_fixture(&f);
}

static void busy_ports_have_a_sentence(void)
{
	struct fixture f;
	struct tt_http_server_options options = {.handler = echo};
	struct tt_http_server *second = NULL;
	struct tt_err err = {0};
	char address[100], want[200];

	open_fixture(&f, echo);
	(void)snprintf(address, sizeof(address), "%s", tt_http_server_address(f.server));
	(void)snprintf(
		want, sizeof(want), "cannot listen on %s: another program uses this port", address);
	options.listen = address;
	tap_int(tt_http_server_start(&second, &options, &err), TT_EBUSY);
	tap_str(tt_str_from(err.msg), want);
	close_fixture(&f);
	options.listen = "192.0.2.1:0";
	tap_int(tt_http_server_start(&second, &options, &err), TT_EINVAL);
	tap_str(tt_str_from(err.msg),
		"cannot listen on 192.0.2.1:0: this machine has no such address");
	options.listen = "nowhere";
	tap_int(tt_http_server_start(&second, &options, &err), TT_EINVAL);
	options.listen = "[::1]:0";
	if (tt_http_server_start(&second, &options, &err) == 0) {
		tap_ok(strncmp(tt_http_server_address(second), "[::1]:", 6) == 0);
		tap_ok(tt_http_server_stop(second, SECOND));
	}
}

/* How many of the lowest file descriptors are open. */
static int open_fds(void)
{
	int n = 0;

	for (int fd = 0; fd < 200; fd++)
		n += fcntl(fd, F_GETFD) >= 0;
	return n;
}

/* Makes threads of the default size impossible; libmicrohttpd asks for a size of its own. */
static void want_stacks_of(size_t bytes)
{
	pthread_attr_t attr;

	(void)pthread_attr_init(&attr);
	(void)pthread_attr_setstacksize(&attr, bytes);
	tap_int(pthread_setattr_default_np(&attr), 0);
	(void)pthread_attr_destroy(&attr);
}

/* Leaves as many file descriptors to be opened as `n`; returns the limit there was. */
static rlim_t limit_fds(int n)
{
	struct rlimit limit;
	int lowest = dup(0);

	(void)close(lowest);
	(void)getrlimit(RLIMIT_NOFILE, &limit);
	rlim_t before = limit.rlim_cur;

	limit.rlim_cur = (rlim_t)(lowest + n);
	(void)setrlimit(RLIMIT_NOFILE, &limit);
	return before;
}

static void a_start_that_fails_leaves_nothing_open(void)
{
	struct tt_http_server_options options = {.listen = "127.0.0.1:0", .handler = echo};
	struct tt_http_server *server = NULL;
	struct fixture f;
	struct rlimit limit;
	struct tt_err err;
	pthread_attr_t attr;
	size_t stack;

	open_fixture(&f, echo); /* what libraries open once is open from now on */
	close_fixture(&f);
	int fds = open_fds();

	(void)pthread_getattr_default_np(&attr);
	(void)pthread_attr_getstacksize(&attr, &stack);
	(void)pthread_attr_destroy(&attr);
	want_stacks_of((size_t)1 << 46);
	tap_int(tt_http_server_start(&server, &options, &err), TT_EIO);
	tap_str(tt_str_from(err.msg), "cannot start the threads of the HTTP server");
	want_stacks_of(stack);
	tap_int(open_fds(), fds);
	for (int n = 0; n < 2; n++) { /* not even the socket; not its duplicate */
		rlim_t before = limit_fds(n);

		tap_int(tt_http_server_start(&server, &options, &err), TT_EIO);
		(void)getrlimit(RLIMIT_NOFILE, &limit);
		limit.rlim_cur = before;
		(void)setrlimit(RLIMIT_NOFILE, &limit);
		tap_okf(open_fds() == fds, "%d open with %d allowed, not %d", open_fds(), n, fds);
	}
	open_fixture(&f, echo);
	close_fixture(&f);
	tap_int(open_fds(), fds);
}

int main(void)
{
	tap_test("request_is_understood", request_is_understood);
	tap_test("headers_of_the_answer", headers_of_the_answer);
	tap_test("limits_are_kept", limits_are_kept);
	tap_test("too_many_connections_are_told", too_many_connections_are_told);
	tap_test("one_peer_cannot_take_all_connections", one_peer_cannot_take_all_connections);
	tap_test("too much memory at once is refused", too_much_memory_at_once_is_refused);
	tap_test("refusals_are_said_by_the_owner", refusals_are_said_by_the_owner);
	tap_test("who_sends_too_much_can_read_that", who_sends_too_much_can_read_that);
	tap_test("who_sends_no_more_is_not_waited_for", who_sends_no_more_is_not_waited_for);
	tap_test("stream_ends_cleanly_or_not", stream_ends_cleanly_or_not);
	tap_test("head_of_a_stream_has_no_body", head_of_a_stream_has_no_body);
	tap_test("large_pieces_are_whole", large_pieces_are_whole);
	tap_test("pieces_are_sent_at_once", pieces_are_sent_at_once);
	tap_test("hang_up_is_noticed", hang_up_is_noticed);
	tap_test("stop_ends_a_stream_that_says_nothing", stop_ends_a_stream_that_says_nothing);
	tap_test("stop_ends_open_streams", stop_ends_open_streams);
	tap_test("stop_does_not_wait_for_a_stuck_reader", stop_does_not_wait_for_a_stuck_reader);
	tap_test("a_stuck_reader_is_cut_and_a_waiting_one_is_not",
		a_stuck_reader_is_cut_and_a_waiting_one_is_not);
	tap_test("stop_gives_up_on_a_deaf_handler", stop_gives_up_on_a_deaf_handler);
	tap_test("handler_may_take_longer_than_the_timeout",
		handler_may_take_longer_than_the_timeout);
	tap_test("stream_may_be_silent_for_longer_than_the_timeout",
		stream_may_be_silent_for_longer_than_the_timeout);
	tap_test("slow_requests_are_cut", slow_requests_are_cut);
	tap_test("busy_ports_have_a_sentence", busy_ports_have_a_sentence);
	tap_test("a_start_that_fails_leaves_nothing_open", a_start_that_fails_leaves_nothing_open);
	return tap_done();
}
