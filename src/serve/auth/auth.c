/* SPDX-License-Identifier: Apache-2.0 */
#include "serve/auth/auth.h"

#include <errno.h>

#include "base/assert.h"
#include "base/log.h"
#include "base/mem.h"
#include "serve/auth/internal.h"
#include "serve/auth/namespaces.h"
#include "serve/auth/reviewer.h"

static const int64_t LOOK_NS = 1LL * TT_NS_PER_S;         /* at the files */
static const int64_t NAMESPACES_NS = 300LL * TT_NS_PER_S; /* all of them */

/* -- clusters -- */

struct tt_reviewer *tt_auth_reviewer_of(struct tt_auth *auth, struct tt_str cluster)
{
	struct tt_reviewer *found = NULL;

	(void)pthread_mutex_lock(&auth->lock);
	for (size_t i = 0; i < auth->n_clusters; i++)
		if (auth->clusters[i].reviewer != NULL &&
			tt_str_eq(auth->clusters[i].name, cluster))
			found = tt_reviewer_ref(auth->clusters[i].reviewer);
	(void)pthread_mutex_unlock(&auth->lock);
	return found;
}

/* The lock is held. */
static void stop_reviewers(struct tt_auth *auth)
{
	for (size_t i = 0; i < auth->n_clusters; i++)
		if (auth->clusters[i].reviewer != NULL)
			tt_reviewer_stop(auth->clusters[i].reviewer);
}

static void drop_clusters(struct tt_auth *auth)
{
	stop_reviewers(auth);
	for (size_t i = 0; i < auth->n_clusters; i++)
		tt_reviewer_unref(auth->clusters[i].reviewer);
	auth->n_clusters = 0;
	tt_arena_clear(&auth->clusters_arena);
}

void tt_auth_set_clusters(struct tt_auth *auth, const struct tt_auth_cluster *clusters, size_t n)
{
	const struct tt_auth_options *o = &auth->options;

	(void)pthread_mutex_lock(&auth->lock);
	drop_clusters(auth);
	auth->clusters = tt_arena_new(&auth->clusters_arena, struct tt_auth_reviewed, n);
	for (size_t i = 0; i < n; i++) {
		struct tt_auth_reviewed *c = &auth->clusters[i];

		c->name = tt_str_dup(&auth->clusters_arena, clusters[i].name);
		if (clusters[i].target != NULL)
			c->reviewer = tt_reviewer_new(
				c->name, clusters[i].target, o->clock, o->log);
		if (c->reviewer != NULL && auth->stopping)
			tt_reviewer_stop(c->reviewer);
	}
	auth->n_clusters = n;
	auth->clusters_are_new = true;
	(void)pthread_cond_broadcast(&auth->changed);
	(void)pthread_mutex_unlock(&auth->lock);
	tt_answers_clear(&auth->tokens);
	tt_answers_clear(&auth->rights);
}

void tt_auth_count(atomic_ullong counts[TT_OUTCOMES], int said)
{
	enum tt_auth_outcome outcome = said == 1 ? TT_OUTCOME_YES : TT_OUTCOME_NO;

	(void)atomic_fetch_add(&counts[said < 0 ? TT_OUTCOME_FAILED : outcome], 1);
}

/* -- the thread -- */

/* Names and reviewers of the clusters that can be asked, to be given back. */
static size_t take_clusters(
	struct tt_auth *auth, struct tt_auth_reviewed **ret, struct tt_arena *arena)
{
	size_t n = 0;

	(void)pthread_mutex_lock(&auth->lock);
	*ret = tt_arena_new(arena, struct tt_auth_reviewed, auth->n_clusters);
	for (size_t i = 0; i < auth->n_clusters; i++)
		if (auth->clusters[i].reviewer != NULL)
			(*ret)[n++] = (struct tt_auth_reviewed){
				tt_str_dup(arena, auth->clusters[i].name),
				tt_reviewer_ref(auth->clusters[i].reviewer)};
	auth->clusters_are_new = false;
	(void)pthread_mutex_unlock(&auth->lock);
	return n;
}

/* True if all of them answered. */
static bool look_at_namespaces(struct tt_auth *auth)
{
	struct tt_arena arena = {0};
	struct tt_auth_reviewed *clusters;
	size_t n = take_clusters(auth, &clusters, &arena);
	bool ok = true;

	for (size_t i = 0; i < n; i++) {
		ok = tt_namespaces_ask_all(clusters[i].reviewer, clusters[i].name, &auth->since,
			     auth->options.clock) == 0 &&
		     ok;
		tt_reviewer_unref(clusters[i].reviewer);
	}
	tt_arena_release(&arena);
	return ok;
}

static void look_at_files(struct tt_auth *auth)
{
	struct tt_err err;

	if (!tt_policy_has_changed(&auth->policy))
		return;
	if (tt_policy_read(&auth->policy, &err) == 0)
		tt_log_info(auth->options.log, "read the tokens and rules anew");
	else
		tt_log_error(auth->options.log, "tokens and rules stay as they were",
			TT_FS("problem", err.msg));
}

