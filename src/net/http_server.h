/* SPDX-License-Identifier: Apache-2.0 */
/* http_server.h - an HTTP/1.1 server over libmicrohttpd with one thread per connection, so that
 * a handler may block.
 *
 * The handler is called once per request, when its body is there or known to be too large, and must
 * answer exactly once. Limits: connections, in all and of one peer (beyond that 429 and close),
 * header bytes, URL bytes, body bytes, time to receive a request, and the memory of all requests
 * together. Who is answered before all that he sends was read has the rest dropped for a while,
 * since closing at once could cost him the answer. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

struct tt_arena;
struct tt_http_call;
struct tt_http_server;
struct tt_log;

typedef void tt_http_handler_fn(void *arg, struct tt_http_call *call);

/* Called instead of the handler, and as that must answer, for a request that the server itself
 * refuses with `status`: 400, 414, 429, 431 or 503, because of `why`, a sentence. Path and query of
 * the request may be missing. */
typedef void tt_http_refuse_fn(void *arg, struct tt_http_call *call, int status, const char *why);

/* PEM texts, read by the server once: its certificate (with the chain behind it) and key, and the
 * CAs of client certificates, which are then asked for but not demanded. */
struct tt_http_server_tls {
	const char *cert_pem, *key_pem;
	const char *client_ca_pem; /* NULL: no client certificate is asked for */
};

struct tt_http_server_options {
	const char *listen; /* ADDR:PORT, [ADDR6]:PORT; port 0: the kernel chooses */
	const struct tt_http_server_tls *tls; /* TLS 1.2 or newer and nothing else; NULL: plain */
	tt_http_handler_fn *handler;
	tt_http_refuse_fn *refuse; /* NULL: such a request gets the sentence as text */
	void *arg;
	unsigned max_connections;   /* 0: 1,024 */
	unsigned max_per_peer;      /* of them from one address, or one /64 of IPv6; 0: all */
	size_t max_body_bytes;      /* 0: 3 MiB */
	size_t max_live_bytes;      /* of all bodies, and what handlers reserve; 0: 256 MiB */
	int64_t request_timeout_ns; /* idle connections and slow requests; 0: 30 s */
	int64_t stall_timeout_ns;   /* of a stream that the peer does not read; 0: none */
	const struct tt_log *log;
};

/* Listens and starts the threads; `options` need not outlive the call, what `arg` and `log` point
 * to must outlive the server. TT_EBUSY: the port is taken. TT_EINVAL: a certificate or key that
 * cannot be used. */
int tt_http_server_start(struct tt_http_server **ret, const struct tt_http_server_options *options,
	struct tt_err *err);

/* Replaces certificate, key and CAs of a server that speaks TLS: for the connections to come, and,
 * of the CAs, for the next look at a client certificate. Whether one is asked for stays as it was
 * at the start. TT_EINVAL: they cannot be used, and the old ones stay. Any thread. */
int tt_http_server_set_tls(
	struct tt_http_server *server, const struct tt_http_server_tls *tls, struct tt_err *err);

/* When its certificate expires; false if it does not speak TLS. */
bool tt_http_server_not_after(struct tt_http_server *server, int64_t *ret_us);

/* The address it listens on, with the real port: "127.0.0.1:7447". */
const char *tt_http_server_address(const struct tt_http_server *server);

/* Stops accepting, tells streams to end (tt_http_is_stopping()), and waits up to `timeout_ns` for
 * them; after half of that the connections are cut. False if some calls are still being answered,
 * in which case the memory is left alone and this may be called again. NULL is allowed. */
bool tt_http_server_stop(struct tt_http_server *server, int64_t timeout_ns);

