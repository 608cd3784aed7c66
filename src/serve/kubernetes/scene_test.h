/* SPDX-License-Identifier: Apache-2.0 */
/* scene_test.h - what the tests of the Kubernetes API share: a log, its writing thread and the
 * server in this process, a client, and a clock that can be put forward. The cluster "edge" is
 * hosted; "prod" can only be read. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/clock.h"
#include "net/http_client.h"
#include "store/record.h"

struct tt_kube_target;

struct scene {
	char *dir;
	struct tt_store *store;
	struct tt_ingest *ingest;
	struct tt_auth *auth; /* NULL: nobody is asked who he is */
	struct tt_serve *serve;
	struct tt_http_client *client;
	struct tt_http_exchange *answer; /* the last one */
	struct tt_buf body;              /* of it */
};

extern struct scene scene;

/* Everything is there, and the log is empty. */
void scene_begin(void);
void scene_end(void);

/* The same with users: "ann" may read events of namespace shop, "ops" those of all, "kim" nothing
 * at all, in both clusters; "wim" may create and delete in shop of "edge", "una" update there.
 * Their tokens are their names and "-token". */
void scene_begin_with_users(void);

/* The same, but rights in "prod" are also asked of the API server `target`, which is taken. */
void scene_begin_with_api_server(struct tt_kube_target *target);

/* As scene_begin(), but all requests together may take no more memory than that. */
void scene_begin_with_memory(size_t max_live_bytes);

/* Takes the open answer out of the scene, which goes on with a new client. */
void scene_put_aside(struct tt_http_client **ret_client, struct tt_http_exchange **ret_answer);

/* Writes a file in scene.dir. */
void scene_write(const char *name, const char *text);

/* Ends the server and starts another, which knows what is in scene.dir and "edge" alone. */
void scene_restart_server(void);

/* Reads the files "tokens" and "rules" in scene.dir again. */
int scene_reload_users(void);

/* Puts the clock of the scene forward; and what it shows. */
void scene_skip(int64_t us);
/* Sets how far it runs ahead of the time that passes. */
void scene_set_ahead(int64_t us);
int64_t scene_now_us(void);

/* An event to be recorded. */
struct scene_event {
	const char *cluster, *namespace, *name;
	const char *reason;  /* NULL: "Pulled" */
	const char *message; /* NULL: "the image is here" */
	int64_t age_us;      /* how long before now it happens */
	enum tt_change change;
};

/* Records it; its seq. */
uint64_t scene_record(const struct scene_event *event);

/* Records 24,576 events of 2 KB of prod in namespace shop, called many.0 and so on: so many that a
 * connection cannot hold them, and that they are sealed into blocks. */
void scene_record_blocks(void);

/* Lets retention drop what is older than `n` hours, an epoch at a time. */
void scene_keep_hours(int n);

/* The first record that is kept; waits until it is another than the first of all, for ten seconds
 * at most. */
uint64_t scene_oldest(void);
void scene_wait_for_retention(void);

/* A request; `headers` are "Name: value" lines, or NULL. */
struct scene_request {
	const char *method; /* NULL: GET */
	const char *path;
	const char *headers;
	const char *body; /* NULL: none */
	size_t body_len;  /* 0: up to the NUL */
};

/* Asks, reads the whole answer into scene.body, and returns the status. */
int scene_ask(const struct scene_request *request);
int scene_get(const char *path);

/* Asks and leaves the body to be read. */
int scene_open(const struct scene_request *request);

/* Notes a failure unless the body holds `text`, or holds it not. */
bool scene_holds(const char *text);
bool scene_lacks(const char *text);

/* How often `text` is in the body. */
size_t scene_count(const char *text);

/* Reads of an open stream until the body holds `text` or twenty seconds have passed. */
bool scene_wait_for(const char *text);

/* The value of the member "name":"..." that comes first in the body, into a static buffer. */
const char *scene_member(const char *name);
