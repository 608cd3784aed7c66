/* SPDX-License-Identifier: Apache-2.0 */
#include "net/certificate.h"

#include <arpa/inet.h>
#include <gnutls/crypto.h>
#include <gnutls/x509.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"

enum { HOUR_S = 3600, TEN_YEARS_S = 10 * 365 * 24 * HOUR_S, SERIAL_BYTES = 16 };

static int add_address(gnutls_x509_crt_t cert, const char *text)
{
	unsigned char bytes[sizeof(struct in6_addr)];
	unsigned n = 0;

	if (inet_pton(AF_INET, text, bytes) == 1)
		n = sizeof(struct in_addr);
	else if (inet_pton(AF_INET6, text, bytes) == 1)
		n = sizeof(struct in6_addr);
	if (n == 0)
		return GNUTLS_E_INVALID_REQUEST;
	return gnutls_x509_crt_set_subject_alt_name(
		cert, GNUTLS_SAN_IPADDRESS, bytes, n, GNUTLS_FSAN_APPEND);
}

static int add_names(gnutls_x509_crt_t cert, const struct tt_certificate_names *names)
{
	const char *cn = names->common_name;
	int rc = gnutls_x509_crt_set_dn_by_oid(
		cert, GNUTLS_OID_X520_COMMON_NAME, 0, cn, (unsigned)strlen(cn));

	for (size_t i = 0; rc == 0 && i < names->n_dns; i++)
		rc = gnutls_x509_crt_set_subject_alt_name(cert, GNUTLS_SAN_DNSNAME, names->dns[i],
			(unsigned)strlen(names->dns[i]), GNUTLS_FSAN_APPEND);
	for (size_t i = 0; rc == 0 && i < names->n_addresses; i++)
		rc = add_address(cert, names->addresses[i]);
	return rc;
}

/* The positive number that a certificate is told from others by. */
static int set_serial(gnutls_x509_crt_t cert)
{
	unsigned char serial[SERIAL_BYTES];
	int rc = gnutls_rnd(GNUTLS_RND_NONCE, serial, sizeof(serial));

	serial[0] = (unsigned char)((serial[0] & 0x7f) | 0x40);
	return rc < 0 ? rc : gnutls_x509_crt_set_serial(cert, serial, sizeof(serial));
}

static int fill(
	gnutls_x509_crt_t cert, gnutls_x509_privkey_t key, const struct tt_certificate_names *names)
{
	unsigned usage = GNUTLS_KEY_DIGITAL_SIGNATURE | GNUTLS_KEY_KEY_CERT_SIGN;
	time_t now = (time_t)(names->now_us / TT_US_PER_S);
	int rc = gnutls_x509_crt_set_version(cert, 3);

	if (rc == 0)
		rc = set_serial(cert);
	if (rc == 0)
		rc = gnutls_x509_crt_set_activation_time(cert, now - HOUR_S);
	if (rc == 0)
		rc = gnutls_x509_crt_set_expiration_time(cert, now + TEN_YEARS_S);
	if (rc == 0)
		rc = gnutls_x509_crt_set_basic_constraints(cert, 1, 0);
	if (rc == 0)
		rc = gnutls_x509_crt_set_key_usage(cert, usage);
	if (rc == 0)
		rc = gnutls_x509_crt_set_key_purpose_oid(cert, GNUTLS_KP_TLS_WWW_SERVER, 0);
	if (rc == 0)
		rc = add_names(cert, names);
	if (rc == 0)
		rc = gnutls_x509_crt_set_key(cert, key);
	if (rc == 0)
		rc = gnutls_x509_crt_sign2(cert, cert, key, GNUTLS_DIG_SHA256, 0);
	return rc;
}

static void take_pem(struct tt_buf *to, gnutls_datum_t *pem)
{
	tt_buf_add(to, pem->data, pem->size);
	gnutls_memset(pem->data, 0, pem->size);
	gnutls_free(pem->data);
}

int tt_certificate_make(struct tt_buf *cert_pem, struct tt_buf *key_pem,
	const struct tt_certificate_names *names, struct tt_err *err)
{
	gnutls_x509_privkey_t key = NULL;
	gnutls_x509_crt_t cert = NULL;
	gnutls_datum_t pem = {0};
	int rc = gnutls_x509_privkey_init(&key);

	if (rc == 0)
		rc = gnutls_x509_crt_init(&cert);
	if (rc == 0)
		rc = gnutls_x509_privkey_generate(
			key, GNUTLS_PK_ECDSA, GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1), 0);
	if (rc == 0)
		rc = fill(cert, key, names);
	if (rc == 0)
		rc = gnutls_x509_crt_export2(cert, GNUTLS_X509_FMT_PEM, &pem);
	if (rc == 0) {
		take_pem(cert_pem, &pem);
		rc = gnutls_x509_privkey_export2_pkcs8(
			key, GNUTLS_X509_FMT_PEM, NULL, GNUTLS_PKCS_PLAIN, &pem);
	}
	if (rc == 0)
		take_pem(key_pem, &pem);
	gnutls_x509_crt_deinit(cert);
	gnutls_x509_privkey_deinit(key);
	if (rc == GNUTLS_E_INVALID_REQUEST)
		return tt_fail(err, TT_EINVAL, "cannot make a certificate for these names");
	if (rc < 0)
		return tt_fail(err, TT_EIO, "cannot make a certificate: %s", gnutls_strerror(rc));
	return 0;
}

static int describe(gnutls_x509_crt_t cert, struct tt_certificate_info *ret)
{
	unsigned char digest[32];
	size_t n = sizeof(digest);
	int rc = gnutls_x509_crt_get_fingerprint(cert, GNUTLS_DIG_SHA256, digest, &n);

	for (size_t i = 0; rc == 0 && i < n; i++)
		(void)snprintf(ret->fingerprint + 3 * i, 4 - (i + 1 == n), "%02X%s", digest[i],
			i + 1 < n ? ":" : "");
	ret->not_after_us = (int64_t)gnutls_x509_crt_get_expiration_time(cert) * TT_US_PER_S;
	return rc;
}

int tt_certificate_info(struct tt_str cert_pem, struct tt_certificate_info *ret, struct tt_err *err)
{
	gnutls_datum_t pem = {(unsigned char *)(uintptr_t)cert_pem.data, (unsigned)cert_pem.len};
	gnutls_x509_crt_t cert = NULL;
	int rc = gnutls_x509_crt_init(&cert);

	if (rc == 0)
		rc = gnutls_x509_crt_import(cert, &pem, GNUTLS_X509_FMT_PEM);
	if (rc == 0)
		rc = describe(cert, ret);
	gnutls_x509_crt_deinit(cert);
	return rc == 0 ? 0
		       : tt_fail(err, TT_EINVAL, "this is no certificate in PEM form: %s",
				 gnutls_strerror(rc));
}
