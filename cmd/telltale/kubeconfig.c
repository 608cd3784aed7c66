/* SPDX-License-Identifier: Apache-2.0 */
/* telltale kubeconfig: how kubectl gets at the history. */
#include <string.h>

#include "base/clock.h"
#include "base/timestamp.h"
#include "conf/units.h"
#include "event/duration.h"
#include "kube/base64.h"
#include "kube/file.h"
#include "kube/target.h"
#include "kube/user.h"
#include "telltale/api.h"
#include "telltale/cli.h"
#include "telltale/info.h"
#include "telltale/source.h"
#include "wire/json.h"
#include "wire/json_text.h"
#include "wire/yaml_text.h"

enum { CA_MAX_BYTES = 1 << 20, JSON_MAX_BYTES = 16 << 20 };
static const int64_t ASK_NS = (int64_t)10 * TT_NS_PER_S;

struct kubeconfig_options {
	struct tt_globals globals;
	const char *cluster, *last, *at, *namespace, *user;
	int form;
};

#define AT(member) .offset = offsetof(struct kubeconfig_options, member)

static const char *const forms[] = {"yaml", "json", NULL};

static const struct tt_option options[] = {
	{.name = "cluster",
		.type = TT_OPTION_TEXT,
		AT(cluster),
		.flag = "cluster",
		.metavar = "NAME",
		.help = "The cluster; without this the one that the other verbs show"},
	{.name = "last",
		.type = TT_OPTION_TEXT,
		AT(last),
		.flag = "last",
		.metavar = "TIME",
		.help = "How far back kubectl sees, such as 90m or 7d; without this 24h"},
	{.name = "at",
		.type = TT_OPTION_TEXT,
		AT(at),
		.flag = "at",
		.metavar = "WHEN",
		.help = "Show what kubectl would have shown at this time: \"yesterday 03:00\", "
			"03:00, 2026-11-20, RFC 3339, or a duration back from now such as 90m"},
	{.name = "namespace",
		.type = TT_OPTION_TEXT,
		AT(namespace),
		.flag = "n,namespace",
		.metavar = "NAME",
		.help = "The namespace that kubectl shows without its own -n"},
	{.name = "user",
		.type = TT_OPTION_TEXT,
		AT(user),
		.flag = "user",
		.metavar = "NAME",
		.help = "Copy this user of your own kubeconfig ($KUBECONFIG, else ~/.kube/config), "
			"secrets too, for a telltaled that asks the cluster who you are"},
	{.name = "output",
		.type = TT_OPTION_CHOICE,
		AT(form),
		.flag = "o,output",
		.metavar = "FORM",
		.fallback = "yaml",
		.choices = forms,
		.help = "What to print it as"},
	{0},
};

static const char *const examples[] = {
	"kubeconfig --last 7d > week",
	"Then: kubectl --kubeconfig week get events -A",
	"kubeconfig --at \"yesterday 03:00\" > night",
	"What kubectl would have shown in the night, one day wide",
	"kubeconfig --server https://telltale:7447 --ca ca.pem --token-file token > prod",
	"Of another machine; ca.pem is copied, the token is read from its file each time",
	NULL,
};

/* The parts of what is printed. */
struct parts {
	struct tt_str cluster, last, at; /* the latter two as the URL has them; "" if not there */
	struct tt_str name;              /* of cluster, user and context alike */
	struct tt_str server, ca_pem;
	struct tt_str user; /* JSON */
};

static int take_last(const char *text, struct tt_str *ret, struct tt_err *err)
{
	int64_t us;

	*ret = tt_str_trim(tt_str_from(text));
	if (text == NULL)
		return 0;
	if (tt_duration_parse(*ret, &us, err) != 0)
		return tt_err_wrap(err, "--last");
	if (us <= 0)
		return tt_fail(err, TT_EINVAL, "--last: must be more than nothing");
	return 0;
}

static int take_at(struct tt_cli *cli, const char *text, struct tt_str *ret, struct tt_err *err)
{
	char when[TT_TIME_SIZE], age[TT_AGE_SIZE];
	int64_t us = 0;
	int rc = tt_cli_when(cli, "--at", text, &us, err);
	int64_t now_us = tt_clock_wall_us(cli->clock); /* not before what "now" is */

	*ret = TT_STR("");
	if (text == NULL || rc != 0)
		return rc;
	tt_time_format(us, TT_TIME_SECONDS, when);
	if (us > now_us)
		return tt_fail(err, TT_EINVAL, "--at: %s has not come yet", when);
	*ret = tt_str_dup(&cli->arena, tt_str_from(when));
	tt_age_format(us, now_us, age);
	if (cli->terminal.err)
		tt_cli_say(cli, "as of %s, %s ago", when, age);
	return 0;
}

