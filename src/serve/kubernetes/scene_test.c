/* SPDX-License-Identifier: Apache-2.0 */
#include "serve/kubernetes/scene_test.h"

#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "serve/auth/auth.h"
#include "serve/serve.h"
#include "store/ingest.h"
#include "store/sample_test.h"
#include "store/store.h"
#include "tap/tap.h"

static const int64_t LONG = 20ll * TT_NS_PER_S;
static const int64_t PATIENCE_NS = 20ll * TT_NS_PER_S;

struct scene scene;

static _Atomic int64_t skipped_us, ahead_us;

static int64_t wall_us(const struct tt_clock *clock)
{
	(void)clock;
	return tt_clock_wall_us(&tt_clock_system) + skipped_us + ahead_us;
}

static int64_t mono_ns(const struct tt_clock *clock)
{
	(void)clock;
	return tt_clock_mono_ns(&tt_clock_system) + skipped_us * TT_NS_PER_US;
}

static const struct tt_clock scene_clock = {wall_us, mono_ns};

int64_t scene_now_us(void)
{
	return wall_us(&scene_clock);
}

void scene_set_ahead(int64_t us)
{
	ahead_us = us;
}

void scene_skip(int64_t us)
{
	skipped_us += us;
}

static const char tokens[] = "ann-token,ann,1\nops-token,olga,2,ops\nkim-token,kim,3\n"
			     "wim-token,wim,4\nuna-token,una,5\n";
static const char rules[] = "rules:\n"
			    "- users: [ann]\n  clusters: [\"*\"]\n  namespaces: [shop]\n"
			    "- groups: [ops]\n  clusters: [\"*\"]\n  namespaces: [\"*\"]\n"
			    "- users: [wim]\n  clusters: [edge]\n  namespaces: [shop]\n"
			    "  verbs: [create, delete]\n"
			    "- users: [una]\n  clusters: [edge]\n  namespaces: [shop]\n"
			    "  verbs: [update]\n";

static const char *path_of(const char *name, char path[600])
{
	(void)snprintf(path, 600, "%s/%s", scene.dir, name);
	return path;
}

void scene_write(const char *name, const char *text)
{
	char path[600];
	FILE *f = fopen(path_of(name, path), "w");

	tap_ok(f != NULL && fputs(text, f) >= 0 && fclose(f) == 0);
}

static void add_users(struct tt_kube_target *target)
{
	struct tt_auth_cluster clusters[] = {
		{.name = TT_STR("edge")}, {.name = TT_STR("prod"), .target = target}};
	char token_file[600], rules_file[600];
	struct tt_err err = {0};

	scene_write("tokens", tokens);
	scene_write("rules", rules);
	struct tt_auth_options options = {.token_file = path_of("tokens", token_file),
		.rules_file = path_of("rules", rules_file),
		.subject_access_review = target != NULL,
		.clock = &scene_clock};

	tap_okf(tt_auth_new(&scene.auth, &options, &err) == 0, "%s", err.msg);
	tt_auth_set_clusters(scene.auth, clusters, 2);
}

static void new_client(void)
{
	struct tt_http_client_options options = {.no_compression = true};

	tap_int(tt_http_client_new(&scene.client, &options, NULL), 0);
}

static void start_server(size_t max_live_bytes)
{
	static const struct tt_serve_cluster edge = {.name = {"edge", 4}};
	char resources_file[600];

	(void)snprintf(resources_file, sizeof(resources_file), "%s/resources", scene.dir);
	struct tt_serve_options options = {.listen = "127.0.0.1:0",
		.auth = scene.auth,
		.store = scene.store,
		.ingest = scene.ingest,
		.max_live_bytes = max_live_bytes,
		.clock = &scene_clock,
		.resources_file = resources_file};

	tap_int(tt_serve_start(&scene.serve, &options, NULL), 0);
	tt_serve_set_clusters(scene.serve, &edge, 1);
}

void scene_restart_server(void)
{
	tt_http_close(scene.answer);
	scene.answer = NULL;
	tap_ok(tt_serve_stop(scene.serve, LONG));
	start_server(0);
}

