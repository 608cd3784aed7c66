/* SPDX-License-Identifier: Apache-2.0 */
#include "net/http_client.h"

#include <netdb.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "net/http_loop.h"
#include "net/test_peer.h"
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

/* A client with a peer to talk to. */
struct fixture {
	struct test_peer peer;
	struct tt_http_client *client;
	struct tt_err err;
	char url[128];
};

static void open_with(struct fixture *f, test_script_fn *script, const void *arg,
	const struct tt_http_client_options *options)
{
	test_peer_start(&f->peer, script, arg, NULL, NULL);
	tap_int(tt_http_client_new(&f->client, options, &f->err), 0);
	(void)snprintf(f->url, sizeof(f->url), "http://127.0.0.1:%d/path?q=1", f->peer.port);
}

static void open_fixture(struct fixture *f, test_script_fn *script, const void *arg)
{
	struct tt_http_client_options options = {0};

	open_with(f, script, arg, &options);
}

static void close_fixture(struct fixture *f)
{
	tt_http_client_free(f->client);
	test_peer_stop(&f->peer);
}

/* GETs the URL and reads everything; returns the first failure, else the status. */
static int get(struct fixture *f, struct tt_buf *body)
{
	struct tt_http_request request = {.url = f->url};
	struct tt_http_exchange *x = NULL;
	int rc = tt_http_open(f->client, &request, &x, &f->err);
	int status;

	tt_buf_clear(body);
	if (rc < 0)
		return rc;
	status = tt_http_status(x);
	rc = tt_http_read_all(x, 5LL * SECOND, body, &f->err);
	tt_http_close(x);
	return rc < 0 ? rc : status;
}

/* Answers every request of a connection with the text in `arg`. */
static void answer(struct test_conn *c)
{
	while (test_read_head(c) && test_say(c, c->arg)) {
	}
}

static void answer_once(struct test_conn *c)
{
	(void)(test_read_head(c) && test_say(c, c->arg));
}

#define RESPONSE "HTTP/1.1 200 OK\r\n"
#define CHUNKED  RESPONSE "Transfer-Encoding: chunked\r\n\r\n"

static void head_is_read(void)
{
	struct fixture f;
	struct tt_http_exchange *x = NULL;
	struct tt_str piece;

	open_fixture(&f, answer,
		"HTTP/1.1 429 Too Many Requests\r\nX-Empty:\r\ncontent-TYPE:  text/plain \r\n"
		"Retry-After: 7\r\nContent-Length: 5\r\n\r\nhello");
	tap_int(tt_http_open(f.client, &(struct tt_http_request){.url = f.url}, &x, &f.err), 0);
	tap_int(tt_http_status(x), 429);
	tap_str(tt_http_header(x, "Content-Type"), "text/plain");
	tap_str(tt_http_header(x, "X-Empty"), "");
	tap_str(tt_http_header(x, "absent"), "");
	tap_int(tt_http_retry_after(x), 7);
	tap_int(tt_http_read(x, SECOND, &piece, &f.err), 1);
	tap_str(piece, "hello");
	tap_int(tt_http_read(x, SECOND, &piece, &f.err), 0);
	tap_int(tt_http_read(x, SECOND, &piece, &f.err), 0);
	tt_http_close(x);
	close_fixture(&f);
}

