/* SPDX-License-Identifier: Apache-2.0 */
#include "event/validate.h"

#include "base/timestamp.h"
#include "event/event.h"
#include "event/name.h"
#include "event/validate_metadata.h"

enum { LENGTH_MAX = 128, NOTE_MAX = 1024 };

static const char immutable[] = TT_VALIDATE_IMMUTABLE;

/* A text that must be there and not be too long. */
static void check_text(struct tt_causes *to, const char *field, struct tt_str text)
{
	if (text.len == 0)
		tt_causes_required(to, field, NULL);
	if (text.len > LENGTH_MAX)
		tt_causes_invalid(to, field, TT_STR(""), "can have at most 128 characters");
}

static void namespace_differs(struct tt_causes *to, const struct tt_event *e)
{
	tt_causes_invalid(to, "involvedObject.namespace", e->involved_object.namespace,
		"does not match event.namespace");
}

/* An Event with eventTime, as the newer recorders make them. */
static void check_new_style(const struct tt_event *e, enum tt_api_group group, struct tt_causes *to)
{
	const char *controller = group == TT_GROUP_CORE ? "reportingComponent"
							: "reportingController";
	struct tt_name_problems problems = tt_name_qualified(e->reporting_component, false);

	if (e->involved_object.namespace.len == 0 && !tt_str_is(e->metadata.namespace, "default") &&
		!tt_str_is(e->metadata.namespace, "kube-system"))
		namespace_differs(to, e);
	if (e->reporting_component.len == 0)
		tt_causes_required(to, controller, NULL);
	tt_validate_problems(to, controller, e->reporting_component, &problems);
	check_text(to, "reportingInstance", e->reporting_instance);
	check_text(to, "action", e->action);
	check_text(to, "reason", e->reason);
	if (e->message.len > NOTE_MAX)
		tt_causes_invalid(to, "message", TT_STR(""), "can have at most 1024 characters");
}

/* An Event without eventTime, of which nothing is asked but its namespace. */
static void check_old_style(const struct tt_event *e, struct tt_causes *to)
{
	struct tt_str own = e->metadata.namespace, object = e->involved_object.namespace;
	bool same = object.len > 0 ? tt_str_eq(own, object)
				   : own.len == 0 || tt_str_is(own, "default");

	if (!same)
		namespace_differs(to, e);
}

/* What holds in both groups. */
static void check_legacy(const struct tt_event *e, enum tt_api_group group, struct tt_causes *to)
{
	struct tt_name_problems problems = tt_name_subdomain(e->metadata.namespace, false);

	if (e->event_time_us == TT_TIME_ZERO)
		check_old_style(e, to);
	else
		check_new_style(e, group, to);
	tt_validate_problems(to, "namespace", e->metadata.namespace, &problems);
}

static void check_series(const struct tt_event *e, struct tt_causes *to)
{
	if (!e->has_series)
		return;
	if (e->series_count < 2)
		tt_causes_invalid(to, "series.count", TT_STR(""), "should be at least 2");
	if (e->series_last_observed_us == TT_TIME_ZERO)
		tt_causes_required(to, "series.lastObservedTime", NULL);
}

static void must_be_unset(struct tt_causes *to, const char *field, bool is_set)
{
	if (is_set)
		tt_causes_invalid(to, field, TT_STR(""), "needs to be unset");
}

/* What events.k8s.io/v1 asks besides of a new Event. */
static void check_strict(const struct tt_event *e, struct tt_causes *to)
{
	tt_validate_metadata(&e->metadata, true, to);
	check_series(e, to);
	if (e->event_time_us == TT_TIME_ZERO)
		tt_causes_required(to, "eventTime", NULL);
	if (!tt_str_is(e->type, "Normal") && !tt_str_is(e->type, "Warning"))
		tt_causes_invalid(to, "type", TT_STR(""),
			tt_str_printf(to->arena, "has invalid value: %.*s", TT_STR_ARG(e->type))
				.data);
	must_be_unset(to, "firstTimestamp", e->first_timestamp_us != TT_TIME_ZERO);
	must_be_unset(to, "lastTimestamp", e->last_timestamp_us != TT_TIME_ZERO);
	must_be_unset(to, "count", e->count != 0);
	must_be_unset(to, "source", e->source_component.len > 0 || e->source_host.len > 0);
}

void tt_event_validate(const struct tt_event *e, enum tt_api_group group, struct tt_causes *to)
{
	uint32_t before = to->n;

	check_legacy(e, group, to);
	if (group == TT_GROUP_EVENTS)
		check_strict(e, to);
	if (to->n == before) /* else the more specific causes are said alone */
		tt_validate_metadata(&e->metadata, false, to);
}