static void begin(bool with_users, struct tt_kube_target *target, size_t max_live_bytes)
{
	scene = (struct scene){.dir = sample_dir_new()};
	scene.store = sample_open(scene.dir, &scene_clock);
	struct tt_ingest_options ingest = {.store = scene.store};

	tap_int(tt_ingest_start(&scene.ingest, &ingest, NULL), 0);
	if (with_users)
		add_users(target);
	start_server(max_live_bytes);
	new_client();
	tt_buf_init(&scene.body, 128 << 20);
}

void scene_begin(void)
{
	begin(false, NULL, 0);
}

void scene_begin_with_memory(size_t max_live_bytes)
{
	begin(false, NULL, max_live_bytes);
}

void scene_begin_with_users(void)
{
	begin(true, NULL, 0);
}

void scene_begin_with_api_server(struct tt_kube_target *target)
{
	begin(true, target, 0);
}

void scene_put_aside(struct tt_http_client **ret_client, struct tt_http_exchange **ret_answer)
{
	*ret_client = scene.client;
	*ret_answer = scene.answer;
	scene.answer = NULL;
	new_client();
}

int scene_reload_users(void)
{
	return tt_auth_reload(scene.auth, NULL);
}

void scene_end(void)
{
	tt_http_close(scene.answer);
	tt_http_client_free(scene.client);
	tap_ok(tt_serve_stop(scene.serve, LONG));
	tt_auth_free(scene.auth);
	tap_ok(tt_ingest_stop(scene.ingest, LONG));
	tt_store_close(scene.store);
	tt_buf_release(&scene.body);
	sample_dir_remove(scene.dir);
	skipped_us = 0;
}

uint64_t scene_record(const struct scene_event *event)
{
	struct tt_batch *batch = tt_batch_new(tt_str_from(event->cluster));
	struct tt_record *r = tt_batch_add_event(batch, event->change);
	struct tt_event *e = &r->event;
	int64_t t_us = (scene_now_us() - event->age_us) / TT_US_PER_S * TT_US_PER_S;
	struct tt_err err = {0};

	e->metadata.namespace = tt_str_dup(&batch->arena, tt_str_from(event->namespace));
	e->metadata.name = tt_str_dup(&batch->arena, tt_str_from(event->name));
	e->metadata.uid = TT_STR("5d3991e4-fa7b-4b2e-b249-4a915f3c47e2");
	e->metadata.resource_version = TT_STR("4711");
	e->metadata.creation_us = t_us;
	e->involved_object.kind = TT_STR("Pod");
	e->involved_object.namespace = e->metadata.namespace;
	e->involved_object.name = TT_STR("web");
	e->reason = tt_str_dup(
		&batch->arena, tt_str_from(event->reason != NULL ? event->reason : "Pulled"));
	e->message = tt_str_dup(&batch->arena,
		tt_str_from(event->message != NULL ? event->message : "the image is here"));
	e->type = TT_STR("Normal");
	e->count = 1;
	e->first_timestamp_us = e->last_timestamp_us = t_us;
	batch->bytes = 500;
	tap_okf(tt_ingest_put_wait(scene.ingest, batch, LONG, &err) == 0, "%s", err.msg);
	return tt_store_head(scene.store);
}

void scene_record_blocks(void)
{
	static char message[2000];

	memset(message, 'x', sizeof(message));
	for (unsigned i = 0; i < 3 * 8192; i++) {
		static struct tt_batch *batch;

		if (i % 2048 == 0)
			batch = tt_batch_new(TT_STR("prod"));
		struct tt_event *e = &tt_batch_add_event(batch, TT_CHANGE_ADDED)->event;

		e->metadata.namespace = TT_STR("shop");
		e->metadata.name = tt_str_printf(&batch->arena, "many.%u", i);
		e->metadata.creation_us = e->last_timestamp_us = scene_now_us();
		e->message = (struct tt_str){message, sizeof(message)};
		batch->bytes += 100;
		if (i % 2048 == 2047)
			tap_int(tt_ingest_put_wait(scene.ingest, batch, 10ll * TT_NS_PER_S, NULL),
				0);
	}
}

static int keep_hours(void *arg, struct tt_store *store)
{
	const int *n = arg;

	tt_store_set_retention(store, (struct tt_retention){.age_us = *n * 3600ll * TT_US_PER_S});
	return 0;
}

void scene_keep_hours(int n)
{
	tap_int(tt_ingest_call(scene.ingest, keep_hours, &n), 0);
}

