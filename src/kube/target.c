/* SPDX-License-Identifier: Apache-2.0 */
#include "kube/target.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "conf/yaml.h"
#include "conf/yaml_json.h"
#include "kube/file.h"
#include "kube/kubeconfig.h"
#include "kube/target_user.h"

enum { MAX_SERVICE_FILE_BYTES = 1 << 18 };

static struct tt_kube_target *target_new(void)
{
	struct tt_kube_target *target = tt_calloc(1, sizeof(*target));

	tt_arena_init(&target->arena);
	return target;
}

void tt_kube_target_free(struct tt_kube_target *target)
{
	if (target == NULL)
		return;
	tt_arena_release(&target->arena);
	tt_free(target);
}

static bool has_scheme(struct tt_str url, const char *scheme)
{
	struct tt_str prefix = tt_str_from(scheme);

	return url.len > prefix.len &&
	       strncasecmp(url.data, prefix.data, prefix.len) == 0; /* with its "://" */
}

/* Whether `url` is one that requests can be made of: no blanks, query or fragment, and a host. */
static bool is_server_url(struct tt_str url)
{
	size_t scheme = has_scheme(url, "https://") ? 8 : has_scheme(url, "http://") ? 7 : 0;

	if (scheme == 0 || url.data[scheme] == '/' || url.data[scheme] == ':')
		return false;
	for (size_t i = 0; i < url.len; i++)
		if ((unsigned char)url.data[i] <= ' ' || url.data[i] == 0x7f ||
			strchr("?#@\\\"", url.data[i]) != NULL)
			return false;
	return true;
}

/* A server without a scheme speaks TLS if anything is said about TLS, as in client-go. */
static void take_server(struct tt_fields *f, struct tt_kube_target *target)
{
	struct tt_str url = tt_str_from(tt_fields_text(f, "server"));
	bool tls = target->ca_pem != NULL || target->ca_file != NULL ||
		   target->insecure_skip_verify;

	if (f->failed)
		return;
	if (url.len == 0) {
		tt_fields_fail(f, "server", "cluster \"%s\" has no server", target->cluster);
		return;
	}
	if (tt_str_find(url, TT_STR("://")) < 0)
		url = tt_str_printf(f->arena, "%s://%.*s", tls ? "https" : "http", TT_STR_ARG(url));
	while (url.len > 0 && url.data[url.len - 1] == '/')
		url.len--;
	if (!is_server_url(url))
		tt_fields_fail(f, "server",
			"server must be a URL such as https://host:6443, but is \"%.*s\"",
			TT_STR_ARG(url));
	target->server = tt_str_cstr(f->arena, url);
}

static void take_proxy(struct tt_fields *f, struct tt_kube_target *target)
{
	target->proxy_url = tt_fields_text(f, "proxy-url");
	if (target->proxy_url == NULL)
		return;
	struct tt_str url = tt_str_from(target->proxy_url);

	if (!has_scheme(url, "http://") && !has_scheme(url, "https://") &&
		!has_scheme(url, "socks5://"))
		tt_fields_fail(
			f, "proxy-url", "proxy-url must begin with http://, https:// or socks5://");
}

static void take_ca(struct tt_fields *f, struct tt_kube_target *target)
{
	const char *key = "certificate-authority-data";

	target->insecure_skip_verify = tt_fields_bool(f, "insecure-skip-tls-verify");
	target->ca_pem = tt_fields_pem(f, key, "CERTIFICATE");
	if (target->ca_pem == NULL) {
		key = "certificate-authority";
		target->ca_file = tt_fields_path(f, key);
	}
	if (target->ca_pem == NULL && target->ca_file == NULL)
		return;
	if (target->insecure_skip_verify)
		tt_fields_fail(
			f, key, "%s cannot be given together with insecure-skip-tls-verify", key);
	if (target->ca_file != NULL && access(target->ca_file, R_OK) != 0)
		tt_fields_fail(f, key, "cannot read %s", target->ca_file);
}

/* What the extension client.authentication.k8s.io/exec holds is handed to the plugin as JSON. */
static const char *exec_config(const struct tt_fields *f)
{
	const struct tt_yaml *list = tt_yaml_get(f->map, "extensions");

	for (size_t i = 0; list != NULL && list->type == TT_YAML_SEQUENCE && i < list->n; i++) {
		const struct tt_yaml *item = list->items[i];

		if (tt_str_is(tt_yaml_text(tt_yaml_get(item, "name")),
			    "client.authentication.k8s.io/exec"))
			return tt_yaml_to_json(tt_yaml_get(item, "extension"), f->arena);
	}
	return NULL;
}

static int take_cluster(struct tt_kube_target *target, const struct tt_kubeconfig_entry *cluster,
	struct tt_err *err)
{
	struct tt_fields f = {cluster->file, cluster->body, &target->arena, err, false};

	if (cluster->body == NULL)
		return tt_kubeconfig_fail(err, cluster->file, cluster->item,
			"cluster \"%s\" has no server", target->cluster);
	take_ca(&f, target);
	take_server(&f, target);
	take_proxy(&f, target);
	target->tls_server_name = tt_fields_text(&f, "tls-server-name");
	target->disable_compression = tt_fields_bool(&f, "disable-compression");
	if (target->exec != NULL && !f.failed)
		target->exec->cluster_config = exec_config(&f);
	return f.failed ? TT_EINVAL : 0;
}

