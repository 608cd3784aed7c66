/* SPDX-License-Identifier: Apache-2.0 */
/* DELETE: the end of an event, which is a record too. */
#include "serve/kubernetes/delete.h"

#include "base/arena.h"
#include "net/http_server.h"
#include "serve/internal.h"
#include "serve/kubernetes/answer.h"
#include "serve/kubernetes/negotiate.h"
#include "serve/kubernetes/request.h"
#include "serve/kubernetes/write.h"
#include "wire/json.h"
#include "wire/protobuf.h"

static void read_preconditions(struct tt_json_reader *j, struct tt_delete_options *to)
{
	struct tt_str key;

	if (!tt_json_enter_object(j))
		return;
	while (tt_json_next_key(j, &key)) {
		if (tt_str_is(key, "uid"))
			to->uid = tt_json_string(j);
		else if (tt_str_is(key, "resourceVersion"))
			to->resource_version = tt_json_string(j);
		else
			(void)tt_json_skip(j);
	}
}

static void read_dry_run(struct tt_json_reader *j, struct tt_delete_options *to)
{
	if (tt_json_enter_array(j))
		while (tt_json_next_item(j))
			to->dry_run |= tt_str_is(tt_json_string(j), "All");
}

static int parse_json(struct tt_delete_options *to, struct tt_str body, struct tt_arena *arena,
	struct tt_err *err)
{
	struct tt_json_reader j;
	struct tt_str key;

	tt_json_reader_init(&j, body, arena);
	if (tt_json_enter_object(&j)) {
		while (tt_json_next_key(&j, &key)) {
			if (tt_str_is(key, "preconditions"))
				read_preconditions(&j, to);
			else if (tt_str_is(key, "dryRun"))
				read_dry_run(&j, to);
			else
				(void)tt_json_skip(&j);
		}
	}
	return tt_json_reader_end(&j, true, err);
}

/* Numbers of meta/v1 generated.proto. */
static int parse_protobuf(struct tt_delete_options *to, struct tt_str body, struct tt_err *err)
{
	struct tt_pb_reader reader;
	struct tt_pb_field f;
	struct tt_str raw, preconditions = {0};
	int rc = tt_api_protobuf_raw(body, &raw, err);

	if (rc != 0)
		return rc;
	tt_pb_reader_init(&reader, raw);
	while (tt_pb_next(&reader, &f)) {
		if (f.key == TT_PB_KEY(2, TT_PB_LENGTH))
			preconditions = f.bytes;
		else if (f.key == TT_PB_KEY(5, TT_PB_LENGTH))
			to->dry_run |= tt_str_is(f.bytes, "All");
	}
	rc = tt_pb_reader_end(&reader, err);
	if (rc != 0)
		return rc;
	tt_pb_reader_init(&reader, preconditions);
	while (tt_pb_next(&reader, &f)) {
		if (f.key == TT_PB_KEY(1, TT_PB_LENGTH))
			to->uid = f.bytes;
		else if (f.key == TT_PB_KEY(2, TT_PB_LENGTH))
			to->resource_version = f.bytes;
	}
	return tt_pb_reader_end(&reader, err);
}

int tt_delete_options_parse(struct tt_delete_options *ret, enum tt_format format,
	struct tt_str body, struct tt_arena *arena, struct tt_err *err)
{
	*ret = (struct tt_delete_options){0};
	if (body.len == 0)
		return 0;
	return format == TT_FORMAT_PROTOBUF ? parse_protobuf(ret, body, err)
					    : parse_json(ret, body, arena, err);
}

static void answer_deleted(struct tt_api_request *r, const struct tt_event *e)
{
	tt_api_answer_status(r, &(struct tt_status){.status = TT_STR("Success"),
					.has_details = true,
					.name = e->metadata.name,
					.group = r->url.group,
					.kind = TT_STR("events"),
					.uid = e->metadata.uid});
}

/* 409 unless the event is the one that is meant; false then. */
static bool is_meant(struct tt_api_write *w, const struct tt_delete_options *options)
{
	const struct tt_record *found = &w->found->records[0];
	struct tt_str name = found->event.metadata.name, uid = found->event.metadata.uid;
	struct tt_arena *arena = w->r->arena;
	struct tt_str version = tt_str_printf(arena, "%llu", (unsigned long long)found->seq), why;

	if (options->uid.len > 0 && !tt_str_eq(options->uid, uid))
		why = tt_str_printf(arena,
			"the UID in the precondition (%.*s) does not match the UID in record "
			"(%.*s). The object might have been deleted and then recreated",
			TT_STR_ARG(options->uid), TT_STR_ARG(uid));
	else if (options->resource_version.len > 0 &&
		 !tt_str_eq(options->resource_version, version))
		why = tt_str_printf(arena,
			"the ResourceVersion in the precondition (%.*s) does not match the "
			"ResourceVersion in record (%.*s). The object might have been modified",
			TT_STR_ARG(options->resource_version), TT_STR_ARG(version));
	else
		return true;
	tt_api_answer_status(w->r, &(struct tt_status){.status = TT_STR("Failure"),
					   .message = tt_str_printf(arena,
						   "Operation cannot be fulfilled on Event "
						   "\"%.*s\": %.*s",
						   TT_STR_ARG(name), TT_STR_ARG(why)),
					   .reason = TT_STR("Conflict"),
					   .code = 409,
					   .has_details = true,
					   .name = name,
					   .kind = TT_STR("Event")});
	return false;
}

static void delete_it(struct tt_api_write *w, const struct tt_delete_options *options)
{
	const struct tt_event *e = &w->found->records[0].event;
	uint64_t seq;

	if (is_meant(w, options) && tt_api_write_commit(w, e, TT_CHANGE_DELETED, &seq))
		answer_deleted(w->r, e);
}

void tt_api_delete(struct tt_api_request *r)
{
	struct tt_str type = tt_http_request_header(r->call, "Content-Type");
	struct tt_delete_options options;
	struct tt_api_write w;
	enum tt_format format;
	struct tt_err err;

	if (!tt_negotiate_body(&format, type) || format == TT_FORMAT_YAML) {
		tt_api_fail(r, 415,
			"the body of the request was in an unknown format - accepted media types "
			"include: application/json, application/vnd.kubernetes.protobuf");
		return;
	}
	if (!tt_api_write_begin(&w, r))
		return;
	if (tt_delete_options_parse(&options, format, w.body, r->arena, &err) != 0) {
		tt_api_fail(r, 400, "%s", err.msg);
		return;
	}
	w.dry_run |= options.dry_run;
	if (tt_api_write_find(&w, r->url.name)) {
		if (w.found != NULL)
			delete_it(&w, &options);
		else
			tt_api_fail_not_found(r);
	}
	tt_api_write_end(&w);
}
