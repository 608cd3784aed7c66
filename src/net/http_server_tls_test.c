/* SPDX-License-Identifier: Apache-2.0 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/clock.h"
#include "net/certificate.h"
#include "net/http_client.h"
#include "net/http_server.h"
#include "net/test_peer.h"
#include "tap/tap.h"

enum { SECOND = TT_NS_PER_S, BIG_BYTES = 5 << 20 };

/* Made once: key generation is slow in sanitizer builds. */
static struct {
	struct test_cert ca, other_ca, server, client, stray, expired, nameless, renewed;
} certs;

static void make_certs(void)
{
	test_cert_make(&certs.ca, "ca", NULL, NULL, -1, 10);
	test_cert_make(&certs.other_ca, "other ca", NULL, NULL, -1, 10);
	test_cert_make(&certs.server, "server", "IP:127.0.0.1", &certs.ca, -1, 10);
	test_cert_make(&certs.client, "ann/ops/shop:readers", "DNS:c", &certs.ca, -1, 10);
	test_cert_make(&certs.stray, "ann/ops", "DNS:c", &certs.other_ca, -1, 10);
	test_cert_make(&certs.expired, "ann/ops", "DNS:c", &certs.ca, -9, -2);
	test_cert_make(&certs.nameless, "/ops", "DNS:c", &certs.ca, -1, 10);
	test_cert_make(&certs.renewed, "server", "IP:127.0.0.1", &certs.other_ca, -1, 5);
}

static void free_certs(void)
{
	struct test_cert *all[] = {&certs.ca, &certs.other_ca, &certs.server, &certs.client,
		&certs.stray, &certs.expired, &certs.nameless, &certs.renewed};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		test_cert_free(all[i]);
}

/* Says who asks: "NAME org,org," or why not. */
static void who(void *arg, struct tt_http_call *call)
{
	struct tt_client_cert cert;
	struct tt_err err = {0};
	struct tt_buf body;
	int rc = tt_http_client_cert(call, &cert, tt_http_arena(call), &err);

	tt_buf_init(&body, 65536);
	tt_buf_text(&body, tt_http_is_tls(call) ? "tls " : "plain ");
	if (rc < 0)
		tt_buf_printf(&body, "%d %s", rc, err.msg);
	else if (rc == 0)
		tt_buf_text(&body, "nobody");
	else
		tt_buf_str(&body, cert.common_name);
	for (size_t i = 0; i < cert.n; i++)
		tt_buf_printf(&body, " %.*s", TT_STR_ARG(cert.organizations[i]));
	tt_http_reply(call, 200, "text/plain", tt_buf_view(&body));
	tt_buf_release(&body);
}

static int next_big(void *arg, struct tt_http_call *call, struct tt_buf *out)
{
	size_t *left = arg;
	size_t n = *left < 100000 ? *left : 100000;

	memset(tt_buf_reserve(out, n), 'x', n);
	out->len += n;
	*left -= n;
	return *left > 0;
}

static void big(void *arg, struct tt_http_call *call)
{
	size_t *left = tt_arena_new(tt_http_arena(call), size_t, 1);

	*left = BIG_BYTES;
	tt_http_reply_stream(call, 200, "text/plain", next_big, NULL, left);
}

static struct tt_http_server *start_for(
	tt_http_handler_fn *handler, const char *client_ca, int64_t timeout_ns)
{
	struct tt_http_server_tls tls = {certs.server.cert_pem, certs.server.key_pem, client_ca};
	struct tt_http_server_options options = {.listen = "127.0.0.1:0",
		.tls = &tls,
		.handler = handler,
		.request_timeout_ns = timeout_ns};
	struct tt_http_server *server = NULL;
	struct tt_err err = {0};

	tap_okf(tt_http_server_start(&server, &options, &err) == 0, "%s", err.msg);
	return server;
}

static struct tt_http_server *start(tt_http_handler_fn *handler, const char *client_ca)
{
	return start_for(handler, client_ca, 1LL * SECOND);
}

/* The status of one request, or the failure; its body in `body`. */
static int ask(struct tt_http_server *server, const char *scheme, const struct tt_tls *tls,
	struct tt_buf *body)
{
	struct tt_http_client_options options = {.tls = *tls};
	struct tt_http_client *client = NULL;
	struct tt_http_exchange *x = NULL;
	struct tt_err err = {0};
	char url[100];
	int rc;

