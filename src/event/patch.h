/* SPDX-License-Identifier: Apache-2.0 */
/* patch.h - PATCH of an Event: JSON merge patch (RFC 7386) and Kubernetes' strategic merge patch,
 * as a walk over the tables of the members.
 *
 * In both a null clears a member, what is absent stays, and objects and maps are merged; if a name
 * occurs twice the last one counts. A merge patch replaces arrays. A strategic patch merges
 * finalizers as a set and ownerReferences by uid, and knows the directives $patch (replace,
 * delete), $retainKeys, $setElementOrder/LIST and $deleteFromPrimitiveList/LIST. Fields that Events
 * do not have are passed over. Unlike an API server, a strategic patch takes no number such as 2.0
 * or one beyond 32 bits for a count, and a wrong directive is the client's fault, not an internal
 * error. */
#pragma once

#include "base/err.h"
#include "base/str.h"
#include "event/group.h"

struct tt_arena;
struct tt_event;

enum tt_patch_type { TT_PATCH_MERGE, TT_PATCH_STRATEGIC };

/* Applies `patch`, whose fields are named as `group` has them, to `e`, in place; what `e` pointed
 * to is left alone. New text borrows from `patch` or `arena`, which must both outlive the event.
 * TT_EINVAL: it is no patch (BadRequest). TT_EUNFIT: what it makes is no Event, a text where a
 * number belongs, say (Invalid, with a cause for the field `patch`). After a failure `e` is half
 * done. Nothing else is checked: that name and namespace are still the same, and what
 * tt_event_prepare_update() and tt_event_validate_update() do, is up to the caller. */
int tt_event_patch(struct tt_event *e, enum tt_patch_type type, enum tt_api_group group,
	struct tt_str patch, struct tt_arena *arena, struct tt_err *err);
