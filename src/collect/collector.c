/* SPDX-License-Identifier: Apache-2.0 */
#include "collect/collect.h"

#include <errno.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/rand.h"
#include "collect/watcher.h"
#include "store/reader.h"

static void init_sync(struct tt_collector *c)
{
	pthread_condattr_t attr;

	pthread_mutex_init(&c->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&c->changed, &attr);
	pthread_condattr_destroy(&attr);
}

static struct tt_collector *collector_new(const struct tt_collector_options *options)
{
	struct tt_collector *c = tt_calloc(1, sizeof(*c));
	size_t n = options->n_namespaces;
	struct tt_str *namespaces = tt_arena_new(&c->arena, struct tt_str, n);

	for (size_t i = 0; i < n; i++)
		namespaces[i] = tt_str_dup(&c->arena, options->namespaces[i]);
	c->options = *options;
	c->options.cluster = tt_str_dup(&c->arena, options->cluster);
	c->options.namespaces = namespaces;
	if (c->options.clock == NULL)
		c->options.clock = &tt_clock_system;
	c->n = n > 0 ? n : 1;
	c->watchers = tt_calloc(c->n, sizeof(*c->watchers));
	init_sync(c);
	return c;
}

static int watcher_init(
	struct tt_watcher *w, struct tt_collector *c, struct tt_str namespace, struct tt_err *err)
{
	struct tt_kube_client_options client = {
		.target = c->options.target,
		.clock = c->options.clock,
		.log = c->options.log,
		.json_only = c->options.json_only,
	};
	struct tt_collect_options state = {
		.cluster = c->options.cluster,
		.namespace = namespace,
		.event_ttl_us = c->options.event_ttl_us,
		.watch_seconds = c->options.watch_seconds,
		.seed = tt_rand_seed(),
	};

	w->collector = c;
	w->namespace = namespace;
	pthread_mutex_init(&w->lock, NULL);
	tt_collect_init(&w->state, &state);
	w->shown = (struct tt_collector_status){
		.namespace = namespace,
		.state = tt_collect_state_name(TT_COLLECT_CONNECTING), /* in a moment */
		.last_proof_us = TT_TIME_ZERO,
		.last_event_us = TT_TIME_ZERO,
	};
	return tt_kube_client_new(&w->client, &client, err);
}

static void collector_free(struct tt_collector *c)
{
	for (size_t i = 0; i < c->n; i++) {
		if (c->watchers[i].collector == NULL)
			continue;
		tt_kube_client_free(c->watchers[i].client);
		pthread_mutex_destroy(&c->watchers[i].lock);
	}
	tt_free(c->watchers);
	pthread_cond_destroy(&c->changed);
	pthread_mutex_destroy(&c->lock);
	tt_arena_release(&c->arena);
	tt_free(c);
}

/* Makes all clients before the first thread runs, so that what is wrong with the target is an
 * error of the start. */
static int init_watchers(struct tt_collector *c, struct tt_err *err)
{
	for (size_t i = 0; i < c->n; i++) {
		struct tt_str none = {0};
		struct tt_str namespace = c->options.n_namespaces > 0 ? c->options.namespaces[i]
								      : none;
		int rc = watcher_init(&c->watchers[i], c, namespace, err);

		if (rc < 0)
			return rc;
	}
	return 0;
}

static void join_all(struct tt_collector *c, size_t n)
{
	for (size_t i = 0; i < n; i++)
		(void)pthread_join(c->watchers[i].thread, NULL);
}

int tt_collector_start(
	struct tt_collector **ret, const struct tt_collector_options *options, struct tt_err *err)
{
	struct tt_collector *c = collector_new(options);
	int rc = init_watchers(c, err);

	*ret = NULL;
	if (rc < 0) {
		collector_free(c);
		return rc;
	}
	c->running = c->n;
	for (size_t i = 0; i < c->n; i++) {
		int error = pthread_create(
			&c->watchers[i].thread, NULL, tt_watcher_run, &c->watchers[i]);

		if (error != 0) {
			tt_collector_stop(c);
			join_all(c, i);
			collector_free(c);
			return tt_fail(err, TT_EIO, "cannot start a thread: %s", strerror(error));
		}
	}
	*ret = c;
	return 0;
}

void tt_collector_stop(struct tt_collector *c)
{
	pthread_mutex_lock(&c->lock);
	__atomic_store_n(&c->stopping, true, __ATOMIC_RELEASE);
	for (size_t i = 0; i < c->n; i++)
		if (c->watchers[i].client != NULL)
			tt_kube_client_wake(c->watchers[i].client);
	pthread_cond_broadcast(&c->changed);
	pthread_mutex_unlock(&c->lock);
}

bool tt_collector_join(struct tt_collector *c, int64_t timeout_ns)
{
	struct timespec until;
	int rc = 0;

	(void)clock_gettime(CLOCK_MONOTONIC, &until);
	timeout_ns += until.tv_nsec;
	until.tv_sec += timeout_ns / TT_NS_PER_S;
	until.tv_nsec = timeout_ns % TT_NS_PER_S;
	pthread_mutex_lock(&c->lock);
	while (c->running > 0 && rc != ETIMEDOUT)
		rc = pthread_cond_timedwait(&c->changed, &c->lock, &until);
	bool ended = c->running == 0;

	pthread_mutex_unlock(&c->lock);
	if (!ended)
		return false;
	join_all(c, c->n);
	collector_free(c);
	return true;
}

const struct tt_kube_target *tt_collector_target(const struct tt_collector *c)
{
	return c->options.target;
}

void tt_collector_status(struct tt_collector *c, struct tt_collector_status **ret, size_t *ret_n,
	struct tt_arena *arena)
{
	*ret = tt_arena_new(arena, struct tt_collector_status, c->n);
	*ret_n = c->n;
	for (size_t i = 0; i < c->n; i++) {
		struct tt_watcher *w = &c->watchers[i];
		struct tt_collector_status *status = &(*ret)[i];

		pthread_mutex_lock(&w->lock);
		*status = w->shown;
		status->problem = tt_str_dup(arena, tt_str_from(w->shown_problem));
		pthread_mutex_unlock(&w->lock);
		status->namespace = tt_str_dup(arena, status->namespace);
	}
}