	tt_buf_clear(body);
	(void)snprintf(url, sizeof(url), "%s://%s/", scheme, tt_http_server_address(server));
	tap_int(tt_http_client_new(&client, &options, &err), 0);
	rc = tt_http_open(client, &(struct tt_http_request){.url = url}, &x, &err);
	if (rc == 0)
		rc = tt_http_read_all(x, 5LL * SECOND, body, &err);
	if (rc == 0)
		rc = tt_http_status(x);
	tt_http_close(x);
	tt_http_client_free(client);
	return rc;
}

static void client_certificates_say_who_asks(void)
{
	const struct {
		const char *name;
		const struct test_cert *cert;
		const char *want;
	} cases[] = {
		{"none", NULL, "tls nobody"},
		{"good", &certs.client, "tls ann ops shop:readers"},
		{"of another CA", &certs.stray, "tls -10 the client certificate is not valid"},
		{"expired", &certs.expired, "tls -10 the client certificate is not valid"},
		{"without a name", &certs.nameless, "tls  ops"},
	};
	struct tt_http_server *server = start(who, certs.ca.cert_pem);
	struct tt_buf body;

	tt_buf_init(&body, 65536);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct tt_tls tls = {.ca_pem = certs.ca.cert_pem};

		if (cases[i].cert != NULL) {
			tls.cert_pem = cases[i].cert->cert_pem;
			tls.key_pem = cases[i].cert->key_pem;
		}
		tap_int(ask(server, "https", &tls, &body), 200);
		tap_okf(tt_str_starts(tt_buf_view(&body), tt_str_from(cases[i].want)), "%s: %.*s",
			cases[i].name, TT_STR_ARG(tt_buf_view(&body)));
	}
	tt_buf_release(&body);
	tap_ok(tt_http_server_stop(server, 5LL * SECOND));
}

/* It is signed by what is trusted, itself, but is for servers alone. */
static void a_server_certificate_is_no_client_certificate(void)
{
	struct tt_certificate_names names = {
		.common_name = "ann", .now_us = tt_clock_wall_us(&tt_clock_system)};
	struct tt_http_server *server;
	struct tt_buf cert, key, body;

	tt_buf_init(&cert, 65536);
	tt_buf_init(&key, 65536);
	tt_buf_init(&body, 65536);
	tap_int(tt_certificate_make(&cert, &key, &names, NULL), 0);
	server = start(who, cert.data);
	struct tt_tls tls = {
		.ca_pem = certs.ca.cert_pem, .cert_pem = cert.data, .key_pem = key.data};

	tap_int(ask(server, "https", &tls, &body), 200);
	tap_okf(tt_str_starts(tt_buf_view(&body), TT_STR("tls -10 ")), "%.*s",
		TT_STR_ARG(tt_buf_view(&body)));
	tap_ok(tt_http_server_stop(server, 5LL * SECOND));
	tt_buf_release(&cert);
	tt_buf_release(&key);
	tt_buf_release(&body);
}

static void a_certificate_that_was_not_asked_for_counts_for_nothing(void)
{
	struct tt_http_server *server = start(who, NULL);
	struct tt_tls tls = {.ca_pem = certs.ca.cert_pem,
		.cert_pem = certs.client.cert_pem,
		.key_pem = certs.client.key_pem};
	struct tt_buf body;

	tt_buf_init(&body, 65536);
	tap_int(ask(server, "https", &tls, &body), 200);
	tap_str(tt_buf_view(&body), "tls nobody");
	tt_buf_release(&body);
	tap_ok(tt_http_server_stop(server, 5LL * SECOND));
}

static void a_large_stream_arrives_whole(void)
{
	struct tt_http_server *server = start(big, NULL);
	struct tt_tls tls = {.ca_pem = certs.ca.cert_pem};
	struct tt_buf body;

	tt_buf_init(&body, 2 * BIG_BYTES);
	tap_int(ask(server, "https", &tls, &body), 200);
	tap_int(body.len, BIG_BYTES);
	tt_buf_release(&body);
	tap_ok(tt_http_server_stop(server, 5LL * SECOND));
}

