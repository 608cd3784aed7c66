/* SPDX-License-Identifier: Apache-2.0 */
#include "serve/kubernetes/namespaces.h"

#include <stdlib.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "net/http_server.h"
#include "serve/internal.h"
#include "serve/kubernetes/access.h"
#include "serve/kubernetes/answer.h"
#include "serve/kubernetes/namespace_object.h"
#include "serve/kubernetes/request.h"
#include "serve/kubernetes/view.h"

enum {
	NAMESPACES_MAX_BYTES = 16 << 20,
	QUESTIONS_MAX = 400, /* what Kubernetes' delegated authorizers may ask at once */
};

static const int64_t QUESTIONS_NS = 5ll * TT_NS_PER_S;

/* --- which there are --- */

static bool matches(const struct tt_api_view *view, struct tt_str name)
{
	struct tt_label label = {TT_STR(TT_NAMESPACE_LABEL), name};
	struct tt_event e;

	tt_event_init(&e);
	e.metadata.name = name;
	return (view->filter.selector == NULL ||
		       tt_fieldselector_matches(view->filter.selector, &e)) &&
	       (view->filter.labels == NULL ||
		       tt_labelselector_matches(view->filter.labels, &label, 1));
}

/* Those that have events and match, whoever may read them; the busiest first. */
static int find_all(struct tt_api_request *r, const struct tt_api_view *view,
	struct tt_namespaces *ret, struct tt_arena *arena, struct tt_err *err)
{
	struct tt_filter filter = view->filter;
	struct tt_event_counts all;
	struct tt_reader *reader;
	int rc = tt_readers_borrow(&r->serve->readers, &reader, err);

	if (rc != 0)
		return rc;
	filter.selector = NULL; /* these are of namespaces */
	filter.labels = NULL;
	rc = tt_reader_count_namespaces(reader,
		&(struct tt_view){.filter = &filter, .max_seq = view->seq}, &all, arena, err);
	tt_readers_done(&r->serve->readers, reader);
	if (rc != 0)
		return rc;
	*ret = (struct tt_namespaces){.names = tt_arena_new(arena, struct tt_str, all.n)};
	for (size_t i = 0; i < all.n; i++)
		if (matches(view, all.items[i].name))
			ret->names[ret->n++] = all.items[i].name;
	return 0;
}

static int compare(const void *a, const void *b)
{
	return tt_str_cmp(*(const struct tt_str *)a, *(const struct tt_str *)b);
}

static bool holds(const struct tt_namespaces *known, struct tt_str name)
{
	return known != NULL && known->n > 0 &&
	       bsearch(&name, known->names, known->n, sizeof(name), compare) != NULL;
}

/* Leaves those that may be read, and of the undecided those that are known, sorted by name. The
 * busiest are asked for first. */
static int keep_readable(struct tt_api_request *r, const struct tt_namespaces *known,
	struct tt_namespaces *all, struct tt_arena *arena, struct tt_err *err)
{
	int may = tt_api_may_read(r, TT_STR(""));
	const struct tt_access list = {
		.cluster = r->cluster, .verb = TT_STR("list"), .resource = TT_STR("events")};
	struct tt_auth_each each = {.namespaces = all->names,
		.may = tt_arena_new(arena, int, all->n),
		.n = all->n,
		.max_questions = QUESTIONS_MAX,
		.max_ns = QUESTIONS_NS,
		.failed = may < 0};

	if (may != 1) {
		tt_auth_allows_each(r->serve->auth, &r->user, &list, &each);
		all->n = 0;
		for (size_t i = 0; i < each.n; i++)
			if (each.may[i] == 1 || (each.may[i] < 0 && holds(known, all->names[i])))
				all->names[all->n++] = all->names[i];
		all->undecided = each.undecided;
		all->unanswered = each.failed;
	}
	if (known == NULL && all->unanswered && each.n > 0 && all->undecided == each.n)
		return tt_fail(err, TT_EAGAIN, "the API server of cluster \"%.*s\" does not answer",
			TT_STR_ARG(r->cluster));
	qsort(all->names, all->n, sizeof(*all->names), compare);
	return 0;
}

