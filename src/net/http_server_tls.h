/* SPDX-License-Identifier: Apache-2.0 */
/* http_server_tls.h - the TLS part of the HTTP server: what it shows and whom it trusts, checked
 * before anything listens, and exchanged for another without ending a connection. Private to net/.
 */
#pragma once

#include <microhttpd.h>
#include <stdbool.h>

#include "base/err.h"
#include "net/http_server.h"

/* Certificate, key and CAs of clients, as GnuTLS wants them; shared by the server and by the
 * connections that use them. Any thread. */
struct tt_http_credential;

/* Reads `from`. TT_EINVAL with what is wrong: certificate and key can be read and belong together,
 * and `client_ca_pem` holds certificates. */
int tt_http_credential_new(
	struct tt_http_credential **ret, const struct tt_http_server_tls *from, struct tt_err *err);
struct tt_http_credential *tt_http_credential_ref(struct tt_http_credential *credential);
/* NULL is allowed. */
void tt_http_credential_unref(struct tt_http_credential *credential);

/* When the certificate expires. */
int64_t tt_http_credential_not_after_us(const struct tt_http_credential *credential);

/* Has the connection shake hands with, and verify by, `credential` from now on, which must outlive
 * that. What shook hands before stays encrypted as it is. */
void tt_http_credential_use(struct tt_http_credential *credential, struct MHD_Connection *mhd);

/* Writes the options that libmicrohttpd needs for `tls` (NULL: none) to `to`, ended by
 * MHD_OPTION_END; there is room for five. The texts are read while it starts alone. */
void tt_http_server_tls_options(const struct tt_http_server_tls *tls, struct MHD_OptionItem to[5]);
