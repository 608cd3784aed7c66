/* SPDX-License-Identifier: Apache-2.0 */
/* rules.h - the static rule file: who may do what, of which nothing takes anything away.
 *
 *	rules:
 *	- groups: [ops]                   # any of the users or of the groups
 *	  clusters: ["*"]
 *	  namespaces: ["*"]               # "*": all, and requests for all namespaces at once
 *	- users: [ann, ben]
 *	  clusters: [prod]
 *	  namespaces: [shop]
 *	  verbs: [get, list, watch]       # as here if not given
 *	  resources: [events]             # as here if not given, of either API group
 *	- groups: [prometheus]
 *	  clusters: ["*"]
 *	  paths: [/metrics]               # instead of namespaces and resources; only get
 *
 * Only for src/serve/auth. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/str.h"
#include "serve/auth/auth.h"

struct tt_rule;

struct tt_rules {
	const struct tt_rule *items;
	size_t n;
};

/* Reads the content of the file into `arena`. TT_EINVAL with file, line and column; a rule that
 * could never allow anything is one too. */
int tt_rules_parse(struct tt_rules *ret, struct tt_str text, const char *file,
	struct tt_arena *arena, struct tt_err *err);

/* Whether one of them allows it. */
bool tt_rules_allow(
	const struct tt_rules *rules, const struct tt_user *user, const struct tt_access *access);

/* Whether one of them, other than for paths, is for this user and this cluster. */
bool tt_rules_name(const struct tt_rules *rules, const struct tt_user *user, struct tt_str cluster);
