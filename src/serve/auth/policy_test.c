/* SPDX-License-Identifier: Apache-2.0 */
#include "serve/auth/policy.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "serve/auth/user.h"
#include "tap/tap.h"

/* -- the token file -- */

static int parse_tokens(
	const char *text, struct tt_tokens *ret, struct tt_arena *arena, struct tt_err *err)
{
	*err = (struct tt_err){0};
	return tt_tokens_parse(ret, tt_str_from(text), "tokens.csv", arena, err);
}

static void expect_user(const struct tt_tokens *tokens, const char *token, const char *want)
{
	const struct tt_user *user = tt_tokens_find(tokens, tt_str_from(token));
	struct tt_buf got;

	tt_buf_init(&got, 4096);
	if (user != NULL)
		tt_buf_printf(&got, "%.*s %.*s", TT_STR_ARG(user->name), TT_STR_ARG(user->uid));
	for (size_t i = 0; user != NULL && i < user->n_groups; i++)
		tt_buf_printf(&got, " [%.*s]", TT_STR_ARG(user->groups[i]));
	tap_str(tt_buf_view(&got), want);
	tt_buf_release(&got);
}

static void tokens_are_read_as_kube_apiserver_reads_them(void)
{
	struct tt_arena arena = {0};
	struct tt_tokens tokens;
	struct tt_err err;

	tap_okf(parse_tokens("t1,ann,1\r\n"
			     "\n"
			     "t2,ben,2,ops\n"
			     "t3,\"cat, the third\",3,\"ops,shop \"\"x\"\"\",more,columns\n"
			     "\"t\n4\",dan,4,\n"
			     "t1,eve,5",
			&tokens, &arena, &err) == 0,
		"%s", err.msg);
	tap_int(tokens.n, 4);
	expect_user(&tokens, "t1", "eve 5 [system:authenticated]");
	expect_user(&tokens, "t2", "ben 2 [ops] [system:authenticated]");
	expect_user(&tokens, "t3", "cat, the third 3 [ops] [shop \"x\"] [system:authenticated]");
	expect_user(&tokens, "t\n4", "dan 4 [system:authenticated]");
	expect_user(&tokens, "t", "");
	expect_user(&tokens, "t11", "");
	expect_user(&tokens, "", "");
	tt_arena_release(&arena);
}

