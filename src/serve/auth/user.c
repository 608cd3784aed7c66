/* SPDX-License-Identifier: Apache-2.0 */
#include "serve/auth/user.h"

#include "base/arena.h"

bool tt_user_is_in(const struct tt_user *user, struct tt_str group)
{
	for (size_t i = 0; i < user->n_groups; i++)
		if (tt_str_eq(user->groups[i], group))
			return true;
	return false;
}

/* Groups grow by powers of two: there is room until `n` is one. */
bool tt_user_add_group(struct tt_user *user, struct tt_str group, struct tt_arena *arena)
{
	size_t n = user->n_groups;
	struct tt_str *groups = (struct tt_str *)(uintptr_t)user->groups;

	if (tt_user_is_in(user, group))
		return true;
	if (n >= TT_USER_GROUPS_MAX)
		return false;
	if ((n & (n - 1)) == 0) {
		groups = tt_arena_new(arena, struct tt_str, n > 0 ? 2 * n : 1);
		for (size_t i = 0; i < n; i++)
			groups[i] = user->groups[i];
		user->groups = groups;
	}
	groups[n] = group;
	user->n_groups = n + 1;
	return true;
}

static const struct tt_str *dup_texts(const struct tt_str *from, size_t n, struct tt_arena *arena)
{
	struct tt_str *to = tt_arena_new(arena, struct tt_str, n);

	for (size_t i = 0; i < n; i++)
		to[i] = tt_str_dup(arena, from[i]);
	return to;
}

struct tt_user tt_user_dup(const struct tt_user *user, struct tt_arena *arena)
{
	struct tt_user_extra *extra = tt_arena_new(arena, struct tt_user_extra, user->n_extra);
	struct tt_user to = {
		.name = tt_str_dup(arena, user->name),
		.uid = tt_str_dup(arena, user->uid),
		.groups = dup_texts(user->groups, user->n_groups, arena),
		.n_groups = user->n_groups,
		.extra = extra,
		.n_extra = user->n_extra,
		.realm = tt_str_dup(arena, user->realm),
	};

	for (size_t i = 0; i < user->n_extra; i++)
		extra[i] = (struct tt_user_extra){tt_str_dup(arena, user->extra[i].key),
			dup_texts(user->extra[i].values, user->extra[i].n, arena),
			user->extra[i].n};
	return to;
}
