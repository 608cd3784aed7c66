/* SPDX-License-Identifier: Apache-2.0 */
/* Discovery, in its old and its aggregated form: the resources of the cluster, of which only those
 * that are served here have verbs. */
#include <stdio.h>

#include "base/buf.h"
#include "net/http_server.h"
#include "serve/internal.h"
#include "serve/kubernetes/answer.h"
#include "serve/kubernetes/catalog.h"
#include "serve/kubernetes/negotiate.h"
#include "serve/kubernetes/request.h"
#include "serve/kubernetes/served.h"
#include "serve/kubernetes/state.h"
#include "wire/json.h"

enum { DISCOVERY_MAX_BYTES = 8 << 20 };

static bool same_group(const struct tt_catalog_resource *a, const struct tt_catalog_resource *b)
{
	return tt_str_eq(a->group, b->group);
}

static bool same_version(const struct tt_catalog_resource *a, const struct tt_catalog_resource *b)
{
	return same_group(a, b) && tt_str_eq(a->version, b->version);
}

/* Whether `i` is the first resource of its group, or of its version. */
static bool begins_group(const struct tt_catalog *c, size_t i)
{
	return i == 0 || !same_group(&c->resources[i - 1], &c->resources[i]);
}

static bool begins_version(const struct tt_catalog *c, size_t i)
{
	return i == 0 || !same_version(&c->resources[i - 1], &c->resources[i]);
}

static void put_member(struct tt_buf *to, const char *name, struct tt_str value)
{
	tt_buf_printf(to, "\"%s\":", name);
	tt_json_put_string(to, value);
}

static void put_group_version(
	struct tt_buf *to, const char *name, const struct tt_catalog_resource *r)
{
	char text[600];
	int n = snprintf(text, sizeof(text), "%.*s%s%.*s", TT_STR_ARG(r->group),
		r->group.len > 0 ? "/" : "", TT_STR_ARG(r->version));

	put_member(to, name, (struct tt_str){text, n < (int)sizeof(text) ? (size_t)n : 0});
}

static void put_short_names(struct tt_buf *to, const struct tt_catalog_resource *r)
{
	if (r->n_short_names == 0)
		return;
	tt_buf_text(to, ",\"shortNames\":[");
	for (size_t i = 0; i < r->n_short_names; i++) {
		if (i > 0)
			tt_buf_char(to, ',');
		tt_json_put_string(to, r->short_names[i]);
	}
	tt_buf_char(to, ']');
}

/* How the group, or the version, that begins with resource `i` is told. */
typedef void (*put_fn)(
	struct tt_api_request *r, struct tt_buf *to, const struct tt_catalog *c, size_t i);

/* Each version of the group that begins with resource `first`. */
static void put_versions(struct tt_api_request *r, struct tt_buf *to, const struct tt_catalog *c,
	size_t first, put_fn put)
{
	for (size_t i = first; i < c->n && same_group(&c->resources[first], &c->resources[i]);
		i++) {
		if (i > first && !begins_version(c, i))
			continue;
		if (i > first)
			tt_buf_char(to, ',');
		put(r, to, c, i);
	}
}

/* Of /api the group without a name, of /apis each of the others. */
static void put_groups(
	struct tt_api_request *r, struct tt_buf *to, const struct tt_catalog *c, put_fn put)
{
	bool core = r->url.place == TT_API_VERSIONS, any = false;

	for (size_t i = 0; i < c->n; i++) {
		if ((c->resources[i].group.len == 0) != core || !begins_group(c, i))
			continue;
		if (any)
			tt_buf_char(to, ',');
		put(r, to, c, i);
		any = true;
	}
}

/* --- the old form --- */

static void put_version(
	struct tt_api_request *r, struct tt_buf *to, const struct tt_catalog *c, size_t i)
{
	(void)r;
	tt_buf_char(to, '{');
	put_group_version(to, "groupVersion", &c->resources[i]);
	tt_buf_char(to, ',');
	put_member(to, "version", c->resources[i].version);
	tt_buf_char(to, '}');
}

