/* SPDX-License-Identifier: Apache-2.0 */
#include "serve/kubernetes/kubernetes.h"

#include "base/arena.h"
#include "base/clock.h"
#include "event/selector.h"
#include "net/http_server.h"
#include "serve/internal.h"
#include "serve/kubernetes/access.h"
#include "serve/kubernetes/answer.h"
#include "serve/kubernetes/catalog.h"
#include "serve/kubernetes/namespaces.h"
#include "serve/kubernetes/negotiate.h"
#include "serve/kubernetes/request.h"
#include "serve/kubernetes/state.h"

static bool is_events_or_below(const struct tt_api_url *url)
{
	bool group = (url->group.len == 0 || tt_str_is(url->group, "events.k8s.io")) &&
		     tt_str_is(url->version, "v1");

	return group && tt_str_is(url->resource, "events");
}

/* The events that are written to; what else there is, is read. */
static bool is_events(const struct tt_api_url *url)
{
	return is_events_or_below(url) && url->subresource.len == 0;
}

static bool method_is(const struct tt_api_request *r, const char *method)
{
	return tt_str_is(tt_http_method(r->call), method);
}

/* What the method and the query mean; false: answered. */
static bool take_verb(struct tt_api_request *r)
{
	static const struct {
		const char *method;
		enum tt_api_verb one, all; /* with a name, and without */
	} verbs[] = {
		{"GET", TT_VERB_GET, TT_VERB_LIST},
		{"POST", TT_VERB_CREATE, TT_VERB_CREATE},
		{"PUT", TT_VERB_UPDATE, TT_VERB_UPDATE},
		{"PATCH", TT_VERB_PATCH, TT_VERB_PATCH},
		{"DELETE", TT_VERB_DELETE, TT_VERB_DELETE_COLLECTION},
	};

	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++) {
		if (!method_is(r, verbs[i].method))
			continue;
		r->verb = r->url.name.len > 0 ? verbs[i].one : verbs[i].all;
		if (r->verb == TT_VERB_LIST && tt_api_query_bool(r, "watch"))
			r->verb = TT_VERB_WATCH;
		return true;
	}
	tt_api_fail_method(r);
	return false;
}

/* A list or watch of one name alone takes no more rights than that, as in Kubernetes. A selector
 * that is wrong names nothing, and is refused later. */
static struct tt_str asked_name(struct tt_api_request *r)
{
	struct tt_fieldselector fields = {0};
	struct tt_str text;

	if ((r->verb != TT_VERB_LIST && r->verb != TT_VERB_WATCH) ||
		!tt_http_query(r->call, "fieldSelector", &text) ||
		tt_fieldselector_parse(&fields, r->group, text, r->arena, NULL) != 0)
		return r->url.name;
	for (size_t i = 0; i < fields.n; i++)
		if (fields.terms[i].label == TT_LABEL_METADATA_NAME && !fields.terms[i].negated)
			return fields.terms[i].value;
	return TT_STR("");
}

static bool starts_with_browser(struct tt_str agent)
{
	return tt_str_starts(agent, TT_STR("curl")) || tt_str_starts(agent, TT_STR("Wget")) ||
	       tt_str_starts(agent, TT_STR("Mozilla/5.0"));
}

static bool take_include(struct tt_api_request *r)
{
	struct tt_str text;

	r->as.include = TT_INCLUDE_METADATA;
	if (r->as.as != TT_AS_TABLE || !tt_http_query(r->call, "includeObject", &text) ||
		text.len == 0 || tt_str_is(text, "Metadata"))
		return true;
	if (tt_str_is(text, "Object")) {
		r->as.include = TT_INCLUDE_OBJECT;
		return true;
	}
	if (tt_str_is(text, "None")) {
		r->as.include = TT_INCLUDE_NONE;
		return true;
	}
	tt_api_fail(r, 400, "unrecognized includeObject value: \"%.*s\"", TT_STR_ARG(text));
	return false;
}

/* Nobody can say what will be; false: answered. The clock of who asks may be a little ahead. */
static bool take_time(struct tt_api_request *r)
{
	enum { AHEAD_US = 60 * TT_US_PER_S };

	if (!r->url.is_at || r->url.at_us <= r->now_us)
		return true;
	if (r->url.at_us - r->now_us > AHEAD_US) {
		tt_api_fail(r, 400, "%.*s: this moment is still to come", TT_STR_ARG(r->url.base));
		return false;
	}
	r->url.at_us = r->now_us;
	return true;
}

