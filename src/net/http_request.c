/* SPDX-License-Identifier: Apache-2.0 */
#include <curl/curl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#include "base/arena.h"
#include "base/assert.h"
#include "base/vec.h"
#include "net/http_exchange.h"

enum {
	KEEPALIVE_IDLE_S = 15,
	KEEPALIVE_INTERVAL_S = 10,
	PEER_SILENT_MS = 30 * 1000, /* unacknowledged for so long: the peer is gone */
	RECEIVE_BYTES = 32 * 1024,  /* by one call of libcurl */
	MAX_HEAD_BYTES = 256 * 1024,
};

/* -- what libcurl calls -- */

static struct tt_str trim_line(struct tt_str line)
{
	while (line.len > 0 && strchr("\r\n\t ", line.data[line.len - 1]) != NULL)
		line.len--;
	return line;
}

void tt_http_begin_head(struct tt_http_exchange *x)
{
	x->headers.n = 0;
	x->head_bytes = 0;
	tt_arena_clear(&x->arena);
}

static void end_head(struct tt_http_exchange *x)
{
	long status = 0;

	(void)curl_easy_getinfo(x->client->easy, CURLINFO_RESPONSE_CODE, &status);
	if (status >= 200) {
		x->status = (int)status;
		x->head_done = true;
	}
}

static size_t take_header(char *data, size_t size, size_t n, void *arg)
{
	struct tt_http_exchange *x = arg;
	struct tt_str line = trim_line((struct tt_str){data, size * n});
	struct tt_str name, value = line;

	if (x->head_done) /* a trailer */
		return size * n;
	x->head_bytes += size * n;
	if (x->head_bytes > MAX_HEAD_BYTES)
		return 0;
	if (tt_str_starts(line, TT_STR("HTTP/"))) { /* what came before was informational */
		tt_http_begin_head(x);
	} else if (line.len == 0) {
		end_head(x);
	} else {
		name = tt_str_split(&value, ':');
		*tt_vec_push(&x->headers) = (struct tt_http_header){
			tt_str_dup(&x->arena, name), tt_str_dup(&x->arena, tt_str_trim(value))};
	}
	return size * n;
}

static size_t take_body(char *data, size_t size, size_t n, void *arg)
{
	struct tt_http_exchange *x = arg;

	if (x->body.len >= TT_HTTP_FULL_BYTES) {
		x->paused = true;
		return CURL_WRITEFUNC_PAUSE;
	}
	tt_buf_add(&x->body, data, size * n);
	return x->body.failed ? 0 : size * n;
}

/* Half-open connections must be noticed although a watch may rightly be silent for minutes. */
static int tune_socket(void *arg, curl_socket_t fd, curlsocktype purpose)
{
	unsigned silent_ms = PEER_SILENT_MS;

	/* Fails on a Unix socket, where it is not needed. */
	(void)setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &silent_ms, sizeof(silent_ms));
	return CURL_SOCKOPT_OK;
}

/* -- sending a request -- */

static bool is_clean(struct tt_str s)
{
	for (size_t i = 0; i < s.len; i++) {
		if (s.data[i] == '\r' || s.data[i] == '\n' || s.data[i] == '\0')
			return false;
	}
	return true;
}

static void send_header(struct tt_http_exchange *x, const char *line)
{
	struct curl_slist *longer = curl_slist_append(x->send_headers, line);

	tt_assert(longer != NULL);
	x->send_headers = longer;
}

static const struct tt_http_header *find_sent(
	const struct tt_http_request *request, const char *name)
{
	for (size_t i = 0; i < request->n_headers; i++) {
		struct tt_str sent = request->headers[i].name;

		if (sent.len == strlen(name) && strncasecmp(sent.data, name, sent.len) == 0)
			return &request->headers[i];
	}
	return NULL;
}

static int set_headers(
	struct tt_http_exchange *x, const struct tt_http_request *request, struct tt_err *err)
{
	struct tt_arena lines = {0};

	for (size_t i = 0; i < request->n_headers; i++) {
		struct tt_http_header h = request->headers[i];

		if (h.name.len == 0 || !is_clean(h.name) || !is_clean(h.value)) {
			tt_arena_release(&lines);
			return tt_fail(err, TT_EINVAL, "the header %.*s cannot be sent",
				is_clean(h.name) ? (int)h.name.len : 0, h.name.data);
		}
		/* libcurl wants a semicolon for an empty value; a colon alone means "leave out". */
		send_header(x, tt_str_printf(&lines, "%.*s%s%.*s", TT_STR_ARG(h.name),
				       h.value.len > 0 ? ": " : ";", TT_STR_ARG(h.value))
				       .data);
	}
	if (request->has_body && find_sent(request, "Content-Type") == NULL)
		send_header(x, "Content-Type:");
	send_header(x, "Expect:");
	tt_arena_release(&lines);
	(void)curl_easy_setopt(x->client->easy, CURLOPT_HTTPHEADER, x->send_headers);
	return 0;
}

/* Another name in TLS than in the URL: the URL gets that name, the connection goes to the host of
 * the old one, and so does the Host header. */
