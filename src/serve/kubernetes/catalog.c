/* SPDX-License-Identifier: Apache-2.0 */
#include "serve/kubernetes/catalog.h"

#include "base/clock.h"
#include "base/mem.h"
#include "base/vec.h"
#include "kube/client.h"
#include "wire/json.h"

enum { RESOURCES_MAX = 4096, VERSIONS_MAX = 512 };

static const int64_t ALL_NS = 30ll * TT_NS_PER_S; /* for all versions */

struct versions {
	struct tt_str items[VERSIONS_MAX]; /* "apps/v1"; those of one group stand together */
	size_t n;
};

struct tt_catalog *tt_catalog_new(void)
{
	struct tt_catalog *c = tt_calloc(1, sizeof(*c));

	c->refs = 1;
	return c;
}

struct tt_catalog *tt_catalog_ref(struct tt_catalog *c)
{
	(void)__atomic_fetch_add(&c->refs, 1, __ATOMIC_RELAXED);
	return c;
}

void tt_catalog_unref(struct tt_catalog *c)
{
	if (c == NULL || __atomic_sub_fetch(&c->refs, 1, __ATOMIC_ACQ_REL) > 0)
		return;
	tt_free(c->resources);
	tt_arena_release(&c->arena);
	tt_free(c);
}

void tt_catalog_add(struct tt_catalog *c, const struct tt_catalog_resource *resource)
{
	c->resources = tt_vec_grow(c->resources, c->n, &c->cap, sizeof(*c->resources));
	c->resources[c->n++] = *resource;
}

static void read_short_names(struct tt_json_reader *j, struct tt_catalog_resource *to)
{
	if (!tt_json_enter_array(j))
		return;
	while (tt_json_next_item(j)) {
		struct tt_str name = tt_json_string(j);

		if (to->n_short_names < TT_SHORT_NAMES_MAX)
			to->short_names[to->n_short_names++] = name;
	}
}

static void read_resource(struct tt_json_reader *j, struct tt_catalog_resource *to)
{
	struct tt_str key;

	if (!tt_json_enter_object(j))
		return;
	while (tt_json_next_key(j, &key)) {
		if (tt_str_is(key, "name"))
			to->name = tt_json_string(j);
		else if (tt_str_is(key, "singularName"))
			to->singular = tt_json_string(j);
		else if (tt_str_is(key, "kind"))
			to->kind = tt_json_string(j);
		else if (tt_str_is(key, "namespaced"))
			to->namespaced = tt_json_bool(j);
		else if (tt_str_is(key, "shortNames"))
			read_short_names(j, to);
		else
			(void)tt_json_skip(j);
	}
}

/* Subresources ("pods/log") are of no use to those who look for a kind. */
static void read_resources(
	struct tt_json_reader *j, struct tt_catalog *c, struct tt_str group, struct tt_str version)
{
	if (!tt_json_enter_array(j))
		return;
	while (tt_json_next_item(j)) {
		struct tt_catalog_resource one = {.group = group, .version = version};

		read_resource(j, &one);
		if (c->n < RESOURCES_MAX && one.name.len > 0 &&
			tt_str_find(one.name, TT_STR("/")) < 0)
			tt_catalog_add(c, &one);
	}
}

int tt_catalog_take_resources(
	struct tt_catalog *c, struct tt_str group_version, struct tt_str json, struct tt_err *err)
{
	struct tt_str version = group_version, group = {0}, key;
	struct tt_json_reader j;

	if (tt_str_find(group_version, TT_STR("/")) >= 0)
		group = tt_str_split(&version, '/');
	tt_json_reader_init(&j, json, &c->arena);
	if (tt_json_enter_object(&j)) {
		while (tt_json_next_key(&j, &key)) {
			if (tt_str_is(key, "resources"))
				read_resources(&j, c, group, version);
			else
				(void)tt_json_skip(&j);
		}
	}
	return tt_json_reader_end(&j, true, err);
}

static struct tt_str read_version(struct tt_json_reader *j)
{
	struct tt_str key, found = {0};

