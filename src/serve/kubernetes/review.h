/* SPDX-License-Identifier: Apache-2.0 */
/* review.h - SelfSubjectAccessReviews and SelfSubjectRulesReviews. Private to this folder. */
#pragma once

#include <stdbool.h>

#include "base/err.h"
#include "base/str.h"
#include "event/codec.h"

struct tt_api_request;
struct tt_arena;

/* What is asked about: a resource, or a path; both or neither are an error. */
struct tt_review {
	bool is_resource, is_path;
	struct tt_str namespace, verb, group, resource, subresource, name;
	struct tt_str path, path_verb;
};

/* Reads a body in JSON or protobuf; texts borrow from it or from `arena`. */
int tt_review_parse(struct tt_review *ret, enum tt_format format, struct tt_str body,
	struct tt_arena *arena, struct tt_err *err);

/* The same of a SelfSubjectRulesReview, which names a namespace and nothing else. */
int tt_review_parse_rules(struct tt_str *ret_namespace, enum tt_format format, struct tt_str body,
	struct tt_arena *arena, struct tt_err *err);

/* Answers with all that the user may do in a namespace. */
void tt_api_review_rules(struct tt_api_request *r, struct tt_str namespace);
