/* SPDX-License-Identifier: Apache-2.0 */
#include "telltaled/daemon.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/vec.h"
#include "collect/collect.h"
#include "kube/target.h"
#include "net/http_server.h"
#include "serve/auth/auth.h"
#include "serve/serve.h"
#include "store/ingest.h"
#include "store/store.h"
#include "telltaled/access.h"
#include "telltaled/config.h"
#include "telltaled/tls.h"

/* Together below the five seconds that a stop may take. */
static const int64_t SERVE_STOP_NS = 1500 * (int64_t)TT_NS_PER_MS;
static const int64_t COLLECT_STOP_NS = 1500 * (int64_t)TT_NS_PER_MS;
static const int64_t INGEST_STOP_NS = 1500 * (int64_t)TT_NS_PER_MS;

/* A cluster that runs: its configuration (for comparing at a reload) and its collector. */
struct cluster {
	struct tt_arena arena;
	struct tt_cluster_config config;
	struct tt_kube_target *target;  /* NULL: hosted */
	struct tt_collector *collector; /* NULL: hosted */
};

struct tt_daemon {
	struct tt_log *log;
	struct tt_arena arena;
	const char *data, *listen, *health_listen;
	struct tt_access_config access;
	bool is_tls;
	struct tt_tls_files tls; /* if it is */
	struct tt_store *store;
	struct tt_ingest *ingest;
	struct tt_auth *auth; /* NULL: everybody may do everything */
	struct tt_serve *serve;
	struct {
		struct cluster **items;
		size_t n, cap;
	} clusters, hanging; /* `hanging`: stopped at a reload, but did not end in time */
};

static const char *copy(struct tt_arena *arena, const char *text)
{
	return text != NULL ? tt_str_cstr(arena, tt_str_from(text)) : NULL;
}

