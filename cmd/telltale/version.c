/* SPDX-License-Identifier: Apache-2.0 */
/* telltale version. */
#include "telltale/cli.h"

enum { FORM_TEXT, FORM_JSON };
static const char *const forms[] = {"text", "json", NULL};

struct version_options {
	struct tt_globals globals;
	int form;
};

static const struct tt_option options[] = {
	{.name = "output",
		.type = TT_OPTION_CHOICE,
		.offset = offsetof(struct version_options, form),
		.flag = "o,output",
		.metavar = "FORM",
		.fallback = "text",
		.choices = forms,
		.help = "For people or for programs"},
	{0},
};

static const char *const examples[] = {
	"version",
	"One line with the version",
	"version -o json",
	"The same for a script",
	NULL,
};

static int run(struct tt_cli *cli, const void *arg, char **operands)
{
	const struct version_options *o = arg;

	(void)operands;
	tt_buf_text(&cli->out.buf, o->form == FORM_JSON ? "{\"version\":\"" TT_VERSION "\"}\n"
							: "telltale " TT_VERSION "\n");
	return TT_EXIT_DONE;
}

const struct tt_verb tt_verb_version = {
	.name = "version",
	.operands = "",
	.summary = "Print the version of this program",
	.options = options,
	.size = sizeof(struct version_options),
	.examples = examples,
	.run = run,
};
