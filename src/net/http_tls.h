/* SPDX-License-Identifier: Apache-2.0 */
/* http_tls.h - the TLS part of the HTTP client: keeping the options, giving them to libcurl, and
 * putting what goes wrong into sentences. Private to net/. */
#pragma once

#include <curl/curl.h>
#include <stdbool.h>

#include "base/err.h"
#include "net/http_client.h"

/* A copy of a struct tt_tls that owns its texts. All zero is an empty one. */
struct tt_tls_copy {
	struct tt_tls tls;
};

/* Copies `from` after checking that its PEM texts can be read and belong together. On failure
 * `to` is left as it was; on success its former texts are freed. */
int tt_tls_copy(struct tt_tls_copy *to, const struct tt_tls *from, struct tt_err *err);
void tt_tls_release(struct tt_tls_copy *copy);

/* Sets everything about TLS on `easy`, for the server and for an https proxy. PEM texts are
 * borrowed: the copy outlives the transfer. */
void tt_tls_apply(const struct tt_tls_copy *copy, CURL *easy);

/* Whether a read of the TLS connection of `easy` may give more without waiting for the socket:
 * records that OpenSSL has read ahead are not seen by poll(2). */
bool tt_tls_unread(CURL *easy);

/* Puts a TLS failure of `easy` with `result` into a sentence about `host` and returns TT_EIO, or
 * returns 0 if `result` is about something else. `detail` is libcurl's own text. */
int tt_tls_explain(const struct tt_tls_copy *copy, CURL *easy, CURLcode result, const char *host,
	const char *detail, struct tt_err *err);
