/* SPDX-License-Identifier: Apache-2.0 */
/* The books of authentication and authorization. */
#include "net/metrics.h"
#include "serve/auth/internal.h"

static const char *const who_names[] = {"certificate", "token-file", "token-review"};
static const char *const may_names[] = {"rules", "subject-access-review"};

static void put_counts(struct tt_buf *to, const char *name, const char *method,
	const atomic_ullong counts[TT_OUTCOMES], const char *const outcomes[TT_OUTCOMES])
{
	for (int i = 0; i < TT_OUTCOMES; i++) {
		const struct tt_metric_label labels[] = {
			{"method", tt_str_from(method)}, {"result", tt_str_from(outcomes[i])}, {0}};

		tt_metric_u64(to, name, labels, atomic_load(&counts[i]));
	}
}

static void put_answers(struct tt_buf *to, const char *of, struct tt_answers *answers)
{
	const struct tt_metric_label hit[] = {
		{"cache", tt_str_from(of)}, {"result", TT_STR("hit")}, {0}};
	const struct tt_metric_label miss[] = {
		{"cache", tt_str_from(of)}, {"result", TT_STR("miss")}, {0}};

	tt_metric_u64(to, "telltale_auth_cache_lookups_total", hit, atomic_load(&answers->hits));
	tt_metric_u64(to, "telltale_auth_cache_lookups_total", miss, atomic_load(&answers->misses));
}

void tt_auth_metrics(struct tt_auth *auth, struct tt_buf *to)
{
	static const char *const who[] = {"success", "failure", "error"};
	static const char *const may[] = {"allowed", "denied", "error"};

	tt_metric_family(to, "telltale_authentication_attempts_total", "counter",
		"Times that a certificate or token was shown to a method of authentication.");
	for (int i = 0; i < TT_WHO_METHODS; i++)
		put_counts(to, "telltale_authentication_attempts_total", who_names[i], auth->who[i],
			who);
	tt_metric_family(to, "telltale_authorization_decisions_total", "counter",
		"Times that a method of authorization was asked.");
	for (int i = 0; i < TT_MAY_METHODS; i++)
		put_counts(to, "telltale_authorization_decisions_total", may_names[i], auth->may[i],
			may);
	tt_metric_family(to, "telltale_auth_cache_lookups_total", "counter",
		"Look-ups of what an API server has said of tokens and rights.");
	put_answers(to, "tokens", &auth->tokens);
	put_answers(to, "rights", &auth->rights);
}
