/* SPDX-License-Identifier: Apache-2.0 */
#include "serve/auth/auth.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/timestamp.h"
#include "kube/target.h"
#include "kube/test_server.h"
#include "net/http_client.h"
#include "net/http_server.h"
#include "net/test_peer.h"
#include "tap/tap.h"

enum { SECOND = TT_NS_PER_S };

static struct tt_test_server *api;
static struct {
	struct test_cert ca, server, client;
} certs;

/* Time that the tests push on. */
static atomic_llong skipped_ns;

static int64_t mono_ns(const struct tt_clock *clock)
{
	(void)clock;
	return tt_clock_mono_ns(&tt_clock_system) + atomic_load(&skipped_ns);
}

static int64_t wall_us(const struct tt_clock *clock)
{
	(void)clock;
	return tt_clock_wall_us(&tt_clock_system);
}

static const struct tt_clock test_clock = {wall_us, mono_ns};

static void pass(int seconds)
{
	(void)atomic_fetch_add(&skipped_ns, seconds * (long long)SECOND);
}

/* -- a server that says who asks -- */

struct fixture {
	struct tt_auth *auth;
	struct tt_http_server *server;
	struct tt_arena arena;
	struct tt_str answer; /* of who(), in `arena` */
	struct tt_err err;
	char dir[40];
};

static void put_user(struct tt_buf *to, const struct tt_user *user)
{
	tt_buf_printf(to, "%.*s %.*s", TT_STR_ARG(user->name), TT_STR_ARG(user->uid));
	for (size_t i = 0; i < user->n_groups; i++)
		tt_buf_printf(to, " [%.*s]", TT_STR_ARG(user->groups[i]));
	for (size_t i = 0; i < user->n_extra; i++)
		for (size_t k = 0; k < user->extra[i].n; k++)
			tt_buf_printf(to, " %.*s=%.*s", TT_STR_ARG(user->extra[i].key),
				TT_STR_ARG(user->extra[i].values[k]));
	if (user->realm.len > 0)
		tt_buf_printf(to, " of %.*s", TT_STR_ARG(user->realm));
}

static void say_who(void *arg, struct tt_http_call *call)
{
	struct fixture *f = arg;
	struct tt_str cluster = {0};
	struct tt_err err = {0};
	struct tt_user user;
	struct tt_buf body;
	int rc;

	tt_buf_init(&body, 65536);
	(void)tt_http_query(call, "cluster", &cluster);
	rc = tt_auth_authenticate(f->auth, call, cluster, &user, tt_http_arena(call), &err);
	if (rc == 0)
		put_user(&body, &user);
	else
		tt_buf_printf(&body, "%d %s", rc, err.msg);
	tt_http_reply(call, 200, "text/plain", tt_buf_view(&body));
	tt_buf_release(&body);
}

static struct tt_kube_target *make_target(const char *server)
{
	struct tt_kube_target *target = tt_calloc(1, sizeof(*target));

	target->server = server;
	target->ca_file = tt_test_server_info(api, "ca");
	target->token = "telltaled";
	return target;
}

/* "prod" and "twin" are what the scripted API server plays, "edge" is hosted, "dead" never
 * answers. */
static void set_clusters(struct fixture *f)
{
	const struct tt_auth_cluster clusters[] = {
		{TT_STR("prod"), make_target(tt_test_server_info(api, "url"))},
		{TT_STR("twin"), make_target(tt_test_server_info(api, "url"))},
		{TT_STR("edge"), NULL},
		{TT_STR("dead"), make_target("https://127.0.0.1:1")},
	};

	tt_auth_set_clusters(f->auth, clusters, sizeof(clusters) / sizeof(clusters[0]));
}

static char *write_file(struct fixture *f, const char *name, const char *text)
{
	char *path = tt_str_cstr(&f->arena, tt_str_printf(&f->arena, "%s/%s", f->dir, name));
	FILE *out = fopen(path, "we");

	tap_ok(out != NULL && fputs(text, out) >= 0 && fclose(out) == 0);
	return path;
}

