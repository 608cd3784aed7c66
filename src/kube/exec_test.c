/* SPDX-License-Identifier: Apache-2.0 */
#include "kube/exec.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/timestamp.h"
#include "kube/auth.h"
#include "kube/target.h"
#include "net/http_client.h"
#include "tap/tap.h"

#define V1 "client.authentication.k8s.io/v1"

/* A target whose plugin is a shell script given as text. */
struct fixture {
	struct tt_kube_target target;
	struct tt_kube_exec exec;
	const char *args[2];
	struct tt_kube_exec_env env[1];
	struct tt_arena arena;
	struct tt_exec_credential got;
	struct tt_err err;
};

static void set_up(struct fixture *f, const char *script)
{
	*f = (struct fixture){0};
	f->args[0] = "-c";
	f->args[1] = script;
	f->env[0] = (struct tt_kube_exec_env){"GIVEN", "from the kubeconfig"};
	f->exec = (struct tt_kube_exec){.command = "sh",
		.args = f->args,
		.n_args = 2,
		.env = f->env,
		.n_env = 1,
		.api_version = V1,
		.install_hint = "apt install it",
		.interactive_mode = TT_EXEC_NEVER};
	f->target = (struct tt_kube_target){
		.server = "https://h:1", .cluster = "c", .exec = &f->exec};
}

static int run(struct fixture *f)
{
	return tt_exec_run(&f->target, -1, 5LL * TT_NS_PER_S, &f->arena, &f->got, &f->err);
}

static void a_plugin_gets_the_info_and_its_environment(void)
{
	struct fixture f;

	set_up(&f, "test \"$GIVEN\" = 'from the kubeconfig' || exit 3;"
		   "test -z \"$(cat)\" || exit 4;" /* standard input is empty */
		   "test \"$(ls /proc/self/fd | wc -l)\" -le 4 || exit 5;" /* 0 1 2 and ls's own */
		   "test \"$KUBERNETES_EXEC_INFO\" = '{\"kind\":\"ExecCredential\",\"apiVersion\":"
		   "\"" V1 "\",\"spec\":{\"cluster\":{\"server\":\"https://h:1\","
		   "\"certificate-authority-data\":\"UEVN\",\"proxy-url\":\"http://p\","
		   "\"config\":{\"a\":1}},\"interactive\":false}}' || exit 6;"
		   "echo '{\"apiVersion\":\"" V1 "\",\"kind\":\"ExecCredential\",\"spec\":{},"
		   "\"status\":{\"token\":\"t\\u006fken\",\"expirationTimestamp\":"
		   "\"2026-11-22T03:00:00Z\"}}'");
	f.exec.provide_cluster_info = true;
	f.exec.cluster_config = "{\"a\":1}";
	f.target.ca_pem = "PEM";
	f.target.proxy_url = "http://p";
	int leak = open("/dev/null", O_RDONLY); /* not close-on-exec, as a foreign library's */

	tap_okf(run(&f) == 0, "%s", f.err.msg);
	tap_str(tt_str_from(f.got.token), "token");
	tap_ok(f.got.cert_pem == NULL && f.got.key_pem == NULL);
	tap_int(f.got.expires_us, 1795316400000000);
	close(leak);
	tt_arena_release(&f.arena);
}

static void a_failing_plugin_is_explained(void)
{
	static const struct {
		const char *script, *error;
		int code;
	} cases[] = {
		{"exit 7", "it failed with exit status 7", TT_EIO},
		{"kill -9 $$", "it was ended by signal 9", TT_EIO},
		{"echo secret", "it did not print an ExecCredential in JSON", TT_EINVAL},
		{"echo '{\"kind\":\"Pod\"}'", "it did not print an ExecCredential in JSON",
			TT_EINVAL},
		{"echo '{\"kind\":\"ExecCredential\",\"apiVersion\":\"x/v2\"}'",
			"it answered in apiVersion \"x/v2\", but " V1 " is configured", TT_EINVAL},
		{"echo '{\"kind\":\"ExecCredential\",\"apiVersion\":\"" V1 "\"}'",
			"its ExecCredential has no status", TT_EINVAL},
		{"echo '{\"kind\":\"ExecCredential\",\"apiVersion\":\"" V1 "\",\"status\":{}}'",
			"it gave neither a token nor a certificate", TT_EINVAL},
		{"echo '{\"kind\":\"ExecCredential\",\"apiVersion\":\"" V1
		 "\",\"status\":{\"clientCertificateData\":\"x\"}}'",
			"it gave only one of certificate and key", TT_EINVAL},
		{"echo '{\"kind\":\"ExecCredential\",\"apiVersion\":\"" V1
		 "\",\"status\":{\"token\":\"x\",\"expirationTimestamp\":\"soon\"}}'",
			"its expirationTimestamp is no RFC 3339 time", TT_EINVAL},
		{"head -c 1100000 /dev/zero; sleep 60", "it printed more than 1048576 bytes",
			TT_ELIMIT},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct fixture f;
		char want[256];

		set_up(&f, cases[i].script);
		(void)snprintf(want, sizeof(want), "exec plugin sh: %s", cases[i].error);
		tap_int(run(&f), cases[i].code);
		tap_str(tt_str_from(f.err.msg), want);
		tt_arena_release(&f.arena);
	}
}

