/* SPDX-License-Identifier: Apache-2.0 */
#include "kube/target.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buf.h"
#include "kube/base64.h"
#include "tap/tap.h"

static char dir[] = "/tmp/telltale-target-XXXXXX";

static const char *path_of(const char *name)
{
	static char paths[4][256];
	static unsigned next;
	char *path = paths[next++ % 4];

	(void)snprintf(path, sizeof(paths[0]), "%s/%s", dir, name);
	return path;
}

static const char *write_file(const char *name, const char *text)
{
	const char *path = path_of(name);
	FILE *file = fopen(path, "we");

	if (file == NULL)
		return path;
	(void)fputs(text, file);
	(void)fclose(file);
	return path;
}

static const char full[] =
	"apiVersion: v1\n"
	"kind: Config\n"
	"current-context: prod\n"
	"preferences: {colors: true}\n"
	"clusters:\n"
	"- name: main\n"
	"  cluster:\n"
	"    server: https://api.example:6443/prefix/\n"
	"    certificate-authority: pki/ca.crt\n"
	"    tls-server-name: kubernetes\n"
	"    proxy-url: socks5://127.0.0.1:1080\n"
	"    disable-compression: true\n"
	"    unheard-of: [1, 2]\n"
	"    extensions:\n"
	"    - name: client.authentication.k8s.io/exec\n"
	"      extension: {audience: \"06\", size: 7, deep: [true, null, 1e3, 0x7, \"yes\"]}\n"
	"- name: lab\n"
	"  cluster: {server: \"https://lab:6443\", insecure-skip-tls-verify: true}\n"
	"users:\n"
	"- name: admin\n"
	"  user:\n"
	"    client-certificate: /dev/null\n"
	"    client-key: pki/admin.key\n"
	"    as: boss\n"
	"    as-uid: \"7\"\n"
	"    as-groups: [a, b]\n"
	"    as-user-extra: {scopes: [one, two], \"team/x\": [blue]}\n"
	"- name: robot\n"
	"  user: {token: sesame, tokenFile: robot.token}\n"
	"- name: plain\n"
	"  user: {username: ann, password: \"p:w\"}\n"
	"- name: plugin\n"
	"  user:\n"
	"    exec:\n"
	"      apiVersion: client.authentication.k8s.io/v1\n"
	"      command: ./bin/login\n"
	"      args: [--now, \"\"]\n"
	"      env: [{name: A, value: \"1\"}, {name: B}]\n"
	"      interactiveMode: Never\n"
	"      provideClusterInfo: true\n"
	"      installHint: get it\n"
	"contexts:\n"
	"- {name: prod, context: {cluster: main, user: admin, namespace: shop}}\n"
	"- {name: robot, context: {cluster: lab, user: robot}}\n"
	"- {name: plain, context: {cluster: lab, user: plain}}\n"
	"- {name: plugin, context: {cluster: main, user: plugin}}\n"
	"- {name: nobody, context: {cluster: lab}}\n"
	"- {name: lost, context: {cluster: gone, user: admin}}\n"
	"- {name: stranger, context: {cluster: lab, user: who}}\n";

static struct tt_kube_target *load(const char *path, const char *context)
{
	struct tt_kube_target *target = NULL;
	struct tt_err err = {0};

	tap_okf(tt_kube_target_load(&target, path, context, &err) == 0, "loads: %s", err.msg);
	return target;
}

static bool is(const char *got, const char *want)
{
	return (got == NULL) == (want == NULL) && (got == NULL || strcmp(got, want) == 0);
}

static void a_context_gives_cluster_user_and_namespace(void)
{
	const char *path = write_file("full", full);
	struct tt_kube_target *t = load(path, NULL);

	if (t == NULL)
		return;
	tap_ok(is(t->context, "prod") && is(t->cluster, "main") && is(t->namespace, "shop"));
	tap_ok(is(t->server, "https://api.example:6443/prefix"));
	tap_str(tt_str_from(t->ca_file), path_of("pki/ca.crt"));
	tap_str(tt_str_from(t->key_file), path_of("pki/admin.key"));
	tap_ok(is(t->cert_file, "/dev/null"));
	tap_ok(is(t->tls_server_name, "kubernetes") && is(t->proxy_url, "socks5://127.0.0.1:1080"));
	tap_ok(t->disable_compression && !t->insecure_skip_verify);
	tap_ok(t->token == NULL && t->exec == NULL && t->username == NULL);
	tap_ok(is(t->impersonate_user, "boss") && is(t->impersonate_uid, "7"));
	tap_int(t->n_impersonate_groups, 2);
	tap_ok(is(t->impersonate_groups[1], "b"));
	tap_int(t->n_impersonate_extra, 3);
	tap_ok(is(t->impersonate_extra[1].key, "scopes") &&
		is(t->impersonate_extra[1].value, "two"));
	tap_ok(is(t->impersonate_extra[2].key, "team/x"));
	tt_kube_target_free(t);
}

