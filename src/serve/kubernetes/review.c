/* SPDX-License-Identifier: Apache-2.0 */
/* SelfSubjectAccessReview and SelfSubjectReview: what a user may do here, and who he is. */
#include "serve/kubernetes/review.h"
#include "base/buf.h"
#include "net/http_server.h"
#include "serve/internal.h"
#include "serve/kubernetes/access.h"
#include "serve/kubernetes/answer.h"
#include "serve/kubernetes/catalog.h"
#include "serve/kubernetes/negotiate.h"
#include "serve/kubernetes/request.h"
#include "serve/kubernetes/served.h"
#include "wire/json.h"
#include "wire/protobuf.h"

enum { REVIEW_MAX_BYTES = 1 << 20 };

static void read_resource_json(struct tt_json_reader *j, struct tt_review *to)
{
	struct tt_str key;

	if (!tt_json_enter_object(j))
		return;
	to->is_resource = true;
	while (tt_json_next_key(j, &key)) {
		if (tt_str_is(key, "namespace"))
			to->namespace = tt_json_string(j);
		else if (tt_str_is(key, "verb"))
			to->verb = tt_json_string(j);
		else if (tt_str_is(key, "group"))
			to->group = tt_json_string(j);
		else if (tt_str_is(key, "resource"))
			to->resource = tt_json_string(j);
		else if (tt_str_is(key, "subresource"))
			to->subresource = tt_json_string(j);
		else if (tt_str_is(key, "name"))
			to->name = tt_json_string(j);
		else
			(void)tt_json_skip(j);
	}
}

static void read_path_json(struct tt_json_reader *j, struct tt_review *to)
{
	struct tt_str key;

	if (!tt_json_enter_object(j))
		return;
	while (tt_json_next_key(j, &key)) {
		if (tt_str_is(key, "path"))
			to->path = tt_json_string(j);
		else if (tt_str_is(key, "verb"))
			to->verb = tt_json_string(j);
		else
			(void)tt_json_skip(j);
	}
}

static void read_spec_json(struct tt_json_reader *j, struct tt_review *to)
{
	struct tt_str key;

	if (!tt_json_enter_object(j))
		return;
	while (tt_json_next_key(j, &key)) {
		if (tt_str_is(key, "resourceAttributes"))
			read_resource_json(j, to);
		else if (tt_str_is(key, "nonResourceAttributes"))
			read_path_json(j, to);
		else
			(void)tt_json_skip(j);
	}
}

static int parse_json(
	struct tt_review *ret, struct tt_str body, struct tt_arena *arena, struct tt_err *err)
{
	struct tt_json_reader j;
	struct tt_str key;

	tt_json_reader_init(&j, body, arena);
	if (tt_json_enter_object(&j)) {
		while (tt_json_next_key(&j, &key)) {
			if (tt_str_is(key, "spec"))
				read_spec_json(&j, ret);
			else
				(void)tt_json_skip(&j);
		}
	}
	return tt_json_reader_end(&j, true, err);
}

/* The bytes of field `number` of the message in `bytes`; empty if it is not there. */
static struct tt_str field(struct tt_str bytes, uint32_t number, struct tt_err *err)
{
	struct tt_pb_reader reader;
	struct tt_pb_field f;
	struct tt_str found = {0};

	tt_pb_reader_init(&reader, bytes);
	while (tt_pb_next(&reader, &f))
		if (f.key == TT_PB_KEY(number, TT_PB_LENGTH))
			found = f.bytes;
	(void)tt_pb_reader_end(&reader, err);
	return found;
}

/* Numbers of authorization/v1 generated.proto. */
static int parse_protobuf(struct tt_review *ret, struct tt_str body, struct tt_err *err)
{
	struct tt_str object;
	int rc = tt_api_protobuf_raw(body, &object, err);

	if (rc != 0)
		return rc;
	err->code = TT_OK;
	struct tt_str spec = field(object, 2, err);
	struct tt_str resource = field(spec, 1, err), path = field(spec, 2, err);

	ret->is_resource = resource.data != NULL;
	ret->namespace = field(resource, 1, err);
	ret->verb = field(ret->is_resource ? resource : path, 2, err);
	ret->group = field(resource, 3, err);
	ret->resource = field(resource, 5, err);
	ret->subresource = field(resource, 6, err);
	ret->name = field(resource, 7, err);
	ret->path = field(path, 1, err);
	return err->code;
}

int tt_review_parse(struct tt_review *ret, enum tt_format format, struct tt_str body,
	struct tt_arena *arena, struct tt_err *err)
{
	struct tt_err local = {0};

