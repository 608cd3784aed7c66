/* SPDX-License-Identifier: Apache-2.0 */
#include "serve/kubernetes/answer.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/arena.h"
#include "base/buf.h"
#include "event/represent.h"
#include "net/http_server.h"
#include "serve/internal.h"
#include "serve/kubernetes/gzip.h"
#include "serve/kubernetes/negotiate.h"
#include "serve/kubernetes/request.h"
#include "serve/kubernetes/state.h"

enum {
	STATUS_MAX_BYTES = 4 << 20,
	GZIP_BYTES = 128 << 10,
	GZIP_MORE_BYTES = 64 << 10, /* what cannot be compressed may grow by */
};

bool tt_api_begin_gzip(struct tt_api_request *r)
{
	if (!tt_negotiate_gzip(tt_http_request_header(r->call, "Accept-Encoding")))
		return false;
	tt_http_add_header(r->call, "Content-Encoding", "gzip");
	tt_http_add_header(r->call, "Vary", "Accept-Encoding");
	return true;
}

void tt_api_send(struct tt_api_request *r, int code, const char *type, struct tt_buf *body)
{
	struct tt_buf packed;

	if (body->len > GZIP_BYTES && tt_api_begin_gzip(r)) {
		struct tt_gzip *gzip = tt_gzip_new();

		tt_buf_init(&packed, body->len + GZIP_MORE_BYTES);
		tt_gzip_put(gzip, tt_buf_view(body), true, &packed);
		tt_gzip_free(gzip);
		tt_buf_swap(&packed, body);
		tt_buf_release(&packed);
	}
	tt_http_reply_take(r->call, code, type, body);
}

const char *tt_api_resource_name(const struct tt_api_request *r)
{
	return r->group == TT_GROUP_CORE ? "events" : "events.events.k8s.io";
}

void tt_api_answer_status(struct tt_api_request *r, const struct tt_status *status)
{
	struct tt_representation as = r->as;
	struct tt_buf body;

	as.as = TT_AS_OBJECT;
	tt_buf_init(&body, STATUS_MAX_BYTES);
	tt_represent_status(&body, &as, status);
	tt_api_send(r, status->code != 0 ? status->code : 200,
		tt_representation_content_type(&as, false), &body);
}

void tt_api_fail(struct tt_api_request *r, int code, const char *fmt, ...)
{
	char message[1000];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(message, sizeof(message), fmt, ap);
	va_end(ap);
	if (code == 429)
		tt_http_add_header(r->call, "Retry-After", "1");
	tt_api_answer_status(r, &(struct tt_status){.status = TT_STR("Failure"),
					.message = tt_str_from(message),
					.reason = tt_str_from(tt_serve_reason(code)),
					.code = code,
					.has_details = code == 429,
					.retry_after_seconds = code == 429});
}

void tt_api_fail_err(struct tt_api_request *r, const struct tt_err *err)
{
	tt_api_fail(r, tt_serve_code(err), "%s", err->msg);
}

void tt_api_send_watch(
	struct tt_api_request *r, tt_http_next_fn *next, void (*done)(void *arg), void *arg)
{
	tt_http_expect_waiting(r->call);
	tt_http_reply_stream(
		r->call, 200, tt_representation_content_type(&r->as, true), next, done, arg);
}

void tt_api_fail_watch(struct tt_api_request *r, const struct tt_err *err)
{
	if (err->code == TT_EGONE)
		tt_api_fail(r, 410, "%s", TT_API_WATCH_EXPIRED);
	else
		tt_api_fail_err(r, err);
}

void tt_api_fail_method(struct tt_api_request *r)
{
	tt_api_answer_status(r,
		&(struct tt_status){.status = TT_STR("Failure"),
			.message = TT_STR("the server does not allow this method on the requested "
					  "resource"),
			.reason = TT_STR("MethodNotAllowed"),
			.code = 405,
			.has_details = true});
}

