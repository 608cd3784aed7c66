/* SPDX-License-Identifier: Apache-2.0 */
#include "kube/user.h"

#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "conf/yaml.h"
#include "conf/yaml_json.h"
#include "kube/kubeconfig.h"

const char *tt_kube_path_absolute(struct tt_arena *arena, const char *dir, struct tt_str path)
{
	char here[PATH_MAX];

	if (path.len > 0 && path.data[0] == '/')
		return tt_str_cstr(arena, path);
	if (dir[0] == '/')
		return tt_str_printf(arena, "%s/%.*s", dir, TT_STR_ARG(path)).data;
	if (getcwd(here, sizeof(here)) == NULL)
		here[0] = '\0';
	if (strcmp(dir, ".") == 0)
		return tt_str_printf(arena, "%s/%.*s", here, TT_STR_ARG(path)).data;
	return tt_str_printf(arena, "%s/%s/%.*s", here, dir, TT_STR_ARG(path)).data;
}

/* The keys of a user whose value is the name of a file. */
static bool is_file_key(struct tt_str key)
{
	return tt_str_is(key, "client-certificate") || tt_str_is(key, "client-key") ||
	       tt_str_is(key, "tokenFile");
}

/* A copy of the scalar `node` with its file name absolute; `node` itself where it names none. */
static struct tt_yaml *make_absolute(struct tt_yaml *node, const char *dir, struct tt_arena *arena)
{
	if (node->type != TT_YAML_SCALAR || node->scalar.len == 0)
		return node;
	struct tt_yaml *copy = tt_arena_new(arena, struct tt_yaml, 1);

	*copy = *node;
	copy->scalar = tt_str_from(tt_kube_path_absolute(arena, dir, node->scalar));
	copy->quoted = true;
	return copy;
}

/* A copy of the mapping `map` whose values are its own to change. */
static struct tt_yaml *copy_map(const struct tt_yaml *map, struct tt_arena *arena)
{
	struct tt_yaml *copy = tt_arena_new(arena, struct tt_yaml, 1);

	*copy = *map;
	copy->items = tt_arena_new(arena, struct tt_yaml *, map->n + 1);
	for (size_t i = 0; i < map->n; i++)
		copy->items[i] = map->items[i];
	return copy;
}

/* A command without a slash is looked for in PATH. */
static struct tt_yaml *absolute_exec(
	const struct tt_yaml *exec, const char *dir, struct tt_arena *arena)
{
	struct tt_yaml *copy = copy_map(exec, arena);

	for (size_t i = 0; i < copy->n; i++)
		if (tt_str_is(tt_yaml_text(copy->keys[i]), "command") &&
			tt_str_find(tt_yaml_text(copy->items[i]), TT_STR("/")) >= 0)
			copy->items[i] = make_absolute(copy->items[i], dir, arena);
	return copy;
}

static const struct tt_yaml *absolute_user(
	const struct tt_yaml *user, const char *dir, struct tt_arena *arena)
{
	struct tt_yaml *copy = copy_map(user, arena);

	for (size_t i = 0; i < copy->n; i++) {
		struct tt_str key = tt_yaml_text(copy->keys[i]);

		if (is_file_key(key))
			copy->items[i] = make_absolute(copy->items[i], dir, arena);
		else if (tt_str_is(key, "exec") && copy->items[i]->type == TT_YAML_MAPPING)
			copy->items[i] = absolute_exec(copy->items[i], dir, arena);
	}
	return copy;
}

int tt_kube_user_json(
	struct tt_str name, struct tt_arena *arena, struct tt_str *ret_json, struct tt_err *err)
{
	struct tt_kubeconfig config;
	struct tt_kubeconfig_entry user;
	int rc = tt_kubeconfig_read(&config, NULL, arena, err);

	if (rc != 0)
		return rc;
	if (!tt_kubeconfig_find(&config, "users", "user", name, &user))
		return tt_fail(err, TT_ENOTFOUND,
			"there is no user \"%.*s\" in your kubeconfig; kubectl config get-users "
			"lists them",
			TT_STR_ARG(name));
	*ret_json = TT_STR("{}");
	if (user.body == NULL)
		return 0;
	*ret_json = tt_str_from(
		tt_yaml_to_json(absolute_user(user.body, user.file->dir, arena), arena));
	return 0;
}
