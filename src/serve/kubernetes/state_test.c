/* SPDX-License-Identifier: Apache-2.0 */
/* What requests wait for, and for how long. */
#include "serve/kubernetes/state.h"

#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

#include "collect/collect.h"
#include "kube/target.h"
#include "kube/test_server.h"
#include "serve/kubernetes/scene_test.h"
#include "serve/serve.h"
#include "store/ingest.h"
#include "store/reader.h"
#include "store/store.h"
#include "tap/tap.h"

#define WEB "/clusters/edge/api/v1/namespaces/shop/events/web.1"

static const struct tt_identity_name web = {{"edge", 4}, {"shop", 4}, {"web.1", 5}};

static const int64_t SOON_NS = 4ll * TT_NS_PER_S; /* an answer may take five */

/* --- the lock over writes to an event --- */

static void begin(void)
{
	scene_begin();
	(void)scene_record(
		&(struct scene_event){.cluster = "edge", .namespace = "shop", .name = "web.1"});
}

static int patch(void)
{
	return scene_ask(&(struct scene_request){.method = "PATCH",
		.path = WEB,
		.headers = "Content-Type: application/merge-patch+json",
		.body = "{\"count\":2}"});
}

static void *time_passes(void *arg)
{
	(void)usleep(300000);
	scene_skip(11ll * TT_US_PER_S);
	return arg;
}

static void a_write_waits_ten_seconds_for_another_to_the_same_event(void)
{
	pthread_mutex_t *lock;
	pthread_t thread;

	begin();
	lock = tt_api_lock(scene.serve, &web);
	tap_ok(lock != NULL);
	tap_int(pthread_create(&thread, NULL, time_passes, NULL), 0);
	tap_int(patch(), 429);
	(void)pthread_join(thread, NULL);
	scene_holds("others are writing to this event");
	tap_str(tt_http_header(scene.answer, "Retry-After"), "1");
	tap_int(scene_get(WEB), 200); /* reading needs no lock */
	(void)pthread_mutex_unlock(lock);
	tap_int(patch(), 200);
	scene_end();
}

static atomic_bool is_locked;

static void *lock_for_a_while(void *arg)
{
	pthread_mutex_t *lock = tt_api_lock(scene.serve, &web);

	atomic_store(&is_locked, true);
	(void)usleep(300000);
	atomic_store(&is_locked, false);
	(void)pthread_mutex_unlock(lock);
	return arg;
}

static void a_write_goes_on_when_the_other_has_ended(void)
{
	pthread_t thread;

	begin();
	tap_int(pthread_create(&thread, NULL, lock_for_a_while, NULL), 0);
	while (!atomic_load(&is_locked))
		(void)usleep(1000);
	tap_int(patch(), 200);
	tap_ok(!atomic_load(&is_locked));
	(void)pthread_join(thread, NULL);
	scene_end();
}

/* --- discovery of an API server that does not answer --- */

static int add_cluster(void *arg, struct tt_store *store)
{
	(void)arg;
	return tt_store_add_cluster(store, TT_STR("prod"), TT_CLUSTER_COLLECTED, NULL);
}

/* What reload_soon() is given, and how long its reload took. */
struct reload {
	struct tt_test_server *api;
	int64_t took_ns;
};

/* Configures the clusters anew while the API server is being asked. */
static void *reload_soon(void *arg)
{
	struct reload *reload = arg;
	const struct tt_serve_cluster prod = {.name = TT_STR("prod")};

	for (int i = 0; i < 250; i++) {
		struct tt_str asked = tt_test_server_command(reload->api, "{\"op\":\"requests\"}");

		if (tt_str_find(asked, TT_STR("\"/version\"")) >= 0)
			break;
		(void)usleep(20000);
	}
	reload->took_ns = -tt_clock_mono_ns(&tt_clock_system);
	tt_serve_set_clusters(scene.serve, &prod, 1);
	reload->took_ns += tt_clock_mono_ns(&tt_clock_system);
	return NULL;
}

