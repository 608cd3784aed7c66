/* SPDX-License-Identifier: Apache-2.0 */
#include "net/http_server_tls.h"

#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <stdatomic.h>
#include <string.h>

#include "base/arena.h"
#include "base/mem.h"
#include "net/certificate.h"
#include "net/http_call.h"

enum { MAX_ORGANIZATIONS = 64, MAX_NAME_BYTES = 1024 };

static const char priorities[] = "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2:%SERVER_PRECEDENCE";

static gnutls_datum_t datum(const char *text)
{
	return (gnutls_datum_t){(unsigned char *)(uintptr_t)text, (unsigned)strlen(text)};
}

static gnutls_session_t session_of(struct MHD_Connection *mhd)
{
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(
		mhd, MHD_CONNECTION_INFO_GNUTLS_SESSION);

	return info != NULL ? info->tls_session : NULL;
}

/* -- the server's own certificate -- */

struct tt_http_credential {
	atomic_uint refs;
	gnutls_certificate_credentials_t gnutls;
	int64_t not_after_us;
};

static int fill(
	struct tt_http_credential *to, const struct tt_http_server_tls *tls, struct tt_err *err)
{
	gnutls_datum_t cert = datum(tls->cert_pem), key = datum(tls->key_pem), ca;
	struct tt_certificate_info info;
	int rc = gnutls_certificate_set_x509_key_mem(to->gnutls, &cert, &key, GNUTLS_X509_FMT_PEM);

	if (rc == GNUTLS_E_CERTIFICATE_KEY_MISMATCH)
		return tt_fail(err, TT_EINVAL, "the key does not belong to the certificate");
	if (rc < 0)
		return tt_fail(err, TT_EINVAL, "the certificate or its key cannot be read: %s",
			gnutls_strerror(rc));
	rc = tt_certificate_info(tt_str_from(tls->cert_pem), &info, err);
	if (rc < 0)
		return rc;
	to->not_after_us = info.not_after_us;
	if (tls->client_ca_pem == NULL)
		return 0;
	ca = datum(tls->client_ca_pem);
	rc = gnutls_certificate_set_x509_trust_mem(to->gnutls, &ca, GNUTLS_X509_FMT_PEM);
	if (rc > 0)
		return 0;
	return tt_fail(err, TT_EINVAL, "the CA of client certificates cannot be read%s%s",
		rc < 0 ? ": " : "", rc < 0 ? gnutls_strerror(rc) : "");
}

int tt_http_credential_new(
	struct tt_http_credential **ret, const struct tt_http_server_tls *from, struct tt_err *err)
{
	struct tt_http_credential *credential = tt_calloc(1, sizeof(*credential));
	int rc;

	atomic_init(&credential->refs, 1);
	if (gnutls_certificate_allocate_credentials(&credential->gnutls) < 0)
		rc = tt_fail(err, TT_EIO, "cannot begin to speak TLS");
	else
		rc = fill(credential, from, err);
	if (rc < 0)
		tt_http_credential_unref(credential);
	else
		*ret = credential;
	return rc;
}

struct tt_http_credential *tt_http_credential_ref(struct tt_http_credential *credential)
{
	(void)atomic_fetch_add(&credential->refs, 1);
	return credential;
}

void tt_http_credential_unref(struct tt_http_credential *credential)
{
	if (credential == NULL || atomic_fetch_sub(&credential->refs, 1) > 1)
		return;
	if (credential->gnutls != NULL)
		gnutls_certificate_free_credentials(credential->gnutls);
	tt_free(credential);
}

int64_t tt_http_credential_not_after_us(const struct tt_http_credential *credential)
{
	return credential->not_after_us;
}

void tt_http_credential_use(struct tt_http_credential *credential, struct MHD_Connection *mhd)
{
	(void)gnutls_credentials_set(session_of(mhd), GNUTLS_CRD_CERTIFICATE, credential->gnutls);
}

static struct MHD_OptionItem option(enum MHD_OPTION name, const char *text)
{
	return (struct MHD_OptionItem){name, 0, (void *)(uintptr_t)text};
}

