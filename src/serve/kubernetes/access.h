/* SPDX-License-Identifier: Apache-2.0 */
/* access.h - who asks, and what he may see. Private to this folder. */
#pragma once

#include <stdbool.h>

#include "base/str.h"

struct tt_api_request;
struct tt_api_view;
struct tt_buf;

/* Finds out who asks; false: answered, with 401 or 503. */
bool tt_api_authenticate(struct tt_api_request *r);

/* Appends who asks, as the JSON of an authentication/v1 UserInfo. */
void tt_api_put_user(struct tt_api_request *r, struct tt_buf *to);

/* Whether the request may do to its resource what it asks for; false: answered, with 403 or 503.
 * Comes before every look into the log, so that an answer tells nothing to those who may not
 * ask. */
bool tt_api_authorize(struct tt_api_request *r);

/* Whether a watch may go on: the same question again, of which only a clear no counts. */
bool tt_api_is_still_allowed(struct tt_api_request *r);

/* Whether the user may do `verb` to `resource` of `group`, in `namespace` ("": in all), now; false
 * also if that cannot be found out. */
bool tt_api_may(struct tt_api_request *r, const char *verb, struct tt_str group,
	struct tt_str resource, struct tt_str namespace);

/* Takes from `view` what lies before the present owners of its namespace had it, unless the user
 * may list all namespaces. False: answered. */
bool tt_api_restrict(struct tt_api_request *r, struct tt_api_view *view);
