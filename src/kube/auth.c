/* SPDX-License-Identifier: Apache-2.0 */
#include "kube/auth.h"

#include <string.h>

#include "base/clock.h"
#include "base/hash.h"
#include "base/log.h"
#include "base/timestamp.h"
#include "kube/base64.h"
#include "kube/file.h"
#include "kube/target.h"
#include "net/http_client.h"

enum { MAX_TOKEN_BYTES = 1 << 18, MAX_PEM_BYTES = 4 << 20, MAX_HINTS_PER_HOUR = 10 };

static const int64_t token_age_ns = 50LL * TT_NS_PER_S;
static const int64_t tls_age_ns = 300LL * TT_NS_PER_S;
static const int64_t exec_timeout_ns = 60LL * TT_NS_PER_S;
static const int64_t hour_ns = 3600LL * TT_NS_PER_S;

/* A hash of what the TLS files hold; 0 if one of them cannot be read now. */
static uint64_t hash_tls_files(const struct tt_kube_target *target)
{
	const char *files[] = {target->ca_file, target->cert_file, target->key_file};
	struct tt_arena arena;
	uint64_t hash = 1;

	tt_arena_init(&arena);
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]) && hash != 0; i++) {
		struct tt_str text;

		if (files[i] == NULL)
			continue;
		if (tt_file_read(files[i], MAX_PEM_BYTES, &arena, &text, NULL) < 0)
			hash = 0;
		else
			hash = tt_hash_str(text, hash) | 1;
	}
	tt_arena_release(&arena);
	return hash;
}

void tt_kube_auth_init(struct tt_kube_auth *auth, const struct tt_kube_target *target,
	const struct tt_clock *clock, const struct tt_log *log, int wake_fd)
{
	bool has_other = target->token != NULL || target->token_file != NULL ||
			 target->username != NULL || target->cert_pem != NULL ||
			 target->cert_file != NULL;

	*auth = (struct tt_kube_auth){
		.target = target, .clock = clock, .log = log, .wake_fd = wake_fd};
	auth->secure = strncasecmp(target->server, "https://", 8) == 0;
	auth->uses_exec = auth->secure && target->exec != NULL && !has_other;
	tt_buf_init(&auth->token, MAX_TOKEN_BYTES);
	tt_arena_init(&auth->exec_arena);
	auth->tls_hash = hash_tls_files(target);
	auth->tls_read_ns = tt_clock_mono_ns(clock);
}

void tt_kube_auth_release(struct tt_kube_auth *auth)
{
	tt_buf_release(&auth->token);
	tt_arena_release(&auth->exec_arena);
}

/* A token file that cannot be read, or is empty, leaves the last token in use. */
static int refresh_token(struct tt_kube_auth *auth, int64_t now_ns, struct tt_err *err)
{
	struct tt_arena arena;
	struct tt_str text;

	if (auth->target->token_file == NULL)
		return 0;
	if (auth->token_read_ns != 0 && now_ns - auth->token_read_ns < token_age_ns)
		return 0;
	auth->token_read_ns = now_ns;
	tt_arena_init(&arena);
	int rc = tt_file_read(auth->target->token_file, MAX_TOKEN_BYTES, &arena, &text, err);

	text = rc == 0 ? tt_str_trim(text) : (struct tt_str){0};
	if (text.len > 0) {
		tt_buf_clear(&auth->token);
		tt_buf_str(&auth->token, text);
	}
	tt_arena_release(&arena);
	if (auth->token.len > 0 || auth->target->token != NULL)
		return 0;
	auth->token_read_ns = 0;
	if (rc == 0)
		rc = tt_fail(err, TT_EIO, "the token file %s is empty", auth->target->token_file);
	return rc;
}

