/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "net/http_client.h"
#include "net/test_peer.h"
#include "tap/tap.h"

enum { SECOND = TT_NS_PER_S };

#define RESPONSE "HTTP/1.1 200 OK\r\n"

/* Made once: key generation is slow in sanitizer builds. */
static struct {
	struct test_cert ca, other_ca, good, named, expired, future, client, stray_client;
} certs;

static void make_certs(void)
{
	test_cert_make(&certs.ca, "ca", NULL, NULL, -1, 10);
	test_cert_make(&certs.other_ca, "other ca", NULL, NULL, -1, 10);
	test_cert_make(&certs.good, "good", "IP:127.0.0.1", &certs.ca, -1, 10);
	test_cert_make(&certs.named, "named", "DNS:kube.test", &certs.ca, -1, 10);
	test_cert_make(&certs.expired, "expired", "IP:127.0.0.1", &certs.ca, -9, -2);
	test_cert_make(&certs.future, "future", "IP:127.0.0.1", &certs.ca, 2, 9);
	test_cert_make(&certs.client, "client", "DNS:client", &certs.ca, -1, 10);
	test_cert_make(&certs.stray_client, "client", "DNS:client", &certs.other_ca, -1, 10);
}

static void free_certs(void)
{
	struct test_cert *all[] = {&certs.ca, &certs.other_ca, &certs.good, &certs.named,
		&certs.expired, &certs.future, &certs.client, &certs.stray_client};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		test_cert_free(all[i]);
}

static void answer(struct test_conn *c)
{
	while (test_read_head(c) && test_say(c, c->arg)) {
	}
}

/* One request with `tls` to a peer with `server`; returns the status or the failure. */
static int try_tls(const struct tt_tls *tls, SSL_CTX *server, struct tt_err *err)
{
	struct tt_http_client_options options = {.tls = *tls};
	struct tt_http_client *client = NULL;
	struct tt_http_exchange *x = NULL;
	struct test_peer peer;
	char url[100];
	int rc;

	test_peer_start(&peer, answer, RESPONSE "Content-Length: 2\r\n\r\nok", server, NULL);
	(void)snprintf(url, sizeof(url), "https://127.0.0.1:%d/", peer.port);
	rc = tt_http_client_new(&client, &options, err);
	if (rc == 0)
		rc = tt_http_open(client, &(struct tt_http_request){.url = url}, &x, err);
	if (rc == 0) {
		struct tt_str piece;

		rc = tt_http_status(x);
		/* With TLS 1.3 a refused client certificate is told after the handshake. */
		if (tt_http_read(x, SECOND, &piece, err) < 0)
			rc = TT_EIO;
	}
	tt_http_close(x);
	tt_http_client_free(client);
	test_peer_stop(&peer);
	return rc;
}

