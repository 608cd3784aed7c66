/* SPDX-License-Identifier: Apache-2.0 */
/* negotiate.h - which representation an Accept header asks for, and which one a Content-Type names.
 * Pure functions of foreign text; the rules are those of k8s.io/apiserver. Private to this
 * folder. */
#pragma once

#include <stdbool.h>

#include "base/str.h"
#include "event/codec.h"
#include "event/represent.h"

/* What may be answered with. */
enum tt_negotiable {
	TT_NEGOTIATE_PLAIN, /* an object: no Table, nothing partial */
	TT_NEGOTIATE_EVENTS,
	TT_NEGOTIATE_WATCH, /* the same without YAML */
};

/* Fills format, as and v1beta1 of `ret` (and pretty if a clause asks for it) by the best clause of
 * `accept` that can be served; false if there is none: 406. The empty text means JSON. `*ret_as` is
 * the kind that the clause names, as a PartialObjectMetadata is not asked for like a list of them;
 * empty if it names none. */
bool tt_negotiate_accept(struct tt_representation *ret, struct tt_str accept,
	enum tt_negotiable what, struct tt_str *ret_as);

/* Whether `accept` asks for aggregated discovery before anything else that is served; with the
 * version, 2 for v2 and 1 for v2beta1, 0 for none. */
int tt_negotiate_discovery(struct tt_str accept);

/* The format of a request body; none is JSON. False if it is another, or malformed: 415. */
bool tt_negotiate_body(enum tt_format *ret, struct tt_str content_type);

/* The media type alone of a Content-Type, without parameters and white space. */
struct tt_str tt_media_type(struct tt_str content_type);

/* Whether an Accept-Encoding allows gzip. */
bool tt_negotiate_gzip(struct tt_str accept_encoding);
