/* SPDX-License-Identifier: Apache-2.0 */
/* certificate.h - a server certificate of our own, for those who were given none, and the
 * fingerprint by which a person recognises one. Thread-safe. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

struct tt_certificate_names {
	const char *common_name;
	const char *const *dns; /* names of the host */
	size_t n_dns;
	const char *const *addresses; /* IPv4 and IPv6, as text */
	size_t n_addresses;
	int64_t now_us; /* valid from an hour before to ten years after this */
};

/* Makes an ECDSA key on P-256 and a certificate for TLS servers that it signs itself. The
 * certificate is its own CA, so that it can be given to clients as the one they trust. TT_EINVAL:
 * an address that is none. */
int tt_certificate_make(struct tt_buf *cert_pem, struct tt_buf *key_pem,
	const struct tt_certificate_names *names, struct tt_err *err);

/* What a certificate says about itself, for the log and for warnings. */
struct tt_certificate_info {
	char fingerprint[3 *
			 32]; /* SHA-256 of the DER form: "AB:CD:...", as openssl x509 prints it */
	int64_t not_after_us;
};

/* Reads the first certificate of a PEM text. TT_EINVAL if there is none. */
int tt_certificate_info(
	struct tt_str cert_pem, struct tt_certificate_info *ret, struct tt_err *err);
