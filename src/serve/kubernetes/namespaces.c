/* SPDX-License-Identifier: Apache-2.0 */
/* Namespaces: those in which the view has events and which the user may read. Of them no more is
 * known here than their names, and when they were made if users' rights depend on it. */
#include <stdlib.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/timestamp.h"
#include "event/duration.h"
#include "net/http_server.h"
#include "serve/internal.h"
#include "serve/kubernetes/access.h"
#include "serve/kubernetes/answer.h"
#include "serve/kubernetes/request.h"
#include "serve/kubernetes/view.h"
#include "wire/json.h"

enum {
	NAMESPACES_MAX_BYTES = 16 << 20,
	QUESTIONS_MAX = 400, /* what Kubernetes' delegated authorizers may ask at once */
};

static const int64_t QUESTIONS_NS = 5ll * TT_NS_PER_S;

static const char columns[] =
	"[{\"name\":\"Name\",\"type\":\"string\",\"format\":\"name\",\"description\":\"\","
	"\"priority\":0},{\"name\":\"Status\",\"type\":\"string\",\"format\":\"\","
	"\"description\":\"\",\"priority\":0},{\"name\":\"Age\",\"type\":\"string\","
	"\"format\":\"\",\"description\":\"\",\"priority\":0}]";

/* When it was made, as last known; TT_TIME_ZERO if it is not, or if the view ends before that. */
static int64_t made_us(const struct tt_api_request *r, struct tt_str name)
{
	int64_t us = r->serve->auth != NULL
			     ? tt_auth_namespace_made(r->serve->auth, r->cluster, name)
			     : TT_TIME_ZERO;

	return us <= r->as.now_us ? us : TT_TIME_ZERO;
}

static void put_metadata(const struct tt_api_request *r, struct tt_buf *to, struct tt_str name)
{
	int64_t us = made_us(r, name);
	char time[TT_TIME_SIZE];

	tt_buf_text(to, "\"metadata\":{\"name\":");
	tt_json_put_string(to, name);
	if (us == TT_TIME_ZERO) {
		tt_buf_text(to, ",\"creationTimestamp\":null}");
		return;
	}
	(void)tt_time_format(us, TT_TIME_SECONDS, time);
	tt_buf_printf(to, ",\"creationTimestamp\":\"%s\"}", time);
}

static const char *meta_version(const struct tt_api_request *r)
{
	return r->as.v1beta1 ? "meta.k8s.io/v1beta1" : "meta.k8s.io/v1";
}

static void put_object(
	const struct tt_api_request *r, struct tt_buf *to, struct tt_str name, bool with_kind)
{
	tt_buf_char(to, '{');
	if (r->as.as == TT_AS_PARTIAL)
		tt_buf_printf(to, "\"kind\":\"PartialObjectMetadata\",\"apiVersion\":\"%s\",",
			meta_version(r));
	else if (with_kind)
		tt_buf_text(to, "\"kind\":\"Namespace\",\"apiVersion\":\"v1\",");
	put_metadata(r, to, name);
	if (r->as.as != TT_AS_PARTIAL)
		tt_buf_text(to, ",\"spec\":{\"finalizers\":[\"kubernetes\"]},"
				"\"status\":{\"phase\":\"Active\"}");
	tt_buf_char(to, '}');
}

static void put_row(const struct tt_api_request *r, struct tt_buf *to, struct tt_str name)
{
	char age[TT_AGE_SIZE];

	(void)tt_age_format(made_us(r, name), r->as.now_us, age);
	tt_buf_text(to, "{\"cells\":[");
	tt_json_put_string(to, name);
	tt_buf_printf(to, ",\"Active\",\"%s\"],\"object\":", age);
	if (r->as.include == TT_INCLUDE_NONE) {
		tt_buf_text(to, "null}");
		return;
	}
	if (r->as.include == TT_INCLUDE_OBJECT) {
		put_object(r, to, name, true);
	} else {
		tt_buf_printf(to, "{\"kind\":\"PartialObjectMetadata\",\"apiVersion\":\"%s\",",
			meta_version(r));
		put_metadata(r, to, name);
		tt_buf_char(to, '}');
	}
	tt_buf_char(to, '}');
}

static void put_begin(const struct tt_api_request *r, struct tt_buf *to, uint64_t version)
{
	static const char *const kinds[] = {"NamespaceList", "Table", "PartialObjectMetadataList"};

	tt_buf_printf(to,
		"{\"kind\":\"%s\",\"apiVersion\":\"%s\",\"metadata\":{\"resourceVersion\":\"%llu\"}"
		",",
		kinds[r->as.as], r->as.as == TT_AS_OBJECT ? "v1" : meta_version(r),
		(unsigned long long)version);
	if (r->as.as == TT_AS_TABLE)
		tt_buf_printf(to, "\"columnDefinitions\":%s,\"rows\":[", columns);
	else
		tt_buf_text(to, "\"items\":[");
}

static void put_item(const struct tt_api_request *r, struct tt_buf *to, struct tt_str name)
{
	if (r->as.as == TT_AS_TABLE)
		put_row(r, to, name);
	else
		put_object(r, to, name, false);
}