static bool same(const char *a, const char *b)
{
	return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

static bool same_cluster(const struct tt_cluster_config *a, const struct tt_cluster_config *b)
{
	if (!same(a->name, b->name) || !same(a->kubeconfig, b->kubeconfig) ||
		!same(a->context, b->context) || a->in_cluster != b->in_cluster ||
		a->hosted != b->hosted || a->event_ttl_us != b->event_ttl_us ||
		a->watch_seconds != b->watch_seconds || a->namespaces.n != b->namespaces.n)
		return false;
	for (size_t i = 0; i < a->namespaces.n; i++)
		if (!same(a->namespaces.items[i], b->namespaces.items[i]))
			return false;
	return true;
}

static void copy_config(struct cluster *c, const struct tt_cluster_config *from)
{
	struct tt_cluster_config *to = &c->config;

	*to = *from;
	to->name = copy(&c->arena, from->name);
	to->kubeconfig = copy(&c->arena, from->kubeconfig);
	to->context = copy(&c->arena, from->context);
	to->namespaces.items = tt_arena_new(&c->arena, const char *, from->namespaces.n);
	for (size_t i = 0; i < from->namespaces.n; i++)
		to->namespaces.items[i] = copy(&c->arena, from->namespaces.items[i]);
}

struct registration {
	struct tt_str name;
	enum tt_cluster_kind kind;
	struct tt_err *err;
};

static int register_cluster(void *arg, struct tt_store *store)
{
	struct registration *r = arg;

	return tt_store_add_cluster(store, r->name, r->kind, r->err);
}

static int start_collector(struct tt_daemon *d, struct cluster *c, struct tt_err *err)
{
	size_t n = c->config.namespaces.n;
	struct tt_str *namespaces = tt_arena_new(&c->arena, struct tt_str, n);

	for (size_t i = 0; i < n; i++)
		namespaces[i] = tt_str_from(c->config.namespaces.items[i]);
	struct tt_collector_options options = {
		.cluster = tt_str_from(c->config.name),
		.target = c->target,
		.namespaces = namespaces,
		.n_namespaces = n,
		.event_ttl_us = c->config.event_ttl_us,
		.watch_seconds = (unsigned)c->config.watch_seconds,
		.store = d->store,
		.ingest = d->ingest,
		.clock = &tt_clock_system,
		.log = d->log,
	};

	return tt_collector_start(&c->collector, &options, err);
}

/* The monotonic time `ns` from now, and how long it is until then. */
static int64_t after(int64_t ns)
{
	return tt_clock_mono_ns(&tt_clock_system) + ns;
}

static int64_t until(int64_t deadline_ns)
{
	int64_t left = deadline_ns - tt_clock_mono_ns(&tt_clock_system);

	return left > 0 ? left : 0;
}

/* Stops the collector; if it hangs, it and what it uses are left alone. */
static bool cluster_free(struct cluster *c, int64_t deadline_ns)
{
	if (c->collector != NULL) {
		tt_collector_stop(c->collector);
		if (!tt_collector_join(c->collector, until(deadline_ns)))
			return false;
	}
	tt_kube_target_free(c->target);
	tt_arena_release(&c->arena);
	tt_free(c);
	return true;
}

static int cluster_start(struct tt_daemon *d, const struct tt_cluster_config *config,
	struct cluster **ret, struct tt_err *err)
{
	struct cluster *c = tt_calloc(1, sizeof(*c));
	struct registration r = {
		.kind = config->hosted ? TT_CLUSTER_HOSTED : TT_CLUSTER_COLLECTED, .err = err};

	copy_config(c, config);
	r.name = tt_str_from(c->config.name);
	int rc = tt_cluster_config_target(&c->config, &c->target, err);

	if (rc == 0)
		rc = tt_ingest_call(d->ingest, register_cluster, &r);
	if (rc == 0 && !config->hosted)
		rc = start_collector(d, c, err);
	if (rc == 0) {
		*ret = c;
		return 0;
	}
	(void)cluster_free(c, after(COLLECT_STOP_NS));
	return tt_err_wrap(err, "cluster \"%s\"", config->name);
}

static void show_clusters(struct tt_daemon *d)
{
	struct tt_arena arena = {0};
	struct tt_serve_cluster *clusters = tt_arena_new(
		&arena, struct tt_serve_cluster, d->clusters.n);

	for (size_t i = 0; i < d->clusters.n; i++) {
		const struct cluster *c = d->clusters.items[i];

		clusters[i] = (struct tt_serve_cluster){
			tt_str_from(c->config.name), c->collector, c->config.event_ttl_us};
	}
	if (d->serve != NULL)
		tt_serve_set_clusters(d->serve, clusters, d->clusters.n);
	tt_arena_release(&arena);
}

static int open_log(struct tt_daemon *d, const struct tt_config *config, struct tt_err *err)
{
	struct tt_store_options options = {
		.dir = config->data,
		.retention = {config->retention.age_us, config->retention.size_bytes},
		.log = d->log,
	};
	int rc = tt_store_open(&d->store, &options, err);

	if (rc != 0)
		return rc;
	struct tt_ingest_options ingest = {.store = d->store, .log = d->log};

	return tt_ingest_start(&d->ingest, &ingest, err);
}

/* Which program uses the address is easily guessed. */
static int explain_port(struct tt_err *err)
{
	const struct tt_err was = *err;

	return tt_fail(err, TT_EBUSY,
		"%.300s, probably another telltaled; --listen chooses another", was.msg);
}

static int start_serving(struct tt_daemon *d, const struct tt_config *config, struct tt_err *err)
{
	struct tt_http_server_tls tls = {0};
	struct tt_arena arena = {0};
	struct tt_serve_options serve = {
		.listen = config->listen,
		.auth = d->auth,
		.health_listen = config->health_listen,
		.store = d->store,
		.ingest = d->ingest,
		.clock = &tt_clock_system,
		.log = d->log,
		.resources_file = tt_str_printf(&arena, "%s/resources", config->data).data,
	};
	int rc = 0;

	d->is_tls = tt_access_is_tls(&config->access);
	if (d->is_tls) {
		rc = tt_tls_files_find(&d->tls, config, &d->arena, d->log, err);
		if (rc == 0)
			rc = tt_tls_files_read(&d->tls, &tls, &arena, err);
		serve.tls = &tls;
	}
	if (rc == 0)
		rc = tt_serve_start(&d->serve, &serve, err);
	if (rc == 0 && d->is_tls)
		tt_tls_show(&d->tls, &tls, d->log);
	tt_tls_forget(&tls);
	tt_arena_release(&arena);
	return rc == TT_EBUSY ? explain_port(err) : rc;
}

static int start_all(struct tt_daemon *d, const struct tt_config *config, struct tt_err *err)
{
	int rc = open_log(d, config, err);

	if (rc == 0)
		rc = tt_access_start_auth(config, &d->auth, d->log, err);
	if (rc == 0) /* before anybody can ask: rights depend on them */
		rc = tt_access_set_clusters(d->auth, config, err);
	if (rc == 0)
		rc = start_serving(d, config, err);
	for (size_t i = 0; rc == 0 && i < config->clusters.n; i++) {
		struct cluster *c = NULL;

		rc = cluster_start(d, tt_config_cluster(config, i), &c, err);
		if (rc == 0)
			*tt_vec_push(&d->clusters) = c;
	}
	if (rc == 0)
		show_clusters(d);
	return rc;
}

/* For comparing at a reload. */
static void copy_access(struct tt_daemon *d, const struct tt_config *from)
{
	d->access.tls.cert = copy(&d->arena, from->access.tls.cert);
	d->access.tls.key = copy(&d->arena, from->access.tls.key);
	d->access.tls.client_ca = copy(&d->arena, from->access.tls.client_ca);
	d->access.authentication = from->access.authentication;
	d->access.authentication.token_file = copy(
		&d->arena, from->access.authentication.token_file);
	d->access.authorization = from->access.authorization;
	d->access.authorization.rules = copy(&d->arena, from->access.authorization.rules);
}

int tt_daemon_start(struct tt_daemon **ret, const struct tt_config *config, struct tt_log *log,
	struct tt_err *err)
{
	struct tt_daemon *d = tt_calloc(1, sizeof(*d));

	d->log = log;
	d->data = copy(&d->arena, config->data);
	d->listen = copy(&d->arena, config->listen);
	d->health_listen = copy(&d->arena, config->health_listen);
	copy_access(d, config);
	int rc = start_all(d, config, err);

	*ret = rc != 0 && tt_daemon_stop(d) ? NULL : d;
	return rc;
}

static int set_retention(void *arg, struct tt_store *store)
{
	const struct tt_retention *retention = arg;

	tt_store_set_retention(store, *retention);
	return 0;
}

static struct cluster *running(struct tt_daemon *d, const struct tt_cluster_config *config)
{
	for (size_t i = 0; i < d->clusters.n; i++)
		if (same_cluster(&d->clusters.items[i]->config, config))
			return d->clusters.items[i];
	return NULL;
}

static void warn_restart(struct tt_daemon *d, const char *key, const char *old, const char *new)
{
	if (!same(old, new))
		tt_log_warn(d->log, "a changed setting needs a restart", TT_FS("key", key));
}

static void warn_access(struct tt_daemon *d, const struct tt_config *config)
{
	warn_restart(d, "tls.cert", d->access.tls.cert, config->access.tls.cert);
	warn_restart(d, "tls.key", d->access.tls.key, config->access.tls.key);
	warn_restart(d, "tls.clientCA", d->access.tls.client_ca, config->access.tls.client_ca);
	warn_restart(d, "authentication.tokenFile", d->access.authentication.token_file,
		config->access.authentication.token_file);
	warn_restart(d, "authentication.tokenReview",
		d->access.authentication.token_review ? "true" : "false",
		config->access.authentication.token_review ? "true" : "false");
	warn_restart(d, "authorization.rules", d->access.authorization.rules,
		config->access.authorization.rules);
	warn_restart(d, "authorization.subjectAccessReview",
		d->access.authorization.subject_access_review ? "true" : "false",
		config->access.authorization.subject_access_review ? "true" : "false");
}

static bool is_wanted(const struct cluster *c, const struct tt_config *config)
{
	for (size_t i = 0; i < config->clusters.n; i++)
		if (same_cluster(&c->config, tt_config_cluster(config, i)))
			return true;
	return false;
}

/* Whether a cluster could start, as far as that can be told without starting it. */
static int check_cluster(const struct tt_cluster_config *config, struct tt_err *err)
{
	struct tt_kube_target *target = NULL;
	int rc = tt_cluster_config_target(config, &target, err);

	tt_kube_target_free(target);
	return rc == 0 ? 0 : tt_err_wrap(err, "cluster \"%s\"", config->name);
}

/* The order of the configuration counts: its first cluster is the default one. */
static void sort_clusters(struct tt_daemon *d, const struct tt_config *config)
{
	size_t at = 0;

	for (size_t i = 0; i < config->clusters.n; i++)
		for (size_t k = at; k < d->clusters.n; k++) {
			struct cluster *c = d->clusters.items[k];

			if (!same_cluster(&c->config, tt_config_cluster(config, i)))
				continue;
			d->clusters.items[k] = d->clusters.items[at];
			d->clusters.items[at++] = c;
			break;
		}
}

/* Clusters that are no longer wanted, or differently, end before others of their name begin. A
 * collector that hangs holds nothing that a later one needs, but uses the log if it goes on. */
static void stop_unwanted(struct tt_daemon *d, const struct tt_config *config)
{
	struct cluster **unwanted = tt_calloc(d->clusters.n, sizeof(*unwanted));
	size_t n = 0, kept = 0;

	for (size_t i = 0; i < d->clusters.n; i++)
		if (is_wanted(d->clusters.items[i], config))
			d->clusters.items[kept++] = d->clusters.items[i];
		else
			unwanted[n++] = d->clusters.items[i];
	d->clusters.n = kept;
	show_clusters(d);
	for (size_t i = 0; i < n; i++)
		if (unwanted[i]->collector != NULL)
			tt_collector_stop(unwanted[i]->collector);
	int64_t deadline_ns = after(COLLECT_STOP_NS);

	for (size_t i = 0; i < n; i++) {
		tt_log_info(d->log, "a cluster is no longer collected so",
			TT_FS("cluster", unwanted[i]->config.name));
		if (!cluster_free(unwanted[i], deadline_ns)) {
			tt_log_warn(d->log, "a collector does not end and is left behind");
			*tt_vec_push(&d->hanging) = unwanted[i];
		}
	}
	tt_free(unwanted);
}

int tt_daemon_reload(struct tt_daemon *daemon, const struct tt_config *config, struct tt_err *err)
{
	struct tt_daemon *d = daemon;
	struct tt_retention retention = {config->retention.age_us, config->retention.size_bytes};
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < config->clusters.n; i++)
		if (running(d, tt_config_cluster(config, i)) == NULL)
			rc = check_cluster(tt_config_cluster(config, i), err);
	if (rc == 0 && d->auth != NULL)
		rc = tt_auth_reload(d->auth, err);
	if (rc == 0)
		rc = tt_access_set_clusters(d->auth, config, err);
	if (rc != 0)
		return rc;
	warn_access(d, config);
	warn_restart(d, "data", d->data, config->data);
	warn_restart(d, "listen", d->listen, config->listen);
	warn_restart(d, "healthListen", d->health_listen, config->health_listen);
	(void)tt_ingest_call(d->ingest, set_retention, &retention);
	stop_unwanted(d, config);
	for (size_t i = 0; i < config->clusters.n; i++) {
		struct cluster *c = running(d, tt_config_cluster(config, i));
		struct tt_err one;

		if (c != NULL)
			continue;
		int one_rc = cluster_start(d, tt_config_cluster(config, i), &c, &one);

		if (one_rc == 0) {
			*tt_vec_push(&d->clusters) = c;
		} else {
			rc = one_rc;
			*err = one;
		}
	}
	sort_clusters(d, config);
	show_clusters(d);
	return rc;
}

