/* SPDX-License-Identifier: Apache-2.0 */
/* The frames are written here and not by the codec, because only these carry managedFields, and so
 * that the two check each other (corpus_test.c). */
#include <string.h>

#include "base/assert.h"
#include "base/clock.h"
#include "corpus.h"
#include "wire/json.h"
#include "wire/protobuf.h"

static bool is_scheduler(const struct tt_event *e)
{
	return e->action.len > 0;
}

/* Who wrote the event last, by its own account. */
static const char *manager_of(const struct tt_event *e)
{
	if (tt_str_is(e->reporting_component, "kubelet"))
		return "kubelet";
	if (is_scheduler(e))
		return "kube-scheduler";
	if (tt_str_is(e->reporting_component, "kernel-monitor"))
		return "node-problem-detector";
	return "kube-controller-manager";
}

static const char *managed_version(const struct tt_event *e)
{
	return is_scheduler(e) ? "events.k8s.io/v1" : "v1";
}

static const char *managed_fields(const struct tt_event *e)
{
	return is_scheduler(e)
		       ? "{\"f:action\":{},\"f:eventTime\":{},\"f:note\":{},\"f:reason\":{},\"f:"
			 "regarding\":{},"
			 "\"f:reportingController\":{},\"f:reportingInstance\":{},\"f:type\":{}}"
		       : "{\"f:count\":{},\"f:firstTimestamp\":{},\"f:involvedObject\":{},"
			 "\"f:lastTimestamp\":{},\"f:message\":{},\"f:reason\":{},\"f:"
			 "reportingComponent\":{},"
			 "\"f:reportingInstance\":{},\"f:source\":{\"f:component\":{},\"f:host\":{}"
			 "},"
			 "\"f:type\":{}}";
}

static int64_t last_us(const struct tt_event *e)
{
	return e->has_series     ? e->series_last_observed_us
	       : is_scheduler(e) ? e->event_time_us
				 : e->last_timestamp_us;
}

/* --- JSON --- */

static void put_key(struct tt_buf *to, const char *key)
{
	if (to->data[to->len - 1] != '{')
		tt_buf_char(to, ',');
	tt_buf_char(to, '"');
	tt_buf_text(to, key);
	tt_buf_text(to, "\":");
}

static void put_text(struct tt_buf *to, const char *key, struct tt_str value)
{
	put_key(to, key);
	tt_json_put_string(to, value);
}

static void put_text_if_any(struct tt_buf *to, const char *key, struct tt_str value)
{
	if (value.len > 0)
		put_text(to, key, value);
}

static void put_time(struct tt_buf *to, const char *key, int64_t us, enum tt_time_form form)
{
	char text[TT_TIME_SIZE];

	put_key(to, key);
	if (us == TT_TIME_ZERO) {
		tt_buf_text(to, "null");
		return;
	}
	size_t n = tt_time_format(us, form, text);

	tt_buf_char(to, '"');
	tt_buf_add(to, text, n);
	tt_buf_char(to, '"');
}

static void put_number(struct tt_buf *to, const char *key, int64_t value)
{
	put_key(to, key);
	tt_buf_i64(to, value);
}

static void json_metadata(struct tt_buf *to, const struct tt_event *e, bool managed)
{
	const struct tt_objectmeta *m = &e->metadata;

	tt_buf_char(to, '{');
	put_text(to, "name", m->name);
	put_text(to, "namespace", m->namespace);
	put_text(to, "uid", m->uid);
	put_text(to, "resourceVersion", m->resource_version);
	put_time(to, "creationTimestamp", m->creation_us, TT_TIME_SECONDS);
	if (managed) {
		put_key(to, "managedFields");
		tt_buf_text(to, "[{");
		put_text(to, "manager", tt_str_from(manager_of(e)));
		put_text(to, "operation", TT_STR("Update"));
		put_text(to, "apiVersion", tt_str_from(managed_version(e)));
		put_time(to, "time", last_us(e), TT_TIME_SECONDS);
		put_text(to, "fieldsType", TT_STR("FieldsV1"));
		put_key(to, "fieldsV1");
		tt_buf_text(to, managed_fields(e));
		tt_buf_text(to, "}]");
	}
	tt_buf_char(to, '}');
}

