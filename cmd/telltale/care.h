/* SPDX-License-Identifier: Apache-2.0 */
/* care.h - what the verbs share that go through a whole data directory: which one it is, how far
 * they are, and that they can be interrupted. */
#pragma once

#include <stdint.h>

#include "telltale/terminal.h"

struct tt_cli;
struct tt_globals;
struct tt_verb;

struct tt_care {
	struct tt_cli *cli;
	const char *dir;
	struct tt_progress progress;
};

/* Begins the work of `verb`, which progress calls `doing`; end it with tt_care_end(). If a server
 * is named, says that this is wrong use and returns the exit status, else 0. */
int tt_care_begin(struct tt_care *c, struct tt_cli *cli, const struct tt_verb *verb,
	const struct tt_globals *globals, const char *doing);

/* A tt_progress_fn of store/care.h, for a struct tt_care. */
int tt_care_progress(void *care, uint64_t done, uint64_t total);

/* Takes progress off the terminal; from now on a signal ends the program at once. */
void tt_care_end(struct tt_care *c);
