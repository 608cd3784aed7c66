/* SPDX-License-Identifier: Apache-2.0 */
/* namespace_object.h - a Namespace in the representations that a client may ask for, as compact
 * JSON: of it no more is known than its name, and when it was made if users' rights depend on that.
 * Private to this folder.
 *
 * All of it appends to a buffer, in the representation of the request, and cannot fail but by the
 * buffer's limit. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"
#include "event/codec.h"

struct tt_api_request;
struct tt_buf;

/* The label that every namespace has, with its name. */
#define TT_NAMESPACE_LABEL "kubernetes.io/metadata.name"

struct tt_namespace {
	struct tt_str name; /* "": a bookmark, which has nothing but a version */
	uint64_t version;
	bool ends_initial; /* the bookmark behind what a watch sends first */
};

/* A list: the beginning, each item, the end. */
void tt_namespaces_put_begin(const struct tt_api_request *r, struct tt_buf *to, uint64_t version);
void tt_namespaces_put_item(const struct tt_api_request *r, struct tt_buf *to,
	const struct tt_namespace *n, bool first);
void tt_namespaces_put_end(struct tt_buf *to);

/* One by itself; a Table of it has one row. */
void tt_namespace_put(
	const struct tt_api_request *r, struct tt_buf *to, const struct tt_namespace *n);

/* A frame of a watch. Only the `first` of a stream names the columns of a Table. */
void tt_namespace_put_frame(const struct tt_api_request *r, struct tt_buf *to,
	enum tt_watch_type type, const struct tt_namespace *n, bool first);