static void certificates_are_verified(void)
{
	const struct {
		const struct test_cert *server;
		struct tt_tls tls;
		int want;
		const char *sentence;
	} cases[] = {
		{&certs.good, {.ca_pem = certs.ca.cert_pem}, 200, ""},
		{&certs.good, {.ca_pem = certs.other_ca.cert_pem}, TT_EIO,
			"is not signed by the given CA"},
		{&certs.good, {0}, TT_EIO, "is not signed by a CA that this system trusts"},
		{&certs.good, {.insecure_skip_verify = true}, 200, ""},
		{&certs.expired, {.ca_pem = certs.ca.cert_pem}, TT_EIO, "has expired"},
		{&certs.future, {.ca_pem = certs.ca.cert_pem}, TT_EIO, "is not valid yet"},
		{&certs.named, {.ca_pem = certs.ca.cert_pem}, TT_EIO,
			"is not valid for the name 127.0.0.1"},
		{&certs.named, {.ca_pem = certs.ca.cert_pem, .server_name = "kube.test"}, 200, ""},
		{&certs.good, {.ca_pem = certs.ca.cert_pem, .server_name = "kube.test"}, TT_EIO,
			"is not valid for the name kube.test"},
		{&certs.good, {.ca_file = "/nonexistent/ca.crt"}, TT_EIO,
			"cannot read CA certificates from /nonexistent/ca.crt"},
		{&certs.good,
			{.ca_pem = certs.ca.cert_pem,
				.cert_file = "/nonexistent/c",
				.key_file = "/k"},
			TT_EIO, "cannot use the client certificate /nonexistent/c"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		SSL_CTX *server = test_tls_server(cases[i].server, NULL);
		struct tt_err err = {0};
		int rc = try_tls(&cases[i].tls, server, &err);

		tap_okf(rc == cases[i].want, "case %zu: %d, want %d: %s", i, rc, cases[i].want,
			err.msg);
		tap_okf(strstr(err.msg, cases[i].sentence) != NULL, "case %zu: %s", i, err.msg);
		SSL_CTX_free(server);
	}
}

static void client_certificate_is_sent(void)
{
	const struct {
		const struct test_cert *client;
		int want;
	} cases[] = {{&certs.client, 200}, {&certs.stray_client, TT_EIO}, {NULL, TT_EIO}};
	SSL_CTX *server = test_tls_server(&certs.good, &certs.ca);

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct tt_tls tls = {.ca_pem = certs.ca.cert_pem};
		struct tt_err err = {0};

		if (cases[i].client != NULL) {
			tls.cert_pem = cases[i].client->cert_pem;
			tls.key_pem = cases[i].client->key_pem;
		}
		tap_int(try_tls(&tls, server, &err), cases[i].want);
		tap_okf(cases[i].want == 200 || strstr(err.msg, "refused the client certificate"),
			"case %zu: %s", i, err.msg);
	}
	SSL_CTX_free(server);
}

static void unusable_texts_are_refused(void)
{
	static const char garbage[] = "-----BEGIN CERTIFICATE-----\ngarbage\n";
	const struct tt_tls cases[] = {{.ca_pem = ""}, {.ca_pem = garbage},
		{.cert_pem = certs.client.cert_pem}, {.key_pem = certs.client.key_pem},
		{.cert_pem = garbage, .key_pem = certs.client.key_pem},
		{.cert_pem = certs.client.cert_pem, .key_pem = garbage},
		{.cert_pem = certs.client.cert_pem, .key_pem = certs.good.key_pem}};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct tt_http_client_options options = {.tls = cases[i]};
		struct tt_http_client *client = NULL;
		struct tt_err err = {0};

		tap_int(tt_http_client_new(&client, &options, &err), TT_EINVAL);
		tap_okf(err.msg[0] != '\0', "case %zu has no sentence", i);
		tt_http_client_free(client);
	}
}

static void old_tls_is_refused(void)
{
	SSL_CTX *server = test_tls_server(&certs.good, NULL);
	struct tt_tls tls = {.ca_pem = certs.ca.cert_pem};
	struct tt_err err = {0};

	SSL_CTX_set_security_level(server, 0);
	SSL_CTX_set_max_proto_version(server, TLS1_1_VERSION);
	SSL_CTX_set_min_proto_version(server, TLS1_VERSION);
	tap_int(try_tls(&tls, server, &err), TT_EIO);
	tap_okf(strstr(err.msg, "no TLS connection with 127.0.0.1:") != NULL, "%s", err.msg);
	SSL_CTX_free(server);
	server = test_tls_server(&certs.good, NULL);
	SSL_CTX_set_max_proto_version(server, TLS1_2_VERSION);
	tap_int(try_tls(&tls, server, &err), 200);
	SSL_CTX_free(server);
}

/* What an HTTP server says to a TLS handshake. */
static void bad_request(struct test_conn *c)
{
	char record[5];

	(void)test_read(c, record, sizeof(record));
	(void)test_say(c, "HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n");
	(void)test_read_head(c);
}

