/* SPDX-License-Identifier: Apache-2.0 */
#include "serve/kubernetes/request.h"

#include <strings.h>

#include "net/http_server.h"
#include "serve/kubernetes/negotiate.h"
#include "wire/protobuf.h"

const char *tt_api_verb_name(enum tt_api_verb verb)
{
	static const char *const names[] = {
		"get", "list", "watch", "create", "update", "patch", "delete", "deletecollection"};

	return names[verb];
}

bool tt_api_query_bool(const struct tt_api_request *r, const char *name)
{
	struct tt_str text;

	if (!tt_http_query(r->call, name, &text))
		return false;
	return !tt_str_is(text, "0") && !(text.len == 5 && strncasecmp(text.data, "false", 5) == 0);
}

bool tt_api_is_writable(const struct tt_api_request *r)
{
	return r->kind == TT_CLUSTER_HOSTED && !r->url.has_time;
}

int tt_api_protobuf_raw(struct tt_str body, struct tt_str *ret, struct tt_err *err)
{
	struct tt_pb_reader reader;
	struct tt_pb_field f;

	*ret = (struct tt_str){0};
	if (!tt_str_starts(body, (struct tt_str){"k8s\0", 4}))
		return tt_fail(err, TT_EINVAL, "the body is no Kubernetes protobuf");
	tt_pb_reader_init(&reader, (struct tt_str){body.data + 4, body.len - 4});
	while (tt_pb_next(&reader, &f))
		if (f.key == TT_PB_KEY(2, TT_PB_LENGTH))
			*ret = f.bytes;
	return tt_pb_reader_end(&reader, err);
}
