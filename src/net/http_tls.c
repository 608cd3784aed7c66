/* SPDX-License-Identifier: Apache-2.0 */
#include "net/http_tls.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <string.h>

#include "base/mem.h"

/* Called by OpenSSL for the password of an encrypted key: there is none, and nobody to ask. */
static int no_password(char *buf, int size, int rwflag, void *arg)
{
	return 0;
}

static X509 *pem_first_cert(const char *pem)
{
	BIO *bio = BIO_new_mem_buf(pem, -1);
	X509 *cert = bio != NULL ? PEM_read_bio_X509_AUX(bio, NULL, no_password, NULL) : NULL;

	BIO_free(bio);
	ERR_clear_error();
	return cert;
}

static EVP_PKEY *pem_key(const char *pem)
{
	BIO *bio = BIO_new_mem_buf(pem, -1);
	EVP_PKEY *key = bio != NULL ? PEM_read_bio_PrivateKey(bio, NULL, no_password, NULL) : NULL;

	BIO_free(bio);
	ERR_clear_error();
	return key;
}

static int check_ca(const struct tt_tls *tls, struct tt_err *err)
{
	X509 *ca = tls->ca_pem != NULL ? pem_first_cert(tls->ca_pem) : NULL;

	if (tls->ca_pem != NULL && ca == NULL)
		return tt_fail(err, TT_EINVAL, "the CA holds no certificate in PEM form");
	X509_free(ca);
	return 0;
}

static int check_pair(const struct tt_tls *tls, struct tt_err *err)
{
	bool has_cert = tls->cert_pem != NULL || tls->cert_file != NULL;
	bool has_key = tls->key_pem != NULL || tls->key_file != NULL;
	X509 *cert = tls->cert_pem != NULL ? pem_first_cert(tls->cert_pem) : NULL;
	EVP_PKEY *key = tls->key_pem != NULL ? pem_key(tls->key_pem) : NULL;
	int rc = 0;

	if (has_cert != has_key)
		rc = tt_fail(err, TT_EINVAL, "a client %s without a %s",
			has_cert ? "certificate" : "key", has_cert ? "key" : "certificate");
	else if (tls->cert_pem != NULL && cert == NULL)
		rc = tt_fail(err, TT_EINVAL, "the client certificate is not in PEM form");
	else if (tls->key_pem != NULL && key == NULL)
		rc = tt_fail(err, TT_EINVAL,
			"the client key is not in PEM form, or is encrypted with a password");
	else if (cert != NULL && key != NULL && X509_check_private_key(cert, key) != 1)
		rc = tt_fail(err, TT_EINVAL, "the client key does not belong to the certificate");
	ERR_clear_error();
	X509_free(cert);
	EVP_PKEY_free(key);
	return rc;
}

/* The members of a struct tt_tls that are texts, so that copy and release agree. */
static const char **tls_text(struct tt_tls *tls, size_t i)
{
	const char **texts[] = {&tls->ca_pem, &tls->ca_file, &tls->cert_pem, &tls->cert_file,
		&tls->key_pem, &tls->key_file, &tls->server_name};

	return i < sizeof(texts) / sizeof(texts[0]) ? texts[i] : NULL;
}

int tt_tls_copy(struct tt_tls_copy *to, const struct tt_tls *from, struct tt_err *err)
{
	struct tt_tls_copy made = {.tls = *from};
	int rc = check_ca(from, err);

	if (rc == 0)
		rc = check_pair(from, err);
	if (rc < 0)
		return rc;
	for (size_t i = 0; tls_text(&made.tls, i) != NULL; i++)
		*tls_text(&made.tls, i) = tt_strdup(*tls_text(&made.tls, i));
	tt_tls_release(to);
	*to = made;
	return 0;
}

/* Frees a text that may have been a secret. */
static void forget_text(const char *text)
{
	char *own = (char *)(uintptr_t)text;

	if (own != NULL)
		explicit_bzero(own, strlen(own));
	tt_free(own);
}

void tt_tls_release(struct tt_tls_copy *copy)
{
	for (size_t i = 0; tls_text(&copy->tls, i) != NULL; i++) {
		forget_text(*tls_text(&copy->tls, i));
		*tls_text(&copy->tls, i) = NULL;
	}
}

/* Events come as one small TLS record each; reading ahead takes many of them with one recv(2). The
 * buffer stays at its default of one full record: OpenSSL moves what is left in it for nearly
 * every record, and with 64 KiB that cost more than it saved. Measured with 500-byte events in
 * records of their own: 1.7 us each, with 64 KiB 2.2, without reading ahead 3.2. */
static CURLcode tune_context(CURL *easy, void *ssl_ctx, void *arg)
{
	SSL_CTX_set_read_ahead((SSL_CTX *)ssl_ctx, 1);
	return CURLE_OK;
}

static void set_pem(CURL *easy, CURLoption blob_option, CURLoption file_option, const char *pem,
	const char *file)
{
	struct curl_blob blob = {.flags = CURL_BLOB_NOCOPY};

	if (pem != NULL) {
		blob.data = (void *)(uintptr_t)pem;
		blob.len = strlen(pem);
		(void)curl_easy_setopt(easy, blob_option, &blob);
	} else if (file != NULL) {
		(void)curl_easy_setopt(easy, file_option, file);
	}
}

