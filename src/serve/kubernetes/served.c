/* SPDX-License-Identifier: Apache-2.0 */
#include "serve/kubernetes/served.h"

#include "serve/kubernetes/catalog.h"

#define READ_VERBS  "[\"get\",\"list\",\"watch\"]"
#define WRITE_VERBS "[\"create\",\"delete\",\"get\",\"list\",\"patch\",\"update\",\"watch\"]"

static const struct served {
	const char *group, *name, *singular, *kind, *short_name;
	bool namespaced;
	const char *verbs, *write_verbs;
} served[] = {
	{"", "events", "event", "Event", "ev", true, READ_VERBS, WRITE_VERBS},
	{"", "namespaces", "namespace", "Namespace", "ns", false, READ_VERBS, READ_VERBS},
	{"events.k8s.io", "events", "event", "Event", "ev", true, READ_VERBS, WRITE_VERBS},
	{"authorization.k8s.io", "selfsubjectaccessreviews", "selfsubjectaccessreview",
		"SelfSubjectAccessReview", NULL, false, "[\"create\"]", "[\"create\"]"},
	{"authorization.k8s.io", "selfsubjectrulesreviews", "selfsubjectrulesreview",
		"SelfSubjectRulesReview", NULL, false, "[\"create\"]", "[\"create\"]"},
	{"authentication.k8s.io", "selfsubjectreviews", "selfsubjectreview", "SelfSubjectReview",
		NULL, false, "[\"create\"]", "[\"create\"]"},
};

static const char *const paths[] = {"/api", "/api/*", "/apis", "/apis/*", "/healthz", "/livez",
	"/openapi/*", "/readyz", "/version"};

enum {
	SERVED_N = sizeof(served) / sizeof(served[0]),
	PATHS_N = sizeof(paths) / sizeof(paths[0]),
};

static bool is_it(const struct tt_catalog_resource *r, const struct served *s)
{
	return tt_str_is(r->group, s->group) && tt_str_is(r->version, "v1") &&
	       tt_str_is(r->name, s->name);
}

const char *tt_served_verbs(const struct tt_catalog_resource *resource, bool writable)
{
	for (size_t i = 0; i < SERVED_N; i++)
		if (is_it(resource, &served[i]))
			return writable ? served[i].write_verbs : served[i].verbs;
	return "[]";
}

struct tt_str tt_served_next_verb(struct tt_str *verbs)
{
	(void)tt_str_split(verbs, '"');
	return tt_str_split(verbs, '"');
}

bool tt_served_at(size_t i, struct tt_catalog_resource *ret)
{
	if (i >= SERVED_N)
		return false;
	*ret = (struct tt_catalog_resource){.group = tt_str_from(served[i].group),
		.version = TT_STR("v1"),
		.name = tt_str_from(served[i].name),
		.singular = tt_str_from(served[i].singular),
		.kind = tt_str_from(served[i].kind),
		.namespaced = served[i].namespaced};
	if (served[i].short_name != NULL)
		ret->short_names[ret->n_short_names++] = tt_str_from(served[i].short_name);
	return true;
}

const char *tt_served_path_at(size_t i)
{
	return i < PATHS_N ? paths[i] : NULL;
}

bool tt_served_path(struct tt_str path)
{
	for (size_t i = 0; i < PATHS_N; i++) {
		struct tt_str known = tt_str_from(paths[i]), stem = {known.data, known.len - 1};

		if (tt_str_eq(path, known) ||
			(known.data[stem.len] == '*' && tt_str_starts(path, stem)))
			return true;
	}
	return false;
}

/* Adds the `i`-th behind the others of its version. */
static void add(struct tt_catalog *c, size_t i)
{
	struct tt_catalog_resource one;
	size_t place = c->n;

	(void)tt_served_at(i, &one);
	for (size_t k = 0; k < c->n; k++)
		if (tt_str_eq(c->resources[k].group, one.group) &&
			tt_str_eq(c->resources[k].version, one.version))
			place = k + 1;
	tt_catalog_add(c, &one);
	for (size_t k = c->n - 1; k > place; k--)
		c->resources[k] = c->resources[k - 1];
	c->resources[place] = one;
}

void tt_served_complete(struct tt_catalog *c)
{
	for (size_t i = 0; i < SERVED_N; i++) {
		bool found = false;

		for (size_t k = 0; k < c->n && !found; k++)
			found = is_it(&c->resources[k], &served[i]);
		if (!found)
			add(c, i);
	}
}