void tt_http_server_tls_options(const struct tt_http_server_tls *tls, struct MHD_OptionItem to[5])
{
	size_t n = 0;

	if (tls != NULL) {
		to[n++] = option(MHD_OPTION_HTTPS_MEM_CERT, tls->cert_pem);
		to[n++] = option(MHD_OPTION_HTTPS_MEM_KEY, tls->key_pem);
		to[n++] = option(MHD_OPTION_HTTPS_PRIORITIES, priorities);
		/* Makes it ask for a certificate, and demand none. */
		if (tls->client_ca_pem != NULL)
			to[n++] = option(MHD_OPTION_HTTPS_MEM_TRUST, tls->client_ca_pem);
	}
	to[n] = option(MHD_OPTION_END, NULL);
}

/* -- the client's certificate -- */

bool tt_http_is_tls(const struct tt_http_call *call)
{
	return session_of(call->mhd) != NULL;
}

/* The `index`-th value of `oid` in the subject; false if there is none. A text that is too long or
 * has a NUL inside is none: it could pass for another. */
static bool get_name(gnutls_x509_crt_t cert, const char *oid, unsigned index,
	struct tt_arena *arena, struct tt_str *ret)
{
	char text[MAX_NAME_BYTES];
	size_t n = sizeof(text);
	int rc = gnutls_x509_crt_get_dn_by_oid(cert, oid, (int)index, 0, text, &n);

	if (rc == GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE)
		return false;
	*ret = (struct tt_str){0};
	if (rc == 0 && n < sizeof(text) && memchr(text, '\0', n) == NULL)
		*ret = tt_str_dup(arena, (struct tt_str){text, n});
	return true;
}

static void read_names(gnutls_x509_crt_t cert, struct tt_arena *arena, struct tt_client_cert *ret)
{
	struct tt_str *organizations = tt_arena_new(arena, struct tt_str, MAX_ORGANIZATIONS);
	struct tt_str name;

	/* Of several the last counts, as in Go. */
	for (unsigned i = 0; get_name(cert, GNUTLS_OID_X520_COMMON_NAME, i, arena, &name); i++)
		ret->common_name = name;
	for (unsigned i = 0; ret->n < MAX_ORGANIZATIONS &&
			     get_name(cert, GNUTLS_OID_X520_ORGANIZATION_NAME, i, arena, &name);
		i++)
		if (name.len > 0)
			organizations[ret->n++] = name;
	ret->organizations = organizations;
}

static int fail_verify(unsigned status, struct tt_err *err)
{
	gnutls_datum_t why = {0};

	if (gnutls_certificate_verification_status_print(status, GNUTLS_CRT_X509, &why, 0) < 0)
		return tt_fail(err, TT_EDENIED, "the client certificate is not valid");
	(void)tt_fail(err, TT_EDENIED, "the client certificate is not valid: %.*s", (int)why.size,
		(const char *)why.data);
	gnutls_free(why.data);
	return TT_EDENIED;
}

static int verify(gnutls_session_t session, struct tt_err *err)
{
	gnutls_typed_vdata_st purpose = {.type = GNUTLS_DT_KEY_PURPOSE_OID,
		.data = (unsigned char *)(uintptr_t)GNUTLS_KP_TLS_WWW_CLIENT};
	unsigned status = 0;
	int rc = gnutls_certificate_verify_peers(session, &purpose, 1, &status);

	if (rc < 0)
		return tt_fail(err, TT_EDENIED, "the client certificate cannot be verified: %s",
			gnutls_strerror(rc));
	return status == 0 ? 0 : fail_verify(status, err);
}

int tt_http_client_cert(const struct tt_http_call *call, struct tt_client_cert *ret,
	struct tt_arena *arena, struct tt_err *err)
{
	gnutls_session_t session = session_of(call->mhd);
	const gnutls_datum_t *chain = NULL;
	gnutls_x509_crt_t cert = NULL;
	unsigned n = 0;
	int rc;

	*ret = (struct tt_client_cert){0};
	if (session != NULL && gnutls_certificate_type_get(session) == GNUTLS_CRT_X509)
		chain = gnutls_certificate_get_peers(session, &n);
	if (chain == NULL || n == 0)
		return 0;
	tt_http_conn_renew(call->conn, call->mhd);
	rc = verify(session, err);
	if (rc < 0)
		return rc;
	rc = gnutls_x509_crt_init(&cert);
	if (rc == 0)
		rc = gnutls_x509_crt_import(cert, &chain[0], GNUTLS_X509_FMT_DER);
	if (rc == 0)
		read_names(cert, arena, ret);
	gnutls_x509_crt_deinit(cert);
	if (rc < 0)
		return tt_fail(err, TT_EDENIED, "the client certificate cannot be read: %s",
			gnutls_strerror(rc));
	return 1;
}
