/* SPDX-License-Identifier: Apache-2.0 */
#include "telltaled/run.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/mem.h"
#include "collect/recording.h"
#include "event/codec.h"
#include "event/table.h"
#include "kube/client.h"
#include "kube/target.h"
#include "store/ingest.h"
#include "store/reader.h"
#include "store/store.h"
#include "telltaled/config.h"
#include "telltaled/daemon.h"

enum {
	PROBE_S = 3,
	REPLAY_BATCH = 256,
	SHOW_SLICE_MS = 250,
	SHOW_RECORDS = 500,
	SCREEN_MAX_BYTES = 16 << 20
};
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

static void say_next(struct tt_daemon *daemon)
{
	static const char *const tries[][2] = {
		{"events -A", "what happened in the last 24 hours"},
		{"events -A --types Warning", "only what went wrong"},
		{"events -A -w", "and what happens next"},
		{"status", "what is collected, and how much of it"},
	};
	const char *address = tt_daemon_address(daemon);
	bool usual = strcmp(address, "127.0.0.1:7447") == 0;

	printf("\nThe log is in %s, the API at %s://%s. Try, in another terminal:\n\n",
		tt_daemon_data(daemon), tt_daemon_scheme(daemon), address);
	if (!usual)
		printf("    alias telltale='telltale --server %s://%s'\n", tt_daemon_scheme(daemon),
			address);
	for (size_t i = 0; i < sizeof(tries) / sizeof(tries[0]); i++)
		printf("    telltale %-27s  %s\n", tries[i][0], tries[i][1]);
	printf("\nCtrl-C stops.\n\n");
	(void)fflush(stdout);
}

/* The table of events on stdout, whose columns keep their widths. */
struct screen {
	struct tt_buf cells, out;
	struct tt_tabwriter *writer;
};

static void show_batch(struct screen *screen, const struct tt_batch *batch)
{
	int64_t now_us = tt_clock_wall_us(&tt_clock_system);

	for (size_t i = 0; i < batch->n; i++)
		if (batch->records[i].kind == TT_RECORD_EVENT)
			tt_table_row(&screen->cells, TT_TABLE_EVENTS, true,
				&batch->records[i].event, now_us);
	tt_tabwriter_write(screen->writer, tt_buf_view(&screen->cells));
	tt_tabwriter_flush(screen->writer);
	(void)fwrite(screen->out.data, 1, screen->out.len, stdout);
	(void)fflush(stdout);
	tt_buf_clear(&screen->cells);
	tt_buf_clear(&screen->out);
}

static int show_until(struct tt_daemon *daemon, struct tt_reader *reader, struct screen *screen,
	uint64_t cursor, bool (*stopping)(void), struct tt_err *err)
{
	const struct tt_filter everything = {.since_us = TT_TIME_ZERO, .until_us = TT_TIME_ZERO};
	const int64_t slice_ns = (int64_t)SHOW_SLICE_MS * TT_NS_PER_MS;

	while (!stopping()) {
		struct tt_batch *batch = NULL;

		if (tt_ingest_wait(tt_daemon_ingest(daemon), cursor, slice_ns) <= cursor)
			continue;
		int rc = tt_reader_read(reader, &cursor, SHOW_RECORDS, &everything, &batch, err);

		if (rc != 0)
			return rc;
		show_batch(screen, batch);
		tt_batch_unref(batch);
	}
	return 0;
}

int tt_run_show(
	struct tt_daemon *daemon, uint64_t cursor, bool (*stopping)(void), struct tt_err *err)
{
	struct screen screen;
	struct tt_reader *reader;
	int rc = tt_reader_open(&reader, tt_daemon_store(daemon), err);

	if (rc != 0)
		return rc;
	say_next(daemon);
	tt_buf_init(&screen.cells, SCREEN_MAX_BYTES);
	tt_buf_init(&screen.out, SCREEN_MAX_BYTES);
	screen.writer = tt_tabwriter_new(TT_TAB_GET, &screen.out);
	tt_table_header(&screen.cells, TT_TABLE_EVENTS, true);
	rc = show_until(daemon, reader, &screen, cursor, stopping, err);
	tt_tabwriter_free(screen.writer);
	tt_buf_release(&screen.cells);
	tt_buf_release(&screen.out);
	tt_reader_close(reader);
	return rc;
}
