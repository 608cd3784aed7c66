/* SPDX-License-Identifier: Apache-2.0 */
/* resources.h - the kinds that a cluster adds to those of Kubernetes, by its discovery. */
#pragma once

#include <stdbool.h>

#include "base/str.h"

struct tt_arena;

/* Finds in an APIGroupDiscoveryList the first resource whose plural, singular, short name or kind
 * is `word`, in upper or lower case; its kind, in the arena. False if there is none, or `json` is
 * no such list. */
bool tt_resource_kind(
	struct tt_str json, struct tt_str word, struct tt_arena *arena, struct tt_str *ret_kind);
