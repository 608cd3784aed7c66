/* SPDX-License-Identifier: Apache-2.0 */
/* SelfSubjectAccessReview and SelfSubjectReview: what a user may do here, and who he is. What he
 * may do in all is rules.c's. */
#include "serve/kubernetes/review.h"
#include "base/buf.h"
#include "base/timestamp.h"
#include "event/causes.h"
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
	to->is_path = true;
	while (tt_json_next_key(j, &key)) {
		if (tt_str_is(key, "path"))
			to->path = tt_json_string(j);
		else if (tt_str_is(key, "verb"))
			to->path_verb = tt_json_string(j);
		else
			(void)tt_json_skip(j);
	}
}

static void read_access_spec(struct tt_json_reader *j, struct tt_review *to)
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

static void read_rules_spec(struct tt_json_reader *j, struct tt_review *to)
{
	struct tt_str key;

	if (!tt_json_enter_object(j))
		return;
	while (tt_json_next_key(j, &key)) {
		if (tt_str_is(key, "namespace"))
			to->namespace = tt_json_string(j);
		else
			(void)tt_json_skip(j);
	}
}

static int parse_json(struct tt_review *ret, struct tt_str body,
	void (*read_spec)(struct tt_json_reader *j, struct tt_review *to), struct tt_arena *arena,
	struct tt_err *err)
{
	struct tt_json_reader j;
	struct tt_str key;

