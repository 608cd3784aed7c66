/* SPDX-License-Identifier: Apache-2.0 */
/* watching.h - a thousand watches of a hosted cluster, and what it takes to keep them up to date.
 * Hands out figures; dies with a sentence on failure, also if a watch misses an event. */
#pragma once

#include <stdint.h>

struct bench;
struct daemon;

/* Measures `d`, which hosts the cluster "edge" and has done nothing else yet; its log holds
 * `scale` events. */
void watching(const struct bench *b, const struct daemon *d, uint64_t scale);
