/* SPDX-License-Identifier: Apache-2.0 */
#include "telltaled/tries.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "kube/process.h"
#include "store/data_dir.h"
#include "store/store.h"
#include "telltaled/config.h"
#include "telltaled/daemon.h"
#include "telltaled/show.h"

enum { TIMEOUT_S = 5, KUBECONFIG_MAX_BYTES = 1 << 20 };

struct tries {
	struct tt_arena arena;
	struct tt_daemon *daemon;
	const char *cluster;
	bool is_recording;
	const struct tt_show_object *object; /* NULL: none */
	const char *program;                 /* telltale; NULL: it was not found */
	const char *place, *which;           /* options, each with a space before it, or "" */
	const char *kubeconfig;              /* NULL: there is none */
};

/* As a word of a shell. */
static const char *quoted(struct tt_arena *arena, const char *text)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789_./:=-";
	struct tt_str rest = tt_str_from(text), word = TT_STR("'");

	if (text[0] != '\0' && text[strspn(text, plain)] == '\0')
		return text;
	for (bool is_first = true; rest.data != NULL; is_first = false) {
		struct tt_str piece = tt_str_split(&rest, '\'');

		word = tt_str_printf(arena, "%.*s%s%.*s", TT_STR_ARG(word), is_first ? "" : "'\\''",
			TT_STR_ARG(piece));
	}
	return tt_str_printf(arena, "%.*s'", TT_STR_ARG(word)).data;
}

/* telltale, where it was built or installed together with this program, or NULL. */
static const char *find_telltale(struct tt_arena *arena)
{
	static const char *const places[] = {"../telltale/telltale", "telltale"};
	char self[PATH_MAX], found[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);

	self[n > 0 ? n : 0] = '\0';
	char *slash = strrchr(self, '/');

	for (size_t i = 0; slash != NULL && i < sizeof(places) / sizeof(places[0]); i++) {
		struct tt_str path = tt_str_printf(
			arena, "%.*s/%s", (int)(slash - self), self, places[i]);
		struct stat st;

		if (realpath(path.data, found) != NULL && stat(found, &st) == 0 &&
			S_ISREG(st.st_mode) && access(found, X_OK) == 0)
			return tt_str_cstr(arena, tt_str_from(found));
	}
	return NULL;
}

/* Whether a shell finds telltale by its name. */
static bool is_in_path(struct tt_arena *arena)
{
	const char *path = getenv("PATH");
	struct tt_str rest = tt_str_from(path);

	while (rest.data != NULL && rest.len > 0) {
		struct tt_str dir = tt_str_split(&rest, ':');

		if (access(tt_str_printf(arena, "%.*s/telltale", TT_STR_ARG(dir)).data, X_OK) == 0)
			return true;
	}
	return false;
}

/* Options with which telltale finds this log, and this cluster in it, also when telltaled has
 * ended; none if it does without. */
static void find_place(struct tries *t)
{
	bool is_usual = strcmp(tt_daemon_address(t->daemon), "127.0.0.1:7447") == 0 &&
			strcmp(tt_daemon_data(t->daemon), tt_data_dir_default(&t->arena)) == 0;
	struct tt_store_status status;
	char data[PATH_MAX];

	t->place = t->which = "";
	if (!is_usual && realpath(tt_daemon_data(t->daemon), data) != NULL)
		t->place = tt_str_printf(&t->arena, " --data %s", quoted(&t->arena, data)).data;
	if (tt_store_status(tt_daemon_store(t->daemon), &status, &t->arena, NULL) == 0 &&
		status.n_clusters > 1)
		t->which = tt_str_printf(&t->arena, " --cluster %s", t->cluster).data;
}

/* What `telltale kubeconfig` prints, for nobody else to read, since it may come to hold more. */
static int write_kubeconfig(const char *path, const struct tt_buf *text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	ssize_t n = -1;

	if (fd >= 0 && fchmod(fd, 0600) == 0)
		n = write(fd, text->data, text->len);
	if (fd >= 0 && close(fd) != 0)
		n = -1;
	return n == (ssize_t)text->len ? 0 : -1;
}