/* Finds the context, which names the cluster and the user. */
static int find_context(const struct tt_kubeconfig *config, struct tt_kube_target *target,
	const char *name, struct tt_kubeconfig_entry *ret, struct tt_err *err)
{
	struct tt_arena *arena = &target->arena;
	struct tt_str wanted = tt_str_from(name);
	struct tt_str known = tt_kubeconfig_context_names(config, arena);
	struct tt_kubeconfig_entry current = {&config->files[0], NULL, NULL};

	if (name == NULL) {
		if (!tt_kubeconfig_current_context(config, &current))
			return tt_kubeconfig_fail(err, &config->files[0], NULL,
				"no current-context is set, and no context was named (there are: "
				"%.*s)",
				TT_STR_ARG(known));
		wanted = tt_yaml_text(current.body);
	}
	if (!tt_kubeconfig_find(config, "contexts", "context", wanted, ret))
		return tt_kubeconfig_fail(err, current.file, current.body,
			"there is no context \"%.*s\" (there are: %.*s)", TT_STR_ARG(wanted),
			TT_STR_ARG(known));
	target->context = tt_str_cstr(arena, wanted);
	return 0;
}

static int take_context(const struct tt_kubeconfig *config, struct tt_kube_target *target,
	const char *name, struct tt_err *err)
{
	struct tt_kubeconfig_entry context = {0}, cluster = {0}, user = {0};
	int rc = find_context(config, target, name, &context, err);

	if (rc < 0)
		return rc;
	struct tt_fields f = {context.file, context.body, &target->arena, err, false};
	const char *user_name = tt_fields_text(&f, "user");

	target->cluster = tt_fields_text(&f, "cluster");
	target->namespace = tt_fields_text(&f, "namespace");
	if (target->namespace == NULL)
		target->namespace = "default";
	if (f.failed)
		return TT_EINVAL;
	if (target->cluster == NULL)
		return tt_kubeconfig_fail(err, context.file, context.item,
			"context \"%s\" names no cluster", target->context);
	if (!tt_kubeconfig_find(
		    config, "clusters", "cluster", tt_str_from(target->cluster), &cluster))
		return tt_kubeconfig_fail(err, context.file, tt_yaml_get(context.body, "cluster"),
			"context \"%s\" names cluster \"%s\", which does not exist",
			target->context, target->cluster);
	if (user_name != NULL &&
		!tt_kubeconfig_find(config, "users", "user", tt_str_from(user_name), &user))
		return tt_kubeconfig_fail(err, context.file, tt_yaml_get(context.body, "user"),
			"context \"%s\" names user \"%s\", who does not exist", target->context,
			user_name);
	if (user_name != NULL && (rc = tt_target_take_user(target, &user, user_name, err)) < 0)
		return rc;
	return take_cluster(target, &cluster, err);
}

int tt_kube_target_load(
	struct tt_kube_target **ret, const char *path, const char *context, struct tt_err *err)
{
	struct tt_kube_target *target = target_new();
	struct tt_arena scratch;
	struct tt_kubeconfig config;
	int rc;

	*ret = NULL;
	tt_arena_init(&scratch);
	rc = tt_kubeconfig_read(&config, path, &scratch, err);
	if (rc == 0)
		rc = take_context(&config, target, context, err);
	tt_arena_release(&scratch);
	if (rc < 0) {
		tt_kube_target_free(target);
		return rc;
	}
	*ret = target;
	return 0;
}

/* The trimmed content of a file of the service account; empty if it cannot be read. */
static struct tt_str service_file(struct tt_arena *arena, const char *path)
{
	struct tt_str text;

	if (tt_file_read(path, MAX_SERVICE_FILE_BYTES, arena, &text, NULL) < 0)
		return (struct tt_str){0};
	return tt_str_trim(text);
}

static const char *pod_namespace(struct tt_arena *arena, const char *root)
{
	const char *given = getenv("POD_NAMESPACE");

	if (given != NULL && given[0] != '\0')
		return tt_str_cstr(arena, tt_str_from(given));
	struct tt_str text = service_file(arena, tt_str_printf(arena, "%s/namespace", root).data);

	return text.len > 0 ? tt_str_cstr(arena, text) : "default";
}

int tt_kube_target_in_cluster(struct tt_kube_target **ret, const char *root, struct tt_err *err)
{
	const char *host = getenv("KUBERNETES_SERVICE_HOST");
	const char *port = getenv("KUBERNETES_SERVICE_PORT");

	*ret = NULL;
	if (root == NULL)
		root = "/var/run/secrets/kubernetes.io/serviceaccount";
	if (host == NULL || host[0] == '\0' || port == NULL || port[0] == '\0')
		return tt_fail(err, TT_ENOTFOUND,
			"not inside a pod: KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT are "
			"not set");
	struct tt_kube_target *target = target_new();
	struct tt_arena *arena = &target->arena;
	bool v6 = strchr(host, ':') != NULL;
	struct tt_str token;

	target->context = "in-cluster";
	target->cluster = "in-cluster";
	target->server = tt_str_printf(arena, v6 ? "https://[%s]:%s" : "https://%s:%s", host, port)
				 .data;
	target->token_file = tt_str_printf(arena, "%s/token", root).data;
	token = service_file(arena, target->token_file);
	if (token.len == 0) {
		int rc = tt_fail(err, TT_ENOTFOUND,
			"inside a pod, but the service account's token %s cannot be read",
			target->token_file);

		tt_kube_target_free(target);
		return rc;
	}
	target->token = tt_str_cstr(arena, token);
	target->ca_file = tt_str_printf(arena, "%s/ca.crt", root).data;
	if (access(target->ca_file, R_OK) != 0)
		target->ca_file = NULL; /* the system's roots, as client-go does */
	target->namespace = pod_namespace(arena, root);
	*ret = target;
	return 0;
}