static void plain_http_gets_no_answer(void)
{
	struct tt_http_server *server = start(who, NULL);
	struct tt_buf body;

	tt_buf_init(&body, 65536);
	tap_int(ask(server, "http", &(struct tt_tls){0}, &body), TT_EIO);
	tap_int(body.len, 0);
	tt_buf_release(&body);
	tap_ok(tt_http_server_stop(server, 5LL * SECOND));
}

static int connect_to(struct tt_http_server *server)
{
	const char *port = strrchr(tt_http_server_address(server), ':') + 1;
	struct sockaddr_in to = {.sin_family = AF_INET,
		.sin_port = htons((uint16_t)strtol(port, NULL, 10)),
		.sin_addr = {htonl(INADDR_LOOPBACK)}};
	struct timeval patience = {.tv_sec = 8};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	(void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	tap_int(connect(fd, (struct sockaddr *)&to, sizeof(to)), 0);
	return fd;
}

static bool shakes_hands(struct tt_http_server *server, int version)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
	int fd = connect_to(server);
	SSL *ssl;
	bool ok;

	/* Else OpenSSL itself would not speak the old ones. */
	SSL_CTX_set_security_level(ctx, 0);
	SSL_CTX_set_min_proto_version(ctx, version);
	SSL_CTX_set_max_proto_version(ctx, version);
	ssl = SSL_new(ctx);
	SSL_set_fd(ssl, fd);
	ok = SSL_connect(ssl) == 1;
	SSL_free(ssl);
	SSL_CTX_free(ctx);
	(void)close(fd);
	return ok;
}

static void old_versions_of_tls_are_refused(void)
{
	struct tt_http_server *server = start(who, NULL);

	tap_ok(shakes_hands(server, TLS1_3_VERSION));
	tap_ok(shakes_hands(server, TLS1_2_VERSION));
	tap_ok(!shakes_hands(server, TLS1_1_VERSION));
	tap_ok(!shakes_hands(server, TLS1_VERSION));
	tap_ok(tt_http_server_stop(server, 5LL * SECOND));
}

/* He is answered when his head is there, and reads that when he has sent all. */
static void who_sends_too_much_can_read_the_answer(void)
{
	enum { PIECES = 1000 };
	static const char head[] = "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10000000\r\n\r\n";
	static const char piece[10000];
	struct tt_http_server *server = start(who, NULL);
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
	SSL *ssl = SSL_new(ctx);
	int fd = connect_to(server), sent = 0;
	char answer[1000] = "";

	SSL_set_fd(ssl, fd);
	tap_int(SSL_connect(ssl), 1);
	tap_ok(SSL_write(ssl, head, sizeof(head) - 1) > 0);
	(void)usleep(200000);
	while (sent < PIECES && SSL_write(ssl, piece, sizeof(piece)) > 0)
		sent++;
	tap_int(sent, PIECES);
	tap_ok(SSL_read(ssl, answer, sizeof(answer) - 1) > 0);
	tap_ok(strncmp(answer, "HTTP/1.1 200 ", 13) == 0);
	SSL_free(ssl);
	SSL_CTX_free(ctx);
	(void)close(fd);
	tap_ok(tt_http_server_stop(server, 5LL * SECOND));
}

static void a_peer_that_never_shakes_hands_is_cut(void)
{
	struct tt_http_server *server = start(who, NULL);
	int fd = connect_to(server);
	int64_t before_ns = tt_clock_mono_ns(&tt_clock_system);
	char alert[100];

	while (recv(fd, alert, sizeof(alert), 0) > 0) {
	}
	tap_ok(tt_clock_mono_ns(&tt_clock_system) - before_ns < 6LL * SECOND);
	(void)close(fd);
	tap_ok(tt_http_server_stop(server, 5LL * SECOND));
}

/* Asks once more over a connection that stays; what `who` says of him in `answer`. */
static void ask_again(SSL *ssl, char answer[1000])
{
	static const char head[] = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
	int n = 0, got = 0;

	tap_ok(SSL_write(ssl, head, sizeof(head) - 1) > 0);
	do {
		got = SSL_read(ssl, answer + n, 999 - n);
		n += got > 0 ? got : 0;
		answer[n] = '\0';
	} while (got > 0 && strstr(answer, "\r\n\r\ntls ") == NULL);
}

