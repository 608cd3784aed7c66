/* SPDX-License-Identifier: Apache-2.0 */
#include "telltaled/config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "conf/units.h"
#include "conf/yaml.h"
#include "kube/target.h"
#include "store/data_dir.h"

enum { CONFIG_MAX_BYTES = 1 << 20 };

static const char *const log_levels[] = {"debug", "info", "warn", "error", NULL};
static const char *const log_formats[] = {"logfmt", "json", NULL};

#define AT(type, member) .offset = offsetof(struct type, member)

static const struct tt_option retention_options[] = {
	{.name = "age",
		.type = TT_OPTION_DURATION,
		AT(tt_retention_config, age_us),
		.fallback = "30d",
		.help = "Events older than this are dropped; 0 keeps them for ever"},
	{.name = "size",
		.type = TT_OPTION_SIZE,
		AT(tt_retention_config, size_bytes),
		.fallback = "20GiB",
		.help = "The oldest events are dropped when the log is larger than this; 0: no "
			"limit"},
	{0},
};

static const struct tt_option log_options[] = {
	{.name = "level",
		.type = TT_OPTION_CHOICE,
		AT(tt_log_config, level),
		.fallback = "info",
		.choices = log_levels,
		.help = "The least important messages that are logged"},
	{.name = "format",
		.type = TT_OPTION_CHOICE,
		AT(tt_log_config, format),
		.fallback = "logfmt",
		.choices = log_formats,
		.help = "The form of a line of the log"},
	{0},
};

static const struct tt_option cluster_options[] = {
	{.name = "name",
		.type = TT_OPTION_TEXT,
		AT(tt_cluster_config, name),
		.help = "Name of the cluster; derived from the context if not given"},
	{.name = "kubeconfig",
		.type = TT_OPTION_TEXT,
		AT(tt_cluster_config, kubeconfig),
		.help = "File with the credentials; the service account of the pod if there is one "
			"and "
			"this is not given, else $KUBECONFIG or ~/.kube/config"},
	{.name = "context",
		.type = TT_OPTION_TEXT,
		AT(tt_cluster_config, context),
		.help = "Context of the kubeconfig; its current-context if not given"},
	{.name = "namespaces",
		.type = TT_OPTION_TEXTS,
		AT(tt_cluster_config, namespaces),
		.help = "Namespaces to collect from; all of them if not given"},
	{.name = "eventTTL",
		.type = TT_OPTION_DURATION,
		AT(tt_cluster_config, event_ttl_us),
		.fallback = "1h",
		.help = "The --event-ttl of the API server, from which it is judged whether a time "
			"without connection may have lost events; of a hosted cluster how long an "
			"event can be changed after it was written last"},
	{.name = "watchSeconds",
		.type = TT_OPTION_INT,
		AT(tt_cluster_config, watch_seconds),
		.fallback = "0",
		.min = 0,
		.max = 3600,
		.help = "Length of a watch in seconds; 0 means a random one from 120 to 150"},
	{.name = "hosted",
		.type = TT_OPTION_BOOL,
		AT(tt_cluster_config, hosted),
		.fallback = "false",
		.help = "Events are posted to telltaled; no API server is watched"},
	{0},
};

const struct tt_option tt_config_options[] = {
	{.name = "data",
		.type = TT_OPTION_TEXT,
		AT(tt_config, data),
		.help = "Directory of the log; made if absent. /var/lib/telltale for root, else "
			"$XDG_STATE_HOME/telltale"},
	{.name = "listen",
		.type = TT_OPTION_ADDRESS,
		AT(tt_config, listen),
		.fallback = "127.0.0.1:7447",
		.help = "Address of the API; beyond loopback only with authentication and "
			"authorization"},
	{.name = "healthListen",
		.type = TT_OPTION_ADDRESS,
		AT(tt_config, health_listen),
		.help = "Address, of any interface, that answers /livez, /readyz, /metrics and "
			"/version and nothing else"},
	{.name = "retention",
		.type = TT_OPTION_STRUCT,
		AT(tt_config, retention),
		.members = retention_options,
		.member_size = sizeof(struct tt_retention_config),
		.help = "How long events are kept"},
	{.name = "log",
		.type = TT_OPTION_STRUCT,
		AT(tt_config, log),
		.members = log_options,
		.member_size = sizeof(struct tt_log_config),
		.help = "The daemon's own log, on stderr"},
	{.name = "tls",
		.type = TT_OPTION_STRUCT,
		AT(tt_config, access.tls),
		.members = tt_tls_options,
		.member_size = sizeof(struct tt_tls_config),
		.help = "TLS of the API, which it speaks if a certificate or any authentication "
			"is configured"},
	{.name = "authentication",
		.type = TT_OPTION_STRUCT,
		AT(tt_config, access.authentication),
		.members = tt_authentication_options,
		.member_size = sizeof(struct tt_authentication_config),
		.help = "How it is known who asks, beside client certificates; without any of "
			"these everybody who reaches a loopback address may do everything"},
	{.name = "authorization",
		.type = TT_OPTION_STRUCT,
		AT(tt_config, access.authorization),
		.members = tt_authorization_options,
		.member_size = sizeof(struct tt_authorization_config),
		.help = "How it is known what he may; what neither of them allows is not allowed"},
	{.name = "clusters",
		.type = TT_OPTION_STRUCTS,
		AT(tt_config, clusters),
		.members = cluster_options,
		.member_size = sizeof(struct tt_cluster_config),
		.help = "The clusters; the first is the default one"},
	{0},
};

