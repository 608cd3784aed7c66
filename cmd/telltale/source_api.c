/* SPDX-License-Identifier: Apache-2.0 */
/* A source that asks a running telltaled. */
#include "base/arena.h"
#include "base/clock.h"
#include "base/mem.h"
#include "net/http_client.h"
#include "store/record_json.h"
#include "telltale/api.h"
#include "telltale/info.h"
#include "telltale/resources.h"
#include "telltale/source.h"

enum { LINE_TIMEOUT_S = 60, PATH_MAX_BYTES = 64 << 10 };

struct api_source {
	struct tt_source base;
	struct tt_api *api;
};

static void put_list(struct tt_buf *path, const char *name, const struct tt_str *items, size_t n)
{
	struct tt_buf list;

	tt_buf_init(&list, PATH_MAX_BYTES);
	for (size_t i = 0; i < n; i++) {
		if (i > 0)
			tt_buf_char(&list, ',');
		tt_buf_str(&list, items[i]);
	}
	tt_api_put_param(path, name, tt_buf_view(&list));
	tt_buf_release(&list);
}

static void put_view_path(struct tt_buf *path, const struct tt_filter *f, size_t limit)
{
	tt_buf_text(path, "/v1/events");
	tt_api_put_number(path, "limit", limit);
	tt_api_put_param(path, "cluster", f->cluster);
	tt_api_put_param(path, "namespace", f->namespace);
	tt_api_put_param(path, "kind", f->kind);
	tt_api_put_param(path, "name", f->name);
	put_list(path, "type", f->types, f->n_types);
	put_list(path, "reason", f->reasons, f->n_reasons);
	tt_api_put_param(path, "grep", f->grep);
	tt_api_put_time(path, "since", f->since_us);
	tt_api_put_time(path, "until", f->until_us);
}

/* Appends the records in the answer `x`, which is closed, to `batch`. */
static int read_records(struct tt_http_exchange *x, struct tt_batch *batch, uint64_t *ret_cursor,
	struct tt_err *err)
{
	struct tt_api_lines lines;
	struct tt_str line;
	bool is_whole = false;
	int rc;

	tt_api_lines_init(&lines, x);
	for (;;) {
		rc = tt_api_next_line(&lines, (int64_t)LINE_TIMEOUT_S * TT_NS_PER_S, &line, err);
		if (rc == TT_EAGAIN)
			rc = tt_fail(err, TT_EIO, "nothing came for %d s", LINE_TIMEOUT_S);
		if (rc <= 0)
			break;
		struct tt_str copy = tt_str_dup(&batch->arena, line);

		rc = tt_record_parse_json(batch, copy, ret_cursor, err);
		if (rc < 0)
			break;
		is_whole |= rc == 0;
	}
	tt_api_lines_release(&lines);
	if (rc == 0 && !is_whole)
		rc = tt_fail(err, TT_EIO, "the answer of the server broke off");
	return rc;
}

/* The events come first, then gaps; only events are wanted. */
static void take_events(struct tt_answer *ret, size_t limit, bool was_cut)
{
	const struct tt_batch *batch = ret->batch;
	size_t n = 0;

	while (n < batch->n && batch->records[n].kind == TT_RECORD_EVENT)
		n++;
	ret->truncated = was_cut || (limit > 0 && n > limit);
	ret->n = limit > 0 && n > limit ? limit : n;
	ret->records = batch->records + (n - ret->n);
}

static int api_view(struct tt_source *base, const struct tt_query *query, struct tt_answer *ret,
	struct tt_arena *arena, struct tt_err *err)
{
	struct api_source *s = (struct api_source *)base;
	struct tt_http_exchange *x = NULL;
	struct tt_buf path;

	tt_buf_init(&path, PATH_MAX_BYTES);
	put_view_path(&path, &query->filter, query->limit > 0 ? query->limit + 1 : 0);
	int rc = path.failed ? tt_fail(err, TT_EINVAL, "the question is too long")
			     : tt_api_get(s->api, path.data, 0, &x, err);

	tt_buf_release(&path);
	if (rc != 0)
		return rc;
	*ret = (struct tt_answer){.batch = tt_batch_new(query->filter.cluster)};
	ret->n_notices = tt_api_warnings(x, &ret->notices, arena);
	bool was_cut = tt_str_is(tt_http_header_at(x, "Telltale-Truncated", 0), "true");

