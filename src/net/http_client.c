/* SPDX-License-Identifier: Apache-2.0 */
#include "net/http_client.h"

#include <curl/curl.h>
#include <string.h>
#include <strings.h>

#include "base/arena.h"
#include "base/assert.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/vec.h"
#include "net/http_exchange.h"

enum {
	CLIENT_MAGIC = 0x68747470,
	DEFAULT_CONNECT_TIMEOUT_MS = 10 * 1000,
	DEFAULT_HEAD_TIMEOUT_S = 30,
	PIECE_BYTES = 64 * 1024, /* small records are gathered up to this */
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
	tt_buf_init(&client->exchange.body, TT_HTTP_BODY_BYTES);
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
		return tt_fail(err, TT_EIO, "no answer from %s within %lld s", tt_http_peer_name(x),
			(long long)(timeout_ns / TT_NS_PER_S));
	if (!x->head_done)
		return tt_http_explain(x, err);
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
	tt_http_begin_head(x);
	tt_buf_clear(&x->body);
	rc = tt_http_prepare(x, request, err);
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
	return x->result == CURLE_OK ? 0 : tt_http_explain(x, err);
}

int tt_http_read_all(
	struct tt_http_exchange *x, int64_t timeout_ns, struct tt_buf *to, struct tt_err *err)
{
	struct tt_str piece = {0};
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
