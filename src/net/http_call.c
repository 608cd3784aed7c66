/* SPDX-License-Identifier: Apache-2.0 */
#include "net/http_call.h"

#include <poll.h>
#include <string.h>
#include <strings.h>

#include "base/assert.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/vec.h"

enum {
	MAX_PARAMS = 256,
	STREAM_BLOCK_BYTES = 32 * 1024,
	WAITING_BLOCK_BYTES = 1024, /* of a stream that mostly waits; for HTTP/1.0 alone */
	/* Appended by one call of `next`: an event of 8 MiB, which is the most that an API server
	 * is believed, has six bytes of JSON for each "<", and a Table has its message twice. */
	MAX_STREAM_BYTES = 112 * 1024 * 1024,
};

#define BROKEN_ESCAPE "the URL holds a % without two hexadecimal digits behind it, or a NUL"

struct tt_http_call *tt_http_call_new(struct tt_http_conn *conn, struct MHD_Connection *mhd,
	const char *uri, size_t max_body_bytes)
{
	struct tt_http_call *call = tt_calloc(1, sizeof(*call));

	call->conn = conn;
	call->mhd = mhd;
	call->max_body_bytes = max_body_bytes;
	call->uri = tt_str_dup(&call->arena, tt_str_from(uri));
	call->last = 1;
	tt_buf_init(&call->body, max_body_bytes);
	tt_buf_init(&call->out, MAX_STREAM_BYTES);
	return call;
}

void tt_http_call_free(struct tt_http_call *call)
{
	if (call->done != NULL)
		call->done(call->stream_arg);
	tt_http_unreserve(call, call->reserved);
	tt_buf_release(&call->body);
	tt_buf_release(&call->out);
	tt_vec_release(&call->headers);
	tt_arena_release(&call->arena);
	tt_free(call);
}

/* -- the request -- */

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Decodes %XX, and in a query + as a space; false for a broken escape or a NUL. */
static bool decode(struct tt_http_call *call, struct tt_str text, bool in_query, struct tt_str *ret)
{
	char *to = tt_arena_alloc(&call->arena, text.len + 1, 1);
	size_t n = 0;

	for (size_t i = 0; i < text.len; i++) {
		char c = text.data[i];

		if (c == '+' && in_query) {
			c = ' ';
		} else if (c == '%') {
			int high = i + 2 < text.len ? hex_digit(text.data[i + 1]) : -1;
			int low = i + 2 < text.len ? hex_digit(text.data[i + 2]) : -1;

			if (high < 0 || low < 0)
				return false;
			c = (char)(high << 4 | low);
			i += 2;
		}
		if (c == '\0')
			return false;
		to[n++] = c;
	}
	to[n] = '\0';
	*ret = (struct tt_str){to, n};
	return true;
}

static size_t count_params(struct tt_str query)
{
	size_t n = 1;

	for (size_t i = 0; i < query.len; i++)
		n += query.data[i] == '&';
	return n;
}

static bool split_query(struct tt_http_call *call, struct tt_str query)
{
	struct tt_str rest = query;

	call->params = tt_arena_new(&call->arena, struct tt_http_param, count_params(query));
	while (rest.data != NULL) {
		struct tt_str value = tt_str_split(&rest, '&');
		struct tt_http_param *param = &call->params[call->n_params];
		struct tt_str name;

		if (value.len == 0)
			continue;
		name = tt_str_split(&value, '=');
		if (!decode(call, name, true, &param->name) ||
			!decode(call, value, true, &param->value))
			return false;
		call->n_params++;
	}
	return true;
}

static size_t scheme_len(struct tt_str uri)
{
	if (uri.len >= 7 && strncasecmp(uri.data, "http://", 7) == 0)
		return 7;
	return uri.len >= 8 && strncasecmp(uri.data, "https://", 8) == 0 ? 8 : 0;
}