static const char tokens_text[] = "static,ann,7,\"ops,dev\"\n";
static const char rules_text[] = "rules:\n"
				 "- users: [ann]\n"
				 "  clusters: [prod, edge, dead]\n"
				 "  namespaces: [shop]\n";

static void set_up(struct fixture *f)
{
	struct tt_http_server_tls tls = {
		certs.server.cert_pem, certs.server.key_pem, certs.ca.cert_pem};
	struct tt_http_server_options options = {
		.listen = "127.0.0.1:0", .tls = &tls, .handler = say_who, .arg = f};
	struct tt_auth_options auth = {.client_certificates = true,
		.token_review = true,
		.subject_access_review = true,
		.clock = &test_clock};

	*f = (struct fixture){.dir = "/tmp/telltale-auth-XXXXXX"};
	tap_ok(mkdtemp(f->dir) != NULL);
	auth.token_file = write_file(f, "tokens", tokens_text);
	auth.rules_file = write_file(f, "rules", rules_text);
	auth.namespaces_file = tt_str_printf(&f->arena, "%s/namespaces", f->dir).data;
	(void)tt_test_server_command(api,
		"[{\"op\":\"rules\",\"rules\":[]},{\"op\":\"tokens\",\"tokens\":[\"telltaled\"]},"
		"{\"op\":\"namespaces\",\"namespaces\":{}},{\"op\":\"reviews\"}]");
	tap_okf(tt_auth_new(&f->auth, &auth, &f->err) == 0, "%s", f->err.msg);
	set_clusters(f);
	tap_int(tt_http_server_start(&f->server, &options, &f->err), 0);
}

static void tear_down(struct fixture *f)
{
	tap_ok(tt_http_server_stop(f->server, 5LL * SECOND));
	tt_auth_free(f->auth);
	for (int i = 0; i < 3; i++)
		(void)unlink(tt_str_printf(&f->arena, "%s/%s", f->dir,
			i == 0   ? "tokens"
			: i == 1 ? "rules"
				 : "namespaces")
				     .data);
	(void)rmdir(f->dir);
	tt_arena_release(&f->arena);
}

/* What the server says to a request with these headers, about `cluster`. */
static struct tt_str ask(struct fixture *f, const char *cluster,
	const struct tt_http_header *headers, size_t n, bool with_certificate)
{
	struct tt_http_client_options options = {.tls = {.ca_pem = certs.ca.cert_pem}};
	struct tt_http_request request = {.headers = headers, .n_headers = n};
	struct tt_http_client *client = NULL;
	struct tt_http_exchange *x = NULL;
	struct tt_buf body;

	if (with_certificate) {
		options.tls.cert_pem = certs.client.cert_pem;
		options.tls.key_pem = certs.client.key_pem;
	}
	tt_buf_init(&body, 65536);
	request.url = tt_str_printf(
		&f->arena, "https://%s/?cluster=%s", tt_http_server_address(f->server), cluster)
			      .data;
	tap_int(tt_http_client_new(&client, &options, &f->err), 0);
	tap_okf(tt_http_open(client, &request, &x, &f->err) == 0, "%s", f->err.msg);
	if (x != NULL)
		tap_int(tt_http_read_all(x, 20LL * SECOND, &body, &f->err), 0);
	tt_http_close(x);
	tt_http_client_free(client);
	f->answer = tt_str_dup(&f->arena, tt_buf_view(&body));
	tt_buf_release(&body);
	return f->answer;
}

static struct tt_str who(struct fixture *f, const char *cluster, const char *token)
{
	struct tt_http_header header = {
		TT_STR("Authorization"), tt_str_printf(&f->arena, "Bearer %s", token)};

	return ask(f, cluster, &header, 1, false);
}

static int number_of_reviews(void)
{
	const char *at = tt_test_server_command(api, "{\"op\":\"requests\"}").data;
	int n = 0;

	for (; at != NULL && (at = strstr(at, "\"kind\": ")) != NULL; at++)
		n++;
	return n;
}

/* -- who -- */

