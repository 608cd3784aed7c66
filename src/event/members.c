/* SPDX-License-Identifier: Apache-2.0 */
/* The tables follow k8s.io/api core/v1 and events/v1 and apimachinery meta/v1 (generated.proto
 * for the numbers, the json tags of types.go for names and omission). */
#include "event/members.h"

#include "base/timestamp.h"
#include "event/codec.h"
#include "event/event.h"
#include "wire/protobuf.h"

#define QUOTED(text)                                                                               \
	{                                                                                          \
		"\"" text "\":", sizeof(text) + 2                                                  \
	}

/* The wire types. */
enum {
	WIRE_STRING = TT_PB_LENGTH,
	WIRE_INT32 = TT_PB_VARINT,
	WIRE_INT64 = TT_PB_VARINT,
	WIRE_TIME = TT_PB_LENGTH,
	WIRE_MICROTIME = TT_PB_LENGTH,
	WIRE_BOOL = TT_PB_VARINT,
	WIRE_MESSAGE = TT_PB_LENGTH,
	WIRE_MAP = TT_PB_LENGTH,
	WIRE_STRINGS = TT_PB_LENGTH,
	WIRE_MESSAGES = TT_PB_LENGTH,
};

#define FIELD(text, num, kind, how, where, present, table)                                         \
	{                                                                                          \
		.quoted = QUOTED(text), .key = TT_PB_KEY(num, WIRE_##kind),                        \
		.type = TT_MEMBER_##kind, .flags = (how), .offset = (where),                       \
		.presence = (present), .message = (table)                                          \
	}
#define MEMBER(text, num, kind, how, where) FIELD(text, num, kind, how, where, 0, NULL)
#define OPTIONAL(text, num, kind, where, has)                                                      \
	FIELD(text, num, kind, TT_MEMBER_OPTIONAL, where, has, NULL)
#define MESSAGE(text, num, where, table)                                                           \
	FIELD(text, num, MESSAGE, TT_MEMBER_ALWAYS, where, 0, &(table))
#define OPTIONAL_MESSAGE(text, num, where, has, table)                                             \
	FIELD(text, num, MESSAGE, TT_MEMBER_OPTIONAL, where, has, &(table))
#define ARRAY(text, num, kind, where, count, table)                                                \
	FIELD(text, num, kind, OMIT_EMPTY, where, count, table)

#define TABLE(items) .members = (items), .n = sizeof(items) / sizeof((items)[0])

#define META(member)   offsetof(struct tt_objectmeta, member)
#define OWNER(member)  offsetof(struct tt_ownerref, member)
#define REF(member)    offsetof(struct tt_objectref, member)
#define EVENT(member)  offsetof(struct tt_event, member)
#define STATUS(member) offsetof(struct tt_status, member)
#define CAUSE(member)  offsetof(struct tt_status_cause, member)
#define LIST(member)   offsetof(struct tt_listmeta, member)

enum { OMIT_EMPTY = 0, ALWAYS = TT_MEMBER_ALWAYS };

static const struct tt_member ownerref_members[] = {
	MEMBER("kind", 1, STRING, ALWAYS, OWNER(kind)),
	MEMBER("name", 3, STRING, ALWAYS, OWNER(name)),
	MEMBER("uid", 4, STRING, ALWAYS, OWNER(uid)),
	MEMBER("apiVersion", 5, STRING, ALWAYS, OWNER(api_version)),
	OPTIONAL("controller", 6, BOOL, OWNER(controller), 0),
	OPTIONAL("blockOwnerDeletion", 7, BOOL, OWNER(block_owner_deletion), 0),
};

static const uint8_t ownerref_json_order[] = {3, 0, 1, 2, 4, 5};

const struct tt_message tt_message_ownerref = {TABLE(ownerref_members),
	.size = sizeof(struct tt_ownerref), .json_order = ownerref_json_order};

static const struct tt_member objectmeta_members[] = {
	MEMBER("name", 1, STRING, OMIT_EMPTY, META(name)),
	MEMBER("generateName", 2, STRING, OMIT_EMPTY, META(generate_name)),
	MEMBER("namespace", 3, STRING, OMIT_EMPTY, META(namespace)),
	MEMBER("selfLink", 4, STRING, OMIT_EMPTY, META(self_link)),
	MEMBER("uid", 5, STRING, OMIT_EMPTY, META(uid)),
	MEMBER("resourceVersion", 6, STRING, OMIT_EMPTY, META(resource_version)),
	MEMBER("generation", 7, INT64, OMIT_EMPTY, META(generation)),
	MEMBER("creationTimestamp", 8, TIME, OMIT_EMPTY, META(creation_us)),
	OPTIONAL("deletionTimestamp", 9, TIME, META(deletion_us), 0),
	OPTIONAL("deletionGracePeriodSeconds", 10, INT64, META(deletion_grace_period_seconds),
		META(has_deletion_grace_period)),
	ARRAY("labels", 11, MAP, META(labels), META(n_labels), NULL),
	ARRAY("annotations", 12, MAP, META(annotations), META(n_annotations), NULL),
	ARRAY("ownerReferences", 13, MESSAGES, META(owner_references), META(n_owner_references),
		&tt_message_ownerref),
	ARRAY("finalizers", 14, STRINGS, META(finalizers), META(n_finalizers), NULL),
};

static const struct tt_message objectmeta = {TABLE(objectmeta_members)};

static const struct tt_member objectref_members[] = {
	MEMBER("kind", 1, STRING, OMIT_EMPTY, REF(kind)),
	MEMBER("namespace", 2, STRING, OMIT_EMPTY, REF(namespace)),
	MEMBER("name", 3, STRING, OMIT_EMPTY, REF(name)),
	MEMBER("uid", 4, STRING, OMIT_EMPTY, REF(uid)),
	MEMBER("apiVersion", 5, STRING, OMIT_EMPTY, REF(api_version)),
	MEMBER("resourceVersion", 6, STRING, OMIT_EMPTY, REF(resource_version)),
	MEMBER("fieldPath", 7, STRING, OMIT_EMPTY, REF(field_path)),
};

static const struct tt_message objectref = {TABLE(objectref_members)};

static const struct tt_member source_members[] = {
	MEMBER("component", 1, STRING, OMIT_EMPTY, EVENT(source_component)),
	MEMBER("host", 2, STRING, OMIT_EMPTY, EVENT(source_host)),
};

static const struct tt_message source = {TABLE(source_members)};

static const struct tt_member series_members[] = {
	MEMBER("count", 1, INT32, OMIT_EMPTY, EVENT(series_count)),
	MEMBER("lastObservedTime", 2, MICROTIME, ALWAYS, EVENT(series_last_observed_us)),
};

static const struct tt_message series = {TABLE(series_members)};

static const struct tt_member events_series_members[] = {
	MEMBER("count", 1, INT32, ALWAYS, EVENT(series_count)),
	MEMBER("lastObservedTime", 2, MICROTIME, ALWAYS, EVENT(series_last_observed_us)),
};

static const struct tt_message events_series = {TABLE(events_series_members)};

static const struct tt_member event_members[] = {
	MESSAGE("metadata", 1, EVENT(metadata), objectmeta),
	MESSAGE("involvedObject", 2, EVENT(involved_object), objectref),
	MEMBER("reason", 3, STRING, OMIT_EMPTY, EVENT(reason)),
	MEMBER("message", 4, STRING, OMIT_EMPTY, EVENT(message)),
	MESSAGE("source", 5, 0, source),
	MEMBER("firstTimestamp", 6, TIME, ALWAYS, EVENT(first_timestamp_us)),
	MEMBER("lastTimestamp", 7, TIME, ALWAYS, EVENT(last_timestamp_us)),
	MEMBER("count", 8, INT32, OMIT_EMPTY, EVENT(count)),
	MEMBER("type", 9, STRING, OMIT_EMPTY, EVENT(type)),
	MEMBER("eventTime", 10, MICROTIME, ALWAYS, EVENT(event_time_us)),
	OPTIONAL_MESSAGE("series", 11, 0, EVENT(has_series), series),
	MEMBER("action", 12, STRING, OMIT_EMPTY, EVENT(action)),
	OPTIONAL_MESSAGE("related", 13, EVENT(related), EVENT(has_related), objectref),
	MEMBER("reportingComponent", 14, STRING, ALWAYS, EVENT(reporting_component)),
	MEMBER("reportingInstance", 15, STRING, ALWAYS, EVENT(reporting_instance)),
};

const struct tt_message tt_message_event = {TABLE(event_members), .size = sizeof(struct tt_event)};

static const struct tt_member events_event_members[] = {
	MESSAGE("metadata", 1, EVENT(metadata), objectmeta),
	MEMBER("eventTime", 2, MICROTIME, ALWAYS, EVENT(event_time_us)),
	OPTIONAL_MESSAGE("series", 3, 0, EVENT(has_series), events_series),
	MEMBER("reportingController", 4, STRING, OMIT_EMPTY, EVENT(reporting_component)),
	MEMBER("reportingInstance", 5, STRING, OMIT_EMPTY, EVENT(reporting_instance)),
	MEMBER("action", 6, STRING, OMIT_EMPTY, EVENT(action)),
	MEMBER("reason", 7, STRING, OMIT_EMPTY, EVENT(reason)),
	MESSAGE("regarding", 8, EVENT(involved_object), objectref),
	OPTIONAL_MESSAGE("related", 9, EVENT(related), EVENT(has_related), objectref),
	MEMBER("note", 10, STRING, OMIT_EMPTY, EVENT(message)),
	MEMBER("type", 11, STRING, OMIT_EMPTY, EVENT(type)),
	MESSAGE("deprecatedSource", 12, 0, source),
	MEMBER("deprecatedFirstTimestamp", 13, TIME, ALWAYS, EVENT(first_timestamp_us)),
	MEMBER("deprecatedLastTimestamp", 14, TIME, ALWAYS, EVENT(last_timestamp_us)),
	MEMBER("deprecatedCount", 15, INT32, OMIT_EMPTY, EVENT(count)),
};

const struct tt_message tt_message_event_events = {
	TABLE(events_event_members), .size = sizeof(struct tt_event)};

static const struct tt_member partial_members[] = {
	MESSAGE("metadata", 1, EVENT(metadata), objectmeta),
};

const struct tt_message tt_message_partial = {
	TABLE(partial_members), .size = sizeof(struct tt_event)};

static const struct tt_member listmeta_members[] = {
	MEMBER("selfLink", 1, STRING, OMIT_EMPTY, LIST(self_link)),
	MEMBER("resourceVersion", 2, STRING, OMIT_EMPTY, LIST(resource_version)),
	MEMBER("continue", 3, STRING, OMIT_EMPTY, LIST(continue_token)),
	OPTIONAL("remainingItemCount", 4, INT64, LIST(remaining_item_count), 0),
};

const struct tt_message tt_message_listmeta = {TABLE(listmeta_members)};

static const struct tt_member list_head_members[] = {
	MESSAGE("metadata", 1, 0, tt_message_listmeta),
};

const struct tt_message tt_message_list_head = {TABLE(list_head_members)};

static const struct tt_member status_meta_members[] = {
	MEMBER("selfLink", 1, STRING, OMIT_EMPTY, STATUS(self_link)),
	MEMBER("resourceVersion", 2, STRING, OMIT_EMPTY, STATUS(resource_version)),
	MEMBER("continue", 3, STRING, OMIT_EMPTY, STATUS(continue_token)),
	OPTIONAL("remainingItemCount", 4, INT64, STATUS(remaining_item_count), 0),
};

static const struct tt_message status_meta = {TABLE(status_meta_members)};

static const struct tt_member status_cause_members[] = {
	MEMBER("reason", 1, STRING, OMIT_EMPTY, CAUSE(reason)),
	MEMBER("message", 2, STRING, OMIT_EMPTY, CAUSE(message)),
	MEMBER("field", 3, STRING, OMIT_EMPTY, CAUSE(field)),
};

static const struct tt_message status_cause = {
	TABLE(status_cause_members), .size = sizeof(struct tt_status_cause)};

static const struct tt_member status_details_members[] = {
	MEMBER("name", 1, STRING, OMIT_EMPTY, STATUS(name)),
	MEMBER("group", 2, STRING, OMIT_EMPTY, STATUS(group)),
	MEMBER("kind", 3, STRING, OMIT_EMPTY, STATUS(kind)),
	ARRAY("causes", 4, MESSAGES, STATUS(causes), STATUS(n_causes), &status_cause),
	MEMBER("retryAfterSeconds", 5, INT32, OMIT_EMPTY, STATUS(retry_after_seconds)),
	MEMBER("uid", 6, STRING, OMIT_EMPTY, STATUS(uid)),
};

static const uint8_t status_details_json_order[] = {0, 1, 2, 5, 3, 4};

static const struct tt_message status_details = {
	TABLE(status_details_members), .json_order = status_details_json_order};

static const struct tt_member status_members[] = {
	MESSAGE("metadata", 1, 0, status_meta),
	MEMBER("status", 2, STRING, OMIT_EMPTY, STATUS(status)),
	MEMBER("message", 3, STRING, OMIT_EMPTY, STATUS(message)),
	MEMBER("reason", 4, STRING, OMIT_EMPTY, STATUS(reason)),
	OPTIONAL_MESSAGE("details", 5, 0, STATUS(has_details), status_details),
	MEMBER("code", 6, INT32, OMIT_EMPTY, STATUS(code)),
};

const struct tt_message tt_message_status = {TABLE(status_members)};

const struct tt_message *tt_event_message(struct tt_str api_version)
{
	if (api_version.len == 0 || tt_str_is(api_version, "v1"))
		return &tt_message_event;
	bool events = tt_str_starts(api_version, TT_STR("events.k8s.io/"));

	return events ? &tt_message_event_events : NULL;
}

void tt_message_init(const struct tt_message *m, void *base)
{
	for (const struct tt_member *member = m->members; member < m->members + m->n; member++) {
		void *at = tt_member_at(base, member->offset);

		switch (member->type) {
		case TT_MEMBER_TIME:
		case TT_MEMBER_MICROTIME: *(int64_t *)at = TT_TIME_ZERO; break;
		case TT_MEMBER_BOOL: *(int8_t *)at = -1; break;
		case TT_MEMBER_MESSAGE: tt_message_init(member->message, at); break;
		default: break;
		}
	}
}

bool tt_member_is_set(const struct tt_member *member, const void *base)
{
	switch (member->type) {
	case TT_MEMBER_TIME:
	case TT_MEMBER_MICROTIME:
		return *(const int64_t *)tt_member_of(base, member->offset) != TT_TIME_ZERO;
	case TT_MEMBER_BOOL: return *(const int8_t *)tt_member_of(base, member->offset) >= 0;
	case TT_MEMBER_INT64:
		if (member->presence == 0)
			return *(const int64_t *)tt_member_of(base, member->offset) > 0;
		break;
	default: break;
	}
	return *(const bool *)tt_member_of(base, member->presence);
}
