/* SPDX-License-Identifier: Apache-2.0 */
#include "watching.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/timestamp.h"
#include "bench.h"
#include "corpus.h"
#include "daemon.h"
#include "measure.h"
#include "requests.h"
#include "watchers.h"

enum {
	MB = 1000000,
	N_WATCHES = 1000,
	N_WATCHED = 50, /* namespaces */
	EVENTS_PER_S = 1000,
	SECONDS = 20,
	PIECES_PER_S = 20,
	N_PIECES = SECONDS * PIECES_PER_S,
	PIECE_EVENTS = EVENTS_PER_S / PIECES_PER_S,
	WARM_PIECES = N_PIECES, /* so that what the feed alone takes is there before */
	SETTLE_S = 2,
	IDLE_S = 5,
	LATE_S = 20,
	CORPUS_EVENTS = 200000, /* among which all namespaces are named */
	PIECE_MAX_BYTES = 1 << 20,
	PATH_SIZE = 256,
};

#define POST "/v1/records?cluster=edge"

struct watching {
	const struct bench *b;
	const struct daemon *d;
	uint64_t scale;
	char url[64];
	char namespaces[N_WATCHED][64];
	size_t n_namespaces;
	struct tt_buf pieces[WARM_PIECES + N_PIECES]; /* bodies of POSTs */
	size_t expected;                              /* frames, of all watches */
	uint64_t head;                                /* before the first of them */
	char path[PATH_SIZE];
	pthread_t feeder;
	atomic_bool fed;
};

/* --- what is fed --- */

/* The place of a namespace; n_namespaces if it is none of them. */
static size_t namespace_at(const struct watching *w, struct tt_str namespace)
{
	size_t i = 0;

	while (i < w->n_namespaces && !tt_str_is(namespace, w->namespaces[i]))
		i++;
	return i;
}

static void choose_namespaces(struct watching *w)
{
	struct corpus *corpus = corpus_new(CORPUS_SEED, CORPUS_START_US);

	for (int i = 0; i < CORPUS_EVENTS && w->n_namespaces < N_WATCHED; i++) {
		struct corpus_event e;

		corpus_next(corpus, &e);
		if (namespace_at(w, e.event.metadata.namespace) == w->n_namespaces)
			(void)snprintf(w->namespaces[w->n_namespaces++], sizeof(w->namespaces[0]),
				"%.*s", TT_STR_ARG(e.event.metadata.namespace));
	}
	corpus_free(corpus);
}

/* How many watches see an event of the namespace. */
static size_t watches_of(const struct watching *w, struct tt_str namespace)
{
	size_t at = namespace_at(w, namespace);

	return at == w->n_namespaces ? 0 : (N_WATCHES - 1 - at) / w->n_namespaces + 1;
}

static void make_pieces(struct watching *w)
{
	const int n = WARM_PIECES + N_PIECES;
	struct corpus *corpus = corpus_new(CORPUS_SEED + 1,
		tt_clock_wall_us(&tt_clock_system) - (int64_t)n * PIECE_EVENTS * CORPUS_EVENT_US);

	for (int i = 0; i < n; i++) {
		tt_buf_init(&w->pieces[i], PIECE_MAX_BYTES);
		for (int j = 0; j < PIECE_EVENTS; j++) {
			struct corpus_event e;

			corpus_next(corpus, &e);
			corpus_put_frame(&w->pieces[i], TT_ENCODING_JSON, &e, false);
			if (i >= WARM_PIECES)
				w->expected += watches_of(w, e.event.metadata.namespace);
		}
	}
	corpus_free(corpus);
}

static void post_pieces(struct watching *w, int from, int to, bool paced)
{
	struct requests r = {.url = w->url};
	const struct tt_clock *clock = &tt_clock_system;

	requests_open(&r, w->d->pid, NULL);
	int64_t begun_ns = tt_clock_mono_ns(clock);

	for (int i = from; i < to; i++) {
		int64_t due_ns = begun_ns + (int64_t)(i - from) * (TT_NS_PER_S / PIECES_PER_S);
		int64_t wait_ns = due_ns - tt_clock_mono_ns(clock);

		if (paced && wait_ns > 0)
			(void)usleep((useconds_t)(wait_ns / TT_NS_PER_US));
		requests_post(&r, POST, "application/x-ndjson", tt_buf_view(&w->pieces[i]));
	}
	requests_close(&r);
}