static void body_forms(void)
{
	static const struct {
		const char *response, *body;
		int want;
	} cases[] = {
		{RESPONSE "Content-Length: 0\r\n\r\n", "", 200},
		{RESPONSE "Content-Length: 3\r\n\r\nabc", "abc", 200},
		{RESPONSE "\r\nuntil the end", "until the end", 200},
		{CHUNKED "3\r\nabc\r\n2;x=y\r\nde\r\n0\r\n\r\n", "abcde", 200},
		{CHUNKED "1\r\na\r\n0\r\nTrailer: x\r\n\r\n", "a", 200},
		{"HTTP/1.1 100 Continue\r\nX: y\r\n\r\n" RESPONSE "Content-Length: 1\r\n\r\nz", "z",
			200},
		{"HTTP/1.1 204 No Content\r\n\r\n", "", 204},
		{"HTTP/1.1 302 Found\r\nLocation: /else\r\nContent-Length: 2\r\n\r\nno", "no", 302},
		{RESPONSE "Content-Length: 5\r\n\r\nabc", "abc", TT_EIO},
		{CHUNKED "5\r\nabc", "abc", TT_EIO},
		{CHUNKED "3\r\nabc\r\n", "abc", TT_EIO},
		{CHUNKED "zz\r\nabc\r\n", "", TT_EIO},
		{"", "", TT_EIO},
		{"garbage\r\n\r\n", "", TT_EIO},
		{RESPONSE "Content-Le", "", TT_EIO},
	};
	struct tt_buf body;

	tt_buf_init(&body, 1000);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct fixture f;
		int rc;

		open_fixture(&f, answer_once, cases[i].response);
		rc = get(&f, &body);
		tap_okf(rc == cases[i].want, "case %zu: %d, want %d", i, rc, cases[i].want);
		tap_str(tt_buf_view(&body), cases[i].body);
		close_fixture(&f);
	}
	tt_buf_release(&body);
}

static void connection_is_kept(void)
{
	struct fixture f;
	struct tt_buf body;

	tt_buf_init(&body, 1000);
	open_fixture(&f, answer, RESPONSE "Content-Length: 2\r\n\r\nok");
	for (int i = 0; i < 3; i++)
		tap_int(get(&f, &body), 200);
	tap_int(atomic_load(&f.peer.connections), 1);
	tap_int(tt_http_client_reset(f.client, NULL, &f.err), 0);
	tap_int(get(&f, &body), 200);
	tap_int(atomic_load(&f.peer.connections), 2);
	close_fixture(&f);
	tt_buf_release(&body);
}

static void dribble(struct test_conn *c)
{
	static const char all[] = CHUNKED "5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n";

	if (!test_read_head(c))
		return;
	for (size_t i = 0; all[i] != '\0'; i++)
		(void)test_write(c, all + i, 1);
}

static void one_byte_per_packet_is_the_same(void)
{
	struct fixture f;
	struct tt_buf body;

	tt_buf_init(&body, 1000);
	open_fixture(&f, dribble, NULL);
	tap_int(get(&f, &body), 200);
	tap_str(tt_buf_view(&body), "hello world");
	close_fixture(&f);
	tt_buf_release(&body);
}

static atomic_int second_part; /* may be sent */

/* Sends a head and the first part, and the second one when told to. */
static void two_parts(struct test_conn *c)
{
	if (!test_read_head(c) || !test_say(c, CHUNKED "3\r\none\r\n"))
		return;
	while (atomic_load(&second_part) == 0)
		sleep_ms(1);
	(void)test_say(c, "3\r\ntwo\r\n0\r\n\r\n");
}

static void idle_read_can_be_repeated(void)
{
	struct fixture f;
	struct tt_http_exchange *x = NULL;
	struct tt_str piece;
	int64_t start;

	atomic_store(&second_part, 0);
	open_fixture(&f, two_parts, NULL);
	tap_int(tt_http_open(f.client, &(struct tt_http_request){.url = f.url}, &x, &f.err), 0);
	tap_int(tt_http_read(x, SECOND, &piece, &f.err), 1);
	start = now_ms();
	tap_int(tt_http_read(x, 50LL * TT_NS_PER_MS, &piece, &f.err), TT_EAGAIN);
	tap_ok(now_ms() - start >= 49);
	start = now_ms();
	tap_int(tt_http_read(x, 0, &piece, &f.err), TT_EAGAIN);
	tap_ok(now_ms() - start < 20);
	atomic_store(&second_part, 1);
	tap_int(tt_http_read(x, SECOND, &piece, &f.err), 1);
	tap_str(piece, "two");
	tap_int(tt_http_read(x, SECOND, &piece, &f.err), 0);
	tt_http_close(x);
	close_fixture(&f);
}

