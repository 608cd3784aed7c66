/* SPDX-License-Identifier: Apache-2.0 */
/* write.h - what creating, changing and deleting an event of a hosted cluster have in common.
 * Private to this folder.
 *
 * An event exists for a while after it was written last (the event TTL of a Kubernetes API server),
 * as those who write expect; what no longer exists stays in the log all the same. All writes to one
 * event are one after the other. */
#pragma once

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "event/causes.h"
#include "event/codec.h"
#include "serve/kubernetes/write_options.h"
#include "store/record.h"

struct tt_api_request;

/* One write. */
struct tt_api_write {
	struct tt_api_request *r;
	struct tt_str body;
	struct tt_write_options options;
	pthread_mutex_t *lock;  /* held, once the event is known */
	struct tt_batch *found; /* the event as it exists, or NULL */
	struct tt_causes causes;
};

/* Begins a write with its body, and reads the options of the query but for a DELETE; false:
 * answered. */
bool tt_api_write_begin(struct tt_api_write *w, struct tt_api_request *r);

/* Gives back what it holds. */
void tt_api_write_end(struct tt_api_write *w);

/* Reads the event in the body, of the request's group and namespace; false: answered. */
bool tt_api_write_body(struct tt_api_write *w, struct tt_event *ret);

/* Takes unknown and repeated fields as the request wants: false, with a sentence, if it is to fail;
 * else warns of them, or not. */
bool tt_api_write_check_fields(
	struct tt_api_write *w, const struct tt_event_body *body, struct tt_str *ret);

/* Whether namespace, which is filled in where there is none, and name of `e` are those of the URL;
 * false: answered. */
bool tt_api_write_is_here(struct tt_api_write *w, struct tt_event *e);

/* Locks the event called `name`, and looks whether it exists; false: answered. */
bool tt_api_write_find(struct tt_api_write *w, struct tt_str name);

/* Warns of owner references that were there twice, if there are `uids` of such. */
void tt_api_write_warn_of_owners(struct tt_api_write *w, struct tt_str uids);

/* Answers with 422 if there are causes; false then. */
bool tt_api_write_is_valid(struct tt_api_write *w, const struct tt_event *e);

/* Records `e`, which loses its resourceVersion and gets its seq for it; `*ret_seq` is that, 0 in a
 * dry run. False: answered. */
bool tt_api_write_commit(
	struct tt_api_write *w, const struct tt_event *e, enum tt_change change, uint64_t *ret_seq);

/* Answers with the event as it is now: at `seq`, or after a dry run at the version that it has had.
 */
void tt_api_write_answer(struct tt_api_write *w, int code, const struct tt_event *e, uint64_t seq);

/* Gives `e` what every new object gets: uid, time of creation, no version. */
void tt_api_write_fill(struct tt_api_write *w, struct tt_event *e);

/* Whether `version` and `uid`, which may be empty, are those of the event that was found, if one
 * was: where there is none any version will do, but no uid. False: answered. */
bool tt_api_write_is_current(struct tt_api_write *w, struct tt_str version, struct tt_str uid);
