/* SPDX-License-Identifier: Apache-2.0 */
/* http_exchange.h - the inside of an HTTP client and of its one exchange. Private to net/.
 *
 * http_client.c runs them, http_request.c tells libcurl what to do, http_explain.c puts what went
 * wrong into sentences. */
#pragma once

#include <curl/curl.h>
#include <stdbool.h>

#include "base/arena.h"
#include "net/http_client.h"
#include "net/http_loop.h"
#include "net/http_tls.h"

enum {
	TT_HTTP_FULL_BYTES = 192 * 1024, /* no more of a body is taken before this is read */
	TT_HTTP_BODY_BYTES = 256 * 1024, /* with what libcurl gives at once when it is unpaused */
};

struct tt_http_exchange {
	struct tt_http_client *client;
	bool open;
	struct tt_arena arena; /* of the head */
	struct {
		struct tt_http_header *items;
		size_t n, cap;
	} headers;
	size_t head_bytes;
	int status;
	bool head_done, done;
	CURLcode result;    /* when done */
	struct tt_buf body; /* received and not yet forgotten */
	bool handed_out;    /* `body` is what the reader holds */
	bool paused;        /* libcurl keeps what came after `body` was full */
	struct curl_slist *send_headers, *connect_to;
	char curl_error[CURL_ERROR_SIZE];
};

struct tt_http_client {
	unsigned magic;
	struct tt_http_loop loop;
	CURL *easy;
	struct tt_tls_copy tls;
	char *proxy_url, *user_agent, *unix_socket;
	long connect_timeout_ms;
	bool no_compression;
	struct tt_http_exchange exchange; /* the one that may be open */
};

/* Forgets what was read of a head. */
void tt_http_begin_head(struct tt_http_exchange *x);

/* Sets all options of the client's handle for `request`. */
int tt_http_prepare(
	struct tt_http_exchange *x, const struct tt_http_request *request, struct tt_err *err);

/* "HOST:PORT" of the running exchange, for sentences; path and query stay out. Borrowed until
 * the end of the exchange. */
const char *tt_http_peer_name(struct tt_http_exchange *x);

/* The failure of a finished transfer as a sentence; returns its code. */
int tt_http_explain(struct tt_http_exchange *x, struct tt_err *err);

/* Scheme, host and port of `url`: `*ret` is freed with curl_url_cleanup(), the texts with
 * curl_free(). The port is that of the scheme if the URL has none. */
int tt_http_split_url(
	const char *url, CURLU **ret, char **ret_host, char **ret_port, struct tt_err *err);