/* Whether the certificate files have changed since they were last read. */
static bool tls_files_changed(struct tt_kube_auth *auth, int64_t now_ns)
{
	if (now_ns - auth->tls_read_ns < tls_age_ns)
		return false;
	uint64_t hash = hash_tls_files(auth->target);

	auth->tls_read_ns = now_ns;
	if (hash == 0 || hash == auth->tls_hash)
		return false;
	auth->tls_hash = hash;
	return true;
}

static bool same_text(const char *a, const char *b)
{
	return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

/* Adds the install hint of a plugin that is missing, but not to every line of a log. */
static void add_hint(struct tt_kube_auth *auth, int64_t now_ns, struct tt_err *err)
{
	const char *hint = auth->target->exec->install_hint;

	if (hint == NULL || err == NULL)
		return;
	if (auth->hints == 0 || now_ns - auth->hint_from_ns >= hour_ns) {
		auth->hint_from_ns = now_ns;
		auth->hints = 0;
	}
	if (auth->hints++ >= MAX_HINTS_PER_HOUR)
		return;
	struct tt_err plain = *err;

	(void)tt_fail(err, plain.code, "%.200s (%.280s)", plain.msg, hint);
	for (char *c = err->msg; *c != '\0'; c++)
		if ((unsigned char)*c < ' ')
			*c = ' ';
}

/* Runs the plugin unless its credential still holds. */
static int refresh_exec(
	struct tt_kube_auth *auth, int64_t now_ns, bool *ret_tls_changed, struct tt_err *err)
{
	struct tt_exec_credential fresh;
	struct tt_arena arena;
	bool expired = auth->exec.expires_us != TT_TIME_ZERO &&
		       tt_clock_wall_us(auth->clock) > auth->exec.expires_us;

	if (!auth->uses_exec || (auth->exec_valid && !expired))
		return 0;
	tt_arena_init(&arena);
	int rc = tt_exec_run(auth->target, auth->wake_fd, exec_timeout_ns, &arena, &fresh, err);

	if (rc < 0) {
		auth->exec_valid = false;
		if (rc == TT_ENOTFOUND)
			add_hint(auth, now_ns, err);
		tt_arena_release(&arena);
		return rc;
	}
	if (!same_text(auth->exec.cert_pem, fresh.cert_pem) ||
		!same_text(auth->exec.key_pem, fresh.key_pem))
		*ret_tls_changed = true;
	tt_arena_release(&auth->exec_arena);
	auth->exec_arena = arena;
	auth->exec = fresh;
	auth->exec_valid = true;
	tt_log_debug(auth->log, "exec plugin gave a credential",
		TT_FS("command", auth->target->exec->command));
	return 0;
}

int tt_kube_auth_prepare(struct tt_kube_auth *auth, bool *ret_tls_changed, struct tt_err *err)
{
	int64_t now_ns = tt_clock_mono_ns(auth->clock);

	*ret_tls_changed = false;
	if (!auth->secure)
		return 0;
	*ret_tls_changed = tls_files_changed(auth, now_ns);
	int rc = refresh_token(auth, now_ns, err);

	if (rc == 0)
		rc = refresh_exec(auth, now_ns, ret_tls_changed, err);
	return rc;
}

void tt_kube_auth_tls(const struct tt_kube_auth *auth, struct tt_tls *ret)
{
	const struct tt_kube_target *target = auth->target;

	*ret = (struct tt_tls){.ca_pem = target->ca_pem,
		.ca_file = target->ca_file,
		.cert_pem = target->cert_pem,
		.cert_file = target->cert_file,
		.key_pem = target->key_pem,
		.key_file = target->key_file,
		.server_name = target->tls_server_name,
		.insecure_skip_verify = target->insecure_skip_verify};
	if (auth->exec_valid && auth->exec.cert_pem != NULL) {
		ret->cert_pem = auth->exec.cert_pem;
		ret->key_pem = auth->exec.key_pem;
	}
}

void tt_kube_auth_rejected(struct tt_kube_auth *auth)
{
	auth->token_read_ns = 0;
	auth->exec_valid = false;
}