static void certificates_and_static_tokens_need_no_api_server(void)
{
	struct fixture f;
	struct tt_http_header header = {TT_STR("authorization"), TT_STR("bearer static")};

	set_up(&f);
	tap_str(ask(&f, "dead", NULL, 0, true), "carl  [ops] [admins] [system:authenticated]");
	tap_str(ask(&f, "dead", &header, 1, false), "ann 7 [ops] [dev] [system:authenticated]");
	/* Of both the certificate counts, as in Kubernetes. */
	tap_str(ask(&f, "dead", &header, 1, true), "carl  [ops] [admins] [system:authenticated]");
	tap_str(who(&f, "", "static"), "ann 7 [ops] [dev] [system:authenticated]");
	tear_down(&f);
}

static void nobody_is_nobody(void)
{
	static const struct tt_http_header headers[] = {
		{{"Authorization", 13}, {"Basic c3RhdGljOg==", 18}},
		{{"Authorization", 13}, {"Bearer", 6}},
		{{"Authorization", 13}, {"Bearer  static", 14}},
		{{"Authorization", 13}, {"static", 6}},
		{{"X-Remote-User", 13}, {"ann", 3}},
	};
	struct fixture f;

	set_up(&f);
	tap_str(ask(&f, "prod", NULL, 0, false), "-10 Unauthorized");
	for (size_t i = 0; i < sizeof(headers) / sizeof(headers[0]); i++)
		tap_str(ask(&f, "prod", &headers[i], 1, false), "-10 Unauthorized");
	tap_str(who(&f, "prod", "unknown"), "-10 Unauthorized");
	tap_str(who(&f, "edge", "unknown"), "-10 Unauthorized");
	tap_str(who(&f, "nowhere", "unknown"), "-10 Unauthorized");
	tear_down(&f);
}

static void impersonation_is_refused(void)
{
	static const char *const names[] = {"Impersonate-User", "impersonate-group",
		"Impersonate-Uid", "Impersonate-Extra-scopes"};
	struct tt_http_header headers[] = {
		{TT_STR("Authorization"), TT_STR("Bearer static")}, {TT_STR(""), TT_STR("ben")}};
	struct fixture f;

	set_up(&f);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		headers[1].name = tt_str_from(names[i]);
		tap_str(ask(&f, "prod", headers, 2, false),
			"-1 impersonation is not supported by telltaled");
	}
	tear_down(&f);
}

static void a_token_is_reviewed_by_its_cluster_and_remembered_for_ten_seconds(void)
{
	static const char ben[] = "ben u-1 [a] [system:authenticated] scopes=read scopes=x of prod";
	struct fixture f;

	set_up(&f);
	(void)tt_test_server_command(api,
		"{\"op\":\"reviews\",\"users\":{\"t1\":{\"username\":\"ben\",\"uid\":\"u-1\","
		"\"groups\":[\"a\"],\"extra\":{\"scopes\":[\"read\",\"x\"]}}}}");
	(void)number_of_reviews();
	tap_str(who(&f, "prod", "t1"), ben);
	tap_str(who(&f, "prod", "t1"), ben);
	tap_int(number_of_reviews(), 1);
	tap_str(who(&f, "edge", "t1"), "-10 Unauthorized");
	(void)tt_test_server_command(api, "{\"op\":\"reviews\"}");
	pass(9);
	tap_str(who(&f, "prod", "t1"), ben);
	pass(2);
	tap_str(who(&f, "prod", "t1"), "-10 Unauthorized");
	tap_int(number_of_reviews(), 1);
	tap_str(who(&f, "prod", "t1"), "-10 Unauthorized");
	tap_int(number_of_reviews(), 0);
	(void)tt_test_server_command(
		api, "{\"op\":\"reviews\",\"users\":{\"t1\":{\"username\":\"ben\"}}}");
	pass(6);
	tap_str(who(&f, "prod", "t1"), "ben  [system:authenticated] of prod");
	tear_down(&f);
}