static void a_plugin_that_hangs_is_killed_with_its_children(void)
{
	struct fixture f;
	char seen[64], script[128];

	(void)snprintf(seen, sizeof(seen), "/tmp/telltale-exec-%d", (int)getpid());
	(void)snprintf(script, sizeof(script), "(sleep 1; touch %s) & sleep 60", seen);
	set_up(&f, script);
	int64_t before_ns = tt_clock_mono_ns(&tt_clock_system);

	tap_int(tt_exec_run(&f.target, -1, TT_NS_PER_S / 5, &f.arena, &f.got, &f.err), TT_EIO);
	tap_ok(tt_clock_mono_ns(&tt_clock_system) - before_ns < TT_NS_PER_S);
	(void)usleep(1200 * 1000);
	tap_ok(access(seen, F_OK) != 0);
	(void)unlink(seen);
	tt_arena_release(&f.arena);
}

static void *wake_soon(void *arg)
{
	(void)usleep(100 * 1000);
	(void)eventfd_write(*(int *)arg, 1);
	return NULL;
}

static void a_wake_ends_the_wait_for_a_plugin(void)
{
	struct fixture f;
	pthread_t thread;
	int fd = eventfd(0, EFD_CLOEXEC);

	set_up(&f, "sleep 60");
	int64_t before_ns = tt_clock_mono_ns(&tt_clock_system);

	if (!tap_int(pthread_create(&thread, NULL, wake_soon, &fd), 0))
		return;
	tap_int(tt_exec_run(&f.target, fd, 60LL * TT_NS_PER_S, &f.arena, &f.got, &f.err),
		TT_ECANCELED);
	tap_ok(tt_clock_mono_ns(&tt_clock_system) - before_ns < TT_NS_PER_S);
	(void)pthread_join(thread, NULL);
	close(fd);
	tt_arena_release(&f.arena);
}

static void a_grandchild_that_keeps_the_output_open_does_not_hold_us_up(void)
{
	struct fixture f;

	set_up(&f, "sleep 3 & echo '{\"kind\":\"ExecCredential\",\"apiVersion\":\"" V1
		   "\",\"status\":{\"token\":\"x\"}}'");
	int64_t before_ns = tt_clock_mono_ns(&tt_clock_system);

	tap_okf(run(&f) == 0, "%s", f.err.msg);
	tap_ok(tt_clock_mono_ns(&tt_clock_system) - before_ns < 2LL * TT_NS_PER_S);
	tt_arena_release(&f.arena);
}

/* A clock that tests set. */
static int64_t now_us, now_ns;

static int64_t test_wall_us(const struct tt_clock *clock)
{
	return now_us;
}

static int64_t test_mono_ns(const struct tt_clock *clock)
{
	return now_ns;
}

static const struct tt_clock test_clock = {test_wall_us, test_mono_ns};

/* The value of Authorization that would be sent; "" for none. */
static const char *authorization(struct tt_kube_auth *auth, bool *ret_changed)
{
	static char text[128];
	struct tt_arena arena = {0};
	struct tt_http_header headers[16];
	struct tt_err err = {0};
	bool changed;

	text[0] = '\0';
	if (tt_kube_auth_prepare(auth, &changed, &err) < 0)
		return "failed";
	int n = tt_kube_auth_headers(auth, headers, &arena, &err);

	for (int i = 0; i < n; i++)
		if (tt_str_is(headers[i].name, "Authorization"))
			(void)snprintf(text, sizeof(text), "%.*s", TT_STR_ARG(headers[i].value));
	if (ret_changed != NULL)
		*ret_changed = changed;
	tt_arena_release(&arena);
	return text;
}

