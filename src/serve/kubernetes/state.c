/* SPDX-License-Identifier: Apache-2.0 */
#include "serve/kubernetes/state.h"

#include <pthread.h>
#include <time.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/hash.h"
#include "base/log.h"
#include "base/rand.h"
#include "base/vec.h"
#include "collect/collect.h"
#include "kube/client.h"
#include "kube/file.h"
#include "kube/target.h"
#include "serve/internal.h"
#include "serve/kubernetes/catalog.h"
#include "serve/kubernetes/kubernetes.h"
#include "serve/kubernetes/leavers.h"
#include "serve/kubernetes/memo.h"
#include "serve/kubernetes/request.h"
#include "serve/kubernetes/served.h"
#include "serve/kubernetes/ticket.h"

static const int64_t FRESH_NS = 60ll * TT_NS_PER_S;
static const int64_t EARLY_NS = 5ll * TT_NS_PER_S;  /* for who misses something */
static const int64_t RETRY_NS = 30ll * TT_NS_PER_S; /* after an API server did not answer */

static const int64_t ANSWER_NS = 5ll * TT_NS_PER_S;

static const int64_t LOCK_WAIT_NS = 10ll * TT_NS_PER_S;

enum { MAX_FILE_BYTES = 64 << 20 };

enum { LOCKS = 256, LOCK_SLICE_S = 1 }; /* how often the server's clock is looked at */

struct known {
	struct tt_str cluster; /* in `names` */
	struct tt_catalog *catalog;
	bool is_builtin;          /* the catalog is of no API server */
	int64_t early_ns, ask_ns; /* monotonic: not before, for who misses something; for others */
	bool asking;              /* somebody is */
};

/* A thread that asks an API server. */
struct fetching {
	struct tt_kube_client *client;
	struct fetching *next;
};

struct tt_kubernetes {
	pthread_mutex_t lock;
	pthread_cond_t asked;
	struct {
		struct known *items;
		size_t n, cap;
	} known;
	struct tt_arena names;
	const char *file;       /* in `names`; NULL: none */
	uint64_t saved;         /* hash of what it holds */
	pthread_mutex_t saving; /* taken before `lock` */
	struct fetching *fetching;
	unsigned interrupted;
	struct tt_edges *edges;
	struct tt_memo *memo;
	struct tt_tickets *tickets;
	pthread_mutex_t locks[LOCKS]; /* over writes, by the hash of the identity */
	uint64_t seed;                /* of that hash: nobody chooses whose lock he shares */
};

static size_t place_of(struct tt_kubernetes *k, struct tt_str cluster)
{
	for (size_t i = 0; i < k->known.n; i++)
		if (tt_str_eq(k->known.items[i].cluster, cluster))
			return i;
	*tt_vec_push(&k->known) = (struct known){.cluster = tt_str_dup(&k->names, cluster)};
	return k->known.n - 1;
}

static bool load_line(struct tt_kubernetes *k, struct tt_str line)
{
	struct tt_str rest = line, cluster = tt_str_split(&rest, ' ');
	size_t place = place_of(k, cluster);
	struct known *known = &k->known.items[place];

	if (known->catalog == NULL)
		known->catalog = tt_catalog_new();
	return tt_catalog_take_line(known->catalog, rest);
}

/* A file that is damaged or absent is as good as empty: an API server says it all again. */
static void load(struct tt_kubernetes *k, const struct tt_log *log)
{
	struct tt_arena arena = {0};
	struct tt_str text;
	struct tt_err err;
	int rc = tt_file_read(k->file, MAX_FILE_BYTES, &arena, &text, &err);
	bool whole = rc == TT_ENOTFOUND;

	if (rc == 0)
		for (whole = true; whole && text.len > 0;)
			whole = load_line(k, tt_str_split(&text, '\n'));
	if (!whole)
		tt_log_warn(log, "what was known of the resources of clusters is damaged",
			TT_FS("file", k->file));
	tt_vec_each (known, &k->known) {
		if (whole) {
			tt_served_complete(known->catalog);
			continue;
		}
		tt_catalog_unref(known->catalog);
		known->catalog = NULL;
	}
	tt_arena_release(&arena);
}

