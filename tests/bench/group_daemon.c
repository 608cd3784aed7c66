/* SPDX-License-Identifier: Apache-2.0 */
/* telltaled as a whole: over loopback TLS with one record per event, idle, and with a long list at
 * its start. */
#include <stdio.h>
#include <unistd.h>

#include "api_server.h"
#include "base/mem.h"
#include "bench.h"
#include "daemon.h"
#include "ingest.h"
#include "measure.h"

enum { MB = 1000000, LISTED = 50000, IDLE_S = 3, TOO_LONG_S = 300 };

/* Begins such that the newest of `n` events is half a minute old. */
static int64_t start_for(uint64_t n)
{
	return tt_clock_wall_us(&tt_clock_system) - (int64_t)n * CORPUS_EVENT_US -
	       (int64_t)30 * TT_US_PER_S;
}

struct setting {
	struct api_server server;
	struct daemon daemon;
	char *dir, *kubeconfig;
};

static void begin(struct setting *s, const struct bench *b, enum tt_encoding encoding)
{
	uint64_t n = s->server.listed + s->server.watched;

	s->dir = bench_scratch(b, "daemon");
	s->kubeconfig = bench_scratch(b, "kubeconfig");
	api_server_start(&s->server, encoding, start_for(n), s->kubeconfig);
	const char *arguments[] = {
		"--data", s->dir, "--kubeconfig", s->kubeconfig, "--cluster", "bench", NULL};

	daemon_start(&s->daemon, b, arguments);
	daemon_wait_head(&s->daemon, n, TOO_LONG_S);
}

static void end(struct setting *s)
{
	daemon_stop(&s->daemon);
	api_server_stop(&s->server);
	bench_remove(s->dir);
	bench_remove(s->kubeconfig);
	tt_free(s->dir);
	tt_free(s->kubeconfig);
}

/* The CPU time of everything telltaled does, from its start until all events are in its log. */
static void over_tls(const struct bench *b, enum tt_encoding encoding, const char *name)
{
	struct setting s = {.server.watched = b->short_events};

	begin(&s, b, encoding);
	bench_figure(b, name, 0, ingest_rate(b->short_events, measure_cpu_of_ns(s.daemon.pid)),
		"events/s");
	end(&s);
}

void group_wire(const struct bench *b)
{
	over_tls(b, TT_ENCODING_PROTOBUF, "wire_protobuf");
	over_tls(b, TT_ENCODING_JSON, "wire_json");
}

static void idle(const struct bench *b)
{
	struct daemon d;
	char *dir = bench_scratch(b, "idle");
	const char *arguments[] = {"--data", dir, "--hosted", "edge", NULL};

	daemon_start(&d, b, arguments);
	(void)sleep(IDLE_S);
	bench_bounded(b, "daemon_idle_anonymous", 0, (double)measure_memory(d.pid).anonymous / MB,
		"MB", BENCH_AT_MOST, 10);
	bench_figure(b, "daemon_idle_rss", 0, (double)measure_memory(d.pid).rss / MB, "MB");
	daemon_stop(&d);
	bench_remove(dir);
	tt_free(dir);
}

static void long_list(const struct bench *b)
{
	struct setting s = {.server.listed = LISTED};

	begin(&s, b, TT_ENCODING_PROTOBUF);
	bench_bounded(b, "daemon_rss_peak_50000_listed", 0,
		(double)measure_memory(s.daemon.pid).peak / MB, "MB", BENCH_AT_MOST, 35);
	end(&s);
}

void group_daemon(const struct bench *b)
{
	idle(b);
	long_list(b);
}