static void reply(struct tt_api_request *r, struct tt_buf *json)
{
	struct tt_representation as = r->as;
	struct tt_buf text;

	if (as.format == TT_FORMAT_PROTOBUF)
		as.format = TT_FORMAT_JSON; /* the Content-Type says so */
	tt_buf_init(&text, 4 * (size_t)NAMESPACES_MAX_BYTES);
	tt_represent_text(&text, &as, tt_buf_view(json));
	tt_api_send(r, 200, tt_representation_content_type(&as, false), &text);
}

static int compare(const void *a, const void *b)
{
	return tt_str_cmp(
		((const struct tt_event_count *)a)->name, ((const struct tt_event_count *)b)->name);
}

static void warn_of_undecided(struct tt_api_request *r, size_t n)
{
	tt_serve_warn(r->call,
		tt_str_printf(r->arena,
			"%zu more namespaces are not listed: whether you may read them is too much "
			"to ask the API server of cluster \"%.*s\" at once; name one, or try again",
			n, TT_STR_ARG(r->cluster)));
}

/* Leaves those that may be read, and says if some are left undecided; TT_EAGAIN if the API server
 * does not answer. */
static int keep_readable(struct tt_api_request *r, struct tt_event_count *all, size_t *n)
{
	int may = tt_api_may_read(r, TT_STR(""));
	struct tt_str *names = tt_arena_new(r->arena, struct tt_str, *n);
	struct tt_auth_each each = {.namespaces = names,
		.may = tt_arena_new(r->arena, bool, *n),
		.n = *n,
		.max_questions = QUESTIONS_MAX,
		.max_ns = QUESTIONS_NS};
	const struct tt_access list = {
		.cluster = r->cluster, .verb = TT_STR("list"), .resource = TT_STR("events")};
	size_t kept = 0;

	if (may != 0)
		return may < 0 ? may : 0;
	for (size_t i = 0; i < each.n; i++)
		names[i] = all[i].name;
	int rc = tt_auth_allows_each(r->serve->auth, &r->user, &list, &each, NULL);

	for (size_t i = 0; rc == 0 && i < each.n; i++)
		if (each.may[i])
			all[kept++] = all[i];
	if (rc == 0 && each.undecided > 0)
		warn_of_undecided(r, each.undecided);
	*n = kept;
	return rc;
}

static void put_all(struct tt_api_request *r, struct tt_event_count *all, size_t n,
	uint64_t version, struct tt_buf *to)
{
	qsort(all, n, sizeof(*all), compare);
	put_begin(r, to, version);
	for (size_t i = 0; i < n; i++) {
		if (i > 0)
			tt_buf_char(to, ',');
		put_item(r, to, all[i].name);
	}
	tt_buf_text(to, "]}\n");
}

/* One of them; a Table of it has one row. */
static bool put_one(struct tt_api_request *r, const struct tt_event_count *all, size_t n,
	uint64_t version, struct tt_buf *to)
{
	for (size_t i = 0; i < n; i++) {
		if (!tt_str_eq(all[i].name, r->url.name))
			continue;
		if (r->as.as != TT_AS_TABLE) {
			put_object(r, to, r->url.name, true);
			tt_buf_char(to, '\n');
			return true;
		}
		put_begin(r, to, version);
		put_row(r, to, r->url.name);
		tt_buf_text(to, "]}\n");
		return true;
	}
	return false;
}

static void fail_not_found(struct tt_api_request *r)
{
	struct tt_str text = tt_str_printf(
		r->arena, "namespaces \"%.*s\" not found", TT_STR_ARG(r->url.name));

	tt_api_answer_status(r, &(struct tt_status){.status = TT_STR("Failure"),
					.message = text,
					.reason = TT_STR("NotFound"),
					.code = 404,
					.has_details = true,
					.name = r->url.name,
					.kind = TT_STR("namespaces")});
}

void tt_api_namespaces(struct tt_api_request *r)
{
	struct tt_event_counts all = {0};
	struct tt_reader *reader;
	struct tt_api_view view;
	struct tt_buf json;
	struct tt_err err;
	bool found = true;

	if (!tt_api_view_make(r, &view))
		return;
	view.filter.selector = NULL;
	view.filter.labels = NULL;
	view.filter.namespace = TT_STR("");
	int rc = tt_readers_borrow(&r->serve->readers, &reader, &err);

	if (rc == 0) {
		rc = tt_reader_count_namespaces(
			reader, &(struct tt_view){.filter = &view.filter}, &all, r->arena, &err);
		tt_readers_done(&r->serve->readers, reader);
	}
	if (rc != 0) {
		tt_api_fail_err(r, &err);
		return;
	}
	if (r->verb == TT_VERB_LIST && keep_readable(r, all.items, &all.n) != 0) {
		tt_api_fail(r, 503, "the API server of the cluster does not answer");
		return;
	}
	tt_buf_init(&json, NAMESPACES_MAX_BYTES);
	if (r->verb == TT_VERB_LIST)
		put_all(r, all.items, all.n, view.seq, &json);
	else
		found = put_one(r, all.items, all.n, view.seq, &json);
	if (found)
		reply(r, &json);
	else
		fail_not_found(r);
	tt_buf_release(&json);
}