/* "http://host/path", which a server must take too (RFC 9112, 3.2.2), becomes "/path". */
static struct tt_str without_origin(struct tt_str uri)
{
	size_t skip = scheme_len(uri);
	struct tt_str rest = {uri.data + skip, uri.len - skip};

	if (skip == 0)
		return uri;
	for (size_t i = 0; i < rest.len; i++) {
		if (rest.data[i] == '/')
			return (struct tt_str){rest.data + i, rest.len - i};
	}
	return TT_STR("/");
}

static enum MHD_Result add_header_bytes(
	void *arg, enum MHD_ValueKind kind, const char *name, const char *value)
{
	size_t *bytes = arg;

	*bytes += strlen(name) + (value != NULL ? strlen(value) : 0) + 4;
	return MHD_YES;
}

static bool is_body_too_large(struct tt_http_call *call)
{
	struct tt_str length = tt_http_request_header(call, "Content-Length");
	unsigned long long n;

	return length.len > 0 && tt_str_u64(length, &n) && n > call->max_body_bytes;
}

static int refuse(int status, const char *why, const char **ret_why)
{
	*ret_why = why;
	return status;
}

/* RFC 9112, 3.2: whoever speaks HTTP/1.1 or newer names the host. */
static bool lacks_host(const struct tt_http_call *call, const char *version)
{
	return strcmp(version, "HTTP/1.0") != 0 &&
	       MHD_lookup_connection_value(call->mhd, MHD_HEADER_KIND, "Host") == NULL;
}

static bool has_control(struct tt_str uri)
{
	for (size_t i = 0; i < uri.len; i++)
		if ((unsigned char)uri.data[i] <= ' ' || uri.data[i] == 0x7f)
			return true;
	return false;
}

int tt_http_call_begin(
	struct tt_http_call *call, const char *method, const char *version, const char **ret_why)
{
	struct tt_str query = without_origin(call->uri), path;
	size_t header_bytes = 0;

	call->is_begun = true;
	call->method = tt_str_dup(&call->arena, tt_str_from(method));
	if (call->uri.len > TT_HTTP_MAX_URL_BYTES)
		return refuse(MHD_HTTP_URI_TOO_LONG, "the URL is longer than 8 KiB", ret_why);
	(void)MHD_get_connection_values(
		call->mhd, MHD_HEADER_KIND, add_header_bytes, &header_bytes);
	if (header_bytes > TT_HTTP_MAX_HEADER_BYTES)
		return refuse(MHD_HTTP_REQUEST_HEADER_FIELDS_TOO_LARGE,
			"the headers are longer than 16 KiB in all", ret_why);
	if (lacks_host(call, version))
		return refuse(MHD_HTTP_BAD_REQUEST, "the header Host is missing", ret_why);
	if (has_control(call->uri))
		return refuse(MHD_HTTP_BAD_REQUEST, "the URL holds a space or a control character",
			ret_why);
	path = tt_str_split(&query, '?');
	if (path.len == 0 || path.data[0] != '/')
		return refuse(MHD_HTTP_BAD_REQUEST, "the URL has no path", ret_why);
	if (!decode(call, path, false, &call->path))
		return refuse(MHD_HTTP_BAD_REQUEST, BROKEN_ESCAPE, ret_why);
	if (count_params(query) > MAX_PARAMS)
		return refuse(
			MHD_HTTP_BAD_REQUEST, "the query has more than 256 parameters", ret_why);
	if (!split_query(call, query))
		return refuse(MHD_HTTP_BAD_REQUEST, BROKEN_ESCAPE, ret_why);
	if (is_body_too_large(call))
		call->body_rc = TT_EFULL;
	return 0;
}

bool tt_http_reserve(struct tt_http_call *call, size_t bytes)
{
	struct tt_http_live *live = call->live;
	size_t others = atomic_fetch_add(&live->bytes, bytes) - call->reserved;

	if (others > 0 && others + call->reserved + bytes > live->max_bytes) {
		(void)atomic_fetch_sub(&live->bytes, bytes);
		return false;
	}
	call->reserved += bytes;
	return true;
}