/* The plugin gives token N at its N-th run, good until 1000 s, or for ever. */
static void the_credential_is_kept_until_it_expires_or_is_rejected(void)
{
	struct fixture f;
	struct tt_kube_auth auth;
	char script[512], count[64];

	(void)snprintf(count, sizeof(count), "/tmp/telltale-exec-%d", (int)getpid());
	(void)snprintf(script, sizeof(script),
		"echo >> %s; n=$(wc -l < %s);"
		"echo '{\"kind\":\"ExecCredential\",\"apiVersion\":\"" V1
		"\",\"status\":{\"expirationTimestamp\":\"1970-01-01T00:16:40Z\","
		"\"token\":\"'$n'\"}}'",
		count, count);
	set_up(&f, script);
	now_us = 500LL * TT_US_PER_S;
	tt_kube_auth_init(&auth, &f.target, &test_clock, NULL, -1);
	tap_str(tt_str_from(authorization(&auth, NULL)), "Bearer 1");
	tap_str(tt_str_from(authorization(&auth, NULL)), "Bearer 1");
	now_us = 1000LL * TT_US_PER_S;
	tap_str(tt_str_from(authorization(&auth, NULL)), "Bearer 1");
	now_us++;
	tap_str(tt_str_from(authorization(&auth, NULL)), "Bearer 2");
	now_us = 0;
	tt_kube_auth_rejected(&auth);
	tap_str(tt_str_from(authorization(&auth, NULL)), "Bearer 3");
	tap_str(tt_str_from(authorization(&auth, NULL)), "Bearer 3");
	tt_kube_auth_release(&auth);
	(void)unlink(count);
	tt_arena_release(&f.arena);
}

static void a_new_certificate_of_a_plugin_closes_the_connections(void)
{
	struct fixture f;
	struct tt_kube_auth auth;
	struct tt_tls tls;
	bool changed = false;

	set_up(&f, "echo '{\"kind\":\"ExecCredential\",\"apiVersion\":\"" V1
		   "\",\"status\":{\"clientCertificateData\":\"C\",\"clientKeyData\":\"K\"}}'");
	tt_kube_auth_init(&auth, &f.target, &test_clock, NULL, -1);
	tap_str(tt_str_from(authorization(&auth, &changed)), "");
	tap_ok(changed);
	tt_kube_auth_tls(&auth, &tls);
	tap_str(tt_str_from(tls.cert_pem), "C");
	tap_str(tt_str_from(tls.key_pem), "K");
	tt_kube_auth_rejected(&auth);
	(void)authorization(&auth, &changed);
	tap_ok(!changed);
	tt_kube_auth_release(&auth);
}

static void a_token_file_is_read_again_after_50_seconds(void)
{
	struct tt_kube_auth auth;
	char path[64];
	FILE *file;

	(void)snprintf(path, sizeof(path), "/tmp/telltale-exec-%d", (int)getpid());
	struct tt_kube_target target = {.server = "https://h", .token = "old", .token_file = path};

	now_ns = 1000LL * TT_NS_PER_S;
	(void)unlink(path);
	tt_kube_auth_init(&auth, &target, &test_clock, NULL, -1);
	tap_str(tt_str_from(authorization(&auth, NULL)), "Bearer old");
	file = fopen(path, "we");
	(void)fputs(" one\n", file);
	(void)fflush(file);
	now_ns += 49LL * TT_NS_PER_S;
	tap_str(tt_str_from(authorization(&auth, NULL)), "Bearer old");
	now_ns += 2LL * TT_NS_PER_S;
	tap_str(tt_str_from(authorization(&auth, NULL)), "Bearer one");
	rewind(file);
	(void)fputs("two\n ", file);
	(void)fflush(file);
	tap_str(tt_str_from(authorization(&auth, NULL)), "Bearer one");
	tt_kube_auth_rejected(&auth);
	tap_str(tt_str_from(authorization(&auth, NULL)), "Bearer two");
	(void)unlink(path);
	now_ns += 60LL * TT_NS_PER_S;
	tap_str(tt_str_from(authorization(&auth, NULL)), "Bearer two");
	(void)fclose(file);
	tt_kube_auth_release(&auth);
}

