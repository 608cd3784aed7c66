/* SPDX-License-Identifier: Apache-2.0 */
#include "corpus_world.h"

#include <math.h>
#include <stdio.h>

static const char *const words[] = {"payments", "orders", "checkout", "catalog", "search",
	"inventory", "billing", "auth", "session", "gateway", "frontend", "backend", "worker",
	"scheduler", "notifier", "mailer", "ledger", "pricing", "recommender", "feed", "profile",
	"media", "thumbnailer", "ingest", "etl", "report", "metrics", "logs", "trace", "proxy",
	"cache", "queue", "stream", "geo", "fraud", "risk", "kyc", "cart", "shipping", "tracking"};
static const char *const roles[] = {
	"api", "svc", "worker", "web", "db", "sync", "consumer", "agent", "controller", "batch"};
enum { N_WORDS = sizeof(words) / sizeof(words[0]), N_ROLES = sizeof(roles) / sizeof(roles[0]) };

unsigned world_below(struct world *w, unsigned n)
{
	return (unsigned)tt_rand_below(&w->rand, n);
}

static void random_text(struct world *w, char *to, size_t n, const char *alphabet)
{
	unsigned letters = (unsigned)strlen(alphabet);

	for (size_t i = 0; i < n; i++)
		to[i] = alphabet[world_below(w, letters)];
	to[n] = '\0';
}

void world_name_suffix(struct world *w, char *to, size_t n)
{
	random_text(w, to, n, "bcdfghjklmnpqrstvwxz2456789");
}

void world_hex(struct world *w, char *to, size_t n)
{
	static const char digits[] = "0123456789abcdef";
	uint64_t bits = 0;

	for (size_t i = 0; i < n; i++, bits >>= 4) {
		if (i % 16 == 0)
			bits = tt_rand_u64(&w->rand);
		to[i] = digits[bits & 15];
	}
	to[n] = '\0';
}

void world_uuid(struct world *w, char to[UUID_SIZE])
{
	world_hex(w, to, UUID_SIZE - 1);
	to[8] = to[13] = to[18] = to[23] = '-';
	to[14] = '4';
	to[19] = "89ab"[world_below(w, 4)];
}

void world_new_revision(struct world *w, struct app *a)
{
	world_name_suffix(w, a->revision, 9);
	world_uuid(w, a->revision_uid);
}

static void name_pod(struct world *w, struct pod *p, int64_t now_us)
{
	const struct app *a = p->app;
	char suffix[6];

	world_name_suffix(w, suffix, 5);
	switch (a->kind) {
	case DEPLOYMENT:
		(void)snprintf(p->name, sizeof(p->name), "%s-%s-%s", a->name, a->revision, suffix);
		break;
	case STATEFUL_SET:
		(void)snprintf(p->name, sizeof(p->name), "%s-%d", a->name, (int)(p - w->pods) % 9);
		break;
	case DAEMON_SET: (void)snprintf(p->name, sizeof(p->name), "%s-%s", a->name, suffix); break;
	case CRON_JOB:
		(void)snprintf(p->name, sizeof(p->name), "%s-%lld-%s", a->name,
			(long long)(now_us / 60000000), suffix);
		break;
	}
}

void world_replace_pod(struct world *w, struct pod *p, uint64_t rv, int64_t now_us)
{
	name_pod(w, p, now_us);
	world_uuid(w, p->uid);
	world_name_suffix(w, p->volume, 5);
	p->node = world_below(w, N_NODES);
	p->address = world_below(w, 1 << 16);
	p->shortage = world_below(w, 1000);
	p->rv = rv;
	p->container = p->pull_failures = 0;
	p->repeat.count = 0;
	p->step = STEP_CREATE;
}

static void init_places(struct world *w)
{
	static const char *const system_namespaces[] = {"kube-system", "monitoring", "default"};
	static const char *const stages[] = {"prod", "staging", "dev"};

	for (int i = 0; i < N_NODES; i++) {
		unsigned c = world_below(w, 256), d = world_below(w, 256);

		(void)snprintf(w->nodes[i], sizeof(w->nodes[i]),
			"ip-10-%d-%u-%u.eu-west-1.compute.internal", i / 64 + 1, c, d);
		world_uuid(w, w->node_uids[i]);
	}
	for (int i = 0; i < N_NAMESPACES; i++) {
		if (i < 3)
			(void)snprintf(w->namespaces[i], sizeof(w->namespaces[i]), "%s",
				system_namespaces[i]);
		else
			(void)snprintf(w->namespaces[i], sizeof(w->namespaces[i]), "%s-%s",
				words[i % N_WORDS], stages[i % 3]);
	}
}

static enum app_kind random_kind(struct world *w)
{
	unsigned n = world_below(w, 20);

	return n < 13 ? DEPLOYMENT : n < 15 ? STATEFUL_SET : n < 17 ? DAEMON_SET : CRON_JOB;
}

static enum app_fault random_fault(struct world *w)
{
	unsigned n = world_below(w, 100);

	return n < 4    ? CRASHES
	       : n < 7  ? IMAGE_MISSING
	       : n < 9  ? UNSCHEDULABLE
	       : n < 20 ? FLAKY
			: HEALTHY;
}

static void init_app(struct world *w, struct app *a, int number)
{
	char digit[12] = "";
	double where = tt_rand_unit(&w->rand);

	const char *word = words[world_below(w, N_WORDS)], *role = roles[world_below(w, N_ROLES)];
	unsigned major = world_below(w, 4), minor = world_below(w, 40), patch = world_below(w, 20);

	if (number > 100)
		(void)snprintf(digit, sizeof(digit), "%d", number % 10);
	(void)snprintf(a->name, sizeof(a->name), "%s-%s%s%s", word, role,
		number % 7 == 0 ? "-v2" : "", digit);
	a->namespace = (unsigned)(N_NAMESPACES * where * where); /* a few hold most */
	a->n_containers = world_below(w, 3) == 0 ? 2 : 1;
	(void)snprintf(a->containers[0], sizeof(a->containers[0]), "%s",
		world_below(w, 2) > 0 ? "app" : words[world_below(w, N_WORDS)]);
	(void)snprintf(a->containers[1], sizeof(a->containers[1]), "istio-proxy");
	(void)snprintf(a->images[0], sizeof(a->images[0]), "registry.example.com/%s/%s:v%u.%u.%u",
		w->namespaces[a->namespace], a->name, major, minor, patch);
	(void)snprintf(a->images[1], sizeof(a->images[1]), "docker.io/istio/proxyv2:1.20.3");
	a->kind = random_kind(w);
	a->fault = random_fault(w);
	a->replicas = 3;
	world_uuid(w, a->uid);
	world_new_revision(w, a);
}

void world_init(struct world *w, uint64_t seed, uint64_t rv, int64_t now_us)
{
	tt_rand_init(&w->rand, seed);
	init_places(w);
	for (int i = 0; i < N_APPS; i++)
		init_app(w, &w->apps[i], i);
	for (int i = 0; i < N_PODS; i++) {
		struct pod *p = &w->pods[i];
		double where = tt_rand_unit(&w->rand);
		bool old = world_below(w, 3) > 0; /* two thirds run already */

		p->app = &w->apps[(int)(N_APPS * where * sqrt(where))];
		world_replace_pod(w, p, rv, now_us);
		if (old)
			p->step = STEP_RUN + world_below(w, 5);
	}
}
