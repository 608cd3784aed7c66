/* SPDX-License-Identifier: Apache-2.0 */
#include "serve/auth/rules.h"

#include "base/arena.h"
#include "conf/options.h"
#include "conf/yaml.h"
#include "serve/auth/user.h"

struct tt_rule {
	struct tt_texts users, groups, clusters, namespaces, verbs, resources, paths;
};

#define AT(member) .type = TT_OPTION_TEXTS, .offset = offsetof(struct tt_rule, member)

static const struct tt_option rule_options[] = {
	{.name = "users", AT(users), .help = "Names of users"},
	{.name = "groups", AT(groups), .help = "Names of groups"},
	{.name = "clusters", AT(clusters), .help = "Names of clusters, or \"*\""},
	{.name = "namespaces", AT(namespaces), .help = "Names of namespaces, or \"*\""},
	{.name = "verbs", AT(verbs), .help = "Verbs, or \"*\"; get, list, watch if not given"},
	{.name = "resources", AT(resources), .help = "Resources, or \"*\"; events if not given"},
	{.name = "paths", AT(paths), .help = "Paths that are no resources, such as /metrics"},
	{0},
};

static const struct tt_option file_options[] = {
	{.name = "rules",
		.type = TT_OPTION_STRUCTS,
		.members = rule_options,
		.member_size = sizeof(struct tt_rule),
		.help = "What is allowed"},
	{0},
};

static bool holds(const struct tt_texts *texts, struct tt_str text)
{
	for (size_t i = 0; i < texts->n; i++)
		if (tt_str_is(text, texts->items[i]))
			return true;
	return false;
}

static bool holds_all(const struct tt_texts *texts)
{
	return holds(texts, TT_STR("*"));
}

/* Whether a rule can allow anything, and says so in full. */
static const char *problem_of(const struct tt_rule *r)
{
	if (r->users.n == 0 && r->groups.n == 0)
		return "a rule needs users or groups";
	if (holds_all(&r->users) || holds_all(&r->groups))
		return "\"*\" is no user or group; the group system:authenticated holds everybody";
	if (r->clusters.n == 0)
		return "a rule needs clusters (\"*\": all)";
	if (r->paths.n > 0 && (r->namespaces.n > 0 || r->resources.n > 0 || r->verbs.n > 0))
		return "a rule with paths has no namespaces, resources or verbs";
	if (r->paths.n == 0 && r->namespaces.n == 0)
		return "a rule needs namespaces (\"*\": all) or paths";
	return NULL;
}

static struct tt_texts texts_of(const char *const *words, size_t n, struct tt_arena *arena)
{
	struct tt_texts texts = {tt_arena_new(arena, const char *, n), n};

	for (size_t i = 0; i < n; i++)
		texts.items[i] = words[i];
	return texts;
}

static void add_defaults(struct tt_rule *r, struct tt_arena *arena)
{
	static const char *const verbs[] = {"get", "list", "watch"};
	static const char *const resources[] = {"events"};

	if (r->verbs.n == 0)
		r->verbs = texts_of(verbs, sizeof(verbs) / sizeof(verbs[0]), arena);
	if (r->resources.n == 0)
		r->resources = texts_of(resources, 1, arena);
}

int tt_rules_parse(struct tt_rules *ret, struct tt_str text, const char *file,
	struct tt_arena *arena, struct tt_err *err)
{
	struct tt_structs rules = {0};
	struct tt_yaml *root;
	int rc = tt_yaml_parse(&root, text, file, arena, err);

	*ret = (struct tt_rules){0};
	if (rc == 0 && root != NULL)
		rc = tt_options_from_yaml(file_options, &rules, root, file, arena, err);
	if (rc != 0)
		return rc;
	for (size_t i = 0; i < rules.n; i++) {
		struct tt_rule *rule = (struct tt_rule *)rules.items + i;
		const struct tt_yaml *at = tt_yaml_get(root, "rules")->items[i];
		const char *problem = problem_of(rule);

		if (problem != NULL)
			return tt_fail(err, TT_EINVAL, "%s:%u:%u: %s", file, at->line, at->column,
				problem);
		add_defaults(rule, arena);
	}
	*ret = (struct tt_rules){rules.items, rules.n};
	return 0;
}

static bool is_for(const struct tt_rule *r, const struct tt_user *user)
{
	if (holds(&r->users, user->name))
		return true;
	for (size_t i = 0; i < user->n_groups; i++)
		if (holds(&r->groups, user->groups[i]))
			return true;
	return false;
}

static bool covers(const struct tt_texts *texts, struct tt_str text)
{
	return holds(texts, text) || holds_all(texts);
}

static bool allows(const struct tt_rule *r, const struct tt_access *a)
{
	if (!covers(&r->clusters, a->cluster))
		return false;
	if (a->non_resource)
		return tt_str_is(a->verb, "get") && holds(&r->paths, a->path);
	/* The empty namespace, all of them, is the name of none: "*" alone covers it. */
	return r->paths.n == 0 && covers(&r->verbs, a->verb) &&
	       covers(&r->resources, a->resource) &&
	       (a->namespace.len > 0 ? covers(&r->namespaces, a->namespace)
				     : holds_all(&r->namespaces));
}

bool tt_rules_allow(
	const struct tt_rules *rules, const struct tt_user *user, const struct tt_access *access)
{
	for (size_t i = 0; i < rules->n; i++)
		if (is_for(&rules->items[i], user) && allows(&rules->items[i], access))
			return true;
	return false;
}

bool tt_rules_name(const struct tt_rules *rules, const struct tt_user *user, struct tt_str cluster)
{
	for (size_t i = 0; i < rules->n; i++) {
		const struct tt_rule *r = &rules->items[i];

		if (r->paths.n == 0 && is_for(r, user) && covers(&r->clusters, cluster))
			return true;
	}
	return false;
}
