/* SPDX-License-Identifier: Apache-2.0 */
#include "serve/kubernetes/delete_options.h"

#include "base/arena.h"
#include "conf/yaml_json.h"
#include "net/http_server.h"
#include "serve/kubernetes/answer.h"
#include "serve/kubernetes/negotiate.h"
#include "serve/kubernetes/request.h"
#include "wire/json.h"
#include "wire/protobuf.h"

/* --- the body --- */

/* A text; false for null. */
static bool read_text(struct tt_json_reader *j, struct tt_str *ret)
{
	bool null = tt_json_peek(j) == TT_JSON_NULL;

	*ret = tt_json_string(j);
	return !null;
}

static void read_preconditions(struct tt_json_reader *j, struct tt_delete_options *to)
{
	struct tt_str key;

	to->has_uid = to->has_version = false;
	if (!tt_json_enter_object(j))
		return;
	while (tt_json_next_key(j, &key)) {
		if (tt_str_is(key, "uid"))
			to->has_uid = read_text(j, &to->uid);
		else if (tt_str_is(key, "resourceVersion"))
			to->has_version = read_text(j, &to->resource_version);
		else
			(void)tt_json_skip(j);
	}
}

static void read_dry_run(struct tt_json_reader *j, struct tt_dry_run *to)
{
	*to = (struct tt_dry_run){0};
	if (tt_json_enter_array(j))
		while (tt_json_next_item(j))
			tt_dry_run_add(to, tt_json_string(j));
}

static void read_member(struct tt_json_reader *j, struct tt_str key, struct tt_delete_options *to)
{
	if (tt_str_is(key, "preconditions")) {
		read_preconditions(j, to);
	} else if (tt_str_is(key, "dryRun")) {
		read_dry_run(j, &to->dry_run);
	} else if (tt_str_is(key, "propagationPolicy")) {
		to->has_policy = read_text(j, &to->policy);
	} else if (tt_str_is(key, "orphanDependents")) {
		to->has_orphan = tt_json_peek(j) != TT_JSON_NULL;
		(void)tt_json_bool(j);
	} else if (tt_str_is(key, "gracePeriodSeconds")) {
		(void)tt_json_int(j);
	} else {
		(void)tt_json_skip(j);
	}
}

static int check_kind(struct tt_str kind, struct tt_err *err)
{
	if (kind.len == 0 || tt_str_is(kind, "DeleteOptions"))
		return 0;
	return tt_fail(err, TT_EINVAL, "%.*s cannot be handled as DeleteOptions", TT_STR_ARG(kind));
}

static int parse_json(struct tt_delete_options *to, struct tt_str body, struct tt_arena *arena,
	struct tt_err *err)
{
	struct tt_json_reader j;
	struct tt_str key, kind = {0};

	tt_json_reader_init(&j, body, arena);
	if (tt_json_enter_object(&j)) {
		while (tt_json_next_key(&j, &key)) {
			if (tt_str_is(key, "kind"))
				kind = tt_json_string(&j);
			else
				read_member(&j, key, to);
		}
	}
	int rc = tt_json_reader_end(&j, true, err);

	return rc == 0 ? check_kind(kind, err) : rc;
}

static int parse_yaml(struct tt_delete_options *to, struct tt_str body, struct tt_arena *arena,
	struct tt_err *err)
{
	struct tt_str json, twice;
	int rc = tt_yaml_text_to_json(&json, &twice, body, arena, err);

	return rc == 0 ? parse_json(to, json, arena, err) : rc;
}

static void take_field(struct tt_delete_options *to, const struct tt_pb_field *f)
{
	switch (f->key) { /* numbers of meta/v1 generated.proto */
	case TT_PB_KEY(3, TT_PB_VARINT): to->has_orphan = true; return;
	case TT_PB_KEY(4, TT_PB_LENGTH):
		to->has_policy = true;
		to->policy = f->bytes;
		return;
	case TT_PB_KEY(5, TT_PB_LENGTH): tt_dry_run_add(&to->dry_run, f->bytes); return;
	default: return;
	}
}