const struct tt_option tt_flag_options[] = {
	{.name = "config",
		.type = TT_OPTION_TEXT,
		AT(tt_flags, config),
		.flag = "c,config",
		.metavar = "FILE",
		.help = "Read the configuration from FILE"},
	{.name = "check",
		.type = TT_OPTION_BOOL,
		AT(tt_flags, check),
		.flag = "check",
		.help = "Check the configuration, print what would be in effect, and exit"},
	{.name = "data",
		.type = TT_OPTION_TEXT,
		AT(tt_flags, data),
		.flag = "data",
		.metavar = "DIR",
		.help = "Directory of the log"},
	{.name = "listen",
		.type = TT_OPTION_ADDRESS,
		AT(tt_flags, listen),
		.flag = "listen",
		.metavar = "ADDR:PORT",
		.help = "Address of the API; beyond loopback only with authentication and "
			"authorization"},
	{.name = "kubeconfig",
		.type = TT_OPTION_TEXT,
		AT(tt_flags, kubeconfig),
		.flag = "kubeconfig",
		.metavar = "FILE",
		.help = "Collect from the API server that this kubeconfig names"},
	{.name = "context",
		.type = TT_OPTION_TEXT,
		AT(tt_flags, context),
		.flag = "context",
		.metavar = "NAME",
		.help = "Context of the kubeconfig, instead of its current one"},
	{.name = "cluster",
		.type = TT_OPTION_TEXT,
		AT(tt_flags, cluster),
		.flag = "cluster",
		.metavar = "NAME",
		.help = "Name of the cluster that is collected"},
	{.name = "hosted",
		.type = TT_OPTION_TEXTS,
		AT(tt_flags, hosted),
		.flag = "hosted",
		.metavar = "NAME",
		.help = "Add a cluster whose events are posted to telltaled"},
	{.name = "run",
		.type = TT_OPTION_BOOL,
		AT(tt_flags, run),
		.flag = "run",
		.help = "Try telltale: collect from the current kubeconfig if its server answers, "
			"else "
			"replay --sample; print events as they arrive"},
	{.name = "sample",
		.type = TT_OPTION_TEXT,
		AT(tt_flags, sample),
		.flag = "sample",
		.metavar = "FILE",
		.help = "The recording that --run replays"},
	{.name = "man",
		.type = TT_OPTION_BOOL,
		AT(tt_flags, man),
		.flag = "man",
		.help = "Print the manual page as roff"},
	{.name = "version",
		.type = TT_OPTION_BOOL,
		AT(tt_flags, version),
		.flag = "version",
		.help = "Print the version"},
	{.name = "help",
		.type = TT_OPTION_BOOL,
		AT(tt_flags, help),
		.flag = "h,help",
		.help = "Print this help"},
	{0},
};

static int read_file(
	const char *path, struct tt_str *ret, struct tt_arena *arena, struct tt_err *err)
{
	FILE *f = fopen(path, "re");
	struct tt_buf text;

	if (f == NULL)
		return tt_fail(err, TT_EINVAL, "%s: %s", path, strerror(errno));
	tt_buf_init(&text, CONFIG_MAX_BYTES);
	for (;;) {
		char *to = tt_buf_reserve(&text, 4096);
		size_t n = to != NULL ? fread(to, 1, 4096, f) : 0;

		if (n == 0)
			break;
		text.len += n;
	}
	int rc = 0;

	if (text.failed)
		rc = tt_fail(err, TT_EINVAL, "%s: larger than 1 MiB", path);
	else if (ferror(f))
		rc = tt_fail(err, TT_EINVAL, "%s: cannot be read", path);
	else
		*ret = tt_str_dup(arena, tt_buf_view(&text));
	tt_buf_release(&text);
	(void)fclose(f);
	return rc;
}

static int load_file(
	struct tt_config *config, const char *path, struct tt_arena *arena, struct tt_err *err)
{
	struct tt_yaml *root;
	struct tt_str text;
	int rc = read_file(path, &text, arena, err);

	if (rc == 0)
		rc = tt_yaml_parse(&root, text, path, arena, err);
	if (rc == 0 && root != NULL)
		rc = tt_options_from_yaml(tt_config_options, config, root, path, arena, err);
	return rc;
}

