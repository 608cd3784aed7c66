/* SPDX-License-Identifier: Apache-2.0 */
/* What he may, and since when. */
#include "base/assert.h"
#include "base/timestamp.h"
#include "serve/auth/internal.h"
#include "serve/auth/namespaces.h"
#include "serve/auth/review.h"
#include "serve/auth/reviewer.h"

static const int64_t NAMESPACE_NS = 5LL * TT_NS_PER_S;

static void put_key(struct tt_buf *to, struct tt_str text)
{
	tt_buf_u64(to, text.len);
	tt_buf_char(to, ':');
	tt_buf_str(to, text);
}

/* What an answer depends on. False: too much to be kept. */
static bool key_of(
	const struct tt_user *user, const struct tt_access *access, uint8_t to[TT_SHA256_BYTES])
{
	struct tt_buf key;
	struct tt_str view;
	bool fits;

	tt_buf_init(&key, TT_REVIEW_MAX_BYTES);
	put_key(&key, access->cluster);
	tt_subject_access_review_put(&key, user, access);
	fits = !key.failed;
	view = tt_buf_view(&key);
	tt_secret_digest(&view, 1, to);
	tt_buf_release(&key);
	return fits;
}

/* 1, 0, or negative. */
static int review_rights(struct tt_reviewer *reviewer, const struct tt_user *user,
	const struct tt_access *access, struct tt_err *err)
{
	struct tt_ask ask = {.lane = TT_LANE_RIGHTS, .path = TT_SUBJECT_ACCESS_REVIEW_PATH};
	struct tt_arena arena = {0};
	struct tt_buf json;
	struct tt_str body;
	int rc;

	tt_buf_init(&json, TT_REVIEW_MAX_BYTES);
	tt_subject_access_review_put(&json, user, access);
	ask.json = tt_buf_view(&json);
	rc = tt_reviewer_ask(reviewer, &ask, &arena, &body, err);
	if (rc == 0)
		rc = tt_subject_access_review_read(body, err);
	tt_buf_release(&json);
	tt_arena_release(&arena);
	return rc;
}

/* `*asked` grows if the API server was asked. */
static int ask_for_rights(struct tt_auth *auth, struct tt_reviewer *reviewer,
	const struct tt_user *user, const struct tt_access *access, unsigned *asked,
	struct tt_err *err)
{
	struct tt_arena arena = {0};
	struct tt_question q;
	struct tt_str answer;
	int rc;

	if (!key_of(user, access, q.key))
		return tt_fail(err, TT_EINVAL, "the user has too many groups or attributes");
	if (tt_answers_begin(&auth->rights, &q, &arena, &answer)) {
		rc = tt_str_is(answer, "yes");
	} else {
		++*asked;
		rc = review_rights(reviewer, user, access, err);
		answer = rc == 1 ? TT_STR("yes") : TT_STR("no");
		tt_answers_end(&auth->rights, &q, rc >= 0 ? &answer : NULL,
			rc == 1 ? TT_AUTH_YES_NS : TT_AUTH_NO_NS);
	}
	tt_arena_release(&arena);
	tt_auth_count(auth->may[TT_BY_ACCESS_REVIEW], rc);
	return rc;
}

/* Another cluster may call anybody anything. */
static bool is_foreign(const struct tt_user *user, struct tt_str cluster)
{
	return user->realm.len > 0 && !tt_str_eq(user->realm, cluster);
}

static bool allows_by_rule(
	struct tt_auth *auth, const struct tt_user *user, const struct tt_access *access)
{
	bool allowed;

	if (auth->policy.rules_file == NULL || is_foreign(user, access->cluster))
		return false;
	allowed = tt_policy_allows(&auth->policy, user, access);
	tt_auth_count(auth->may[TT_BY_RULES], allowed);
	return allowed;
}

/* Whom to ask what he may, to be given back; NULL: nobody. */
static struct tt_reviewer *reviewer_of_rights(
	struct tt_auth *auth, const struct tt_user *user, struct tt_str cluster)
{
	return auth->options.subject_access_review && !is_foreign(user, cluster)
		       ? tt_auth_reviewer_of(auth, cluster)
		       : NULL;
}

int tt_auth_allows(struct tt_auth *auth, const struct tt_user *user, const struct tt_access *access,
	struct tt_err *err)
{
	struct tt_reviewer *reviewer;
	unsigned asked = 0;
	int rc;