static void renew_tls(struct tt_daemon *d)
{
	struct tt_http_server_tls tls;
	struct tt_arena arena = {0};
	struct tt_err err;
	int rc = tt_tls_files_read(&d->tls, &tls, &arena, &err);

	if (rc == 0)
		rc = tt_serve_set_tls(d->serve, &tls, &err);
	if (rc == 0)
		tt_tls_show(&d->tls, &tls, d->log);
	else
		tt_log_error(d->log, "the certificate of the API stays as it was",
			TT_FS("certificate", d->tls.cert), TT_FS("problem", err.msg));
	tt_tls_forget(&tls);
	tt_arena_release(&arena);
}

void tt_daemon_look(struct tt_daemon *daemon)
{
	int64_t not_after_us;

	if (!daemon->is_tls)
		return;
	if (tt_tls_files_have_changed(&daemon->tls))
		renew_tls(daemon);
	if (tt_serve_not_after(daemon->serve, &not_after_us))
		tt_tls_warn(&daemon->tls, not_after_us, daemon->log);
}

static bool stop_clusters(struct tt_daemon *d)
{
	bool ended = true;

	for (size_t i = 0; i < d->clusters.n; i++)
		if (d->clusters.items[i]->collector != NULL)
			tt_collector_stop(d->clusters.items[i]->collector);
	int64_t deadline_ns = after(COLLECT_STOP_NS);

	for (size_t i = 0; i < d->clusters.n && ended; i++)
		ended = cluster_free(d->clusters.items[i], deadline_ns);
	for (size_t i = 0; i < d->hanging.n && ended; i++)
		ended = cluster_free(d->hanging.items[i], deadline_ns);
	tt_vec_release(&d->clusters);
	tt_vec_release(&d->hanging);
	return ended;
}

