/* SPDX-License-Identifier: Apache-2.0 */
/* name.h - what Kubernetes takes as a name, and its sentence about what it does not (apimachinery
 * util/validation and api/validation/path). Lengths are bytes. */
#pragma once

#include <stdbool.h>

#include "base/str.h"

enum { TT_NAME_PROBLEMS_MAX = 4 };

/* The sentences about one name, constant texts; none if it is valid. */
struct tt_name_problems {
	const char *text[TT_NAME_PROBLEMS_MAX];
	unsigned n;
};

/* A DNS-1123 subdomain, up to 253: names of most objects. With `prefix` something will be
 * appended, so that a hyphen may stand at the end. */
struct tt_name_problems tt_name_subdomain(struct tt_str name, bool prefix);

/* A DNS-1123 label, up to 63: namespaces. */
struct tt_name_problems tt_name_label(struct tt_str name);

/* `[subdomain/]name`: keys of labels, finalizers, reporting controllers. With `any_case` the
 * subdomain too may have capitals: keys of annotations. */
struct tt_name_problems tt_name_qualified(struct tt_str name, bool any_case);

/* The value of a label; may be empty. */
struct tt_name_problems tt_name_label_value(struct tt_str value);

/* What may stand between two slashes of a URL, which every name must. With `prefix` something will
 * be appended. */
struct tt_name_problems tt_name_path_segment(struct tt_str name, bool prefix);
