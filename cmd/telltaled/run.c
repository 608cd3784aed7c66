/* SPDX-License-Identifier: Apache-2.0 */
#include "telltaled/run.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/mem.h"
#include "collect/recording.h"
#include "event/codec.h"
#include "kube/client.h"
#include "kube/target.h"
#include "store/ingest.h"
#include "store/store.h"
#include "telltaled/config.h"
#include "telltaled/daemon.h"
#include "telltaled/show.h"
#include "telltaled/tries.h"

enum { PROBE_S = 3, REPLAY_BATCH = 256 };
static const char sample_name[] = "sample";

struct probe {
	struct tt_kube_client *client;
	struct tt_err err;
	int rc, http_status;
};

static void *probe_main(void *arg)
{
	struct probe *p = arg;
	struct tt_arena arena = {0};
	struct tt_kube_reply reply = {0};
	struct tt_str body;

	p->rc = tt_kube_get(p->client, "/version", &arena, &reply, &body, &p->err);
	p->http_status = reply.http_status;
	tt_arena_release(&arena);
	return NULL;
}

/* Asks the API server for its version, for at most PROBE_S seconds. */
static int probe_server(const struct tt_kube_target *target, struct tt_err *err)
{
	struct tt_kube_client_options options = {.target = target};
	struct probe probe = {0};
	struct timespec deadline;
	pthread_t thread;
	int rc = tt_kube_client_new(&probe.client, &options, err);

	if (rc != 0)
		return rc;
	(void)clock_gettime(CLOCK_REALTIME, &deadline);
	deadline.tv_sec += PROBE_S;
	if (pthread_create(&thread, NULL, probe_main, &probe) != 0) {
		tt_kube_client_free(probe.client);
		return tt_fail(err, TT_EIO, "cannot start a thread");
	}
	bool late = pthread_timedjoin_np(thread, NULL, &deadline) != 0;

	if (late) {
		tt_kube_client_wake(probe.client);
		(void)pthread_join(thread, NULL);
	}
	tt_kube_client_free(probe.client);
	if (late)
		return tt_fail(err, TT_EAGAIN, "no answer within %d seconds", PROBE_S);
	if (probe.rc != 0) {
		*err = probe.err;
		return probe.rc;
	}
	if (probe.http_status >= 500)
		return tt_fail(err, TT_EAGAIN, "HTTP status %d", probe.http_status);
	return 0;
}

bool tt_run_find_cluster(struct tt_config *config, struct tt_arena *arena)
{
	struct tt_cluster_config *c = tt_arena_new(arena, struct tt_cluster_config, 1);
	struct tt_kube_target *target;
	struct tt_err err;

	if (tt_kube_target_load(&target, NULL, NULL, &err) != 0) {
		printf("There is no usable kubeconfig (%s).\n", err.msg);
		return false;
	}
	bool answers = probe_server(target, &err) == 0;

	if (answers) {
		printf("Collecting the events of context \"%s\" from %s.\n", target->context,
			target->server);
		c->name = tt_cluster_name_derive(arena, target->context).data;
		c->event_ttl_us = (int64_t)3600 * TT_US_PER_S;
		config->clusters = (struct tt_structs){c, 1};
	} else {
		printf("The API server of the current kubeconfig, %s, does not answer (%s).\n",
			target->server, err.msg);
	}
	tt_kube_target_free(target);
	return answers;
}

static int add_sample_cluster(void *arg, struct tt_store *store)
{
	return tt_store_add_cluster(store, tt_str_from(sample_name), TT_CLUSTER_RECORDING, arg);
}

/* Whether the sample was replayed so lately that its events still look new. One that was replayed
 * before is replayed again: the same events, seen again now. */
static int has_fresh_sample(struct tt_store *store, bool *ret, struct tt_err *err)
{
	int64_t fresh_us = tt_clock_wall_us(&tt_clock_system) - (int64_t)3600 * TT_US_PER_S;
	struct tt_arena arena = {0};
	struct tt_store_status status;
	int rc = tt_store_status(store, &status, &arena, err);

	*ret = false;
	for (size_t i = 0; rc == 0 && i < status.n_clusters; i++)
		if (tt_str_is(status.clusters[i].name, sample_name) &&
			status.clusters[i].last_event_us >= fresh_us)
			*ret = true;
	tt_arena_release(&arena);
	return rc;
}

/* Fills a batch from the recording; false when that has ended. */
static bool fill(struct tt_recording *recording, struct tt_batch *batch, int64_t shift_us)
{
	struct tt_watch_frame frame;
	struct tt_err ignored;

	while (batch->n < REPLAY_BATCH) {
		int rc = tt_recording_next(recording, &batch->arena, &frame, &ignored);

		if (rc == 0 || rc == TT_EIO)
			return false;
		batch->counts.received++;
		if (rc < 0) {
			batch->counts.refused[TT_REFUSED_UNDECODABLE]++;
		} else if (frame.type == TT_WATCH_DELETED) {
			batch->counts.deletions++;
		} else {
			bool modified = frame.type == TT_WATCH_MODIFIED;

			tt_recording_shift(&frame.event, shift_us);
			tt_batch_add_event(batch, modified ? TT_CHANGE_MODIFIED : TT_CHANGE_ADDED)
				->event = frame.event;
		}
	}
	return true;
}

static int replay(struct tt_daemon *daemon, struct tt_recording *recording, struct tt_err *err)
{
	struct tt_recording_extent extent;
	int rc = tt_recording_measure(recording, &extent, err);
	bool more = true;

	if (rc != 0)
		return rc;
	int64_t shift_us = tt_recording_shift_us(
		extent.newest_us, tt_clock_wall_us(&tt_clock_system));

	while (rc == 0 && more) {
		struct tt_batch *batch = tt_batch_new(tt_str_from(sample_name));

		more = fill(recording, batch, shift_us);
		rc = tt_ingest_put_wait(
			tt_daemon_ingest(daemon), batch, (int64_t)30 * TT_NS_PER_S, err);
	}
	return rc;
}

int tt_run_replay(struct tt_daemon *daemon, const char *path, struct tt_err *err)
{
	struct tt_recording *recording;
	bool there;
	int rc = has_fresh_sample(tt_daemon_store(daemon), &there, err);

	if (rc == 0 && there) {
		printf("The recording was replayed within the last hour, as cluster \"%s\".\n",
			sample_name);
		return 0;
	}
	if (rc == 0)
		rc = tt_ingest_call(tt_daemon_ingest(daemon), add_sample_cluster, err);
	if (rc == 0)
		rc = tt_recording_open(&recording, path, err);
	if (rc != 0)
		return rc;
	printf("So a recording of a real API server is replayed, as cluster \"%s\", with its times "
	       "shifted to end now.\n",
		sample_name);
	rc = replay(daemon, recording, err);
	tt_recording_close(recording);
	return rc;
}

int tt_run_show(
	struct tt_daemon *daemon, const char *cluster, bool (*stopping)(void), struct tt_err *err)
{
	bool is_recording = cluster == NULL;
	struct tt_show_object object;
	struct tt_show *show;
	int rc = tt_show_new(&show, daemon, is_recording ? sample_name : cluster, err);

	if (rc != 0)
		return rc;
	if (!is_recording)
		tt_show_wait(show, stopping);
	rc = tt_show_newest(show, err);
	if (rc == 0) {
		bool has_object = tt_show_object(show, &object);

		tt_tries_say(daemon, is_recording ? sample_name : cluster, is_recording,
			has_object ? &object : NULL);
		rc = tt_show_until(show, stopping, err);
	}
	tt_show_free(show);
	return rc;
}