uint64_t scene_oldest(void)
{
	struct tt_arena arena = {0};
	struct tt_store_status status = {0};

	tap_int(tt_store_status(scene.store, &status, &arena, NULL), 0);
	tt_arena_release(&arena);
	return status.oldest;
}

void scene_wait_for_retention(void)
{
	for (int i = 0; i < 100 && scene_oldest() == 1; i++)
		(void)tt_ingest_wait(scene.ingest, UINT64_MAX - 1, 100ll * TT_NS_PER_MS);
}

static size_t split_headers(char *text, struct tt_http_header *headers, size_t max)
{
	struct tt_str rest = tt_str_from(text);
	size_t n = 0;

	while (rest.len > 0 && n < max) {
		struct tt_str value = tt_str_split(&rest, '\n');

		headers[n].name = tt_str_split(&value, ':');
		headers[n++].value = tt_str_trim(value);
	}
	return n;
}

int scene_open(const struct scene_request *request)
{
	char url[2000], text[1000];
	struct tt_http_header headers[8];
	struct tt_err err = {0};
	struct tt_http_request r = {.method = request->method, .url = url, .headers = headers};

	(void)snprintf(
		url, sizeof(url), "http://%s%s", tt_serve_address(scene.serve), request->path);
	(void)snprintf(text, sizeof(text), "%s", request->headers != NULL ? request->headers : "");
	r.n_headers = split_headers(text, headers, 8);
	if (request->body != NULL) {
		r.has_body = true;
		r.body = (struct tt_str){request->body,
			request->body_len > 0 ? request->body_len : strlen(request->body)};
	}
	tt_http_close(scene.answer);
	scene.answer = NULL;
	tt_buf_clear(&scene.body);
	if (!tap_okf(tt_http_open(scene.client, &r, &scene.answer, &err) == 0, "%s: %s",
		    request->path, err.msg))
		return -1;
	return tt_http_status(scene.answer);
}

int scene_ask(const struct scene_request *request)
{
	struct tt_err err = {0};
	int status = scene_open(request);

	if (status < 0 || !tap_okf(tt_http_read_all(scene.answer, LONG, &scene.body, &err) == 0,
				  "%s", err.msg))
		return -1;
	return status;
}

int scene_get(const char *path)
{
	return scene_ask(&(struct scene_request){.path = path});
}

static bool has(const char *text)
{
	return tt_str_find(tt_buf_view(&scene.body), tt_str_from(text)) >= 0;
}

bool scene_holds(const char *text)
{
	return tap_okf(has(text), "\"%s\" is not in: %.600s", text,
		scene.body.len > 0 ? scene.body.data : "");
}

bool scene_lacks(const char *text)
{
	return tap_okf(!has(text), "\"%s\" is in: %.600s", text, scene.body.data);
}

size_t scene_count(const char *text)
{
	struct tt_str rest = tt_buf_view(&scene.body), wanted = tt_str_from(text);
	ptrdiff_t at;
	size_t n = 0;

	while (rest.len > 0 && (at = tt_str_find(rest, wanted)) >= 0) {
		rest.data += (size_t)at + wanted.len;
		rest.len -= (size_t)at + wanted.len;
		n++;
	}
	return n;
}

bool scene_wait_for(const char *text)
{
	int64_t until_ns = tt_clock_mono_ns(&tt_clock_system) + PATIENCE_NS;
	struct tt_str piece;
	struct tt_err err = {0};
	int rc = 1;

	while (!has(text) && rc != 0 && tt_clock_mono_ns(&tt_clock_system) < until_ns) {
		rc = tt_http_read(scene.answer, 200 * (int64_t)TT_NS_PER_MS, &piece, &err);
		if (rc > 0)
			tt_buf_str(&scene.body, piece);
		else if (rc < 0 && rc != TT_EAGAIN)
			break;
	}
	return scene_holds(text);
}

const char *scene_member(const char *name)
{
	static char value[1000];
	char key[100];
	struct tt_str rest = tt_buf_view(&scene.body);

	(void)snprintf(key, sizeof(key), "\"%s\":\"", name);
	ptrdiff_t at = tt_str_find(rest, tt_str_from(key));

	value[0] = '\0';
	if (at < 0)
		return value;
	rest.data += (size_t)at + strlen(key);
	rest.len -= (size_t)at + strlen(key);
	rest = tt_str_split(&rest, '"');
	(void)snprintf(value, sizeof(value), "%.*s", TT_STR_ARG(rest));
	return value;
}
