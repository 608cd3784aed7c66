/* SPDX-License-Identifier: Apache-2.0 */
#include "telltale/api.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/timestamp.h"
#include "event/codec.h"
#include "net/http_client.h"
#include "telltale/cli.h"

enum {
	TOKEN_MAX_BYTES = 64 << 10,
	ANSWER_MAX_BYTES = 16 << 20,
	LINE_MAX_BYTES = 32 << 20,
	BODY_TIMEOUT_S = 60,
	WARNINGS_MAX = 32,
	HEADERS_MAX = 3,
};

struct tt_api {
	struct tt_http_client *client;
	struct tt_arena arena;
	char *url;
	bool is_tls, has_ca, has_token;
	struct tt_http_header headers[HEADERS_MAX];
	size_t n_headers;
};

/* The first word of the file `path`, in the arena. */
static int read_token(struct tt_api *api, const char *path, struct tt_str *ret, struct tt_err *err)
{
	FILE *f = fopen(path, "re");
	char *text = tt_arena_alloc(&api->arena, TOKEN_MAX_BYTES, 1);

	if (f == NULL)
		return tt_fail(err, TT_EINVAL, "--token-file: %s: %s", path, strerror(errno));
	size_t n = fread(text, 1, TOKEN_MAX_BYTES, f);

	(void)fclose(f);
	*ret = tt_str_trim((struct tt_str){text, n});
	if (ret->len == 0 || n == TOKEN_MAX_BYTES || memchr(ret->data, '\n', ret->len) != NULL)
		return tt_fail(err, TT_EINVAL, "--token-file: %s holds no token", path);
	return 0;
}

/* What is spoken to at a bare HOST:PORT depends on `wants_tls`. */
static int take_url(struct tt_api *api, const char *url, bool wants_tls, struct tt_err *err)
{
	struct tt_str text = tt_str_from(url);
	const char *scheme = wants_tls ? "https://" : "http://";

	if (memchr(url, '@', text.len) != NULL)
		return tt_fail(err, TT_EINVAL,
			"--server: an address has no user or password in it; see --token-file");
	if (tt_str_find(text, TT_STR("://")) >= 0)
		scheme = "";
	while (text.len > 0 && text.data[text.len - 1] == '/')
		text.len--;
	api->url = tt_str_cstr(
		&api->arena, tt_str_printf(&api->arena, "%s%.*s", scheme, TT_STR_ARG(text)));
	api->is_tls = tt_str_starts(tt_str_from(api->url), TT_STR("https://"));
	if (!api->is_tls && !tt_str_starts(tt_str_from(api->url), TT_STR("http://")))
		return tt_fail(err, TT_EINVAL,
			"--server: \"%s\" is not an address such as http://127.0.0.1:7447", url);
	return 0;
}

static int take_token(struct tt_api *api, const char *path, struct tt_err *err)
{
	struct tt_str token = {0};

	if (!api->is_tls)
		return tt_fail(err, TT_EINVAL,
			"--token-file needs a server with https, so that nobody else reads the "
			"token");
	int rc = read_token(api, path, &token, err);

	if (rc == 0)
		api->headers[api->n_headers++] = (struct tt_http_header){TT_STR("Authorization"),
			tt_str_printf(&api->arena, "Bearer %.*s", TT_STR_ARG(token))};
	return rc;
}

static int set_up(struct tt_api *api, const char *url, const struct tt_globals *globals,
	int64_t connect_timeout_ns, struct tt_err *err)
{
	struct tt_http_client_options options = {
		.tls = {.ca_file = globals->ca},
		.connect_timeout_ns = connect_timeout_ns,
	};

	api->has_ca = globals->ca != NULL;
	api->has_token = globals->token_file != NULL;
	int rc = take_url(api, url, api->has_ca || api->has_token, err);

	if (rc == 0 && api->has_ca && !api->is_tls)
		return tt_fail(err, TT_EINVAL, "--ca needs a server with https");
	if (rc == 0 && globals->token_file != NULL)
		rc = take_token(api, globals->token_file, err);
	return rc == 0 ? tt_http_client_new(&api->client, &options, err) : rc;
}

int tt_api_open(struct tt_api **ret, const char *url, const struct tt_globals *globals,
	int64_t connect_timeout_ns, struct tt_err *err)
{
	struct tt_api *api = tt_calloc(1, sizeof(*api));
	int rc = set_up(api, url, globals, connect_timeout_ns, err);

	if (rc != 0) {
		tt_api_close(api);
		return rc;
	}
	*ret = api;
	return 0;
}

void tt_api_close(struct tt_api *api)
{
	if (api == NULL)
		return;
	tt_http_client_free(api->client);
	tt_arena_release(&api->arena);
	tt_free(api);
}

void tt_api_wake(struct tt_api *api)
{
	tt_http_client_wake(api->client);
}

const char *tt_api_url(const struct tt_api *api)
{
	return api->url;
}