static void ask_while_the_clusters_are_reloaded(struct tt_test_server *api)
{
	struct reload reload = {.api = api};
	int64_t begin_ns = tt_clock_mono_ns(&tt_clock_system);
	pthread_t thread;

	tap_int(pthread_create(&thread, NULL, reload_soon, &reload), 0);
	tap_int(scene_get("/clusters/prod/api/v1"), 200);
	tap_ok(tt_clock_mono_ns(&tt_clock_system) - begin_ns < SOON_NS);
	scene_holds("\"name\":\"pods\""); /* of the built-in table */
	(void)pthread_join(thread, NULL);
	tap_ok(reload.took_ns < SOON_NS);
}

/* An API server, and a cluster "prod" that is collected from it. */
struct prod {
	struct tt_test_server *api;
	struct tt_kube_target target;
	struct tt_collector *collector;
};

static void serve_prod(const struct prod *p)
{
	struct tt_serve_cluster prod = {.name = TT_STR("prod"), .collector = p->collector};

	tt_serve_set_clusters(scene.serve, &prod, 1);
}

static bool begin_prod(struct prod *p)
{
	struct tt_err err = {0};

	*p = (struct prod){.api = tt_test_server_start(NULL)};
	if (!tap_ok(p->api != NULL))
		return false;
	p->target.server = tt_test_server_info(p->api, "url");
	p->target.ca_file = tt_test_server_info(p->api, "ca");
	scene_begin();
	struct tt_collector_options options = {.cluster = TT_STR("prod"),
		.target = &p->target,
		.store = scene.store,
		.ingest = scene.ingest,
		.clock = &tt_clock_system};

	tap_int(tt_ingest_call(scene.ingest, add_cluster, NULL), 0);
	tap_okf(tt_collector_start(&p->collector, &options, &err) == 0, "%s", err.msg);
	serve_prod(p);
	return true;
}

static void end_prod(struct prod *p)
{
	const struct tt_serve_cluster prod = {.name = TT_STR("prod")};

	tt_serve_set_clusters(scene.serve, &prod, 1);
	tt_collector_stop(p->collector);
	tap_ok(tt_collector_join(p->collector, 20ll * TT_NS_PER_S));
	scene_end();
	tt_test_server_stop(p->api);
}

static void a_reload_breaks_off_a_hung_discovery(void)
{
	struct prod p;

	if (!begin_prod(&p))
		return;
	(void)tt_test_server_command(p.api, "{\"op\":\"rules\",\"rules\":[{\"on\":\"get\","
					    "\"delay\":20,\"times\":-1}]}");
	ask_while_the_clusters_are_reloaded(p.api);
	(void)tt_test_server_command(p.api, "{\"op\":\"rules\",\"rules\":[]}");
	end_prod(&p);
}

/* --- discovery of an API server that answers --- */

/* A resource in each version of the group example.com, of which v1 is the preferred one; none by
 * an empty name. */
static void serve_resources(struct tt_test_server *api, const char *in_v1, const char *in_alpha)
{
	(void)tt_test_server_command(api,
		"{\"op\":\"paths\",\"paths\":{\"/api/v1\":{\"resources\":[]},"
		"\"/apis\":{\"groups\":[{\"name\":\"example.com\",\"versions\":["
		"{\"groupVersion\":\"example.com/v1alpha2\"},"
		"{\"groupVersion\":\"example.com/v1\"}],"
		"\"preferredVersion\":{\"groupVersion\":\"example.com/v1\"}}]},"
		"\"/apis/example.com/v1\":{\"resources\":[{\"name\":\"%s\"}]},"
		"\"/apis/example.com/v1alpha2\":{\"resources\":[{\"name\":\"%s\"}]}}}",
		in_v1, in_alpha);
}

#define V1     "/clusters/prod/apis/example.com/v1"
#define ALPHA  "/clusters/prod/apis/example.com/v1alpha2"
#define FLASKS V1 "/namespaces/shop/flasks"

