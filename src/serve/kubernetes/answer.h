/* SPDX-License-Identifier: Apache-2.0 */
/* answer.h - how the API answers, and what it says when it does not give what was asked for:
 * metav1.Status with the reasons and words of a Kubernetes API server. Private to this folder. */
#pragma once

#include <stdbool.h>

#include "base/err.h"
#include "base/str.h"
#include "event/causes.h"
#include "event/codec.h"
#include "net/http_server.h"

struct tt_api_request;
struct tt_buf;

#define TT_API_WATCH_EXPIRED "The resourceVersion for the provided watch is too old."

/* Answers with `body`, whose memory is taken over. Above 128 KiB it is compressed if the client
 * takes that, as by an API server. */
void tt_api_send(struct tt_api_request *r, int code, const char *type, struct tt_buf *body);

/* Answers with the stream of a watch, see tt_http_reply_stream(). */
void tt_api_send_watch(
	struct tt_api_request *r, tt_http_next_fn *next, void (*done)(void *arg), void *arg);

/* Answers that a watch cannot begin: with 410 if the error is TT_EGONE. */
void tt_api_fail_watch(struct tt_api_request *r, const struct tt_err *err);

/* Whether the client takes an answer compressed; if so, its head says that it is. */
bool tt_api_begin_gzip(struct tt_api_request *r);

/* Answers with `status`, whose code, reason and message are filled. */
void tt_api_answer_status(struct tt_api_request *r, const struct tt_status *status);

/* Answers with a failure; the reason is the one that belongs to `code`. */
__attribute__((format(printf, 3, 4))) void tt_api_fail(
	struct tt_api_request *r, int code, const char *fmt, ...);

/* The same for an error of a lower layer. */
void tt_api_fail_err(struct tt_api_request *r, const struct tt_err *err);

/* 405 for a path that has other methods. */
void tt_api_fail_method(struct tt_api_request *r);

/* 406: the Accept header names nothing that there is. In JSON. */
void tt_api_fail_not_acceptable(struct tt_api_request *r);

/* What is wrong with an object, or with the options of a request. */
struct tt_api_invalid {
	struct tt_str group, kind, name;
	const struct tt_causes *causes;
};

/* 422: `KIND "NAME" is invalid: ` and the causes. */
void tt_api_fail_invalid(struct tt_api_request *r, const struct tt_api_invalid *invalid);

/* 422 if there are causes, for the options of a request, which are of this kind; false then. */
bool tt_api_check_options(
	struct tt_api_request *r, const char *kind, const struct tt_causes *causes);

/* 415: the body is in no format that an object can be in. */
void tt_api_fail_body_type(struct tt_api_request *r);

/* 404 for the event, or namespace, that the request names. */
void tt_api_fail_not_found(struct tt_api_request *r);

/* 404 for a path at which there is nothing. */
void tt_api_fail_no_resource(struct tt_api_request *r);

/* "events", or "events.events.k8s.io" in the other group. */
const char *tt_api_resource_name(const struct tt_api_request *r);

/* Why a resource is not served here, and why events are not written to this URL: sentences in the
 * arena. */
const char *tt_api_elsewhere(struct tt_api_request *r, struct tt_str resource);
const char *tt_api_read_only(struct tt_api_request *r);