	if (!tt_json_enter_object(j))
		return found;
	while (tt_json_next_key(j, &key)) {
		if (tt_str_is(key, "groupVersion"))
			found = tt_json_string(j);
		else
			(void)tt_json_skip(j);
	}
	return found;
}

static void read_versions(struct tt_json_reader *j, struct versions *to)
{
	if (!tt_json_enter_array(j))
		return;
	while (tt_json_next_item(j)) {
		struct tt_str one = read_version(j);

		if (one.len > 0 && to->n < VERSIONS_MAX)
			to->items[to->n++] = one;
	}
}

/* The versions of a group, the preferred one first. */
static void read_group(struct tt_json_reader *j, struct versions *to)
{
	struct tt_str key, preferred = {0};
	size_t first = to->n;

	if (!tt_json_enter_object(j))
		return;
	while (tt_json_next_key(j, &key)) {
		if (tt_str_is(key, "versions"))
			read_versions(j, to);
		else if (tt_str_is(key, "preferredVersion"))
			preferred = read_version(j);
		else
			(void)tt_json_skip(j);
	}
	for (size_t i = first; i < to->n; i++)
		if (tt_str_eq(to->items[i], preferred)) {
			to->items[i] = to->items[first];
			to->items[first] = preferred;
		}
}

static int read_groups(
	struct tt_catalog *c, struct tt_str json, struct versions *ret, struct tt_err *err)
{
	struct tt_json_reader j;
	struct tt_str key;

	tt_json_reader_init(&j, json, &c->arena);
	if (tt_json_enter_object(&j)) {
		while (tt_json_next_key(&j, &key)) {
			if (!tt_str_is(key, "groups")) {
				(void)tt_json_skip(&j);
				continue;
			}
			if (!tt_json_enter_array(&j))
				continue;
			while (tt_json_next_item(&j))
				read_group(&j, ret);
		}
	}
	return tt_json_reader_end(&j, true, err);
}

/* The body of a 200. */
static int ask(struct tt_catalog *c, struct tt_kube_client *client, const char *path,
	struct tt_str *ret, struct tt_err *err)
{
	struct tt_kube_reply reply;
	int rc = tt_kube_get(client, path, &c->arena, &reply, ret, err);

	if (rc == 0 && reply.http_status != 200)
		rc = tt_fail(
			err, TT_EIO, "%s: the API server answered %d", path, reply.http_status);
	return rc;
}

static int fetch_version(struct tt_catalog *c, struct tt_kube_client *client, struct tt_str version,
	struct tt_err *err)
{
	const char *path = tt_str_printf(&c->arena, "/apis/%.*s", TT_STR_ARG(version)).data;
	struct tt_str body;

	/* the backend of an aggregated API may be down: its kinds are unknown then */
	if (ask(c, client, path, &body, err) != 0)
		return err->code == TT_ECANCELED ? TT_ECANCELED : 0;
	return tt_catalog_take_resources(c, version, body, err);
}

static int fetch_all(struct tt_catalog *c, struct tt_kube_client *client, struct tt_err *err)
{
	int64_t until_ns = tt_clock_mono_ns(&tt_clock_system) + ALL_NS;
	struct versions versions = {.n = 0};
	struct tt_str body;
	int rc = ask(c, client, "/version", &c->version, err);

	if (rc == 0)
		rc = ask(c, client, "/api/v1", &body, err);
	if (rc == 0)
		rc = tt_catalog_take_resources(c, TT_STR("v1"), body, err);
	if (rc == 0)
		rc = ask(c, client, "/apis", &body, err);
	if (rc == 0)
		rc = read_groups(c, body, &versions, err);
	for (size_t i = 0; rc == 0 && i < versions.n; i++) {
		if (tt_clock_mono_ns(&tt_clock_system) > until_ns)
			rc = tt_fail(err, TT_EAGAIN, "the API server takes too long");
		else
			rc = fetch_version(c, client, versions.items[i], err);
	}
	return rc;
}

int tt_catalog_fetch(struct tt_catalog **ret, struct tt_kube_client *client, struct tt_err *err)
{
	struct tt_catalog *c = tt_catalog_new();
	int rc = fetch_all(c, client, err);

	if (rc == 0)
		*ret = c;
	else
		tt_catalog_unref(c);
	return rc;
}
