/* SPDX-License-Identifier: Apache-2.0 */
/* validate_metadata.h - the part of validation that is about metadata, and what it shares with the
 * rest. Only for src/event. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/timestamp.h"
#include "event/causes.h"

struct tt_name_problems;
struct tt_objectmeta;

#define TT_VALIDATE_IMMUTABLE "field is immutable"

/* What is asked of the metadata of every object; with `strict` also what only events.k8s.io asks.
 */
void tt_validate_metadata(const struct tt_objectmeta *meta, bool strict, struct tt_causes *to);

/* What is asked besides of `new` that is to replace `old`. */
void tt_validate_metadata_update(const struct tt_objectmeta *new, const struct tt_objectmeta *old,
	bool strict, struct tt_causes *to);

/* A cause for each of the problems of a name. */
void tt_validate_problems(struct tt_causes *to, const char *field, struct tt_str value,
	const struct tt_name_problems *problems);

/* A cause if `new` is not `old`, for fields that cannot change. */
void tt_validate_same(
	struct tt_causes *to, const char *field, struct tt_str new, struct tt_str old);
void tt_validate_number(struct tt_causes *to, const char *field, int64_t new, int64_t old);
void tt_validate_time(
	struct tt_causes *to, const char *field, int64_t new, int64_t old, enum tt_time_form form);

/* Appends `"name":"value"` to a JSON object that is being written, after a comma if it is not the
 * first. */
void tt_validate_put(struct tt_buf *to, const char *name, struct tt_str value);
