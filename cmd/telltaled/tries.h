/* SPDX-License-Identifier: Apache-2.0 */
/* tries.h - what `telltaled --run` says that a newcomer may try in another terminal. Each command
 * works as it is printed, those of telltale also when telltaled has ended. */
#pragma once

#include <stdbool.h>

struct tt_daemon;
struct tt_show_object;

/* Of the cluster called `cluster`, which nothing is added to any more if `is_recording`, and of an
 * object in it, or NULL. Writes a kubeconfig for kubectl into the data directory. */
void tt_tries_say(struct tt_daemon *daemon, const char *cluster, bool is_recording,
	const struct tt_show_object *object);