static int parse_protobuf(struct tt_delete_options *to, struct tt_str body, struct tt_err *err)
{
	struct tt_pb_reader reader;
	struct tt_pb_field f;
	struct tt_str kind, raw, preconditions = {0};
	int rc = tt_api_protobuf_raw(body, &kind, &raw, err);

	if (rc == 0)
		rc = check_kind(kind, err);
	if (rc != 0)
		return rc;
	tt_pb_reader_init(&reader, raw);
	while (tt_pb_next(&reader, &f)) {
		if (f.key == TT_PB_KEY(2, TT_PB_LENGTH))
			preconditions = f.bytes;
		else
			take_field(to, &f);
	}
	rc = tt_pb_reader_end(&reader, err);
	if (rc != 0)
		return rc;
	tt_pb_reader_init(&reader, preconditions);
	while (tt_pb_next(&reader, &f)) {
		if (f.key == TT_PB_KEY(1, TT_PB_LENGTH)) {
			to->has_uid = true;
			to->uid = f.bytes;
		} else if (f.key == TT_PB_KEY(2, TT_PB_LENGTH)) {
			to->has_version = true;
			to->resource_version = f.bytes;
		}
	}
	return tt_pb_reader_end(&reader, err);
}

int tt_delete_options_parse(struct tt_delete_options *ret, enum tt_format format,
	struct tt_str body, struct tt_arena *arena, struct tt_err *err)
{
	*ret = (struct tt_delete_options){0};
	switch (format) {
	case TT_FORMAT_PROTOBUF: return parse_protobuf(ret, body, err);
	case TT_FORMAT_YAML: return parse_yaml(ret, body, arena, err);
	default: return parse_json(ret, body, arena, err);
	}
}

/* --- the request --- */

static bool take_query(struct tt_api_request *r, struct tt_delete_options *ret)
{
	struct tt_str text;
	int64_t grace;

	*ret = (struct tt_delete_options){0};
	ret->has_uid = tt_http_query(r->call, "uid", &ret->uid) && ret->uid.len > 0;
	ret->has_version = tt_http_query(r->call, "resourceVersion", &ret->resource_version) &&
			   ret->resource_version.len > 0;
	ret->has_orphan = tt_http_query(r->call, "orphanDependents", &text);
	ret->has_policy = tt_http_query(r->call, "propagationPolicy", &ret->policy);
	tt_dry_run_query(&ret->dry_run, r);
	return tt_api_query_int(r, "gracePeriodSeconds", &grace);
}

static bool take_body(struct tt_api_request *r, struct tt_str body, struct tt_delete_options *ret)
{
	struct tt_str type = tt_http_request_header(r->call, "Content-Type");
	enum tt_format format;
	struct tt_err err;

	if (!tt_negotiate_body(&format, type)) {
		tt_api_fail_body_type(r);
		return false;
	}
	if (tt_delete_options_parse(ret, format, body, r->arena, &err) == 0)
		return true;
	tt_api_fail(r, 400, "%s", err.msg);
	return false;
}

static void check_policy(const struct tt_delete_options *o, struct tt_causes *to)
{
	static const char *const known[] = {"Foreground", "Background", "Orphan"};
	struct tt_buf shown;
	bool found = false;

	if (!o->has_policy)
		return;
	if (o->has_orphan)
		tt_causes_invalid(to, "propagationPolicy", o->policy,
			"orphanDependents and deletionPropagation cannot be both set");
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		found |= tt_str_is(o->policy, known[i]);
	if (found)
		return;
	tt_buf_init(&shown, TT_CAUSES_SHOWN_MAX);
	tt_causes_quote(&shown, o->policy);
	tt_causes_unsupported(to, "propagationPolicy", tt_buf_view(&shown),
		"\"Foreground\", \"Background\", \"Orphan\", \"nil\"");
	tt_buf_release(&shown);
}

bool tt_api_delete_options(
	struct tt_api_request *r, struct tt_str body, struct tt_delete_options *ret)
{
	struct tt_causes causes;

	if (!(body.len > 0 ? take_body(r, body, ret) : take_query(r, ret)))
		return false;
	tt_causes_init(&causes, r->arena);
	check_policy(ret, &causes);
	tt_dry_run_check(&ret->dry_run, &causes);
	return tt_api_check_options(r, "DeleteOptions", &causes);
}
