/* SPDX-License-Identifier: Apache-2.0 */
/* options.h - the query of a list or watch: metav1.ListOptions, with the checks and words of a
 * Kubernetes API server. Private to this folder. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/str.h"

struct tt_api_request;
struct tt_api_view;
struct tt_reader;

enum tt_version_match { TT_MATCH_UNSET, TT_MATCH_EXACT, TT_MATCH_NOT_OLDER };

struct tt_list_options {
	struct tt_str resource_version, continue_token;
	uint64_t version; /* the former as a number; 0: none, or "0" */
	enum tt_version_match match;
	size_t limit;      /* 0: none */
	int64_t timeout_s; /* 0: none */
	bool bookmarks;
	int8_t initial; /* sendInitialEvents: 0 or 1, -1 if it is not given */
};

/* Reads and checks the options of a list or, if that is what the request is, a watch, or a get,
 * which has a resourceVersion alone; false: answered. */
bool tt_api_list_options(struct tt_api_request *r, struct tt_list_options *ret);

/* Whether a watch may begin at the version asked for; false: answered, with 410 or 504. */
bool tt_api_check_watched_version(struct tt_api_request *r, const struct tt_list_options *o);

/* When a watch that begins now is to end, monotonic. */
int64_t tt_api_watch_deadline_ns(struct tt_api_request *r, const struct tt_list_options *o);

/* How long after a bookmark the next one is due. */
#define TT_API_BOOKMARK_NS (60ll * TT_NS_PER_S)

/* The annotation of the bookmark behind what a watch sends first. */
#define TT_API_INITIAL_END "k8s.io/initial-events-end"

/* Puts the view of a list to the version asked for: the head, or exactly that moment. False:
 * answered, with 410 or 504. */
bool tt_api_take_version(struct tt_api_request *r, struct tt_reader *reader,
	const struct tt_list_options *o, struct tt_api_view *view);

/* 504: the version lies in the future. */
void tt_api_fail_too_large(struct tt_api_request *r, uint64_t version, uint64_t head);
