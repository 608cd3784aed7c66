/* SPDX-License-Identifier: Apache-2.0 */
/* config.h - what telltaled is told: by flags, by the configuration file, by defaults. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/log.h"
#include "conf/options.h"
#include "telltaled/access_config.h"

struct tt_retention_config {
	int64_t age_us;
	uint64_t size_bytes;
};

struct tt_log_config {
	int level, format; /* indices of their choices */
};

struct tt_cluster_config {
	const char *name;
	const char *kubeconfig, *context;
	bool in_cluster, hosted;
	struct tt_texts namespaces;
	int64_t event_ttl_us;
	int64_t watch_seconds;
};

/* The configuration file. */
struct tt_config {
	const char *data, *listen, *health_listen;
	struct tt_retention_config retention;
	struct tt_log_config log;
	struct tt_access_config access;
	struct tt_structs clusters; /* of struct tt_cluster_config */
};

/* The command line. */
struct tt_flags {
	const char *config, *data, *listen, *kubeconfig, *context, *cluster, *sample;
	struct tt_texts hosted;
	bool check, run, man, version, help;
};

extern const struct tt_option tt_config_options[];
extern const struct tt_option tt_flag_options[];

enum { TT_LOG_FORMAT_LOGFMT, TT_LOG_FORMAT_JSON };

/* The effective configuration: the file named by the flags, if any, then the flags over it. Every
 * collected cluster has a name afterwards, and names are valid and differ. Texts go into
 * `arena`. */
int tt_config_load(struct tt_config *ret, const struct tt_flags *flags, struct tt_arena *arena,
	struct tt_err *err);

struct tt_kube_target;

/* The API server of a collected cluster, which the caller frees; NULL of a hosted one. */
int tt_cluster_config_target(
	const struct tt_cluster_config *cluster, struct tt_kube_target **ret, struct tt_err *err);

/* The clusters of `config`. */
static inline struct tt_cluster_config *tt_config_cluster(const struct tt_config *config, size_t i)
{
	return (struct tt_cluster_config *)config->clusters.items + i;
}