static void another_context_can_be_named(void)
{
	const char *path = write_file("full", full);
	struct tt_kube_target *robot = load(path, "robot"), *plain = load(path, "plain"),
			      *nobody = load(path, "nobody");

	if (robot == NULL || plain == NULL || nobody == NULL)
		return;
	tap_ok(is(robot->token, "sesame") && is(robot->namespace, "default"));
	tap_str(tt_str_from(robot->token_file), path_of("robot.token"));
	tap_ok(robot->insecure_skip_verify);
	tap_ok(is(plain->username, "ann") && is(plain->password, "p:w"));
	tap_ok(nobody->token == NULL && nobody->username == NULL && is(nobody->cluster, "lab"));
	tt_kube_target_free(robot);
	tt_kube_target_free(plain);
	tt_kube_target_free(nobody);
}

static void an_exec_plugin_comes_with_all_it_needs(void)
{
	struct tt_kube_target *t = load(write_file("full", full), "plugin");

	if (t == NULL || !tap_ok(t->exec != NULL))
		return;
	tap_str(tt_str_from(t->exec->command), path_of("./bin/login"));
	tap_int(t->exec->n_args, 2);
	tap_ok(is(t->exec->args[0], "--now") && is(t->exec->args[1], ""));
	tap_int(t->exec->n_env, 2);
	tap_ok(is(t->exec->env[0].value, "1") && is(t->exec->env[1].value, ""));
	tap_ok(t->exec->interactive_mode == TT_EXEC_NEVER && t->exec->provide_cluster_info);
	tap_ok(is(t->exec->install_hint, "get it"));
	tap_str(tt_str_from(t->exec->cluster_config),
		"{\"audience\":\"06\",\"deep\":[true,null,1000,7,\"yes\"],\"size\":7}");
	tt_kube_target_free(t);
}

#define CLUSTER "clusters: [{name: c, cluster: {server: 'https://h'}}]\n"
#define CONTEXT "current-context: x\ncontexts: [{name: x, context: {cluster: c, user: u}}]\n"
#define USER    CLUSTER CONTEXT "users:\n- name: u\n  user:\n"
#define EXEC    USER "    exec:\n      apiVersion: client.authentication.k8s.io/v1\n"
#define LAB(members)                                                                               \
	"clusters: [{name: c, cluster: {" members "}}]\n" CONTEXT "users: [{name: u}]\n"

