/* SPDX-License-Identifier: Apache-2.0 */
/* Beside a real kube-apiserver: the same Events listed by it and by telltaled, both over TLS with a
 * token. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/mem.h"
#include "bench.h"
#include "requests.h"

enum { EVENTS = 3000, REPETITIONS = 11, TEXT_SIZE = 512, GOAL = 5 };

#define CONTROL_PLANE BENCH_SOURCE "/tests/e2e/cluster/build.sh"
#define HELPER        BENCH_SOURCE "/tests/bench/control_plane.py"

struct server {
	char name[32], url[TEXT_SIZE];
	int pid;
	struct requests requests;
	double idle;
};

struct real {
	const struct bench *b;
	pid_t helper;
	int ends[2]; /* of a pipe to the helper, which ends when it is closed */
	struct server apiserver, telltaled;
	char ca[TEXT_SIZE], token[TEXT_SIZE];
};

/* Whether the control plane has been built: that takes ten minutes. */
static bool is_built(void)
{
	int status = 0;
	pid_t pid = fork();

	if (pid == 0) {
		int null = open("/dev/null", O_RDWR | O_CLOEXEC);

		(void)dup2(null, STDOUT_FILENO);
		(void)dup2(null, STDERR_FILENO);
		(void)execl(CONTROL_PLANE, CONTROL_PLANE, "--cached", (char *)NULL);
		_exit(127);
	}
	return pid > 0 && waitpid(pid, &status, 0) == pid && status == 0;
}

static void start(struct real *r, const char *folder)
{
	int out[2];

	if (pipe2(r->ends, O_CLOEXEC) != 0 || pipe2(out, O_CLOEXEC) != 0)
		bench_die("no pipe");
	r->helper = fork();
	if (r->helper == 0) {
		char events[16];

		(void)snprintf(events, sizeof(events), "%d", EVENTS);
		(void)prctl(PR_SET_PDEATHSIG, SIGTERM);
		(void)dup2(r->ends[0], STDIN_FILENO);
		(void)dup2(out[1], STDOUT_FILENO);
		(void)execl(HELPER, HELPER, r->b->telltaled, folder, events, (char *)NULL);
		_exit(127);
	}
	(void)close(out[1]);
	FILE *lines = fdopen(out[0], "r");

	if (r->helper < 0 || lines == NULL ||
		fscanf(lines, "%31s %d %511s %31s %d %511s %511s %511s", r->apiserver.name,
			&r->apiserver.pid, r->apiserver.url, r->telltaled.name, &r->telltaled.pid,
			r->telltaled.url, r->ca, r->token) != 8)
		bench_die("the control plane does not start");
	(void)fclose(lines);
}

static void end(struct real *r)
{
	(void)close(r->ends[0]);
	(void)close(r->ends[1]);
	(void)waitpid(r->helper, NULL, 0);
}

static void connect_to(struct real *r, struct server *s)
{
	s->requests.url = s->url;
	s->requests.token = r->token;
	requests_open(&s->requests, s->pid, r->ca);
	s->idle = requests_idle(&s->requests);
}

/* Both say the same, or nothing is compared. */
static void check(struct server *s)
{
	const struct question q = {.path = "/api/v1/events", .accept = ACCEPT_TABLE};
	struct tt_str body;
	size_t rows = 0;

	requests_get(&s->requests, &q);
	body = tt_buf_view(&s->requests.body);
	for (ptrdiff_t at; (at = tt_str_find(body, TT_STR("{\"cells\":["))) >= 0; rows++) {
		body.data += at + 1;
		body.len -= (size_t)at + 1;
	}
	if (rows != EVENTS)
		bench_die("%s lists %zu events", s->name, rows);
}

static void compare(struct real *r, const char *what, const struct question *q)
{
	char name[BENCH_NAME_SIZE];
	double theirs = requests_mean_ms(&r->apiserver.requests, q, REPETITIONS, r->apiserver.idle);
	double ours = requests_mean_ms(&r->telltaled.requests, q, REPETITIONS, r->telltaled.idle);

	(void)snprintf(name, sizeof(name), "apiserver_%s_%d", what, EVENTS);
	bench_figure(r->b, name, 0, theirs, "ms");
	(void)snprintf(name, sizeof(name), "telltaled_%s_%d", what, EVENTS);
	bench_figure(r->b, name, 0, ours, "ms");
	(void)snprintf(name, sizeof(name), "ratio_apiserver_%s_%d", what, EVENTS);
	bench_bounded(r->b, name, 0, theirs / ours, "x", BENCH_AT_LEAST, GOAL);
}

void group_real(const struct bench *b)
{
	struct real r = {.b = b};
	const char *path = "/api/v1/events";

	if (!is_built()) {
		fprintf(stderr, "bench: no control plane has been built (make e2e does), so the "
				"real kube-apiserver is left out\n");
		return;
	}
	char *folder = bench_scratch(b, "control-plane");

	bench_progress("starting a control plane");
	start(&r, folder);
	connect_to(&r, &r.apiserver);
	connect_to(&r, &r.telltaled);
	check(&r.apiserver);
	check(&r.telltaled);
	compare(&r, "table", &(struct question){path, ACCEPT_TABLE, false});
	compare(&r, "protobuf", &(struct question){path, ACCEPT_PROTOBUF, false});
	compare(&r, "table_gzip", &(struct question){path, ACCEPT_TABLE, true});
	requests_close(&r.apiserver.requests);
	requests_close(&r.telltaled.requests);
	end(&r);
	tt_free(folder);
}
