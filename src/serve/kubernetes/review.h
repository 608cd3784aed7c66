/* SPDX-License-Identifier: Apache-2.0 */
/* review.h - reading a SelfSubjectAccessReview. Private to this folder. */
#pragma once

#include <stdbool.h>

#include "base/err.h"
#include "base/str.h"
#include "event/codec.h"

struct tt_arena;

/* What is asked about: a resource, or a path. */
struct tt_review {
	bool is_resource;
	struct tt_str namespace, verb, group, resource, subresource, name;
	struct tt_str path;
};

/* Reads a body in JSON or protobuf; texts borrow from it or from `arena`. */
int tt_review_parse(struct tt_review *ret, enum tt_format format, struct tt_str body,
	struct tt_arena *arena, struct tt_err *err);
