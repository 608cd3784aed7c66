/* SPDX-License-Identifier: Apache-2.0 */
/* policy.h - the token file and the rules as they were last read without a mistake. Any thread.
 * Only for src/serve/auth. */
#pragma once

#include <pthread.h>
#include <stdbool.h>
#include <sys/stat.h>

#include "base/arena.h"
#include "base/err.h"
#include "serve/auth/rules.h"
#include "serve/auth/tokens.h"

struct tt_policy {
	const char *token_file, *rules_file; /* NULL: none */
	pthread_rwlock_t lock;               /* of what follows */
	struct tt_tokens tokens;
	struct tt_rules rules;
	struct tt_arena arena;
	struct stat token_stat, rules_stat; /* of the files when they were last read */
};

/* Nothing is read yet; the names are borrowed. */
void tt_policy_init(struct tt_policy *policy, const char *token_file, const char *rules_file);
void tt_policy_release(struct tt_policy *policy);

/* Reads both files; with a mistake in one of them, or without one of them, all stays as it was. */
int tt_policy_read(struct tt_policy *policy, struct tt_err *err);

/* Whether a file is another one than the one that was read last, also if it was read in vain. */
bool tt_policy_has_changed(struct tt_policy *policy);

/* The user of a token, copied into `arena`; false if it is nobody's. */
bool tt_policy_find(
	struct tt_policy *policy, struct tt_str token, struct tt_user *ret, struct tt_arena *arena);

/* Whether a rule allows it. */
bool tt_policy_allows(
	struct tt_policy *policy, const struct tt_user *user, const struct tt_access *access);

/* Whether a rule allows the user anything in the cluster. */
bool tt_policy_names(struct tt_policy *policy, const struct tt_user *user, struct tt_str cluster);
