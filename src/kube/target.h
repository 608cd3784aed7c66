/* SPDX-License-Identifier: Apache-2.0 */
/* target.h - which API server to talk to, and as whom: from kubeconfig files or from inside a
 * pod, by client-go's rules (reference: k8s.io/client-go tools/clientcmd and rest). */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

struct tt_kube_exec_env {
	const char *name, *value;
};

/* An exec credential plugin, as the kubeconfig gives it. */
struct tt_kube_exec {
	const char *command; /* absolute, relative to the kubeconfig already resolved, or in PATH */
	const char **args;
	size_t n_args;
	struct tt_kube_exec_env *env;
	size_t n_env;
	const char *api_version;
	const char *install_hint;
	bool provide_cluster_info;
	enum { TT_EXEC_IF_AVAILABLE, TT_EXEC_NEVER, TT_EXEC_ALWAYS } interactive_mode;
	const char *cluster_config; /* JSON of the cluster extension
				       client.authentication.k8s.io/exec, or NULL */
};

struct tt_kube_extra {
	const char *key, *value;
};

/* Everything about one cluster and user. Immutable once made; all text is in `arena`. Holds
 * secrets: never printed. */
struct tt_kube_target {
	struct tt_arena arena;
	const char *context;   /* name of the context, "in-cluster" inside a pod */
	const char *cluster;   /* name of the kubeconfig's cluster entry */
	const char *server;    /* URL, with a path prefix if given, without a final slash */
	const char *namespace; /* of the context, "default" if none */
	const char *ca_pem, *ca_file;
	bool insecure_skip_verify, disable_compression;
	const char *tls_server_name, *proxy_url;
	const char *cert_pem, *cert_file, *key_pem, *key_file;
	const char *token, *token_file; /* the file is re-read and wins while readable */
	const char *username, *password;
	struct tt_kube_exec *exec; /* NULL: none */
	const char *impersonate_user, *impersonate_uid;
	const char **impersonate_groups;
	size_t n_impersonate_groups;
	struct tt_kube_extra *impersonate_extra;
	size_t n_impersonate_extra;
};

/* The target of `context` (NULL: current-context) from `path`; NULL: $KUBECONFIG (a list of
 * files, merged), else ~/.kube/config. TT_ENOTFOUND if no file is there; TT_EINVAL with file,
 * line and a sentence for all else. */
int tt_kube_target_load(
	struct tt_kube_target **ret, const char *path, const char *context, struct tt_err *err);

/* The target of the pod this runs in; TT_ENOTFOUND if it runs in none. `root` replaces
 * /var/run/secrets/kubernetes.io/serviceaccount in tests; NULL: that. */
int tt_kube_target_in_cluster(struct tt_kube_target **ret, const char *root, struct tt_err *err);

/* NULL is allowed. */
void tt_kube_target_free(struct tt_kube_target *target);

/* A cluster name that fits [a-z0-9]([-a-z0-9.]*[a-z0-9])? (at most 63 bytes), derived from a
 * context's name; "cluster" if nothing is left of it. And whether an explicit name fits. */
struct tt_str tt_cluster_name_derive(struct tt_arena *arena, const char *context);
bool tt_cluster_name_is_valid(struct tt_str name);
