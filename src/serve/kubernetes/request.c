/* SPDX-License-Identifier: Apache-2.0 */
#include "serve/kubernetes/request.h"

#include <strings.h>

#include "net/http_server.h"
#include "serve/kubernetes/answer.h"
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

static bool is_number(struct tt_str text)
{
	for (size_t i = 0; i < text.len; i++)
		if (text.data[i] < '0' || text.data[i] > '9')
			return false;
	return text.len > 0;
}

bool tt_api_query_int(struct tt_api_request *r, const char *name, int64_t *ret)
{
	struct tt_str text, digits;
	unsigned long long n;

	if (!tt_http_query(r->call, name, &text))
		return true;
	bool negative = tt_str_starts(text, TT_STR("-"));
	size_t sign = negative || tt_str_starts(text, TT_STR("+"));

	digits = (struct tt_str){text.data + sign, text.len - sign};
	if (tt_str_u64(digits, &n) && n <= INT64_MAX) {
		*ret = negative ? -(int64_t)n : (int64_t)n;
		return true;
	}
	tt_api_fail(r, 400, "strconv.ParseInt: parsing \"%.*s\": %s", TT_STR_ARG(text),
		is_number(digits) ? "value out of range" : "invalid syntax");
	return false;
}

bool tt_api_is_writable(const struct tt_api_request *r)
{
	return r->kind == TT_CLUSTER_HOSTED && !r->url.has_time;
}

int tt_api_protobuf_raw(
	struct tt_str body, struct tt_str *ret_kind, struct tt_str *ret_raw, struct tt_err *err)
{
	struct tt_pb_reader reader;
	struct tt_pb_field f;
	struct tt_str type = {0};

	*ret_kind = *ret_raw = (struct tt_str){0};
	if (!tt_str_starts(body, (struct tt_str){"k8s\0", 4}))
		return tt_fail(err, TT_EINVAL, "the body is no Kubernetes protobuf");
	tt_pb_reader_init(&reader, (struct tt_str){body.data + 4, body.len - 4});
	while (tt_pb_next(&reader, &f)) {
		if (f.key == TT_PB_KEY(1, TT_PB_LENGTH))
			type = f.bytes;
		else if (f.key == TT_PB_KEY(2, TT_PB_LENGTH))
			*ret_raw = f.bytes;
	}
	int rc = tt_pb_reader_end(&reader, err);

	if (rc == 0 && ret_raw->data == NULL)
		rc = tt_fail(err, TT_EINVAL, "the body has no object");
	if (rc != 0)
		return rc;
	tt_pb_reader_init(&reader, type);
	while (tt_pb_next(&reader, &f))
		if (f.key == TT_PB_KEY(2, TT_PB_LENGTH))
			*ret_kind = f.bytes;
	return tt_pb_reader_end(&reader, err);
}