/* Has telltale make a kubeconfig in the data directory. */
static void make_kubeconfig(struct tries *t)
{
	const char *const words[] = {t->program, "--server",
		tt_str_printf(&t->arena, "%s://%s", tt_daemon_scheme(t->daemon),
			tt_daemon_address(t->daemon))
			.data,
		"kubeconfig", "--cluster", t->cluster, "--last", "7d"};
	char *argv[sizeof(words) / sizeof(words[0]) + 1] = {NULL};
	const struct tt_process process = {.argv = argv,
		.envp = environ,
		.wake_fd = -1,
		.timeout_ns = (int64_t)TIMEOUT_S * TT_NS_PER_S};
	char data[PATH_MAX];
	struct tt_buf text;
	struct tt_err err;
	int status;

	if (t->program == NULL || realpath(tt_daemon_data(t->daemon), data) == NULL)
		return;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		argv[i] = tt_str_cstr(&t->arena, tt_str_from(words[i]));
	tt_buf_init(&text, KUBECONFIG_MAX_BYTES);
	const char *path = tt_str_printf(&t->arena, "%s/kubeconfig", data).data;

	if (tt_process_run(&process, &text, &status, &err) == 0 && status == 0 &&
		write_kubeconfig(path, &text) == 0)
		t->kubeconfig = quoted(&t->arena, path);
	tt_buf_release(&text);
}

static void say_try(const char *program, const char *words, const char *options, const char *what)
{
	int n = printf("    %s %s%s", program, words, options);

	printf("%*s  # %s\n", n < 56 ? 56 - n : 0, "", what);
}

static void say_telltale(struct tries *t)
{
	const char *name = tt_str_printf(&t->arena, "telltale%s", t->place).data;
	const struct tt_show_object *o = t->object;

	say_try(name, "events -A", t->which, "what happened in the last 24 hours");
	say_try(name, "events -A --types Warning", t->which, "only what went wrong");
	if (o != NULL)
		say_try(name,
			tt_str_printf(&t->arena, "events -n %.*s --for %.*s/%.*s",
				TT_STR_ARG(o->namespace), TT_STR_ARG(o->kind), TT_STR_ARG(o->name))
				.data,
			t->which, "the history of one object");
	say_try(name, "events -A -w", t->which,
		t->is_recording ? "what happens next: nothing, with a recording"
				: "what happens next");
	say_try(name, "log --tail 20", t->which, "the log itself in order, with its gaps");
	say_try(name, "status", "", "what is collected, and how much of it");
}

static void say_kubectl(struct tries *t)
{
	const char *name = tt_str_printf(&t->arena, "kubectl --kubeconfig %s", t->kubeconfig).data;
	const struct tt_show_object *o = t->object;

	printf("\nkubectl reads the same from telltaled while it runs:\n\n");
	printf("    %s get events -A\n", name);
	if (o != NULL)
		printf("    %s events -n %.*s --for %.*s/%.*s\n", name, TT_STR_ARG(o->namespace),
			TT_STR_ARG(o->kind), TT_STR_ARG(o->name));
	printf("    %s get events -A --field-selector type=Warning\n", name);
}

void tt_tries_say(struct tt_daemon *daemon, const char *cluster, bool is_recording,
	const struct tt_show_object *object)
{
	struct tries t = {.daemon = daemon,
		.cluster = cluster,
		.is_recording = is_recording,
		.object = object};

	t.program = find_telltale(&t.arena);
	find_place(&t);
	make_kubeconfig(&t);
	printf("\nThe log is in %s, the API at %s://%s. Try, in another terminal:\n\n",
		tt_daemon_data(daemon), tt_daemon_scheme(daemon), tt_daemon_address(daemon));
	if (t.program != NULL && !is_in_path(&t.arena))
		printf("    export PATH=%s:$PATH\n",
			quoted(&t.arena,
				tt_str_printf(&t.arena, "%.*s",
					(int)(strrchr(t.program, '/') - t.program), t.program)
					.data));
	say_telltale(&t);
	if (t.kubeconfig != NULL)
		say_kubectl(&t);
	printf("\nCtrl-C stops.\n\n");
	(void)fflush(stdout);
	tt_arena_release(&t.arena);
}