static void *feed(void *arg)
{
	struct watching *w = arg;

	post_pieces(w, WARM_PIECES, WARM_PIECES + N_PIECES, true);
	atomic_store(&w->fed, true);
	return NULL;
}

/* --- what comes --- */

static const char *path_of(void *arg, size_t i)
{
	struct watching *w = arg;

	(void)snprintf(w->path, sizeof(w->path),
		"/clusters/edge/api/v1/namespaces/%s/events?watch=true&timeoutSeconds=600"
		"&resourceVersion=%llu",
		w->namespaces[i % w->n_namespaces], (unsigned long long)w->head);
	return w->path;
}

static double seconds_since(int64_t start_ns)
{
	return (double)(tt_clock_mono_ns(&tt_clock_system) - start_ns) / TT_NS_PER_S;
}

/* Reads for `seconds`; the share of a core that telltaled takes meanwhile. */
static double read_for(struct watching *w, struct watchers *watchers, int seconds)
{
	int64_t start_ns = tt_clock_mono_ns(&tt_clock_system);
	int64_t cpu_ns = measure_cpu_of_ns(w->d->pid);

	while (seconds_since(start_ns) < seconds)
		watchers_read(watchers, 100);
	return (double)(measure_cpu_of_ns(w->d->pid) - cpu_ns) / TT_NS_PER_S /
	       seconds_since(start_ns);
}

/* Reads until all has come; the share of a core that it took. */
static double read_all(struct watching *w, struct watchers *watchers)
{
	int64_t start_ns = tt_clock_mono_ns(&tt_clock_system), late_ns = 0;
	int64_t cpu_ns = measure_cpu_of_ns(w->d->pid);

	while (watchers->arrivals.n < w->expected) {
		watchers_read(watchers, 100);
		bench_progress("watching: %zu of %zu frames", watchers->arrivals.n, w->expected);
		if (late_ns == 0 && atomic_load(&w->fed))
			late_ns = tt_clock_mono_ns(&tt_clock_system);
		if (late_ns != 0 && seconds_since(late_ns) > LATE_S)
			break;
	}
	double seconds = seconds_since(start_ns);

	return (double)(measure_cpu_of_ns(w->d->pid) - cpu_ns) / TT_NS_PER_S / seconds;
}

/* --- how late it came --- */

/* Takes the time out of a line of the log; its seq, 0 for the last line. */
static uint64_t take_record(struct tt_str line, int64_t *ret_us)
{
	char head[160], text[TT_TIME_SIZE];
	unsigned long long seq = 0;

	(void)snprintf(head, sizeof(head), "%.*s", TT_STR_ARG(line));
	if (sscanf(head,
		    "{\"seq\":%llu,\"kind\":\"event\",\"cluster\":\"edge\","
		    "\"recordedAt\":\"%39[^\"]",
		    &seq, text) != 2)
		return 0;
	if (!tt_time_parse(tt_str_from(text), false, ret_us))
		bench_die("not a time: %s", text);
	return seq;
}

/* When each record behind w->head was made; `n` is how many there are. */
static int64_t *commit_times(struct watching *w, size_t n)
{
	int64_t *times = tt_calloc(n, sizeof(*times));
	struct requests r = {.url = w->url};
	uint64_t cursor = w->head;

	requests_open(&r, w->d->pid, NULL);
	while (cursor < w->head + n) {
		char path[PATH_SIZE];
		uint64_t before = cursor;

		(void)snprintf(path, sizeof(path), "/v1/records?after=%llu&limit=2000",
			(unsigned long long)cursor);
		requests_get(&r, &(struct question){.path = path, .accept = "*/*"});
		for (struct tt_str body = tt_buf_view(&r.body); body.len > 0;) {
			int64_t us;
			uint64_t seq = take_record(tt_str_split(&body, '\n'), &us);

			if (seq > w->head && seq <= w->head + n)
				times[seq - w->head - 1] = us;
			cursor = seq > cursor ? seq : cursor;
		}
		if (cursor == before)
			bench_die("the log ends at %llu", (unsigned long long)cursor);
	}
	requests_close(&r);
	return times;
}

