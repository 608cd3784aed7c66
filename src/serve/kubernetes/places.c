/* SPDX-License-Identifier: Apache-2.0 */
/* The small places of an API server: its version and its health. */
#include "net/http_server.h"
#include "serve/internal.h"
#include "serve/kubernetes/answer.h"
#include "serve/kubernetes/catalog.h"
#include "serve/kubernetes/request.h"
#include "serve/kubernetes/state.h"

/* Where there is no API server whose version could be shown. */
static const char builtin_version[] =
	"{\"major\":\"1\",\"minor\":\"34\",\"gitVersion\":\"v1.34.0+telltale\",\"gitCommit\":\"\","
	"\"gitTreeState\":\"\",\"buildDate\":\"1970-01-01T00:00:00Z\",\"goVersion\":\"\","
	"\"compiler\":\"\",\"platform\":\"linux/amd64\"}";

/* The version of the cluster's API server, with our own beside it. */
static void send_version(struct tt_api_request *r)
{
	struct tt_catalog *c = tt_api_catalog(r->serve, r->cluster);
	struct tt_str version = tt_str_trim(c->version);
	struct tt_buf body;

	if (version.len < 2 || version.data[version.len - 1] != '}')
		version = tt_str_from(builtin_version);
	version = tt_str_trim((struct tt_str){version.data, version.len - 1});
	tt_buf_init(&body, 64 << 10);
	tt_buf_str(&body, version);
	tt_buf_text(&body, ",\"telltale\":\"" TT_VERSION "\"}\n");
	tt_catalog_unref(c);
	tt_http_reply(r->call, 200, "application/json", tt_buf_view(&body));
	tt_buf_release(&body);
}

void tt_api_other(struct tt_api_request *r)
{
	struct tt_str rest = r->url.rest;

	if (r->url.place == TT_API_OPENAPI)
		tt_api_openapi(r);
	else if (tt_str_is(rest, "/version"))
		send_version(r);
	else if (tt_str_is(rest, "/livez") || tt_str_is(rest, "/healthz"))
		tt_serve_get_livez(r->serve, r->call);
	else if (tt_str_is(rest, "/readyz"))
		tt_serve_get_readyz(r->serve, r->call);
	else
		tt_api_fail_no_resource(r);
}