static void put_object(struct tt_buf *to, const struct tt_objectref *object)
{
	tt_buf_char(to, '{');
	tt_validate_put(to, "Kind", object->kind);
	tt_validate_put(to, "Namespace", object->namespace);
	tt_validate_put(to, "Name", object->name);
	tt_validate_put(to, "UID", object->uid);
	tt_validate_put(to, "APIVersion", object->api_version);
	tt_validate_put(to, "ResourceVersion", object->resource_version);
	tt_validate_put(to, "FieldPath", object->field_path);
	tt_buf_char(to, '}');
}

static bool same_object(const struct tt_objectref *a, const struct tt_objectref *b)
{
	return tt_str_eq(a->kind, b->kind) && tt_str_eq(a->namespace, b->namespace) &&
	       tt_str_eq(a->name, b->name) && tt_str_eq(a->uid, b->uid) &&
	       tt_str_eq(a->api_version, b->api_version) &&
	       tt_str_eq(a->resource_version, b->resource_version) &&
	       tt_str_eq(a->field_path, b->field_path);
}

/* `new` is NULL where there is no object any more. */
static void object_is_immutable(
	struct tt_causes *to, const char *field, const struct tt_objectref *new)
{
	struct tt_buf json;

	tt_buf_init(&json, TT_CAUSES_SHOWN_MAX);
	if (new != NULL)
		put_object(&json, new);
	else
		tt_buf_text(&json, "null");
	tt_causes_invalid_json(to, field, tt_buf_view(&json), immutable);
	tt_buf_release(&json);
}

static void check_source(struct tt_causes *to, const struct tt_event *e, const struct tt_event *old)
{
	struct tt_buf json;

	if (tt_str_eq(e->source_component, old->source_component) &&
		tt_str_eq(e->source_host, old->source_host))
		return;
	tt_buf_init(&json, TT_CAUSES_SHOWN_MAX);
	tt_buf_char(&json, '{');
	tt_validate_put(&json, "Component", e->source_component);
	tt_validate_put(&json, "Host", e->source_host);
	tt_buf_char(&json, '}');
	tt_causes_invalid_json(to, "source", tt_buf_view(&json), immutable);
	tt_buf_release(&json);
}

static void check_related(
	struct tt_causes *to, const struct tt_event *e, const struct tt_event *old)
{
	if (e->has_related != old->has_related ||
		(e->has_related && !same_object(&e->related, &old->related)))
		object_is_immutable(to, "related", e->has_related ? &e->related : NULL);
}

static bool same_series(const struct tt_event *a, const struct tt_event *b)
{
	if (!a->has_series || !b->has_series)
		return a->has_series == b->has_series;
	return a->series_count == b->series_count &&
	       a->series_last_observed_us == b->series_last_observed_us;
}

/* What events.k8s.io/v1 asks besides of an update: only series and metadata may change. */
static void check_strict_update(
	const struct tt_event *e, const struct tt_event *old, struct tt_causes *to)
{
	tt_validate_metadata_update(&e->metadata, &old->metadata, true, to);
	if (!same_series(e, old))
		check_series(e, to);
	if (!same_object(&e->involved_object, &old->involved_object))
		object_is_immutable(to, "involvedObject", &e->involved_object);
	tt_validate_same(to, "reason", e->reason, old->reason);
	tt_validate_same(to, "message", e->message, old->message);
	check_source(to, e, old);
	tt_validate_time(to, "firstTimestamp", e->first_timestamp_us, old->first_timestamp_us,
		TT_TIME_SECONDS);
	tt_validate_time(
		to, "lastTimestamp", e->last_timestamp_us, old->last_timestamp_us, TT_TIME_SECONDS);
	tt_validate_number(to, "count", e->count, old->count);
	tt_validate_same(to, "reason", e->reason, old->reason); /* said twice by Kubernetes */
	tt_validate_same(to, "type", e->type, old->type);
	tt_validate_time(to, "eventTime", e->event_time_us, old->event_time_us, TT_TIME_MICROS);
	tt_validate_same(to, "action", e->action, old->action);
	check_related(to, e, old);
	tt_validate_same(
		to, "reportingController", e->reporting_component, old->reporting_component);
	tt_validate_same(to, "reportingInstance", e->reporting_instance, old->reporting_instance);
}

void tt_event_validate_update(const struct tt_event *e, const struct tt_event *old,
	enum tt_api_group group, struct tt_causes *to)
{
	tt_validate_metadata(&e->metadata, false, to);
	tt_validate_metadata_update(&e->metadata, &old->metadata, false, to);
	check_legacy(e, group, to);
	if (group == TT_GROUP_EVENTS)
		check_strict_update(e, old, to);
}
