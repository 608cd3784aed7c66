/* SPDX-License-Identifier: Apache-2.0 */
/* yaml_text.h - JSON as the YAML that kubectl prints (sigs.k8s.io/yaml): keys in their natural
 * order, text in quotes only where it would be read as something else. */
#pragma once

#include <stdbool.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

/* Appends one JSON object as a YAML document, without a line of dashes. */
int tt_yaml_put_object(struct tt_buf *to, struct tt_str json, struct tt_err *err);

/* A list of objects, given one after the other, as one document:
 * {"apiVersion":"v1","items":[...],"kind":KIND,"metadata":{}}. */
struct tt_yaml_list;
struct tt_yaml_list *tt_yaml_list_begin(struct tt_buf *to);
void tt_yaml_list_add(struct tt_yaml_list *list, struct tt_str json);
/* Ends and frees the list; the first error of all that was written. */
int tt_yaml_list_end(struct tt_yaml_list *list, const char *kind, struct tt_err *err);

/* Whether the YAML 1.1 scalar `s`, written without quotes, would be read as text and not as a
 * number, bool, null or time. */
bool tt_yaml_is_text(struct tt_str s);

/* The order of keys: letters behind everything else, digits by their number. */
int tt_yaml_key_cmp(struct tt_str a, struct tt_str b);
