/* SPDX-License-Identifier: Apache-2.0 */
/* client.h - requests to one API server about events: get, list in pages or streamed, watch.
 *
 * A client belongs to one thread; only tt_kube_client_wake() may be called by others. It adds the
 * credentials (only over https), refreshes them (token files every 50 s, exec plugins at expiry
 * and once after a 401), and prefers protobuf. It never retries by itself: what an answer means
 * is decided by its caller; after a 401 the next request goes out with renewed credentials. While
 * a watch is open, nothing else may be asked of its client. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"
#include "event/codec.h"

struct tt_arena;
struct tt_clock;
struct tt_kube_client;
struct tt_kube_target;
struct tt_kube_watch;
struct tt_log;

struct tt_kube_client_options {
	const struct tt_kube_target *target; /* outlives the client */
	const struct tt_clock *clock;        /* NULL: the system's */
	const struct tt_log *log;            /* NULL: silent */
	bool json_only;          /* ask for JSON (for tests, and servers that misbehave) */
	size_t max_object_bytes; /* larger ones are refused; 0: 8 MiB */
	/* Of a get or a post: for the head of the answer, and between pieces of its body; 0: 30 and
	 * 60 s. */
	int64_t answer_timeout_ns;
};

/* A client of `options->target`, which makes no connection yet. TT_EINVAL if its certificates
 * cannot be used. Its watches are closed before it is freed. */
int tt_kube_client_new(struct tt_kube_client **ret, const struct tt_kube_client_options *options,
	struct tt_err *err);

/* Closes its connections. No other thread may be waking it. NULL is allowed. */
void tt_kube_client_free(struct tt_kube_client *client);

/* Makes blocking calls return TT_ECANCELED until rearmed (see tt_http_client_wake()). */
void tt_kube_client_wake(struct tt_kube_client *client);
void tt_kube_client_rearm(struct tt_kube_client *client);

/* What an API server answered, apart from the body of a success. */
struct tt_kube_reply {
	int http_status;           /* 0: no answer, see the error */
	int retry_after_seconds;   /* of the header or Status.details; -1 if absent */
	struct tt_status status;   /* of an error: decoded, or message = clipped text/plain body */
	enum tt_encoding encoding; /* of the body of a success */
};

/* Appends `text` percent-encoded for a path segment or a query value. */
void tt_kube_put_escaped(struct tt_buf *to, struct tt_str text);

/* GET `path` (with query, from the slash on); a 2xx body goes into `arena`. Returns 0 for any
 * HTTP answer: look at `reply->http_status`. */
int tt_kube_get(struct tt_kube_client *client, const char *path, struct tt_arena *arena,
	struct tt_kube_reply *reply, struct tt_str *ret_body, struct tt_err *err);

struct tt_kube_post_params {
	const char *path;
	struct tt_str json;
};

/* POSTs a JSON object, for what the API server decides and answers at once, such as a TokenReview;
 * the answer is asked for in JSON. Otherwise as tt_kube_get(). After TT_EIO it is not known whether
 * the server acted. */
int tt_kube_post(struct tt_kube_client *client, const struct tt_kube_post_params *params,
	struct tt_arena *arena, struct tt_kube_reply *reply, struct tt_str *ret_body,
	struct tt_err *err);

struct tt_kube_list_params {
	struct tt_str namespace; /* "": all */
	unsigned limit;          /* 0: everything in one answer */
	struct tt_str continue_token;
	int64_t timeout_ns;       /* without a byte; 0: 60 s */
	struct tt_list_sink sink; /* takes the items */
};

/* Lists events, decoding items as they arrive, so that memory does not grow with the list. The sink
 * is called as by tt_eventlist_decode(), but its event lives only until it returns. A negative
 * return of the sink ends the list and is returned. Returns 0 for any HTTP answer that is whole:
 * look at `reply->http_status`. TT_EIO if the answer broke off: the items given so far are valid.
 * `ret_meta`, whose texts go into `arena`, is filled before the first item, because servers send
 * it first. */
int tt_kube_list(struct tt_kube_client *client, const struct tt_kube_list_params *params,
	struct tt_listmeta *ret_meta, struct tt_arena *arena, struct tt_kube_reply *reply,
	struct tt_err *err);

struct tt_kube_watch_params {
	struct tt_str namespace;
	uint64_t resource_version;
	unsigned timeout_seconds; /* asked of the server */
};

/* Opens a watch and waits for the head of the answer. Returns 0 for any HTTP answer; if
 * `reply->http_status` is not 200 there is no watch and `*ret` is NULL. */
int tt_kube_watch_open(struct tt_kube_client *client, const struct tt_kube_watch_params *params,
	struct tt_kube_watch **ret, struct tt_arena *arena, struct tt_kube_reply *reply,
	struct tt_err *err);

enum tt_kube_watch_event {
	TT_KUBE_FRAME,     /* `frame` is filled */
	TT_KUBE_BAD_FRAME, /* could not be decoded or is too large: `err` says why, `frame` names it
			      as far as it could be read */
	TT_KUBE_END,       /* the body ended cleanly */
	TT_KUBE_IDLE,      /* nothing for `timeout_ns` */
	TT_KUBE_BROKEN,    /* the connection broke, or the stream is garbage; `err` says why */
	TT_KUBE_CANCELED,  /* woken */
};

/* The next thing that happens on the watch. The texts of `frame` go into or borrow from `arena`
 * and live until it is cleared, independent of later calls. With `timeout_ns` 0 only what is
 * already buffered is looked at (TT_KUBE_IDLE if nothing is); else TT_KUBE_IDLE says that no whole
 * frame came in that time. TT_KUBE_END and TT_KUBE_BROKEN stay: later calls say the same. */
enum tt_kube_watch_event tt_kube_watch_next(struct tt_kube_watch *watch, int64_t timeout_ns,
	struct tt_arena *arena, struct tt_watch_frame *frame, struct tt_err *err);

/* Ends the watch, and drops its connection unless it has ended cleanly. NULL is allowed. */
void tt_kube_watch_close(struct tt_kube_watch *watch);
