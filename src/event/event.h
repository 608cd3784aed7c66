/* SPDX-License-Identifier: Apache-2.0 */
/* event.h - a Kubernetes Event: every field of core/v1 Event and its ObjectMeta, except
 * managedFields, which are dropped on arrival.
 *
 * All text is borrowed: from the bytes it was decoded from, or from the arena given to the
 * decoder. An event that is all zero is not valid, because a zero time is TT_TIME_ZERO: begin
 * with tt_event_init(). Times are microseconds since 1970 (metav1.Time has whole seconds, and
 * what a client sent beyond them is not kept). Field names follow core/v1; events.k8s.io/v1 is a
 * pure renaming of them. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"
#include "base/timestamp.h"

struct tt_label {
	struct tt_str key, value;
};

struct tt_ownerref {
	struct tt_str kind, name, uid, api_version;
	int8_t controller, block_owner_deletion; /* 0 false, 1 true, -1 absent */
};

/* metav1.ObjectMeta. */
struct tt_objectmeta {
	struct tt_str name, generate_name, namespace, self_link, uid, resource_version;
	int64_t generation;
	int64_t creation_us, deletion_us;      /* TT_TIME_ZERO: absent */
	int64_t deletion_grace_period_seconds; /* valid if has_deletion_grace_period */
	bool has_deletion_grace_period;
	struct tt_label *labels, *annotations; /* ascending by key, keys unique */
	struct tt_ownerref *owner_references;
	struct tt_str *finalizers;
	uint32_t n_labels, n_annotations, n_owner_references, n_finalizers;
};

/* core/v1 ObjectReference. */
struct tt_objectref {
	struct tt_str kind, namespace, name, uid, api_version, resource_version, field_path;
};

struct tt_event {
	struct tt_objectmeta metadata;
	struct tt_objectref involved_object;
	struct tt_str reason, message;
	struct tt_str source_component, source_host;
	int64_t first_timestamp_us, last_timestamp_us; /* whole seconds, or TT_TIME_ZERO */
	int32_t count;
	int32_t series_count; /* valid if has_series */
	int64_t event_time_us;
	int64_t series_last_observed_us; /* valid if has_series */
	bool has_series, has_related;
	struct tt_str type, action;
	struct tt_objectref related; /* valid if has_related */
	struct tt_str reporting_component, reporting_instance;
};

/* No text, no times, no counts. */
void tt_event_init(struct tt_event *e);

/* A copy of all of `from`, its texts too, into `arena`. */
void tt_event_copy(struct tt_event *to, const struct tt_event *from, struct tt_arena *arena);

/* Whether all fields are the same. */
bool tt_event_equal(const struct tt_event *a, const struct tt_event *b);

/* The event time `t`: series.lastObservedTime, else lastTimestamp, eventTime, firstTimestamp; at
 * least creationTimestamp and at most `recorded_at_us`, so that a node with a wrong clock neither
 * heads every list nor hides. */
int64_t tt_event_time_us(const struct tt_event *e, int64_t recorded_at_us);

/* How often it has happened, at least 1: series.count if there is a series, else count. */
uint32_t tt_event_occurrences(const struct tt_event *e);

/* The resourceVersion of etcd as a number; false if it is not a decimal number of 64 bits. */
bool tt_event_rv(const struct tt_event *e, uint64_t *ret_rv);
