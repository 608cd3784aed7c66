/* SPDX-License-Identifier: Apache-2.0 */
#include "net/http_client.h"

#include <curl/curl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#include "base/arena.h"
#include "base/assert.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/vec.h"
#include "net/http_loop.h"
#include "net/http_tls.h"

enum {
	CLIENT_MAGIC = 0x68747470,
	DEFAULT_CONNECT_TIMEOUT_MS = 10 * 1000,
	DEFAULT_HEAD_TIMEOUT_S = 30,
	KEEPALIVE_IDLE_S = 15,
	KEEPALIVE_INTERVAL_S = 10,
	PEER_SILENT_MS = 30 * 1000, /* unacknowledged for so long: the peer is gone */
	RECEIVE_BYTES = 32 * 1024,  /* by one call of libcurl */
	PIECE_BYTES = 64 * 1024,    /* small records are gathered up to this */
	FULL_BYTES = 192 * 1024,    /* no more is taken before this is read */
	MAX_HEAD_BYTES = 256 * 1024,
	MAX_BODY_BYTES = 256 * 1024,
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

static void assert_client(const struct tt_http_client *client)
{
	tt_assert(client != NULL && client->magic == CLIENT_MAGIC);
}

/* -- the client -- */

/* client-go's three proxy schemes; "socks5" there lets the proxy resolve names. */
static int copy_proxy(struct tt_http_client *client, const char *url, struct tt_err *err)
{
	static const char socks[] = "socks5://";
	size_t skip = sizeof(socks) - 1;

	if (url == NULL)
		return 0;
	if (strncasecmp(url, socks, skip) == 0) {
		size_t size = strlen(url) + 2;

		client->proxy_url = tt_malloc(size);
		memcpy(client->proxy_url, "socks5h://", skip + 1);
		memcpy(client->proxy_url + skip + 1, url + skip, size - skip - 1);
		return 0;
	}
	if (strncasecmp(url, "http://", 7) != 0 && strncasecmp(url, "https://", 8) != 0)
		return tt_fail(err, TT_EINVAL,
			"a proxy URL must begin with http://, https:// or socks5://");
	client->proxy_url = tt_strdup(url);
	return 0;
}

static int set_up(struct tt_http_client *client, const struct tt_http_client_options *options,
	struct tt_err *err)
{
	int rc = tt_tls_copy(&client->tls, &options->tls, err);

	if (rc == 0)
		rc = copy_proxy(client, options->proxy_url, err);
	if (rc == 0)
		rc = tt_http_loop_open(&client->loop, err);
	if (rc < 0)
		return rc;
	client->easy = curl_easy_init();
	if (client->easy == NULL)
		return tt_fail(err, TT_EIO, "cannot set up the HTTP client");
	return 0;
}

int tt_http_client_new(struct tt_http_client **ret, const struct tt_http_client_options *options,
	struct tt_err *err)
{
	struct tt_http_client *client = tt_calloc(1, sizeof(*client));
	int64_t connect_ms = options->connect_timeout_ns / TT_NS_PER_MS;
	int rc;

	/* Counted and thread-safe since libcurl 7.84. */
	if (curl_global_init(CURL_GLOBAL_ALL) != CURLE_OK) {
		tt_free(client);
		return tt_fail(err, TT_EIO, "cannot set up libcurl");
	}
	client->magic = CLIENT_MAGIC;
	client->loop.wake_fd = -1;
	client->exchange.client = client;
	tt_buf_init(&client->exchange.body, MAX_BODY_BYTES);
	client->user_agent = tt_strdup(
		options->user_agent != NULL ? options->user_agent : "telltale/" TT_VERSION);
	client->unix_socket = tt_strdup(options->unix_socket);
	client->connect_timeout_ms = connect_ms > 0 ? (long)connect_ms : DEFAULT_CONNECT_TIMEOUT_MS;
	client->no_compression = options->no_compression;
	rc = set_up(client, options, err);
	if (rc < 0) {
		tt_http_client_free(client);
		return rc;
	}
	*ret = client;
	return 0;
}

void tt_http_client_free(struct tt_http_client *client)
{
	if (client == NULL)
		return;
	assert_client(client);
	tt_assert(!client->exchange.open);
	curl_easy_cleanup(client->easy);
	tt_http_loop_close(&client->loop);
	curl_global_cleanup();
	tt_tls_release(&client->tls);
	tt_buf_release(&client->exchange.body);
	tt_vec_release(&client->exchange.headers);
	tt_arena_release(&client->exchange.arena);
	tt_free(client->proxy_url);
	tt_free(client->user_agent);
	tt_free(client->unix_socket);
	client->magic = 0;
	tt_free(client);
}

int tt_http_client_reset(
	struct tt_http_client *client, const struct tt_tls *tls, struct tt_err *err)
{
	CURL *easy;
	int rc = 0;

