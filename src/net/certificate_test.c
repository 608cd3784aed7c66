/* SPDX-License-Identifier: Apache-2.0 */
#include "net/certificate.h"

#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <string.h>

#include "base/clock.h"
#include "net/secret.h"
#include "tap/tap.h"

enum { DAY_S = 24 * 3600 };

static X509 *read_cert(const struct tt_buf *pem)
{
	BIO *bio = BIO_new_mem_buf(pem->data, (int)pem->len);
	X509 *cert = PEM_read_bio_X509(bio, NULL, NULL, NULL);

	BIO_free(bio);
	return cert;
}

/* As OpenSSL reads it: another library than the one that made it. */
static void a_made_certificate_serves_its_names_for_ten_years(void)
{
	const char *const dns[] = {"history.example", "localhost"};
	const char *const addresses[] = {"127.0.0.1", "::1"};
	struct tt_certificate_names names = {.common_name = "telltaled",
		.dns = dns,
		.n_dns = 2,
		.addresses = addresses,
		.n_addresses = 2,
		.now_us = tt_clock_wall_us(&tt_clock_system)};
	time_t now = (time_t)(names.now_us / TT_US_PER_S);
	time_t soon = now + 3649L * DAY_S, late = now + 3651L * DAY_S, early = now - 2 * 3600;
	struct tt_buf cert_pem, key_pem;
	struct tt_err err = {0};
	X509 *cert;
	EVP_PKEY *key;
	BIO *bio;

	tt_buf_init(&cert_pem, 65536);
	tt_buf_init(&key_pem, 65536);
	tap_okf(tt_certificate_make(&cert_pem, &key_pem, &names, &err) == 0, "%s", err.msg);
	cert = read_cert(&cert_pem);
	tap_ok(cert != NULL);
	tap_int(X509_check_host(cert, "history.example", 0, 0, NULL), 1);
	tap_int(X509_check_host(cert, "localhost", 0, 0, NULL), 1);
	tap_int(X509_check_host(cert, "telltaled.example", 0, 0, NULL), 0);
	tap_int(X509_check_ip_asc(cert, "127.0.0.1", 0), 1);
	tap_int(X509_check_ip_asc(cert, "::1", 0), 1);
	tap_int(X509_check_ip_asc(cert, "127.0.0.2", 0), 0);
	tap_int(X509_check_purpose(cert, X509_PURPOSE_SSL_SERVER, 0), 1);
	tap_int(X509_check_purpose(cert, X509_PURPOSE_SSL_CLIENT, 0), 0);
	tap_ok(X509_cmp_time(X509_get0_notAfter(cert), &soon) > 0);
	tap_ok(X509_cmp_time(X509_get0_notAfter(cert), &late) < 0);
	tap_ok(X509_cmp_time(X509_get0_notBefore(cert), &now) < 0);
	tap_ok(X509_cmp_time(X509_get0_notBefore(cert), &early) > 0);
	bio = BIO_new_mem_buf(key_pem.data, (int)key_pem.len);
	key = PEM_read_bio_PrivateKey(bio, NULL, NULL, NULL);
	BIO_free(bio);
	tap_int(X509_check_private_key(cert, key), 1);
	tap_int(X509_verify(cert, key), 1);
	tap_int(EVP_PKEY_get_bits(key), 256);
	EVP_PKEY_free(key);
	X509_free(cert);
	tt_buf_release(&cert_pem);
	tt_buf_release(&key_pem);
}

static void two_certificates_differ(void)
{
	struct tt_certificate_names names = {
		.common_name = "x", .now_us = tt_clock_wall_us(&tt_clock_system)};
	struct tt_certificate_info info[2];
	struct tt_buf cert, key[2];

	for (int i = 0; i < 2; i++) {
		tt_buf_init(&cert, 65536);
		tt_buf_init(&key[i], 65536);
		tap_int(tt_certificate_make(&cert, &key[i], &names, NULL), 0);
		tap_int(tt_certificate_info(tt_buf_view(&cert), &info[i], NULL), 0);
		tt_buf_release(&cert);
	}
	tap_ok(strcmp(info[0].fingerprint, info[1].fingerprint) != 0);
	tap_ok(!tt_str_eq(tt_buf_view(&key[0]), tt_buf_view(&key[1])));
	tt_buf_release(&key[0]);
	tt_buf_release(&key[1]);
}

static void what_is_no_address_is_refused(void)
{
	const char *const addresses[] = {"not-an-address"};
	struct tt_certificate_names names = {
		.common_name = "x", .addresses = addresses, .n_addresses = 1};
	struct tt_buf cert, key;
	struct tt_err err = {0};

	tt_buf_init(&cert, 65536);
	tt_buf_init(&key, 65536);
	tap_int(tt_certificate_make(&cert, &key, &names, &err), TT_EINVAL);
	tap_int(cert.len, 0);
	tt_buf_release(&cert);
	tt_buf_release(&key);
}

static void a_fingerprint_is_the_one_that_openssl_prints(void)
{
	struct tt_certificate_names names = {
		.common_name = "x", .now_us = tt_clock_wall_us(&tt_clock_system)};
	unsigned char digest[32];
	char want[3 * 32 + 1] = "";
	struct tt_certificate_info info;
	struct tt_buf cert, key;
	X509 *x;

	tt_buf_init(&cert, 65536);
	tt_buf_init(&key, 65536);
	tap_int(tt_certificate_make(&cert, &key, &names, NULL), 0);
	tap_int(tt_certificate_info(tt_buf_view(&cert), &info, NULL), 0);
	x = read_cert(&cert);
	tap_int(X509_digest(x, EVP_sha256(), digest, NULL), 1);
	for (int i = 0; i < 32; i++)
		(void)snprintf(want + 3 * i, 4, "%02X:", digest[i]);
	want[sizeof(want) - 2] = '\0';
	tap_str(tt_str_from(info.fingerprint), want);
	tap_int(info.not_after_us / TT_US_PER_S, names.now_us / TT_US_PER_S + 3650LL * DAY_S);
	tap_int(tt_certificate_info(TT_STR("-----BEGIN nothing"), &info, NULL), TT_EINVAL);
	X509_free(x);
	tt_buf_release(&cert);
	tt_buf_release(&key);
}

static void a_digest_tells_where_texts_are_cut(void)
{
	const struct tt_str ab_c[] = {TT_STR("ab"), TT_STR("c")};
	const struct tt_str a_bc[] = {TT_STR("a"), TT_STR("bc")};
	uint8_t one[TT_SHA256_BYTES], two[TT_SHA256_BYTES];

	tt_secret_digest(ab_c, 2, one);
	tt_secret_digest(ab_c, 2, two);
	tap_ok(tt_secret_same(one, two, sizeof(one)));
	tt_secret_digest(a_bc, 2, two);
	tap_ok(!tt_secret_same(one, two, sizeof(one)));
}

int main(void)
{
	tap_test("a_made_certificate_serves_its_names_for_ten_years",
		a_made_certificate_serves_its_names_for_ten_years);
	tap_test("two_certificates_differ", two_certificates_differ);
	tap_test("what_is_no_address_is_refused", what_is_no_address_is_refused);
	tap_test("a_fingerprint_is_the_one_that_openssl_prints",
		a_fingerprint_is_the_one_that_openssl_prints);
	tap_test("a_digest_tells_where_texts_are_cut", a_digest_tells_where_texts_are_cut);
	return tap_done();
}
