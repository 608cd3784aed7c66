/* SPDX-License-Identifier: Apache-2.0 */
/* Requests with a few bytes changed: each gets a Status, unless libmicrohttpd cannot even tell
 * where it ends, and nothing breaks. */
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/rand.h"
#include "serve/kubernetes/scene_test.h"
#include "serve/serve.h"
#include "tap/tap.h"

enum { FRAMED = 1000, REQUESTS_MAX = 10 * FRAMED, REQUEST_MAX_BYTES = 10000 };

#define HOST "Host: localhost\r\n"
#define JSON HOST "Content-Type: application/json\r\n"
#define SHOP "/clusters/edge/api/v1/namespaces/shop/events"

static const char *const good_requests[] = {
	"GET " SHOP "?limit=5&fieldSelector=type%3DNormal HTTP/1.1\r\n" HOST "Accept: */*\r\n\r\n",
	"GET /api/v1/events?labelSelector=a%20in%20(b)&continue=abc HTTP/1.1\r\n" HOST "\r\n",
	"GET /clusters/prod/at/2026-01-02T03:04:05Z/last/6h/api/v1/events/web.1 HTTP/1.1\r\n" HOST
	"Accept: application/json;as=Table;v=v1;g=meta.k8s.io,application/json\r\n\r\n",
	"GET /apis/events.k8s.io/v1 HTTP/1.1\r\n" HOST "Cookie: a=b\r\nX-Long: a\r\n b\r\n\r\n",
	"GET /v1/records?after=0&limit=3 HTTP/1.1\r\n" HOST "\r\nGET /2 HTTP/1.1\r\n\r\n",
	"POST " SHOP "?dryRun=All HTTP/1.1\r\n" JSON "Content-Length: 49\r\n\r\n"
	"{\"metadata\":{\"name\":\"web.1\",\"namespace\":\"shop\"}}\n",
	"POST " SHOP " HTTP/1.1\r\n" JSON "Transfer-Encoding: chunked\r\n\r\n"
	"15\r\n{\"metadata\":\"hello\"}\r\n0\r\n\r\n",
	"PATCH " SHOP "/web.1 HTTP/1.1\r\n" HOST "Content-Type: application/merge-patch+json\r\n"
	"Content-Length: 11\r\n\r\n{\"count\":2}",
	"DELETE " SHOP "/web.1 HTTP/1.1\r\n" JSON "Content-Length: 2\r\n\r\n{}",
	"PUT " SHOP "/web.1 HTTP/1.1\r\n" JSON "Content-Length: 99999999999\r\n\r\n{}",
	"GET " SHOP " HTTP/1.1\r\n" HOST "Content-Length: -1\r\nContent-Length: 7\r\n\r\n",
	"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
	"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
};

/* Changes, removes, doubles or inserts a few bytes of `text`. */
static void mutate(struct tt_buf *text, struct tt_rand *rand)
{
	static const char odd[] = "\r\n\t :/%?&=;\"\\\x7f\x80\xff";
	size_t changes = 1 + tt_rand_below(rand, 4);
	struct tt_buf out;

	for (size_t i = 0; i < changes && text->len > 0; i++) {
		size_t at = tt_rand_below(rand, text->len);
		size_t n = tt_rand_below(rand, 8);

		if (n > text->len - at)
			n = text->len - at;
		tt_buf_init(&out, REQUEST_MAX_BYTES);
		tt_buf_add(&out, text->data, at);
		switch (tt_rand_below(rand, 4)) {
		case 0: tt_buf_char(&out, (char)tt_rand_u64(rand)); break;
		case 1: tt_buf_char(&out, odd[tt_rand_below(rand, sizeof(odd))]); break;
		case 2:
			tt_buf_add(&out, text->data + at, n);
			n = 0;
			break;
		default: break;
		}
		tt_buf_add(&out, text->data + at + n, text->len - at - n);
		tt_buf_release(text);
		*text = out;
	}
}