static void mistakes_in_a_token_file_are_told_without_its_content(void)
{
	static const struct {
		const char *text, *want;
	} cases[] = {
		{"secret,ann", "tokens.csv:1: there must be at least three columns"},
		{"a,b,c\nsecret\n", "tokens.csv:2: there must be at least three columns"},
		{",ann,1", "tokens.csv:1: the token is empty"},
		{"secret,,1", "tokens.csv:1: the user is empty"},
		{"\"secret,ann,1\n", "tokens.csv:1: a quote is not closed"},
		{"\"secret\"x,ann,1\n", "tokens.csv:1: something follows a closing quote"},
		{"sec\"ret,ann,1\n", "tokens.csv:1: a quote in the middle of a column"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct tt_arena arena = {0};
		struct tt_tokens tokens;
		struct tt_err err;

		tap_int(parse_tokens(cases[i].text, &tokens, &arena, &err), TT_EINVAL);
		tap_okf(strncmp(err.msg, cases[i].want, strlen(cases[i].want)) == 0, "%s", err.msg);
		tap_ok(strstr(err.msg, "sec") == NULL);
		tt_arena_release(&arena);
	}
}

/* -- rules -- */

static const char rules_text[] = "rules:\n"
				 "- groups: [ops]\n"
				 "  clusters: ['*']\n"
				 "  namespaces: ['*']\n"
				 "- users: [ann, ben]\n"
				 "  clusters: [prod]\n"
				 "  namespaces: [shop, cart]\n"
				 "- users: [agent]\n"
				 "  clusters: [edge]\n"
				 "  namespaces: ['*']\n"
				 "  verbs: [create, patch]\n"
				 "- users: [root]\n"
				 "  clusters: ['*']\n"
				 "  namespaces: ['*']\n"
				 "  verbs: ['*']\n"
				 "  resources: ['*']\n"
				 "- groups: ['system:authenticated']\n"
				 "  clusters: [prod]\n"
				 "  paths: [/metrics]\n";

static struct tt_user user_of(const char *name, const char *group, struct tt_arena *arena)
{
	struct tt_user user = {.name = tt_str_from(name)};

	if (group != NULL)
		(void)tt_user_add_group(&user, tt_str_from(group), arena);
	return user;
}

static void only_what_a_rule_allows_is_allowed(void)
{
	static const struct {
		const char *user, *group, *cluster, *verb, *namespace;
		const char *resource; /* NULL: events; beginning with a slash: a path */
		bool want;
	} cases[] = {
		{"ann", NULL, "prod", "list", "shop", NULL, true},
		{"ben", NULL, "prod", "watch", "cart", NULL, true},
		{"ann", NULL, "prod", "list", "other", NULL, false},
		{"ann", NULL, "prod", "list", "", NULL, false},
		{"ann", NULL, "edge", "list", "shop", NULL, false},
		{"ann", NULL, "prod", "create", "shop", NULL, false},
		{"ann", NULL, "prod", "get", "shop", "secrets", false},
		{"ann", NULL, "prod", "get", "shop", "/metrics", false},
		{"anna", NULL, "prod", "list", "shop", NULL, false},
		{"ops", NULL, "prod", "list", "shop", NULL, false},
		{"x", "ops", "prod", "list", "shop", NULL, true},
		{"x", "ops", "edge", "watch", "", NULL, true},
		{"x", "ops", "edge", "delete", "", NULL, false},
		{"x", "ann", "prod", "list", "shop", NULL, false},
		{"agent", NULL, "edge", "create", "default", NULL, true},
		{"agent", NULL, "edge", "get", "default", NULL, false},
		{"root", NULL, "any", "delete", "x", "namespaces", true},
		{"root", NULL, "prod", "get", "", "/metrics", false},
		{"x", "system:authenticated", "prod", "get", "", "/metrics", true},
		{"x", "system:authenticated", "prod", "get", "", "/metrics/x", false},
		{"x", "system:authenticated", "prod", "post", "", "/metrics", false},
		{"x", "system:authenticated", "edge", "get", "", "/metrics", false},
		{"x", "system:authenticated", "prod", "get", "", NULL, false},
	};
	struct tt_arena arena = {0};
	struct tt_rules rules;
	struct tt_err err = {0};

	tap_okf(tt_rules_parse(&rules, tt_str_from(rules_text), "rules.yaml", &arena, &err) == 0,
		"%s", err.msg);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *what = cases[i].resource != NULL ? cases[i].resource : "events";
		struct tt_user user = user_of(cases[i].user, cases[i].group, &arena);
		struct tt_access access = {.cluster = tt_str_from(cases[i].cluster),
			.verb = tt_str_from(cases[i].verb),
			.resource = tt_str_from(what),
			.namespace = tt_str_from(cases[i].namespace),
			.non_resource = what[0] == '/',
			.path = tt_str_from(what)};

		tap_okf(tt_rules_allow(&rules, &user, &access) == cases[i].want, "case %zu", i);
	}
	tt_arena_release(&arena);
}

static void who_has_a_rule_may_know_of_its_clusters(void)
{
	static const struct {
		const char *user, *group, *cluster;
		bool want;
	} cases[] = {
		{"ann", NULL, "prod", true},
		{"ann", NULL, "edge", false},
		{"agent", NULL, "edge", true},
		{"x", "ops", "any", true},
		{"x", "system:authenticated", "prod", false}, /* paths are of no cluster */
		{"x", NULL, "prod", false},
	};
	struct tt_arena arena = {0};
	struct tt_rules rules;

	tap_int(tt_rules_parse(&rules, tt_str_from(rules_text), "r", &arena, NULL), 0);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct tt_user user = user_of(cases[i].user, cases[i].group, &arena);

		tap_okf(tt_rules_name(&rules, &user, tt_str_from(cases[i].cluster)) ==
				cases[i].want,
			"case %zu", i);
	}
	tt_arena_release(&arena);
}

static void nothing_is_allowed_without_rules(void)
{
	static const char *const texts[] = {"", "rules:\n", "rules: []\n"};
	struct tt_access access = {.cluster = TT_STR("prod"),
		.verb = TT_STR("get"),
		.resource = TT_STR("events"),
		.namespace = TT_STR("shop")};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct tt_arena arena = {0};
		struct tt_user user = user_of("ann", "system:masters", &arena);
		struct tt_rules rules;

		tap_int(tt_rules_parse(&rules, tt_str_from(texts[i]), "r", &arena, NULL), 0);
		tap_ok(!tt_rules_allow(&rules, &user, &access));
		tt_arena_release(&arena);
	}
}