static void json_reference(struct tt_buf *to, const struct tt_objectref *r)
{
	tt_buf_char(to, '{');
	put_text_if_any(to, "kind", r->kind);
	put_text_if_any(to, "namespace", r->namespace);
	put_text_if_any(to, "name", r->name);
	put_text_if_any(to, "uid", r->uid);
	put_text_if_any(to, "apiVersion", r->api_version);
	put_text_if_any(to, "resourceVersion", r->resource_version);
	put_text_if_any(to, "fieldPath", r->field_path);
	tt_buf_char(to, '}');
}

static void json_event(struct tt_buf *to, const struct tt_event *e, bool managed)
{
	tt_buf_char(to, '{');
	put_text(to, "kind", TT_STR("Event"));
	put_text(to, "apiVersion", TT_STR("v1"));
	put_key(to, "metadata");
	json_metadata(to, e, managed);
	put_key(to, "involvedObject");
	json_reference(to, &e->involved_object);
	put_text_if_any(to, "reason", e->reason);
	put_text_if_any(to, "message", e->message);
	put_key(to, "source");
	tt_buf_char(to, '{');
	put_text_if_any(to, "component", e->source_component);
	put_text_if_any(to, "host", e->source_host);
	tt_buf_char(to, '}');
	put_time(to, "firstTimestamp", e->first_timestamp_us, TT_TIME_SECONDS);
	put_time(to, "lastTimestamp", e->last_timestamp_us, TT_TIME_SECONDS);
	if (e->count != 0)
		put_number(to, "count", e->count);
	put_text_if_any(to, "type", e->type);
	put_time(to, "eventTime", e->event_time_us, TT_TIME_MICROS);
	if (e->has_series) {
		put_key(to, "series");
		tt_buf_char(to, '{');
		put_number(to, "count", e->series_count);
		put_time(to, "lastObservedTime", e->series_last_observed_us, TT_TIME_MICROS);
		tt_buf_char(to, '}');
	}
	put_text_if_any(to, "action", e->action);
	put_text(to, "reportingComponent", e->reporting_component);
	put_text(to, "reportingInstance", e->reporting_instance);
	tt_buf_char(to, '}');
}

/* --- protobuf, with the empty fields that gogo's generated code writes --- */

static void pb_time(struct tt_buf *to, uint32_t number, int64_t us)
{
	size_t mark = tt_pb_begin(to, number);

	if (us != TT_TIME_ZERO) {
		tt_pb_put_varint(to, 1, (uint64_t)(us / TT_US_PER_S));
		tt_pb_put_varint(to, 2, (uint64_t)(us % TT_US_PER_S * TT_NS_PER_US));
	}
	tt_pb_end(to, mark);
}

static void pb_metadata(struct tt_buf *to, const struct tt_event *e, bool managed)
{
	const struct tt_objectmeta *m = &e->metadata;

	tt_pb_put_bytes(to, 1, m->name);
	tt_pb_put_bytes(to, 2, TT_STR("")); /* generateName */
	tt_pb_put_bytes(to, 3, m->namespace);
	tt_pb_put_bytes(to, 4, TT_STR("")); /* selfLink */
	tt_pb_put_bytes(to, 5, m->uid);
	tt_pb_put_bytes(to, 6, m->resource_version);
	tt_pb_put_varint(to, 7, 0); /* generation */
	pb_time(to, 8, m->creation_us);
	if (!managed)
		return;
	size_t entry = tt_pb_begin(to, 17);

	tt_pb_put_bytes(to, 1, tt_str_from(manager_of(e)));
	tt_pb_put_bytes(to, 2, TT_STR("Update"));
	tt_pb_put_bytes(to, 3, tt_str_from(managed_version(e)));
	pb_time(to, 4, last_us(e) - last_us(e) % TT_US_PER_S);
	tt_pb_put_bytes(to, 6, TT_STR("FieldsV1"));
	size_t fields = tt_pb_begin(to, 7);

	tt_pb_put_bytes(to, 1, tt_str_from(managed_fields(e)));
	tt_pb_end(to, fields);
	tt_pb_put_bytes(to, 8, TT_STR("")); /* subresource */
	tt_pb_end(to, entry);
}

