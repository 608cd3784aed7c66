/* SPDX-License-Identifier: Apache-2.0 */
#include "kube/exec.h"

#include <stdbool.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/mem.h"
#include "base/timestamp.h"
#include "kube/base64.h"
#include "kube/file.h"
#include "kube/process.h"
#include "kube/target.h"
#include "wire/json.h"

enum { MAX_OUTPUT_BYTES = 1 << 20, MAX_INFO_BYTES = 16 << 20, MAX_CA_BYTES = 4 << 20 };

static void put_member(struct tt_buf *to, const char *key, const char *text)
{
	if (text == NULL)
		return;
	if (to->data[to->len - 1] != '{')
		tt_buf_char(to, ',');
	tt_buf_printf(to, "\"%s\":", key);
	tt_json_put_string(to, tt_str_from(text));
}

static void put_raw_member(struct tt_buf *to, const char *key, const char *json)
{
	if (json == NULL)
		return;
	if (to->data[to->len - 1] != '{')
		tt_buf_char(to, ',');
	tt_buf_printf(to, "\"%s\":%s", key, json);
}

/* The plugin gets the CA itself, wherever it came from. */
static void put_ca(struct tt_buf *to, const struct tt_kube_target *target, struct tt_arena *arena)
{
	struct tt_str pem = tt_str_from(target->ca_pem);
	struct tt_buf base64;

	if (target->ca_pem == NULL && target->ca_file != NULL)
		(void)tt_file_read(target->ca_file, MAX_CA_BYTES, arena, &pem, NULL);
	if (pem.len == 0)
		return;
	tt_buf_init(&base64, MAX_INFO_BYTES);
	tt_base64_put(&base64, pem);
	put_member(to, "certificate-authority-data", base64.data);
	tt_buf_release(&base64);
}

void tt_exec_put_info(struct tt_buf *to, const struct tt_kube_target *target, bool interactive,
	struct tt_arena *arena)
{
	const struct tt_kube_exec *exec = target->exec;

	tt_buf_text(to, "{\"kind\":\"ExecCredential\",\"apiVersion\":");
	tt_json_put_string(to, tt_str_from(exec->api_version));
	tt_buf_text(to, ",\"spec\":{");
	if (exec->provide_cluster_info) {
		tt_buf_text(to, "\"cluster\":{");
		put_member(to, "server", target->server);
		put_member(to, "tls-server-name", target->tls_server_name);
		put_raw_member(to, "insecure-skip-tls-verify",
			target->insecure_skip_verify ? "true" : NULL);
		put_ca(to, target, arena);
		put_member(to, "proxy-url", target->proxy_url);
		put_raw_member(
			to, "disable-compression", target->disable_compression ? "true" : NULL);
		put_raw_member(to, "config", exec->cluster_config);
		tt_buf_text(to, "},");
	}
	tt_buf_printf(to, "\"interactive\":%s}}", interactive ? "true" : "false");
}

/* Sets NAME=value in a list of `*n` variables that has room for one more. */
static void set_variable(
	char **envp, size_t *n, struct tt_arena *arena, const char *name, const char *value)
{
	char *entry = tt_str_cstr(arena, tt_str_printf(arena, "%s=%s", name, value));
	size_t name_len = strlen(name) + 1;

	for (size_t i = 0; i < *n; i++)
		if (strncmp(envp[i], entry, name_len) == 0) {
			envp[i] = entry;
			return;
		}
	envp[(*n)++] = entry;
	envp[*n] = NULL;
}

/* Our own environment, changed by the plugin's env entries, and the info. */
static char **make_environment(
	const struct tt_kube_exec *exec, const char *info, struct tt_arena *arena)
{
	size_t n = 0;

	while (environ[n] != NULL)
		n++;
	char **envp = tt_arena_new(arena, char *, n + exec->n_env + 2);

	memcpy(envp, environ, n * sizeof(*envp));
	for (size_t i = 0; i < exec->n_env; i++)
		set_variable(envp, &n, arena, exec->env[i].name, exec->env[i].value);
	set_variable(envp, &n, arena, "KUBERNETES_EXEC_INFO", info);
	return envp;
}

static char **make_arguments(const struct tt_kube_exec *exec, struct tt_arena *arena)
{
	char **argv = tt_arena_new(arena, char *, exec->n_args + 2);

	argv[0] = tt_str_cstr(arena, tt_str_from(exec->command));
	for (size_t i = 0; i < exec->n_args; i++)
		argv[i + 1] = tt_str_cstr(arena, tt_str_from(exec->args[i]));
	return argv;
}

struct parsed {
	struct tt_str kind, api_version, expires, token, cert, key;
	bool has_status;
};

