/* SPDX-License-Identifier: Apache-2.0 */
/* url.h - what the path of a request names: a cluster, a stretch of time, a resource.
 *
 *	[/clusters/NAME[/at/TIME][/last/DURATION]] REST
 *
 * where REST is a path of a Kubernetes API server. A pure function of foreign text. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"

enum tt_api_place {
	TT_API_NOWHERE,  /* no path of an API server */
	TT_API_VERSIONS, /* /api */
	TT_API_GROUPS,   /* /apis */
	TT_API_ONE_GROUP,
	TT_API_RESOURCES, /* /api/v1, /apis/GROUP/VERSION */
	TT_API_OBJECT,    /* a collection or an object in it */
	TT_API_OPENAPI,   /* /openapi/... */
	TT_API_OTHER,     /* /version, /livez and the like, left to the caller: `rest` */
};

/* Texts borrow from the path. */
struct tt_api_url {
	struct tt_str base;    /* what stands before `rest` */
	struct tt_str cluster; /* empty: the default one */
	bool has_time;         /* a stretch of time is named */
	bool is_at;            /* at `at_us`, else now */
	int64_t at_us;         /* T */
	int64_t window_us;     /* W */
	struct tt_str rest;
	enum tt_api_place place;
	struct tt_str group, version;
	struct tt_str namespace; /* empty: all of them */
	struct tt_str resource, name, subresource;
};

/* Takes `path`, decoded and without its query, apart. TT_EINVAL: a time or duration that cannot
 * be read. */
int tt_api_url_parse(struct tt_api_url *ret, struct tt_str path, struct tt_err *err);
