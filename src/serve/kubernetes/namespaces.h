/* SPDX-License-Identifier: Apache-2.0 */
/* namespaces.h - which namespaces there are: those in which a view has events and whose events the
 * user may list. Private to this folder. */
#pragma once

#include <stddef.h>

#include "base/err.h"
#include "base/str.h"

struct tt_api_request;
struct tt_api_view;
struct tt_arena;

struct tt_namespaces {
	struct tt_str *names; /* ascending */
	size_t n;
	size_t undecided; /* so many more, of which it is too much to ask the API server at once */
};

/* Those of `view` that its selectors take, into `arena`. TT_EAGAIN: the API server, which knows
 * what the user may read, does not answer. */
int tt_api_find_namespaces(struct tt_api_request *r, const struct tt_api_view *view,
	struct tt_namespaces *ret, struct tt_arena *arena, struct tt_err *err);

/* Answers a get or a list of them, and a watch. */
void tt_api_namespaces(struct tt_api_request *r);
void tt_api_watch_namespaces(struct tt_api_request *r);