	rc = read_records(x, ret->batch, &ret->seq, err);
	if (rc == 0)
		take_events(ret, query->limit, was_cut);
	else
		tt_batch_unref(ret->batch);
	return rc;
}

static int api_read(struct tt_source *base, const struct tt_next *next, struct tt_batch **ret,
	uint64_t *ret_cursor, struct tt_err *err)
{
	struct api_source *s = (struct api_source *)base;
	struct tt_http_exchange *x = NULL;
	struct tt_buf path;

	tt_buf_init(&path, PATH_MAX_BYTES);
	tt_buf_text(&path, "/v1/records");
	tt_api_put_number(&path, "after", next->after);
	if (next->wait_ns > 0)
		tt_buf_printf(&path, "&wait=%llds", (long long)(next->wait_ns / TT_NS_PER_S));
	tt_api_put_param(&path, "cluster", next->filter->cluster);
	tt_api_put_time(&path, "since", next->filter->since_us);
	tt_api_put_time(&path, "until", next->filter->until_us);
	int rc = tt_api_get(s->api, path.data, 0, &x, err);

	tt_buf_release(&path);
	if (rc != 0)
		return rc;
	*ret = tt_batch_new(next->filter->cluster);
	rc = read_records(x, *ret, ret_cursor, err);
	if (rc != 0) {
		tt_batch_unref(*ret);
		*ret = NULL;
	}
	return rc;
}

static int api_gaps(
	struct tt_source *base, struct tt_str cluster, struct tt_batch **ret, struct tt_err *err)
{
	struct api_source *s = (struct api_source *)base;
	const struct tt_filter filter = {.cluster = cluster};
	struct tt_http_exchange *x = NULL;
	struct tt_buf path;
	uint64_t cursor;

	tt_buf_init(&path, PATH_MAX_BYTES);
	put_view_path(&path, &filter, 1);
	int rc = tt_api_get(s->api, path.data, 0, &x, err);

	tt_buf_release(&path);
	if (rc != 0)
		return rc;
	struct tt_batch *batch = tt_batch_new(cluster);

	rc = read_records(x, batch, &cursor, err);
	if (rc != 0) {
		tt_batch_unref(batch);
		return rc;
	}
	size_t n = 0;

	for (size_t i = 0; i < batch->n; i++)
		if (batch->records[i].kind == TT_RECORD_GAP)
			batch->records[n++] = batch->records[i];
	batch->n = n;
	*ret = batch;
	return 0;
}

static int api_info(struct tt_source *base, struct tt_source_info *ret, struct tt_arena *arena,
	struct tt_err *err)
{
	struct api_source *s = (struct api_source *)base;
	struct tt_str body;
	int rc = tt_api_get_all(s->api, "/v1/status", 0, arena, &body, err);

	return rc == 0 ? tt_info_parse(ret, body, arena, err) : rc;
}

static bool api_kind(struct tt_source *base, struct tt_str cluster, struct tt_str word,
	struct tt_arena *arena, struct tt_str *ret)
{
	struct api_source *s = (struct api_source *)base;
	struct tt_str path = tt_str_printf(arena, "/clusters/%.*s/apis", TT_STR_ARG(cluster)), body;

	return tt_api_discover(s->api, path.data, arena, &body, NULL) == 0 &&
	       tt_resource_kind(body, word, arena, ret);
}

static void api_wake(struct tt_source *base)
{
	tt_api_wake(((struct api_source *)base)->api);
}

static void api_close(struct tt_source *base)
{
	struct api_source *s = (struct api_source *)base;

	tt_api_close(s->api);
	tt_free(s);
}

static const struct tt_source_ops api_ops = {
	.view = api_view,
	.read = api_read,
	.gaps = api_gaps,
	.info = api_info,
	.kind = api_kind,
	.wake = api_wake,
	.close = api_close,
};

void tt_source_open_api(struct tt_source **ret, struct tt_api *api)
{
	struct api_source *s = tt_calloc(1, sizeof(*s));

	s->base = (struct tt_source){.ops = &api_ops, .where = tt_api_url(api), .is_daemon = true};
	s->api = api;
	*ret = &s->base;
}