static void a_silent_api_server_is_503_for_its_users_alone(void)
{
	struct fixture f;

	set_up(&f);
	(void)tt_test_server_command(
		api, "{\"op\":\"reviews\",\"users\":{\"t1\":{\"username\":\"ben\"}}}");
	tap_ok(tt_str_starts(who(&f, "dead", "t1"), TT_STR("-2 the API server of cluster")));
	tap_str(who(&f, "dead", "static"), "ann 7 [ops] [dev] [system:authenticated]");
	(void)tt_test_server_command(api, "{\"op\":\"rules\",\"rules\":[{\"on\":\"review\","
					  "\"status\":403,\"reason\":\"Forbidden\","
					  "\"message\":\"no delegator\",\"times\":-1}]}");
	tap_ok(tt_str_starts(who(&f, "prod", "t1"), TT_STR("-2 ")));
	tap_ok(tt_str_find(f.answer, TT_STR("no delegator")) > 0);
	(void)tt_test_server_command(api, "{\"op\":\"rules\",\"rules\":[{\"on\":\"review\","
					  "\"close\":true,\"times\":-1}]}");
	tap_ok(tt_str_starts(who(&f, "prod", "t1"), TT_STR("-2 ")));
	(void)tt_test_server_command(api, "{\"op\":\"rules\",\"rules\":[]}");
	/* It is left alone for a second. */
	(void)number_of_reviews();
	tap_ok(tt_str_starts(who(&f, "prod", "t1"), TT_STR("-2 ")));
	tap_int(number_of_reviews(), 0);
	pass(2);
	tap_str(who(&f, "prod", "t1"), "ben  [system:authenticated] of prod");
	tear_down(&f);
}

static void what_the_api_server_answers_may_be_nonsense(void)
{
	static const char *const users[] = {"7", "{\"username\":\"\"}", "{\"username\":7}",
		"{\"username\":\"x\",\"extra\":{\"a\":\"b\"}}"};
	struct fixture f;

	set_up(&f);
	for (size_t i = 0; i < sizeof(users) / sizeof(users[0]); i++) {
		(void)tt_test_server_command(
			api, "{\"op\":\"reviews\",\"users\":{\"t1\":%s}}", users[i]);
		tap_okf(tt_str_starts(who(&f, "prod", "t1"), TT_STR("-")), "%.*s",
			TT_STR_ARG(f.answer));
		pass(6);
	}
	tear_down(&f);
}

/* -- what he may -- */

static int may(struct fixture *f, const struct tt_user *user, const char *cluster, const char *verb,
	const char *namespace)
{
	struct tt_access access = {.cluster = tt_str_from(cluster),
		.verb = tt_str_from(verb),
		.resource = TT_STR("events"),
		.namespace = tt_str_from(namespace)};

	f->err = (struct tt_err){0};
	return tt_auth_allows(f->auth, user, &access, &f->err);
}

static void allow(const char *json)
{
	(void)tt_test_server_command(api, "{\"op\":\"reviews\",\"allow\":[%s]}", json);
}

static void rules_work_without_the_api_server_and_reviews_do_not(void)
{
	struct tt_user ann = {.name = TT_STR("ann")}, ben = {.name = TT_STR("ben")};
	struct fixture f;

	set_up(&f);
	tap_int(may(&f, &ann, "dead", "list", "shop"), 1);
	tap_int(may(&f, &ann, "dead", "list", "cart"), TT_EAGAIN);
	tap_int(may(&f, &ben, "dead", "list", "shop"), TT_EAGAIN);
	tap_int(may(&f, &ben, "edge", "list", "shop"), 0);
	tap_int(may(&f, &ann, "edge", "list", "shop"), 1);
	tap_int(may(&f, &ann, "nowhere", "list", "shop"), 0);
	tear_down(&f);
}