/* Sends `request` on a connection of its own, and reads up to its end. */
static void ask_raw(struct tt_str request, char *answer, size_t size)
{
	const char *port = strrchr(tt_serve_address(scene.serve), ':') + 1;
	struct sockaddr_in to = {.sin_family = AF_INET,
		.sin_port = htons((uint16_t)strtoul(port, NULL, 10)),
		.sin_addr = {htonl(INADDR_LOOPBACK)}};
	struct timeval patience = {.tv_sec = 5};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	size_t n = 0;
	ssize_t got;

	(void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	tap_int(connect(fd, (struct sockaddr *)&to, sizeof(to)), 0);
	(void)send(fd, request.data, request.len, MSG_NOSIGNAL);
	(void)shutdown(fd, SHUT_WR);
	while (n + 1 < size && (got = recv(fd, answer + n, size - n - 1, 0)) > 0)
		n += (size_t)got;
	answer[n] = '\0';
	(void)close(fd);
}

static struct tt_str next_line(struct tt_str *rest)
{
	struct tt_str line = tt_str_split(rest, '\n');

	if (line.len > 0 && line.data[line.len - 1] == '\r')
		line.len--;
	return line;
}

static bool is_request_line(struct tt_str line)
{
	struct tt_str rest = line;
	struct tt_str method = tt_str_split(&rest, ' ');

	return method.len > 0 && rest.len > 9 && line.len > 9 &&
	       strncmp(line.data + line.len - 9, " HTTP/1.", 8) == 0 &&
	       line.data[line.len - 1] >= '0' && line.data[line.len - 1] <= '9';
}

static bool name_is(struct tt_str name, const char *wanted)
{
	return name.len == strlen(wanted) && strncasecmp(name.data, wanted, name.len) == 0;
}

/* Whether libmicrohttpd reads a header on: not a length that is no number or has a space behind it,
 * nor a cookie of one quote; what is chunked may be broken. `*ret_length` is that of the body. */
static bool is_read(struct tt_str line, unsigned long long *ret_length)
{
	struct tt_str value = line;
	struct tt_str name = tt_str_split(&value, ':');

	if (name_is(name, "Transfer-Encoding") || name_is(name, "Cookie"))
		return false;
	while (value.len > 0 && (value.data[0] == ' ' || value.data[0] == '\t')) {
		value.data++;
		value.len--;
	}
	return !name_is(name, "Content-Length") || tt_str_u64(value, ret_length);
}

/* Whether where `request` begins and ends can be told, and it is there as a whole. */
static bool is_framed(struct tt_str request)
{
	struct tt_str rest = request, line;
	unsigned long long length = 0;

	do
		line = next_line(&rest);
	while (line.len == 0 && rest.len > 0);
	if (memchr(request.data, '\0', request.len) != NULL || !is_request_line(line))
		return false;
	for (bool is_first = true; rest.data != NULL; is_first = false) {
		line = next_line(&rest);
		if (line.len == 0)
			return rest.data != NULL && rest.len >= length;
		if ((line.data[0] == ' ' || line.data[0] == '\t') && !is_first)
			continue;
		if (memchr(line.data, ':', line.len) == NULL || !is_read(line, &length))
			return false;
	}
	return false;
}

/* Whether an answer is one of ours: what was asked for, or a Status that says why not. */
static bool is_ours(const char *answer)
{
	return strncmp(answer, "HTTP/1.1 2", 10) == 0 || strstr(answer, "\"Status\"") != NULL ||
	       strstr(answer, "kind: Status") != NULL ||
	       strstr(answer, "\r\nCache-Control: no-cache, private\r\n") != NULL; /* of HEAD */
}

/* What libmicrohttpd says to what is no HTTP: HTML, or nothing. */
static bool is_of_the_library(const char *answer)
{
	return answer[0] == '\0' || strstr(answer, "<html>") != NULL;
}

static void a_thousand_malformed_requests_get_a_status(void)
{
	const char *given = getenv("TT_SEED");
	uint64_t seed = given != NULL ? strtoull(given, NULL, 10) : 1;
	char answer[20000];
	struct tt_rand rand;
	struct tt_buf text;
	int framed = 0;

	tt_rand_init(&rand, seed);
	scene_begin();
	for (int i = 0; i < REQUESTS_MAX && framed < FRAMED; i++) {
		tt_buf_init(&text, REQUEST_MAX_BYTES);
		tt_buf_text(
			&text, good_requests[i % (int)(sizeof(good_requests) / sizeof(char *))]);
		mutate(&text, &rand);
		bool must = is_framed(tt_buf_view(&text));

		framed += must;
		ask_raw(tt_buf_view(&text), answer, sizeof(answer));
		tap_okf(is_ours(answer) || (!must && is_of_the_library(answer)),
			"seed %llu, request %d: %.*s\n%s", (unsigned long long)seed, i,
			TT_STR_ARG(tt_buf_view(&text)), answer);
		tt_buf_release(&text);
	}
	tap_int(framed, FRAMED);
	tap_int(scene_get("/clusters/edge/api/v1/events"), 200);
	scene_end();
}

int main(void)
{
	tap_test("a thousand malformed requests get a Status",
		a_thousand_malformed_requests_get_a_status);
	return tap_done();
}
