/* SPDX-License-Identifier: Apache-2.0 */
/* selector.h - field selectors on events, with the API server's syntax, meaning and words
 * (k8s.io/apimachinery fields.ParseSelector; the labels of pkg/apis/core/v1 and events/v1
 * conversion). */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/str.h"
#include "event/group.h"

struct tt_arena;
struct tt_event;

enum tt_field_label {
	TT_LABEL_METADATA_NAME,
	TT_LABEL_METADATA_NAMESPACE,
	TT_LABEL_INVOLVED_KIND,
	TT_LABEL_INVOLVED_NAMESPACE,
	TT_LABEL_INVOLVED_NAME,
	TT_LABEL_INVOLVED_UID,
	TT_LABEL_INVOLVED_API_VERSION,
	TT_LABEL_INVOLVED_RESOURCE_VERSION,
	TT_LABEL_INVOLVED_FIELD_PATH,
	TT_LABEL_REASON,
	TT_LABEL_TYPE,
	TT_LABEL_REPORTING_COMPONENT,
	TT_LABEL_SOURCE, /* source.component, or reportingComponent if that is empty */
};

struct tt_field_term {
	enum tt_field_label label;
	bool negated; /* != */
	struct tt_str value;
};

struct tt_fieldselector {
	struct tt_field_term *terms; /* all must hold */
	size_t n;
};

/* Parses `text` into `arena`, from which and from `text` the values borrow. Labels are spelled as
 * `group` has them: involvedObject.name or regarding.name. What the API server would refuse is
 * TT_EINVAL, with its words for the Status (BadRequest): "field label not supported: <label>".
 * `source` is taken in both groups, as servers since 1.36 do. The empty text selects everything. */
int tt_fieldselector_parse(struct tt_fieldselector *s, enum tt_api_group group, struct tt_str text,
	struct tt_arena *arena, struct tt_err *err);

/* Whether `e` satisfies every term. */
bool tt_fieldselector_matches(const struct tt_fieldselector *s, const struct tt_event *e);