static int set_server_name(struct tt_http_exchange *x, const char *url, struct tt_err *err)
{
	const char *name = x->client->tls.tls.server_name;
	CURL *easy = x->client->easy;
	struct tt_arena arena = {0};
	char *host, *port, *given_port = NULL, *renamed = NULL;
	CURLU *u;
	int rc = tt_http_split_url(url, &u, &host, &port, err);

	if (rc < 0)
		return rc;
	x->connect_to = curl_slist_append(
		NULL, tt_str_printf(&arena, "%s:%s:%s:%s", name, port, host, port).data);
	if (curl_url_get(u, CURLUPART_PORT, &given_port, 0) == CURLUE_OK)
		send_header(x, tt_str_printf(&arena, "Host: %s:%s", host, port).data);
	else
		send_header(x, tt_str_printf(&arena, "Host: %s", host).data);
	curl_free(given_port);
	if (x->connect_to == NULL || curl_url_set(u, CURLUPART_HOST, name, 0) != CURLUE_OK ||
		curl_url_get(u, CURLUPART_URL, &renamed, 0) != CURLUE_OK)
		rc = tt_fail(err, TT_EINVAL, "the TLS server name %s cannot be used", name);
	(void)curl_easy_setopt(easy, CURLOPT_URL, renamed);
	(void)curl_easy_setopt(easy, CURLOPT_CONNECT_TO, x->connect_to);
	curl_free(renamed);
	curl_free(host);
	curl_free(port);
	curl_url_cleanup(u);
	tt_arena_release(&arena);
	return rc;
}

static int set_url(struct tt_http_exchange *x, const char *url, struct tt_err *err)
{
	if (strncasecmp(url, "http://", 7) != 0 && strncasecmp(url, "https://", 8) != 0)
		return tt_fail(err, TT_EINVAL, "a URL must begin with http:// or https://");
	if (x->client->tls.tls.server_name != NULL && strncasecmp(url, "https://", 8) == 0)
		return set_server_name(x, url, err);
	(void)curl_easy_setopt(x->client->easy, CURLOPT_URL, url);
	return 0;
}

static void set_method(CURL *easy, const struct tt_http_request *request)
{
	const char *method = request->method != NULL ? request->method : "GET";

	if (strcmp(method, "HEAD") == 0)
		(void)curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
	if (request->has_body) {
		/* Copied, because a server may answer before it has read everything. */
		(void)curl_easy_setopt(
			easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->body.len);
		(void)curl_easy_setopt(easy, CURLOPT_COPYPOSTFIELDS,
			request->body.len > 0 ? request->body.data : "");
	}
	(void)curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, method);
}

/* HTTP/1.1 only: with one exchange at a time HTTP/2 has nothing to multiplex, and for a watch of
 * 500-byte events, one TLS record each, libcurl took 4.4-5.1 us per event over HTTP/2 and 3.2 over
 * HTTP/1.1, before reading ahead (http_tls.c). */
static void set_transport(struct tt_http_exchange *x)
{
	struct tt_http_client *client = x->client;
	CURL *easy = client->easy;

	(void)curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	(void)curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
	(void)curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	/* Do not wait for a DNS look-up that is under way when the exchange is closed. */
	(void)curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);
	(void)curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, client->connect_timeout_ms);
	(void)curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
	(void)curl_easy_setopt(easy, CURLOPT_TCP_KEEPIDLE, (long)KEEPALIVE_IDLE_S);
	(void)curl_easy_setopt(easy, CURLOPT_TCP_KEEPINTVL, (long)KEEPALIVE_INTERVAL_S);
	(void)curl_easy_setopt(easy, CURLOPT_SOCKOPTFUNCTION, tune_socket);
	(void)curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, (long)RECEIVE_BYTES);
	(void)curl_easy_setopt(easy, CURLOPT_USERAGENT, client->user_agent);
	(void)curl_easy_setopt(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
	(void)curl_easy_setopt(easy, CURLOPT_UNIX_SOCKET_PATH, client->unix_socket);
	if (client->proxy_url != NULL || client->unix_socket != NULL)
		(void)curl_easy_setopt(
			easy, CURLOPT_PROXY, client->proxy_url != NULL ? client->proxy_url : "");
	(void)curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, x->curl_error);
	(void)curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, take_header);
	(void)curl_easy_setopt(easy, CURLOPT_HEADERDATA, x);
	(void)curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take_body);
	(void)curl_easy_setopt(easy, CURLOPT_WRITEDATA, x);
}

int tt_http_prepare(
	struct tt_http_exchange *x, const struct tt_http_request *request, struct tt_err *err)
{
	struct tt_http_client *client = x->client;
	int rc;

	curl_easy_reset(client->easy);
	set_transport(x);
	tt_tls_apply(&client->tls, client->easy);
	rc = set_url(x, request->url, err);
	if (rc == 0)
		rc = set_headers(x, request, err);
	if (rc < 0)
		return rc;
	set_method(client->easy, request);
	if (!client->no_compression && find_sent(request, "Accept-Encoding") == NULL)
		(void)curl_easy_setopt(client->easy, CURLOPT_ACCEPT_ENCODING, "gzip");
	if (curl_multi_add_handle(client->loop.multi, client->easy) != CURLM_OK)
		return tt_fail(err, TT_EIO, "cannot start the request");
	return 0;
}
