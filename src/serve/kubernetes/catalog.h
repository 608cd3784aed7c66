/* SPDX-License-Identifier: Apache-2.0 */
/* catalog.h - which resources an API server has, so that clients can tell what `deploy/web` is.
 * Private to this folder.
 *
 * A catalog is immutable once made, and is shared by reference. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

struct tt_buf;
struct tt_kube_client;

enum { TT_SHORT_NAMES_MAX = 4 };

struct tt_catalog_resource {
	struct tt_str group, version; /* those of one version stand together */
	struct tt_str name, singular, kind;
	bool namespaced;
	struct tt_str short_names[TT_SHORT_NAMES_MAX];
	size_t n_short_names;
};

struct tt_catalog {
	unsigned refs;
	struct tt_arena arena;
	struct tt_catalog_resource *resources; /* on the heap, their texts in `arena` */
	size_t n, cap;
	struct tt_str version; /* the JSON of /version; empty: unknown */
};

/* An empty one. One reference. */
struct tt_catalog *tt_catalog_new(void);

/* One more resource. */
void tt_catalog_add(struct tt_catalog *catalog, const struct tt_catalog_resource *resource);

/* The resources of Kubernetes 1.34. One reference. */
struct tt_catalog *tt_catalog_builtin(void);

/* What the API server of `client` (which asks for JSON) has: each group in all its versions,
 * the preferred one first; some forty requests. One reference. */
int tt_catalog_fetch(struct tt_catalog **ret, struct tt_kube_client *client, struct tt_err *err);

/* The last reference frees it; NULL is allowed. Any thread. */
struct tt_catalog *tt_catalog_ref(struct tt_catalog *catalog);
void tt_catalog_unref(struct tt_catalog *catalog);

/* Adds the resources of an APIResourceList, as an API server answers it; for fuzzing as well. */
int tt_catalog_take_resources(struct tt_catalog *catalog, struct tt_str group_version,
	struct tt_str json, struct tt_err *err);

/* Appends lines that each begin with the name of the cluster, a space, and what
 * tt_catalog_take_line() takes again; false if it is none of those. Names that an API server would
 * not have, with spaces in them, are left out. */
void tt_catalog_print(const struct tt_catalog *catalog, struct tt_str cluster, struct tt_buf *to);
bool tt_catalog_take_line(struct tt_catalog *catalog, struct tt_str line);