static void *wake_later(void *client)
{
	sleep_ms(60);
	tt_http_client_wake(client);
	return NULL;
}

static void wake_ends_a_read(void)
{
	struct fixture f;
	struct tt_http_exchange *x = NULL;
	struct tt_http_request request = {.url = f.url};
	struct tt_str piece;
	pthread_t waker;
	int64_t start;

	atomic_store(&second_part, 0);
	open_fixture(&f, two_parts, NULL);
	tap_int(tt_http_open(f.client, &request, &x, &f.err), 0);
	tap_int(tt_http_read(x, SECOND, &piece, &f.err), 1);
	(void)pthread_create(&waker, NULL, wake_later, f.client);
	start = now_ms();
	tap_int(tt_http_read(x, 5LL * SECOND, &piece, &f.err), TT_ECANCELED);
	tap_ok(now_ms() - start < 160);
	(void)pthread_join(waker, NULL);
	tap_int(tt_http_read(x, 5LL * SECOND, &piece, &f.err), TT_ECANCELED);
	tt_http_client_rearm(f.client);
	atomic_store(&second_part, 1);
	tap_int(tt_http_read(x, 5LL * SECOND, &piece, &f.err), 1);
	tap_str(piece, "two");
	tt_http_close(x);
	tt_http_client_wake(f.client);
	tap_int(tt_http_open(f.client, &request, &x, &f.err), TT_ECANCELED);
	close_fixture(&f);
}

/* A wake whose flag was taken back before it wrote: the eventfd is readable, but not for long. */
static void a_wake_that_was_taken_back_does_not_spin(void)
{
	const uint64_t one = 1;
	struct tt_http_loop loop;
	int steps = 0;

	tap_int(tt_http_loop_open(&loop, NULL), 0);
	tt_http_loop_wake(&loop);
	tap_int(tt_http_loop_step(&loop, now_ms() + SECOND), TT_ECANCELED);
	tt_http_loop_rearm(&loop);
	tap_int(write(loop.wake_fd, &one, sizeof(one)), (int)sizeof(one));
	int64_t deadline_ns = tt_clock_mono_ns(&tt_clock_system) + 20LL * TT_NS_PER_MS;

	while (steps < 100 && tt_http_loop_step(&loop, deadline_ns) == 0)
		steps++;
	tap_okf(steps <= 3, "%d steps", steps);
	tt_http_loop_wake(&loop);
	tap_int(tt_http_loop_step(&loop, deadline_ns), TT_ECANCELED);
	tt_http_loop_close(&loop);
}

static atomic_int slow_lookups;

/* Takes the place of libc's for this program, libcurl included: one name hangs. */
int getaddrinfo(
	const char *node, const char *service, const struct addrinfo *hints, struct addrinfo **ret)
{
	static const char slow[] = "hangs.test";

	if (node != NULL && strcmp(node, slow) == 0) {
		sleep_ms(700);
		atomic_fetch_sub(&slow_lookups, 1);
	}
	return EAI_NONAME;
}

void freeaddrinfo(struct addrinfo *res)
{
}

static void wake_ends_a_hanging_lookup(void)
{
	struct tt_http_client *client = NULL;
	struct tt_http_client_options options = {0};
	struct tt_http_request request = {.url = "http://hangs.test:1/"};
	struct tt_http_exchange *x;
	struct tt_err err;
	pthread_t waker;
	int64_t start;

	atomic_store(&slow_lookups, 1);
	tap_int(tt_http_client_new(&client, &options, &err), 0);
	(void)pthread_create(&waker, NULL, wake_later, client);
	start = now_ms();
	tap_int(tt_http_open(client, &request, &x, &err), TT_ECANCELED);
	tap_okf(now_ms() - start < 160, "open took %lld ms", (long long)(now_ms() - start));
	(void)pthread_join(waker, NULL);
	tt_http_client_free(client);
	tap_okf(now_ms() - start < 260, "free took %lld ms", (long long)(now_ms() - start));
	while (atomic_load(&slow_lookups) > 0)
		sleep_ms(10);
	sleep_ms(50);
}