static enum tt_code code_of(int http_status)
{
	switch (http_status) {
	case 400:
	case 405:
	case 413:
	case 415:
	case 422: return TT_EINVAL;
	case 401:
	case 403: return TT_EDENIED;
	case 404: return TT_ENOTFOUND;
	case 410: return TT_EGONE;
	case 429: return TT_EAGAIN;
	default: return TT_EIO;
	}
}

/* Adds to `err` which option may help. */
static void add_advice(const struct tt_api *api, int http_status, struct tt_err *err)
{
	struct tt_str told = err != NULL ? tt_str_from(err->msg) : TT_STR("");
	const char *advice = NULL;
	char said[sizeof(err->msg)];

	if (http_status == 401 && !api->has_token)
		advice = "--token-file says who asks";
	else if (api->is_tls && !api->has_ca && tt_str_find(told, TT_STR("signed by a CA")) >= 0)
		advice = "--ca says whom to trust";
	else if (!api->is_tls && tt_str_find(told, TT_STR("without an answer")) >= 0)
		advice = "perhaps it speaks TLS: https://, and --ca";
	if (told.len == 0 || advice == NULL)
		return;
	memcpy(said, told.data, told.len + 1);
	(void)tt_fail(err, err->code, "%s; %s", said, advice);
}

/* Fills `err` from an answer that is no success. */
static int fail_status(struct tt_api *api, struct tt_http_exchange *x, struct tt_err *err)
{
	struct tt_arena arena = {0};
	struct tt_status status = {0};
	int http_status = tt_http_status(x);
	struct tt_buf body;

	tt_buf_init(&body, 64 << 10);
	int rc = tt_http_read_all(x, (int64_t)BODY_TIMEOUT_S * TT_NS_PER_S, &body, NULL);

	if (rc == 0)
		rc = tt_status_decode(&status, TT_ENCODING_JSON, tt_buf_view(&body), &arena, NULL);
	if (rc == 0 && status.message.len > 0)
		(void)tt_fail(err, code_of(http_status), "%.*s", TT_STR_ARG(status.message));
	else
		(void)tt_fail(err, code_of(http_status),
			"%s answers with HTTP status %d, which no telltaled does", api->url,
			http_status);
	add_advice(api, http_status, err);
	tt_buf_release(&body);
	tt_arena_release(&arena);
	return code_of(http_status);
}

static int exchange(struct tt_api *api, struct tt_http_request *request, const char *path,
	struct tt_http_exchange **ret, struct tt_err *err)
{
	struct tt_arena arena = {0};
	struct tt_http_exchange *x = NULL;

	request->url = tt_str_printf(&arena, "%s%s", api->url, path).data;
	int rc = tt_http_open(api->client, request, &x, err);

	tt_arena_release(&arena);
	if (rc != 0) {
		add_advice(api, 0, err);
		return rc;
	}
	if (tt_http_status(x) != 200) {
		rc = fail_status(api, x, err);
		tt_http_close(x);
		return rc;
	}
	*ret = x;
	return 0;
}

int tt_api_get(struct tt_api *api, const char *path, int64_t head_timeout_ns,
	struct tt_http_exchange **ret, struct tt_err *err)
{
	struct tt_http_request request = {
		.headers = api->headers,
		.n_headers = api->n_headers,
		.head_timeout_ns = head_timeout_ns,
	};

	return exchange(api, &request, path, ret, err);
}

static int read_all(struct tt_http_exchange *x, struct tt_arena *arena, struct tt_str *ret_body,
	struct tt_err *err)
{
	struct tt_buf body;

	tt_buf_init(&body, ANSWER_MAX_BYTES);
	int rc = tt_http_read_all(x, (int64_t)BODY_TIMEOUT_S * TT_NS_PER_S, &body, err);

	if (rc == 0)
		*ret_body = tt_str_dup(arena, tt_buf_view(&body));
	tt_buf_release(&body);
	tt_http_close(x);
	return rc;
}

int tt_api_get_all(struct tt_api *api, const char *path, int64_t head_timeout_ns,
	struct tt_arena *arena, struct tt_str *ret_body, struct tt_err *err)
{
	struct tt_http_exchange *x = NULL;
	int rc = tt_api_get(api, path, head_timeout_ns, &x, err);

	return rc == 0 ? read_all(x, arena, ret_body, err) : rc;
}

/* The headers of each request, and one more. */
static void add_header(const struct tt_api *api, struct tt_http_header headers[HEADERS_MAX + 1],
	struct tt_str name, struct tt_str value)
{
	memcpy(headers, api->headers, sizeof(api->headers));
	headers[api->n_headers] = (struct tt_http_header){name, value};
}

int tt_api_discover(struct tt_api *api, const char *path, struct tt_arena *arena,
	struct tt_str *ret_body, struct tt_err *err)
{
	struct tt_http_header headers[HEADERS_MAX + 1];
	struct tt_http_request request = {.headers = headers, .n_headers = api->n_headers + 1};
	struct tt_http_exchange *x = NULL;

	add_header(api, headers, TT_STR("Accept"),
		TT_STR("application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"));
	int rc = exchange(api, &request, path, &x, err);