/* What is wrong, and what is said of it behind the name of the file. */
static const struct {
	const char *text, *error;
} wrong_files[] = {
	{"[1]\n", ":1:1: a kubeconfig must be a mapping"},
	{"kind: Pod\n", ":1:7: kind is \"Pod\", but a kubeconfig has Config"},
	{"apiVersion: v2\n", ":1:13: apiVersion is \"v2\", but a kubeconfig has v1"},
	{"clusters: {}\n", ":1:11: clusters must be a list"},
	{"users: [7]\n", ":1:9: each user must be a mapping"},
	{"users: [{user: {}}]\n", ":1:9: this user has no name"},
	{"users: [{name: [u]}]\n", ":1:16: the name of a user must be text"},
	{"users: [{name: u, user: 7}]\n", ":1:25: user must be a mapping"},
	{"contexts: [{name: x}, {name: x}]\n",
		":1:30: there is another context called \"x\" in this file"},
	{"", ":1:1: no current-context is set, and no context was named (there are: none)"},
	{"contexts: [{name: x}, {name: y}]\n",
		":1:1: no current-context is set, and no context was named (there are: x, y)"},
	{"contexts: [{name: x}]\ncurrent-context: z\n",
		":2:18: there is no context \"z\" (there are: x)"},
	{"contexts: [{name: x}]\ncurrent-context: x\n", ":1:12: context \"x\" names no cluster"},
	{CONTEXT, ":2:41: context \"x\" names cluster \"c\", which does not exist"},
	{CLUSTER CONTEXT, ":3:50: context \"x\" names user \"u\", who does not exist"},
	{"clusters: [{name: c}]\n" CONTEXT "users: [{name: u}]\n",
		":1:12: cluster \"c\" has no server"},
	{"clusters: [{name: c, cluster: {server: ''}}]\n" CONTEXT "users: [{name: u}]\n",
		":1:40: cluster \"c\" has no server"},
	{"clusters: [{name: c, cluster: {server: 'ftp://x'}}]\n" CONTEXT "users: [{name: u}]\n",
		":1:40: server must be a URL such as https://host:6443, but is \"ftp://x\""},
	{LAB("server: h, proxy-url: 'ftp://p'"),
		":1:54: proxy-url must begin with http://, https:// or socks5://"},
	{"clusters: [{name: c, cluster: {server: h, certificate-authority: /dev/null,\n"
	 " insecure-skip-tls-verify: true}}]\n" CONTEXT "users: [{name: u}]\n",
		":1:66: certificate-authority cannot be given together with "
		"insecure-skip-tls-verify"},
	{LAB("server: h, insecure-skip-tls-verify: 7"),
		":1:69: insecure-skip-tls-verify must be true or false"},
	{LAB("server: h, certificate-authority: /none"), ":1:66: cannot read /none"},
	{LAB("server: h, certificate-authority-data: '?'"),
		":1:71: certificate-authority-data is not base64"},
	{LAB("server: h, certificate-authority-data: 'YWJj'"),
		":1:71: certificate-authority-data is not the base64 of a PEM text with a "
		"CERTIFICATE"},
	{USER "    token: [a]\n", ":7:12: token must be text"},
	{USER "    token: a\n    username: b\n",
		":8:15: user \"u\" has more than one authentication method: a token, and a "
		"username with password"},
	{USER "    tokenFile: /none\n", ":7:16: cannot read /none"},
	{USER "    client-certificate: /dev/null\n",
		":7:25: there is a client certificate, but no client-key or client-key-data"},
	{USER "    client-certificate: /dev/null\n    client-key: /none\n",
		":8:17: cannot read /none"},
	{USER "    as-groups: [a]\n",
		":7:16: impersonation of a uid, groups or extra needs a user in \"as\""},
	{USER "    as: a\n    as-groups: b\n", ":8:16: as-groups must be a list"},
	{USER "    as: a\n    as-user-extra: {k: v}\n", ":8:24: k must be a list"},
	{USER "    auth-provider: {name: gcp}\n",
		":7:20: auth-provider of user \"u\" is not supported; use an exec plugin"},
	{USER "    exec: 7\n", ":7:11: exec must be a mapping"},
	{EXEC "      interactiveMode: Never\n", ":8:7: the exec plugin has no command"},
	{EXEC "      command: x\n",
		":8:7: interactiveMode must be given: Never, IfAvailable or Always"},
	{EXEC "      command: x\n      interactiveMode: Often\n",
		":10:24: interactiveMode is \"Often\", but must be Never, IfAvailable or Always"},
	{EXEC "      command: x\n      interactiveMode: Never\n      env: [{value: x}]\n",
		":11:13: an env entry of an exec plugin has no name"},
	{EXEC "      command: x\n      interactiveMode: Never\n    auth-provider: {}\n",
		":11:20: user \"u\" has both auth-provider and exec"},
	{USER "    exec: {command: x}\n", ":7:11: the exec plugin has no apiVersion"},
	{USER "    exec: {command: x, apiVersion: client.authentication.k8s.io/v1alpha1}\n",
		":7:36: apiVersion \"client.authentication.k8s.io/v1alpha1\" is not supported for "
		"an exec plugin, only client.authentication.k8s.io/v1 and v1beta1"},
	{USER "    exec: {command: x, apiVersion: client.authentication.k8s.io/v1beta1}\n", NULL},
};

static void wrong_files_are_refused_with_their_place(void)
{
	for (size_t i = 0; i < sizeof(wrong_files) / sizeof(wrong_files[0]); i++) {
		struct tt_kube_target *target = NULL;
		struct tt_err err = {0};
		const char *path = write_file("case", wrong_files[i].text);
		int rc = tt_kube_target_load(&target, path, NULL, &err);

		if (wrong_files[i].error == NULL) {
			tap_okf(rc == 0, "case %zu: %s", i, err.msg);
		} else if (tap_okf(rc == TT_EINVAL, "case %zu is refused, not %d %s", i, rc,
				   err.msg)) {
			tap_okf(strncmp(err.msg, path, strlen(path)) == 0, "%s names the file",
				err.msg);
			tap_str(tt_str_from(err.msg + strlen(path)), wrong_files[i].error);
		}
		tt_kube_target_free(target);
	}
}

