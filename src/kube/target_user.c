/* SPDX-License-Identifier: Apache-2.0 */
#include "kube/target_user.h"

#include <string.h>
#include <unistd.h>

#include "conf/yaml.h"
#include "kube/kubeconfig.h"
#include "kube/target.h"

static void take_env(struct tt_fields *f, struct tt_kube_exec *exec)
{
	const struct tt_yaml *list = tt_yaml_get(f->map, "env");

	if (list == NULL || f->failed)
		return;
	if (list->type != TT_YAML_SEQUENCE) {
		tt_fields_fail(f, "env", "env must be a list");
		return;
	}
	exec->env = tt_arena_new(f->arena, struct tt_kube_exec_env, list->n + 1);
	exec->n_env = list->n;
	for (size_t i = 0; i < list->n && !f->failed; i++) {
		struct tt_fields item = *f;

		item.map = list->items[i];
		const char *name = tt_fields_text(&item, "name");
		const char *value = tt_fields_text(&item, "value");

		if (name == NULL)
			tt_fields_fail(&item, "name", "an env entry of an exec plugin has no name");
		else if (strchr(name, '=') != NULL)
			tt_fields_fail(&item, "name", "the name of an env entry holds a =");
		exec->env[i] = (struct tt_kube_exec_env){name, value != NULL ? value : ""};
		f->failed = item.failed;
	}
}

static void take_interactive_mode(struct tt_fields *f, struct tt_kube_exec *exec)
{
	const char *mode = tt_fields_text(f, "interactiveMode");

	if (f->failed)
		return;
	if (mode == NULL && strcmp(exec->api_version, "client.authentication.k8s.io/v1") == 0)
		tt_fields_fail(f, "interactiveMode",
			"interactiveMode must be given: Never, IfAvailable or Always");
	else if (mode == NULL || strcmp(mode, "IfAvailable") == 0)
		exec->interactive_mode = TT_EXEC_IF_AVAILABLE;
	else if (strcmp(mode, "Never") == 0)
		exec->interactive_mode = TT_EXEC_NEVER;
	else if (strcmp(mode, "Always") == 0)
		exec->interactive_mode = TT_EXEC_ALWAYS;
	else
		tt_fields_fail(f, "interactiveMode",
			"interactiveMode is \"%s\", but must be Never, IfAvailable or Always",
			mode);
}

static void take_api_version(struct tt_fields *f, struct tt_kube_exec *exec)
{
	exec->api_version = tt_fields_text(f, "apiVersion");
	if (f->failed)
		return;
	if (exec->api_version == NULL)
		tt_fields_fail(f, "apiVersion", "the exec plugin has no apiVersion");
	else if (strcmp(exec->api_version, "client.authentication.k8s.io/v1") != 0 &&
		 strcmp(exec->api_version, "client.authentication.k8s.io/v1beta1") != 0)
		tt_fields_fail(f, "apiVersion",
			"apiVersion \"%s\" is not supported for an exec plugin, only "
			"client.authentication.k8s.io/v1 and v1beta1",
			exec->api_version);
}

/* A command with a slash is relative to the kubeconfig, one without is looked for in PATH. */
static void take_command(struct tt_fields *f, struct tt_kube_exec *exec)
{
	exec->command = tt_fields_text(f, "command");
	if (!f->failed && exec->command == NULL)
		tt_fields_fail(f, "command", "the exec plugin has no command");
	else if (!f->failed && strchr(exec->command, '/') != NULL)
		exec->command = tt_fields_path(f, "command");
}

static void take_exec(struct tt_fields *user, struct tt_kube_target *target)
{
	struct tt_fields f = *user;
	const struct tt_yaml *node = tt_yaml_get(user->map, "exec");

	if (node == NULL || user->failed)
		return;
	if (node->type != TT_YAML_MAPPING) {
		tt_fields_fail(user, "exec", "exec must be a mapping");
		return;
	}
	struct tt_kube_exec *exec = tt_arena_new(f.arena, struct tt_kube_exec, 1);

	f.map = node;
	take_command(&f, exec);
	take_api_version(&f, exec);
	take_interactive_mode(&f, exec);
	take_env(&f, exec);
	exec->args = tt_fields_texts(&f, "args", &exec->n_args);
	exec->install_hint = tt_fields_text(&f, "installHint");
	exec->provide_cluster_info = tt_fields_bool(&f, "provideClusterInfo");
	user->failed = f.failed;
	target->exec = exec;
}