/* {"name", "versions", "preferredVersion"} of the group, without the first brace. */
static void put_group_members(
	struct tt_api_request *r, struct tt_buf *to, const struct tt_catalog *c, size_t first)
{
	put_member(to, "name", c->resources[first].group);
	tt_buf_text(to, ",\"versions\":[");
	put_versions(r, to, c, first, put_version);
	tt_buf_text(to, "],\"preferredVersion\":");
	put_version(r, to, c, first);
	tt_buf_char(to, '}');
}

static void put_group(
	struct tt_api_request *r, struct tt_buf *to, const struct tt_catalog *c, size_t first)
{
	tt_buf_char(to, '{');
	put_group_members(r, to, c, first);
}

static void put_all_groups(struct tt_api_request *r, struct tt_buf *to, const struct tt_catalog *c)
{
	tt_buf_text(to, "{\"kind\":\"APIGroupList\",\"apiVersion\":\"v1\",\"groups\":[");
	put_groups(r, to, c, put_group);
	tt_buf_text(to, "]}\n");
}

static void put_resource(struct tt_buf *to, const struct tt_catalog_resource *r, const char *verbs)
{
	tt_buf_char(to, '{');
	put_member(to, "name", r->name);
	tt_buf_char(to, ',');
	put_member(to, "singularName", r->singular);
	tt_buf_printf(to, ",\"namespaced\":%s,", r->namespaced ? "true" : "false");
	put_member(to, "kind", r->kind);
	tt_buf_printf(to, ",\"verbs\":%s", verbs);
	put_short_names(to, r);
	tt_buf_char(to, '}');
}

/* The resources of a version; false if there is none. */
static bool put_resources(struct tt_api_request *r, struct tt_buf *to, const struct tt_catalog *c)
{
	struct tt_catalog_resource wanted = {.group = r->url.group, .version = r->url.version};
	bool any = false;

	tt_buf_text(to, "{\"kind\":\"APIResourceList\",\"apiVersion\":\"v1\",");
	put_group_version(to, "groupVersion", &wanted);
	tt_buf_text(to, ",\"resources\":[");
	for (size_t i = 0; i < c->n; i++) {
		if (!same_version(&wanted, &c->resources[i]))
			continue;
		if (any)
			tt_buf_char(to, ',');
		put_resource(to, &c->resources[i],
			tt_served_verbs(&c->resources[i], tt_api_is_writable(r)));
		any = true;
	}
	tt_buf_text(to, "]}\n");
	return any;
}

static bool put_one_group(struct tt_api_request *r, struct tt_buf *to, const struct tt_catalog *c)
{
	for (size_t i = 0; i < c->n; i++) {
		if (!tt_str_eq(c->resources[i].group, r->url.group))
			continue;
		tt_buf_text(to, "{\"kind\":\"APIGroup\",\"apiVersion\":\"v1\",");
		put_group_members(r, to, c, i);
		tt_buf_char(to, '\n');
		return true;
	}
	return false;
}

/* --- the aggregated form --- */

static void put_aggregated_resource(
	struct tt_buf *to, const struct tt_catalog_resource *r, const char *verbs)
{
	tt_buf_char(to, '{');
	put_member(to, "resource", r->name);
	tt_buf_text(to, ",\"responseKind\":{");
	put_member(to, "group", r->group);
	tt_buf_char(to, ',');
	put_member(to, "version", r->version);
	tt_buf_char(to, ',');
	put_member(to, "kind", r->kind);
	tt_buf_printf(to, "},\"scope\":\"%s\",", r->namespaced ? "Namespaced" : "Cluster");
	put_member(to, "singularResource", r->singular);
	tt_buf_printf(to, ",\"verbs\":%s", verbs);
	put_short_names(to, r);
	tt_buf_char(to, '}');
}