	*ret = (struct tt_review){0};
	int rc = format == TT_FORMAT_PROTOBUF ? parse_protobuf(ret, body, &local)
					      : parse_json(ret, body, arena, &local);

	if (rc != 0 && err != NULL)
		*err = local;
	return rc;
}

/* Only what is served can be allowed: 1, 0, or TT_EAGAIN. */
static int is_allowed(struct tt_api_request *r, const struct tt_review *review)
{
	struct tt_catalog_resource resource = {
		.group = review->group, .version = TT_STR("v1"), .name = review->resource};
	struct tt_str verbs, quoted = tt_str_printf(r->arena, "\"%.*s\"", TT_STR_ARG(review->verb));

	if (!review->is_resource)
		return tt_str_is(review->verb, "get");
	verbs = tt_str_from(tt_served_verbs(&resource, tt_api_is_writable(r)));
	if (review->subresource.len > 0 || tt_str_find(verbs, quoted) < 0)
		return false;
	return tt_api_may(r, tt_str_cstr(r->arena, review->verb), review->group, review->resource,
		review->namespace);
}

static void put_text(struct tt_buf *to, bool *any, const char *name, struct tt_str value)
{
	if (value.len == 0)
		return;
	tt_buf_printf(to, "%s\"%s\":", *any ? "," : "", name);
	tt_json_put_string(to, value);
	*any = true;
}

static void put_spec(struct tt_buf *to, const struct tt_review *review)
{
	bool any = false;

	if (review->is_resource) {
		tt_buf_text(to, "{\"resourceAttributes\":{");
		put_text(to, &any, "namespace", review->namespace);
		put_text(to, &any, "verb", review->verb);
		put_text(to, &any, "group", review->group);
		put_text(to, &any, "resource", review->resource);
		put_text(to, &any, "subresource", review->subresource);
		put_text(to, &any, "name", review->name);
	} else {
		tt_buf_text(to, "{\"nonResourceAttributes\":{");
		put_text(to, &any, "path", review->path);
		put_text(to, &any, "verb", review->verb);
	}
	tt_buf_text(to, "}}");
}

static void review_access(struct tt_api_request *r, enum tt_format format)
{
	struct tt_review review;
	struct tt_str asked;
	struct tt_buf body;
	struct tt_err err;
	int allowed;

	if (!tt_serve_take_body(r->call, 1, &asked))
		return;
	if (tt_review_parse(&review, format, asked, r->arena, &err) != 0) {
		tt_api_fail(r, 400, "%s", err.msg);
		return;
	}
	allowed = is_allowed(r, &review);
	if (allowed < 0) {
		tt_api_fail(r, 503, "the API server of the cluster does not answer");
		return;
	}
	tt_buf_init(&body, REVIEW_MAX_BYTES);
	tt_buf_text(&body, "{\"kind\":\"SelfSubjectAccessReview\","
			   "\"apiVersion\":\"authorization.k8s.io/v1\","
			   "\"metadata\":{\"creationTimestamp\":null},\"spec\":");
	put_spec(&body, &review);
	tt_buf_printf(&body, ",\"status\":{\"allowed\":%s}}\n", allowed ? "true" : "false");
	tt_http_reply(r->call, 201, "application/json", tt_buf_view(&body));
	tt_buf_release(&body);
}

static void review_self(struct tt_api_request *r)
{
	struct tt_buf body;

	tt_buf_init(&body, REVIEW_MAX_BYTES);
	tt_buf_text(&body, "{\"kind\":\"SelfSubjectReview\","
			   "\"apiVersion\":\"authentication.k8s.io/v1\","
			   "\"metadata\":{\"creationTimestamp\":null},\"status\":{\"userInfo\":");
	tt_api_put_user(r, &body);
	tt_buf_text(&body, "}}\n");
	tt_http_reply(r->call, 201, "application/json", tt_buf_view(&body));
	tt_buf_release(&body);
}

void tt_api_review(struct tt_api_request *r)
{
	enum tt_format format;
	struct tt_str type = tt_http_request_header(r->call, "Content-Type");

	if (r->verb != TT_VERB_CREATE)
		tt_api_fail(r, 405,
			"the server does not allow this method on the requested "
			"resource");
	else if (!tt_negotiate_body(&format, type) || format == TT_FORMAT_YAML)
		tt_api_fail(r, 415,
			"the body of the request was in an unknown format - accepted "
			"media types include: application/json, "
			"application/vnd.kubernetes.protobuf");
	else if (tt_str_is(r->url.resource, "selfsubjectreviews"))
		review_self(r);
	else
		review_access(r, format);
}