void tt_http_unreserve(struct tt_http_call *call, size_t bytes)
{
	tt_assert(bytes <= call->reserved);
	call->reserved -= bytes;
	(void)atomic_fetch_sub(&call->live->bytes, bytes);
}

bool tt_http_is_crowded(const struct tt_http_call *call)
{
	return atomic_load(&call->live->bytes) >= call->live->max_bytes / 2;
}

bool tt_http_call_take(struct tt_http_call *call, const char *data, size_t n)
{
	if (call->body_rc == 0 && n > call->max_body_bytes - call->body.len)
		call->body_rc = TT_EFULL;
	else if (call->body_rc == 0 && !tt_http_reserve(call, n))
		call->body_rc = TT_EAGAIN;
	if (call->body_rc == 0) {
		tt_buf_add(&call->body, data, n);
		return true;
	}
	tt_http_unreserve(call, call->reserved);
	tt_buf_release(&call->body);
	call->dropped_bytes += n;
	return call->dropped_bytes <= TT_HTTP_MAX_DROPPED_BYTES;
}

struct tt_str tt_http_method(const struct tt_http_call *call)
{
	return call->method;
}

struct tt_str tt_http_path(const struct tt_http_call *call)
{
	return call->path;
}

struct tt_str tt_http_request_header(const struct tt_http_call *call, const char *name)
{
	return tt_str_from(MHD_lookup_connection_value(call->mhd, MHD_HEADER_KIND, name));
}

/* A name to look for. */
struct prefix {
	const char *text;
	bool found;
};

static enum MHD_Result look_at_header(
	void *arg, enum MHD_ValueKind kind, const char *name, const char *value)
{
	struct prefix *prefix = arg;

	(void)kind, (void)value;
	prefix->found = strncasecmp(name, prefix->text, strlen(prefix->text)) == 0;
	return prefix->found ? MHD_NO : MHD_YES;
}

bool tt_http_request_has(const struct tt_http_call *call, const char *prefix)
{
	struct prefix looked_for = {.text = prefix};

	(void)MHD_get_connection_values(call->mhd, MHD_HEADER_KIND, look_at_header, &looked_for);
	return looked_for.found;
}

bool tt_http_query(const struct tt_http_call *call, const char *name, struct tt_str *ret)
{
	for (size_t i = 0; i < call->n_params; i++) {
		if (tt_str_is(call->params[i].name, name)) {
			*ret = call->params[i].value;
			return true;
		}
	}
	return false;
}

bool tt_http_query_nth(const struct tt_http_call *call, size_t n, struct tt_str *ret_name,
	struct tt_str *ret_value)
{
	if (n >= call->n_params)
		return false;
	*ret_name = call->params[n].name;
	*ret_value = call->params[n].value;
	return true;
}

int tt_http_body(const struct tt_http_call *call, struct tt_str *ret)
{
	*ret = tt_buf_view(&call->body);
	return call->body_rc;
}

struct tt_arena *tt_http_arena(struct tt_http_call *call)
{
	return &call->arena;
}

/* Whether the peer has hung up, or does so within `timeout_ms`. */
static bool has_hung_up(const struct tt_http_call *call, int timeout_ms)
{
	struct pollfd fd = {.fd = call->conn->fd, .events = POLLRDHUP};

	return poll(&fd, 1, timeout_ms) > 0 && (fd.revents & (POLLRDHUP | POLLHUP | POLLERR)) != 0;
}

bool tt_http_is_stopping(const struct tt_http_call *call)
{
	return atomic_load(call->stopping) || has_hung_up(call, 0);
}

void tt_http_rest(const struct tt_http_call *call, int timeout_ms)
{
	(void)has_hung_up(call, timeout_ms);
}

/* -- the answer -- */