static void put_aggregated_version(
	struct tt_api_request *r, struct tt_buf *to, const struct tt_catalog *c, size_t first)
{
	const struct tt_catalog_resource *v = &c->resources[first];

	tt_buf_char(to, '{');
	put_member(to, "version", v->version);
	tt_buf_text(to, ",\"resources\":[");
	for (size_t i = first; i < c->n && same_version(v, &c->resources[i]); i++) {
		if (i > first)
			tt_buf_char(to, ',');
		put_aggregated_resource(to, &c->resources[i],
			tt_served_verbs(&c->resources[i], tt_api_is_writable(r)));
	}
	tt_buf_text(to, "],\"freshness\":\"Current\"}");
}

static void put_aggregated_group(
	struct tt_api_request *r, struct tt_buf *to, const struct tt_catalog *c, size_t first)
{
	struct tt_str group = c->resources[first].group;

	tt_buf_text(to, "{\"metadata\":{");
	if (group.len > 0)
		put_member(to, "name", group);
	tt_buf_text(to, "},\"versions\":[");
	put_versions(r, to, c, first, put_aggregated_version);
	tt_buf_text(to, "]}");
}

static void put_aggregated(
	struct tt_api_request *r, struct tt_buf *to, const struct tt_catalog *c, int version)
{
	tt_buf_printf(to,
		"{\"kind\":\"APIGroupDiscoveryList\",\"apiVersion\":\"apidiscovery.k8s.io/%s\","
		"\"metadata\":{},\"items\":[",
		version == 2 ? "v2" : "v2beta1");
	put_groups(r, to, c, put_aggregated_group);
	tt_buf_text(to, "]}\n");
}

static const char *aggregated_type(int version)
{
	return version == 2 ? "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"
			    : "application/json;g=apidiscovery.k8s.io;v=v2beta1;"
			      "as=APIGroupDiscoveryList";
}

static bool put_place(struct tt_api_request *r, struct tt_buf *to, const struct tt_catalog *c)
{
	switch (r->url.place) {
	case TT_API_VERSIONS:
		tt_buf_text(to, "{\"kind\":\"APIVersions\",\"versions\":[\"v1\"],"
				"\"serverAddressByClientCIDRs\":[]}\n");
		return true;
	case TT_API_GROUPS: put_all_groups(r, to, c); return true;
	case TT_API_ONE_GROUP: return put_one_group(r, to, c);
	default: return put_resources(r, to, c);
	}
}

/* False if there is no such group or version, not even if it is new. */
static bool put_found(struct tt_api_request *r, struct tt_buf *to, struct tt_catalog **c)
{
	if (put_place(r, to, *c))
		return true;
	tt_catalog_unref(*c);
	*c = tt_api_catalog_early(r->serve, r->cluster);
	tt_buf_clear(to);
	return put_place(r, to, *c);
}

void tt_api_discover(struct tt_api_request *r)
{
	bool is_root = r->url.place == TT_API_VERSIONS || r->url.place == TT_API_GROUPS;
	struct tt_str accept = tt_http_request_header(r->call, "Accept");
	int version = tt_negotiate_discovery(accept);
	const char *type = "application/json";
	struct tt_representation as;
	struct tt_catalog *c;
	bool found = true;
	struct tt_buf body;
	struct tt_str kind;

	tt_http_add_header(r->call, "Vary", "Accept");
	if (version == 0 && !tt_negotiate_accept(&as, accept, TT_NEGOTIATE_PLAIN, &kind)) {
		tt_api_fail_not_acceptable(r);
		return;
	}
	c = tt_api_catalog(r->serve, r->cluster);
	tt_buf_init(&body, DISCOVERY_MAX_BYTES);
	if (is_root && version > 0) {
		put_aggregated(r, &body, c, version);
		type = aggregated_type(version);
	} else {
		found = put_found(r, &body, &c);
	}
	tt_catalog_unref(c);
	if (found)
		tt_api_send(r, 200, type, &body);
	else
		tt_api_fail_no_resource(r);
	tt_buf_release(&body);
}
