/* SPDX-License-Identifier: Apache-2.0 */
/* access.h - who asks, and what he may see. Private to this folder. Without authentication, which
 * is only possible on loopback, everybody may everything. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"

struct tt_access;
struct tt_api_request;
struct tt_api_view;
struct tt_buf;

/* Finds out who asks; false: answered, with 401 or 503. */
bool tt_api_authenticate(struct tt_api_request *r);

/* Appends who asks, as the JSON of an authentication/v1 UserInfo. */
void tt_api_put_user(struct tt_api_request *r, struct tt_buf *to);

/* Whether the user may do what `access` says of a resource served here, as his request for it would
 * be answered: events take the right itself; who may list the events of a namespace, or get it,
 * may get it; all else, such as the list of namespaces, which shows only those whose events he may
 * list, is for who may know of the cluster. 1, 0, or TT_EAGAIN if that cannot be found out now. */
int tt_api_may(struct tt_api_request *r, const struct tt_access *access, struct tt_err *err);

/* Whether the request may do to its resource what it asks for; false: answered, with 403 or 503.
 * Comes before every look into the log, so that an answer tells nothing to those who may not
 * ask. */
bool tt_api_authorize(struct tt_api_request *r);

/* Whether the user may know that there is the cluster of the request; false: answered, in the same
 * words as if there were none. */
bool tt_api_may_know(struct tt_api_request *r);

/* The right to an answer that may last long. */
struct tt_api_grant {
	int64_t floor_us; /* of the view */
	int64_t until_ns; /* when to ask for it again, monotonic */
};

/* The request was authorized just now, for a view with the floor `floor_us`. */
void tt_api_grant_init(struct tt_api_grant *g, const struct tt_api_request *r, int64_t floor_us);

/* Whether the answer may go on. Every 30 s who asked, and what he may, is found out anew. */
bool tt_api_grant_holds(struct tt_api_grant *g, struct tt_api_request *r);

/* Whether the user may list the events of `namespace` ("": of all): 1, 0, or TT_EAGAIN. */
int tt_api_may_read(struct tt_api_request *r, struct tt_str namespace);

/* Whether he may get `path`, which is no resource: 1, 0, or TT_EAGAIN. */
int tt_api_may_get(struct tt_api_request *r, struct tt_str path, struct tt_err *err);

/* Whether the user may read the events of all namespaces; what he may not read must not be hinted
 * at either. */
bool tt_api_may_read_all(struct tt_api_request *r);

/* Takes from `view` what lies before the present owners of its namespace had it, unless the user
 * may list all namespaces. False: answered. */
bool tt_api_restrict(struct tt_api_request *r, struct tt_api_view *view);
