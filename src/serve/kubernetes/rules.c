/* SPDX-License-Identifier: Apache-2.0 */
/* SelfSubjectRulesReview: what a user may do in a namespace. An API server lists the rules of
 * nobody but him who asks; but what is served here is so little that each verb of it can be asked
 * about, by whichever way rights are known. */
#include "base/buf.h"
#include "net/http_server.h"
#include "serve/internal.h"
#include "serve/kubernetes/access.h"
#include "serve/kubernetes/answer.h"
#include "serve/kubernetes/catalog.h"
#include "serve/kubernetes/request.h"
#include "serve/kubernetes/review.h"
#include "serve/kubernetes/served.h"
#include "wire/json.h"

enum { RULES_MAX_BYTES = 64 << 10, VERBS_MAX = 8 };

struct rules {
	struct tt_api_request *r;
	struct tt_str namespace;
	struct tt_buf *to;
	bool any;
	const char *missing; /* why there may be more than is listed; NULL: there is not */
};

static bool may(struct rules *w, const struct tt_access *access)
{
	struct tt_api_request *r = w->r;
	struct tt_err err;
	int allowed = tt_api_may(r, access, &err);

	if (allowed < 0)
		w->missing = tt_str_cstr(r->arena, tt_str_from(err.msg));
	else if (allowed == 0 && w->missing == NULL &&
		 tt_auth_asks(r->serve->auth, &r->user, r->cluster))
		w->missing = "the API server is not asked for rights to single names";
	return allowed == 1;
}

static void put_texts(struct tt_buf *to, const char *name, const struct tt_str *texts, size_t n)
{
	tt_buf_printf(to, "\"%s\":[", name);
	for (size_t i = 0; i < n; i++) {
		tt_buf_text(to, i > 0 ? "," : "");
		tt_json_put_string(to, texts[i]);
	}
	tt_buf_char(to, ']');
}

/* The rule for what `access` names, with those of `verbs` that are allowed; none without any. */
static void put_rule(struct rules *w, struct tt_access access, const char *verbs)
{
	struct tt_str rest = tt_str_from(verbs), allowed[VERBS_MAX];
	size_t n = 0;

	while (n < VERBS_MAX && (access.verb = tt_served_next_verb(&rest)).len > 0)
		if (may(w, &access))
			allowed[n++] = access.verb;
	if (n == 0)
		return;
	tt_buf_text(w->to, w->any ? ",{" : "{");
	put_texts(w->to, "verbs", allowed, n);
	tt_buf_char(w->to, ',');
	put_texts(w->to, "apiGroups", &access.group, 1);
	tt_buf_char(w->to, ',');
	put_texts(w->to, "resources", &access.resource, 1);
	if (access.name.len > 0) {
		tt_buf_char(w->to, ',');
		put_texts(w->to, "resourceNames", &access.name, 1);
	}
	tt_buf_char(w->to, '}');
	w->any = true;
}

/* Of namespaces list and watch, which are for everybody; all of them can be got by who may read all
 * events, else that one, perhaps. */
static void put_namespaces(struct rules *w, struct tt_access access)
{
	bool all = tt_api_may_read_all(w->r);

	put_rule(w, access, all ? "[\"get\",\"list\",\"watch\"]" : "[\"list\",\"watch\"]");
	access.name = w->namespace;
	if (!all)
		put_rule(w, access, "[\"get\"]");
}

static void put_resources(struct rules *w)
{
	struct tt_catalog_resource resource;

	for (size_t i = 0; tt_served_at(i, &resource); i++) {
		struct tt_access access = {.cluster = w->r->cluster,
			.group = resource.group,
			.resource = resource.name,
			.namespace = w->namespace};

		if (tt_str_is(resource.name, "namespaces"))
			put_namespaces(w, access);
		else
			put_rule(w, access, tt_served_verbs(&resource, tt_api_is_writable(w->r)));
	}
}

static void put_paths(struct rules *w)
{
	struct tt_err err;
	const char *path;

	tt_buf_text(w->to, "{\"verbs\":[\"get\"],\"nonResourceURLs\":[");
	for (size_t i = 0; (path = tt_served_path_at(i)) != NULL; i++)
		tt_buf_printf(w->to, "%s\"%s\"", i > 0 ? "," : "", path);
	if (tt_api_may_get(w->r, TT_STR("/metrics"), &err) == 1)
		tt_buf_text(w->to, ",\"/metrics\"");
	tt_buf_text(w->to, "]}");
}

void tt_api_review_rules(struct tt_api_request *r, struct tt_str namespace)
{
	struct tt_buf body;
	struct rules w = {.r = r, .namespace = namespace, .to = &body};

	if (namespace.len == 0) {
		tt_api_fail(r, 400, "no namespace on request");
		return;
	}
	tt_buf_init(&body, RULES_MAX_BYTES);
	tt_buf_text(&body, "{\"kind\":\"SelfSubjectRulesReview\","
			   "\"apiVersion\":\"authorization.k8s.io/v1\","
			   "\"metadata\":{},\"spec\":{},"
			   "\"status\":{\"resourceRules\":[");
	put_resources(&w);
	tt_buf_text(&body, "],\"nonResourceRules\":[");
	put_paths(&w);
	tt_buf_printf(&body, "],\"incomplete\":%s", w.missing != NULL ? "true" : "false");
	if (w.missing != NULL) {
		tt_buf_text(&body, ",\"evaluationError\":");
		tt_json_put_string(&body, tt_str_from(w.missing));
	}
	tt_buf_text(&body, "}}\n");
	tt_http_reply(r->call, 201, "application/json", tt_buf_view(&body));
	tt_buf_release(&body);
}
