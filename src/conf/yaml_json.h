/* SPDX-License-Identifier: Apache-2.0 */
/* yaml_json.h - YAML as JSON text, as Kubernetes reads it (sigs.k8s.io/yaml, that is go-yaml 2):
 * plain scalars are null, booleans and numbers as in YAML 1.1, so that yes is true, 0x1f is 31 and
 * 010 is 8, but a date or 1:20 is text. Keys are text; they come out in ascending order, and of one
 * that is given twice the last value. */
#pragma once

#include "base/err.h"
#include "base/str.h"

struct tt_arena;
struct tt_yaml;

/* The JSON of `node` in `arena`; NULL for NULL, or if it is longer than 8 MiB. */
const char *tt_yaml_to_json(const struct tt_yaml *node, struct tt_arena *arena);

/* The JSON, in `arena`, of the first document in `text`, foreign bytes; of none it is null. Keys
 * that are given twice come back in `*ret_twice` as go-yaml words them, a line each, empty if there
 * are none. TT_EINVAL for what is no YAML, or has tags or aliases; TT_ELIMIT for more than 3 MiB,
 * TT_EINVAL for more than 100,000 values or 32 levels. */
int tt_yaml_text_to_json(struct tt_str *ret_json, struct tt_str *ret_twice, struct tt_str text,
	struct tt_arena *arena, struct tt_err *err);
