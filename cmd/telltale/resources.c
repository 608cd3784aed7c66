/* SPDX-License-Identifier: Apache-2.0 */
#include "telltale/resources.h"

#include <strings.h>

#include "wire/json.h"

struct search {
	struct tt_json_reader json;
	struct tt_str word, kind; /* `kind` is empty until it is found */
};

static bool is_word(const struct search *s, struct tt_str name)
{
	return name.len == s->word.len && strncasecmp(name.data, s->word.data, name.len) == 0;
}

/* Reads a text; whether it is the word. */
static bool read_name(struct search *s)
{
	return is_word(s, tt_json_string(&s->json));
}

static bool read_short_names(struct search *s)
{
	bool found = false;

	if (!tt_json_enter_array(&s->json))
		return false;
	while (tt_json_next_item(&s->json))
		found = read_name(s) || found;
	return found;
}

static struct tt_str read_kind(struct search *s)
{
	struct tt_str key, kind = TT_STR("");

	if (!tt_json_enter_object(&s->json))
		return kind;
	while (tt_json_next_key(&s->json, &key)) {
		if (tt_str_is(key, "kind"))
			kind = tt_json_string(&s->json);
		else
			(void)tt_json_skip(&s->json);
	}
	return kind;
}

static void read_resource(struct search *s)
{
	struct tt_str key, kind = TT_STR("");
	bool found = false;

	if (!tt_json_enter_object(&s->json))
		return;
	while (tt_json_next_key(&s->json, &key)) {
		if (tt_str_is(key, "resource") || tt_str_is(key, "singularResource"))
			found = read_name(s) || found;
		else if (tt_str_is(key, "shortNames"))
			found = read_short_names(s) || found;
		else if (tt_str_is(key, "responseKind"))
			kind = read_kind(s);
		else
			(void)tt_json_skip(&s->json);
	}
	found = found || is_word(s, kind);
	if (found && s->kind.len == 0)
		s->kind = kind;
}

/* Reads the lists `names[0]` of an object, in whose items are the lists `names[1]`, and so on to
 * the resources. */
static void read_lists(struct search *s, const char *const *names)
{
	struct tt_str key;

	if (names[0] == NULL) {
		read_resource(s);
		return;
	}
	if (!tt_json_enter_object(&s->json))
		return;
	while (tt_json_next_key(&s->json, &key)) {
		if (!tt_str_is(key, names[0])) {
			(void)tt_json_skip(&s->json);
			continue;
		}
		if (!tt_json_enter_array(&s->json))
			continue;
		while (tt_json_next_item(&s->json))
			read_lists(s, names + 1);
	}
}

bool tt_resource_kind(
	struct tt_str json, struct tt_str word, struct tt_arena *arena, struct tt_str *ret_kind)
{
	static const char *const names[] = {"items", "versions", "resources", NULL};
	struct search s = {.word = word};

	tt_json_reader_init(&s.json, json, arena);
	read_lists(&s, names);
	if (tt_json_reader_end(&s.json, true, NULL) != 0 || s.kind.len == 0)
		return false;
	*ret_kind = s.kind;
	return true;
}
