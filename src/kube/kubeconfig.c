/* SPDX-License-Identifier: Apache-2.0 */
#include "kube/kubeconfig.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "conf/yaml.h"
#include "kube/file.h"

enum { MAX_FILE_BYTES = 1 << 20, MAX_FILES = 64, MAX_NAMES_BYTES = 200 };

__attribute__((format(printf, 4, 0))) static int fail_at(struct tt_err *err,
	const struct tt_kubeconfig_file *file, const struct tt_yaml *node, const char *fmt,
	va_list ap)
{
	char what[384];

	(void)vsnprintf(what, sizeof(what), fmt, ap);
	return tt_fail(err, TT_EINVAL, "%s:%u:%u: %s", file->path, node != NULL ? node->line : 1,
		node != NULL ? node->column : 1, what);
}

int tt_kubeconfig_fail(struct tt_err *err, const struct tt_kubeconfig_file *file,
	const struct tt_yaml *node, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	int rc = fail_at(err, file, node, fmt, ap);

	va_end(ap);
	return rc;
}

static const char *dir_of(const char *path, struct tt_arena *arena)
{
	const char *slash = strrchr(path, '/');

	if (slash == NULL)
		return ".";
	if (slash == path)
		return "/";
	return tt_str_cstr(arena, (struct tt_str){path, (size_t)(slash - path)});
}

static int check_name(const struct tt_kubeconfig_file *file, const struct tt_yaml *item,
	const struct tt_yaml *list, size_t index, const char *kind, struct tt_err *err)
{
	if (item->type != TT_YAML_MAPPING)
		return tt_kubeconfig_fail(err, file, item, "each %s must be a mapping", kind);
	const struct tt_yaml *name = tt_yaml_get(item, "name");

	if (name != NULL && name->type != TT_YAML_SCALAR)
		return tt_kubeconfig_fail(err, file, name, "the name of a %s must be text", kind);
	if (tt_yaml_text(name).len == 0)
		return tt_kubeconfig_fail(err, file, item, "this %s has no name", kind);
	for (size_t i = 0; i < index; i++)
		if (tt_str_eq(
			    tt_yaml_text(tt_yaml_get(list->items[i], "name")), tt_yaml_text(name)))
			return tt_kubeconfig_fail(err, file, name,
				"there is another %s called \"%.*s\" in this file", kind,
				TT_STR_ARG(tt_yaml_text(name)));
	const struct tt_yaml *body = tt_yaml_get(item, kind);

	if (body != NULL && body->type != TT_YAML_MAPPING)
		return tt_kubeconfig_fail(err, file, body, "%s must be a mapping", kind);
	return 0;
}

static int check_list(const struct tt_kubeconfig_file *file, const char *key, const char *kind,
	struct tt_err *err)
{
	const struct tt_yaml *list = tt_yaml_get(file->root, key);
	int rc = 0;

	if (list == NULL)
		return 0;
	if (list->type != TT_YAML_SEQUENCE)
		return tt_kubeconfig_fail(err, file, list, "%s must be a list", key);
	for (size_t i = 0; i < list->n && rc == 0; i++)
		rc = check_name(file, list->items[i], list, i, kind, err);
	return rc;
}

/* Whether the top-level scalar `key` is absent or reads `want`. */
static int check_scalar(const struct tt_kubeconfig_file *file, const char *key, const char *want,
	struct tt_err *err)
{
	const struct tt_yaml *node = tt_yaml_get(file->root, key);

	if (node == NULL || tt_yaml_text(node).len == 0)
		return node == NULL || node->type == TT_YAML_SCALAR
			       ? 0
			       : tt_kubeconfig_fail(err, file, node, "%s must be text", key);
	if (want != NULL && !tt_str_is(tt_yaml_text(node), want))
		return tt_kubeconfig_fail(err, file, node,
			"%s is \"%.*s\", but a kubeconfig has %s", key,
			TT_STR_ARG(tt_yaml_text(node)), want);
	return 0;
}

static int check_shape(const struct tt_kubeconfig_file *file, struct tt_err *err)
{
	static const struct {
		const char *list, *kind;
	} lists[] = {{"clusters", "cluster"}, {"users", "user"}, {"contexts", "context"}};
	int rc;

	if (file->root == NULL)
		return 0;
	if (file->root->type != TT_YAML_MAPPING)
		return tt_kubeconfig_fail(err, file, file->root, "a kubeconfig must be a mapping");
	if ((rc = check_scalar(file, "kind", "Config", err)) < 0 ||
		(rc = check_scalar(file, "apiVersion", "v1", err)) < 0 ||
		(rc = check_scalar(file, "current-context", NULL, err)) < 0)
		return rc;
	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]) && rc == 0; i++)
		rc = check_list(file, lists[i].list, lists[i].kind, err);
	return rc;
}

