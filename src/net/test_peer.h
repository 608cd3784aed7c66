/* SPDX-License-Identifier: Apache-2.0 */
/* test_peer.h - a scripted peer for tests of the HTTP client and server: a listener on loopback
 * whose connections are played by a function, and certificates made on the spot. */
#pragma once

#include <openssl/ssl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

struct test_conn {
	int fd;
	SSL *ssl;         /* NULL: plain */
	int n;            /* the how-manyth connection of its peer, from 1 */
	char head[16384]; /* of the last request read, ended by NUL */
	const void *arg;
};

/* Plays one connection: reads and writes; the connection is closed when it returns. */
typedef void test_script_fn(struct test_conn *c);

struct test_peer {
	int listen_fd, port;
	test_script_fn *script;
	const void *arg;
	SSL_CTX *tls; /* borrowed; NULL: plain */
	atomic_int connections;
	atomic_bool stopping;
	pthread_t thread;
};

/* Listens on 127.0.0.1 (or on the Unix socket `path`) and plays connections one after another. */
void test_peer_start(struct test_peer *peer, test_script_fn *script, const void *arg, SSL_CTX *tls,
	const char *path);
/* Waits for the running script and frees everything. */
void test_peer_stop(struct test_peer *peer);

/* Reads a request head into c->head; false if the peer closed. Bytes after it stay unread. */
bool test_read_head(struct test_conn *c);
/* One write(2), or one TLS record; false if it failed. */
bool test_write(struct test_conn *c, const void *data, size_t n);
bool test_say(struct test_conn *c, const char *text);
bool test_read(struct test_conn *c, void *data, size_t n);

/* A certificate and key in PEM form. */
struct test_cert {
	X509 *cert;
	EVP_PKEY *key;
	char *cert_pem, *key_pem;
};

/* A certificate called `name`, which may be "name/organization/organization...", valid for `san`
 * ("DNS:x,IP:127.0.0.1"; NULL: a CA), signed by `issuer` (NULL: itself), from `from_days` to
 * `to_days` relative to now. */
void test_cert_make(struct test_cert *c, const char *name, const char *san,
	const struct test_cert *issuer, int from_days, int to_days);
void test_cert_free(struct test_cert *c);

/* A server context with `cert`; with `client_ca` a client certificate signed by it is demanded. */
SSL_CTX *test_tls_server(const struct test_cert *cert, const struct test_cert *client_ca);
