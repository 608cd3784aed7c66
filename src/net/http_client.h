/* SPDX-License-Identifier: Apache-2.0 */
/* http_client.h - blocking HTTP/1.1 requests over libcurl, with bodies that are read piece by
 * piece and can be interrupted from another thread.
 *
 * A client keeps its connections and belongs to one thread; only tt_http_client_wake() may be
 * called by others. At most one exchange is open at a time. Redirects are not followed. Nothing
 * about headers or bodies is logged: they hold secrets. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

struct tt_http_client;
struct tt_http_exchange;

/* How to speak TLS. PEM texts or file names, NULL where not wanted; copied by the client. */
struct tt_tls {
	const char *ca_pem, *ca_file;     /* NULL both: the system's roots */
	const char *cert_pem, *cert_file; /* client certificate */
	const char *key_pem, *key_file;
	const char *server_name; /* SNI and the name verified; NULL: the URL's host */
	bool insecure_skip_verify;
};

struct tt_http_client_options {
	struct tt_tls tls;
	const char *proxy_url;      /* http, https, socks5; NULL: from environ(7) */
	const char *user_agent;     /* NULL: telltale/VERSION */
	const char *unix_socket;    /* to connect to instead of the URL's host; or NULL */
	int64_t connect_timeout_ns; /* 0: 10 s */
	bool no_compression;        /* do not ask for gzip */
};

/* A client with copies of all `options`, which makes no connection yet. TT_EINVAL: PEM texts that
 * cannot be read or do not belong together, or a proxy of another kind. */
int tt_http_client_new(struct tt_http_client **ret, const struct tt_http_client_options *options,
	struct tt_err *err);

/* Closes its connections; no exchange may be open. NULL is allowed. */
void tt_http_client_free(struct tt_http_client *client);

/* Closes all idle connections, so that the next request makes a new one; with new TLS options if
 * `tls` is not NULL. */
int tt_http_client_reset(
	struct tt_http_client *client, const struct tt_tls *tls, struct tt_err *err);

/* Makes the present or next blocking call of this client return TT_ECANCELED within 100 ms, also
 * inside a DNS look-up. Stays in force until tt_http_client_rearm(). Any thread. */
void tt_http_client_wake(struct tt_http_client *client);
void tt_http_client_rearm(struct tt_http_client *client);

struct tt_http_header {
	struct tt_str name, value;
};

struct tt_http_request {
	const char *method; /* NULL: GET */
	const char *url;
	const struct tt_http_header *headers; /* an Accept-Encoding replaces our own */
	size_t n_headers;
	struct tt_str body; /* borrowed until tt_http_open() returns */
	bool has_body;
	int64_t head_timeout_ns; /* until the response head is there; 0: 30 s */
};

/* Sends `request` and waits for the head of the response. TT_EIO: could not connect, TLS refused
 * (the sentence says which certificate problem), or the connection broke. Whatever the HTTP
 * status is, this returns 0. */
int tt_http_open(struct tt_http_client *client, const struct tt_http_request *request,
	struct tt_http_exchange **ret, struct tt_err *err);

/* Of the response head: status code; a header by name without regard to case (empty if absent),
 * borrowed until close; seconds of a numeric Retry-After, or -1. */
int tt_http_status(const struct tt_http_exchange *x);
struct tt_str tt_http_header(const struct tt_http_exchange *x, const char *name);
/* The n-th header of that name, from 0, for those that may be repeated. */
struct tt_str tt_http_header_at(const struct tt_http_exchange *x, const char *name, size_t n);
int tt_http_retry_after(const struct tt_http_exchange *x);

/* The next piece of the body: 1 with `*ret_piece` (borrowed until the next call), 0 at its clean
 * end, TT_EAGAIN if nothing came for `timeout_ns`, TT_EIO if the connection broke off (also in the
 * middle of a chunk), TT_ECANCELED. At most 256 KiB are buffered: a slow reader slows the peer. */
int tt_http_read(struct tt_http_exchange *x, int64_t timeout_ns, struct tt_str *ret_piece,
	struct tt_err *err);

/* Reads the rest of the body, at most `max` bytes (more is TT_ELIMIT), into `to`. */
int tt_http_read_all(
	struct tt_http_exchange *x, int64_t timeout_ns, struct tt_buf *to, struct tt_err *err);

/* Ends the exchange; an unread rest is dropped with the connection. NULL is allowed. */
void tt_http_close(struct tt_http_exchange *x);
