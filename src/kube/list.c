/* SPDX-License-Identifier: Apache-2.0 */
#include "base/clock.h"
#include "kube/internal.h"
#include "kube/list_stream.h"
#include "net/http_client.h"

enum { MAX_PATH_BYTES = 64 << 10 };

static const int64_t list_timeout_ns = 60LL * TT_NS_PER_S;

static int make_path(
	struct tt_buf *to, const struct tt_kube_list_params *params, struct tt_err *err)
{
	char mark = '?';

	tt_kube_put_events_path(to, params->namespace);
	if (params->limit > 0) {
		tt_buf_printf(to, "%climit=%u", mark, params->limit);
		mark = '&';
	}
	if (params->continue_token.len > 0) {
		tt_buf_printf(to, "%ccontinue=", mark);
		tt_kube_put_escaped(to, params->continue_token);
	}
	if (to->failed)
		return tt_fail(err, TT_ELIMIT, "the continue token is too long");
	return 0;
}

/* Feeds the body to the stream, to its end or until something fails. */
static int read_list(struct tt_list_stream *s, struct tt_http_exchange *x, int64_t timeout_ns,
	struct tt_err *err)
{
	struct tt_str piece;
	int rc;

	while ((rc = tt_http_read(x, timeout_ns, &piece, err)) > 0) {
		rc = tt_list_stream_feed(s, piece, err);
		if (rc < 0)
			return rc;
	}
	if (rc == TT_EAGAIN)
		return tt_fail(err, TT_EIO, "the list stopped: nothing came for %lld s",
			(long long)(timeout_ns / TT_NS_PER_S));
	return rc < 0 ? rc : tt_list_stream_end(s, err);
}

int tt_kube_list(struct tt_kube_client *client, const struct tt_kube_list_params *params,
	struct tt_listmeta *ret_meta, struct tt_arena *arena, struct tt_kube_reply *reply,
	struct tt_err *err)
{
	int64_t timeout_ns = params->timeout_ns > 0 ? params->timeout_ns : list_timeout_ns;
	struct tt_kube_request request = {.head_timeout_ns = timeout_ns};
	struct tt_http_exchange *x = NULL;
	struct tt_list_stream s;
	struct tt_buf path;

	*reply = (struct tt_kube_reply){.retry_after_seconds = -1};
	*ret_meta = (struct tt_listmeta){.remaining_item_count = -1};
	tt_buf_init(&path, MAX_PATH_BYTES);
	int rc = make_path(&path, params, err);

	request.path = path.data;
	if (rc == 0)
		rc = tt_kube_open(client, &request, arena, reply, &x, err);
	if (rc == 0 && x != NULL) {
		tt_list_stream_init(
			&s, reply->encoding, client->options.max_object_bytes, ret_meta, arena);
		s.sink = params->sink;
		rc = read_list(&s, x, timeout_ns, err);
		tt_list_stream_release(&s);
	}
	tt_http_close(x);
	tt_buf_release(&path);
	return rc;
}