void tt_http_add_header(struct tt_http_call *call, const char *name, const char *value)
{
	tt_assert(!call->is_answered);
	*tt_vec_push(&call->headers) = (struct tt_http_param){
		tt_str_dup(&call->arena, tt_str_from(name)),
		tt_str_dup(&call->arena, tt_str_from(value))};
	call->header_bytes += strlen(name) + strlen(value) + 4;
}

size_t tt_http_header_bytes(const struct tt_http_call *call)
{
	return call->header_bytes;
}

/* Queues `response` with all headers and gives up this reference to it. */
static void answer(struct tt_http_call *call, int status, const char *content_type,
	struct MHD_Response *response)
{
	tt_assert(response != NULL && !call->is_answered);
	call->is_answered = true;
	if (content_type != NULL)
		(void)MHD_add_response_header(response, "Content-Type", content_type);
	tt_vec_each (h, &call->headers)
		(void)MHD_add_response_header(response, h->name.data, h->value.data);
	call->queued = MHD_queue_response(call->mhd, (unsigned)status, response);
	MHD_destroy_response(response);
}

void tt_http_reply(
	struct tt_http_call *call, int status, const char *content_type, struct tt_str body)
{
	void *data = (void *)(uintptr_t)(body.len > 0 ? body.data : "");

	answer(call, status, content_type,
		MHD_create_response_from_buffer(body.len, data, MHD_RESPMEM_MUST_COPY));
}

void tt_http_reply_take(
	struct tt_http_call *call, int status, const char *content_type, struct tt_buf *body)
{
	struct tt_buf taken;

	tt_buf_init(&taken, body->max);
	tt_buf_swap(&taken, body);
	answer(call, status, content_type,
		MHD_create_response_from_buffer_with_free_callback(taken.len, taken.data, tt_free));
}

/* Calls `next` until it has appended something; false at the end. */
static bool fill_stream(struct tt_http_call *call)
{
	while (call->out_at == call->out.len) {
		if (call->last <= 0)
			return false;
		if (has_hung_up(call, 0)) {
			call->last = -1;
			return false;
		}
		if (atomic_load(call->stopping)) {
			call->last = 0;
			return false;
		}
		tt_buf_release(&call->out); /* waiting may take long */
		call->out_at = 0;
		call->last = call->next(call->stream_arg, call, &call->out);
		if (call->out.failed) {
			call->last = -1;
			return false;
		}
	}
	return true;
}

static ssize_t read_stream(void *arg, uint64_t position, char *to, size_t max)
{
	struct tt_http_call *call = arg;
	size_t n;

	atomic_store(&call->conn->unsent_since_ns, 0);
	if (!fill_stream(call))
		return call->last == 0 ? MHD_CONTENT_READER_END_OF_STREAM
				       : MHD_CONTENT_READER_END_WITH_ERROR;
	n = call->out.len - call->out_at;
	if (n > max)
		n = max;
	memcpy(to, call->out.data + call->out_at, n);
	call->out_at += n;
	atomic_store(&call->conn->unsent_since_ns, tt_clock_mono_ns(&tt_clock_system));
	return (ssize_t)n;
}

void tt_http_expect_waiting(struct tt_http_call *call)
{
	call->waits = true;
}

void tt_http_reply_stream(struct tt_http_call *call, int status, const char *content_type,
	tt_http_next_fn *next, void (*done)(void *arg), void *arg)
{
	tt_assert(call->next == NULL);
	if (tt_str_is(tt_http_method(call), "HEAD")) {
		/* libmicrohttpd would send the end of a body, which poisons the connection */
		tt_http_reply(call, status, content_type, TT_STR(""));
		if (done != NULL)
			done(arg);
		return;
	}
	call->next = next;
	call->done = done;
	call->stream_arg = arg;
	answer(call, status, content_type,
		MHD_create_response_from_callback(MHD_SIZE_UNKNOWN,
			call->waits ? WAITING_BLOCK_BYTES : STREAM_BLOCK_BYTES, read_stream, call,
			NULL));
}