bool tt_daemon_stop(struct tt_daemon *daemon)
{
	struct tt_daemon *d = daemon;
	if (d->auth != NULL)
		tt_auth_stop(d->auth);
	bool served = tt_serve_stop(d->serve, SERVE_STOP_NS);
	bool collected = stop_clusters(d);

	if (!served || !collected) { /* what hangs may still come back to ingest and store */
		(void)tt_ingest_flush(d->ingest, INGEST_STOP_NS);
		return false;
	}
	if (!tt_ingest_stop(d->ingest, INGEST_STOP_NS))
		return false;
	tt_auth_free(d->auth);
	tt_store_close(d->store);
	tt_arena_release(&d->arena);
	tt_free(d);
	return true;
}

struct tt_store *tt_daemon_store(struct tt_daemon *daemon)
{
	return daemon->store;
}

struct tt_ingest *tt_daemon_ingest(struct tt_daemon *daemon)
{
	return daemon->ingest;
}

const char *tt_daemon_address(struct tt_daemon *daemon)
{
	return tt_serve_address(daemon->serve);
}

const char *tt_daemon_scheme(struct tt_daemon *daemon)
{
	return daemon->is_tls ? "https" : "http";
}

const char *tt_daemon_data(struct tt_daemon *daemon)
{
	return daemon->data;
}

void tt_daemon_watches(struct tt_daemon *daemon, struct tt_collector_status **ret, size_t *ret_n,
	struct tt_arena *arena)
{
	*ret = NULL;
	*ret_n = 0;
	if (daemon->clusters.n > 0 && daemon->clusters.items[0]->collector != NULL)
		tt_collector_status(daemon->clusters.items[0]->collector, ret, ret_n, arena);
}
