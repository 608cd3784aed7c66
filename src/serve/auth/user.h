/* SPDX-License-Identifier: Apache-2.0 */
/* user.h - making a user: from a TokenReview's answer, group by group, as a copy. Only for
 * src/serve/auth. */
#pragma once

#include <stdbool.h>

#include "base/err.h"
#include "base/str.h"
#include "serve/auth/auth.h"

#define TT_GROUP_AUTHENTICATED "system:authenticated"

enum { TT_USER_GROUPS_MAX = 1000, TT_USER_EXTRA_MAX = 100 };

/* Adds a group, unless he is in it; false beyond TT_USER_GROUPS_MAX. The text is borrowed. */
bool tt_user_add_group(struct tt_user *user, struct tt_str group, struct tt_arena *arena);

/* Whether he is in a group called so. */
bool tt_user_is_in(const struct tt_user *user, struct tt_str group);

/* A copy that lives in `arena`, texts too. */
struct tt_user tt_user_dup(const struct tt_user *user, struct tt_arena *arena);
