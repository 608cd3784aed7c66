/* SPDX-License-Identifier: Apache-2.0 */
#include "serve/auth/policy.h"

#include <string.h>

#include "kube/file.h"
#include "serve/auth/user.h"

enum { MAX_FILE_BYTES = 4 << 20 };

void tt_policy_init(struct tt_policy *policy, const char *token_file, const char *rules_file)
{
	*policy = (struct tt_policy){.token_file = token_file, .rules_file = rules_file};
	(void)pthread_rwlock_init(&policy->lock, NULL);
}

void tt_policy_release(struct tt_policy *policy)
{
	tt_arena_release(&policy->arena);
	(void)pthread_rwlock_destroy(&policy->lock);
}

bool tt_policy_has_changed(struct tt_policy *policy)
{
	struct stat token = tt_file_look(policy->token_file);
	struct stat rules = tt_file_look(policy->rules_file);
	bool changed;

	(void)pthread_rwlock_rdlock(&policy->lock);
	changed = !tt_file_same(&token, &policy->token_stat) ||
		  !tt_file_same(&rules, &policy->rules_stat);
	(void)pthread_rwlock_unlock(&policy->lock);
	return changed;
}

/* The text with the tokens is gone when this returns. */
static int read_tokens(
	struct tt_tokens *ret, const char *file, struct tt_arena *arena, struct tt_err *err)
{
	struct tt_arena scratch = {0};
	struct tt_str text;
	int rc = tt_file_read(file, MAX_FILE_BYTES, &scratch, &text, err);

	if (rc == 0) {
		rc = tt_tokens_parse(ret, text, file, arena, err);
		explicit_bzero((char *)(uintptr_t)text.data, text.len);
	}
	tt_arena_release(&scratch);
	return rc;
}

static int read_rules(
	struct tt_rules *ret, const char *file, struct tt_arena *arena, struct tt_err *err)
{
	struct tt_str text;
	int rc = tt_file_read(file, MAX_FILE_BYTES, arena, &text, err);

	return rc == 0 ? tt_rules_parse(ret, text, file, arena, err) : rc;
}

int tt_policy_read(struct tt_policy *policy, struct tt_err *err)
{
	struct tt_policy new = {0};
	int rc = 0;

	new.token_stat = tt_file_look(policy->token_file);
	new.rules_stat = tt_file_look(policy->rules_file);
	if (policy->token_file != NULL)
		rc = read_tokens(&new.tokens, policy->token_file, &new.arena, err);
	if (rc == 0 && policy->rules_file != NULL)
		rc = read_rules(&new.rules, policy->rules_file, &new.arena, err);
	(void)pthread_rwlock_wrlock(&policy->lock);
	policy->token_stat = new.token_stat;
	policy->rules_stat = new.rules_stat;
	if (rc == 0) {
		struct tt_arena old = policy->arena;

		policy->tokens = new.tokens;
		policy->rules = new.rules;
		policy->arena = new.arena;
		new.arena = old;
	}
	(void)pthread_rwlock_unlock(&policy->lock);
	tt_arena_release(&new.arena);
	return rc;
}

bool tt_policy_find(
	struct tt_policy *policy, struct tt_str token, struct tt_user *ret, struct tt_arena *arena)
{
	const struct tt_user *found;

	(void)pthread_rwlock_rdlock(&policy->lock);
	found = tt_tokens_find(&policy->tokens, token);
	if (found != NULL)
		*ret = tt_user_dup(found, arena);
	(void)pthread_rwlock_unlock(&policy->lock);
	return found != NULL;
}

bool tt_policy_allows(
	struct tt_policy *policy, const struct tt_user *user, const struct tt_access *access)
{
	bool allowed;

	(void)pthread_rwlock_rdlock(&policy->lock);
	allowed = tt_rules_allow(&policy->rules, user, access);
	(void)pthread_rwlock_unlock(&policy->lock);
	return allowed;
}

bool tt_policy_names(struct tt_policy *policy, const struct tt_user *user, struct tt_str cluster)
{
	bool named;

	(void)pthread_rwlock_rdlock(&policy->lock);
	named = tt_rules_name(&policy->rules, user, cluster);
	(void)pthread_rwlock_unlock(&policy->lock);
	return named;
}