static void take_extra(struct tt_fields *f, struct tt_kube_target *target)
{
	const struct tt_yaml *map = tt_yaml_get(f->map, "as-user-extra");
	struct tt_fields extra = *f;
	size_t n = 0;

	if (map == NULL || f->failed)
		return;
	if (map->type != TT_YAML_MAPPING) {
		tt_fields_fail(f, "as-user-extra", "as-user-extra must be a mapping of lists");
		return;
	}
	for (size_t i = 0; i < map->n; i++)
		n += map->items[i]->n;
	target->impersonate_extra = tt_arena_new(f->arena, struct tt_kube_extra, n + 1);
	extra.map = map;
	for (size_t i = 0; i < map->n && !extra.failed; i++) {
		const char *key = tt_str_cstr(f->arena, tt_yaml_text(map->keys[i]));
		size_t n_values;
		const char **values = tt_fields_texts(&extra, key, &n_values);

		for (size_t k = 0; k < n_values; k++)
			target->impersonate_extra[target->n_impersonate_extra++] =
				(struct tt_kube_extra){key, values[k]};
	}
	f->failed = extra.failed;
}

static void take_impersonation(struct tt_fields *f, struct tt_kube_target *target)
{
	target->impersonate_user = tt_fields_text(f, "as");
	target->impersonate_uid = tt_fields_text(f, "as-uid");
	target->impersonate_groups = tt_fields_texts(f, "as-groups", &target->n_impersonate_groups);
	take_extra(f, target);
	if (target->impersonate_user == NULL &&
		(target->impersonate_uid != NULL || target->n_impersonate_groups > 0 ||
			target->n_impersonate_extra > 0))
		tt_fields_fail(f,
			target->impersonate_uid != NULL    ? "as-uid"
			: target->n_impersonate_groups > 0 ? "as-groups"
							   : "as-user-extra",
			"impersonation of a uid, groups or extra needs a user in \"as\"");
}

/* Data wins over the file of the same name. */
static void take_certificate(struct tt_fields *f, struct tt_kube_target *target)
{
	target->cert_pem = tt_fields_pem(f, "client-certificate-data", "CERTIFICATE");
	target->key_pem = tt_fields_pem(f, "client-key-data", "PRIVATE KEY");
	if (target->cert_pem == NULL)
		target->cert_file = tt_fields_path(f, "client-certificate");
	if (target->key_pem == NULL)
		target->key_file = tt_fields_path(f, "client-key");
	bool cert = target->cert_pem != NULL || target->cert_file != NULL;
	bool key = target->key_pem != NULL || target->key_file != NULL;

	if (cert && !key)
		tt_fields_fail(f,
			target->cert_pem != NULL ? "client-certificate-data" : "client-certificate",
			"there is a client certificate, but no client-key or client-key-data");
	if (!cert) /* a key alone is passed over, as client-go does */
		target->key_pem = target->key_file = NULL;
	if (target->cert_file != NULL && access(target->cert_file, R_OK) != 0)
		tt_fields_fail(f, "client-certificate", "cannot read %s", target->cert_file);
	if (target->key_file != NULL && access(target->key_file, R_OK) != 0)
		tt_fields_fail(f, "client-key", "cannot read %s", target->key_file);
}

static void check_methods(
	struct tt_fields *f, const struct tt_kube_target *target, const char *name)
{
	bool token = target->token != NULL || target->token_file != NULL;
	bool basic = target->username != NULL || target->password != NULL;

	if (token && basic)
		tt_fields_fail(f, target->username != NULL ? "username" : "password",
			"user \"%s\" has more than one authentication method: a token, and a "
			"username with password",
			name);
	if (tt_yaml_get(f->map, "auth-provider") == NULL)
		return;
	tt_fields_fail(f, "auth-provider",
		target->exec != NULL
			? "user \"%s\" has both auth-provider and exec"
			: "auth-provider of user \"%s\" is not supported; use an exec plugin",
		name);
}

int tt_target_take_user(struct tt_kube_target *target, const struct tt_kubeconfig_entry *user,
	const char *name, struct tt_err *err)
{
	struct tt_fields f = {user->file, user->body, &target->arena, err, false};

	if (user->body == NULL)
		return 0;
	take_certificate(&f, target);
	target->token = tt_fields_text(&f, "token");
	target->token_file = tt_fields_path(&f, "tokenFile");
	target->username = tt_fields_text(&f, "username");
	target->password = tt_fields_text(&f, "password");
	take_exec(&f, target);
	if (!f.failed)
		check_methods(&f, target, name);
	if (!f.failed && target->token == NULL && target->token_file != NULL &&
		access(target->token_file, R_OK) != 0)
		tt_fields_fail(&f, "tokenFile", "cannot read %s", target->token_file);
	take_impersonation(&f, target);
	return f.failed ? TT_EINVAL : 0;
}
