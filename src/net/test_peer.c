/* SPDX-License-Identifier: Apache-2.0 */
#include "net/test_peer.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/assert.h"
#include "base/mem.h"

bool test_write(struct test_conn *c, const void *data, size_t n)
{
	if (c->ssl != NULL)
		return SSL_write(c->ssl, data, (int)n) == (int)n;
	for (size_t done = 0; done < n;) {
		ssize_t sent = send(c->fd, (const char *)data + done, n - done, MSG_NOSIGNAL);

		if (sent <= 0)
			return false;
		done += (size_t)sent;
	}
	return true;
}

bool test_say(struct test_conn *c, const char *text)
{
	return test_write(c, text, strlen(text));
}

bool test_read(struct test_conn *c, void *data, size_t n)
{
	for (size_t done = 0; done < n;) {
		ssize_t got = c->ssl != NULL
				      ? SSL_read(c->ssl, (char *)data + done, (int)(n - done))
				      : recv(c->fd, (char *)data + done, n - done, 0);

		if (got <= 0)
			return false;
		done += (size_t)got;
	}
	return true;
}

bool test_read_head(struct test_conn *c)
{
	size_t n = 0;

	while (n + 1 < sizeof(c->head) && test_read(c, c->head + n, 1)) {
		c->head[++n] = '\0';
		if (n >= 4 && memcmp(c->head + n - 4, "\r\n\r\n", 4) == 0)
			return true;
	}
	return false;
}

/* Lets the alert of a failed handshake arrive: closing with unread bytes would reset the connection
 * and take it back. */
static void linger(int fd)
{
	char rest[4096];

	(void)shutdown(fd, SHUT_WR);
	while (recv(fd, rest, sizeof(rest), 0) > 0) {
	}
}

static void play(struct test_peer *peer, int fd)
{
	struct test_conn *c = tt_calloc(1, sizeof(*c));
	bool ready = true;
	int on = 1;

	*c = (struct test_conn){.fd = fd, .arg = peer->arg};
	c->n = atomic_fetch_add(&peer->connections, 1) + 1;
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	if (peer->tls != NULL) {
		c->ssl = SSL_new(peer->tls);
		SSL_set_fd(c->ssl, fd);
		ready = SSL_accept(c->ssl) == 1;
	}
	if (ready)
		peer->script(c);
	else
		linger(fd);
	SSL_free(c->ssl);
	(void)close(fd);
	tt_free(c);
}

static void *serve(void *arg)
{
	struct test_peer *peer = arg;
	sigset_t pipe;
	int fd;

	/* OpenSSL writes without MSG_NOSIGNAL. */
	(void)sigemptyset(&pipe);
	(void)sigaddset(&pipe, SIGPIPE);
	(void)pthread_sigmask(SIG_BLOCK, &pipe, NULL);
	while (!atomic_load(&peer->stopping)) {
		fd = accept(peer->listen_fd, NULL, NULL);
		if (fd >= 0)
			play(peer, fd);
	}
	return NULL;
}

