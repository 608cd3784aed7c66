/* SPDX-License-Identifier: Apache-2.0 */
/* internal.h - what the files of client.h share: the client itself, one request, and reading an
 * answer that is no success. Only for src/kube. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "kube/auth.h"
#include "kube/client.h"

struct tt_http_client;
struct tt_http_exchange;

enum { TT_KUBE_CLIENT_MAGIC = 0x6b756265 };

struct tt_kube_client {
	uint32_t magic;
	struct tt_kube_client_options options;
	struct tt_kube_auth auth;
	struct tt_http_client *http;
	int wake_fd;             /* an eventfd, readable while woken */
	struct tt_arena scratch; /* of the request under way */
	bool watching;           /* a watch is open: nothing else can be asked */
	bool tls_stale;          /* the TLS options have changed and are not in use yet */
};

/* One GET, or the POST of a JSON body. */
struct tt_kube_request {
	const char *path; /* with its query; percent-encoded */
	bool watch;       /* a stream: frames wanted, and no compression */
	bool post;
	struct tt_str body; /* of a POST */
	int64_t head_timeout_ns;
};

/* Sends a request with the present credentials and waits for the head of the answer. A success
 * (2xx) gives the exchange, which the caller closes, and its encoding in `reply`. Any other answer
 * is read into `reply`, and `*ret` is NULL. Texts of `reply` go into `arena`. */
int tt_kube_open(struct tt_kube_client *client, const struct tt_kube_request *request,
	struct tt_arena *arena, struct tt_kube_reply *reply, struct tt_http_exchange **ret,
	struct tt_err *err);

/* Fills `reply->status` and `retry_after_seconds` from the body of an answer that is no success;
 * a body that is no Status becomes its message, clipped and printable. */
void tt_kube_reply_read(struct tt_kube_reply *reply, struct tt_str body, struct tt_str content_type,
	struct tt_arena *arena);

/* The encoding that a Content-Type names; false if it is neither JSON nor protobuf. */
bool tt_kube_encoding(struct tt_str content_type, enum tt_encoding *ret);

/* Appends "/api/v1/namespaces/NAMESPACE/events", or "/api/v1/events" for the empty namespace. */
void tt_kube_put_events_path(struct tt_buf *to, struct tt_str namespace);
