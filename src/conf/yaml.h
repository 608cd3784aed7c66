/* SPDX-License-Identifier: Apache-2.0 */
/* yaml.h - a YAML (or JSON) document as a tree with positions, for configuration files: at most
 * 1 MiB, 10,000 nodes, 32 levels, no anchors that repeat, no tags. Read with libyaml. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/str.h"

struct tt_arena;
struct tt_buf;

enum tt_yaml_type { TT_YAML_SCALAR, TT_YAML_SEQUENCE, TT_YAML_MAPPING };

struct tt_yaml {
	enum tt_yaml_type type;
	unsigned line, column; /* from 1 */
	struct tt_str scalar;
	bool quoted;            /* a scalar in quotes is text, never null, number or bool */
	struct tt_yaml **items; /* of a sequence, or the values of a mapping */
	struct tt_yaml **keys;  /* of a mapping: scalars; a key given twice is an error */
	size_t n;
};

/* What is asked of a document that is not a configuration file of ours. */
struct tt_yaml_rules {
	const char *file; /* its name in errors */
	size_t max_bytes, max_nodes;
	bool first_document;      /* what comes behind it is not looked at */
	bool any_text;            /* text may have NUL characters */
	struct tt_buf *ret_twice; /* a key given twice is told here, a line each, and is no error */
};

/* tt_yaml_parse() by other rules. */
int tt_yaml_parse_by(struct tt_yaml **ret, struct tt_str text, const struct tt_yaml_rules *rules,
	struct tt_arena *arena, struct tt_err *err);

/* Parses one document into `arena`; an empty one gives NULL in `*ret`. Errors read
 * "FILE:LINE:COLUMN: what". */
int tt_yaml_parse(struct tt_yaml **ret, struct tt_str text, const char *file,
	struct tt_arena *arena, struct tt_err *err);

/* The value of `key` in a mapping, NULL if absent, null, or `node` is no mapping (or NULL). */
const struct tt_yaml *tt_yaml_get(const struct tt_yaml *node, const char *key);

/* The text of a scalar; empty for NULL, null and anything else. */
struct tt_str tt_yaml_text(const struct tt_yaml *node);

/* A plain scalar true or false (YAML 1.2 core spelling); `fallback` for NULL and anything else. */
bool tt_yaml_bool(const struct tt_yaml *node, bool fallback);