static void plain_server_is_named(void)
{
	struct tt_tls tls = {.ca_pem = certs.ca.cert_pem};
	struct tt_err err = {0};
	struct tt_http_client_options options = {.tls = tls};
	struct tt_http_client *client = NULL;
	struct tt_http_exchange *x = NULL;
	struct test_peer peer;
	char url[100];

	test_peer_start(&peer, bad_request, NULL, NULL, NULL);
	(void)snprintf(url, sizeof(url), "https://127.0.0.1:%d/", peer.port);
	tap_int(tt_http_client_new(&client, &options, &err), 0);
	tap_int(tt_http_open(client, &(struct tt_http_request){.url = url}, &x, &err), TT_EIO);
	tap_okf(strstr(err.msg, "does not speak TLS") != NULL, "%s", err.msg);
	tt_http_client_free(client);
	test_peer_stop(&peer);
}

enum { RECORDS = 20000 };

/* Each event as a chunk and a TLS record of its own; the head too, in two records. */
static void many_records(struct test_conn *c)
{
	char line[64];

	if (!test_read_head(c) || !test_say(c, RESPONSE) ||
		!test_say(c, "Transfer-Encoding: chunked\r\n\r\n"))
		return;
	for (int i = 0; i < RECORDS; i++) {
		(void)snprintf(line, sizeof(line), "a\r\nevent%05d\r\n", i);
		(void)test_say(c, line);
	}
	(void)test_say(c, "0\r\n");
	(void)test_say(c, "\r\n");
	/* Closing would wake a client that sleeps on records it has already received. */
	(void)test_read_head(c);
}

static void dribbled_records(struct test_conn *c)
{
	static const char all[] = RESPONSE "Transfer-Encoding: chunked\r\n\r\n"
					   "5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n";

	if (!test_read_head(c))
		return;
	for (size_t i = 0; all[i] != '\0'; i++)
		(void)test_write(c, all + i, 1);
}

static void sleep_ms(long ms)
{
	struct timespec t = {ms / 1000, (ms % 1000) * TT_NS_PER_MS};

	(void)nanosleep(&t, NULL);
}

/* Reads a body over TLS into `to`; the timeout shows a record that was overlooked. */
static int read_tls(test_script_fn *script, int max_version, struct tt_buf *to)
{
	SSL_CTX *server = test_tls_server(&certs.good, NULL);
	struct tt_http_client_options options = {.tls = {.ca_pem = certs.ca.cert_pem}};
	struct tt_http_client *client = NULL;
	struct tt_http_exchange *x = NULL;
	struct test_peer peer;
	char url[100];
	int rc;

	SSL_CTX_set_max_proto_version(server, max_version);
	test_peer_start(&peer, script, NULL, server, NULL);
	(void)snprintf(url, sizeof(url), "https://127.0.0.1:%d/", peer.port);
	tap_int(tt_http_client_new(&client, &options, NULL), 0);
	rc = tt_http_open(
		client, &(struct tt_http_request){.url = url, .head_timeout_ns = SECOND}, &x, NULL);
	sleep_ms(20); /* so that many records come with one recv(2) */
	if (rc == 0)
		rc = tt_http_read_all(x, SECOND, to, NULL);
	tt_http_close(x);
	tt_http_client_free(client);
	test_peer_stop(&peer);
	SSL_CTX_free(server);
	return rc;
}

static void no_record_is_overlooked(void)
{
	static const int versions[] = {TLS1_2_VERSION, TLS1_3_VERSION};
	struct tt_buf body;
	char want[16];

	tt_buf_init(&body, RECORDS * 10);
	for (size_t v = 0; v < 2; v++) {
		tt_buf_clear(&body);
		tap_int(read_tls(many_records, versions[v], &body), 0);
		tap_int(body.len, RECORDS * 10);
		for (size_t i = 0; (i + 1) * 10 <= body.len; i++) {
			(void)snprintf(want, sizeof(want), "event%05zu", i);
			if (memcmp(body.data + i * 10, want, 10) != 0)
				tap_okf(false, "event %zu is another one", i);
		}
		tt_buf_clear(&body);
		tap_int(read_tls(dribbled_records, versions[v], &body), 0);
		tap_str(tt_buf_view(&body), "hello world");
	}
	tt_buf_release(&body);
}

