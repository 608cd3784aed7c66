/* SPDX-License-Identifier: Apache-2.0 */
/* corpus_world.h - what the events of the corpus are about: nodes, namespaces, apps and pods. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/rand.h"
#include "base/str.h"

enum {
	N_PODS = 5000,
	N_NODES = 200,
	N_NAMESPACES = 50,
	N_APPS = 420,
	UUID_SIZE = 37,
	MESSAGE_SIZE = 640,
};

enum app_kind { DEPLOYMENT, STATEFUL_SET, DAEMON_SET, CRON_JOB };
enum app_fault { HEALTHY, CRASHES, IMAGE_MISSING, UNSCHEDULABLE, FLAKY };

struct app {
	char name[48];
	char containers[2][24], images[2][112];
	char revision[10]; /* of the ReplicaSet */
	char uid[UUID_SIZE], revision_uid[UUID_SIZE];
	unsigned namespace, n_containers, replicas;
	enum app_kind kind;
	enum app_fault fault;
};

/* What a pod does next; the functions are in corpus.c. */
enum step {
	STEP_CREATE,
	STEP_FAIL_SCHEDULING,
	STEP_SCHEDULE,
	STEP_FAIL_MOUNT,
	STEP_FAIL_SANDBOX,
	STEP_PULL,
	STEP_FINISH_PULL,
	STEP_CREATE_CONTAINER,
	STEP_START_CONTAINER,
	STEP_RUN,
	STEP_STOP,
	STEP_DELETE,
	STEP_EVICT,
	STEP_TAINT,
	STEP_FAIL_PULL,
	STEP_BACK_OFF_PULL,
	STEP_BACK_OFF_CRASH,
	STEP_COMPLETE,
	N_STEPS,
};

/* An event that is being repeated. */
struct repeat {
	unsigned count; /* 0: none */
	char name[160], uid[UUID_SIZE], message[MESSAGE_SIZE];
	int64_t first_us;
};

struct pod {
	struct app *app;
	char name[80], uid[UUID_SIZE], volume[6];
	unsigned node, container, address, shortage, pull_failures;
	uint64_t rv;
	enum step step;
	struct repeat repeat;
};

struct world {
	struct tt_rand rand;
	char nodes[N_NODES][48], node_uids[N_NODES][UUID_SIZE];
	char namespaces[N_NAMESPACES][32];
	struct app apps[N_APPS];
	struct pod pods[N_PODS];
};

/* Fills a zeroed world; `rv` and `now_us` are those of its pods' creation. */
void world_init(struct world *w, uint64_t seed, uint64_t rv, int64_t now_us);

/* Puts a new pod of the same app into the slot. */
void world_replace_pod(struct world *w, struct pod *p, uint64_t rv, int64_t now_us);

/* A new revision of the app, hence a new ReplicaSet. */
void world_new_revision(struct world *w, struct app *a);

/* A random number below `n`, a random UUID (version 4), and `n` random characters with a NUL: those
 * of generated names, or hexadecimal ones. */
unsigned world_below(struct world *w, unsigned n);
void world_uuid(struct world *w, char to[UUID_SIZE]);
void world_name_suffix(struct world *w, char *to, size_t n);
void world_hex(struct world *w, char *to, size_t n);