static void read_status(struct tt_json_reader *r, struct parsed *p)
{
	struct tt_str key;

	if (!tt_json_enter_object(r))
		return;
	p->has_status = true;
	while (tt_json_next_key(r, &key)) {
		if (tt_str_is(key, "expirationTimestamp"))
			p->expires = tt_json_string(r);
		else if (tt_str_is(key, "token"))
			p->token = tt_json_string(r);
		else if (tt_str_is(key, "clientCertificateData"))
			p->cert = tt_json_string(r);
		else if (tt_str_is(key, "clientKeyData"))
			p->key = tt_json_string(r);
		else
			(void)tt_json_skip(r);
	}
}

static void read_credential(struct tt_json_reader *r, struct parsed *p)
{
	struct tt_str key;

	if (!tt_json_enter_object(r))
		return;
	while (tt_json_next_key(r, &key)) {
		if (tt_str_is(key, "kind"))
			p->kind = tt_json_string(r);
		else if (tt_str_is(key, "apiVersion"))
			p->api_version = tt_json_string(r);
		else if (tt_str_is(key, "status"))
			read_status(r, p);
		else
			(void)tt_json_skip(r);
	}
}

int tt_exec_credential_parse(struct tt_exec_credential *ret, struct tt_str text,
	const char *api_version, struct tt_arena *arena, struct tt_err *err)
{
	struct tt_json_reader r;
	struct parsed p = {0};
	bool whole;

	*ret = (struct tt_exec_credential){.expires_us = TT_TIME_ZERO};
	tt_json_reader_init(&r, text, arena);
	read_credential(&r, &p);
	whole = tt_json_reader_end(&r, true, NULL) == 0; /* its message would quote a secret */
	if (!whole || !tt_str_is(p.kind, "ExecCredential"))
		return tt_fail(err, TT_EINVAL, "it did not print an ExecCredential in JSON");
	if (!tt_str_is(p.api_version, api_version))
		return tt_fail(err, TT_EINVAL,
			"it answered in apiVersion \"%.*s\", but %s is configured",
			TT_STR_ARG(p.api_version), api_version);
	if (!p.has_status)
		return tt_fail(err, TT_EINVAL, "its ExecCredential has no status");
	if ((p.cert.len > 0) != (p.key.len > 0))
		return tt_fail(err, TT_EINVAL, "it gave only one of certificate and key");
	if (p.token.len == 0 && p.cert.len == 0)
		return tt_fail(err, TT_EINVAL, "it gave neither a token nor a certificate");
	if (p.expires.len > 0 && !tt_time_parse(p.expires, false, &ret->expires_us))
		return tt_fail(err, TT_EINVAL, "its expirationTimestamp is no RFC 3339 time");
	ret->token = p.token.len > 0 ? tt_str_cstr(arena, p.token) : NULL;
	ret->cert_pem = p.cert.len > 0 ? tt_str_cstr(arena, p.cert) : NULL;
	ret->key_pem = p.key.len > 0 ? tt_str_cstr(arena, p.key) : NULL;
	return 0;
}

static int check_exit(int status, struct tt_err *err)
{
	if (WIFSIGNALED(status))
		return tt_fail(err, TT_EIO, "it was ended by signal %d", WTERMSIG(status));
	if (WEXITSTATUS(status) != 0)
		return tt_fail(err, TT_EIO, "it failed with exit status %d", WEXITSTATUS(status));
	return 0;
}

int tt_exec_run(const struct tt_kube_target *target, int wake_fd, int64_t timeout_ns,
	struct tt_arena *arena, struct tt_exec_credential *ret, struct tt_err *err)
{
	const struct tt_kube_exec *exec = target->exec;
	bool interactive = exec->interactive_mode != TT_EXEC_NEVER && isatty(STDIN_FILENO);
	struct tt_buf info, out;
	int status = 0, rc;

	if (exec->interactive_mode == TT_EXEC_ALWAYS && !interactive)
		return tt_fail(err, TT_EINVAL,
			"exec plugin %s: it must be used interactively, but standard input is no "
			"terminal",
			exec->command);
	tt_buf_init(&info, MAX_INFO_BYTES);
	tt_buf_init(&out, MAX_OUTPUT_BYTES);
	tt_exec_put_info(&info, target, interactive, arena);
	struct tt_process process = {.argv = make_arguments(exec, arena),
		.envp = make_environment(exec, info.data, arena),
		.keep_stdin = interactive,
		.wake_fd = wake_fd,
		.timeout_ns = timeout_ns};

	rc = tt_process_run(&process, &out, &status, err);
	if (rc == 0)
		rc = check_exit(status, err);
	if (rc == 0)
		rc = tt_exec_credential_parse(
			ret, tt_str_dup(arena, tt_buf_view(&out)), exec->api_version, arena, err);
	tt_buf_release(&out);
	tt_buf_release(&info);
	if (rc < 0 && rc != TT_ECANCELED)
		(void)tt_err_wrap(err, "exec plugin %s", exec->command);
	return rc;
}
