/* SPDX-License-Identifier: Apache-2.0 */
/* request.h - one request to the Kubernetes API, taken apart. Private to this folder.
 *
 * It lives in the arena of its call, and belongs to the call's thread. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "event/codec.h"
#include "event/represent.h"
#include "serve/auth/auth.h"
#include "serve/kubernetes/url.h"
#include "store/store.h"

struct tt_api_view;
struct tt_arena;
struct tt_http_call;
struct tt_reader;
struct tt_serve;

enum tt_api_verb {
	TT_VERB_GET,
	TT_VERB_LIST,
	TT_VERB_WATCH,
	TT_VERB_CREATE,
	TT_VERB_UPDATE,
	TT_VERB_PATCH,
	TT_VERB_DELETE,
	TT_VERB_DELETE_COLLECTION,
};

struct tt_api_request {
	struct tt_serve *serve;
	struct tt_http_call *call;
	struct tt_arena *arena; /* of the call */
	struct tt_api_url url;
	struct tt_user user;       /* who asks, where that is found out */
	struct tt_str cluster;     /* of the URL, or the default one */
	bool has_cluster;          /* there is one of that name; said to those who may ask */
	enum tt_cluster_kind kind; /* of it */
	enum tt_api_group group;   /* of `url.group`, if the resource is events */
	enum tt_api_verb verb;
	struct tt_str name; /* for which rights are asked: of the URL, or of a selector */
	struct tt_representation as;
	int64_t now_us;
};

/* The name of a verb as RBAC has it. */
const char *tt_api_verb_name(enum tt_api_verb verb);

/* Whether the query parameter `name` is there and neither "0" nor "false": what Kubernetes takes as
 * true. */
bool tt_api_query_bool(const struct tt_api_request *r, const char *name);

/* Reads the query parameter `name`, if it is there, as Go's strconv.ParseInt would. False: answered
 * with 400. */
bool tt_api_query_int(struct tt_api_request *r, const char *name, int64_t *ret);

/* Whether events can be written at this URL: the live one of a hosted cluster. */
bool tt_api_is_writable(const struct tt_api_request *r);

/* Says as `Warning` headers what a person must be told about an answer of `n_events` events: of an
 * empty one also where there are others, as far as one may know who may read all namespaces or may
 * not. */
int tt_api_warn(struct tt_api_request *r, struct tt_reader *reader, const struct tt_api_view *view,
	size_t n_events, bool reads_all, struct tt_err *err);

/* Answers with one event, whose resourceVersion is `version`. */
void tt_api_send_event(
	struct tt_api_request *r, int code, const struct tt_event *event, struct tt_str version);

/* A seq as the resourceVersion it is, in the arena. */
struct tt_str tt_api_version(struct tt_api_request *r, uint64_t seq);

/* The kind of the object in a Kubernetes protobuf body, and its bytes without the envelope. */
int tt_api_protobuf_raw(
	struct tt_str body, struct tt_str *ret_kind, struct tt_str *ret_raw, struct tt_err *err);

/* The handlers of this folder; each answers. */
void tt_api_discover(struct tt_api_request *r);
void tt_api_list(struct tt_api_request *r);
void tt_api_get(struct tt_api_request *r);
void tt_api_watch(struct tt_api_request *r);
void tt_api_create(struct tt_api_request *r);
void tt_api_update(struct tt_api_request *r);
void tt_api_patch(struct tt_api_request *r);
void tt_api_delete(struct tt_api_request *r);
void tt_api_review(struct tt_api_request *r);
void tt_api_other(struct tt_api_request *r);
void tt_api_openapi(struct tt_api_request *r);