int tt_api_find_namespaces(struct tt_api_request *r, const struct tt_api_view *view,
	const struct tt_namespaces *known, struct tt_namespaces *ret, struct tt_arena *arena,
	struct tt_err *err)
{
	int rc = find_all(r, view, ret, arena, err);

	return rc == 0 ? keep_readable(r, known, ret, arena, err) : rc;
}

/* --- get and list --- */

static void reply(struct tt_api_request *r, struct tt_buf *json)
{
	struct tt_representation as = r->as;
	struct tt_buf text;

	if (json->failed) {
		tt_api_fail(r, 500, "these are more namespaces than can be listed at once");
		return;
	}
	if (!tt_serve_reserve(r->call, 2 * json->len))
		return;
	if (as.format == TT_FORMAT_PROTOBUF)
		as.format = TT_FORMAT_JSON; /* the Content-Type says so */
	tt_buf_char(json, '\n');
	tt_buf_init(&text, 4 * (size_t)NAMESPACES_MAX_BYTES);
	tt_represent_text(&text, &as, tt_buf_view(json));
	tt_api_send(r, 200, tt_representation_content_type(&as, false), &text);
}

static void warn_of_undecided(struct tt_api_request *r, const struct tt_namespaces *all)
{
	const char *before = "whether you may read them is too much to ask ";
	const char *after = " at once; name one, or try again";

	if (all->unanswered) {
		before = "";
		after = ", which knows whether you may read them, does not answer";
	}
	tt_serve_warn(
		r->call, tt_str_printf(r->arena,
				 "%zu more namespaces are not listed: %sthe API server of cluster "
				 "\"%.*s\"%s",
				 all->undecided, before, TT_STR_ARG(r->cluster), after));
}

static void send_list(
	struct tt_api_request *r, const struct tt_namespaces *all, const struct tt_api_view *view)
{
	struct tt_buf json;

	if (all->undecided > 0)
		warn_of_undecided(r, all);
	tt_buf_init(&json, NAMESPACES_MAX_BYTES);
	tt_namespaces_put_begin(r, &json, view->seq);
	for (size_t i = 0; i < all->n; i++)
		tt_namespaces_put_item(
			r, &json, &(struct tt_namespace){all->names[i], view->seq, false}, i == 0);
	tt_namespaces_put_end(&json);
	reply(r, &json);
	tt_buf_release(&json);
}

static void send_one(
	struct tt_api_request *r, const struct tt_namespaces *all, const struct tt_api_view *view)
{
	struct tt_buf json;
	bool found = false;

	for (size_t i = 0; i < all->n && !found; i++)
		found = tt_str_eq(all->names[i], r->url.name);
	if (!found) {
		tt_api_fail_not_found(r);
		return;
	}
	tt_buf_init(&json, NAMESPACES_MAX_BYTES);
	tt_namespace_put(r, &json, &(struct tt_namespace){r->url.name, view->seq, false});
	reply(r, &json);
	tt_buf_release(&json);
}

void tt_api_namespaces(struct tt_api_request *r)
{
	struct tt_namespaces all;
	struct tt_api_view view;
	struct tt_err err;

	if (!tt_api_view_make(r, &view))
		return;
	if (find_all(r, &view, &all, r->arena, &err) != 0)
		tt_api_fail_err(r, &err);
	else if (r->verb == TT_VERB_LIST && keep_readable(r, NULL, &all, r->arena, &err) != 0)
		tt_api_fail(r, 503, "%s", err.msg);
	else if (r->verb == TT_VERB_LIST)
		send_list(r, &all, &view);
	else
		send_one(r, &all, &view);
}
