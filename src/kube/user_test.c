/* SPDX-License-Identifier: Apache-2.0 */
#include "kube/user.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buf.h"
#include "tap/tap.h"

static char dir[] = "/tmp/telltale-user-XXXXXX";

static const char text[] = "apiVersion: v1\n"
			   "kind: Config\n"
			   "users:\n"
			   "- name: admin\n"
			   "  user:\n"
			   "    client-certificate: pki/admin.crt\n"
			   "    client-key: /etc/admin.key\n"
			   "    tokenFile: token\n"
			   "    as: boss\n"
			   "- name: robot\n"
			   "  user: {token: sesame}\n"
			   "- name: path\n"
			   "  user: {exec: {apiVersion: v1, command: login, args: [./a, b/c]}}\n"
			   "- name: beside\n"
			   "  user: {exec: {command: bin/login}}\n"
			   "- name: nobody\n";

/* The JSON of the user `name`, or the error's sentence. */
static struct tt_str json_of(const char *name, struct tt_arena *arena)
{
	struct tt_str json;
	struct tt_err err;

	if (tt_kube_user_json(tt_str_from(name), arena, &json, &err) != 0)
		return tt_str_printf(arena, "%d %s", err.code, err.msg);
	return json;
}

static void test_users(void)
{
	static const struct {
		const char *name, *want; /* with %s for the directory */
	} cases[] = {
		{"admin", "{\"as\":\"boss\",\"client-certificate\":\"%s/pki/admin.crt\","
			  "\"client-key\":\"/etc/admin.key\",\"tokenFile\":\"%s/token\"}"},
		{"robot", "{\"token\":\"sesame\"}"},
		{"path", "{\"exec\":{\"apiVersion\":\"v1\",\"args\":[\"./a\",\"b/c\"],"
			 "\"command\":\"login\"}}"},
		{"beside", "{\"exec\":{\"command\":\"%s/bin/login\"}}"},
		{"nobody", "{}"},
	};
	struct tt_arena arena = {0};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct tt_buf want;
		struct tt_str rest = tt_str_from(cases[i].want);

		tt_buf_init(&want, 4096);
		for (ptrdiff_t at; (at = tt_str_find(rest, TT_STR("%s"))) >= 0;) {
			tt_buf_str(&want, (struct tt_str){rest.data, (size_t)at});
			tt_buf_text(&want, dir);
			rest = tt_str_from(rest.data + at + 2);
		}
		tt_buf_str(&want, rest);
		tap_str(json_of(cases[i].name, &arena), want.data);
		tt_buf_release(&want);
	}
	tt_arena_release(&arena);
}

static void test_relative_to_here(void)
{
	struct tt_arena arena = {0};

	(void)setenv("KUBECONFIG", "config", 1);
	tap_str(json_of("beside", &arena),
		tt_str_printf(&arena, "{\"exec\":{\"command\":\"%s/bin/login\"}}", dir).data);
	(void)mkdir("sub", 0700);
	tap_int(chdir("sub"), 0);
	(void)setenv("KUBECONFIG", "../config", 1);
	tap_str(json_of("beside", &arena),
		tt_str_printf(&arena, "{\"exec\":{\"command\":\"%s/sub/../bin/login\"}}", dir)
			.data);
	tap_int(chdir(".."), 0);
	tt_arena_release(&arena);
}

static void test_absent(void)
{
	struct tt_arena arena = {0};

	(void)setenv("KUBECONFIG", "config", 1);
	struct tt_str sentence = json_of("stranger", &arena);

	tap_ok(tt_str_find(sentence, TT_STR("there is no user \"stranger\"")) > 0);
	tap_ok(tt_str_find(sentence, TT_STR("sesame")) < 0);
	(void)setenv("KUBECONFIG", "nowhere", 1);
	tap_ok(tt_str_find(json_of("admin", &arena), TT_STR("nowhere")) > 0);
	tt_arena_release(&arena);
}

int main(void)
{
	if (mkdtemp(dir) == NULL || chdir(dir) != 0)
		return 1;
	FILE *file = fopen("config", "we");

	if (file == NULL)
		return 1;
	(void)fputs(text, file);
	(void)fclose(file);
	char path[sizeof(dir) + 16];

	(void)snprintf(path, sizeof(path), "%s/config", dir);
	(void)setenv("KUBECONFIG", path, 1);
	tap_test("a user is as it stands, with absolute file names", test_users);
	tap_test("files are found from the working directory on", test_relative_to_here);
	tap_test("a user that is not there is said", test_absent);
	(void)unlink("config");
	(void)rmdir("sub");
	(void)rmdir(dir);
	return tap_done();
}