	assert_client(client);
	tt_assert(!client->exchange.open);
	if (tls != NULL)
		rc = tt_tls_copy(&client->tls, tls, err);
	if (rc < 0)
		return rc;
	/* A new easy handle too: the old one remembers TLS sessions. */
	easy = curl_easy_init();
	if (easy == NULL)
		return tt_fail(err, TT_EIO, "cannot set up the HTTP client");
	curl_easy_cleanup(client->easy);
	client->easy = easy;
	return tt_http_loop_renew(&client->loop, err);
}

void tt_http_client_wake(struct tt_http_client *client)
{
	assert_client(client);
	tt_http_loop_wake(&client->loop);
}

void tt_http_client_rearm(struct tt_http_client *client)
{
	assert_client(client);
	tt_http_loop_rearm(&client->loop);
}

/* -- what libcurl calls -- */

static struct tt_str trim_line(struct tt_str line)
{
	while (line.len > 0 && strchr("\r\n\t ", line.data[line.len - 1]) != NULL)
		line.len--;
	return line;
}

/* An informational head, or one of a response that libcurl answered by itself, is forgotten. */
static void begin_head(struct tt_http_exchange *x)
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
	if (tt_str_starts(line, TT_STR("HTTP/"))) {
		begin_head(x);
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

	if (x->body.len >= FULL_BYTES) {
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

/* Finds scheme, host and port of `url`; what is in `ret_host` is freed with curl_free(). */
static int split_url(
	const char *url, CURLU **ret, char **ret_host, char **ret_port, struct tt_err *err)
{
	CURLU *u = curl_url();

	*ret_host = *ret_port = NULL;
	if (u == NULL || curl_url_set(u, CURLUPART_URL, url, 0) != CURLUE_OK ||
		curl_url_get(u, CURLUPART_HOST, ret_host, 0) != CURLUE_OK ||
		curl_url_get(u, CURLUPART_PORT, ret_port, CURLU_DEFAULT_PORT) != CURLUE_OK) {
		curl_free(*ret_host);
		curl_url_cleanup(u);
		return tt_fail(err, TT_EINVAL, "the URL cannot be read");
	}
	*ret = u;
	return 0;
}

/* Another name in TLS than in the URL: the URL gets that name, the connection goes to the host of
 * the old one, and so does the Host header. */
static int set_server_name(struct tt_http_exchange *x, const char *url, struct tt_err *err)
{
	const char *name = x->client->tls.tls.server_name;
	CURL *easy = x->client->easy;
	struct tt_arena arena = {0};
	char *host, *port, *renamed = NULL;
	CURLU *u;
	int rc = split_url(url, &u, &host, &port, err);

	if (rc < 0)
		return rc;
	x->connect_to = curl_slist_append(
		NULL, tt_str_printf(&arena, "%s:%s:%s:%s", name, port, host, port).data);
	send_header(x, tt_str_printf(&arena, "Host: %s:%s", host, port).data);
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

static int prepare(
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

/* -- saying what went wrong -- */

/* "HOST" or "HOST:PORT" of the running exchange, for sentences. The path and query stay out. */
static const char *peer_name(struct tt_http_exchange *x)
{
	char *url = NULL, *host, *port;
	const char *name = "the server";
	CURLU *u;

	(void)curl_easy_getinfo(x->client->easy, CURLINFO_EFFECTIVE_URL, &url);
	if (url == NULL || split_url(url, &u, &host, &port, NULL) < 0)
		return name;
	if (x->connect_to != NULL) /* NAME:PORT:HOST:PORT, see set_server_name() */
		name = x->connect_to->data + strlen(host) + strlen(port) + 2;
	else
		name = tt_str_printf(&x->arena, "%s:%s", host, port).data;
	curl_free(host);
	curl_free(port);
	curl_url_cleanup(u);
	return name;
}

static const char *detail_of(struct tt_http_exchange *x)
{
	/* Of a socket that the peer has reset libcurl 7.88 tells only its own follow-up failure. */
	if (strncmp(x->curl_error, "getpeername()", 13) == 0)
		return "closed by the peer";
	return x->curl_error[0] != '\0' ? x->curl_error : curl_easy_strerror(x->result);
}

static int explain_connect(struct tt_http_exchange *x, const char *peer, struct tt_err *err)
{
	long os_error = 0;

	(void)curl_easy_getinfo(x->client->easy, CURLINFO_OS_ERRNO, &os_error);
	if (x->client->unix_socket != NULL)
		peer = x->client->unix_socket;
	if (os_error != 0)
		return tt_fail(
			err, TT_EIO, "cannot connect to %s: %s", peer, strerror((int)os_error));
	return tt_fail(err, TT_EIO, "cannot connect to %s: %s", peer, detail_of(x));
}

/* The failure of a finished transfer as a sentence. */
static int explain(struct tt_http_exchange *x, struct tt_err *err)
{
	const char *peer = peer_name(x);
	int rc = tt_tls_explain(
		&x->client->tls, x->client->easy, x->result, peer, detail_of(x), err);

	if (rc < 0)
		return rc;
	switch (x->result) {
	case CURLE_OK: /* libcurl is content with half a head */
		return tt_fail(err, TT_EIO,
			"the connection to %s broke off in the head of the answer", peer);
	case CURLE_COULDNT_RESOLVE_HOST:
		return tt_fail(err, TT_EIO, "cannot find the address of %s", peer);
	case CURLE_COULDNT_RESOLVE_PROXY:
		return tt_fail(err, TT_EIO, "cannot find the address of the proxy");
	case CURLE_COULDNT_CONNECT: return explain_connect(x, peer, err);
	case CURLE_OPERATION_TIMEDOUT:
		return tt_fail(err, TT_EIO, "no connection to %s within %ld ms", peer,
			x->client->connect_timeout_ms);
	case CURLE_GOT_NOTHING:
		return tt_fail(err, TT_EIO, "%s closed the connection without an answer", peer);
	case CURLE_UNSUPPORTED_PROTOCOL:
	case CURLE_WEIRD_SERVER_REPLY:
		return tt_fail(err, TT_EIO, "%s does not answer in HTTP: %s", peer, detail_of(x));
	case CURLE_URL_MALFORMAT:
		return tt_fail(err, TT_EINVAL, "the URL cannot be read: %s", detail_of(x));
	case CURLE_WRITE_ERROR:
		return tt_fail(err, TT_ELIMIT, "the head of the answer of %s is too long", peer);
	default:
		return tt_fail(
			err, TT_EIO, "the connection to %s broke off: %s", peer, detail_of(x));
	}
}

/* -- the exchange -- */

static void reap(struct tt_http_exchange *x)
{
	struct CURLMsg *msg;
	int left;

	if (x->client->loop.running > 0)
		return;
	while ((msg = curl_multi_info_read(x->client->loop.multi, &left)) != NULL) {
		if (msg->msg != CURLMSG_DONE)
			continue;
		x->done = true;
		x->result = msg->data.result;
	}
}

/* Lets libcurl work once: at once if TLS may hold unread records, else when something is ready. */
static int advance(struct tt_http_exchange *x, int64_t deadline_ns)
{
	struct tt_http_client *client = x->client;
	int rc = 0;

	if (atomic_load_explicit(&client->loop.woken, memory_order_relaxed))
		return TT_ECANCELED;
	if (!tt_tls_unread(client->easy) || !tt_http_loop_pull(&client->loop))
		rc = tt_http_loop_step(&client->loop, deadline_ns);
	if (rc == 0)
		reap(x);
	return rc;
}

static int canceled(struct tt_err *err)
{
	return tt_fail(err, TT_ECANCELED, "interrupted");
}

static int wait_for_head(struct tt_http_exchange *x, int64_t timeout_ns, struct tt_err *err)
{
	int64_t deadline_ns = tt_clock_mono_ns(&tt_clock_system) + timeout_ns;
	int rc = 0;

	while (rc == 0 && !x->head_done && !x->done)
		rc = advance(x, deadline_ns);
	if (rc == TT_ECANCELED)
		return canceled(err);
	if (rc == TT_EAGAIN)
		return tt_fail(err, TT_EIO, "no answer from %s within %lld s", peer_name(x),
			(long long)(timeout_ns / TT_NS_PER_S));
	if (!x->head_done)
		return explain(x, err);
	return 0;
}

int tt_http_open(struct tt_http_client *client, const struct tt_http_request *request,
	struct tt_http_exchange **ret, struct tt_err *err)
{
	struct tt_http_exchange *x = &client->exchange;
	int64_t timeout_ns = request->head_timeout_ns > 0
				     ? request->head_timeout_ns
				     : (int64_t)DEFAULT_HEAD_TIMEOUT_S * TT_NS_PER_S;
	int rc;

	assert_client(client);
	tt_assert(!x->open);
	x->open = true;
	x->status = 0;
	x->head_done = x->done = x->handed_out = x->paused = false;
	x->curl_error[0] = '\0';
	begin_head(x);
	tt_buf_clear(&x->body);
	rc = prepare(x, request, err);
	if (rc == 0)
		rc = wait_for_head(x, timeout_ns, err);
	if (rc < 0) {
		tt_http_close(x);
		return rc;
	}
	*ret = x;
	return 0;
}

int tt_http_status(const struct tt_http_exchange *x)
{
	return x->status;
}

struct tt_str tt_http_header_at(const struct tt_http_exchange *x, const char *name, size_t n)
{
	size_t len = strlen(name);

	for (size_t i = 0; i < x->headers.n; i++) {
		const struct tt_http_header *h = &x->headers.items[i];

		if (h->name.len == len && strncasecmp(h->name.data, name, len) == 0 && n-- == 0)
			return h->value;
	}
	return (struct tt_str){0};
}

struct tt_str tt_http_header(const struct tt_http_exchange *x, const char *name)
{
	return tt_http_header_at(x, name, 0);
}

int tt_http_retry_after(const struct tt_http_exchange *x)
{
	struct tt_str value = tt_http_header(x, "Retry-After");
	unsigned long long seconds;

	if (!tt_str_u64(value, &seconds) || seconds > INT32_MAX)
		return -1;
	return (int)seconds;
}

/* Whether another round of libcurl can add to the piece without waiting. */
static bool is_more_at_hand(const struct tt_http_exchange *x)
{
	return x->body.len < PIECE_BYTES && !x->paused && tt_tls_unread(x->client->easy);
}

/* The reader is through with what it was given; takes what libcurl kept meanwhile. */
static void forget_piece(struct tt_http_exchange *x)
{
	if (!x->handed_out)
		return;
	tt_buf_clear(&x->body);
	x->handed_out = false;
	if (x->paused) {
		x->paused = false;
		(void)curl_easy_pause(x->client->easy, CURLPAUSE_CONT);
	}
}

int tt_http_read(struct tt_http_exchange *x, int64_t timeout_ns, struct tt_str *ret_piece,
	struct tt_err *err)
{
	int64_t deadline_ns = timeout_ns > 0 ? tt_clock_mono_ns(&tt_clock_system) + timeout_ns : 0;
	int rc = 0;

	assert_client(x->client);
	forget_piece(x);
	while (rc == 0 && !x->done && (x->body.len == 0 || is_more_at_hand(x)))
		rc = advance(x, deadline_ns);
	if (rc == TT_ECANCELED)
		return canceled(err);
	if (x->body.len > 0) {
		*ret_piece = tt_buf_view(&x->body);
		x->handed_out = true;
		return 1;
	}
	if (!x->done)
		return tt_fail(err, TT_EAGAIN, "nothing came");
	return x->result == CURLE_OK ? 0 : explain(x, err);
}

int tt_http_read_all(
	struct tt_http_exchange *x, int64_t timeout_ns, struct tt_buf *to, struct tt_err *err)
{
	struct tt_str piece;
	int rc;

	while ((rc = tt_http_read(x, timeout_ns, &piece, err)) > 0) {
		tt_buf_str(to, piece);
		if (to->failed)
			return tt_fail(
				err, TT_ELIMIT, "the answer is longer than %zu bytes", to->max);
	}
	return rc;
}

void tt_http_close(struct tt_http_exchange *x)
{
	if (x == NULL)
		return;
	assert_client(x->client);
	tt_assert(x->open);
	(void)curl_multi_remove_handle(x->client->loop.multi, x->client->easy);
	curl_easy_reset(x->client->easy);
	curl_slist_free_all(x->send_headers);
	curl_slist_free_all(x->connect_to);
	x->send_headers = x->connect_to = NULL;
	x->open = false;
}
