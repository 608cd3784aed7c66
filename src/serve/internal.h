/* SPDX-License-Identifier: Apache-2.0 */
/* internal.h - what the files of this folder share: the server's state, its pool of readers, the
 * parameters of a request, and its answers. */
#pragma once

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "serve/notices.h"
#include "store/reader.h"
#include "store/store.h"

struct tt_arena;
struct tt_auth;
struct tt_clock;
struct tt_collector;
struct tt_http_call;
struct tt_http_server;
struct tt_ingest;
struct tt_kubernetes;
struct tt_log;
struct tt_store;

enum {
	TT_SERVE_READERS = 8,
	TT_SERVE_BODY_MAX_BYTES = 3 << 20, /* of a request; as a Kubernetes API server has it */
};

/* Readers that are lent to requests; as many requests query the log at once as there are. */
struct tt_readers {
	pthread_mutex_t lock;
	pthread_cond_t returned;
	struct tt_store *store;
	struct tt_reader *idle[TT_SERVE_READERS];
	unsigned n_idle, n_open;
};

/* No reader is open yet. */
void tt_readers_init(struct tt_readers *readers, struct tt_store *store);
/* All readers must have been given back. */
void tt_readers_release(struct tt_readers *readers);
/* Waits for a reader; TT_EAGAIN after 10 s without one. Give it back with tt_readers_done(). */
int tt_readers_borrow(struct tt_readers *readers, struct tt_reader **ret, struct tt_err *err);
void tt_readers_done(struct tt_readers *readers, struct tt_reader *reader);

struct tt_serve {
	struct tt_http_server *api, *health;
	struct tt_store *store;
	struct tt_ingest *ingest;
	const struct tt_clock *clock;
	const struct tt_log *log;
	struct tt_auth *auth; /* NULL: everybody may do everything */
	struct tt_readers readers;
	struct tt_kubernetes *kubernetes;
	pthread_rwlock_t clusters_lock; /* over the next five */
	struct tt_str *names;
	struct tt_collector **collectors;
	int64_t *event_ttls_us;
	size_t n_clusters;
	struct tt_arena clusters_arena;
};

/* The reason of a Status with the HTTP status `code`; "" if none belongs to it. */
const char *tt_serve_reason(int code);

/* The HTTP status that belongs to an error of a lower layer. */
int tt_serve_code(const struct tt_err *err);

/* Answers with a metav1.Status; the reason is the one Kubernetes uses for `code`. With 429 and 503
 * it says to try again after a second. */
__attribute__((format(printf, 3, 4))) void tt_serve_fail(
	struct tt_http_call *call, int code, const char *fmt, ...);

/* Answer whether the daemon runs, and whether it is ready: the log is open, writable and served. No
 * API server is waited for. */
void tt_serve_get_livez(struct tt_serve *serve, struct tt_http_call *call);
void tt_serve_get_readyz(struct tt_serve *serve, struct tt_http_call *call);

/* The same for an error of a lower layer. */
void tt_serve_fail_err(struct tt_http_call *call, const struct tt_err *err);

/* Counts memory for the answer to `call`; if there is too much of it in all, answers with 429. */
bool tt_serve_reserve(struct tt_http_call *call, size_t bytes);

/* The body of the request, with the memory of `times` its size counted for what is made of it.
 * False: answered, with 413 or 429. */
bool tt_serve_take_body(struct tt_http_call *call, size_t times, struct tt_str *ret);

/* The bytes that the next piece of a stream may have: few when memory is scarce. `*reserved`, 0 at
 * first, is what the piece before has counted, which has been sent by now. When the piece is made,
 * tt_serve_piece_made() leaves only its `bytes` counted. */
size_t tt_serve_next_piece(struct tt_http_call *call, size_t *reserved);
void tt_serve_piece_made(struct tt_http_call *call, size_t *reserved, size_t bytes);

/* What a request asks for. */
struct tt_serve_params {
	struct tt_filter filter;
	struct tt_fieldselector selector;
	uint64_t after;
	size_t limit;
	int64_t wait_ns;
	bool observations;
};

/* Reads the query of `call`. Only the names in `allowed` (ended by NULL) may stand there; anything
 * else, and any malformed value, is answered with 400 and gives false. */
bool tt_serve_params(
	struct tt_http_call *call, const char *const *allowed, struct tt_serve_params *ret);

/* Whether the cluster asked for exists, or none is; else answers with 404. */
bool tt_serve_knows_cluster(
	struct tt_serve *serve, struct tt_http_call *call, const struct tt_serve_params *params);

/* The cluster called `name`, or the default one if that is empty: the first that is configured,
 * else the first in the log. Its kind is that of one which can only be read, unless it is
 * configured as hosted. False if there is none. */
bool tt_serve_find_cluster(struct tt_serve *serve, struct tt_str name, struct tt_str *ret_name,
	enum tt_cluster_kind *ret_kind, struct tt_arena *arena);

/* Whether who asks may use a path that is none of the Kubernetes API; else answers. Comes before
 * every look-up. */
bool tt_serve_authorize(struct tt_serve *serve, struct tt_http_call *call);

/* When who asked must be authorized again, monotonic: for a request that was authorized now. */
int64_t tt_serve_authorized_until(const struct tt_serve *serve);

/* Whether the stream that answers `call` may go on: from `*until_ns` on, who asks and what he may
 * is found out anew. */
bool tt_serve_may_go_on(struct tt_serve *serve, struct tt_http_call *call, int64_t *until_ns);

/* How long an event of a hosted cluster exists after it was written last. */
int64_t tt_serve_event_ttl(struct tt_serve *serve, struct tt_str cluster);

/* Adds `sentence` as a header `Warning: 299`, unless there are too many of them. */
void tt_serve_warn(struct tt_http_call *call, struct tt_str sentence);

/* The collectors that are disconnected now, into `arena`. */
size_t tt_serve_open_gaps(struct tt_serve *serve, struct tt_open_gap **ret, struct tt_arena *arena);

/* The handlers, one per path. */
void tt_serve_get_records(struct tt_serve *serve, struct tt_http_call *call);
void tt_serve_post_records(struct tt_serve *serve, struct tt_http_call *call);
void tt_serve_get_events(struct tt_serve *serve, struct tt_http_call *call);
void tt_serve_get_status(struct tt_serve *serve, struct tt_http_call *call);
void tt_serve_get_metrics(struct tt_serve *serve, struct tt_http_call *call);
