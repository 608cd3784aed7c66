/* SPDX-License-Identifier: Apache-2.0 */
/* Catalogs as lines of text: "CLUSTER {VERSION JSON}" and, for each resource,
 * "CLUSTER GROUP/VERSION NAME KIND SINGULAR namespaced SHORT,SHORT". */
#include "base/buf.h"
#include "serve/kubernetes/catalog.h"

static bool is_plain(struct tt_str s)
{
	for (size_t i = 0; i < s.len; i++)
		if ((unsigned char)s.data[i] <= ' ' || s.data[i] == ',' || s.data[i] == '/')
			return false;
	return true;
}

/* Whether the names of a resource, which are an API server's, can stand in a line. */
static bool fits(const struct tt_catalog_resource *r)
{
	bool plain = is_plain(r->group) && is_plain(r->version) && is_plain(r->name) &&
		     is_plain(r->kind) && is_plain(r->singular);

	for (size_t i = 0; i < r->n_short_names; i++)
		plain = plain && is_plain(r->short_names[i]);
	return plain;
}

static void print_version(struct tt_str version, struct tt_str cluster, struct tt_buf *to)
{
	tt_buf_printf(to, "%.*s ", TT_STR_ARG(cluster));
	for (size_t i = 0; i < version.len; i++) /* in JSON a control character is a space */
		tt_buf_char(to, (unsigned char)version.data[i] < ' ' ? ' ' : version.data[i]);
	tt_buf_char(to, '\n');
}

void tt_catalog_print(const struct tt_catalog *c, struct tt_str cluster, struct tt_buf *to)
{
	if (c->version.len > 0 && c->version.data[0] == '{')
		print_version(c->version, cluster, to);
	for (size_t i = 0; i < c->n; i++) {
		const struct tt_catalog_resource *r = &c->resources[i];

		if (!fits(r))
			continue;
		tt_buf_printf(to, "%.*s %.*s/%.*s %.*s %.*s %.*s %s ", TT_STR_ARG(cluster),
			TT_STR_ARG(r->group), TT_STR_ARG(r->version), TT_STR_ARG(r->name),
			TT_STR_ARG(r->kind), TT_STR_ARG(r->singular),
			r->namespaced ? "namespaced" : "");
		for (size_t k = 0; k < r->n_short_names; k++)
			tt_buf_printf(
				to, "%s%.*s", k > 0 ? "," : "", TT_STR_ARG(r->short_names[k]));
		tt_buf_char(to, '\n');
	}
}

bool tt_catalog_take_line(struct tt_catalog *c, struct tt_str line)
{
	struct tt_catalog_resource one = {0};
	struct tt_str rest = tt_str_dup(&c->arena, line), word;

	if (tt_str_starts(rest, TT_STR("{"))) {
		c->version = rest;
		return true;
	}
	one.version = tt_str_split(&rest, ' ');
	one.group = tt_str_split(&one.version, '/');
	one.name = tt_str_split(&rest, ' ');
	one.kind = tt_str_split(&rest, ' ');
	one.singular = tt_str_split(&rest, ' ');
	word = tt_str_split(&rest, ' ');
	one.namespaced = tt_str_is(word, "namespaced");
	if (rest.data == NULL || one.version.len == 0 || one.name.len == 0)
		return false;
	while (rest.len > 0 && one.n_short_names < TT_SHORT_NAMES_MAX)
		one.short_names[one.n_short_names++] = tt_str_split(&rest, ',');
	tt_catalog_add(c, &one);
	return true;
}
