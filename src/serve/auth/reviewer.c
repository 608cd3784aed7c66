/* SPDX-License-Identifier: Apache-2.0 */
#include "serve/auth/reviewer.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>

#include "base/arena.h"
#include "base/assert.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "kube/client.h"
#include "kube/target.h"

enum { CONNECTIONS = 4 };
enum problem { SILENT, REFUSED, PROBLEMS };

static const int64_t ANSWER_NS = 5LL * TT_NS_PER_S; /* for a turn, and for the answer */
static const int64_t ALONE_NS = 1LL * TT_NS_PER_S;
static const int64_t LOG_EVERY_NS = 60LL * TT_NS_PER_S;

struct lane {
	struct tt_kube_client *idle[CONNECTIONS];
	struct tt_kube_client *all[CONNECTIONS];
	unsigned n_idle, n_all;
};

struct tt_reviewer {
	struct tt_str cluster;
	struct tt_kube_target *target;
	const struct tt_clock *clock;
	const struct tt_log *log;
	pthread_mutex_t lock; /* of what follows */
	pthread_cond_t returned;
	unsigned refs;
	bool stopping;
	struct lane lanes[TT_LANES];
	bool failed;
	int64_t failed_ns; /* when it last gave no answer; only if `failed` */
	struct {
		bool was;
		int64_t at_ns;
	} logged[TT_LANES][PROBLEMS];
	struct tt_arena arena;
};

struct tt_reviewer *tt_reviewer_new(struct tt_str cluster, struct tt_kube_target *target,
	const struct tt_clock *clock, const struct tt_log *log)
{
	struct tt_reviewer *r = tt_calloc(1, sizeof(*r));
	pthread_condattr_t attr;

	r->cluster = tt_str_dup(&r->arena, cluster);
	r->target = target;
	r->clock = clock;
	r->log = log;
	r->refs = 1;
	(void)pthread_mutex_init(&r->lock, NULL);
	(void)pthread_condattr_init(&attr);
	(void)pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	(void)pthread_cond_init(&r->returned, &attr);
	(void)pthread_condattr_destroy(&attr);
	return r;
}

struct tt_reviewer *tt_reviewer_ref(struct tt_reviewer *r)
{
	(void)pthread_mutex_lock(&r->lock);
	r->refs++;
	(void)pthread_mutex_unlock(&r->lock);
	return r;
}

static void destroy(struct tt_reviewer *r)
{
	for (size_t lane = 0; lane < TT_LANES; lane++)
		for (unsigned i = 0; i < r->lanes[lane].n_all; i++)
			tt_kube_client_free(r->lanes[lane].all[i]);
	(void)pthread_cond_destroy(&r->returned);
	(void)pthread_mutex_destroy(&r->lock);
	tt_kube_target_free(r->target);
	tt_arena_release(&r->arena);
	tt_free(r);
}

void tt_reviewer_unref(struct tt_reviewer *r)
{
	bool last;

	if (r == NULL)
		return;
	(void)pthread_mutex_lock(&r->lock);
	last = --r->refs == 0;
	(void)pthread_mutex_unlock(&r->lock);
	if (last)
		destroy(r);
}

void tt_reviewer_stop(struct tt_reviewer *r)
{
	(void)pthread_mutex_lock(&r->lock);
	r->stopping = true;
	for (size_t lane = 0; lane < TT_LANES; lane++)
		for (unsigned i = 0; i < r->lanes[lane].n_all; i++)
			tt_kube_client_wake(r->lanes[lane].all[i]);
	(void)pthread_cond_broadcast(&r->returned);
	(void)pthread_mutex_unlock(&r->lock);
}

static int fail_stopping(struct tt_err *err)
{
	return tt_fail(err, TT_EAGAIN, "telltaled is being stopped or configured anew");
}

/* Whether to leave the server alone, with why. */
static int check_alone(struct tt_reviewer *r, struct tt_err *err)
{
	if (r->stopping)
		return fail_stopping(err);
	if (r->failed && tt_clock_mono_ns(r->clock) - r->failed_ns < ALONE_NS)
		return tt_fail(err, TT_EAGAIN, "the API server of cluster \"%.*s\" did not answer",
			TT_STR_ARG(r->cluster));
	return 0;
}

static struct timespec turn_ends(void)
{
	int64_t ns = tt_clock_mono_ns(&tt_clock_system) + ANSWER_NS;

	return (struct timespec){ns / TT_NS_PER_S, ns % TT_NS_PER_S};
}

/* Waits for a client, or makes one. The lock is held. */
static int borrow_locked(
	struct tt_reviewer *r, enum tt_lane lane, struct tt_kube_client **ret, struct tt_err *err)
{
	struct tt_kube_client_options options = {.target = r->target,
		.clock = r->clock,
		.log = r->log,
		.json_only = true,
		.answer_timeout_ns = ANSWER_NS};
	struct lane *l = &r->lanes[lane];
	struct timespec until = turn_ends();
	int rc = check_alone(r, err);

