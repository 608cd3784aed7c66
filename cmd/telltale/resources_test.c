/* SPDX-License-Identifier: Apache-2.0 */
#include "telltale/resources.h"

#include "base/arena.h"
#include "tap/tap.h"

static const char list[] =
	"{\"kind\":\"APIGroupDiscoveryList\",\"items\":["
	"{\"metadata\":{\"name\":\"apps\"},\"versions\":[{\"version\":\"v1\",\"resources\":[]}]},"
	"{\"metadata\":{\"name\":\"example.com\"},\"versions\":["
	"{\"version\":\"v1\",\"resources\":[{\"resource\":\"widgets\","
	"\"responseKind\":{\"group\":\"example.com\",\"version\":\"v1\",\"kind\":\"Widget\"},"
	"\"singularResource\":\"widget\",\"shortNames\":[\"wd\",\"wdg\"]}]},"
	"{\"version\":\"v1alpha2\",\"resources\":[{\"resource\":\"gadgets\","
	"\"responseKind\":{\"kind\":\"FineGadget\"},\"singularResource\":\"gadget\"}]}]}]}";

static void test_a_kind_has_many_names(void)
{
	static const struct {
		const char *word, *kind;
	} rows[] = {
		{"widgets", "Widget"},
		{"WIDGETS", "Widget"},
		{"widget", "Widget"},
		{"wd", "Widget"},
		{"wdg", "Widget"},
		{"gadget", "FineGadget"},
		{"finegadget", "FineGadget"},
		{"w", "none"},
		{"example", "none"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct tt_str kind = TT_STR("none");
		struct tt_arena arena = {0};

		(void)tt_resource_kind(tt_str_from(list), tt_str_from(rows[i].word), &arena, &kind);
		tap_str(kind, rows[i].kind);
		tt_arena_release(&arena);
	}
}

static void test_what_is_no_list_names_no_kind(void)
{
	static const char *const texts[] = {
		"", "[]", "{\"items\":7}", "{\"items\":[{\"versions\":"};
	struct tt_arena arena = {0};
	struct tt_str kind;

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		tap_ok(!tt_resource_kind(tt_str_from(texts[i]), TT_STR("wd"), &arena, &kind));
	tt_arena_release(&arena);
}

int main(void)
{
	tap_test("a_kind_has_many_names", test_a_kind_has_many_names);
	tap_test("what_is_no_list_names_no_kind", test_what_is_no_list_names_no_kind);
	return tap_done();
}
