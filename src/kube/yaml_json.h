/* SPDX-License-Identifier: Apache-2.0 */
/* yaml_json.h - a YAML tree as JSON text. Only for src/kube. */
#pragma once

struct tt_arena;
struct tt_yaml;

/* The JSON of `node` in `arena`; NULL for NULL. Plain scalars are null, booleans and numbers as in
 * the core schema of YAML 1.2. */
const char *tt_yaml_to_json(const struct tt_yaml *node, struct tt_arena *arena);