static void rights_are_reviewed_and_end_within_ten_seconds(void)
{
	const struct tt_str groups[] = {TT_STR("g1"), TT_STR("system:authenticated")};
	const struct tt_str scopes[] = {TT_STR("read")};
	const struct tt_user_extra extra[] = {{TT_STR("scopes"), scopes, 1}};
	struct tt_user ben = {.name = TT_STR("ben"),
		.uid = TT_STR("u-1"),
		.groups = groups,
		.n_groups = 2,
		.extra = extra,
		.n_extra = 1,
		.realm = TT_STR("prod")};
	struct fixture f;

	set_up(&f);
	allow("{\"user\":\"ben\",\"uid\":\"u-1\",\"groups\":[\"g1\",\"system:authenticated\"],"
	      "\"extra\":{\"scopes\":[\"read\"]},\"verb\":\"list\",\"resource\":\"events\","
	      "\"namespace\":\"cart\"}");
	(void)number_of_reviews();
	tap_int(may(&f, &ben, "prod", "list", "cart"), 1);
	tap_int(may(&f, &ben, "prod", "list", "cart"), 1);
	tap_int(may(&f, &ben, "prod", "list", "shop"), 0);
	tap_int(may(&f, &ben, "prod", "list", "shop"), 0);
	tap_int(may(&f, &ben, "prod", "watch", "cart"), 0);
	tap_int(may(&f, &ben, "prod", "list", ""), 0);
	tap_int(number_of_reviews(), 4);
	allow("");
	pass(9);
	tap_int(may(&f, &ben, "prod", "list", "cart"), 1);
	pass(2);
	tap_int(may(&f, &ben, "prod", "list", "cart"), 0);
	allow("{\"user\":\"ben\"}");
	pass(6);
	tap_int(may(&f, &ben, "prod", "list", "cart"), 1);
	tear_down(&f);
}

static void answers_about_one_do_not_count_for_another(void)
{
	const struct tt_str groups[] = {TT_STR("g1")}, scopes[] = {TT_STR("read")};
	const struct tt_user_extra extra[] = {{TT_STR("scopes"), scopes, 1}};
	const struct tt_user others[] = {
		{.name = TT_STR("be")},
		{.name = TT_STR("ben"), .uid = TT_STR("2")},
		{.name = TT_STR("ben"), .groups = groups, .n_groups = 1},
		{.name = TT_STR("ben"), .extra = extra, .n_extra = 1},
	};
	struct tt_user ben = {.name = TT_STR("ben")};
	struct fixture f;

	set_up(&f);
	allow("{\"user\":\"ben\"}");
	tap_int(may(&f, &ben, "prod", "list", "cart"), 1);
	allow("");
	tap_int(may(&f, &ben, "twin", "list", "cart"), 0);
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		tap_int(may(&f, &others[i], "prod", "list", "cart"), 0);
	tap_int(may(&f, &ben, "prod", "list", "cart"), 1);
	tear_down(&f);
}

/* Those whom no rule lets in, one question after the other, and no more than the caller wants. */
static void of_many_namespaces_a_bounded_number_is_asked_about(void)
{
	const struct tt_str names[] = {
		TT_STR("shop"), TT_STR("a"), TT_STR("b"), TT_STR("c"), TT_STR("d"), TT_STR("e")};
	struct tt_user ann = {.name = TT_STR("ann")};
	struct tt_access list = {
		.cluster = TT_STR("prod"), .verb = TT_STR("list"), .resource = TT_STR("events")};
	int allowed[6];
	struct tt_auth_each each = {.namespaces = names,
		.may = allowed,
		.n = 6,
		.max_questions = 2,
		.max_ns = 60LL * SECOND};
	struct fixture f;

	set_up(&f);
	allow("{\"user\":\"ann\",\"namespace\":\"b\"},{\"user\":\"ann\",\"namespace\":\"e\"}");
	(void)number_of_reviews();
	tt_auth_allows_each(f.auth, &ann, &list, &each);
	tap_ok(allowed[0] == 1 && allowed[1] == 0 && allowed[2] == 1 && allowed[5] == TT_EAGAIN);
	tap_ok(!each.failed);
	tap_int(each.undecided, 3);
	tap_int(number_of_reviews(), 2);
	/* what is remembered is not asked again, neither here nor for others */
	tap_int(may(&f, &ann, "prod", "list", "c"), 0);
	tt_auth_allows_each(f.auth, &ann, &list, &each);
	tap_ok(allowed[0] == 1 && allowed[2] == 1 && allowed[4] == 0 && allowed[5] == 1);
	tap_int(each.undecided, 0);
	tap_int(number_of_reviews(), 3);
	pass(11);
	each.max_ns = 0;
	tt_auth_allows_each(f.auth, &ann, &list, &each);
	tap_int(each.undecided, 5);
	each.max_ns = 60LL * SECOND;
	list.cluster = TT_STR("dead");
	tt_auth_allows_each(f.auth, &ann, &list, &each);
	tap_ok(each.failed && allowed[0] == 1 && allowed[1] == TT_EAGAIN && each.undecided == 5);
	list.cluster = TT_STR("prod");
	tt_auth_allows_each(f.auth, &ann, &list, &each);
	tap_int(each.undecided, 5);
	tap_int(number_of_reviews(), 0);
	each.failed = false;
	ann.realm = TT_STR("edge");
	tt_auth_allows_each(f.auth, &ann, &list, &each);
	tap_ok(allowed[0] == 0 && allowed[2] == 0 && each.undecided == 0);
	tap_int(number_of_reviews(), 0);
	tear_down(&f);
}