/* Waits for the next look; false at the end. */
static bool wait_for_look(struct tt_auth *auth, bool *ret_clusters_are_new)
{
	int64_t ns = tt_clock_mono_ns(&tt_clock_system) + LOOK_NS;
	struct timespec until = {ns / TT_NS_PER_S, ns % TT_NS_PER_S};
	bool goes_on;

	(void)pthread_mutex_lock(&auth->lock);
	while (!auth->stopping && !auth->clusters_are_new &&
		pthread_cond_timedwait(&auth->changed, &auth->lock, &until) != ETIMEDOUT) {
	}
	*ret_clusters_are_new = auth->clusters_are_new;
	goes_on = !auth->stopping;
	(void)pthread_mutex_unlock(&auth->lock);
	return goes_on;
}

static void *run(void *arg)
{
	struct tt_auth *auth = arg;
	int64_t due_ns = 0;
	bool clusters_are_new;
	struct tt_err err;

	while (wait_for_look(auth, &clusters_are_new)) {
		int64_t now_ns = tt_clock_mono_ns(&tt_clock_system);

		look_at_files(auth);
		if (clusters_are_new || now_ns >= due_ns)
			due_ns = now_ns +
				 (look_at_namespaces(auth) ? NAMESPACES_NS : NAMESPACES_NS / 10);
		if (tt_since_save(&auth->since, &err) != 0)
			tt_log_warn(auth->options.log, "cannot keep what is known of namespaces",
				TT_FS("problem", err.msg));
	}
	(void)tt_since_save(&auth->since, NULL);
	return NULL;
}

/* -- life -- */

static const char *copy(struct tt_arena *arena, const char *text)
{
	return text != NULL ? tt_str_cstr(arena, tt_str_from(text)) : NULL;
}

static void init(struct tt_auth *auth, const struct tt_auth_options *options)
{
	struct tt_auth_options *o = &auth->options;
	pthread_condattr_t attr;

	auth->magic = TT_AUTH_MAGIC;
	*o = *options;
	if (o->clock == NULL)
		o->clock = &tt_clock_system;
	o->token_file = copy(&auth->arena, options->token_file);
	o->rules_file = copy(&auth->arena, options->rules_file);
	o->namespaces_file = copy(&auth->arena, options->namespaces_file);
	(void)pthread_mutex_init(&auth->lock, NULL);
	(void)pthread_condattr_init(&attr);
	(void)pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	(void)pthread_cond_init(&auth->changed, &attr);
	(void)pthread_condattr_destroy(&attr);
	tt_policy_init(&auth->policy, o->token_file, o->rules_file);
	tt_answers_init(&auth->tokens, o->clock);
	tt_answers_init(&auth->rights, o->clock);
	if (!tt_since_init(&auth->since, o->namespaces_file))
		tt_log_warn(o->log, "a file is damaged or cannot be read",
			TT_FS("file", o->namespaces_file));
}

int tt_auth_new(struct tt_auth **ret, const struct tt_auth_options *options, struct tt_err *err)
{
	struct tt_auth *auth = tt_calloc(1, sizeof(*auth));
	int rc;

	init(auth, options);
	rc = tt_policy_read(&auth->policy, err);
	if (rc == 0 && pthread_create(&auth->thread, NULL, run, auth) != 0)
		rc = tt_fail(err, TT_EIO, "cannot start a thread");
	if (rc != 0) {
		tt_auth_free(auth);
		return rc;
	}
	auth->has_thread = true;
	*ret = auth;
	return 0;
}

void tt_auth_stop(struct tt_auth *auth)
{
	(void)pthread_mutex_lock(&auth->lock);
	auth->stopping = true;
	stop_reviewers(auth);
	(void)pthread_cond_broadcast(&auth->changed);
	(void)pthread_mutex_unlock(&auth->lock);
}

void tt_auth_free(struct tt_auth *auth)
{
	if (auth == NULL)
		return;
	tt_assert(auth->magic == TT_AUTH_MAGIC);
	tt_auth_stop(auth);
	if (auth->has_thread)
		(void)pthread_join(auth->thread, NULL);
	drop_clusters(auth);
	auth->magic = 0;
	tt_policy_release(&auth->policy);
	tt_answers_release(&auth->tokens);
	tt_answers_release(&auth->rights);
	tt_since_release(&auth->since);
	tt_arena_release(&auth->clusters_arena);
	tt_arena_release(&auth->arena);
	(void)pthread_cond_destroy(&auth->changed);
	(void)pthread_mutex_destroy(&auth->lock);
	tt_free(auth);
}

int tt_auth_reload(struct tt_auth *auth, struct tt_err *err)
{
	tt_assert(auth->magic == TT_AUTH_MAGIC);
	return tt_policy_read(&auth->policy, err);
}
