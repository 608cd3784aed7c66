/* SPDX-License-Identifier: Apache-2.0 */
/* prepare.h - what an API server sets itself when an Event is written, before it is validated
 * (apiserver registry/rest BeforeCreate and BeforeUpdate, storage/names). */
#pragma once

#include <stdint.h>

#include "base/str.h"

struct tt_arena;
struct tt_event;
struct tt_rand;

/* Sets what a server sets in a new Event: uid (borrowed) and creationTimestamp (`now_us`, whole
 * seconds); and clears what no client can set. Owner references that are repeated go, in `arena`;
 * their uids are returned, as a warning lists them. */
struct tt_str tt_event_prepare_create(
	struct tt_event *e, struct tt_str uid, int64_t now_us, struct tt_arena *arena);

/* Gives `e`, which is to replace `old`, what no update can change: generation, creationTimestamp,
 * the deletion marks, and where `e` has none, uid and resourceVersion; repeated owner references
 * go, and are returned, as above. That a resourceVersion is stale or a uid another one (both 409),
 * or the name not that of the URL (400), is for the caller to see. */
struct tt_str tt_event_prepare_update(
	struct tt_event *e, const struct tt_event *old, struct tt_arena *arena);

/* Gives an Event without name, but with generateName, a name: 58 bytes of it at most and five
 * random letters and digits, in `arena`. Whether the name is taken is for the caller to see. */
void tt_event_generate_name(struct tt_event *e, struct tt_rand *rand, struct tt_arena *arena);