static void discovery_names_each_version_the_preferred_first(void)
{
	struct prod p;

	if (!begin_prod(&p))
		return;
	serve_resources(p.api, "widgets", "gadgets");
	tap_int(scene_get("/clusters/prod/apis"), 200);
	scene_holds("\"versions\":[{\"groupVersion\":\"example.com/v1\",\"version\":\"v1\"},"
		    "{\"groupVersion\":\"example.com/v1alpha2\",\"version\":\"v1alpha2\"}],"
		    "\"preferredVersion\":{\"groupVersion\":\"example.com/v1\",");
	tap_int(scene_get(ALPHA), 200);
	scene_holds("\"name\":\"gadgets\"");
	scene_lacks("\"name\":\"widgets\"");
	end_prod(&p);
}

static void what_is_new_is_found_by_who_asks_for_it(void)
{
	struct prod p;

	if (!begin_prod(&p))
		return;
	serve_resources(p.api, "widgets", "");
	tap_int(scene_get(V1), 200);
	serve_resources(p.api, "flasks", "");
	tap_int(scene_get(FLASKS), 404); /* asked for a moment ago */
	scene_skip(6ll * TT_US_PER_S);
	tap_int(scene_get(V1), 200);
	scene_holds("\"name\":\"widgets\""); /* nothing is missing in it */
	tap_int(scene_get(FLASKS), 405);
	serve_resources(p.api, "flasks", "gadgets");
	scene_skip(6ll * TT_US_PER_S);
	tap_int(scene_get(ALPHA), 200);
	serve_resources(p.api, "widgets", "gadgets");
	scene_skip(61ll * TT_US_PER_S);
	tap_int(scene_get(V1), 200);
	scene_holds("\"name\":\"widgets\"");
	end_prod(&p);
}

static void restart_while_the_api_server_is_away(const struct prod *p)
{
	const struct tt_serve_cluster stopped = {.name = TT_STR("prod")};

	(void)tt_test_server_command(p->api, "{\"op\":\"rules\",\"rules\":[{\"on\":\"get\","
					     "\"close\":true,\"times\":-1}]}");
	tt_serve_set_clusters(scene.serve, &stopped, 1);
	scene_restart_server();
	serve_prod(p);
}

static void what_was_known_is_known_after_a_restart(void)
{
	struct prod p;

	if (!begin_prod(&p))
		return;
	serve_resources(p.api, "widgets", "gadgets");
	tap_int(scene_get(ALPHA), 200);
	restart_while_the_api_server_is_away(&p);
	tap_int(scene_get(ALPHA), 200);
	scene_holds("\"name\":\"gadgets\"");
	tap_int(scene_get("/clusters/prod/version"), 200);
	scene_holds("\"minor\":\"34\"");
	scene_lacks("+telltale"); /* which the built-in table has */
	scene_write("resources", "prod example.com/v1 widgets Widget  namespaced \nprod v1alpha2");
	restart_while_the_api_server_is_away(&p);
	tap_int(scene_get("/clusters/prod/api/v1"), 200);
	scene_holds("\"name\":\"pods\"");
	tap_int(scene_get(V1), 404);
	(void)tt_test_server_command(p.api, "{\"op\":\"rules\",\"rules\":[]}");
	end_prod(&p);
}

int main(void)
{
	tap_test("a write waits ten seconds for another to the same event",
		a_write_waits_ten_seconds_for_another_to_the_same_event);
	tap_test("a write goes on when the other has ended",
		a_write_goes_on_when_the_other_has_ended);
	tap_test("a reload breaks off a hung discovery", a_reload_breaks_off_a_hung_discovery);
	tap_test("discovery names each version, the preferred first",
		discovery_names_each_version_the_preferred_first);
	tap_test(
		"what is new is found by who asks for it", what_is_new_is_found_by_who_asks_for_it);
	tap_test(
		"what was known is known after a restart", what_was_known_is_known_after_a_restart);
	return tap_done();
}
