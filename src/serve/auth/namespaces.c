/* SPDX-License-Identifier: Apache-2.0 */
#include "serve/auth/namespaces.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/timestamp.h"
#include "kube/client.h"
#include "serve/auth/reviewer.h"
#include "serve/auth/since.h"
#include "wire/json.h"

enum { PAGE = 500, PAGES_MAX = TT_SINCE_MAX / PAGE };

/* What is read of an object with metadata, or of a list of them. */
struct meta {
	struct tt_str name, continue_token;
	int64_t made_us;
};

bool tt_namespace_is_valid(struct tt_str namespace)
{
	if (namespace.len == 0 || namespace.len > 63)
		return false;
	for (size_t i = 0; i < namespace.len; i++) {
		char c = namespace.data[i];

		if ((c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-')
			return false;
	}
	return true;
}

static void read_meta(struct tt_json_reader *r, struct meta *to)
{
	struct tt_str key;

	if (!tt_json_enter_object(r))
		return;
	while (tt_json_next_key(r, &key)) {
		if (tt_str_is(key, "name"))
			to->name = tt_json_string(r);
		else if (tt_str_is(key, "continue"))
			to->continue_token = tt_json_string(r);
		else if (!tt_str_is(key, "creationTimestamp"))
			(void)tt_json_skip(r);
		else if (!tt_time_parse(tt_json_string(r), false, &to->made_us))
			to->made_us = TT_TIME_ZERO;
	}
}

static void note(struct tt_since *since, struct tt_str cluster, const struct meta *m,
	const struct tt_clock *clock)
{
	struct tt_since_entry entry = {.cluster = cluster,
		.namespace = m->name,
		.made_us = m->made_us,
		.checked_ns = tt_clock_mono_ns(clock),
		.checked = true};

	if (tt_namespace_is_valid(m->name) && m->made_us != TT_TIME_ZERO)
		tt_since_set(since, &entry);
}

int tt_namespace_ask(struct tt_reviewer *reviewer, struct tt_str cluster, struct tt_str namespace,
	struct tt_since *since, const struct tt_clock *clock, int64_t *ret_us)
{
	struct meta meta = {.made_us = TT_TIME_ZERO};
	struct tt_ask ask = {.lane = TT_LANE_RIGHTS};
	struct tt_arena arena = {0};
	struct tt_json_reader r;
	struct tt_str body, key;
	int rc;

	ask.path = tt_str_printf(&arena, "/api/v1/namespaces/%.*s", TT_STR_ARG(namespace)).data;
	rc = tt_reviewer_ask(reviewer, &ask, &arena, &body, NULL);
	if (rc == 0) {
		tt_json_reader_init(&r, body, &arena);
		if (tt_json_enter_object(&r))
			while (tt_json_next_key(&r, &key)) {
				if (tt_str_is(key, "metadata"))
					read_meta(&r, &meta);
				else
					(void)tt_json_skip(&r);
			}
		if (tt_json_reader_end(&r, true, NULL) != 0 || meta.made_us == TT_TIME_ZERO ||
			!tt_str_eq(meta.name, namespace))
			rc = TT_EAGAIN;
	}
	if (rc == 0) {
		note(since, cluster, &meta, clock);
		*ret_us = meta.made_us;
	}
	tt_arena_release(&arena);
	return rc;
}

static void read_item(struct tt_json_reader *r, struct tt_since *since, struct tt_str cluster,
	const struct tt_clock *clock)
{
	struct meta meta = {.made_us = TT_TIME_ZERO};
	struct tt_str key;

	if (!tt_json_enter_object(r))
		return;
	while (tt_json_next_key(r, &key)) {
		if (tt_str_is(key, "metadata"))
			read_meta(r, &meta);
		else
			(void)tt_json_skip(r);
	}
	note(since, cluster, &meta, clock);
}

/* One page; its continue token in `token`. */
static int read_page(struct tt_str body, struct tt_since *since, struct tt_str cluster,
	const struct tt_clock *clock, struct tt_buf *token)
{
	struct meta meta = {0};
	struct tt_arena arena = {0};
	struct tt_json_reader r;
	struct tt_str key;
	int rc;

	tt_json_reader_init(&r, body, &arena);
	if (tt_json_enter_object(&r))
		while (tt_json_next_key(&r, &key)) {
			if (tt_str_is(key, "metadata"))
				read_meta(&r, &meta);
			else if (!tt_str_is(key, "items"))
				(void)tt_json_skip(&r);
			else if (tt_json_enter_array(&r))
				while (tt_json_next_item(&r))
					read_item(&r, since, cluster, clock);
		}
	rc = tt_json_reader_end(&r, true, NULL);
	tt_buf_clear(token);
	tt_buf_str(token, meta.continue_token);
	tt_arena_release(&arena);
	return rc == 0 ? 0 : TT_EAGAIN;
}

int tt_namespaces_ask_all(struct tt_reviewer *reviewer, struct tt_str cluster,
	struct tt_since *since, const struct tt_clock *clock)
{
	struct tt_arena arena = {0};
	struct tt_buf token, path;
	struct tt_str body;
	int rc = 0;

	tt_buf_init(&token, 65536);
	tt_buf_init(&path, 4 * 65536);
	for (int page = 0; page < PAGES_MAX; page++) {
		tt_buf_clear(&path);
		tt_buf_printf(&path, "/api/v1/namespaces?limit=%d", PAGE);
		if (token.len > 0) {
			tt_buf_text(&path, "&continue=");
			tt_kube_put_escaped(&path, tt_buf_view(&token));
		}
		struct tt_ask ask = {.lane = TT_LANE_RIGHTS, .path = path.data};

		tt_arena_clear(&arena);
		rc = tt_reviewer_ask(reviewer, &ask, &arena, &body, NULL);
		if (rc == 0)
			rc = read_page(body, since, cluster, clock, &token);
		if (rc != 0 || token.len == 0)
			break;
	}
	tt_buf_release(&path);
	tt_buf_release(&token);
	tt_arena_release(&arena);
	return rc;
}
