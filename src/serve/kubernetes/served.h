/* SPDX-License-Identifier: Apache-2.0 */
/* served.h - the resources that are really served here, as opposed to those that are only named in
 * discovery. Private to this folder. */
#pragma once

#include <stdbool.h>

struct tt_catalog;
struct tt_catalog_resource;

/* Adds to `catalog` what is served and not in it. */
void tt_served_complete(struct tt_catalog *catalog);

/* The verbs of a resource as a JSON array, empty if it is not served. */
const char *tt_served_verbs(const struct tt_catalog_resource *resource, bool writable);
