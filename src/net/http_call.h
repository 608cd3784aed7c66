/* SPDX-License-Identifier: Apache-2.0 */
/* http_call.h - one request to the HTTP server and its answer. Private to net/.
 *
 * A call belongs to the thread of its connection. It is made when the request line is there and
 * freed when libmicrohttpd is through with the request, also after a failure. */
#pragma once

#include <microhttpd.h>
#include <netinet/in.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "base/arena.h"
#include "net/http_server.h"

enum {
	TT_HTTP_MAX_URL_BYTES = 8 * 1024,
	TT_HTTP_MAX_HEADER_BYTES = 16 * 1024,
	/* Of a body that nobody wants, read so that the peer gets to read the answer; more is cut.
	 */
	TT_HTTP_MAX_DROPPED_BYTES = 16 * 1024 * 1024,
};

/* A connection, as long as libmicrohttpd has it. */
struct tt_http_conn {
	struct tt_http_server *server;
	struct tt_http_conn *next, *prev;
	int fd;
	struct in6_addr peer;                  /* IPv4 as mapped into IPv6; of IPv6 the /64 */
	bool is_over;                          /* beyond the limit: answered with 429 and closed */
	struct tt_http_credential *credential; /* that its TLS uses; NULL: plain */
	/* When the server began to wait for the request, monotonic; 0 while it is answered. */
	_Atomic int64_t waiting_since_ns;
	/* Since when the peer has not taken a piece of a stream, monotonic; 0 if it has taken all.
	 */
	_Atomic int64_t unsent_since_ns;
};

/* Has the connection use the server's credential of now; in its own thread, or before that runs. */
void tt_http_conn_renew(struct tt_http_conn *conn, struct MHD_Connection *mhd);

/* The memory that all calls of a server take, as far as it is counted. */
struct tt_http_live {
	atomic_size_t bytes;
	size_t max_bytes;
};

struct tt_http_param {
	struct tt_str name, value;
};

struct tt_http_call {
	struct tt_http_conn *conn;
	struct MHD_Connection *mhd;
	const atomic_bool *stopping; /* of the server */
	struct tt_arena arena;
	struct tt_str uri; /* as it was sent */
	struct tt_str method, path;
	struct tt_http_param *params;
	size_t n_params;
	struct {
		struct tt_http_param *items;
		size_t n, cap;
	} headers; /* of the answer */
	size_t header_bytes;
	struct tt_buf body;
	size_t max_body_bytes;
	int body_rc;          /* why the body is dropped, else 0 */
	size_t dropped_bytes; /* of it */
	struct tt_http_live *live;
	size_t reserved; /* counted in `live` */
	bool is_begun;   /* the head was looked at */
	bool is_whole;   /* all of the request was read */
	bool is_counted; /* the handler was called */
	bool is_answered;
	bool waits;             /* a stream that mostly does: it gets a small buffer */
	enum MHD_Result queued; /* what libmicrohttpd said to the answer */
	tt_http_next_fn *next;  /* of a stream */
	void (*done)(void *arg);
	void *stream_arg;
	struct tt_buf out; /* of a stream: what is to be sent, from `out_at` on */
	size_t out_at;
	int last; /* what `next` returned last */
};

/* A call for the request target `uri`. */
struct tt_http_call *tt_http_call_new(struct tt_http_conn *conn, struct MHD_Connection *mhd,
	const char *uri, size_t max_body_bytes);

/* Tells the stream that it is over, and frees everything. */
void tt_http_call_free(struct tt_http_call *call);

/* Splits and decodes the request target, and holds the head to the limits and to what libmicrohttpd
 * lets pass. Returns 0, or the status to answer with and why. Of a body that is said to be too
 * large nothing is taken. */
int tt_http_call_begin(
	struct tt_http_call *call, const char *method, const char *version, const char **ret_why);

/* Takes a piece of the request body; false if the peer sends far too much. */
bool tt_http_call_take(struct tt_http_call *call, const char *data, size_t n);