/* Checks that there is such a cluster, or finds the one that is meant. Who may not ask that, or
 * cannot reach the server from here, can still name it. */
static int take_cluster(
	struct tt_cli *cli, struct tt_api *api, struct tt_str *cluster, struct tt_err *err)
{
	struct tt_str url = tt_str_from(tt_str_cstr(&cli->arena, tt_str_from(tt_api_url(api))));
	struct tt_source_info info;
	struct tt_str status;
	int rc = tt_api_get_all(api, "/v1/status", ASK_NS, &cli->arena, &status, err);

	if (rc == 0)
		rc = tt_info_parse(&info, status, &cli->arena, err);
	if (rc != 0 && cluster->len == 0)
		return tt_err_wrap(err, "cannot ask which cluster is meant (--cluster names one)");
	if (rc != 0) {
		tt_cli_say(cli, "whether there is a cluster %.*s at %.*s is not known: %s",
			TT_STR_ARG(*cluster), TT_STR_ARG(url), err->msg);
		return 0;
	}
	rc = tt_source_choose_cluster(cli, &info, cluster, err);
	if (rc == 0 && cluster->len == 0)
		return tt_fail(err, TT_ENOTFOUND, "there is no cluster in the log yet");
	return rc;
}

static int take_ca(struct tt_cli *cli, const char *path, struct tt_str *ret, struct tt_err *err)
{
	int rc = tt_file_read(path, CA_MAX_BYTES, &cli->arena, ret, err);

	if (rc != 0)
		return tt_err_wrap(err, "--ca");
	if (tt_str_find(*ret, TT_STR("-----BEGIN CERTIFICATE-----")) < 0)
		return tt_fail(err, TT_EINVAL, "--ca: %s holds no certificate as PEM", path);
	return 0;
}

/* How kubectl says who asks: never a token itself, so that nobody prints one by accident. */
static int take_user(struct tt_cli *cli, const struct kubeconfig_options *o, bool is_tls,
	struct tt_str *ret, struct tt_err *err)
{
	struct tt_buf json;

	*ret = TT_STR("{}");
	if (o->user != NULL && !is_tls)
		return tt_fail(err, TT_EINVAL,
			"--user needs a server with https, so that nobody else reads the secrets");
	if (o->user != NULL)
		return tt_kube_user_json(tt_str_from(o->user), &cli->arena, ret, err);
	if (o->globals.token_file == NULL)
		return 0;
	tt_buf_init(&json, JSON_MAX_BYTES);
	tt_buf_text(&json, "{\"tokenFile\":");
	tt_json_put_string(&json, tt_str_from(tt_kube_path_absolute(
					  &cli->arena, ".", tt_str_from(o->globals.token_file))));
	tt_buf_char(&json, '}');
	*ret = tt_str_dup(&cli->arena, tt_buf_view(&json));
	tt_buf_release(&json);
	return 0;
}

/* A name without the colons of a time, since names of contexts become names of files. */
static struct tt_str name_of(struct tt_cli *cli, const struct parts *p)
{
	struct tt_buf name;

	tt_buf_init(&name, JSON_MAX_BYTES);
	tt_buf_printf(&name, "telltale-%.*s", TT_STR_ARG(p->cluster));
	if (p->at.len > 0)
		tt_buf_text(&name, "-at-");
	for (size_t i = 0; i < p->at.len; i++)
		if (p->at.data[i] != ':' && p->at.data[i] != '-')
			tt_buf_char(&name, p->at.data[i]);
	if (p->last.len > 0)
		tt_buf_printf(&name, "-last-%.*s", TT_STR_ARG(p->last));
	struct tt_str ret = tt_str_dup(&cli->arena, tt_buf_view(&name));

	tt_buf_release(&name);
	return ret;
}

static struct tt_str server_of(struct tt_cli *cli, const char *url, const struct parts *p)
{
	return tt_str_printf(&cli->arena, "%s/clusters/%.*s%s%.*s%s%.*s", url,
		TT_STR_ARG(p->cluster), p->at.len > 0 ? "/at/" : "", TT_STR_ARG(p->at),
		p->last.len > 0 ? "/last/" : "", TT_STR_ARG(p->last));
}

static void put_key(struct tt_buf *to, const char *key, struct tt_str text)
{
	tt_buf_text(to, key);
	tt_json_put_string(to, text);
}