enum { UPLOAD_BYTES = 5000000 };

/* Reads a large body slowly, then answers. */
static void take_upload(struct test_conn *c)
{
	static char piece[UPLOAD_BYTES / 50];

	if (!test_read_head(c))
		return;
	for (int i = 0; i < 50 && test_read(c, piece, sizeof(piece)); i++)
		sleep_ms(6);
	(void)test_say(c, RESPONSE "Content-Length: 2\r\n\r\nok");
	(void)test_read_head(c);
}

static int64_t cpu_ns(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return t.tv_sec * TT_NS_PER_S + t.tv_nsec;
}

static void large_body_is_sent(void)
{
	static char upload[UPLOAD_BYTES];
	SSL_CTX *server = test_tls_server(&certs.good, NULL);
	struct tt_http_client_options options = {.tls = {.ca_pem = certs.ca.cert_pem}};
	struct tt_http_request request = {
		.method = "POST", .has_body = true, .body = {upload, sizeof(upload)}};
	struct tt_http_client *client = NULL;
	struct tt_http_exchange *x = NULL;
	struct test_peer peer;
	int64_t before, cpu_before;
	char url[100];

	test_peer_start(&peer, take_upload, NULL, server, NULL);
	(void)snprintf(url, sizeof(url), "https://127.0.0.1:%d/", peer.port);
	request.url = url;
	tap_int(tt_http_client_new(&client, &options, NULL), 0);
	before = tt_clock_mono_ns(&tt_clock_system);
	cpu_before = cpu_ns();
	tap_int(tt_http_open(client, &request, &x, NULL), 0);
	/* Waiting for a slow peer must not be a loop. */
	tap_ok(cpu_ns() - cpu_before < (tt_clock_mono_ns(&tt_clock_system) - before) / 2);
	tt_http_close(x);
	tt_http_client_free(client);
	test_peer_stop(&peer);
	SSL_CTX_free(server);
}

static void reset_takes_new_certificates(void)
{
	SSL_CTX *server = test_tls_server(&certs.good, &certs.ca);
	struct tt_tls tls = {.ca_pem = certs.ca.cert_pem,
		.cert_pem = certs.client.cert_pem,
		.key_pem = certs.client.key_pem};
	struct tt_http_client_options options = {.tls = {.ca_pem = certs.ca.cert_pem}};
	struct tt_http_client *client = NULL;
	struct tt_http_exchange *x = NULL;
	struct tt_tls wrong = {.ca_pem = "no"};
	struct test_peer peer;
	struct tt_str piece;
	char url[100];

	test_peer_start(&peer, answer, RESPONSE "Content-Length: 2\r\n\r\nok", server, NULL);
	(void)snprintf(url, sizeof(url), "https://127.0.0.1:%d/", peer.port);
	tap_int(tt_http_client_new(&client, &options, NULL), 0);
	tap_int(tt_http_client_reset(client, &tls, NULL), 0);
	tap_int(tt_http_client_reset(client, &wrong, NULL), TT_EINVAL);
	tap_int(tt_http_open(client, &(struct tt_http_request){.url = url}, &x, NULL), 0);
	tap_int(tt_http_read(x, SECOND, &piece, NULL), 1);
	tt_http_close(x);
	tt_http_client_free(client);
	test_peer_stop(&peer);
	SSL_CTX_free(server);
}

int main(void)
{
	make_certs();
	tap_test("certificates_are_verified", certificates_are_verified);
	tap_test("client_certificate_is_sent", client_certificate_is_sent);
	tap_test("unusable_texts_are_refused", unusable_texts_are_refused);
	tap_test("old_tls_is_refused", old_tls_is_refused);
	tap_test("plain_server_is_named", plain_server_is_named);
	tap_test("no_record_is_overlooked", no_record_is_overlooked);
	tap_test("large_body_is_sent", large_body_is_sent);
	tap_test("reset_takes_new_certificates", reset_takes_new_certificates);
	free_certs();
	return tap_done();
}