/* Of the request. Texts are borrowed until the handler, or the stream, has ended. */
struct tt_str tt_http_method(const struct tt_http_call *call);
struct tt_str tt_http_path(const struct tt_http_call *call); /* decoded, without the query */
struct tt_str tt_http_request_header(const struct tt_http_call *call, const char *name);
/* Whether it has a header whose name begins with `prefix`, in upper or lower case. */
bool tt_http_request_has(const struct tt_http_call *call, const char *prefix);
/* The value of a query parameter, decoded; false if absent. The first one counts. */
bool tt_http_query(const struct tt_http_call *call, const char *name, struct tt_str *ret);
/* The n-th query parameter; false beyond the last. For those that may be repeated, and for refusing
 * unknown ones. */
bool tt_http_query_nth(const struct tt_http_call *call, size_t n, struct tt_str *ret_name,
	struct tt_str *ret_value);
/* TT_EFULL: the body is over the limit: answer with 413. TT_EAGAIN: all requests together take too
 * much memory now: answer with 429. Then nothing of it is there. */
int tt_http_body(const struct tt_http_call *call, struct tt_str *ret);
/* Memory that lives as long as the call. */
struct tt_arena *tt_http_arena(struct tt_http_call *call);
/* Whether the server is being stopped or the peer has hung up. */
bool tt_http_is_stopping(const struct tt_http_call *call);
/* Waits for `timeout_ms`, or until the peer hangs up; for a stream that lets things gather. That
 * the server is being stopped is not noticed meanwhile, so it is for fractions of a second. */
void tt_http_rest(const struct tt_http_call *call, int timeout_ms);

/* Whether the connection is encrypted. */
bool tt_http_is_tls(const struct tt_http_call *call);

/* The subject of a client certificate, as Kubernetes reads it: the user and his groups. */
struct tt_client_cert {
	struct tt_str common_name;
	const struct tt_str *organizations;
	size_t n;
};

/* The client certificate of the connection, verified now (it may have expired since the connection
 * began) against the CAs and for the purpose of TLS clients. 1 with `*ret`, whose texts live in
 * `arena`; 0 if none was shown; TT_EDENIED if it is not to be trusted, and why. */
int tt_http_client_cert(const struct tt_http_call *call, struct tt_client_cert *ret,
	struct tt_arena *arena, struct tt_err *err);

/* Counts `bytes` of memory that this call takes, until it ends or gives them back. False if all
 * calls together take too much now: answer 429, or do with less. One that is alone gets all it
 * asks for. */
bool tt_http_reserve(struct tt_http_call *call, size_t bytes);
void tt_http_unreserve(struct tt_http_call *call, size_t bytes);

/* Whether half of that memory is taken, so that who can do with less should. */
bool tt_http_is_crowded(const struct tt_http_call *call);

/* Adds a header to the answer that follows. All of them must be far below the 48 KiB that a
 * connection has for the heads of a request and its answer, or there is no answer. */
void tt_http_add_header(struct tt_http_call *call, const char *name, const char *value);

/* The bytes of the headers that were added. */
size_t tt_http_header_bytes(const struct tt_http_call *call);

/* Answers with a whole body (copied). HEAD gets no body. */
void tt_http_reply(
	struct tt_http_call *call, int status, const char *content_type, struct tt_str body);

/* The same with a body whose memory it takes over. */
void tt_http_reply_take(
	struct tt_http_call *call, int status, const char *content_type, struct tt_buf *body);

/* Answers with a stream: `next(arg, call, out)` is called again and again, may block, and appends
 * what is to be sent next to the empty `out`; it returns 1 to go on (nothing appended is allowed
 * now and then), 0 at the end, negative to break the connection off. `done(arg)` is called once
 * afterwards, whatever happened. The stream is flushed after each call. */
typedef int tt_http_next_fn(void *arg, struct tt_http_call *call, struct tt_buf *out);
void tt_http_reply_stream(struct tt_http_call *call, int status, const char *content_type,
	tt_http_next_fn *next, void (*done)(void *arg), void *arg);

/* The stream that is answered with next will mostly wait: there may be thousands like it, and each
 * gets a small buffer. */
void tt_http_expect_waiting(struct tt_http_call *call);