static void put_json(struct tt_buf *to, const struct parts *p, const char *namespace)
{
	tt_buf_text(to, "{\"apiVersion\":\"v1\",\"kind\":\"Config\",\"clusters\":[{\"cluster\":{");
	if (p->ca_pem.len > 0) {
		tt_buf_text(to, "\"certificate-authority-data\":\"");
		tt_base64_put(to, p->ca_pem);
		tt_buf_text(to, "\",");
	}
	put_key(to, "\"server\":", p->server);
	put_key(to, "},\"name\":", p->name);
	put_key(to, "}],\"contexts\":[{\"context\":{\"cluster\":", p->name);
	if (namespace != NULL)
		put_key(to, ",\"namespace\":", tt_str_from(namespace));
	put_key(to, ",\"user\":", p->name);
	put_key(to, "},\"name\":", p->name);
	put_key(to, "}],\"current-context\":", p->name);
	put_key(to, ",\"users\":[{\"name\":", p->name);
	tt_buf_text(to, ",\"user\":");
	tt_buf_str(to, p->user);
	tt_buf_text(to, "}]}");
}

static int print(struct tt_cli *cli, const struct parts *p, const struct kubeconfig_options *o,
	struct tt_err *err)
{
	struct tt_buf json;
	int rc;

	tt_buf_init(&json, JSON_MAX_BYTES);
	put_json(&json, p, o->namespace);
	if (json.failed) {
		rc = tt_fail(err, TT_ELIMIT, "the kubeconfig is too large");
	} else if (o->form == TT_FORM_JSON) {
		tt_json_put_indented(&cli->out.buf, tt_buf_view(&json), 4, 0);
		tt_buf_char(&cli->out.buf, '\n');
		rc = 0;
	} else {
		rc = tt_yaml_put_object(&cli->out.buf, tt_buf_view(&json), err);
	}
	tt_buf_release(&json);
	return rc;
}

static int show(struct tt_cli *cli, struct tt_api *api, const struct kubeconfig_options *o,
	struct parts *p, struct tt_err *err)
{
	bool is_tls = tt_str_starts(tt_str_from(tt_api_url(api)), TT_STR("https://"));
	int rc = take_user(cli, o, is_tls, &p->user, err);

	if (rc == 0 && is_tls && o->globals.ca != NULL)
		rc = take_ca(cli, o->globals.ca, &p->ca_pem, err);
	if (rc == 0)
		rc = take_cluster(cli, api, &p->cluster, err);
	if (rc != 0)
		return rc;
	p->name = name_of(cli, p);
	p->server = server_of(cli, tt_api_url(api), p);
	return print(cli, p, o, err);
}

/* What can be seen to be wrong without asking anybody. */
static int take_options(
	struct tt_cli *cli, const struct kubeconfig_options *o, struct parts *p, struct tt_err *err)
{
	int rc = take_last(o->last, &p->last, err);

	p->cluster = tt_str_from(o->cluster);
	if (rc == 0)
		rc = take_at(cli, o->at, &p->at, err);
	if (rc != 0)
		return rc;
	if (o->globals.data != NULL)
		return tt_fail(err, TT_EINVAL,
			"--data: kubectl reads from a running telltaled, not from a directory");
	if (o->user != NULL && o->globals.token_file != NULL)
		return tt_fail(err, TT_EINVAL, "--user and --token-file exclude each other");
	if (o->cluster != NULL && !tt_cluster_name_is_valid(p->cluster))
		return tt_fail(
			err, TT_EINVAL, "--cluster: \"%s\" is no name of a cluster", o->cluster);
	return 0;
}

static int run(struct tt_cli *cli, const void *arg, char **operands)
{
	const struct kubeconfig_options *o = arg;
	struct tt_api *api = NULL;
	struct parts parts = {0};
	struct tt_err err;

	(void)operands;
	if (take_options(cli, o, &parts, &err) != 0)
		return tt_cli_wrong_use(cli, &tt_verb_kubeconfig, "%s", err.msg);
	int rc = tt_api_open(&api, tt_place_url(&o->globals), &o->globals, 0, &err);

	if (rc == 0)
		rc = show(cli, api, o, &parts, &err);
	tt_api_close(api);
	return rc == 0 ? TT_EXIT_DONE : tt_cli_fail(cli, &err);
}

const struct tt_verb tt_verb_kubeconfig = {
	.name = "kubeconfig",
	.operands = "",
	.summary = "Print a kubeconfig with which kubectl and other clients read the history",
	.text = "telltaled answers as a Kubernetes API server for Events; how far back, and as of "
		"when, is in the address. Nothing is changed: the kubeconfig goes to standard "
		"output, to be kept in a file of its own or merged through $KUBECONFIG. What "
		"--user copies is as secret as your own kubeconfig.",
	.options = options,
	.takes = TT_TAKES_SERVER,
	.size = sizeof(struct kubeconfig_options),
	.examples = examples,
	.run = run,
};