/* Writes what has changed. */
static void save(struct tt_kubernetes *k, const struct tt_log *log)
{
	struct tt_buf text;
	struct tt_err err;

	if (k->file == NULL)
		return;
	tt_buf_init(&text, MAX_FILE_BYTES);
	(void)pthread_mutex_lock(&k->saving);
	(void)pthread_mutex_lock(&k->lock);
	tt_vec_each (known, &k->known)
		if (known->catalog != NULL && !known->is_builtin)
			tt_catalog_print(known->catalog, known->cluster, &text);
	(void)pthread_mutex_unlock(&k->lock);
	uint64_t hash = tt_hash_str(tt_buf_view(&text), k->seed);

	if (hash != k->saved && !text.failed) {
		if (tt_file_write(k->file, tt_buf_view(&text), &err) == 0)
			k->saved = hash;
		else
			tt_log_warn(log, "cannot keep what is known of the resources of clusters",
				TT_FS("error", err.msg));
	}
	(void)pthread_mutex_unlock(&k->saving);
	tt_buf_release(&text);
}

struct tt_kubernetes *tt_kubernetes_new(const char *resources_file, const struct tt_log *log)
{
	struct tt_kubernetes *k = tt_calloc(1, sizeof(*k));

	(void)pthread_mutex_init(&k->lock, NULL);
	(void)pthread_mutex_init(&k->saving, NULL);
	(void)pthread_cond_init(&k->asked, NULL);
	k->seed = tt_rand_seed();
	k->edges = tt_edges_new();
	k->memo = tt_memo_new();
	k->tickets = tt_tickets_new();
	for (size_t i = 0; i < LOCKS; i++)
		(void)pthread_mutex_init(&k->locks[i], NULL);
	if (resources_file != NULL) {
		k->file = tt_str_cstr(&k->names, tt_str_from(resources_file));
		load(k, log);
	}
	return k;
}

struct tt_tickets *tt_api_tickets(struct tt_serve *serve)
{
	return serve->kubernetes->tickets;
}

struct tt_memo *tt_api_memo(struct tt_serve *serve)
{
	return serve->kubernetes->memo;
}

pthread_mutex_t *tt_api_lock(struct tt_serve *serve, const struct tt_identity_name *identity)
{
	struct tt_kubernetes *k = serve->kubernetes;
	uint64_t hash = tt_hash_str(identity->cluster, k->seed);
	int64_t until_ns = tt_clock_mono_ns(serve->clock) + LOCK_WAIT_NS;
	struct timespec until;

	hash = tt_hash_str(identity->name, tt_hash_str(identity->namespace, hash));
	pthread_mutex_t *lock = &k->locks[hash % LOCKS];

	do {
		/* not pthread_mutex_clocklock(), which ThreadSanitizer of gcc 12 does not know */
		(void)clock_gettime(CLOCK_REALTIME, &until);
		until.tv_sec += LOCK_SLICE_S;
		if (pthread_mutex_timedlock(lock, &until) == 0)
			return lock;
	} while (tt_clock_mono_ns(serve->clock) < until_ns);
	return NULL;
}

struct tt_edges *tt_api_edges(struct tt_serve *serve)
{
	return serve->kubernetes->edges;
}

void tt_kubernetes_free(struct tt_kubernetes *k)
{
	if (k == NULL)
		return;
	tt_vec_each (known, &k->known)
		tt_catalog_unref(known->catalog);
	tt_vec_release(&k->known);
	tt_arena_release(&k->names);
	tt_edges_free(k->edges);
	tt_memo_free(k->memo);
	tt_tickets_free(k->tickets);
	for (size_t i = 0; i < LOCKS; i++)
		(void)pthread_mutex_destroy(&k->locks[i]);
	(void)pthread_mutex_destroy(&k->saving);
	(void)pthread_mutex_destroy(&k->lock);
	(void)pthread_cond_destroy(&k->asked);
	tt_free(k);
}

void tt_kubernetes_interrupt(struct tt_kubernetes *k)
{
	(void)pthread_mutex_lock(&k->lock);
	k->interrupted++;
	for (struct fetching *f = k->fetching; f != NULL; f = f->next)
		tt_kube_client_wake(f->client);
	(void)pthread_mutex_unlock(&k->lock);
}

void tt_kubernetes_resume(struct tt_kubernetes *k)
{
	(void)pthread_mutex_lock(&k->lock);
	k->interrupted--;
	(void)pthread_mutex_unlock(&k->lock);
}

/* False if nobody is to be asked now. */
static bool begin_fetching(struct tt_kubernetes *k, struct fetching *f)
{
	(void)pthread_mutex_lock(&k->lock);
	bool may = k->interrupted == 0;

	if (may) {
		f->next = k->fetching;
		k->fetching = f;
	}
	(void)pthread_mutex_unlock(&k->lock);
	return may;
}

static void end_fetching(struct tt_kubernetes *k, const struct fetching *f)
{
	struct fetching **at = &k->fetching;

	(void)pthread_mutex_lock(&k->lock);
	while (*at != f)
		at = &(*at)->next;
	*at = f->next;
	(void)pthread_mutex_unlock(&k->lock);
}