static void keep_silent(struct test_conn *c)
{
	char byte;

	(void)test_read_head(c);
	(void)test_read(c, &byte, 1);
}

static void silent_server_times_out(void)
{
	struct fixture f;
	struct tt_http_exchange *x = NULL;
	struct tt_http_request request = {.url = f.url, .head_timeout_ns = SECOND / 10};

	open_fixture(&f, keep_silent, NULL);
	tap_int(tt_http_open(f.client, &request, &x, &f.err), TT_EIO);
	tap_ok(strstr(f.err.msg, "no answer from 127.0.0.1:") != NULL);
	close_fixture(&f);
}

static void failures_have_sentences(void)
{
	static const struct {
		const char *url, *want;
		int code;
	} cases[] = {
		{"http://127.0.0.1:1/secret", "cannot connect to 127.0.0.1:1: Connection refused",
			TT_EIO},
		{"http://nowhere.test/", "cannot find the address of nowhere.test:80", TT_EIO},
		{"ftp://127.0.0.1/", "a URL must begin with http:// or https://", TT_EINVAL},
		{"file:///etc/passwd", "a URL must begin with http:// or https://", TT_EINVAL},
	};
	struct tt_http_client *client = NULL;
	struct tt_http_client_options options = {0};

	tap_int(tt_http_client_new(&client, &options, NULL), 0);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct tt_http_request request = {.url = cases[i].url};
		struct tt_http_exchange *x;
		struct tt_err err = {0};

		tap_int(tt_http_open(client, &request, &x, &err), cases[i].code);
		tap_str(tt_str_from(err.msg), cases[i].want);
	}
	tt_http_client_free(client);
}

static void read_all_is_bounded(void)
{
	struct fixture f;
	struct tt_buf body;

	tt_buf_init(&body, 4);
	open_fixture(&f, answer, RESPONSE "Content-Length: 5\r\n\r\nhello");
	tap_int(get(&f, &body), TT_ELIMIT);
	close_fixture(&f);
	tt_buf_release(&body);
}

/* Gives the request back as the body of the answer. */
static void echo(struct test_conn *c)
{
	char response[20000], body[100] = "";
	const char *length;

	while (test_read_head(c)) {
		length = strcasestr(c->head, "Content-Length: ");
		if (length != NULL)
			(void)test_read(c, body, strtoul(length + 16, NULL, 10));
		(void)snprintf(response, sizeof(response),
			RESPONSE "Content-Length: %zu\r\n\r\n%s%s", strlen(c->head) + strlen(body),
			c->head, body);
		(void)test_say(c, response);
	}
}

static void requests_are_sent_as_given(void)
{
	struct tt_http_header headers[] = {{TT_STR("Accept"), TT_STR("application/json")},
		{TT_STR("X-Empty"), TT_STR("")}, {TT_STR("Authorization"), TT_STR("Bearer t")}};
	struct tt_http_header split[] = {{TT_STR("X"), TT_STR("a\r\nY: b")}};
	struct fixture f;
	struct tt_http_request request = {.method = "PATCH",
		.url = f.url,
		.headers = headers,
		.n_headers = 3,
		.body = TT_STR("the body"),
		.has_body = true};
	struct tt_http_exchange *x = NULL;
	struct tt_buf body;
	struct tt_http_client_options options = {.no_compression = true, .user_agent = "me/1"};
	char want[300];

	tt_buf_init(&body, 10000);
	open_with(&f, echo, NULL, &options);
	tap_int(tt_http_open(f.client, &request, &x, &f.err), 0);
	tap_int(tt_http_read_all(x, SECOND, &body, &f.err), 0);
	tt_http_close(x);
	(void)snprintf(want, sizeof(want),
		"PATCH /path?q=1 HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nUser-Agent: me/1\r\n"
		"Accept: application/json\r\nX-Empty:\r\nAuthorization: Bearer t\r\n"
		"Content-Length: 8\r\n\r\nthe body",
		f.peer.port);
	tap_str(tt_buf_view(&body), want);
	request.headers = split;
	request.n_headers = 1;
	tap_int(tt_http_open(f.client, &request, &x, &f.err), TT_EINVAL);
	close_fixture(&f);
	tt_buf_release(&body);
}