static void lateness(struct watching *w, const struct watchers *watchers)
{
	const size_t n_records = (size_t)N_PIECES * PIECE_EVENTS, n = watchers->arrivals.n;
	int64_t *times = commit_times(w, n_records);
	double *ms = tt_calloc(n, sizeof(*ms));

	for (size_t i = 0; i < n; i++) {
		const struct arrival *a = &watchers->arrivals.items[i];

		if (a->version <= w->head || a->version > w->head + n_records)
			bench_die("a watch brings version %llu, which was not posted",
				(unsigned long long)a->version);
		ms[i] = (double)(a->at_us - times[a->version - w->head - 1]) / TT_US_PER_MS;
	}
	bench_figure(w->b, "watch_commit_to_socket_median_%s", w->scale,
		measure_quantile(ms, n, 0.5), "ms");
	bench_figure(w->b, "watch_commit_to_socket_p99_%s", w->scale, measure_quantile(ms, n, 0.99),
		"ms");
	bench_figure(
		w->b, "watch_commit_to_socket_max_%s", w->scale, measure_quantile(ms, n, 1), "ms");
	tt_free(times);
	tt_free(ms);
}

static uint64_t head_of(struct watching *w)
{
	struct requests r = {.url = w->url};

	requests_open(&r, w->d->pid, NULL);
	requests_get(&r, &(struct question){.path = "/v1/status", .accept = "*/*"});
	tt_buf_char(&r.body, '\0');
	const char *at = strstr(r.body.data, "\"head\":");
	unsigned long long head = 0;

	if (at == NULL || sscanf(at, "\"head\":%llu", &head) != 1)
		bench_die("the status has no head");
	requests_close(&r);
	return head;
}

static void measure_all(struct watching *w)
{
	struct watchers watchers;
	double idle, core, more;

	post_pieces(w, 0, WARM_PIECES, false);
	w->head = head_of(w);
	uint64_t before = measure_memory(w->d->pid).rss;

	measure_reset_peak(w->d->pid);
	watchers_open(&watchers, w->d->port, N_WATCHES, path_of, w);
	(void)read_for(w, &watchers, SETTLE_S);
	idle = read_for(w, &watchers, IDLE_S);
	if (pthread_create(&w->feeder, NULL, feed, w) != 0)
		bench_die("cannot start a thread");
	core = read_all(w, &watchers);
	(void)pthread_join(w->feeder, NULL);
	more = (double)(int64_t)(measure_memory(w->d->pid).peak - before) / MB;
	if (watchers.arrivals.n != w->expected)
		bench_die("%zu of %zu frames have come", watchers.arrivals.n, w->expected);
	bench_figure(w->b, "watch_1000_idle_%s", w->scale, idle, "core");
	bench_figure(w->b, "watch_1000_%s", w->scale, core, "core");
	bench_bounded(w->b, "watch_1000_memory_%s", w->scale, more, "MB", BENCH_AT_MOST, 60);
	lateness(w, &watchers);
	watchers_close(&watchers);
}

void watching(const struct bench *b, const struct daemon *d, uint64_t scale)
{
	struct watching *w = tt_calloc(1, sizeof(*w));

	w->b = b;
	w->d = d;
	w->scale = scale;
	(void)snprintf(w->url, sizeof(w->url), "http://127.0.0.1:%d", d->port);
	choose_namespaces(w);
	make_pieces(w);
	measure_all(w);
	for (size_t i = 0; i < sizeof(w->pieces) / sizeof(w->pieces[0]); i++)
		tt_buf_release(&w->pieces[i]);
	tt_free(w);
}
