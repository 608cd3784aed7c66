/* SPDX-License-Identifier: Apache-2.0 */
/* api.h - requests to the native API of a telltaled. An api belongs to one thread; only
 * tt_api_wake() may be called by others. */
#pragma once

#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

struct tt_api;
struct tt_arena;
struct tt_globals;
struct tt_http_exchange;

/* An api at `url` with the CA and token of `globals`; a bare HOST:PORT is spoken to over TLS if
 * there are any. Nothing is asked yet. `connect_timeout_ns` 0: 10 s. */
int tt_api_open(struct tt_api **ret, const char *url, const struct tt_globals *globals,
	int64_t connect_timeout_ns, struct tt_err *err);

/* NULL is allowed. */
void tt_api_close(struct tt_api *api);

/* Ends the present and all later requests with TT_ECANCELED. Any thread. */
void tt_api_wake(struct tt_api *api);

/* The address, without a slash at its end. */
const char *tt_api_url(const struct tt_api *api);

/* GET `path` (with its query). Only an answer with status 200 is given, to be closed by
 * tt_http_close(); the sentence of another one is in `err`, with TT_EINVAL, TT_EDENIED,
 * TT_ENOTFOUND, TT_EGONE, TT_EAGAIN or TT_EIO. */
int tt_api_get(struct tt_api *api, const char *path, int64_t head_timeout_ns,
	struct tt_http_exchange **ret, struct tt_err *err);

/* GET and POST with the whole answer (at most 16 MiB) in `arena`. */
int tt_api_get_all(struct tt_api *api, const char *path, int64_t head_timeout_ns,
	struct tt_arena *arena, struct tt_str *ret_body, struct tt_err *err);
int tt_api_post(struct tt_api *api, const char *path, struct tt_str ndjson, struct tt_arena *arena,
	struct tt_str *ret_body, struct tt_err *err);

/* The same of GET for an APIGroupDiscoveryList. */
int tt_api_discover(struct tt_api *api, const char *path, struct tt_arena *arena,
	struct tt_str *ret_body, struct tt_err *err);

/* The texts of the Warning headers of an answer, in the arena; returns how many. */
size_t tt_api_warnings(
	const struct tt_http_exchange *x, struct tt_str **ret, struct tt_arena *arena);

/* The text in one Warning header, `299 - "text"`, in the arena; "" if it is none. */
struct tt_str tt_warning_text(struct tt_str header, struct tt_arena *arena);

/* The lines of an answer. */
struct tt_api_lines {
	struct tt_http_exchange *exchange;
	struct tt_buf buf;
	size_t at; /* start of what was not returned yet */
	bool at_end;
};

/* Takes over `exchange`. */
void tt_api_lines_init(struct tt_api_lines *lines, struct tt_http_exchange *exchange);
void tt_api_lines_release(struct tt_api_lines *lines);

/* The next line without its newline, borrowed until the next call: 1, 0 at the end, TT_EAGAIN if
 * nothing came for `timeout_ns`, or what tt_http_read() says. */
int tt_api_next_line(struct tt_api_lines *lines, int64_t timeout_ns, struct tt_str *ret_line,
	struct tt_err *err);

/* Appends "?name=value" or "&name=value" to a path, encoded; nothing if `value` is empty. */
void tt_api_put_param(struct tt_buf *path, const char *name, struct tt_str value);
void tt_api_put_number(struct tt_buf *path, const char *name, uint64_t value);
void tt_api_put_time(struct tt_buf *path, const char *name, int64_t us);
