/* SPDX-License-Identifier: Apache-2.0 */
#include "serve/kubernetes/url.h"

#include "base/clock.h"
#include "tap/tap.h"

static const int64_t HOUR_US = 3600ll * TT_US_PER_S;
static const int64_t AT_US = 1763607600ll * TT_US_PER_S; /* 2025-11-20T03:00:00Z */

struct path_case {
	const char *path;
	struct tt_api_url want; /* empty texts as NULL */
};

static void check(const struct path_case *c)
{
	struct tt_api_url url;
	struct tt_err err = {0};
	int rc = tt_api_url_parse(&url, tt_str_from(c->path), &err);

	if (!tap_okf(rc == 0, "%s: %s", c->path, err.msg))
		return;
	bool same = url.place == c->want.place && tt_str_eq(url.cluster, c->want.cluster) &&
		    tt_str_eq(url.group, c->want.group) &&
		    tt_str_eq(url.version, c->want.version) &&
		    tt_str_eq(url.namespace, c->want.namespace) &&
		    tt_str_eq(url.resource, c->want.resource) &&
		    tt_str_eq(url.name, c->want.name) &&
		    tt_str_eq(url.subresource, c->want.subresource);

	tap_okf(same, "%s: place %d, cluster %.*s, group %.*s, namespace %.*s, %.*s/%.*s", c->path,
		url.place, TT_STR_ARG(url.cluster), TT_STR_ARG(url.group),
		TT_STR_ARG(url.namespace), TT_STR_ARG(url.resource), TT_STR_ARG(url.name));
	tap_okf(url.window_us == c->want.window_us, "%s: window %lld us", c->path,
		(long long)url.window_us);
	tap_okf(url.is_at == c->want.is_at && url.at_us == c->want.at_us &&
			url.has_time == c->want.has_time,
		"%s: at %lld", c->path, (long long)url.at_us);
}

static void a_path_names_cluster_time_and_resource(void)
{
	const struct tt_str prod = TT_STR("prod"), v1 = TT_STR("v1"), events = TT_STR("events");
	const int64_t day = 24 * HOUR_US;
	const struct path_case cases[] = {
		{"/api", {.place = TT_API_VERSIONS, .window_us = day}},
		{"/api/", {.place = TT_API_VERSIONS, .window_us = day}},
		{"/apis", {.place = TT_API_GROUPS, .window_us = day}},
		{"/apis/apps",
			{.place = TT_API_ONE_GROUP, .group = TT_STR("apps"), .window_us = day}},
		{"/api/v1", {.place = TT_API_RESOURCES, .version = v1, .window_us = day}},
		{"/apis/events.k8s.io/v1", {.place = TT_API_RESOURCES,
						   .group = TT_STR("events.k8s.io"),
						   .version = v1,
						   .window_us = day}},
		{"/api/v1/events", {.place = TT_API_OBJECT,
					   .version = v1,
					   .resource = events,
					   .window_us = day}},
		{"/clusters/prod/last/7d/api/v1/namespaces/shop/events/web.1",
			{.place = TT_API_OBJECT,
				.cluster = prod,
				.version = v1,
				.namespace = TT_STR("shop"),
				.resource = events,
				.name = TT_STR("web.1"),
				.has_time = true,
				.window_us = 7 * day}},
		{"/clusters/prod/at/2025-11-20T03:00:00Z/apis/events.k8s.io/v1/events",
			{.place = TT_API_OBJECT,
				.cluster = prod,
				.group = TT_STR("events.k8s.io"),
				.version = v1,
				.resource = events,
				.has_time = true,
				.is_at = true,
				.at_us = AT_US,
				.window_us = day}},
		{"/clusters/prod/at/2025-11-20T04:00:00+01:00/last/6h/api",
			{.place = TT_API_VERSIONS,
				.cluster = prod,
				.has_time = true,
				.is_at = true,
				.at_us = AT_US,
				.window_us = 6 * HOUR_US}},
		{"/api/v1/namespaces", {.place = TT_API_OBJECT,
					       .version = v1,
					       .resource = TT_STR("namespaces"),
					       .window_us = day}},
		{"/api/v1/namespaces/shop", {.place = TT_API_OBJECT,
						    .version = v1,
						    .resource = TT_STR("namespaces"),
						    .name = TT_STR("shop"),
						    .window_us = day}},
		{"/api/v1/namespaces/shop/status", {.place = TT_API_OBJECT,
							   .version = v1,
							   .resource = TT_STR("namespaces"),
							   .name = TT_STR("shop"),
							   .subresource = TT_STR("status"),
							   .window_us = day}},
		{"/api/v1/namespaces/shop/pods/web/log", {.place = TT_API_OBJECT,
								 .version = v1,
								 .namespace = TT_STR("shop"),
								 .resource = TT_STR("pods"),
								 .name = TT_STR("web"),
								 .subresource = TT_STR("log"),
								 .window_us = day}},
		{"/api/v1/namespaces/shop/pods/web/proxy/x/y",
			{.place = TT_API_NOWHERE,
				.version = v1,
				.namespace = TT_STR("shop"),
				.resource = TT_STR("pods"),
				.name = TT_STR("web"),
				.subresource = TT_STR("proxy"),
				.window_us = day}},
		{"/openapi/v2", {.place = TT_API_OPENAPI, .window_us = day}},
		{"/version", {.place = TT_API_OTHER, .window_us = day}},
		{"/apiserver", {.place = TT_API_OTHER, .window_us = day}},
		{"", {.place = TT_API_OTHER, .window_us = day}},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		check(&cases[i]);
}

static void what_is_no_time_is_said(void)
{
	static const struct {
		const char *path, *problem;
	} cases[] = {
		{"/clusters", "the name of a cluster is missing"},
		{"/clusters/prod/at/yesterday/api", "at/yesterday: not an RFC 3339 time"},
		{"/clusters/prod/at", "at/: not an RFC 3339 time"},
		{"/clusters/prod/last/7x/api", "last/7x: "},
		{"/clusters/prod/last/0/api", "last/0: must be more than nothing"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct tt_api_url url;
		struct tt_err err = {0};

		tap_int(tt_api_url_parse(&url, tt_str_from(cases[i].path), &err), TT_EINVAL);
		tap_okf(tt_str_find(tt_str_from(err.msg), tt_str_from(cases[i].problem)) >= 0,
			"%s: %s", cases[i].path, err.msg);
	}
}

int main(void)
{
	tap_test("a path names cluster, time and resource", a_path_names_cluster_time_and_resource);
	tap_test("what is no time is said", what_is_no_time_is_said);
	return tap_done();
}