	tt_assert(auth->magic == TT_AUTH_MAGIC && user->name.len > 0);
	if (allows_by_rule(auth, user, access))
		return 1;
	reviewer = reviewer_of_rights(auth, user, access->cluster);
	if (reviewer == NULL)
		return 0;
	rc = ask_for_rights(auth, reviewer, user, access, &asked, err);
	tt_reviewer_unref(reviewer);
	return rc;
}

void tt_auth_allows_each(struct tt_auth *auth, const struct tt_user *user,
	const struct tt_access *access, struct tt_auth_each *each)
{
	struct tt_reviewer *reviewer = reviewer_of_rights(auth, user, access->cluster);
	int64_t until_ns = tt_clock_mono_ns(auth->options.clock) + each->max_ns;
	struct tt_access one = *access;
	unsigned asked = 0;

	each->undecided = 0;
	for (size_t i = 0; i < each->n; i++) {
		one.namespace = each->namespaces[i];
		int may = allows_by_rule(auth, user, &one);

		if (may == 0 && reviewer != NULL) {
			bool asks = !each->failed && asked < each->max_questions &&
				    tt_clock_mono_ns(auth->options.clock) < until_ns;

			if (asks)
				may = ask_for_rights(auth, reviewer, user, &one, &asked, NULL);
			each->failed |= may < 0;
			if (!asks || may < 0)
				may = TT_EAGAIN;
		}
		each->may[i] = may;
		each->undecided += may < 0;
	}
	tt_reviewer_unref(reviewer);
}

bool tt_auth_asks(struct tt_auth *auth, const struct tt_user *user, struct tt_str cluster)
{
	struct tt_reviewer *reviewer = reviewer_of_rights(auth, user, cluster);

	tt_reviewer_unref(reviewer);
	return reviewer != NULL;
}

int tt_auth_may_know(
	struct tt_auth *auth, const struct tt_user *user, struct tt_str cluster, struct tt_err *err)
{
	struct tt_access discovery = {.cluster = cluster,
		.verb = TT_STR("get"),
		.non_resource = true,
		.path = TT_STR("/api")};

	if (user->realm.len > 0)
		return tt_str_eq(user->realm, cluster);
	if (auth->policy.rules_file != NULL && tt_policy_names(&auth->policy, user, cluster))
		return 1;
	return tt_auth_allows(auth, user, &discovery, err);
}

/* -- since when -- */

static bool is_fresh(const struct tt_auth *auth, const struct tt_since_entry *e)
{
	return e->checked && tt_clock_mono_ns(auth->options.clock) - e->checked_ns < NAMESPACE_NS;
}

int tt_auth_namespace_since(struct tt_auth *auth, struct tt_str cluster, struct tt_str namespace,
	int64_t *ret_us, struct tt_err *err)
{
	struct tt_reviewer *reviewer = tt_auth_reviewer_of(auth, cluster);
	struct tt_since_entry known;
	bool is_known = tt_since_get(&auth->since, cluster, namespace, &known);
	int rc = 0;

	*ret_us = TT_TIME_ZERO;
	if (reviewer == NULL)
		return 0;
	if (is_known && is_fresh(auth, &known))
		*ret_us = known.made_us;
	else if (!tt_namespace_is_valid(namespace))
		*ret_us = INT64_MAX;
	else
		rc = tt_namespace_ask(
			reviewer, cluster, namespace, &auth->since, auth->options.clock, ret_us);
	tt_reviewer_unref(reviewer);
	if (rc == 0)
		return 0;
	if (is_known)
		*ret_us = known.made_us;
	else if (rc == TT_ENOTFOUND)
		*ret_us = INT64_MAX;
	else
		return tt_fail(err, TT_EAGAIN,
			"the API server of cluster \"%.*s\" does not say since when there is a "
			"namespace \"%.*s\"",
			TT_STR_ARG(cluster), TT_STR_ARG(namespace));
	return 0;
}

int64_t tt_auth_namespace_made(struct tt_auth *auth, struct tt_str cluster, struct tt_str namespace)
{
	struct tt_since_entry known;

	return tt_since_get(&auth->since, cluster, namespace, &known) ? known.made_us
								      : TT_TIME_ZERO;
}
