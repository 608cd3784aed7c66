/* SPDX-License-Identifier: Apache-2.0 */
/* selector.h - field selectors on core/v1 events, with the API server's syntax and meaning
 * (k8s.io/apimachinery fields.ParseSelector; the labels of pkg/apis/core event conversion). */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/str.h"

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

/* Parses `text` into `arena`. An unknown label is TT_EINVAL with the API server's words
 * "field label not supported: <label>". The empty text selects everything. */
int tt_fieldselector_parse(
	struct tt_fieldselector *s, struct tt_str text, struct tt_arena *arena, struct tt_err *err);

/* Whether `e` satisfies every term. */
bool tt_fieldselector_matches(const struct tt_fieldselector *s, const struct tt_event *e);
