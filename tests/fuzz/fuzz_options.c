/* SPDX-License-Identifier: Apache-2.0 */
/* What is read from a file into options, printed and read again, is accepted. */
#include "fuzz.h"

#include "conf/options.h"
#include "conf/yaml.h"

struct target {
	const char *text, *address;
	bool flag;
	int64_t number, duration;
	uint64_t size;
	struct tt_texts texts;
	struct tt_structs structs;
};

#define OPTION(t, member) .name = #member, .type = (t), .offset = offsetof(struct target, member)

static const struct tt_option members[] = {{OPTION(TT_OPTION_TEXT, text)}, {0}};
static const struct tt_option table[] = {{OPTION(TT_OPTION_TEXT, text)},
	{OPTION(TT_OPTION_ADDRESS, address)}, {OPTION(TT_OPTION_BOOL, flag)},
	{OPTION(TT_OPTION_INT, number)}, {OPTION(TT_OPTION_DURATION, duration)},
	{OPTION(TT_OPTION_SIZE, size)}, {OPTION(TT_OPTION_TEXTS, texts)},
	{OPTION(TT_OPTION_STRUCTS, structs), .members = members,
		.member_size = sizeof(struct target)},
	{0}};

static int read_text(struct tt_str text, struct target *target, struct tt_arena *arena)
{
	struct tt_yaml *root;
	struct tt_err err;
	int rc = tt_yaml_parse(&root, text, "f", arena, &err);

	tt_options_init(table, target, arena);
	return rc < 0 ? rc : tt_options_from_yaml(table, target, root, "f", arena, &err);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct tt_arena arena = {0};
	struct target target;
	struct tt_buf text;

	tt_buf_init(&text, 900000);
	if (read_text(fuzz_text(data, size), &target, &arena) == 0) {
		tt_options_print(&text, table, &target);
		tt_assert(text.failed || read_text(tt_buf_view(&text), &target, &arena) == 0);
	}
	tt_buf_release(&text);
	tt_arena_release(&arena);
	return 0;
}
