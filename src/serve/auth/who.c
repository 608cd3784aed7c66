/* SPDX-License-Identifier: Apache-2.0 */
/* Who asks. */
#include <string.h>
#include <strings.h>

#include "base/assert.h"
#include "base/log.h"
#include "net/http_server.h"
#include "serve/auth/internal.h"
#include "serve/auth/review.h"
#include "serve/auth/reviewer.h"
#include "serve/auth/user.h"

/* 1 with the user of the client certificate, or 0. */
static int by_certificate(struct tt_auth *auth, const struct tt_http_call *call,
	struct tt_user *ret, struct tt_arena *arena)
{
	struct tt_client_cert cert;
	struct tt_err why;
	int rc;

	if (!auth->options.client_certificates)
		return 0;
	rc = tt_http_client_cert(call, &cert, arena, &why);
	if (rc == 0)
		return 0;
	if (rc < 0)
		tt_log_debug(auth->options.log, "a client certificate is refused",
			TT_FS("problem", why.msg));
	if (rc < 0 || cert.common_name.len == 0) {
		tt_auth_count(auth->who[TT_BY_CERTIFICATE], 0);
		return 0;
	}
	*ret = (struct tt_user){.name = cert.common_name};
	for (size_t i = 0; i < cert.n; i++)
		(void)tt_user_add_group(ret, cert.organizations[i], arena);
	(void)tt_user_add_group(ret, TT_STR(TT_GROUP_AUTHENTICATED), arena);
	tt_auth_count(auth->who[TT_BY_CERTIFICATE], 1);
	return 1;
}

/* The token of "Authorization: Bearer TOKEN"; empty if there is none. */
static struct tt_str bearer_token(const struct tt_http_call *call)
{
	struct tt_str rest = tt_str_trim(tt_http_request_header(call, "Authorization"));
	struct tt_str scheme = tt_str_split(&rest, ' ');

	if (scheme.len != 6 || strncasecmp(scheme.data, "Bearer", 6) != 0)
		return (struct tt_str){0};
	return tt_str_split(&rest, ' ');
}

/* Asks the API server; the answer that can be kept in `to`. */
static int review_token(struct tt_reviewer *reviewer, struct tt_str token, struct tt_buf *to,
	int64_t *ret_ttl_ns, struct tt_err *err)
{
	struct tt_ask ask = {.lane = TT_LANE_TOKENS, .path = TT_TOKEN_REVIEW_PATH};
	struct tt_arena arena = {0};
	struct tt_user user;
	struct tt_buf json;
	struct tt_str body;
	int rc;

	tt_buf_init(&json, TT_REVIEW_MAX_BYTES);
	(void)tt_buf_reserve(&json, 6 * token.len + 256); /* growing would leave copies behind */
	tt_token_review_put(&json, token);
	ask.json = tt_buf_view(&json);
	rc = tt_reviewer_ask(reviewer, &ask, &arena, &body, err);
	if (rc == 0)
		rc = tt_token_review_read(&user, body, &arena, err);
	if (rc >= 0)
		tt_token_review_put_answer(to, rc == 1 ? &user : NULL);
	*ret_ttl_ns = rc == 1 ? TT_AUTH_YES_NS : TT_AUTH_NO_NS;
	explicit_bzero(json.data, json.len);
	tt_buf_release(&json);
	tt_arena_release(&arena);
	return rc < 0 ? rc : 0;
}

/* 1 with the user, 0, or negative. */
static int ask_for_user(struct tt_auth *auth, struct tt_reviewer *reviewer,
	const struct tt_str key[3], struct tt_user *ret, struct tt_arena *arena, struct tt_err *err)
{
	struct tt_question q;
	struct tt_str answer;
	struct tt_buf text;
	int64_t ttl_ns;
	int rc = 0;

	tt_secret_digest(key, 3, q.key);
	if (!tt_answers_begin(&auth->tokens, &q, arena, &answer)) {
		tt_buf_init(&text, TT_REVIEW_MAX_BYTES);
		rc = review_token(reviewer, key[2], &text, &ttl_ns, err);
		if (rc == 0)
			answer = tt_str_dup(arena, tt_buf_view(&text));
		tt_answers_end(&auth->tokens, &q, rc == 0 ? &answer : NULL, ttl_ns);
		tt_buf_release(&text);
	}
	return rc == 0 ? tt_token_review_read(ret, answer, arena, err) : rc;
}

static int by_token_review(struct tt_auth *auth, struct tt_str cluster, struct tt_str token,
	struct tt_user *ret, struct tt_arena *arena, struct tt_err *err)
{
	const struct tt_str key[3] = {TT_STR("token"), cluster, token};
	struct tt_reviewer *reviewer = auth->options.token_review
					       ? tt_auth_reviewer_of(auth, cluster)
					       : NULL;
	int rc;

	if (reviewer == NULL)
		return 0;
	rc = ask_for_user(auth, reviewer, key, ret, arena, err);
	if (rc == 1)
		ret->realm = tt_str_dup(arena, cluster);
	tt_reviewer_unref(reviewer);
	tt_auth_count(auth->who[TT_BY_TOKEN_REVIEW], rc);
	return rc;
}

int tt_auth_authenticate(struct tt_auth *auth, struct tt_http_call *call, struct tt_str cluster,
	struct tt_user *ret, struct tt_arena *arena, struct tt_err *err)
{
	struct tt_str token = bearer_token(call);
	int rc;

	/* he wants the rights of another one, which he may have to take, not to add */
	if (tt_http_request_has(call, "Impersonate-"))
		return tt_fail(err, TT_EINVAL, "impersonation is not supported by telltaled");
	if (auth == NULL)
		return 0;
	tt_assert(auth->magic == TT_AUTH_MAGIC);
	rc = by_certificate(auth, call, ret, arena);
	if (rc == 0 && token.len > 0 && auth->policy.token_file != NULL) {
		rc = tt_policy_find(&auth->policy, token, ret, arena);
		tt_auth_count(auth->who[TT_BY_TOKEN_FILE], rc);
	}
	if (rc == 0 && token.len > 0)
		rc = by_token_review(auth, cluster, token, ret, arena, err);
	if (rc == 0)
		return tt_fail(err, TT_EDENIED, "Unauthorized");
	return rc < 0 ? rc : 0;
}
