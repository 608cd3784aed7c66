/* SPDX-License-Identifier: Apache-2.0 */
/* items.h - the arrays of an Event while it is decoded: labels, annotations, owner references,
 * finalizers. Only for src/event. */
#pragma once

#include "event/event.h"
#include "event/members.h"

struct tt_arena;

/* So many items of one array are taken; foreign bytes could else blow a small frame up into much
 * memory. Kubernetes bounds them by the size of an object alone (annotations: 256 KiB). */
enum { TT_ITEMS_MAX = 65536 };

/* A new item at the end of the array that `member` of `base` describes, with empty members; NULL
 * if there are TT_ITEMS_MAX already. */
void *tt_items_push(const struct tt_member *member, void *base, struct tt_arena *arena);

/* Brings `*n` labels into ascending order by key; of several with the same key the last stays. */
void tt_labels_sort(struct tt_label *labels, uint32_t *n, struct tt_arena *arena);

/* tt_labels_sort() for the array that `member` of `base` describes. */
void tt_items_sort(const struct tt_member *member, void *base, struct tt_arena *arena);
