/* SPDX-License-Identifier: Apache-2.0 */
/* unknown.h - fields that Events do not have, and fields that are there twice: what the parameter
 * fieldValidation of a write is about. Worded as by an API server: `unknown field "spec.x"`,
 * `duplicate field "reason"`; each thing once, at most TT_UNKNOWN_MAX of them. */
#pragma once

#include "base/str.h"
#include "event/codec.h"
#include "event/group.h"
#include "event/patch.h"

struct tt_arena;
struct tt_message;

/* So many fields are told of, as by Kubernetes' own reader. */
enum { TT_UNKNOWN_MAX = 100 };

/* Adds those of a well-formed body with the fields of `m` to `body->unknown`, in the order in which
 * they stand there. What is told already has room for TT_UNKNOWN_MAX. */
void tt_unknown_in_body(struct tt_event_body *body, const struct tt_message *m, struct tt_str json,
	struct tt_arena *arena);

/* Sets `body->unknown` to those of a patch that tt_event_patch() has taken: what is there twice at
 * any depth, then in the order of their names the fields that Events do not have. */
void tt_unknown_in_patch(struct tt_event_body *body, enum tt_patch_type type,
	enum tt_api_group group, struct tt_str patch, struct tt_arena *arena);