static void no_secret_gets_into_a_message(void)
{
	static const char *const texts[] = {
		USER "    token: hunter2\n    username: hunter2\n    password: hunter2\n",
		USER "    client-key-data: hunter2!\n    client-certificate-data: aHVudGVyMg==\n",
		USER "    token: hunter2\n    as-uid: x\n",
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct tt_kube_target *target = NULL;
		struct tt_err err = {0};

		tap_int(tt_kube_target_load(&target, write_file("case", texts[i]), NULL, &err),
			TT_EINVAL);
		tap_okf(strstr(err.msg, "hunter2") == NULL && strstr(err.msg, "aHVu") == NULL,
			"no secret in: %s", err.msg);
	}
}

static void the_first_of_several_files_wins_per_name(void)
{
	char list[512];

	(void)write_file("one", "clusters: [{name: c, cluster: {server: 'https://one'}}]\n"
				"users: [{name: u, user: {token: one}}]\n");
	(void)write_file("two",
		"current-context: b\n"
		"clusters: [{name: c, cluster: {server: 'https://two',\n"
		"  tls-server-name: two}}, {name: d, cluster: {server: 'https://d'}}]\n"
		"users: [{name: u, user: {token: two, as: two}}]\n"
		"contexts: [{name: a, context: {cluster: c, user: u}}]\n");
	(void)write_file("three", "current-context: a\n"
				  "contexts: [{name: a, context: {cluster: d}},\n"
				  "  {name: b, context: {cluster: d, user: u}}]\n");
	(void)snprintf(list, sizeof(list), "%s/none:%s/one::%s/two:%s/three", dir, dir, dir, dir);
	(void)setenv("KUBECONFIG", list, 1);
	struct tt_kube_target *a = load(NULL, "a"), *b = load(NULL, NULL);

	(void)unsetenv("KUBECONFIG");
	if (a == NULL || b == NULL)
		return;
	tap_ok(is(a->server, "https://one") && a->tls_server_name == NULL);
	tap_ok(is(a->token, "one") && a->impersonate_user == NULL);
	tap_ok(is(b->context, "b") && is(b->server, "https://d"));
	tt_kube_target_free(a);
	tt_kube_target_free(b);
}

static void the_search_goes_from_path_to_environment_to_home(void)
{
	struct tt_kube_target *target = NULL;
	struct tt_err err = {0};

	(void)setenv("HOME", dir, 1);
	(void)unsetenv("KUBECONFIG");
	tap_int(tt_kube_target_load(&target, NULL, NULL, &err), TT_ENOTFOUND);
	(void)mkdir(path_of(".kube"), 0700);
	(void)write_file(
		".kube/config", CLUSTER "contexts: [{name: home, context: {cluster: c}}]\n");
	target = load(NULL, "home");
	tt_kube_target_free(target);
	tap_int(tt_kube_target_load(&target, path_of("none"), NULL, &err), TT_ENOTFOUND);
	(void)setenv("KUBECONFIG", path_of("none"), 1);
	tap_int(tt_kube_target_load(&target, NULL, NULL, &err), TT_ENOTFOUND);
	(void)unsetenv("KUBECONFIG");
}

static void data_wins_over_the_file(void)
{
	static const char pem[] = "-----BEGIN CERTIFICATE-----\nx\n-----END CERTIFICATE-----\n";
	char text[1024];
	struct tt_buf base64;

	tt_buf_init(&base64, 1000);
	tt_base64_put(&base64, tt_str_from(pem));
	(void)snprintf(text, sizeof(text),
		"clusters: [{name: c, cluster: {server: h, certificate-authority: /none,\n"
		"  certificate-authority-data: %s}}]\n"
		"contexts: [{name: x, context: {cluster: c}}]\n",
		base64.data);
	tt_buf_release(&base64);
	struct tt_kube_target *target = load(write_file("data", text), "x");

	if (target == NULL)
		return;
	tap_ok(is(target->ca_pem, pem) && target->ca_file == NULL);
	tap_ok(is(target->server, "https://h"));
	tt_kube_target_free(target);
}

