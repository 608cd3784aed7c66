/* SPDX-License-Identifier: Apache-2.0 */
/* daemon.h - a telltaled as a child process. Every function dies with a sentence on failure. */
#pragma once

#include <stdint.h>
#include <sys/types.h>

struct bench;

struct daemon {
	pid_t pid;
	int port;
};

/* Starts b->telltaled with `arguments` (ended by NULL) and a free port to listen on, and waits
 * until it is ready. What it logs goes to telltaled.log in the scratch directory. */
void daemon_start(struct daemon *d, const struct bench *b, const char *const *arguments);

/* Waits until its log holds `seq` records, at most `seconds`. */
void daemon_wait_head(const struct daemon *d, uint64_t seq, int seconds);

/* Ends it by SIGTERM and waits. */
void daemon_stop(struct daemon *d);