void tt_tls_apply(const struct tt_tls_copy *copy, CURL *easy)
{
	const struct tt_tls *tls = &copy->tls;
	long verify = tls->insecure_skip_verify ? 0L : 1L;

	(void)curl_easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	(void)curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, verify);
	(void)curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, verify * 2);
	(void)curl_easy_setopt(easy, CURLOPT_SSL_CTX_FUNCTION, tune_context);
	if (tls->ca_pem != NULL || tls->ca_file != NULL) {
		/* Only the given CA: libcurl would otherwise look into the system's directory too.
		 */
		(void)curl_easy_setopt(easy, CURLOPT_CAPATH, NULL);
		(void)curl_easy_setopt(easy, CURLOPT_PROXY_CAPATH, NULL);
		set_pem(easy, CURLOPT_CAINFO_BLOB, CURLOPT_CAINFO, tls->ca_pem, tls->ca_file);
		set_pem(easy, CURLOPT_PROXY_CAINFO_BLOB, CURLOPT_PROXY_CAINFO, tls->ca_pem,
			tls->ca_file);
	}
	set_pem(easy, CURLOPT_SSLCERT_BLOB, CURLOPT_SSLCERT, tls->cert_pem, tls->cert_file);
	set_pem(easy, CURLOPT_SSLKEY_BLOB, CURLOPT_SSLKEY, tls->key_pem, tls->key_file);
	/* An encrypted key fails instead of asking on the terminal. */
	(void)curl_easy_setopt(easy, CURLOPT_KEYPASSWD, "");
}

bool tt_tls_unread(CURL *easy)
{
	struct curl_tlssessioninfo *info = NULL;
	SSL *ssl;

	if (curl_easy_getinfo(easy, CURLINFO_TLS_SSL_PTR, &info) != CURLE_OK || info == NULL)
		return false;
	ssl = info->backend == CURLSSLBACKEND_OPENSSL ? info->internals : NULL;
	/* SSL_want() is SSL_READING once a read has found neither record nor bytes. */
	return ssl != NULL && SSL_is_init_finished(ssl) && SSL_want(ssl) != SSL_READING;
}

static int explain_certificate(
	const struct tt_tls_copy *copy, CURL *easy, const char *host, struct tt_err *err)
{
	const struct tt_tls *tls = &copy->tls;
	const char *colon = strrchr(host, ':');
	struct tt_str name = tt_str_from(host);
	long verified = 0;

	(void)curl_easy_getinfo(easy, CURLINFO_SSL_VERIFYRESULT, &verified);
	if (colon != NULL)
		name.len = (size_t)(colon - host);
	if (tls->server_name != NULL)
		name = tt_str_from(tls->server_name);
	switch (verified) {
	case X509_V_OK:
	case X509_V_ERR_UNSPECIFIED: /* libcurl has compared the name before it looked */
		return tt_fail(err, TT_EIO, "the certificate of %s is not valid for the name %.*s",
			host, TT_STR_ARG(name));
	case X509_V_ERR_CERT_HAS_EXPIRED:
		return tt_fail(err, TT_EIO, "the certificate of %s has expired", host);
	case X509_V_ERR_CERT_NOT_YET_VALID:
		return tt_fail(err, TT_EIO, "the certificate of %s is not valid yet", host);
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
	case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
	case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
	case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
	case X509_V_ERR_CERT_SIGNATURE_FAILURE:
	case X509_V_ERR_INVALID_CA:
		return tt_fail(err, TT_EIO, "the certificate of %s is not signed by %s", host,
			tls->ca_pem != NULL || tls->ca_file != NULL
				? "the given CA"
				: "a CA that this system trusts");
	default:
		return tt_fail(err, TT_EIO, "the certificate of %s is not accepted: %s", host,
			X509_verify_cert_error_string(verified));
	}
}

/* The alerts that a server sends when it does not like the client's certificate. */
static bool is_client_refused(const char *detail)
{
	static const char *const alerts[] = {"alert bad certificate", "alert unknown ca",
		"alert certificate required", "alert certificate expired",
		"alert certificate unknown", "alert access denied", "alert unsupported certificate",
		"bad certificate, errno", "certificate required, errno"};

	for (size_t i = 0; i < sizeof(alerts) / sizeof(alerts[0]); i++) {
		if (strcasestr(detail, alerts[i]) != NULL)
			return true;
	}
	return false;
}

int tt_tls_explain(const struct tt_tls_copy *copy, CURL *easy, CURLcode result, const char *host,
	const char *detail, struct tt_err *err)
{
	const struct tt_tls *tls = &copy->tls;

	if (is_client_refused(detail))
		return tt_fail(err, TT_EIO, "%s refused the client certificate: %s", host, detail);
	switch (result) {
	case CURLE_PEER_FAILED_VERIFICATION: return explain_certificate(copy, easy, host, err);
	case CURLE_SSL_CACERT_BADFILE:
		return tt_fail(err, TT_EIO, "cannot read CA certificates from %s",
			tls->ca_file != NULL ? tls->ca_file : "the given text");
	case CURLE_SSL_CERTPROBLEM:
		return tt_fail(err, TT_EIO, "cannot use the client certificate%s%s or its key: %s",
			tls->cert_file != NULL ? " " : "",
			tls->cert_file != NULL ? tls->cert_file : "", detail);
	case CURLE_SSL_CONNECT_ERROR:
		if (strstr(detail, "wrong version number") != NULL ||
			strstr(detail, "packet length too long") != NULL)
			return tt_fail(
				err, TT_EIO, "%s does not speak TLS (is it plain http?)", host);
		return tt_fail(err, TT_EIO, "no TLS connection with %s: %s", host, detail);
	case CURLE_SSL_CIPHER:
	case CURLE_SSL_ENGINE_NOTFOUND:
	case CURLE_SSL_ENGINE_SETFAILED:
	case CURLE_SSL_ISSUER_ERROR:
	case CURLE_SSL_INVALIDCERTSTATUS:
	case CURLE_SSL_CLIENTCERT:
		return tt_fail(err, TT_EIO, "no TLS connection with %s: %s", host, detail);
	default: return 0;
	}
}