static void inside_a_pod_the_service_account_is_used(void)
{
	struct tt_kube_target *target = NULL;
	struct tt_err err = {0};

	(void)unsetenv("KUBERNETES_SERVICE_HOST");
	tap_int(tt_kube_target_in_cluster(&target, dir, &err), TT_ENOTFOUND);
	(void)setenv("KUBERNETES_SERVICE_HOST", "fd00::1", 1);
	(void)setenv("KUBERNETES_SERVICE_PORT", "443", 1);
	(void)unlink(path_of("token"));
	tap_int(tt_kube_target_in_cluster(&target, dir, &err), TT_ENOTFOUND);
	(void)write_file("token", "sesame\n");
	(void)write_file("namespace", "shop\n");
	(void)write_file("ca.crt", "x");
	if (!tap_okf(tt_kube_target_in_cluster(&target, dir, &err) == 0, "%s", err.msg))
		return;
	tap_ok(is(target->server, "https://[fd00::1]:443") && is(target->namespace, "shop"));
	tap_ok(is(target->token, "sesame") && is(target->token_file, path_of("token")));
	tap_ok(is(target->ca_file, path_of("ca.crt")) && is(target->context, "in-cluster"));
	tt_kube_target_free(target);
	(void)unlink(path_of("ca.crt"));
	(void)setenv("POD_NAMESPACE", "pod", 1);
	tap_int(tt_kube_target_in_cluster(&target, dir, &err), 0);
	tap_ok(target->ca_file == NULL && is(target->namespace, "pod"));
	tt_kube_target_free(target);
}

static void cluster_names_fit_the_rule(void)
{
	static const struct {
		const char *context, *name;
	} cases[] = {
		{"prod", "prod"},
		{"kubernetes-admin@kubernetes", "kubernetes-admin-kubernetes"},
		{"arn:aws:eks:eu-west-1:123456789012:cluster/Shop",
			"arn-aws-eks-eu-west-1-123456789012-cluster-shop"},
		{"gke_proj_europe-west1-b_main", "gke-proj-europe-west1-b-main"},
		{"--Äpfel//", "pfel"},
		{"???", "cluster"},
		{"", "cluster"},
		{"a.b-c", "a.b-c"},
		{"this-is-a-very-long-name-of-a-context-that-does-not-fit-into-63-bytes.end",
			"very-long-name-of-a-context-that-does-not-fit-into-63-bytes.end"},
	};
	struct tt_arena arena = {0};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct tt_str name = tt_cluster_name_derive(&arena, cases[i].context);

		tap_str(name, cases[i].name);
		tap_ok(tt_cluster_name_is_valid(name));
	}
	tap_ok(!tt_cluster_name_is_valid(TT_STR("")) && !tt_cluster_name_is_valid(TT_STR("-a")));
	tap_ok(!tt_cluster_name_is_valid(TT_STR("a.")) && !tt_cluster_name_is_valid(TT_STR("A")));
	tap_ok(!tt_cluster_name_is_valid(
		TT_STR("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")));
	tt_arena_release(&arena);
}

int main(void)
{
	if (mkdtemp(dir) == NULL)
		return 1;
	(void)mkdir(path_of("pki"), 0700);
	(void)write_file("pki/ca.crt", "x");
	(void)write_file("pki/admin.key", "x");
	(void)write_file("robot.token", "x");
	tap_test("a_context_gives_cluster_user_and_namespace",
		a_context_gives_cluster_user_and_namespace);
	tap_test("another_context_can_be_named", another_context_can_be_named);
	tap_test("an_exec_plugin_comes_with_all_it_needs", an_exec_plugin_comes_with_all_it_needs);
	tap_test("wrong_files_are_refused_with_their_place",
		wrong_files_are_refused_with_their_place);
	tap_test("no_secret_gets_into_a_message", no_secret_gets_into_a_message);
	tap_test("the_first_of_several_files_wins_per_name",
		the_first_of_several_files_wins_per_name);
	tap_test("the_search_goes_from_path_to_environment_to_home",
		the_search_goes_from_path_to_environment_to_home);
	tap_test("data_wins_over_the_file", data_wins_over_the_file);
	tap_test("inside_a_pod_the_service_account_is_used",
		inside_a_pod_the_service_account_is_used);
	tap_test("cluster_names_fit_the_rule", cluster_names_fit_the_rule);
	char command[64];

	(void)snprintf(command, sizeof(command), "rm -r %s", dir);
	return tap_done() | (system(command) != 0);
}
