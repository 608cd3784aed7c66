/* SPDX-License-Identifier: Apache-2.0 */
/* kubeconfig.h - kubeconfig files as trees with positions, merged by client-go's rules: of
 * clusters, users and contexts with the same name, and of current-context, the first file's wins,
 * and nothing of the others is mixed in. Only for src/kube. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/str.h"

struct tt_arena;
struct tt_yaml;

struct tt_kubeconfig_file {
	const char *path;
	const char *dir;            /* relative paths inside start here */
	const struct tt_yaml *root; /* NULL: the file is empty */
};

struct tt_kubeconfig {
	struct tt_kubeconfig_file *files; /* in the order of precedence */
	size_t n;
};

/* Reads `path` (which must exist), or the files of $KUBECONFIG that exist, or ~/.kube/config, into
 * `arena`. TT_ENOTFOUND if there is none. */
int tt_kubeconfig_read(
	struct tt_kubeconfig *ret, const char *path, struct tt_arena *arena, struct tt_err *err);

/* A named entry of one of the three lists, such as {name: prod, cluster: {...}}. */
struct tt_kubeconfig_entry {
	const struct tt_kubeconfig_file *file;
	const struct tt_yaml *item; /* the list item, for positions */
	const struct tt_yaml *body; /* what its key `kind` holds; NULL if that is absent or null */
};

/* The entry called `name` in list `list` ("clusters"), whose items hold `kind` ("cluster"); false
 * if there is none. */
bool tt_kubeconfig_find(const struct tt_kubeconfig *config, const char *list, const char *kind,
	struct tt_str name, struct tt_kubeconfig_entry *ret);

/* The value of current-context, `body` being its node; false if no file sets it. */
bool tt_kubeconfig_current_context(
	const struct tt_kubeconfig *config, struct tt_kubeconfig_entry *ret);

/* The names of all contexts, "a, b, c", cut at some 200 bytes; for messages. */
struct tt_str tt_kubeconfig_context_names(
	const struct tt_kubeconfig *config, struct tt_arena *arena);

/* Fills `err` with "FILE:LINE:COLUMN: ..." at the place of `node` (or of the file's start) and
 * returns TT_EINVAL. */
__attribute__((format(printf, 4, 5))) int tt_kubeconfig_fail(struct tt_err *err,
	const struct tt_kubeconfig_file *file, const struct tt_yaml *node, const char *fmt, ...);

/* Reads the fields of one mapping. Its error is sticky: after a value of a wrong type every call
 * returns the empty answer, and `failed` is set. */
struct tt_fields {
	const struct tt_kubeconfig_file *file;
	const struct tt_yaml *map; /* NULL: nothing is there */
	struct tt_arena *arena;
	struct tt_err *err;
	bool failed;
};

/* Text, NULL if absent, null or empty. */
const char *tt_fields_text(struct tt_fields *f, const char *key);
/* true or false; false if absent. */
bool tt_fields_bool(struct tt_fields *f, const char *key);
/* A list of texts; `*ret_n` may be 0. */
const char **tt_fields_texts(struct tt_fields *f, const char *key, size_t *ret_n);
/* A file name, made absolute or relative to the working directory; NULL as for text. */
const char *tt_fields_path(struct tt_fields *f, const char *key);
/* The PEM text that base64 under `key` stands for; `what` is a word its BEGIN line must hold
 * ("CERTIFICATE"). NULL as for text. */
const char *tt_fields_pem(struct tt_fields *f, const char *key, const char *what);
/* Notes an error at the value of `key`, or at the mapping if that is absent. */
__attribute__((format(printf, 3, 4))) void tt_fields_fail(
	struct tt_fields *f, const char *key, const char *fmt, ...);