/* An API server that lies about its own users must get no hold of another cluster's history. */
static void a_cluster_vouches_for_itself_alone(void)
{
	struct tt_user ann = {.name = TT_STR("ann"), .realm = TT_STR("prod")};
	struct fixture f;

	set_up(&f);
	allow("{\"user\":\"ann\"}");
	tap_int(may(&f, &ann, "prod", "list", "shop"), 1);
	tap_int(may(&f, &ann, "edge", "list", "shop"), 0);
	tap_int(tt_auth_may_know(f.auth, &ann, TT_STR("prod"), NULL), 1);
	tap_int(tt_auth_may_know(f.auth, &ann, TT_STR("edge"), NULL), 0);
	ann.realm = TT_STR("edge");
	tap_int(may(&f, &ann, "prod", "list", "cart"), 0);
	tear_down(&f);
}

static void a_path_is_reviewed_as_one(void)
{
	struct tt_user ben = {.name = TT_STR("ben")};
	struct tt_access access = {.cluster = TT_STR("prod"),
		.verb = TT_STR("get"),
		.non_resource = true,
		.path = TT_STR("/metrics")};
	struct fixture f;

	set_up(&f);
	allow("{\"nonResourceAttributes\":{\"verb\":\"get\",\"path\":\"/metrics\"}}");
	tap_int(tt_auth_allows(f.auth, &ben, &access, &f.err), 1);
	access.path = TT_STR("/version");
	tap_int(tt_auth_allows(f.auth, &ben, &access, &f.err), 0);
	allow("{\"nonResourceAttributes\":{\"verb\":\"get\",\"path\":\"/api\"}}");
	tap_int(tt_auth_may_know(f.auth, &ben, TT_STR("prod"), NULL), 1);
	tap_int(tt_auth_may_know(f.auth, &ben, TT_STR("edge"), NULL), 0);
	tear_down(&f);
}

static void new_clusters_take_nothing_over(void)
{
	struct tt_user ben = {.name = TT_STR("ben")};
	struct fixture f;

	set_up(&f);
	allow("{\"user\":\"ben\"}");
	tap_int(may(&f, &ben, "prod", "list", "cart"), 1);
	allow("");
	set_clusters(&f);
	tap_int(may(&f, &ben, "prod", "list", "cart"), 0);
	tear_down(&f);
}