static void rules_that_could_not_be_meant_are_refused(void)
{
	static const struct {
		const char *text, *want;
	} cases[] = {
		{"rules:\n- clusters: [a]\n  namespaces: [b]\n",
			"r.yaml:2:3: a rule needs users or groups"},
		{"rules:\n- users: ['*']\n  clusters: [a]\n  namespaces: [b]\n",
			"r.yaml:2:3: \"*\" is no user or group"},
		{"rules:\n- users: [x]\n  namespaces: [b]\n", "r.yaml:2:3: a rule needs clusters"},
		{"rules:\n- users: [x]\n  clusters: [b]\n", "r.yaml:2:3: a rule needs namespaces"},
		{"rules:\n- users: [x]\n  clusters: [b]\n  paths: [/metrics]\n  verbs: [get]\n",
			"r.yaml:2:3: a rule with paths has no"},
		{"rules:\n- user: [x]\n", "r.yaml:2:3: "},
		{"rules:\n- users: [x]\n  clusters: [b]\n  namespaces: ['']\n", "r.yaml:4:16: "},
		{"rule: []\n", "r.yaml:1:1: "},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct tt_arena arena = {0};
		struct tt_rules rules;
		struct tt_err err = {0};

		tap_int(tt_rules_parse(&rules, tt_str_from(cases[i].text), "r.yaml", &arena, &err),
			TT_EINVAL);
		tap_okf(strncmp(err.msg, cases[i].want, strlen(cases[i].want)) == 0, "%s", err.msg);
		tt_arena_release(&arena);
	}
}

/* -- both, as files -- */

static void write_file(const char *path, const char *text)
{
	char other[200];
	FILE *f;

	(void)snprintf(other, sizeof(other), "%s.new", path);
	f = fopen(other, "we");
	tap_ok(f != NULL && fputs(text, f) >= 0 && fclose(f) == 0);
	tap_int(rename(other, path), 0);
}

static bool knows(struct tt_policy *policy, const char *token)
{
	struct tt_arena arena = {0};
	struct tt_user user;
	bool found = tt_policy_find(policy, tt_str_from(token), &user, &arena);

	tt_arena_release(&arena);
	return found;
}

static void a_mistake_leaves_what_was_read_before(void)
{
	char dir[] = "/tmp/telltale-policy-XXXXXX", tokens[100], rules[100];
	struct tt_policy policy;
	struct tt_err err = {0};

	tap_ok(mkdtemp(dir) != NULL);
	(void)snprintf(tokens, sizeof(tokens), "%s/tokens", dir);
	(void)snprintf(rules, sizeof(rules), "%s/rules", dir);
	tt_policy_init(&policy, tokens, rules);
	tap_int(tt_policy_read(&policy, &err), TT_ENOTFOUND);
	write_file(tokens, "one,ann,1\n");
	write_file(rules, rules_text);
	tap_ok(tt_policy_has_changed(&policy));
	tap_okf(tt_policy_read(&policy, &err) == 0, "%s", err.msg);
	tap_ok(!tt_policy_has_changed(&policy));
	tap_ok(knows(&policy, "one"));
	write_file(tokens, "two,ann,1\n");
	write_file(rules, "rules: 3\n");
	tap_ok(tt_policy_has_changed(&policy));
	tap_int(tt_policy_read(&policy, &err), TT_EINVAL);
	tap_ok(!tt_policy_has_changed(&policy)); /* it is told once */
	tap_ok(knows(&policy, "one") && !knows(&policy, "two"));
	write_file(rules, "rules: []\n");
	tap_ok(tt_policy_has_changed(&policy));
	tap_int(tt_policy_read(&policy, &err), 0);
	tap_ok(!knows(&policy, "one") && knows(&policy, "two"));
	tap_int(unlink(tokens), 0);
	tap_ok(tt_policy_has_changed(&policy));
	tap_int(tt_policy_read(&policy, &err), TT_ENOTFOUND);
	tap_ok(knows(&policy, "two"));
	tt_policy_release(&policy);
	tap_int(unlink(rules), 0);
	tap_int(rmdir(dir), 0);
}

int main(void)
{
#define RUN(name) tap_test(#name, name)
	RUN(tokens_are_read_as_kube_apiserver_reads_them);
	RUN(mistakes_in_a_token_file_are_told_without_its_content);
	RUN(only_what_a_rule_allows_is_allowed);
	RUN(who_has_a_rule_may_know_of_its_clusters);
	RUN(nothing_is_allowed_without_rules);
	RUN(rules_that_could_not_be_meant_are_refused);
	RUN(a_mistake_leaves_what_was_read_before);
	return tap_done();
}