static void head_has_no_body(void)
{
	struct fixture f;
	struct tt_http_request request = {.method = "HEAD", .url = f.url};
	struct tt_http_exchange *x = NULL;
	struct tt_str piece;

	open_fixture(&f, answer, RESPONSE "Content-Length: 500\r\n\r\n");
	tap_int(tt_http_open(f.client, &request, &x, &f.err), 0);
	tap_int(tt_http_read(x, SECOND, &piece, &f.err), 0);
	tt_http_close(x);
	close_fixture(&f);
}

/* "hello hello hello\n" by gzip. */
static const unsigned char gzipped[] = {0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0x03,
	0xcb, 0x48, 0xcd, 0xc9, 0xc9, 0x57, 0xc8, 0x40, 0x90, 0x5c, 0x00, 0x3b, 0x7c, 0x8a, 0xdf,
	0x12, 0x00, 0x00, 0x00};

static void answer_gzip(struct test_conn *c)
{
	bool asked;
	char head[200];

	while (test_read_head(c)) {
		asked = strstr(c->head, "Accept-Encoding: gzip\r\n") != NULL;
		(void)snprintf(head, sizeof(head),
			RESPONSE "Content-Encoding: gzip\r\nContent-Length: %zu\r\n\r\n",
			sizeof(gzipped));
		if (asked)
			(void)(test_say(c, head) && test_write(c, gzipped, sizeof(gzipped)));
		else
			(void)test_say(c, RESPONSE "Content-Length: 5\r\n\r\nplain");
	}
}

static void compression_is_asked_for_unless_refused(void)
{
	struct tt_http_header identity = {TT_STR("Accept-Encoding"), TT_STR("identity")};
	struct tt_http_client_options options = {.no_compression = true};
	struct tt_http_request request = {.headers = &identity, .n_headers = 1};
	struct tt_http_exchange *x = NULL;
	struct fixture f;
	struct tt_buf body;

	tt_buf_init(&body, 1000);
	open_fixture(&f, answer_gzip, NULL);
	tap_int(get(&f, &body), 200);
	tap_str(tt_buf_view(&body), "hello hello hello\n");
	request.url = f.url;
	tt_buf_clear(&body);
	tap_int(tt_http_open(f.client, &request, &x, &f.err), 0);
	tap_int(tt_http_read_all(x, SECOND, &body, &f.err), 0);
	tap_str(tt_buf_view(&body), "plain");
	tt_http_close(x);
	close_fixture(&f);
	open_with(&f, answer_gzip, NULL, &options);
	tap_int(get(&f, &body), 200);
	tap_str(tt_buf_view(&body), "plain");
	close_fixture(&f);
	tt_buf_release(&body);
}

static atomic_long flooded;

static void flood(struct test_conn *c)
{
	static const char block[65536];

	if (!test_read_head(c) || !test_say(c, RESPONSE "\r\n"))
		return;
	while (atomic_load(&flooded) < 256L * 1024 * 1024 && test_write(c, block, sizeof(block)))
		atomic_fetch_add(&flooded, sizeof(block));
}

static void slow_reader_slows_the_peer(void)
{
	struct fixture f;
	struct tt_http_exchange *x = NULL;
	struct tt_str piece;
	long before;

	open_fixture(&f, flood, NULL);
	tap_int(tt_http_open(f.client, &(struct tt_http_request){.url = f.url}, &x, &f.err), 0);
	for (int i = 0; i < 10; i++) {
		tap_int(tt_http_read(x, SECOND, &piece, &f.err), 1);
		tap_ok(piece.len <= 256 * 1024);
	}
	sleep_ms(200);
	before = atomic_load(&flooded);
	sleep_ms(100);
	tap_int(atomic_load(&flooded), before);
	tap_ok(before < 64L * 1024 * 1024);
	tt_http_close(x);
	close_fixture(&f);
}