static void files_are_read_again_when_they_change(void)
{
	struct tt_user ben = {.name = TT_STR("ben")};
	struct fixture f;

	set_up(&f);
	tap_int(may(&f, &ben, "edge", "list", "shop"), 0);
	(void)write_file(&f, "rules",
		"rules:\n- users: [ben]\n  clusters: [edge]\n"
		"  namespaces: [shop]\n");
	for (int i = 0; i < 30 && may(&f, &ben, "edge", "list", "shop") != 1; i++)
		(void)usleep(100000);
	tap_int(may(&f, &ben, "edge", "list", "shop"), 1);
	(void)write_file(&f, "tokens", "wrong\n");
	tap_int(tt_auth_reload(f.auth, &f.err), TT_EINVAL);
	tap_ok(strstr(f.err.msg, "tokens:1:") != NULL);
	tap_str(who(&f, "edge", "static"), "ann 7 [ops] [dev] [system:authenticated]");
	(void)write_file(&f, "tokens", "other,ann,7\n");
	tap_int(tt_auth_reload(f.auth, &f.err), 0);
	tap_str(who(&f, "edge", "static"), "-10 Unauthorized");
	tear_down(&f);
}

/* -- since when -- */

static int64_t since(struct fixture *f, const char *cluster, const char *namespace)
{
	int64_t us = 1;
	int rc = tt_auth_namespace_since(
		f->auth, tt_str_from(cluster), tt_str_from(namespace), &us, &f->err);

	return rc == 0 ? us : rc;
}

static void namespaces(const char *json)
{
	(void)tt_test_server_command(api, "{\"op\":\"namespaces\",\"namespaces\":{%s}}", json);
}

static int64_t at(const char *time)
{
	int64_t us = 0;

	tap_ok(tt_time_parse(tt_str_from(time), false, &us));
	return us;
}

static void a_namespace_belongs_to_its_owner_since_it_was_made(void)
{
	struct fixture f;

	set_up(&f);
	namespaces("\"shop\":\"2026-01-01T00:00:00Z\"");
	tap_int(since(&f, "prod", "shop"), at("2026-01-01T00:00:00Z"));
	tap_int(since(&f, "edge", "shop"), TT_TIME_ZERO);
	tap_int(since(&f, "nowhere", "shop"), TT_TIME_ZERO);
	tap_int(tt_auth_namespace_made(f.auth, TT_STR("prod"), TT_STR("shop")),
		at("2026-01-01T00:00:00Z"));
	tap_int(tt_auth_namespace_made(f.auth, TT_STR("prod"), TT_STR("cart")), TT_TIME_ZERO);
	tap_int(since(&f, "prod", "never"), INT64_MAX);
	tap_int(since(&f, "prod", "../../version"), INT64_MAX);
	tap_int(since(&f, "dead", "shop"), TT_EAGAIN);
	namespaces("\"shop\":\"2026-03-01T00:00:00Z\"");
	pass(6);
	tap_int(since(&f, "prod", "shop"), at("2026-03-01T00:00:00Z"));
	namespaces("");
	pass(6);
	tap_int(since(&f, "prod", "shop"), at("2026-03-01T00:00:00Z"));
	tear_down(&f);
}

static void what_is_known_of_namespaces_outlives_both_servers(void)
{
	struct tt_auth_options options = {.clock = &test_clock};
	struct tt_auth_cluster dead = {TT_STR("prod"), NULL};
	struct fixture f;

	set_up(&f);
	namespaces("\"shop\":\"2026-01-01T00:00:00Z\",\"cart\":\"2026-02-01T00:00:00Z\"");
	set_clusters(&f); /* lists all of them soon, without being asked about any */
	options.namespaces_file = tt_str_printf(&f.arena, "%s/namespaces", f.dir).data;
	for (int i = 0; i < 100 && access(options.namespaces_file, F_OK) != 0; i++)
		(void)usleep(100000);
	tt_auth_free(f.auth);
	tap_int(tt_auth_new(&f.auth, &options, &f.err), 0);
	dead.target = make_target("https://127.0.0.1:1");
	tt_auth_set_clusters(f.auth, &dead, 1);
	tap_int(since(&f, "prod", "shop"), at("2026-01-01T00:00:00Z"));
	tap_int(since(&f, "prod", "cart"), at("2026-02-01T00:00:00Z"));
	tap_int(since(&f, "prod", "other"), TT_EAGAIN);
	tear_down(&f);
}

/* -- the rest -- */

static void *stop_soon(void *arg)
{
	(void)usleep(200000);
	tt_auth_stop(arg);
	return NULL;
}