	while (rc == 0 && l->n_idle == 0 && l->n_all == CONNECTIONS) {
		if (pthread_cond_timedwait(&r->returned, &r->lock, &until) == ETIMEDOUT)
			return tt_fail(err, TT_EAGAIN,
				"too many questions to the API server of cluster \"%.*s\"",
				TT_STR_ARG(r->cluster));
		rc = check_alone(r, err);
	}
	if (rc != 0)
		return rc;
	if (l->n_idle > 0) {
		*ret = l->idle[--l->n_idle];
		return 0;
	}
	rc = tt_kube_client_new(ret, &options, err);
	if (rc == 0)
		l->all[l->n_all++] = *ret;
	else if (err != NULL)
		err->code = TT_EAGAIN;
	return rc == 0 ? 0 : TT_EAGAIN;
}

static int borrow(
	struct tt_reviewer *r, enum tt_lane lane, struct tt_kube_client **ret, struct tt_err *err)
{
	int rc;

	(void)pthread_mutex_lock(&r->lock);
	rc = borrow_locked(r, lane, ret, err);
	(void)pthread_mutex_unlock(&r->lock);
	return rc;
}

/* Gives the client back, and notes whether the server answered. */
static void done(
	struct tt_reviewer *r, enum tt_lane lane, struct tt_kube_client *client, bool answered)
{
	(void)pthread_mutex_lock(&r->lock);
	r->lanes[lane].idle[r->lanes[lane].n_idle++] = client;
	r->failed = !answered;
	r->failed_ns = tt_clock_mono_ns(r->clock);
	(void)pthread_cond_broadcast(&r->returned);
	(void)pthread_mutex_unlock(&r->lock);
}

/* Each kind of problem once in a while, so that none hides another. */
static bool is_log_due(struct tt_reviewer *r, enum tt_lane lane, enum problem problem)
{
	__typeof__(&r->logged[lane][problem]) logged = &r->logged[lane][problem];
	int64_t now_ns = tt_clock_mono_ns(r->clock);
	bool due;

	(void)pthread_mutex_lock(&r->lock);
	due = !r->stopping && (!logged->was || now_ns - logged->at_ns >= LOG_EVERY_NS);
	if (due) {
		logged->was = true;
		logged->at_ns = now_ns;
	}
	(void)pthread_mutex_unlock(&r->lock);
	return due;
}

static void complain(
	struct tt_reviewer *r, const struct tt_ask *ask, enum problem problem, const char *why)
{
	if (is_log_due(r, ask->lane, problem))
		tt_log_warn(r->log, "an API server does not say who may do what",
			TT_FV("cluster", r->cluster), TT_FS("path", ask->path),
			TT_FS("problem", why));
}

/* What an answer that is no success means. */
static int fail_reply(struct tt_reviewer *r, const struct tt_ask *ask,
	const struct tt_kube_reply *reply, struct tt_err *err)
{
	struct tt_err why;

	if (reply->http_status == 404 && ask->json.len == 0)
		return tt_fail(err, TT_ENOTFOUND, "not found");
	(void)tt_fail(&why, TT_EAGAIN, "the API server of cluster \"%.*s\" refused: %d %.*s",
		TT_STR_ARG(r->cluster), reply->http_status, TT_STR_ARG(reply->status.message));
	complain(r, ask, REFUSED, why.msg);
	if (err != NULL)
		*err = why;
	return TT_EAGAIN;
}

static int send(struct tt_kube_client *client, const struct tt_ask *ask, struct tt_arena *arena,
	struct tt_kube_reply *reply, struct tt_str *ret_body, struct tt_err *err)
{
	struct tt_kube_post_params post = {ask->path, ask->json};
	int rc;

	/* After a 401 the second try goes out with renewed credentials. */
	for (int try = 0; try < 2; try++) {
		rc = ask->json.len > 0
			     ? tt_kube_post(client, &post, arena, reply, ret_body, err)
			     : tt_kube_get(client, ask->path, arena, reply, ret_body, err);
		if (rc != 0 || reply->http_status != 401)
			break;
	}
	return rc;
}

int tt_reviewer_ask(struct tt_reviewer *r, const struct tt_ask *ask, struct tt_arena *arena,
	struct tt_str *ret_body, struct tt_err *err)
{
	struct tt_kube_client *client = NULL;
	struct tt_kube_reply reply;
	struct tt_err why = {0};
	int rc = borrow(r, ask->lane, &client, err);

	if (rc != 0)
		return rc;
	rc = send(client, ask, arena, &reply, ret_body, &why);
	done(r, ask->lane, client, rc == 0);
	if (rc == TT_ECANCELED)
		return fail_stopping(err);
	if (rc != 0) {
		complain(r, ask, SILENT, why.msg);
		return tt_fail(err, TT_EAGAIN,
			"the API server of cluster \"%.*s\" does not answer: %s",
			TT_STR_ARG(r->cluster), why.msg);
	}
	if (reply.http_status < 200 || reply.http_status > 299)
		return fail_reply(r, ask, &reply, err);
	return 0;
}
