/* SPDX-License-Identifier: Apache-2.0 */
/* http_server_tls.h - the TLS part of the HTTP server: a copy of the certificate and key that is
 * checked before anything listens. Private to net/. */
#pragma once

#include <microhttpd.h>
#include <stdbool.h>

#include "base/err.h"
#include "net/http_server.h"

/* PEM texts of the server's own; `cert` is NULL if it does not speak TLS. */
struct tt_http_server_pems {
	char *cert, *key, *client_ca;
};

/* Copies `from` (NULL: no TLS), after it was seen that certificate and key can be read and belong
 * together, and that `client_ca_pem` holds certificates. TT_EINVAL with which of them is wrong. */
int tt_http_server_pems_copy(
	struct tt_http_server_pems *to, const struct tt_http_server_tls *from, struct tt_err *err);
/* Frees the copies, the key after it was overwritten. */
void tt_http_server_pems_release(struct tt_http_server_pems *pems);

/* Writes the options that libmicrohttpd needs for them to `to`, ended by MHD_OPTION_END; there is
 * room for five. */
void tt_http_server_tls_options(
	const struct tt_http_server_pems *pems, struct MHD_OptionItem to[5]);