	tt_json_reader_init(&j, body, arena);
	if (tt_json_enter_object(&j)) {
		while (tt_json_next_key(&j, &key)) {
			if (tt_str_is(key, "spec"))
				read_spec(&j, ret);
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

/* Numbers of authorization/v1 generated.proto, here and below. */
static struct tt_str spec_of(struct tt_str body, struct tt_err *err)
{
	struct tt_str kind, object;

	return tt_api_protobuf_raw(body, &kind, &object, err) == 0 ? field(object, 2, err)
								   : (struct tt_str){0};
}

static int parse_protobuf(struct tt_review *ret, struct tt_str body, struct tt_err *err)
{
	struct tt_str spec = spec_of(body, err);
	struct tt_str resource = field(spec, 1, err), path = field(spec, 2, err);

	ret->is_resource = resource.data != NULL;
	ret->is_path = path.data != NULL;
	ret->namespace = field(resource, 1, err);
	ret->verb = field(resource, 2, err);
	ret->group = field(resource, 3, err);
	ret->resource = field(resource, 5, err);
	ret->subresource = field(resource, 6, err);
	ret->name = field(resource, 7, err);
	ret->path = field(path, 1, err);
	ret->path_verb = field(path, 2, err);
	return err->code;
}

int tt_review_parse(struct tt_review *ret, enum tt_format format, struct tt_str body,
	struct tt_arena *arena, struct tt_err *err)
{
	struct tt_err local = {0};

	*ret = (struct tt_review){0};
	int rc = format == TT_FORMAT_PROTOBUF
			 ? parse_protobuf(ret, body, &local)
			 : parse_json(ret, body, read_access_spec, arena, &local);

	if (rc != 0 && err != NULL)
		*err = local;
	return rc;
}

int tt_review_parse_rules(struct tt_str *ret_namespace, enum tt_format format, struct tt_str body,
	struct tt_arena *arena, struct tt_err *err)
{
	struct tt_review review = {0};
	struct tt_err local = {0};

	if (format == TT_FORMAT_PROTOBUF)
		review.namespace = field(spec_of(body, &local), 1, &local);
	else
		(void)parse_json(&review, body, read_rules_spec, arena, &local);
	*ret_namespace = review.namespace;
	if (local.code != TT_OK && err != NULL)
		*err = local;
	return local.code;
}

static bool has_verb(const char *verbs, struct tt_str verb)
{
	struct tt_str rest = tt_str_from(verbs), one;

	while ((one = tt_served_next_verb(&rest)).len > 0)
		if (tt_str_eq(one, verb))
			return true;
	return false;
}

/* Why nobody may, whoever he is; NULL if it is served. */
static const char *why_not_served(struct tt_api_request *r, const struct tt_review *review)
{
	struct tt_catalog_resource resource = {
		.group = review->group, .version = TT_STR("v1"), .name = review->resource};
	const char *verbs = tt_served_verbs(&resource, tt_api_is_writable(r));

	if (tt_str_is(tt_str_from(verbs), "[]") || review->subresource.len > 0)
		return tt_api_elsewhere(r, review->resource);
	if (has_verb(verbs, review->verb))
		return NULL;
	if (has_verb(tt_served_verbs(&resource, true), review->verb))
		return tt_api_read_only(r);
	return tt_str_printf(r->arena, "telltale knows of %.*s no verb \"%.*s\"",
		TT_STR_ARG(review->resource), TT_STR_ARG(review->verb))
		.data;
}

/* What the request that is asked about would be answered: 1, 0, or TT_EAGAIN; with the reason, if
 * there is something to say. */
static int judge(struct tt_api_request *r, const struct tt_review *review, const char **ret_reason,
	struct tt_err *err)
{
	const struct tt_access access = {.cluster = r->cluster,
		.verb = review->verb,
		.group = review->group,
		.resource = review->resource,
		.namespace = review->namespace,
		.name = review->name};

	*ret_reason = NULL;
	if (!review->is_resource)
		return tt_str_is(review->path_verb, "get") ? tt_api_may_get(r, review->path, err)
							   : 0;
	*ret_reason = why_not_served(r, review);
	if (*ret_reason != NULL)
		return 0;
	int may = tt_api_may(r, &access, err);

	if (may == 1 && tt_str_is(review->resource, "namespaces") &&
		!tt_str_is(review->verb, "get"))
		*ret_reason = "the list holds the namespaces whose events the user may list";
	return may;
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
		put_text(to, &any, "verb", review->path_verb);
	}
	tt_buf_text(to, "}}");
}

/* Whether one thing is asked about; false: answered, in the words of an API server. */
static bool check(struct tt_api_request *r, const struct tt_review *review)
{
	struct tt_causes causes;
	struct tt_buf path;

	if (review->is_resource != review->is_path)
		return true;
	tt_causes_init(&causes, r->arena);
	tt_buf_init(&path, REVIEW_MAX_BYTES);
	if (review->is_path) {
		tt_buf_text(&path, "{\"Path\":");
		tt_json_put_string(&path, review->path);
		tt_buf_text(&path, ",\"Verb\":");
		tt_json_put_string(&path, review->path_verb);
		tt_buf_char(&path, '}');
		tt_causes_invalid_json(&causes, "spec.nonResourceAttributes", tt_buf_view(&path),
			"cannot be specified in combination with resourceAttributes");
	} else {
		tt_causes_invalid_json(&causes, "spec.resourceAttributes", TT_STR("null"),
			"exactly one of nonResourceAttributes or resourceAttributes must be "
			"specified");
	}
	tt_api_fail_invalid(r, &(struct tt_api_invalid){.group = r->url.group,
				       .kind = TT_STR(""),
				       .name = TT_STR(""),
				       .causes = &causes});
	tt_buf_release(&path);
	return false;
}

static void review_access(struct tt_api_request *r, enum tt_format format)
{
	struct tt_review review;
	struct tt_str asked;
	struct tt_buf body;
	const char *reason;
	struct tt_err err;
	int allowed;

	if (!tt_serve_take_body(r->call, 1, &asked))
		return;
	if (tt_review_parse(&review, format, asked, r->arena, &err) != 0) {
		tt_api_fail(r, 400, "%s", err.msg);
		return;
	}
	if (!check(r, &review))
		return;
	allowed = judge(r, &review, &reason, &err);
	if (allowed < 0) {
		tt_api_fail(r, 503, "%s", err.msg);
		return;
	}
	tt_buf_init(&body, REVIEW_MAX_BYTES);
	tt_buf_text(&body, "{\"kind\":\"SelfSubjectAccessReview\","
			   "\"apiVersion\":\"authorization.k8s.io/v1\","
			   "\"metadata\":{},\"spec\":");
	put_spec(&body, &review);
	tt_buf_printf(&body, ",\"status\":{\"allowed\":%s", allowed ? "true" : "false");
	if (reason != NULL) {
		tt_buf_text(&body, ",\"reason\":");
		tt_json_put_string(&body, tt_str_from(reason));
	}
	tt_buf_text(&body, "}}\n");
	if (body.failed)
		tt_api_fail(r, 413, "the review is too long");
	else
		tt_http_reply(r->call, 201, "application/json", tt_buf_view(&body));
	tt_buf_release(&body);
}

static void review_rules(struct tt_api_request *r, enum tt_format format)
{
	struct tt_str asked, namespace;
	struct tt_err err;

	if (!tt_serve_take_body(r->call, 1, &asked))
		return;
	if (tt_review_parse_rules(&namespace, format, asked, r->arena, &err) == 0)
		tt_api_review_rules(r, namespace);
	else
		tt_api_fail(r, 400, "%s", err.msg);
}

static void review_self(struct tt_api_request *r)
{
	char now[TT_TIME_SIZE];
	struct tt_buf body;

	tt_time_format(r->now_us, TT_TIME_SECONDS, now);
	tt_buf_init(&body, REVIEW_MAX_BYTES);
	tt_buf_printf(&body,
		"{\"kind\":\"SelfSubjectReview\",\"apiVersion\":\"authentication.k8s.io/v1\","
		"\"metadata\":{\"creationTimestamp\":\"%s\"},\"status\":{\"userInfo\":",
		now);
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
		tt_api_fail_method(r);
	else if (!tt_negotiate_body(&format, type) || format == TT_FORMAT_YAML)
		tt_api_fail(r, 415,
			"the body of the request was in an unknown format - accepted "
			"media types include: application/json, "
			"application/vnd.kubernetes.protobuf");
	else if (tt_str_is(r->url.resource, "selfsubjectreviews"))
		review_self(r);
	else if (tt_str_is(r->url.resource, "selfsubjectrulesreviews"))
		review_rules(r, format);
	else
		review_access(r, format);
}