	return rc == 0 ? read_all(x, arena, ret_body, err) : rc;
}

int tt_api_post(struct tt_api *api, const char *path, struct tt_str ndjson, struct tt_arena *arena,
	struct tt_str *ret_body, struct tt_err *err)
{
	struct tt_http_header headers[HEADERS_MAX + 1];
	struct tt_http_request request = {
		.method = "POST",
		.headers = headers,
		.n_headers = api->n_headers + 1,
		.body = ndjson,
		.has_body = true,
		.head_timeout_ns = (int64_t)BODY_TIMEOUT_S * TT_NS_PER_S,
	};
	struct tt_http_exchange *x = NULL;

	add_header(api, headers, TT_STR("Content-Type"), TT_STR("application/x-ndjson"));
	int rc = exchange(api, &request, path, &x, err);

	return rc == 0 ? read_all(x, arena, ret_body, err) : rc;
}

struct tt_str tt_warning_text(struct tt_str header, struct tt_arena *arena)
{
	ptrdiff_t open = tt_str_find(header, TT_STR("\""));
	char *text = tt_arena_alloc(arena, header.len + 1, 1);
	size_t n = 0;

	if (!tt_str_starts(header, TT_STR("299 ")) || open < 0)
		return TT_STR("");
	for (size_t i = (size_t)open + 1; i < header.len && header.data[i] != '"'; i++) {
		if (header.data[i] == '\\' && i + 1 < header.len)
			i++;
		text[n++] = header.data[i];
	}
	return (struct tt_str){text, n};
}

size_t tt_api_warnings(
	const struct tt_http_exchange *x, struct tt_str **ret, struct tt_arena *arena)
{
	size_t n = 0;

	*ret = tt_arena_new(arena, struct tt_str, WARNINGS_MAX);
	for (size_t i = 0; i < WARNINGS_MAX; i++) {
		struct tt_str text = tt_warning_text(tt_http_header_at(x, "Warning", i), arena);

		if (text.len > 0)
			(*ret)[n++] = text;
	}
	return n;
}

void tt_api_lines_init(struct tt_api_lines *lines, struct tt_http_exchange *exchange)
{
	*lines = (struct tt_api_lines){.exchange = exchange};
	tt_buf_init(&lines->buf, LINE_MAX_BYTES);
}

void tt_api_lines_release(struct tt_api_lines *lines)
{
	tt_http_close(lines->exchange);
	tt_buf_release(&lines->buf);
}

int tt_api_next_line(
	struct tt_api_lines *lines, int64_t timeout_ns, struct tt_str *ret_line, struct tt_err *err)
{
	struct tt_buf *buf = &lines->buf;
	size_t looked_at = lines->at;

	for (;;) {
		const char *newline = buf->len > looked_at ? memchr(buf->data + looked_at, '\n',
								     buf->len - looked_at)
							   : NULL;
		struct tt_str piece;

		if (newline != NULL || (lines->at_end && lines->at < buf->len)) {
			const char *end = newline != NULL ? newline : buf->data + buf->len;

			*ret_line = (struct tt_str){
				buf->data + lines->at, (size_t)(end - buf->data) - lines->at};
			lines->at += ret_line->len + (newline != NULL);
			return 1;
		}
		if (lines->at_end)
			return 0;
		int rc = tt_http_read(lines->exchange, timeout_ns, &piece, err);

		if (rc < 0)
			return rc;
		lines->at_end = rc == 0;
		if (rc == 1) {
			tt_buf_consume(buf, lines->at);
			looked_at = buf->len;
			lines->at = 0;
			tt_buf_str(buf, piece);
		}
		if (buf->failed)
			return tt_fail(err, TT_ELIMIT, "a line of the answer is over %d MiB",
				LINE_MAX_BYTES >> 20);
	}
}

static void put_name(struct tt_buf *path, const char *name)
{
	bool is_first = memchr(path->data, '?', path->len) == NULL;

	tt_buf_printf(path, "%c%s=", is_first ? '?' : '&', name);
}

void tt_api_put_param(struct tt_buf *path, const char *name, struct tt_str value)
{
	static const char plain[] = "-._~:,/";

	if (value.len == 0)
		return;
	put_name(path, name);
	for (size_t i = 0; i < value.len; i++) {
		unsigned char c = (unsigned char)value.data[i];

		if ((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
			memchr(plain, c, sizeof(plain) - 1) != NULL)
			tt_buf_char(path, (char)c);
		else
			tt_buf_printf(path, "%%%02X", c);
	}
}

void tt_api_put_number(struct tt_buf *path, const char *name, uint64_t value)
{
	put_name(path, name);
	tt_buf_u64(path, value);
}

void tt_api_put_time(struct tt_buf *path, const char *name, int64_t us)
{
	char text[TT_TIME_SIZE];

	if (us == TT_TIME_ZERO || us == 0)
		return;
	tt_time_format(us, TT_TIME_MICROS, text);
	tt_api_put_param(path, name, tt_str_from(text));
}