static struct tt_catalog *fetch_by(
	struct tt_serve *serve, struct tt_kube_client *client, struct tt_str cluster)
{
	struct fetching fetching = {.client = client};
	struct tt_catalog *catalog = NULL;
	struct tt_err err;

	if (!begin_fetching(serve->kubernetes, &fetching))
		return NULL;
	if (tt_catalog_fetch(&catalog, client, &err) != 0)
		tt_log_warn(serve->log, "cannot read which resources there are",
			TT_FV("cluster", cluster), TT_FS("error", err.msg));
	end_fetching(serve->kubernetes, &fetching);
	return catalog;
}

/* Asks the API server; NULL if it does not answer, or there is none. */
static struct tt_catalog *fetch(struct tt_serve *serve, struct tt_str cluster)
{
	struct tt_kube_client_options options = {
		.json_only = true, .log = serve->log, .answer_timeout_ns = ANSWER_NS};
	struct tt_catalog *catalog = NULL;
	struct tt_kube_client *client;
	struct tt_err err;

	(void)pthread_rwlock_rdlock(&serve->clusters_lock); /* keeps the target alive */
	for (size_t i = 0; i < serve->n_clusters; i++)
		if (serve->collectors[i] != NULL && tt_str_eq(serve->names[i], cluster))
			options.target = tt_collector_target(serve->collectors[i]);
	if (options.target != NULL && tt_kube_client_new(&client, &options, &err) == 0) {
		catalog = fetch_by(serve, client, cluster);
		tt_kube_client_free(client);
	}
	(void)pthread_rwlock_unlock(&serve->clusters_lock);
	return catalog;
}

const char *tt_api_server_name(struct tt_api_request *r)
{
	struct tt_serve *serve = r->serve;
	const char *name = "an API server";

	(void)pthread_rwlock_rdlock(&serve->clusters_lock);
	for (size_t i = 0; i < serve->n_clusters; i++)
		if (serve->collectors[i] != NULL && tt_str_eq(serve->names[i], r->cluster))
			name = tt_str_printf(r->arena, "its API server, %s,",
				tt_collector_target(serve->collectors[i])->server)
				       .data;
	(void)pthread_rwlock_unlock(&serve->clusters_lock);
	return name;
}

/* Asks without the lock, which is held at both ends. */
static void refresh(struct tt_serve *serve, size_t place, struct tt_str cluster)
{
	struct tt_kubernetes *k = serve->kubernetes;

	k->known.items[place].asking = true;
	(void)pthread_mutex_unlock(&k->lock);
	struct tt_catalog *fetched = fetch(serve, cluster);
	int64_t now_ns = tt_clock_mono_ns(serve->clock);

	(void)pthread_mutex_lock(&k->lock);
	struct known *known = &k->known.items[place];

	known->asking = false;
	known->early_ns = now_ns + (fetched != NULL ? EARLY_NS : RETRY_NS);
	known->ask_ns = now_ns + (fetched != NULL ? FRESH_NS : RETRY_NS);
	if (fetched != NULL || known->catalog == NULL) {
		tt_catalog_unref(known->catalog);
		known->is_builtin = fetched == NULL;
		known->catalog = fetched != NULL ? fetched : tt_catalog_builtin();
		tt_served_complete(known->catalog);
	}
	(void)pthread_cond_broadcast(&k->asked);
}

/* Whether it is time to ask the API server; the lock is held. */
static bool is_due(const struct tt_serve *serve, const struct known *known, bool early)
{
	int64_t from_ns = early ? known->early_ns : known->ask_ns;

	return !known->asking &&
	       (known->catalog == NULL || tt_clock_mono_ns(serve->clock) >= from_ns);
}

static struct tt_catalog *look_up(struct tt_serve *serve, struct tt_str cluster, bool early)
{
	struct tt_kubernetes *k = serve->kubernetes;
	struct tt_catalog *catalog;

	(void)pthread_mutex_lock(&k->lock);
	size_t place = place_of(k, cluster);

	while (k->known.items[place].catalog == NULL && k->known.items[place].asking)
		(void)pthread_cond_wait(&k->asked, &k->lock);
	bool due = is_due(serve, &k->known.items[place], early);

	if (due)
		refresh(serve, place, cluster);
	catalog = tt_catalog_ref(k->known.items[place].catalog);
	(void)pthread_mutex_unlock(&k->lock);
	if (due)
		save(k, serve->log);
	return catalog;
}

struct tt_catalog *tt_api_catalog(struct tt_serve *serve, struct tt_str cluster)
{
	return look_up(serve, cluster, false);
}

struct tt_catalog *tt_api_catalog_early(struct tt_serve *serve, struct tt_str cluster)
{
	return look_up(serve, cluster, true);
}