/* A connection that is open goes on, but shows its certificate to who is trusted now. */
static void a_renewed_certificate_is_for_the_connections_to_come(void)
{
	struct tt_http_server *server = start_for(who, certs.ca.cert_pem, 30LL * SECOND);
	const struct tt_http_server_tls renewed = {
		certs.renewed.cert_pem, certs.renewed.key_pem, certs.other_ca.cert_pem};
	const struct tt_http_server_tls broken = {
		certs.renewed.cert_pem, certs.client.key_pem, certs.other_ca.cert_pem};
	const struct tt_tls old = {.ca_pem = certs.ca.cert_pem};
	const struct tt_tls new = {.ca_pem = certs.other_ca.cert_pem};
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
	SSL *ssl = SSL_new(ctx);
	int fd = connect_to(server);
	int64_t before_us = 0, after_us = 0;
	char answer[1000] = "";
	struct tt_err err = {0};
	struct tt_buf body;

	tt_buf_init(&body, 65536);
	tap_int(SSL_use_certificate(ssl, certs.client.cert), 1);
	tap_int(SSL_use_PrivateKey(ssl, certs.client.key), 1);
	SSL_set_fd(ssl, fd);
	tap_int(SSL_connect(ssl), 1);
	ask_again(ssl, answer);
	tap_okf(strstr(answer, "tls ann ops") != NULL, "%s", answer);
	tap_ok(tt_http_server_not_after(server, &before_us));

	tap_int(tt_http_server_set_tls(server, &broken, &err), TT_EINVAL);
	tap_int(ask(server, "https", &old, &body), 200);
	ask_again(ssl, answer);
	tap_okf(strstr(answer, "tls ann ops") != NULL, "%s", answer);

	tap_int(tt_http_server_set_tls(server, &renewed, &err), 0);
	tap_ok(ask(server, "https", &old, &body) < 0);
	tap_int(ask(server, "https", &new, &body), 200);
	ask_again(ssl, answer);
	tap_okf(strstr(answer, "tls -10 the client certificate is not valid") != NULL, "%s",
		answer);
	tap_ok(tt_http_server_not_after(server, &after_us));
	tap_int(after_us - before_us, -5LL * 24 * 3600 * TT_US_PER_S);

	SSL_free(ssl);
	SSL_CTX_free(ctx);
	(void)close(fd);
	tt_buf_release(&body);
	tap_ok(tt_http_server_stop(server, 5LL * SECOND));
}

static void wrong_texts_are_told_before_anything_listens(void)
{
	const struct {
		struct tt_http_server_tls tls;
		const char *want;
	} cases[] = {
		{{certs.server.cert_pem, certs.client.key_pem, NULL},
			"the key does not belong to the certificate"},
		{{"nothing", certs.server.key_pem, NULL},
			"the certificate or its key cannot be read"},
		{{certs.server.cert_pem, certs.server.key_pem, "nothing"},
			"the CA of client certificates cannot be read"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct tt_http_server_options options = {
			.listen = "127.0.0.1:0", .tls = &cases[i].tls, .handler = who};
		struct tt_http_server *server = NULL;
		struct tt_err err = {0};

		tap_int(tt_http_server_start(&server, &options, &err), TT_EINVAL);
		tap_okf(strncmp(err.msg, cases[i].want, strlen(cases[i].want)) == 0, "%s", err.msg);
	}
}

int main(void)
{
	make_certs();
#define RUN(name) tap_test(#name, name)
	RUN(client_certificates_say_who_asks);
	RUN(a_server_certificate_is_no_client_certificate);
	RUN(a_certificate_that_was_not_asked_for_counts_for_nothing);
	RUN(a_large_stream_arrives_whole);
	RUN(plain_http_gets_no_answer);
	RUN(old_versions_of_tls_are_refused);
	RUN(who_sends_too_much_can_read_the_answer);
	RUN(a_peer_that_never_shakes_hands_is_cut);
	RUN(a_renewed_certificate_is_for_the_connections_to_come);
	RUN(wrong_texts_are_told_before_anything_listens);
	free_certs();
	return tap_done();
}
