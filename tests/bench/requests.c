/* SPDX-License-Identifier: Apache-2.0 */
#include "requests.h"

#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"
#include "bench.h"
#include "measure.h"
#include "net/http_client.h"

enum { BODY_MAX_BYTES = 256 << 20, TIMEOUT_S = 120, REPETITIONS = 21, IDLE_S = 3, SETTLE_MS = 1 };

void requests_open(struct requests *r, pid_t pid, const char *ca_file)
{
	struct tt_http_client_options options = {.tls.ca_file = ca_file, .no_compression = true};
	struct tt_err err = {0};

	r->pid = pid;
	tt_buf_init(&r->body, BODY_MAX_BYTES);
	bench_check(tt_http_client_new(&r->http, &options, &err), &err, "making a client");
}

void requests_close(struct requests *r)
{
	tt_http_client_free(r->http);
	tt_buf_release(&r->body);
}

/* Sends `request` with the token and reads the answer. */
static void exchange(struct requests *r, struct tt_http_request *request, const char *path)
{
	struct tt_http_header headers[4];
	struct tt_http_exchange *x;
	struct tt_err err = {0};
	char url[1024], token[256];
	size_t n = 0;

	for (; n < request->n_headers; n++)
		headers[n] = request->headers[n];
	(void)snprintf(url, sizeof(url), "%s%s", r->url, path);
	(void)snprintf(token, sizeof(token), "Bearer %s", r->token != NULL ? r->token : "");
	if (r->token != NULL)
		headers[n++] = (struct tt_http_header){TT_STR("Authorization"), tt_str_from(token)};
	request->url = url;
	request->headers = headers;
	request->n_headers = n;
	request->head_timeout_ns = (int64_t)TIMEOUT_S * TT_NS_PER_S;
	tt_buf_clear(&r->body);
	bench_check(tt_http_open(r->http, request, &x, &err), &err, url);
	bench_check(
		tt_http_read_all(x, (int64_t)TIMEOUT_S * TT_NS_PER_S, &r->body, &err), &err, url);
	if (tt_http_status(x) / 100 != 2)
		bench_die("%s %s: %d %.*s", request->method, url, tt_http_status(x),
			(int)(r->body.len < 300 ? r->body.len : 300), r->body.data);
	tt_http_close(x);
}

void requests_get(struct requests *r, const struct question *q)
{
	const struct tt_http_header headers[] = {{TT_STR("Accept"), tt_str_from(q->accept)},
		{TT_STR("Accept-Encoding"), q->gzip ? TT_STR("gzip") : TT_STR("identity")}};

	exchange(r, &(struct tt_http_request){.method = "GET", .headers = headers, .n_headers = 2},
		q->path);
}

void requests_post(struct requests *r, const char *path, const char *type, struct tt_str body)
{
	const struct tt_http_header headers[] = {{TT_STR("Content-Type"), tt_str_from(type)}};

	exchange(r,
		&(struct tt_http_request){.method = "POST",
			.headers = headers,
			.n_headers = 1,
			.body = body,
			.has_body = true},
		path);
}

/* What the server has used by now, and does no more for the last answer. */
static int64_t settled_ns(const struct requests *r)
{
	(void)usleep(SETTLE_MS * 1000);
	return measure_cpu_of_ns(r->pid);
}

double requests_cost_ms(struct requests *r, const struct question *q)
{
	int64_t start_ns = settled_ns(r);

	requests_get(r, q);
	return (double)(settled_ns(r) - start_ns) / TT_NS_PER_MS;
}

double requests_median_ms(struct requests *r, const struct question *q)
{
	double ms[REPETITIONS];

	requests_get(r, q);
	for (int i = 0; i < REPETITIONS; i++)
		ms[i] = requests_cost_ms(r, q);
	return measure_quantile(ms, REPETITIONS, 0.5);
}

double requests_mean_ms(struct requests *r, const struct question *q, int n, double idle)
{
	requests_get(r, q);
	int64_t begun_ns = tt_clock_mono_ns(&tt_clock_system), start_ns = settled_ns(r);

	for (int i = 0; i < n; i++)
		requests_get(r, q);
	double cpu_ns = (double)(settled_ns(r) - start_ns);
	double lasted_ns = (double)(tt_clock_mono_ns(&tt_clock_system) - begun_ns);

	return (cpu_ns - idle * lasted_ns) / n / TT_NS_PER_MS;
}

double requests_idle(const struct requests *r)
{
	int64_t start_ns = measure_cpu_of_ns(r->pid);

	(void)sleep(IDLE_S);
	return (double)(measure_cpu_of_ns(r->pid) - start_ns) / ((double)IDLE_S * TT_NS_PER_S);
}