/* Adds the file at `path`; TT_ENOTFOUND if it does not exist. */
static int read_file(
	struct tt_kubeconfig *config, const char *path, struct tt_arena *arena, struct tt_err *err)
{
	struct tt_kubeconfig_file *file = &config->files[config->n];
	struct tt_str text;
	struct tt_yaml *root = NULL;
	int rc = tt_file_read(path, MAX_FILE_BYTES, arena, &text, err);

	if (rc == TT_ENOTFOUND)
		return rc;
	if (rc < 0) {
		if (err != NULL)
			err->code = TT_EINVAL;
		return TT_EINVAL;
	}
	rc = tt_yaml_parse(&root, text, path, arena, err);
	if (rc < 0)
		return rc;
	*file = (struct tt_kubeconfig_file){path, dir_of(path, arena), root};
	rc = check_shape(file, err);
	if (rc == 0)
		config->n++;
	return rc;
}

/* The files of a colon-separated list that exist. */
static int read_list(struct tt_kubeconfig *config, struct tt_str list, struct tt_arena *arena,
	struct tt_err *err)
{
	int rc = 0;

	for (struct tt_str rest = list; rest.data != NULL && config->n < MAX_FILES;) {
		struct tt_str path = tt_str_split(&rest, ':');

		if (path.len == 0)
			continue;
		rc = read_file(config, tt_str_cstr(arena, path), arena, err);
		if (rc < 0 && rc != TT_ENOTFOUND)
			return rc;
	}
	if (config->n == 0)
		return tt_fail(err, TT_ENOTFOUND, "none of the files in $KUBECONFIG exists: %.*s",
			TT_STR_ARG(list));
	return 0;
}

int tt_kubeconfig_read(
	struct tt_kubeconfig *ret, const char *path, struct tt_arena *arena, struct tt_err *err)
{
	const char *list = getenv("KUBECONFIG"), *home = getenv("HOME");
	int rc;

	*ret = (struct tt_kubeconfig){
		.files = tt_arena_new(arena, struct tt_kubeconfig_file, MAX_FILES)};
	if (path == NULL && list != NULL && list[0] != '\0')
		return read_list(ret, tt_str_from(list), arena, err);
	if (path == NULL && (home == NULL || home[0] == '\0'))
		return tt_fail(
			err, TT_ENOTFOUND, "no kubeconfig: neither $KUBECONFIG nor $HOME is set");
	if (path == NULL)
		path = tt_str_printf(arena, "%s/.kube/config", home).data;
	else
		path = tt_str_cstr(arena, tt_str_from(path));
	rc = read_file(ret, path, arena, err);
	if (rc == TT_ENOTFOUND)
		return tt_fail(err, TT_ENOTFOUND, "there is no kubeconfig %s", path);
	return rc;
}

bool tt_kubeconfig_find(const struct tt_kubeconfig *config, const char *list, const char *kind,
	struct tt_str name, struct tt_kubeconfig_entry *ret)
{
	for (size_t i = 0; i < config->n; i++) {
		const struct tt_kubeconfig_file *file = &config->files[i];
		const struct tt_yaml *items = tt_yaml_get(file->root, list);

		for (size_t k = 0; items != NULL && k < items->n; k++) {
			const struct tt_yaml *item = items->items[k];

			if (!tt_str_eq(tt_yaml_text(tt_yaml_get(item, "name")), name))
				continue;
			*ret = (struct tt_kubeconfig_entry){file, item, tt_yaml_get(item, kind)};
			return true;
		}
	}
	return false;
}

bool tt_kubeconfig_current_context(
	const struct tt_kubeconfig *config, struct tt_kubeconfig_entry *ret)
{
	for (size_t i = 0; i < config->n; i++) {
		const struct tt_kubeconfig_file *file = &config->files[i];
		const struct tt_yaml *node = tt_yaml_get(file->root, "current-context");

		*ret = (struct tt_kubeconfig_entry){file, node, node};
		if (tt_yaml_text(node).len > 0)
			return true;
	}
	return false;
}

struct tt_str tt_kubeconfig_context_names(
	const struct tt_kubeconfig *config, struct tt_arena *arena)
{
	struct tt_buf names;

	tt_buf_init(&names, MAX_NAMES_BYTES);
	for (size_t i = 0; i < config->n; i++) {
		const struct tt_yaml *items = tt_yaml_get(config->files[i].root, "contexts");

		for (size_t k = 0; items != NULL && k < items->n; k++) {
			if (names.len > 0)
				tt_buf_text(&names, ", ");
			tt_buf_str(&names, tt_yaml_text(tt_yaml_get(items->items[k], "name")));
		}
	}
	struct tt_str ret = names.len == 0 ? TT_STR("none")
			    : names.failed ? tt_str_printf(arena, "%s, ...", names.data)
					   : tt_str_dup(arena, tt_buf_view(&names));

	tt_buf_release(&names);
	return ret;
}