/* One more cluster at the end, with the fallbacks of its options. */
static struct tt_cluster_config *add_cluster(struct tt_config *config, struct tt_arena *arena)
{
	size_t n = config->clusters.n;
	struct tt_cluster_config *items = tt_arena_new(arena, struct tt_cluster_config, n + 1);

	if (n > 0)
		memcpy(items, config->clusters.items, n * sizeof(*items));
	tt_options_init(cluster_options, &items[n], arena);
	config->clusters = (struct tt_structs){items, n + 1};
	return &items[n];
}

static void apply_flags(
	struct tt_config *config, const struct tt_flags *flags, struct tt_arena *arena)
{
	if (flags->data != NULL)
		config->data = flags->data;
	if (flags->listen != NULL)
		config->listen = flags->listen;
	if (config->data == NULL)
		config->data = tt_data_dir_default(arena);
	if (flags->kubeconfig != NULL || flags->context != NULL || flags->cluster != NULL) {
		struct tt_cluster_config *c = add_cluster(config, arena);

		c->kubeconfig = flags->kubeconfig;
		c->context = flags->context;
		c->name = flags->cluster;
	}
	for (size_t i = 0; i < flags->hosted.n; i++) {
		struct tt_cluster_config *c = add_cluster(config, arena);

		c->name = flags->hosted.items[i];
		c->hosted = true;
	}
}

/* Without any word about clusters: the pod's own, else the current kubeconfig. */
static void default_cluster(
	struct tt_config *config, const struct tt_flags *flags, struct tt_arena *arena)
{
	if (config->clusters.n == 0 && !flags->run)
		(void)add_cluster(config, arena);
}

static int name_cluster(struct tt_cluster_config *c, struct tt_arena *arena, struct tt_err *err)
{
	if (c->hosted && (c->kubeconfig != NULL || c->context != NULL))
		return tt_fail(err, TT_EINVAL, "a hosted cluster has no kubeconfig");
	if (c->hosted && c->name == NULL)
		return tt_fail(err, TT_EINVAL, "a hosted cluster needs a name");
	if (!c->hosted && c->kubeconfig == NULL && c->context == NULL)
		c->in_cluster = getenv("KUBERNETES_SERVICE_HOST") != NULL;
	if (c->name == NULL && c->in_cluster)
		c->name = "cluster";
	if (c->name == NULL) {
		struct tt_kube_target *target;
		int rc = tt_kube_target_load(&target, c->kubeconfig, c->context, err);

		if (rc != 0)
			return rc;
		c->name = tt_cluster_name_derive(arena, target->context).data;
		tt_kube_target_free(target);
	}
	if (!tt_cluster_name_is_valid(tt_str_from(c->name)))
		return tt_fail(err, TT_EINVAL,
			"\"%s\" is not a cluster name: use lower-case letters, digits, - and . "
			"and begin and end with a letter or digit",
			c->name);
	return 0;
}

static int name_clusters(struct tt_config *config, struct tt_arena *arena, struct tt_err *err)
{
	for (size_t i = 0; i < config->clusters.n; i++) {
		int rc = name_cluster(tt_config_cluster(config, i), arena, err);

		if (rc != 0)
			return rc;
		for (size_t k = 0; k < i; k++)
			if (strcmp(tt_config_cluster(config, k)->name,
				    tt_config_cluster(config, i)->name) == 0)
				return tt_fail(err, TT_EINVAL, "two clusters are called \"%s\"",
					tt_config_cluster(config, i)->name);
	}
	return 0;
}

static bool has_collected(const struct tt_config *config)
{
	for (size_t i = 0; i < config->clusters.n; i++)
		if (!tt_config_cluster(config, i)->hosted)
			return true;
	return false;
}

int tt_config_load(struct tt_config *ret, const struct tt_flags *flags, struct tt_arena *arena,
	struct tt_err *err)
{
	int rc = 0;

	*ret = (struct tt_config){0};
	tt_options_init(tt_config_options, ret, arena);
	if (flags->config != NULL)
		rc = load_file(ret, flags->config, arena, err);
	if (rc != 0)
		return rc;
	apply_flags(ret, flags, arena);
	default_cluster(ret, flags, arena);
	rc = name_clusters(ret, arena, err);
	return rc == 0 ? tt_access_check(&ret->access, ret->listen, has_collected(ret), err) : rc;
}

int tt_cluster_config_target(
	const struct tt_cluster_config *cluster, struct tt_kube_target **ret, struct tt_err *err)
{
	*ret = NULL;
	if (cluster->hosted)
		return 0;
	if (cluster->in_cluster)
		return tt_kube_target_in_cluster(ret, NULL, err);
	return tt_kube_target_load(ret, cluster->kubeconfig, cluster->context, err);
}
