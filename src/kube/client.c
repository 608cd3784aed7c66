/* SPDX-License-Identifier: Apache-2.0 */
#include "kube/client.h"

#include <errno.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/assert.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "kube/internal.h"
#include "kube/target.h"
#include "net/http_client.h"

enum {
	MAX_OBJECT_BYTES = 8 << 20,
	MAX_ERROR_BYTES = 64 << 10,
	OWN_HEADERS = 3,
	UNAUTHORIZED = 401,
};

static const int64_t body_timeout_ns = 60LL * TT_NS_PER_S;

int tt_kube_client_new(struct tt_kube_client **ret, const struct tt_kube_client_options *options,
	struct tt_err *err)
{
	const struct tt_kube_target *target = options->target;
	struct tt_kube_client *client = tt_calloc(1, sizeof(*client));
	struct tt_http_client_options http = {
		.proxy_url = target->proxy_url, .no_compression = target->disable_compression};
	int rc;

	*ret = NULL;
	client->magic = TT_KUBE_CLIENT_MAGIC;
	client->options = *options;
	if (options->clock == NULL)
		client->options.clock = &tt_clock_system;
	if (options->max_object_bytes == 0)
		client->options.max_object_bytes = MAX_OBJECT_BYTES;
	client->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	tt_kube_auth_init(
		&client->auth, target, client->options.clock, options->log, client->wake_fd);
	if (client->wake_fd < 0) {
		rc = tt_fail(err, TT_EIO, "cannot make an eventfd: %s", strerrordesc_np(errno));
		goto out;
	}
	if (client->auth.secure)
		tt_kube_auth_tls(&client->auth, &http.tls);
	rc = tt_http_client_new(&client->http, &http, err);
	if (rc == 0) {
		*ret = client;
		return 0;
	}
out:
	tt_kube_client_free(client);
	return rc;
}

void tt_kube_client_free(struct tt_kube_client *client)
{
	if (client == NULL)
		return;
	tt_assert(client->magic == TT_KUBE_CLIENT_MAGIC && !client->watching);
	client->magic = 0;
	tt_http_client_free(client->http);
	tt_kube_auth_release(&client->auth);
	tt_arena_release(&client->scratch);
	if (client->wake_fd >= 0)
		close(client->wake_fd);
	tt_free(client);
}

void tt_kube_client_wake(struct tt_kube_client *client)
{
	(void)eventfd_write(client->wake_fd, 1);
	tt_http_client_wake(client->http);
}

void tt_kube_client_rearm(struct tt_kube_client *client)
{
	eventfd_t count;

	(void)eventfd_read(client->wake_fd, &count);
	tt_http_client_rearm(client->http);
}

/* A server answers with what it knows of this; what it is, its Content-Type says. */
static const char *accept_header(
	const struct tt_kube_client *client, const struct tt_kube_request *request)
{
	if (client->options.json_only || request->post)
		return request->watch ? "application/json;stream=watch" : "application/json";
	if (request->watch)
		return "application/vnd.kubernetes.protobuf;stream=watch,"
		       "application/json;stream=watch";
	return "application/vnd.kubernetes.protobuf,application/json";
}

/* The headers of a request, in the scratch arena; their number. */
static int make_headers(struct tt_kube_client *client, const struct tt_kube_request *request,
	struct tt_http_header **ret, struct tt_err *err)
{
	struct tt_arena *scratch = &client->scratch;
	size_t n = 0, max = OWN_HEADERS + tt_kube_auth_max_headers(&client->auth);
	struct tt_http_header *to = tt_arena_new(scratch, struct tt_http_header, max);

	to[n++] = (struct tt_http_header){
		TT_STR("Accept"), tt_str_from(accept_header(client, request))};
	if (request->watch) /* compressed, a frame could wait in the server's compressor */
		to[n++] = (struct tt_http_header){TT_STR("Accept-Encoding"), TT_STR("identity")};
	if (request->post)
		to[n++] = (struct tt_http_header){
			TT_STR("Content-Type"), TT_STR("application/json")};
	int rc = tt_kube_auth_headers(&client->auth, to + n, scratch, err);

	*ret = to;
	return rc < 0 ? rc : (int)n + rc;
}

/* Brings the credentials, and the TLS options, up to date. */
static int refresh(struct tt_kube_client *client, struct tt_err *err)
{
	bool tls_changed;
	int rc = tt_kube_auth_prepare(&client->auth, &tls_changed, err);

	client->tls_stale = client->tls_stale || tls_changed;
	if (rc < 0 || !client->tls_stale)
		return rc;
	struct tt_tls tls;

	client->tls_stale = false;
	tt_kube_auth_tls(&client->auth, &tls);
	return tt_http_client_reset(client->http, &tls, err);
}