static void pb_reference(struct tt_buf *to, const struct tt_objectref *r)
{
	tt_pb_put_bytes(to, 1, r->kind);
	tt_pb_put_bytes(to, 2, r->namespace);
	tt_pb_put_bytes(to, 3, r->name);
	tt_pb_put_bytes(to, 4, r->uid);
	tt_pb_put_bytes(to, 5, r->api_version);
	tt_pb_put_bytes(to, 6, r->resource_version);
	tt_pb_put_bytes(to, 7, r->field_path);
}

static void pb_event(struct tt_buf *to, const struct tt_event *e, bool managed)
{
	size_t mark = tt_pb_begin(to, 1);

	pb_metadata(to, e, managed);
	tt_pb_end(to, mark);
	mark = tt_pb_begin(to, 2);
	pb_reference(to, &e->involved_object);
	tt_pb_end(to, mark);
	tt_pb_put_bytes(to, 3, e->reason);
	tt_pb_put_bytes(to, 4, e->message);
	mark = tt_pb_begin(to, 5);
	tt_pb_put_bytes(to, 1, e->source_component);
	tt_pb_put_bytes(to, 2, e->source_host);
	tt_pb_end(to, mark);
	pb_time(to, 6, e->first_timestamp_us);
	pb_time(to, 7, e->last_timestamp_us);
	tt_pb_put_varint(to, 8, (uint64_t)e->count);
	tt_pb_put_bytes(to, 9, e->type);
	pb_time(to, 10, e->event_time_us);
	if (e->has_series) {
		mark = tt_pb_begin(to, 11);
		tt_pb_put_varint(to, 1, (uint64_t)e->series_count);
		pb_time(to, 2, e->series_last_observed_us);
		tt_pb_end(to, mark);
	}
	tt_pb_put_bytes(to, 12, e->action);
	tt_pb_put_bytes(to, 14, e->reporting_component);
	tt_pb_put_bytes(to, 15, e->reporting_instance);
}

static void pb_envelope(struct tt_buf *to, const struct tt_event *e, bool managed)
{
	tt_buf_add(to, "k8s", 4); /* with its NUL */
	size_t mark = tt_pb_begin(to, 1);

	tt_pb_put_bytes(to, 1, TT_STR("v1"));
	tt_pb_put_bytes(to, 2, TT_STR("Event"));
	tt_pb_end(to, mark);
	mark = tt_pb_begin(to, 2);
	pb_event(to, e, managed);
	tt_pb_end(to, mark);
	tt_pb_put_bytes(to, 3, TT_STR("")); /* contentEncoding */
	tt_pb_put_bytes(to, 4, TT_STR("")); /* contentType */
}

void corpus_put_frame(
	struct tt_buf *to, enum tt_encoding encoding, const struct corpus_event *e, bool managed)
{
	struct tt_str type = e->modified ? TT_STR("MODIFIED") : TT_STR("ADDED");

	if (encoding == TT_ENCODING_JSON) {
		tt_buf_char(to, '{');
		put_text(to, "type", type);
		put_key(to, "object");
		json_event(to, &e->event, managed);
		tt_buf_text(to, "}\n");
		return;
	}
	size_t start = to->len;

	tt_buf_add(to, "\0\0\0\0", 4);
	tt_pb_put_bytes(to, 1, type);
	size_t object = tt_pb_begin(to, 2), raw = tt_pb_begin(to, 1);

	pb_envelope(to, &e->event, managed);
	tt_pb_end(to, raw);
	tt_pb_end(to, object);
	if (to->failed)
		return;
	size_t length = to->len - start - 4;

	for (int i = 0; i < 4; i++)
		to->data[start + (size_t)i] = (char)(length >> (24 - 8 * i));
}

void corpus_put_list_item(struct tt_buf *to, const struct corpus_event *e, bool managed)
{
	size_t mark = tt_pb_begin(to, 2);

	pb_event(to, &e->event, managed);
	tt_pb_end(to, mark);
}
