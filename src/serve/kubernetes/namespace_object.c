/* SPDX-License-Identifier: Apache-2.0 */
#include "serve/kubernetes/namespace_object.h"

#include "base/buf.h"
#include "base/timestamp.h"
#include "event/duration.h"
#include "serve/auth/auth.h"
#include "serve/internal.h"
#include "serve/kubernetes/options.h"
#include "serve/kubernetes/request.h"
#include "wire/json.h"

static const char columns[] =
	"[{\"name\":\"Name\",\"type\":\"string\",\"format\":\"name\",\"description\":\"\","
	"\"priority\":0},{\"name\":\"Status\",\"type\":\"string\",\"format\":\"\","
	"\"description\":\"\",\"priority\":0},{\"name\":\"Age\",\"type\":\"string\","
	"\"format\":\"\",\"description\":\"\",\"priority\":0}]";

/* When it was made, as last known; TT_TIME_ZERO if it is not, or if the view ends before that. */
static int64_t made_us(const struct tt_api_request *r, struct tt_str name)
{
	int64_t us = r->serve->auth != NULL && name.len > 0
			     ? tt_auth_namespace_made(r->serve->auth, r->cluster, name)
			     : TT_TIME_ZERO;

	return us <= r->as.now_us ? us : TT_TIME_ZERO;
}

static void put_metadata(
	const struct tt_api_request *r, struct tt_buf *to, const struct tt_namespace *n)
{
	int64_t us = made_us(r, n->name);
	char time[TT_TIME_SIZE];

	tt_buf_text(to, "\"metadata\":{");
	if (n->name.len > 0) {
		tt_buf_text(to, "\"name\":");
		tt_json_put_string(to, n->name);
		tt_buf_char(to, ',');
	}
	tt_buf_printf(to, "\"resourceVersion\":\"%llu\"", (unsigned long long)n->version);
	if (us != TT_TIME_ZERO) {
		(void)tt_time_format(us, TT_TIME_SECONDS, time);
		tt_buf_printf(to, ",\"creationTimestamp\":\"%s\"", time);
	}
	if (n->name.len > 0) {
		tt_buf_text(to, ",\"labels\":{\"" TT_NAMESPACE_LABEL "\":");
		tt_json_put_string(to, n->name);
		tt_buf_char(to, '}');
	}
	if (n->ends_initial)
		tt_buf_text(to, ",\"annotations\":{\"" TT_API_INITIAL_END "\":\"true\"}");
	tt_buf_char(to, '}');
}

static const char *meta_version(const struct tt_api_request *r)
{
	return r->as.v1beta1 ? "meta.k8s.io/v1beta1" : "meta.k8s.io/v1";
}

static void put_partial(
	const struct tt_api_request *r, struct tt_buf *to, const struct tt_namespace *n)
{
	tt_buf_printf(
		to, "{\"kind\":\"PartialObjectMetadata\",\"apiVersion\":\"%s\",", meta_version(r));
	put_metadata(r, to, n);
	tt_buf_char(to, '}');
}

static void put_whole(const struct tt_api_request *r, struct tt_buf *to,
	const struct tt_namespace *n, bool with_kind)
{
	tt_buf_char(to, '{');
	if (with_kind)
		tt_buf_text(to, "\"kind\":\"Namespace\",\"apiVersion\":\"v1\",");
	put_metadata(r, to, n);
	tt_buf_text(to, n->name.len > 0 ? ",\"spec\":{\"finalizers\":[\"kubernetes\"]},"
					  "\"status\":{\"phase\":\"Active\"}}"
					: ",\"spec\":{},\"status\":{}}");
}

static void put_row(const struct tt_api_request *r, struct tt_buf *to, const struct tt_namespace *n)
{
	char age[TT_AGE_SIZE];

	(void)tt_age_format(made_us(r, n->name), r->as.now_us, age);
	tt_buf_text(to, "{\"cells\":[");
	tt_json_put_string(to, n->name);
	tt_buf_printf(to, ",\"%s\",\"%s\"],\"object\":", n->name.len > 0 ? "Active" : "", age);
	if (r->as.include == TT_INCLUDE_NONE)
		tt_buf_text(to, "null");
	else if (r->as.include == TT_INCLUDE_OBJECT)
		put_whole(r, to, n, true);
	else
		put_partial(r, to, n);
	tt_buf_char(to, '}');
}

static void put_table_begin(
	const struct tt_api_request *r, struct tt_buf *to, uint64_t version, bool with_columns)
{
	tt_buf_printf(to,
		"{\"kind\":\"Table\",\"apiVersion\":\"%s\",\"metadata\":{\"resourceVersion\":"
		"\"%llu\"},\"columnDefinitions\":%s,\"rows\":[",
		meta_version(r), (unsigned long long)version, with_columns ? columns : "null");
}

void tt_namespaces_put_begin(const struct tt_api_request *r, struct tt_buf *to, uint64_t version)
{
	bool partial = r->as.as == TT_AS_PARTIAL;

	if (r->as.as == TT_AS_TABLE)
		put_table_begin(r, to, version, true);
	else
		tt_buf_printf(to,
			"{\"kind\":\"%s\",\"apiVersion\":\"%s\",\"metadata\":{"
			"\"resourceVersion\":\"%llu\"},\"items\":[",
			partial ? "PartialObjectMetadataList" : "NamespaceList",
			partial ? meta_version(r) : "v1", (unsigned long long)version);
}

void tt_namespaces_put_item(
	const struct tt_api_request *r, struct tt_buf *to, const struct tt_namespace *n, bool first)
{
	if (!first)
		tt_buf_char(to, ',');
	if (r->as.as == TT_AS_TABLE)
		put_row(r, to, n);
	else if (r->as.as == TT_AS_PARTIAL)
		put_partial(r, to, n);
	else
		put_whole(r, to, n, false);
}

void tt_namespaces_put_end(struct tt_buf *to)
{
	tt_buf_text(to, "]}");
}

static void put_object(const struct tt_api_request *r, struct tt_buf *to,
	const struct tt_namespace *n, bool with_columns)
{
	if (r->as.as == TT_AS_PARTIAL) {
		put_partial(r, to, n);
	} else if (r->as.as == TT_AS_OBJECT) {
		put_whole(r, to, n, true);
	} else {
		put_table_begin(r, to, n->version, with_columns);
		put_row(r, to, n);
		tt_namespaces_put_end(to);
	}
}

void tt_namespace_put(
	const struct tt_api_request *r, struct tt_buf *to, const struct tt_namespace *n)
{
	put_object(r, to, n, true);
}

void tt_namespace_put_frame(const struct tt_api_request *r, struct tt_buf *to,
	enum tt_watch_type type, const struct tt_namespace *n, bool first)
{
	tt_buf_printf(to, "{\"type\":\"%s\",\"object\":", tt_watch_type_name(type));
	put_object(r, to, n, first);
	tt_buf_text(to, "}\n");
}
