/* SPDX-License-Identifier: Apache-2.0 */
/* labelselector.h - label selectors, with the API server's syntax, meaning and words
 * (k8s.io/apimachinery labels.Parse): `k=v`, `k==v`, `k!=v`, `k in (a,b)`, `k notin (a)`, `k`,
 * `!k`, `k>1`, `k<1`, all of which must hold. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"

struct tt_arena;
struct tt_label;

enum tt_label_operator {
	TT_LABEL_IN,     /* also = and == */
	TT_LABEL_NOT_IN, /* also !=; holds too for what has no such label */
	TT_LABEL_EXISTS,
	TT_LABEL_NOT_EXISTS,
	TT_LABEL_GREATER, /* of two integers */
	TT_LABEL_LESS,
};

struct tt_label_requirement {
	struct tt_str key;
	enum tt_label_operator op;
	struct tt_str *values; /* ascending, each once */
	size_t n;
};

struct tt_labelselector {
	struct tt_label_requirement *requirements; /* all must hold */
	size_t n;
};

/* Parses `text` into `arena`; keys and values borrow from `text`. What the API server would refuse
 * is TT_EINVAL, with its words for the Status (BadRequest). The empty text selects everything. */
int tt_labelselector_parse(
	struct tt_labelselector *s, struct tt_str text, struct tt_arena *arena, struct tt_err *err);

/* Whether `labels` satisfy every requirement. */
bool tt_labelselector_matches(
	const struct tt_labelselector *s, const struct tt_label *labels, uint32_t n);