static void credentials_are_for_https_only_and_others_suppress_the_plugin(void)
{
	static const struct {
		struct tt_kube_target target;
		bool exec;
		const char *value;
	} cases[] = {
		{{.server = "http://h", .token = "t"}, false, ""},
		{{.server = "http://h", .username = "u", .password = "p"}, false, ""},
		{{.server = "http://h"}, true, ""},
		{{.server = "https://h", .token = "t"}, false, "Bearer t"},
		{{.server = "https://h", .token = "t"}, true, "Bearer t"},
		{{.server = "https://h", .username = "ann", .password = "p:w"}, true,
			"Basic YW5uOnA6dw=="},
		{{.server = "https://h", .username = "ann"}, false, "Basic YW5uOg=="},
		{{.server = "https://h", .cert_pem = "c", .key_pem = "k"}, true, ""},
		{{.server = "https://h", .token = "a\r\nEvil: b"}, false, ""},
		{{.server = "https://h"}, true, "failed"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct fixture f;
		struct tt_kube_auth auth;
		struct tt_kube_target target = cases[i].target;

		set_up(&f, "exit 1");
		target.exec = cases[i].exec ? &f.exec : NULL;
		tt_kube_auth_init(&auth, &target, &test_clock, NULL, -1);
		tap_str(tt_str_from(authorization(&auth, NULL)), cases[i].value);
		tt_kube_auth_release(&auth);
	}
}

static void impersonation_is_asked_for_by_headers(void)
{
	static const char *groups[] = {"a", "b"};
	static struct tt_kube_extra extra[] = {{"scopes", "x"}, {"team/%\xc3\xa9", "blue"}};
	struct tt_kube_target target = {.server = "http://h",
		.impersonate_user = "boss",
		.impersonate_uid = "7",
		.impersonate_groups = groups,
		.n_impersonate_groups = 2,
		.impersonate_extra = extra,
		.n_impersonate_extra = 2};
	static const char *const want[] = {"Impersonate-User: boss", "Impersonate-Uid: 7",
		"Impersonate-Group: a", "Impersonate-Group: b", "Impersonate-Extra-scopes: x",
		"Impersonate-Extra-team%2F%25%C3%A9: blue"};
	struct tt_http_header headers[16];
	struct tt_kube_auth auth;
	struct tt_arena arena = {0};

	tt_kube_auth_init(&auth, &target, &test_clock, NULL, -1);
	tap_ok(tt_kube_auth_max_headers(&auth) <= 16);
	tap_int(tt_kube_auth_headers(&auth, headers, &arena, NULL), 6);
	for (size_t i = 0; i < 6; i++)
		tap_str(tt_str_printf(&arena, "%.*s: %.*s", TT_STR_ARG(headers[i].name),
				TT_STR_ARG(headers[i].value)),
			want[i]);
	tt_kube_auth_release(&auth);
	tt_arena_release(&arena);
}

static void the_install_hint_is_given_ten_times_an_hour(void)
{
	struct fixture f;
	struct tt_kube_auth auth;
	int hints = 0;

	set_up(&f, "");
	f.exec.command = "no-such-plugin";
	now_ns = 1;
	tt_kube_auth_init(&auth, &f.target, &test_clock, NULL, -1);
	for (int i = 0; i < 30; i++) {
		bool changed;

		tap_int(tt_kube_auth_prepare(&auth, &changed, &f.err), TT_ENOTFOUND);
		hints += strstr(f.err.msg, "apt install it") != NULL;
		now_ns += 110LL * TT_NS_PER_S;
	}
	tap_int(hints, 10);
	now_ns += 3600LL * TT_NS_PER_S;
	bool changed;

	(void)tt_kube_auth_prepare(&auth, &changed, &f.err);
	tap_str(tt_str_from(f.err.msg), "exec plugin no-such-plugin: cannot run no-such-plugin: No "
					"such file or directory (apt install it)");
	tt_kube_auth_release(&auth);
}

int main(void)
{
	tap_test("a_plugin_gets_the_info_and_its_environment",
		a_plugin_gets_the_info_and_its_environment);
	tap_test("a_failing_plugin_is_explained", a_failing_plugin_is_explained);
	tap_test("a_plugin_that_hangs_is_killed_with_its_children",
		a_plugin_that_hangs_is_killed_with_its_children);
	tap_test("a_wake_ends_the_wait_for_a_plugin", a_wake_ends_the_wait_for_a_plugin);
	tap_test("a_grandchild_that_keeps_the_output_open_does_not_hold_us_up",
		a_grandchild_that_keeps_the_output_open_does_not_hold_us_up);
	tap_test("the_credential_is_kept_until_it_expires_or_is_rejected",
		the_credential_is_kept_until_it_expires_or_is_rejected);
	tap_test("a_new_certificate_of_a_plugin_closes_the_connections",
		a_new_certificate_of_a_plugin_closes_the_connections);
	tap_test("a_token_file_is_read_again_after_50_seconds",
		a_token_file_is_read_again_after_50_seconds);
	tap_test("credentials_are_for_https_only_and_others_suppress_the_plugin",
		credentials_are_for_https_only_and_others_suppress_the_plugin);
	tap_test("impersonation_is_asked_for_by_headers", impersonation_is_asked_for_by_headers);
	tap_test("the_install_hint_is_given_ten_times_an_hour",
		the_install_hint_is_given_ten_times_an_hour);
	return tap_done();
}
