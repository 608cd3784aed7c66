/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "conf/yaml.h"
#include "kube/base64.h"
#include "kube/kubeconfig.h"

static void fail_node(struct tt_fields *f, const struct tt_yaml *node, const char *what)
{
	if (!f->failed)
		(void)tt_kubeconfig_fail(f->err, f->file, node, "%s", what);
	f->failed = true;
}

void tt_fields_fail(struct tt_fields *f, const char *key, const char *fmt, ...)
{
	const struct tt_yaml *node = tt_yaml_get(f->map, key);
	char what[384];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	fail_node(f, node != NULL ? node : f->map, what);
}

static struct tt_str text_at(struct tt_fields *f, const char *key)
{
	const struct tt_yaml *node = f->failed ? NULL : tt_yaml_get(f->map, key);

	if (node != NULL && node->type != TT_YAML_SCALAR)
		tt_fields_fail(f, key, "%s must be text", key);
	struct tt_str text = tt_yaml_text(node);

	if (text.len > 0 && memchr(text.data, '\0', text.len) != NULL) {
		tt_fields_fail(f, key, "%s holds a NUL", key);
		return (struct tt_str){0};
	}
	return text;
}

const char *tt_fields_text(struct tt_fields *f, const char *key)
{
	struct tt_str text = text_at(f, key);

	return text.len > 0 ? tt_str_cstr(f->arena, text) : NULL;
}

bool tt_fields_bool(struct tt_fields *f, const char *key)
{
	const struct tt_yaml *node = f->failed ? NULL : tt_yaml_get(f->map, key);

	if (node != NULL && tt_yaml_bool(node, true) != tt_yaml_bool(node, false))
		tt_fields_fail(f, key, "%s must be true or false", key);
	return tt_yaml_bool(node, false);
}

const char **tt_fields_texts(struct tt_fields *f, const char *key, size_t *ret_n)
{
	const struct tt_yaml *list = f->failed ? NULL : tt_yaml_get(f->map, key);

	*ret_n = 0;
	if (list == NULL)
		return NULL;
	if (list->type != TT_YAML_SEQUENCE) {
		tt_fields_fail(f, key, "%s must be a list", key);
		return NULL;
	}
	const char **texts = tt_arena_new(f->arena, const char *, list->n + 1);

	for (size_t i = 0; i < list->n; i++) {
		if (list->items[i]->type != TT_YAML_SCALAR) {
			fail_node(f, list->items[i], "this must be text");
			return NULL;
		}
		texts[i] = tt_str_cstr(f->arena, tt_yaml_text(list->items[i]));
	}
	*ret_n = list->n;
	return texts;
}

const char *tt_fields_path(struct tt_fields *f, const char *key)
{
	struct tt_str path = text_at(f, key);

	if (path.len == 0)
		return NULL;
	if (path.data[0] == '/' || strcmp(f->file->dir, ".") == 0)
		return tt_str_cstr(f->arena, path);
	return tt_str_printf(f->arena, "%s/%.*s", f->file->dir, TT_STR_ARG(path)).data;
}

/* Whether `pem` has a BEGIN line that holds `what`; other blocks and remarks may come before. */
static bool has_block(struct tt_str pem, const char *what)
{
	while (pem.data != NULL) {
		struct tt_str line = tt_str_split(&pem, '\n');

		if (tt_str_starts(line, TT_STR("-----BEGIN ")) &&
			tt_str_find(line, tt_str_from(what)) >= 0)
			return true;
	}
	return false;
}

const char *tt_fields_pem(struct tt_fields *f, const char *key, const char *what)
{
	struct tt_str text = text_at(f, key), pem;

	if (text.len == 0)
		return NULL;
	if (!tt_base64_decode(text, f->arena, &pem)) {
		tt_fields_fail(f, key, "%s is not base64", key);
		return NULL;
	}
	if (!has_block(pem, what)) {
		tt_fields_fail(f, key, "%s is not the base64 of a PEM text with a %s", key, what);
		return NULL;
	}
	return pem.data;
}