void tt_api_fail_not_acceptable(struct tt_api_request *r)
{
	bool is_watchable = r->verb == TT_VERB_LIST || r->verb == TT_VERB_WATCH;
	struct tt_str text = tt_str_printf(r->arena,
		"406: Not Acceptable\n\nAvailable representations: application/json, "
		"application/yaml, application/vnd.kubernetes.protobuf%s",
		is_watchable ? ", application/json;stream=watch, "
			       "application/vnd.kubernetes.protobuf;stream=watch"
			     : "");

	r->as = (struct tt_representation){.format = TT_FORMAT_JSON, .pretty = true};
	tt_api_answer_status(r, &(struct tt_status){.status = TT_STR("Failure"),
					.message = text,
					.reason = TT_STR("NotAcceptable"),
					.code = 406,
					.has_details = true});
}

void tt_api_fail_invalid(struct tt_api_request *r, const struct tt_api_invalid *invalid)
{
	struct tt_buf message;

	tt_buf_init(&message, STATUS_MAX_BYTES);
	tt_buf_str(&message, invalid->kind);
	if (invalid->group.len > 0)
		tt_buf_char(&message, '.');
	tt_buf_str(&message, invalid->group);
	tt_buf_printf(&message, " \"%.*s\" is invalid: ", TT_STR_ARG(invalid->name));
	tt_causes_message(&message, invalid->causes);
	tt_api_answer_status(r, &(struct tt_status){.status = TT_STR("Failure"),
					.message = tt_buf_view(&message),
					.reason = TT_STR("Invalid"),
					.code = 422,
					.has_details = true,
					.name = invalid->name,
					.group = invalid->group,
					.kind = invalid->kind,
					.causes = invalid->causes->items,
					.n_causes = invalid->causes->n});
	tt_buf_release(&message);
}

bool tt_api_check_options(
	struct tt_api_request *r, const char *kind, const struct tt_causes *causes)
{
	if (causes->n == 0)
		return true;
	tt_api_fail_invalid(r, &(struct tt_api_invalid){.group = TT_STR("meta.k8s.io"),
				       .kind = tt_str_from(kind),
				       .name = TT_STR(""),
				       .causes = causes});
	return false;
}

void tt_api_fail_body_type(struct tt_api_request *r)
{
	tt_api_fail(r, 415,
		"the body of the request was in an unknown format - accepted media types include: "
		"application/json, application/yaml, application/vnd.kubernetes.protobuf");
}

void tt_api_fail_not_found(struct tt_api_request *r)
{
	const struct tt_api_url *url = &r->url;
	struct tt_str text = tt_str_printf(r->arena, "%.*s%s%.*s \"%.*s\" not found",
		TT_STR_ARG(url->resource), url->group.len > 0 ? "." : "", TT_STR_ARG(url->group),
		TT_STR_ARG(url->name));

	tt_api_answer_status(r, &(struct tt_status){.status = TT_STR("Failure"),
					.message = text,
					.reason = TT_STR("NotFound"),
					.code = 404,
					.has_details = true,
					.name = url->name,
					.group = url->group,
					.kind = url->resource});
}

void tt_api_fail_no_resource(struct tt_api_request *r)
{
	tt_api_answer_status(
		r, &(struct tt_status){.status = TT_STR("Failure"),
			   .message = TT_STR("the server could not find the requested resource"),
			   .reason = TT_STR("NotFound"),
			   .code = 404,
			   .has_details = true});
}

const char *tt_api_elsewhere(struct tt_api_request *r, struct tt_str resource)
{
	return tt_str_printf(r->arena,
		"telltale keeps the events of cluster \"%.*s\" and nothing else: ask %s for %.*s",
		TT_STR_ARG(r->cluster), tt_api_server_name(r), TT_STR_ARG(resource))
		.data;
}

const char *tt_api_read_only(struct tt_api_request *r)
{
	if (r->kind == TT_CLUSTER_HOSTED)
		return tt_str_printf(r->arena,
			"events are written to the live URL of a cluster, not to %.*s",
			TT_STR_ARG(r->url.base))
			.data;
	return tt_str_printf(r->arena,
		"the events of cluster \"%.*s\" are collected from its API server and can only be "
		"read here",
		TT_STR_ARG(r->cluster))
		.data;
}