static void a_stop_ends_what_waits(void)
{
	struct tt_user ben = {.name = TT_STR("ben")};
	int64_t before_ns;
	struct fixture f;
	pthread_t thread;

	set_up(&f);
	(void)tt_test_server_command(
		api, "{\"op\":\"rules\",\"rules\":[{\"on\":\"review\",\"delay\":4}]}");
	before_ns = tt_clock_mono_ns(&tt_clock_system);
	tap_int(pthread_create(&thread, NULL, stop_soon, f.auth), 0);
	tap_int(may(&f, &ben, "prod", "list", "cart"), TT_EAGAIN);
	tap_int(may(&f, &ben, "prod", "list", "cart"), TT_EAGAIN);
	tap_ok(tt_clock_mono_ns(&tt_clock_system) - before_ns < 2LL * SECOND);
	(void)pthread_join(thread, NULL);
	tear_down(&f);
}

#define ATTEMPTS "telltale_authentication_attempts_total{method="

static void what_was_said_is_counted(void)
{
	static const char *const lines[] = {
		ATTEMPTS "\"token-file\",result=\"success\"} 1\n",
		ATTEMPTS "\"token-file\",result=\"failure\"} 2\n",
		ATTEMPTS "\"token-review\",result=\"failure\"} 1\n",
		ATTEMPTS "\"token-review\",result=\"error\"} 1\n",
		"telltale_authorization_decisions_total{method=\"rules\",result=\"denied\"} 1\n",
		"telltale_auth_cache_lookups_total{cache=\"tokens\",result=\"miss\"} 2\n",
	};
	struct tt_user ben = {.name = TT_STR("ben")};
	struct fixture f;
	struct tt_buf text;

	set_up(&f);
	(void)who(&f, "prod", "static");
	(void)who(&f, "prod", "unknown");
	(void)who(&f, "dead", "unknown");
	(void)may(&f, &ben, "edge", "list", "shop");
	tt_buf_init(&text, 65536);
	tt_auth_metrics(f.auth, &text);
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		tap_okf(tt_str_find(tt_buf_view(&text), tt_str_from(lines[i])) >= 0, "%s\n%s",
			lines[i], text.data);
	tt_buf_release(&text);
	tear_down(&f);
}

int main(void)
{
	api = tt_test_server_start(NULL);
	if (api == NULL) {
		printf("Bail out! tests/fault/apiserver.py does not start\n");
		return 1;
	}
	test_cert_make(&certs.ca, "ca", NULL, NULL, -1, 10);
	test_cert_make(&certs.server, "server", "IP:127.0.0.1", &certs.ca, -1, 10);
	test_cert_make(&certs.client, "carl/ops/admins", "DNS:c", &certs.ca, -1, 10);
#define RUN(name) tap_test(#name, name)
	RUN(certificates_and_static_tokens_need_no_api_server);
	RUN(nobody_is_nobody);
	RUN(impersonation_is_refused);
	RUN(a_token_is_reviewed_by_its_cluster_and_remembered_for_ten_seconds);
	RUN(a_silent_api_server_is_503_for_its_users_alone);
	RUN(what_the_api_server_answers_may_be_nonsense);
	RUN(rules_work_without_the_api_server_and_reviews_do_not);
	RUN(rights_are_reviewed_and_end_within_ten_seconds);
	RUN(answers_about_one_do_not_count_for_another);
	RUN(of_many_namespaces_a_bounded_number_is_asked_about);
	RUN(a_cluster_vouches_for_itself_alone);
	RUN(a_path_is_reviewed_as_one);
	RUN(new_clusters_take_nothing_over);
	RUN(files_are_read_again_when_they_change);
	RUN(a_namespace_belongs_to_its_owner_since_it_was_made);
	RUN(what_is_known_of_namespaces_outlives_both_servers);
	RUN(a_stop_ends_what_waits);
	RUN(what_was_said_is_counted);
	test_cert_free(&certs.ca);
	test_cert_free(&certs.server);
	test_cert_free(&certs.client);
	tt_test_server_stop(api);
	return tap_done();
}
