/* SPDX-License-Identifier: Apache-2.0 */
/* The Kubernetes API over a long log: what lists, pages and single events cost telltaled, and what
 * a thousand watches do. */
#include <stdio.h>
#include <string.h>

#include "bench.h"
#include "daemon.h"
#include "measure.h"
#include "requests.h"
#include "served_log.h"
#include "watching.h"

enum {
	MAX_EVENTS = 5000000,
	PATH_SIZE = 2048,
	PLACES = 6,
	PAGES_A_PLACE = 8,
	SKIP_EVENTS = 20000,
	ASKED_AGAIN = 5,
	WARM_GETS = 2000,
};

#define LAST_DAY   "/clusters/prod/api/v1/events?limit=500"
#define LAST_MONTH "/clusters/prod/last/30d/api/v1/events"

struct serving {
	const struct bench *b;
	const struct served_log *log;
	struct requests requests;
};

static void lists(struct serving *s)
{
	static const struct {
		const char *name, *accept;
	} forms[] = {
		{"serve_table_500_%s", ACCEPT_TABLE},
		{"serve_protobuf_500_%s", ACCEPT_PROTOBUF},
		{"serve_json_500_%s", ACCEPT_JSON},
	};

	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		struct question q = {.path = LAST_DAY, .accept = forms[i].accept};

		bench_figure(s->b, forms[i].name, s->log->events,
			requests_median_ms(&s->requests, &q), "ms");
	}
}

/* --- pages --- */

/* The value of the first `"key":"..."` of the answer; empty if there is none. */
static struct tt_str first_text(const struct requests *r, const char *key)
{
	struct tt_str body = tt_buf_view(&r->body);
	ptrdiff_t at = tt_str_find(body, tt_str_from(key));

	if (at < 0)
		return TT_STR("");
	body.data += (size_t)at + strlen(key);
	body.len -= (size_t)at + strlen(key);
	return tt_str_split(&body, '"');
}

/* The path of the page that goes on behind the newest answer; false if that was the last. */
static bool next_page(const struct requests *r, uint64_t limit, char path[PATH_SIZE])
{
	struct tt_str token = first_text(r, "\"continue\":\"");

	(void)snprintf(path, PATH_SIZE, "%s?limit=%llu&continue=%.*s", LAST_MONTH,
		(unsigned long long)limit, TT_STR_ARG(token));
	return token.len > 0;
}

/* What a page costs that was asked for before. */
static double warm_ms(struct serving *s, const struct question *q)
{
	double ms[ASKED_AGAIN];

	for (int i = 0; i < ASKED_AGAIN; i++)
		ms[i] = requests_cost_ms(&s->requests, q);
	return measure_quantile(ms, ASKED_AGAIN, 0.5);
}

/* Goes on by about `n` events; false at the end. */
static bool skip(struct serving *s, uint64_t n, char path[PATH_SIZE])
{
	struct question q = {.path = path, .accept = ACCEPT_METADATA};

	for (uint64_t done = 0, piece; done < n; done += piece) {
		piece = n - done < SKIP_EVENTS ? n - done : SKIP_EVENTS;
		if (!next_page(&s->requests, piece, path))
			return false;
		requests_get(&s->requests, &q);
	}
	return true;
}

/* Asks for some pages of the list, at some places: it has thousands. */
static void pages(struct serving *s)
{
	double fresh[PLACES * PAGES_A_PLACE], again[PLACES * PAGES_A_PLACE];
	/* four fifths of the events are shown */
	uint64_t distance = (s->log->events / 4 * 3 - PLACES * PAGES_A_PLACE * 500) / PLACES;
	char path[PATH_SIZE] = LAST_MONTH "?limit=500";
	struct question q = {.path = path, .accept = ACCEPT_TABLE};
	double first = requests_median_ms(&s->requests, &q);
	size_t n = 0;

	bench_figure(s->b, "serve_page_first_%s", s->log->events, first, "ms");
	for (int place = 0; place < PLACES; place++) {
		bench_progress("pages at place %d of %d", place + 1, PLACES);
		if (place > 0 && !skip(s, distance, path))
			break;
		for (int i = 0; i < PAGES_A_PLACE && next_page(&s->requests, 500, path); i++, n++) {
			fresh[n] = requests_cost_ms(&s->requests, &q);
			again[n] = warm_ms(s, &q);
		}
	}
	if (n < PLACES * PAGES_A_PLACE)
		bench_die("the list ends after %zu pages", n);
	double worst = measure_quantile(again, n, 1);

	bench_figure(s->b, "serve_page_later_first_asked_%s", s->log->events,
		measure_quantile(fresh, n, 0.5), "ms");
	bench_figure(
		s->b, "serve_page_later_%s", s->log->events, measure_quantile(again, n, 0.5), "ms");
	bench_figure(s->b, "serve_page_worst_%s", s->log->events, worst, "ms");
	bench_bounded(s->b, "serve_page_worst_to_first_%s", s->log->events, worst / first, "x",
		BENCH_AT_MOST, 2);
}

/* --- single events --- */

/* CPU time for one of `n` gets, of `names` in turn. */
static double get_us(struct serving *s, const struct feed_name *names, size_t n_names, size_t n)
{
	char path[PATH_SIZE];
	struct question q = {.path = path, .accept = ACCEPT_JSON};
	int64_t start_ns = measure_cpu_of_ns(s->requests.pid);

	for (size_t i = 0; i < n; i++) {
		const struct feed_name *name = &names[i % n_names];

		(void)snprintf(path, sizeof(path),
			"/clusters/prod/last/30d/api/v1/namespaces/%.63s/events/%.159s",
			name->namespace, name->name);
		requests_get(&s->requests, &q);
	}
	return (double)(measure_cpu_of_ns(s->requests.pid) - start_ns) / TT_NS_PER_US / (double)n;
}

static void single_events(struct serving *s)
{
	const struct served_log *log = s->log;
	bench_figure(s->b, "serve_get_old_%s", log->events,
		get_us(s, log->old, SERVED_OLD, SERVED_OLD), "us");
	(void)get_us(s, log->new, SERVED_NEW, SERVED_NEW);
	bench_figure(s->b, "serve_get_new_%s", log->events,
		get_us(s, log->new, SERVED_NEW, WARM_GETS), "us");
}

void group_serve(const struct bench *b)
{
	uint64_t events = b->scales[b->n_scales - 1];
	struct served_log log;
	struct daemon d;

	served_log_make(&log, b, events < MAX_EVENTS ? events : MAX_EVENTS);
	const char *arguments[] = {"--data", log.dir, "--hosted", "edge", NULL};
	struct serving s = {.b = b, .log = &log};
	char url[64];

	daemon_start(&d, b, arguments);
	(void)snprintf(url, sizeof(url), "http://127.0.0.1:%d", d.port);
	s.requests.url = url;
	requests_open(&s.requests, d.pid, NULL);
	lists(&s);
	pages(&s);
	single_events(&s);
	requests_close(&s.requests);
	daemon_stop(&d);

	daemon_start(&d, b, arguments);
	watching(b, &d, log.events);
	daemon_stop(&d);
	served_log_remove(&log);
}
