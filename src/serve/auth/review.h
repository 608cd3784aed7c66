/* SPDX-License-Identifier: Apache-2.0 */
/* review.h - the two questions to an API server as JSON, and what its answers say. Only for
 * src/serve/auth.
 *
 * Sources: authentication.k8s.io/v1 TokenReview, authorization.k8s.io/v1 SubjectAccessReview. */
#pragma once

#include "base/buf.h"
#include "base/err.h"
#include "serve/auth/auth.h"

struct tt_arena;

#define TT_TOKEN_REVIEW_PATH          "/apis/authentication.k8s.io/v1/tokenreviews"
#define TT_SUBJECT_ACCESS_REVIEW_PATH "/apis/authorization.k8s.io/v1/subjectaccessreviews"

/* Appends the object to be POSTed. */
void tt_token_review_put(struct tt_buf *to, struct tt_str token);
void tt_subject_access_review_put(
	struct tt_buf *to, const struct tt_user *user, const struct tt_access *access);

/* Appends what tt_token_review_read() reads as `user`, without the token that an API server's own
 * answer holds; NULL: that the token is nobody's. */
void tt_token_review_put_answer(struct tt_buf *to, const struct tt_user *user);

/* 1 if the token is somebody's, with the user, who borrows from `body` and `arena`, without realm;
 * 0 if not; TT_EAGAIN if the answer cannot be understood. */
int tt_token_review_read(
	struct tt_user *ret, struct tt_str body, struct tt_arena *arena, struct tt_err *err);

/* 1 if it is allowed, 0 if not; TT_EAGAIN if the answer cannot be understood. */
int tt_subject_access_review_read(struct tt_str body, struct tt_err *err);