/* Reads an answer that is no success. That its body breaks off takes nothing from its status. */
static int read_refusal(struct tt_kube_client *client, struct tt_http_exchange *x,
	struct tt_arena *arena, struct tt_kube_reply *reply, struct tt_err *err)
{
	struct tt_buf body;

	tt_buf_init(&body, MAX_ERROR_BYTES);
	int rc = tt_http_read_all(x, body_timeout_ns, &body, err);

	if (reply->http_status == UNAUTHORIZED)
		tt_kube_auth_rejected(&client->auth);
	if (rc != TT_ECANCELED)
		tt_kube_reply_read(
			reply, tt_buf_view(&body), tt_http_header(x, "Content-Type"), arena);
	tt_buf_release(&body);
	return rc == TT_ECANCELED ? rc : 0;
}

static int send_request(struct tt_kube_client *client, const struct tt_kube_request *request,
	struct tt_http_exchange **ret, struct tt_err *err)
{
	struct tt_http_request http = {.head_timeout_ns = request->head_timeout_ns};
	struct tt_http_header *headers;
	struct tt_str url = tt_str_printf(
		&client->scratch, "%s%s", client->options.target->server, request->path);
	int rc = make_headers(client, request, &headers, err);

	if (rc < 0)
		return rc;
	if (request->post)
		http.method = "POST";
	http.has_body = request->post;
	http.body = request->body;
	http.url = url.data;
	http.headers = headers;
	http.n_headers = (size_t)rc;
	return tt_http_open(client->http, &http, ret, err);
}

int tt_kube_open(struct tt_kube_client *client, const struct tt_kube_request *request,
	struct tt_arena *arena, struct tt_kube_reply *reply, struct tt_http_exchange **ret,
	struct tt_err *err)
{
	struct tt_http_exchange *x = NULL;

	tt_assert(client->magic == TT_KUBE_CLIENT_MAGIC && !client->watching);
	*ret = NULL;
	*reply = (struct tt_kube_reply){.retry_after_seconds = -1};
	tt_arena_clear(&client->scratch);
	int rc = refresh(client, err);

	if (rc == 0)
		rc = send_request(client, request, &x, err);
	if (rc < 0)
		return rc;
	reply->http_status = tt_http_status(x);
	reply->retry_after_seconds = tt_http_retry_after(x);
	tt_log_debug(client->options.log, "request", TT_FS("path", request->path),
		TT_FI("status", reply->http_status));
	if (reply->http_status < 200 || reply->http_status > 299) {
		rc = read_refusal(client, x, arena, reply, err);
		goto out;
	}
	struct tt_str type = tt_http_header(x, "Content-Type");

	if (tt_kube_encoding(type, &reply->encoding)) {
		*ret = x;
		return 0;
	}
	rc = tt_fail(err, TT_EIO,
		"%s answered with Content-Type \"%.*s\", which is neither JSON nor protobuf: it is "
		"no API server",
		client->options.target->server, (int)(type.len < 80 ? type.len : 80), type.data);
out:
	tt_http_close(x);
	return rc;
}

/* Sends `request` and reads a success whole. */
static int ask(struct tt_kube_client *client, const struct tt_kube_request *request,
	struct tt_arena *arena, struct tt_kube_reply *reply, struct tt_str *ret_body,
	struct tt_err *err)
{
	int64_t timeout_ns = client->options.answer_timeout_ns;
	struct tt_http_exchange *x;
	struct tt_buf body;
	int rc = tt_kube_open(client, request, arena, reply, &x, err);

	*ret_body = (struct tt_str){0};
	if (rc < 0 || x == NULL)
		return rc;
	tt_buf_init(&body, client->options.max_object_bytes);
	rc = tt_http_read_all(x, timeout_ns > 0 ? timeout_ns : body_timeout_ns, &body, err);
	if (rc == 0)
		*ret_body = tt_str_dup(arena, tt_buf_view(&body));
	tt_buf_release(&body);
	tt_http_close(x);
	return rc;
}

int tt_kube_get(struct tt_kube_client *client, const char *path, struct tt_arena *arena,
	struct tt_kube_reply *reply, struct tt_str *ret_body, struct tt_err *err)
{
	struct tt_kube_request request = {
		.path = path, .head_timeout_ns = client->options.answer_timeout_ns};

	return ask(client, &request, arena, reply, ret_body, err);
}

int tt_kube_post(struct tt_kube_client *client, const struct tt_kube_post_params *params,
	struct tt_arena *arena, struct tt_kube_reply *reply, struct tt_str *ret_body,
	struct tt_err *err)
{
	struct tt_kube_request request = {.path = params->path,
		.post = true,
		.body = params->json,
		.head_timeout_ns = client->options.answer_timeout_ns};

	return ask(client, &request, arena, reply, ret_body, err);
}