/* An object cannot be shown as a list, nor a list as an object. */
static bool fits(struct tt_api_request *r, struct tt_str as)
{
	bool is_list = r->verb == TT_VERB_LIST;
	const char *type = is_events(&r->url) ? "Event" : "Namespace";

	if (!tt_str_is(as, is_list ? "PartialObjectMetadata" : "PartialObjectMetadataList") ||
		r->verb == TT_VERB_WATCH || r->verb == TT_VERB_DELETE)
		return true;
	r->as = (struct tt_representation){.pretty = true};
	tt_api_fail(r, 406, "you requested %.*s, but the requested object is %sa list (*core.%s%s)",
		TT_STR_ARG(as), is_list ? "" : "not ", type, is_list ? "List" : "");
	return false;
}

/* How the answer is to look; false: answered. */
static bool take_representation(struct tt_api_request *r)
{
	struct tt_str accept = tt_http_request_header(r->call, "Accept"), as, text;
	enum tt_negotiable what = TT_NEGOTIATE_PLAIN;

	if (r->verb == TT_VERB_WATCH)
		what = TT_NEGOTIATE_WATCH;
	else if (is_events(&r->url) || tt_str_is(r->url.resource, "namespaces"))
		what = TT_NEGOTIATE_EVENTS;
	r->as.group = r->group;
	r->as.now_us = r->url.is_at ? r->url.at_us : r->now_us;
	if (!tt_negotiate_accept(&r->as, accept, what, &as)) {
		tt_api_fail_not_acceptable(r);
		return false;
	}
	if (!fits(r, as))
		return false;
	if (tt_http_query(r->call, "pretty", &text) && text.len > 0)
		r->as.pretty = tt_api_query_bool(r, "pretty");
	else if (starts_with_browser(tt_http_request_header(r->call, "User-Agent")))
		r->as.pretty = true;
	return take_include(r);
}

/* Which cluster is meant, and whether there is one; false: answered. */
static bool take_cluster(struct tt_api_request *r)
{
	if (r->has_cluster)
		return true;
	if (r->url.cluster.len > 0)
		tt_api_fail(r, 404, "there is no cluster \"%.*s\"", TT_STR_ARG(r->url.cluster));
	else
		tt_api_fail(r, 404, "there is no cluster yet");
	return false;
}

static void answer_write(struct tt_api_request *r)
{
	if (!tt_api_is_writable(r))
		tt_api_fail(r, 405, "%s", tt_api_read_only(r));
	else if (r->url.namespace.len == 0)
		tt_api_fail_method(r);
	else if (r->verb == TT_VERB_DELETE_COLLECTION)
		tt_api_fail(r, 405, "events are deleted one by one here, each by its name");
	else if (r->verb == TT_VERB_CREATE)
		tt_api_create(r);
	else if (r->verb == TT_VERB_UPDATE)
		tt_api_update(r);
	else if (r->verb == TT_VERB_PATCH)
		tt_api_patch(r);
	else
		tt_api_delete(r);
}

static void answer_events(struct tt_api_request *r)
{
	bool named = r->url.name.len > 0;

	if (named && r->url.namespace.len == 0)
		tt_api_fail_no_resource(r);
	else if (r->verb == TT_VERB_GET)
		tt_api_get(r);
	else if (r->verb == TT_VERB_LIST)
		tt_api_list(r);
	else if (r->verb == TT_VERB_WATCH)
		tt_api_watch(r);
	else if ((r->verb == TT_VERB_CREATE || r->verb == TT_VERB_DELETE_COLLECTION) == named)
		tt_api_fail_method(r);
	else
		answer_write(r);
}

static bool is_at(const struct tt_api_url *url, const char *group, const char *resource)
{
	return tt_str_is(url->group, group) && tt_str_is(url->version, "v1") &&
	       tt_str_is(url->resource, resource) && url->subresource.len == 0;
}

static bool is_review(const struct tt_api_url *url)
{
	return is_at(url, "authorization.k8s.io", "selfsubjectaccessreviews") ||
	       is_at(url, "authorization.k8s.io", "selfsubjectrulesreviews") ||
	       is_at(url, "authentication.k8s.io", "selfsubjectreviews");
}