static int listen_on(const char *path, int *ret_port)
{
	struct sockaddr_in in = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
	struct sockaddr_un un = {.sun_family = AF_UNIX};
	socklen_t len = sizeof(in);
	int fd = socket(path != NULL ? AF_UNIX : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	tt_assert(fd >= 0);
	if (path != NULL) {
		tt_assert(strlen(path) < sizeof(un.sun_path));
		memcpy(un.sun_path, path, strlen(path));
		tt_assert(bind(fd, (struct sockaddr *)&un, sizeof(un)) == 0);
	} else {
		tt_assert(bind(fd, (struct sockaddr *)&in, sizeof(in)) == 0);
		tt_assert(getsockname(fd, (struct sockaddr *)&in, &len) == 0);
		*ret_port = ntohs(in.sin_port);
	}
	tt_assert(listen(fd, 16) == 0);
	return fd;
}

void test_peer_start(struct test_peer *peer, test_script_fn *script, const void *arg, SSL_CTX *tls,
	const char *path)
{
	*peer = (struct test_peer){.script = script, .arg = arg, .tls = tls};
	peer->listen_fd = listen_on(path, &peer->port);
	tt_assert(pthread_create(&peer->thread, NULL, serve, peer) == 0);
}

void test_peer_stop(struct test_peer *peer)
{
	atomic_store(&peer->stopping, true);
	(void)shutdown(peer->listen_fd, SHUT_RDWR);
	(void)pthread_join(peer->thread, NULL);
	(void)close(peer->listen_fd);
}

static char *pem_text(BIO *bio)
{
	char *data;
	long n = BIO_get_mem_data(bio, &data);
	char *text = tt_malloc((size_t)n + 1);

	memcpy(text, data, (size_t)n);
	text[n] = '\0';
	BIO_free(bio);
	return text;
}

static void add_extension(X509 *cert, X509 *issuer, int nid, const char *value)
{
	X509V3_CTX ctx;
	X509_EXTENSION *ext;

	X509V3_set_ctx(&ctx, issuer, cert, NULL, NULL, 0);
	ext = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
	tt_assert(ext != NULL);
	X509_add_ext(cert, ext, -1);
	X509_EXTENSION_free(ext);
}

/* "name/organization/organization..." */
static void add_subject(X509 *cert, const char *name)
{
	const char *field = "CN";

	for (;;) {
		size_t n = strcspn(name, "/");

		X509_NAME_add_entry_by_txt(X509_get_subject_name(cert), field, MBSTRING_UTF8,
			(const unsigned char *)name, (int)n, -1, 0);
		if (name[n] == '\0')
			return;
		name += n + 1;
		field = "O";
	}
}

void test_cert_make(struct test_cert *c, const char *name, const char *san,
	const struct test_cert *issuer, int from_days, int to_days)
{
	static atomic_int serial = 1;
	BIO *bio;

	c->key = EVP_EC_gen("P-256");
	c->cert = X509_new();
	X509_set_version(c->cert, 2);
	ASN1_INTEGER_set(X509_get_serialNumber(c->cert), atomic_fetch_add(&serial, 1));
	X509_gmtime_adj(X509_getm_notBefore(c->cert), from_days * 86400L);
	X509_gmtime_adj(X509_getm_notAfter(c->cert), to_days * 86400L);
	add_subject(c->cert, name);
	X509_set_issuer_name(
		c->cert, X509_get_subject_name(issuer != NULL ? issuer->cert : c->cert));
	X509_set_pubkey(c->cert, c->key);
	add_extension(c->cert, issuer != NULL ? issuer->cert : c->cert, NID_basic_constraints,
		san == NULL ? "critical,CA:TRUE" : "CA:FALSE");
	if (san != NULL)
		add_extension(c->cert, c->cert, NID_subject_alt_name, san);
	X509_sign(c->cert, issuer != NULL ? issuer->key : c->key, EVP_sha256());
	bio = BIO_new(BIO_s_mem());
	PEM_write_bio_X509(bio, c->cert);
	c->cert_pem = pem_text(bio);
	bio = BIO_new(BIO_s_mem());
	PEM_write_bio_PrivateKey(bio, c->key, NULL, NULL, 0, NULL, NULL);
	c->key_pem = pem_text(bio);
}

void test_cert_free(struct test_cert *c)
{
	X509_free(c->cert);
	EVP_PKEY_free(c->key);
	tt_free(c->cert_pem);
	tt_free(c->key_pem);
}

SSL_CTX *test_tls_server(const struct test_cert *cert, const struct test_cert *client_ca)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());

	SSL_CTX_use_certificate(ctx, cert->cert);
	SSL_CTX_use_PrivateKey(ctx, cert->key);
	if (client_ca != NULL) {
		X509_STORE_add_cert(SSL_CTX_get_cert_store(ctx), client_ca->cert);
		SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
	}
	return ctx;
}
