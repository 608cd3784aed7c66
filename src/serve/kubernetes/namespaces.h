/* SPDX-License-Identifier: Apache-2.0 */
/* namespaces.h - which namespaces there are: those in which a view has events and whose events the
 * user may list. Private to this folder. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/str.h"

struct tt_api_request;
struct tt_api_view;
struct tt_arena;

struct tt_namespaces {
	struct tt_str *names; /* ascending */
	size_t n;
	size_t undecided; /* so many more, of which it is too much to ask the API server at once, */
	bool unanswered;  /* or which it does not answer for */
};

/* Those of `view` that its selectors take, into `arena`. What is undecided is there if `known`, to
 * which the client has been brought before, has it. TT_EAGAIN: nothing is known (NULL), and nothing
 * could be decided. */
int tt_api_find_namespaces(struct tt_api_request *r, const struct tt_api_view *view,
	const struct tt_namespaces *known, struct tt_namespaces *ret, struct tt_arena *arena,
	struct tt_err *err);

/* Answers a get or a list of them, and a watch. */
void tt_api_namespaces(struct tt_api_request *r);
void tt_api_watch_namespaces(struct tt_api_request *r);
