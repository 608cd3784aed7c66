/* SPDX-License-Identifier: Apache-2.0 */
#include "telltaled/access.h"

#include "base/arena.h"
#include "base/clock.h"
#include "base/mem.h"
#include "kube/target.h"
#include "serve/auth/auth.h"
#include "telltaled/config.h"

int tt_access_start_auth(const struct tt_config *config, struct tt_auth **ret,
	const struct tt_log *log, struct tt_err *err)
{
	struct tt_arena arena = {0};
	struct tt_auth_options options = {
		.token_file = config->access.authentication.token_file,
		.rules_file = config->access.authorization.rules,
		.namespaces_file = tt_str_printf(&arena, "%s/namespaces", config->data).data,
		.client_certificates = config->access.tls.client_ca != NULL,
		.token_review = config->access.authentication.token_review,
		.subject_access_review = config->access.authorization.subject_access_review,
		.clock = &tt_clock_system,
		.log = log,
	};
	int rc = 0;

	*ret = NULL;
	if (tt_access_is_authenticated(&config->access))
		rc = tt_auth_new(ret, &options, err);
	tt_arena_release(&arena);
	return rc;
}

int tt_access_set_clusters(struct tt_auth *auth, const struct tt_config *config, struct tt_err *err)
{
	struct tt_auth_cluster *clusters;
	size_t n = 0;
	int rc = 0;

	if (auth == NULL)
		return 0;
	clusters = tt_calloc(config->clusters.n, sizeof(*clusters));
	for (; rc == 0 && n < config->clusters.n; n++) {
		const struct tt_cluster_config *c = tt_config_cluster(config, n);

		clusters[n].name = tt_str_from(c->name);
		rc = tt_cluster_config_target(c, &clusters[n].target, err);
	}
	if (rc == 0)
		tt_auth_set_clusters(auth, clusters, n);
	for (size_t i = 0; rc != 0 && i < n; i++)
		tt_kube_target_free(clusters[i].target);
	tt_free(clusters);
	return rc;
}
