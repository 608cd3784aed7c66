/* SPDX-License-Identifier: Apache-2.0 */
#include "kube/test_server.h"

#include <fcntl.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/mem.h"
#include "net/http_client.h"
#include "wire/json.h"

enum { MAX_ARGS = 16, MAX_LINE = 4096, MAX_ANSWER = 64 << 20 };

struct tt_test_server {
	pid_t pid;
	int stdin_fd, stdout_fd;
	char line[MAX_LINE]; /* what it printed when it was ready */
	struct tt_arena arena;
	struct tt_http_client *http;
	struct tt_buf answer;
};

static int spawn(struct tt_test_server *s, const char *const *args, int in_fd, int out_fd)
{
	char *argv[MAX_ARGS + 3] = {(char[]){"python3"}, (char[]){FAULT_SERVER}};
	posix_spawn_file_actions_t actions;
	size_t n = 2;

	for (; args != NULL && *args != NULL && n < MAX_ARGS; args++)
		argv[n++] = tt_str_cstr(&s->arena, tt_str_from(*args));
	(void)posix_spawn_file_actions_init(&actions);
	(void)posix_spawn_file_actions_adddup2(&actions, in_fd, 0);
	(void)posix_spawn_file_actions_adddup2(&actions, out_fd, 1);
	int rc = posix_spawnp(&s->pid, "python3", &actions, NULL, argv, environ);

	(void)posix_spawn_file_actions_destroy(&actions);
	return rc;
}

static bool read_line(struct tt_test_server *s)
{
	size_t n = 0;

	while (n + 1 < sizeof(s->line)) {
		ssize_t got = read(s->stdout_fd, s->line + n, sizeof(s->line) - 1 - n);

		if (got <= 0)
			return false;
		n += (size_t)got;
		s->line[n] = '\0';
		if (memchr(s->line, '\n', n) != NULL)
			return true;
	}
	return false;
}

struct tt_test_server *tt_test_server_start(const char *const *args)
{
	struct tt_test_server *s = tt_calloc(1, sizeof(*s));
	struct tt_http_client_options options = {.no_compression = true};
	int in[2] = {-1, -1}, out[2] = {-1, -1};

	tt_buf_init(&s->answer, MAX_ANSWER);
	s->stdin_fd = s->stdout_fd = -1;
	if (pipe2(in, O_CLOEXEC) == 0 && pipe2(out, O_CLOEXEC) == 0 &&
		spawn(s, args, in[0], out[1]) == 0) {
		close(in[0]);
		close(out[1]);
		s->stdin_fd = in[1];
		s->stdout_fd = out[0];
		if (read_line(s) && tt_http_client_new(&s->http, &options, NULL) == 0)
			return s;
	}
	tt_test_server_stop(s);
	return NULL;
}

void tt_test_server_stop(struct tt_test_server *s)
{
	if (s == NULL)
		return;
	if (s->stdin_fd >= 0)
		close(s->stdin_fd);
	if (s->stdout_fd >= 0)
		close(s->stdout_fd);
	if (s->pid > 0)
		(void)waitpid(s->pid, NULL, 0);
	tt_http_client_free(s->http);
	tt_buf_release(&s->answer);
	tt_arena_release(&s->arena);
	tt_free(s);
}

const char *tt_test_server_info(const struct tt_test_server *s, const char *key)
{
	struct tt_arena *arena = (struct tt_arena *)(uintptr_t)&s->arena;
	struct tt_json_reader r;
	struct tt_str name;
	const char *found = "";

	tt_json_reader_init(&r, tt_str_trim(tt_str_from(s->line)), arena);
	if (tt_json_enter_object(&r))
		while (tt_json_next_key(&r, &name)) {
			struct tt_str value = tt_json_string(&r);

			if (tt_str_is(name, key))
				found = tt_str_cstr(arena, value);
		}
	return found;
}

/* Sends `body` and puts the answer into `s->answer`. */
static int send_command(struct tt_test_server *s, struct tt_str body, struct tt_err *err)
{
	struct tt_http_request request = {.method = "POST", .has_body = true, .body = body};
	struct tt_http_exchange *x;

	request.url = tt_test_server_info(s, "control");
	tt_buf_clear(&s->answer);
	int rc = tt_http_open(s->http, &request, &x, err);

	if (rc < 0)
		return rc;
	rc = tt_http_read_all(x, 20LL * TT_NS_PER_S, &s->answer, err);
	if (rc == 0 && tt_http_status(x) != 200)
		rc = tt_fail(err, TT_EINVAL, "%s", s->answer.data);
	tt_http_close(x);
	return rc;
}

struct tt_str tt_test_server_command(struct tt_test_server *s, const char *fmt, ...)
{
	struct tt_err err = {0};
	struct tt_buf body;
	va_list ap, again;

	tt_buf_init(&body, MAX_ANSWER);
	va_start(ap, fmt);
	va_copy(again, ap);
	size_t n = (size_t)vsnprintf(NULL, 0, fmt, ap);

	va_end(ap);
	(void)vsnprintf(tt_buf_reserve(&body, n), n + 1, fmt, again);
	va_end(again);
	body.len = n;
	if (send_command(s, tt_buf_view(&body), &err) < 0) {
		printf("# command failed: %s\n", err.msg);
		tt_buf_clear(&s->answer);
	}
	tt_buf_release(&body);
	return tt_buf_view(&s->answer);
}
