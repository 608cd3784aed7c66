/* SPDX-License-Identifier: Apache-2.0 */
#include "serve/kubernetes/url.h"

#include "base/clock.h"
#include "base/timestamp.h"
#include "conf/units.h"

static const int64_t DEFAULT_WINDOW_US = 24ll * 3600 * TT_US_PER_S;

/* Cuts "/segment" off the front of `*path`; the empty text at the end, or where no slash is. */
static struct tt_str next_segment(struct tt_str *path)
{
	struct tt_str rest = *path, segment;

	if (rest.len == 0 || rest.data[0] != '/')
		return (struct tt_str){0};
	rest.data++;
	rest.len--;
	segment = rest;
	for (size_t i = 0; i < rest.len; i++) {
		if (rest.data[i] == '/') {
			segment.len = i;
			break;
		}
	}
	*path = (struct tt_str){rest.data + segment.len, rest.len - segment.len};
	return segment;
}

/* The same, if the segment is `word`. */
static bool take_word(struct tt_str *path, const char *word)
{
	struct tt_str rest = *path;

	if (!tt_str_is(next_segment(&rest), word))
		return false;
	*path = rest;
	return true;
}

static int parse_time(struct tt_api_url *url, struct tt_err *err)
{
	if (take_word(&url->rest, "at")) {
		struct tt_str text = next_segment(&url->rest);

		if (!tt_time_parse(text, false, &url->at_us))
			return tt_fail(err, TT_EINVAL,
				"at/%.*s: not an RFC 3339 time such as 2026-11-20T03:00:00Z",
				TT_STR_ARG(text));
		url->is_at = url->has_time = true;
	}
	if (take_word(&url->rest, "last")) {
		struct tt_str text = next_segment(&url->rest);

		if (tt_duration_parse(text, &url->window_us, err) != 0)
			return tt_err_wrap(err, "last/%.*s", TT_STR_ARG(text));
		url->has_time = true;
		if (url->window_us <= 0)
			return tt_fail(err, TT_EINVAL, "last/%.*s: must be more than nothing",
				TT_STR_ARG(text));
	}
	return 0;
}

/* [/namespaces/NAMESPACE]/RESOURCE[/NAME[/SUBRESOURCE]] */
static enum tt_api_place parse_object(struct tt_api_url *url, struct tt_str rest)
{
	url->resource = next_segment(&rest);
	url->name = next_segment(&rest);
	struct tt_str third = next_segment(&rest);

	if (tt_str_is(url->resource, "namespaces") && third.len > 0 &&
		!tt_str_is(third, "status") && !tt_str_is(third, "finalize")) {
		url->namespace = url->name;
		url->resource = third;
		url->name = next_segment(&rest);
		third = next_segment(&rest);
	}
	url->subresource = third;
	return rest.len == 0 && url->resource.len > 0 ? TT_API_OBJECT : TT_API_NOWHERE;
}

static enum tt_api_place parse_rest(struct tt_api_url *url)
{
	struct tt_str rest = url->rest;

	if (rest.len > 1 && rest.data[rest.len - 1] == '/')
		rest.len--;
	if (take_word(&rest, "api")) {
		if (rest.len == 0)
			return TT_API_VERSIONS;
		url->version = next_segment(&rest);
		return rest.len == 0 ? TT_API_RESOURCES : parse_object(url, rest);
	}
	if (take_word(&rest, "apis")) {
		if (rest.len == 0)
			return TT_API_GROUPS;
		url->group = next_segment(&rest);
		if (rest.len == 0)
			return TT_API_ONE_GROUP;
		url->version = next_segment(&rest);
		return rest.len == 0 ? TT_API_RESOURCES : parse_object(url, rest);
	}
	if (take_word(&rest, "openapi"))
		return TT_API_OPENAPI;
	return TT_API_OTHER;
}

int tt_api_url_parse(struct tt_api_url *ret, struct tt_str path, struct tt_err *err)
{
	*ret = (struct tt_api_url){.window_us = DEFAULT_WINDOW_US, .rest = path};
	if (take_word(&ret->rest, "clusters")) {
		ret->cluster = next_segment(&ret->rest);
		if (ret->cluster.len == 0)
			return tt_fail(err, TT_EINVAL, "the name of a cluster is missing");
		int rc = parse_time(ret, err);

		if (rc != 0)
			return rc;
	}
	ret->base = (struct tt_str){path.data, path.len - ret->rest.len};
	ret->place = parse_rest(ret);
	return 0;
}
