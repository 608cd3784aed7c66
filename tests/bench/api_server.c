/* SPDX-License-Identifier: Apache-2.0 */
#include "api_server.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bench.h"
#include "wire/protobuf.h"

enum { BUFFER_BYTES = 64 << 20, FIRST_RV = 184467440, RV_PER_EVENT = 7 };

static const char protobuf_type[] = "application/vnd.kubernetes.protobuf";

/* The list's own version: at least that of every object in it, and below those of the watch. */
static uint64_t list_rv(const struct api_server *s)
{
	return FIRST_RV + s->listed * RV_PER_EVENT;
}

static bool answer(struct test_conn *c, const char *status, const char *type, struct tt_str body)
{
	struct tt_buf b;

	tt_buf_init(&b, BUFFER_BYTES);
	tt_buf_printf(&b,
		"HTTP/1.1 %s\r\nContent-Type: %s\r\nContent-Length: %zu\r\n"
		"Connection: close\r\n\r\n",
		status, type, body.len);
	tt_buf_str(&b, body);
	bool ok = test_write(c, b.data, b.len);

	tt_buf_release(&b);
	return ok;
}

static unsigned long long query_number(const char *head, const char *key)
{
	const char *end = strstr(head, "\r\n"), *at = strstr(head, key);

	return at != NULL && at < end ? strtoull(at + strlen(key), NULL, 10) : 0;
}

/* A page of the list, as one EventList in its envelope. Pages are asked for in order. */
static bool list(struct api_server *s, struct test_conn *c)
{
	unsigned long long limit = query_number(c->head, "limit=");
	bool check = limit == 1; /* only the version is wanted */
	struct tt_buf b;
	char number[24];

	tt_buf_init(&b, BUFFER_BYTES);
	tt_buf_add(&b, "k8s", 4);
	size_t mark = tt_pb_begin(&b, 1);

	tt_pb_put_bytes(&b, 1, TT_STR("v1"));
	tt_pb_put_bytes(&b, 2, TT_STR("EventList"));
	tt_pb_end(&b, mark);
	mark = tt_pb_begin(&b, 2);
	size_t meta = tt_pb_begin(&b, 1);
	uint64_t left = s->listed - s->sent;
	uint64_t n = check ? 0 : limit == 0 || limit > left ? left : limit;

	(void)snprintf(number, sizeof(number), "%llu", (unsigned long long)list_rv(s));
	tt_pb_put_bytes(&b, 1, TT_STR(""));
	tt_pb_put_bytes(&b, 2, tt_str_from(number));
	tt_pb_put_bytes(&b, 3, n < left && !check ? TT_STR("more") : TT_STR(""));
	tt_pb_end(&b, meta);
	for (uint64_t i = 0; i < n; i++) {
		struct corpus_event e;

		corpus_next(s->corpus, &e);
		corpus_put_list_item(&b, &e, true);
	}
	s->sent += n;
	tt_pb_end(&b, mark);
	bool ok = answer(c, "200 OK", protobuf_type, tt_buf_view(&b));

	tt_buf_release(&b);
	return ok;
}

static void watch(struct api_server *s, struct test_conn *c)
{
	bool json = s->encoding == TT_ENCODING_JSON, ok;
	struct tt_buf frame, chunk;
	char one;

	tt_buf_init(&frame, BUFFER_BYTES);
	tt_buf_init(&chunk, BUFFER_BYTES);
	tt_buf_printf(&chunk,
		"HTTP/1.1 200 OK\r\nContent-Type: %s%s\r\nTransfer-Encoding: chunked\r\n\r\n",
		json ? "application/json" : protobuf_type, json ? "" : ";stream=watch");
	ok = test_write(c, chunk.data, chunk.len);
	for (uint64_t i = 0; ok && i < s->watched; i++) {
		struct corpus_event e;

		corpus_next(s->corpus, &e);
		tt_buf_clear(&frame);
		tt_buf_clear(&chunk);
		corpus_put_frame(&frame, s->encoding, &e, true);
		tt_buf_printf(&chunk, "%zx\r\n", frame.len);
		tt_buf_str(&chunk, tt_buf_view(&frame));
		tt_buf_text(&chunk, "\r\n");
		ok = test_write(c, chunk.data, chunk.len);
	}
	tt_buf_release(&frame);
	tt_buf_release(&chunk);
	if (ok)
		(void)test_read(c, &one, 1); /* quiet until the client goes away */
}

static void play(struct test_conn *c)
{
	struct api_server *s = (struct api_server *)(uintptr_t)c->arg;
	const int on = 1;

	(void)setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	if (!test_read_head(c))
		return;
	if (strncmp(c->head, "GET /api/v1/events", strlen("GET /api/v1/events")) != 0)
		(void)answer(c, "404 Not Found", "application/json",
			TT_STR("{\"kind\":\"Status\",\"apiVersion\":\"v1\",\"status\":\"Failure\","
			       "\"reason\":\"NotFound\",\"code\":404}"));
	else if (strstr(c->head, "watch=true") != NULL)
		watch(s, c);
	else
		(void)list(s, c);
}

static void write_kubeconfig(const struct api_server *s, const char *path)
{
	char authority[4096];
	FILE *f;

	(void)snprintf(authority, sizeof(authority), "%s.pem", path);
	f = fopen(authority, "w");
	if (f == NULL || fputs(s->cert.cert_pem, f) < 0 || fclose(f) != 0)
		bench_die("cannot write %s", authority);
	f = fopen(path, "w");
	if (f == NULL)
		bench_die("cannot write %s", path);
	(void)fprintf(f,
		"apiVersion: v1\nkind: Config\ncurrent-context: bench\n"
		"clusters:\n- name: bench\n  cluster:\n    server: https://127.0.0.1:%d\n"
		"    certificate-authority: %s\n"
		"users:\n- name: bench\n  user:\n    token: secret\n"
		"contexts:\n- name: bench\n  context: {cluster: bench, user: bench}\n",
		s->peer.port, authority);
	if (fclose(f) != 0)
		bench_die("cannot write %s", path);
}

void api_server_start(
	struct api_server *s, enum tt_encoding encoding, int64_t start_us, const char *kubeconfig)
{
	s->encoding = encoding;
	s->sent = 0;
	s->corpus = corpus_new(CORPUS_SEED, start_us);
	test_cert_make(&s->cert, "bench", "IP:127.0.0.1", NULL, -1, 10);
	s->tls = test_tls_server(&s->cert, NULL);
	test_peer_start(&s->peer, play, s, s->tls, NULL);
	write_kubeconfig(s, kubeconfig);
}

void api_server_stop(struct api_server *s)
{
	test_peer_stop(&s->peer);
	SSL_CTX_free(s->tls);
	test_cert_free(&s->cert);
	corpus_free(s->corpus);
}
