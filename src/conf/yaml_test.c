/* SPDX-License-Identifier: Apache-2.0 */
#include "conf/yaml.h"

#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "tap/tap.h"

static struct tt_yaml *parse(struct tt_arena *arena, const char *text, struct tt_err *err)
{
	struct tt_yaml *root = NULL;

	(void)tt_yaml_parse(&root, tt_str_from(text), "f.yaml", arena, err);
	return root;
}

static void tree_has_positions(void)
{
	struct tt_arena arena = {0};
	struct tt_err err = {0};
	struct tt_yaml *root = parse(&arena,
		"# a comment\n"
		"data: /var/lib\n"
		"clusters:\n"
		"  - name: prod\n"
		"    hosted: true\n"
		"  - {name: \"true\", hosted: no}\n",
		&err);
	const struct tt_yaml *clusters = tt_yaml_get(root, "clusters");
	const struct tt_yaml *name;

	tap_str(tt_str_from(err.msg), "");
	tap_int(root->type, TT_YAML_MAPPING);
	tap_int(root->n, 2);
	tap_str(root->keys[1]->scalar, "clusters");
	tap_int(root->keys[1]->line, 3);
	tap_str(tt_yaml_text(tt_yaml_get(root, "data")), "/var/lib");
	tap_int(tt_yaml_get(root, "data")->line, 2);
	tap_int(tt_yaml_get(root, "data")->column, 7);
	tap_int(clusters->type, TT_YAML_SEQUENCE);
	tap_int(clusters->n, 2);
	tap_ok(tt_yaml_bool(tt_yaml_get(clusters->items[0], "hosted"), false));
	name = tt_yaml_get(clusters->items[1], "name");
	tap_ok(name->quoted);
	tap_int(name->line, 6);
	tap_int(name->column, 12);
	tap_ok(!tt_yaml_bool(name, false));
	tap_ok(tt_yaml_bool(tt_yaml_get(clusters->items[1], "hosted"), true)); /* YAML 1.2 */
	tt_arena_release(&arena);
}

static void nulls_are_absent(void)
{
	static const char *const texts[] = {"a:", "a: ~", "a: null", "b: 1", "a: NULL"};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct tt_arena arena = {0};
		const struct tt_yaml *node = tt_yaml_get(parse(&arena, texts[i], NULL), "a");

		tap_okf(node == NULL, "%s", texts[i]);
		tap_str(tt_yaml_text(node), "");
		tap_ok(tt_yaml_bool(node, true));
		tt_arena_release(&arena);
	}
}

static void empty_documents_give_nothing(void)
{
	static const char *const texts[] = {"", "\n", "# only this\n", "---\n", "---\n...\n", "~"};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct tt_arena arena = {0};
		struct tt_err err = {0};

		tap_okf(parse(&arena, texts[i], &err) == NULL, "case %zu", i);
		tap_str(tt_str_from(err.msg), "");
		tt_arena_release(&arena);
	}
}

static void json_is_read_too(void)
{
	struct tt_arena arena = {0};
	struct tt_yaml *root = parse(&arena, "{\"a\": [1, \"x\\u00e9\", null], \"b\": {}}", NULL);
	const struct tt_yaml *a = tt_yaml_get(root, "a");

	tap_int(a->n, 3);
	tap_str(tt_yaml_text(a->items[0]), "1");
	tap_str(tt_yaml_text(a->items[1]), "x\xc3\xa9");
	tap_str(tt_yaml_text(a->items[2]), "");
	tap_int(tt_yaml_get(root, "b")->n, 0);
	tt_arena_release(&arena);
}

static void errors_say_where(void)
{
	static const struct {
		const char *text, *want;
	} cases[] = {
		{"a: 1\nb: 2\na: 3\n", "f.yaml:3:1: the key a is already in line 1"},
		{"a: &x 1\nb: *x\n", "f.yaml:2:4: aliases (*x) are not supported"},
		{"a: !!str 1\n", "f.yaml:1:4: tags (tag:yaml.org,2002:str) are not supported"},
		{"a: !x {}\n", "f.yaml:1:4: tags (!x) are not supported"},
		{"a: 1\n---\nb: 2\n", "f.yaml:2:1: only one document is allowed"},
		{"[a]: 1\n", "f.yaml:1:1: a key must be plain text"},
		{"a: \"x\\0y\"\n", "f.yaml:1:4: a text with a NUL character"},
		{"a: [1\n", "f.yaml:2:1: "},
		{"a: b: c\n", "f.yaml:1:5: mapping values are not allowed in this context"},
		{"a:\n\tb: 1\n", "f.yaml:2:1: found character that cannot start any token"},
		{"a: 1\nb: \x01\n", "f.yaml:2:4: control characters are not allowed"},
		{"a: \xff\n", "f.yaml:1:4: "},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct tt_arena arena = {0};
		struct tt_err err = {0};

		tap_okf(parse(&arena, cases[i].text, &err) == NULL, "case %zu", i);
		tap_int(err.code, TT_EINVAL);
		tap_okf(tt_str_starts(tt_str_from(err.msg), tt_str_from(cases[i].want)),
			"%s\n#  want %s", err.msg, cases[i].want);
		tt_arena_release(&arena);
	}
}

static void size_and_depth_are_bounded(void)
{
	static const struct {
		const char *piece;
		size_t times;
		int code;
		const char *want;
	} cases[] = {
		{"- x\n", 9999, 0, ""},
		{"- x\n", 10000, TT_EINVAL, "f.yaml:10000:3: more than 10000 values"},
		{"[", 33, TT_EINVAL, "f.yaml:1:33: nested deeper than 32 levels"},
		{"# comment\n", 110000, TT_ELIMIT, "f.yaml:1:1: longer than 1048576 bytes"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct tt_arena arena = {0};
		struct tt_err err = {0};
		struct tt_yaml *root = NULL;
		struct tt_buf text;

		tt_buf_init(&text, 2000000);
		for (size_t k = 0; k < cases[i].times; k++)
			tt_buf_text(&text, cases[i].piece);
		tap_int(tt_yaml_parse(&root, tt_buf_view(&text), "f.yaml", &arena, &err),
			cases[i].code);
		tap_str(tt_str_from(err.msg), cases[i].want);
		tt_buf_release(&text);
		tt_arena_release(&arena);
	}
}

int main(void)
{
	tap_test("tree_has_positions", tree_has_positions);
	tap_test("nulls_are_absent", nulls_are_absent);
	tap_test("empty_documents_give_nothing", empty_documents_give_nothing);
	tap_test("json_is_read_too", json_is_read_too);
	tap_test("errors_say_where", errors_say_where);
	tap_test("size_and_depth_are_bounded", size_and_depth_are_bounded);
	return tap_done();
}