static void proxy_urls(void)
{
	static const struct {
		const char *url;
		int want;
	} cases[] = {{"http://p:1", 0}, {"https://p", 0}, {"socks5://p:1080", 0},
		{"socks4://p", TT_EINVAL}, {"p:3128", TT_EINVAL}, {"", TT_EINVAL}};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct tt_http_client_options options = {.proxy_url = cases[i].url};
		struct tt_http_client *client = NULL;

		tap_int(tt_http_client_new(&client, &options, NULL), cases[i].want);
		tt_http_client_free(client);
	}
}

static void proxy_is_used(void)
{
	struct tt_http_client_options options = {.no_compression = true};
	struct tt_http_client *client = NULL;
	struct tt_http_request request = {.url = "http://cluster.test/api"};
	struct tt_http_exchange *x = NULL;
	struct tt_str piece;
	struct test_peer proxy;
	char url[100];

	test_peer_start(&proxy, echo, NULL, NULL, NULL);
	(void)snprintf(url, sizeof(url), "http://127.0.0.1:%d", proxy.port);
	options.proxy_url = url;
	tap_int(tt_http_client_new(&client, &options, NULL), 0);
	tap_int(tt_http_open(client, &request, &x, NULL), 0);
	tap_int(tt_http_read(x, SECOND, &piece, NULL), 1);
	tap_ok(tt_str_starts(piece, TT_STR("GET http://cluster.test/api HTTP/1.1\r\n")));
	tt_http_close(x);
	tt_http_client_free(client);
	test_peer_stop(&proxy);
}

static void unix_socket_is_used(void)
{
	char dir[] = "/tmp/tt-http-XXXXXX", path[64];
	struct tt_http_client_options options = {.unix_socket = path};
	struct fixture f = {.url = "http://localhost/x"};
	struct tt_buf body;

	tt_buf_init(&body, 1000);
	tap_ok(mkdtemp(dir) != NULL);
	(void)snprintf(path, sizeof(path), "%s/s", dir);
	test_peer_start(&f.peer, answer, RESPONSE "Content-Length: 2\r\n\r\nok", NULL, path);
	tap_int(tt_http_client_new(&f.client, &options, &f.err), 0);
	tap_int(get(&f, &body), 200);
	tap_str(tt_buf_view(&body), "ok");
	close_fixture(&f);
	(void)unlink(path);
	(void)rmdir(dir);
	tt_buf_release(&body);
}

int main(void)
{
	tap_test("head_is_read", head_is_read);
	tap_test("body_forms", body_forms);
	tap_test("connection_is_kept_until_reset", connection_is_kept);
	tap_test("one_byte_per_packet_is_the_same", one_byte_per_packet_is_the_same);
	tap_test("idle_read_can_be_repeated", idle_read_can_be_repeated);
	tap_test("wake_ends_a_read", wake_ends_a_read);
	tap_test("a_wake_that_was_taken_back_does_not_spin",
		a_wake_that_was_taken_back_does_not_spin);
	tap_test("wake_ends_a_hanging_lookup", wake_ends_a_hanging_lookup);
	tap_test("silent_server_times_out", silent_server_times_out);
	tap_test("failures_have_sentences", failures_have_sentences);
	tap_test("read_all_is_bounded", read_all_is_bounded);
	tap_test("requests_are_sent_as_given", requests_are_sent_as_given);
	tap_test("head_has_no_body", head_has_no_body);
	tap_test(
		"compression_is_asked_for_unless_refused", compression_is_asked_for_unless_refused);
	tap_test("slow_reader_slows_the_peer", slow_reader_slows_the_peer);
	tap_test("proxy_urls_have_three_schemes", proxy_urls);
	tap_test("proxy_is_used", proxy_is_used);
	tap_test("unix_socket_is_used", unix_socket_is_used);
	return tap_done();
}