static void answer_namespaces(struct tt_api_request *r)
{
	if (r->verb == TT_VERB_GET || r->verb == TT_VERB_LIST)
		tt_api_namespaces(r);
	else if (r->verb == TT_VERB_WATCH)
		tt_api_watch_namespaces(r);
	else
		tt_api_fail(r, 405, "namespaces can be listed, read and watched here, not written");
}

/* Whether `c`, which is done with, has the resource. */
static bool is_in(struct tt_catalog *c, const struct tt_api_url *url)
{
	bool found = false;

	for (size_t i = 0; i < c->n && !found; i++)
		found = tt_str_eq(c->resources[i].group, url->group) &&
			tt_str_eq(c->resources[i].version, url->version) &&
			tt_str_eq(c->resources[i].name, url->resource);
	tt_catalog_unref(c);
	return found;
}

/* Whether the cluster has such a resource, which may be new. */
static bool is_known(struct tt_api_request *r)
{
	return is_in(tt_api_catalog(r->serve, r->cluster), &r->url) ||
	       is_in(tt_api_catalog_early(r->serve, r->cluster), &r->url);
}

/* Who asks for a resource that his cluster has must not take it for gone; the address is said in
 * either case, as that server may have more by now. */
static void fail_elsewhere(struct tt_api_request *r)
{
	bool known = is_known(r);

	if (known && r->url.subresource.len > 0 && tt_str_is(r->url.resource, "events")) {
		tt_api_fail_no_resource(r);
		return;
	}
	tt_api_fail(r, known ? 405 : 404, "%s%s",
		known ? "" : "the server could not find the requested resource; ",
		tt_api_elsewhere(r, r->url.resource));
}

static void answer_object(struct tt_api_request *r)
{
	if (!take_verb(r) || !take_time(r) || !take_representation(r))
		return;
	r->name = asked_name(r);
	if (is_review(&r->url)) {
		if (tt_api_may_know(r) && take_cluster(r))
			tt_api_review(r);
		return;
	}
	bool events = is_events(&r->url), namespaces = is_at(&r->url, "", "namespaces");

	if (!(events || namespaces ? tt_api_authorize(r) : tt_api_may_know(r)) || !take_cluster(r))
		return;
	if (events)
		answer_events(r);
	else if (namespaces)
		answer_namespaces(r);
	else if (is_events_or_below(&r->url))
		tt_api_fail_no_resource(r);
	else
		fail_elsewhere(r);
}

static void answer(struct tt_api_request *r)
{
	if (r->url.place == TT_API_OBJECT)
		answer_object(r);
	else if (!method_is(r, "GET"))
		tt_api_fail_method(r);
	else if (r->url.place == TT_API_NOWHERE)
		tt_api_fail_no_resource(r);
	else if (!tt_api_may_know(r) || !take_cluster(r))
		return;
	else if (r->url.place == TT_API_OPENAPI || r->url.place == TT_API_OTHER)
		tt_api_other(r);
	else
		tt_api_discover(r);
}

/* Whether the version of an API server is asked for; without a cluster there is only ours. */
static bool is_version(struct tt_api_request *r)
{
	return tt_str_is(r->url.rest, "/version") &&
	       tt_serve_find_cluster(r->serve, TT_STR(""), &r->cluster, &r->kind, r->arena);
}

bool tt_kubernetes_handle(struct tt_serve *serve, struct tt_http_call *call)
{
	struct tt_api_request *r = tt_arena_new(tt_http_arena(call), struct tt_api_request, 1);
	struct tt_err err;

	r->serve = serve;
	r->call = call;
	r->arena = tt_http_arena(call);
	r->now_us = tt_clock_wall_us(serve->clock);
	if (tt_api_url_parse(&r->url, tt_http_path(call), &err) != 0) {
		tt_api_fail(r, 404, "%s", err.msg);
		return true;
	}
	if (r->url.place == TT_API_OTHER && r->url.base.len == 0 && !is_version(r))
		return false;
	if (tt_str_is(r->url.group, "events.k8s.io"))
		r->group = TT_GROUP_EVENTS;
	r->cluster = r->url.cluster;
	r->has_cluster = tt_serve_find_cluster(
		serve, r->url.cluster, &r->cluster, &r->kind, r->arena);
	if (tt_api_authenticate(r))
		answer(r);
	return true;
}
