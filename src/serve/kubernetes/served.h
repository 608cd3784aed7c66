/* SPDX-License-Identifier: Apache-2.0 */
/* served.h - the resources that are really served here, as opposed to those that are only named in
 * discovery. Private to this folder. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/str.h"

struct tt_catalog;
struct tt_catalog_resource;

/* Adds to `catalog` what is served and not in it. */
void tt_served_complete(struct tt_catalog *catalog);

/* The verbs of a resource as a JSON array, empty if it is not served. */
const char *tt_served_verbs(const struct tt_catalog_resource *resource, bool writable);

/* Takes the next verb from such an array; empty behind the last. */
struct tt_str tt_served_next_verb(struct tt_str *verbs);

/* The resources one after the other; false behind the last. */
bool tt_served_at(size_t i, struct tt_catalog_resource *ret);

/* The paths below the URL of a server that are no resources, for who may know of the cluster, as
 * RBAC has them ("*": whatever follows); NULL behind the last. */
const char *tt_served_path_at(size_t i);

/* Whether `path` is one of them. */
bool tt_served_path(struct tt_str path);
