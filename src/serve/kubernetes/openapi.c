/* SPDX-License-Identifier: Apache-2.0 */
/* A document of schemas, as little of one as makes every kubectl do what it is told: without
 * definitions nothing is checked on the client's side, and a PATCH with the parameter dryRun tells
 * those before 1.27 that dry runs are possible. Numbers are those of gnostic's OpenAPIv2.proto. */
#include "base/buf.h"
#include "net/http_server.h"
#include "serve/kubernetes/answer.h"
#include "serve/kubernetes/request.h"
#include "wire/protobuf.h"

#define TYPE "application/com.github.proto-openapi.spec.v2.v1.0+protobuf"

enum { DOCUMENT_MAX_BYTES = 16 << 10 };

static void put_parameter(struct tt_buf *to, const char *name)
{
	size_t items = tt_pb_begin(to, 8), parameter = tt_pb_begin(to, 1);
	size_t non_body = tt_pb_begin(to, 2), query = tt_pb_begin(to, 3);

	tt_pb_put_bytes(to, 2, TT_STR("query"));
	tt_pb_put_bytes(to, 4, tt_str_from(name));
	tt_pb_put_bytes(to, 6, TT_STR("string"));
	tt_pb_end(to, query);
	tt_pb_end(to, non_body);
	tt_pb_end(to, parameter);
	tt_pb_end(to, items);
}

/* What a kind is recognised by. */
static void put_kind(struct tt_buf *to, const char *yaml)
{
	size_t extension = tt_pb_begin(to, 13);

	tt_pb_put_bytes(to, 1, TT_STR("x-kubernetes-group-version-kind"));
	size_t value = tt_pb_begin(to, 2);

	tt_pb_put_bytes(to, 2, tt_str_from(yaml));
	tt_pb_end(to, value);
	tt_pb_end(to, extension);
}

static void put_path(struct tt_buf *to, const char *path, const char *kind)
{
	size_t named = tt_pb_begin(to, 2);

	tt_pb_put_bytes(to, 1, tt_str_from(path));
	size_t item = tt_pb_begin(to, 2), patch = tt_pb_begin(to, 8);

	put_parameter(to, "dryRun");
	put_parameter(to, "fieldValidation");
	put_kind(to, kind);
	tt_pb_end(to, patch);
	tt_pb_end(to, item);
	tt_pb_end(to, named);
}

static void put_document(struct tt_buf *to)
{
	tt_pb_put_bytes(to, 1, TT_STR("2.0"));
	size_t info = tt_pb_begin(to, 2);

	tt_pb_put_bytes(to, 1, TT_STR("telltale"));
	tt_pb_put_bytes(to, 2, TT_STR(TT_VERSION));
	tt_pb_end(to, info);
	size_t paths = tt_pb_begin(to, 8);

	put_path(to, "/api/v1/namespaces/{namespace}/events/{name}",
		"group: \"\"\nkind: Event\nversion: v1\n");
	put_path(to, "/apis/events.k8s.io/v1/namespaces/{namespace}/events/{name}",
		"group: events.k8s.io\nkind: Event\nversion: v1\n");
	tt_pb_end(to, paths);
}

void tt_api_openapi(struct tt_api_request *r)
{
	struct tt_str accept = tt_http_request_header(r->call, "Accept");
	struct tt_buf body;

	if (!tt_str_is(r->url.rest, "/openapi/v2")) {
		tt_api_fail_no_resource(r);
		return;
	}
	if (tt_str_find(accept, TT_STR("protobuf")) < 0) {
		tt_http_reply(r->call, 200, "application/json",
			TT_STR("{\"swagger\":\"2.0\",\"info\":{\"title\":\"telltale\","
			       "\"version\":\"" TT_VERSION "\"},\"paths\":{}}\n"));
		return;
	}
	tt_buf_init(&body, DOCUMENT_MAX_BYTES);
	put_document(&body);
	tt_http_reply(r->call, 200, TYPE, tt_buf_view(&body));
	tt_buf_release(&body);
}
