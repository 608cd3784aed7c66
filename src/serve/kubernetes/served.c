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
	{"", "namespaces", "namespace", "Namespace", "ns", false, "[\"get\",\"list\"]",
		"[\"get\",\"list\"]"},
	{"events.k8s.io", "events", "event", "Event", "ev", true, READ_VERBS, WRITE_VERBS},
	{"authorization.k8s.io", "selfsubjectaccessreviews", "selfsubjectaccessreview",
		"SelfSubjectAccessReview", NULL, false, "[\"create\"]", "[\"create\"]"},
	{"authentication.k8s.io", "selfsubjectreviews", "selfsubjectreview", "SelfSubjectReview",
		NULL, false, "[\"create\"]", "[\"create\"]"},
};

enum { SERVED_N = sizeof(served) / sizeof(served[0]) };

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

/* Adds it behind the others of its version. */
static void add(struct tt_catalog *c, const struct served *s)
{
	struct tt_catalog_resource one = {.group = tt_str_from(s->group),
		.version = TT_STR("v1"),
		.name = tt_str_from(s->name),
		.singular = tt_str_from(s->singular),
		.kind = tt_str_from(s->kind),
		.namespaced = s->namespaced};
	size_t place = c->n;

	if (s->short_name != NULL)
		one.short_names[one.n_short_names++] = tt_str_from(s->short_name);
	for (size_t i = 0; i < c->n; i++)
		if (tt_str_eq(c->resources[i].group, one.group) &&
			tt_str_eq(c->resources[i].version, one.version))
			place = i + 1;
	tt_catalog_add(c, &one);
	for (size_t i = c->n - 1; i > place; i--)
		c->resources[i] = c->resources[i - 1];
	c->resources[place] = one;
}

void tt_served_complete(struct tt_catalog *c)
{
	for (size_t i = 0; i < SERVED_N; i++) {
		bool found = false;

		for (size_t k = 0; k < c->n && !found; k++)
			found = is_it(&c->resources[k], &served[i]);
		if (!found)
			add(c, &served[i]);
	}
}
